//! The last word about a guest who was erased: what staff were asked is over, and nothing is said of whom it was.

use super::Incident;
use super::incident::Speaker;
use crate::events::{ActionState, ActionType, FollowUpType, GuestCard, IncidentStatus};

/// Ends an incident for staff. The last revisions have their ids and their states, and no text, place or reference.
pub(super) fn end(incident: &mut Incident, speaker: &mut Speaker<'_>) {
    for action in incident.actions.iter_mut().filter(|action| action.state.is_open()) {
        speaker.revise_action(action, ActionType::Retracted, |action| {
            action.state = ActionState::Retracted;
            action.reply_to.clear();
            action.customer_id = None;
            action.visit_id = None;
            action.order_id = None;
            action.location = None;
            action.guest = GuestCard::default();
            action.say.clear();
            action.instruction.clear();
            action.why.clear();
            action.shortfalls.clear();
            action.remedy = None;
            action.gesture = None;
            action.alternatives.clear();
            action.decision.facts.clear();
            action.decision.candidates.clear();
        });
    }
    for follow_up in incident.follow_ups.iter_mut().filter(|follow_up| follow_up.state.is_open()) {
        speaker.revise_follow_up(follow_up, |follow_up| {
            follow_up.follow_up_type = FollowUpType::Cancelled;
            follow_up.state = ActionState::Retracted;
            follow_up.reply_to.clear();
            follow_up.customer_id = None;
            follow_up.visit_id = None;
            follow_up.order_id = None;
            follow_up.location = None;
            follow_up.guest = GuestCard::default();
            follow_up.ask.clear();
            follow_up.background.clear();
        });
    }
    if !incident.is_published() || incident.is_over() {
        return;
    }
    incident.revise(speaker, |event| {
        event.status = IncidentStatus::Closed;
        event.shortfalls.clear();
        event.customer_id = None;
        event.visit_id = None;
        event.order_id = None;
        event.complaint_id = None;
        event.location = None;
    });
}
