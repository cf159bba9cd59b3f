//! The last word about a guest who was erased: what staff were asked is over, and nothing is said of whom it was.

use super::Incident;
use super::incident::Speaker;
use crate::events::{ActionState, ActionType, FollowUpType, GuestCard, IncidentStatus, ids};

/// Ends an incident for staff, and for everybody who keeps the last revision of what was published: it has ids and
/// states, and no text, place or reference.
pub(super) fn end(incident: &mut Incident, speaker: &mut Speaker<'_>) {
    for action in &mut incident.actions {
        let is_open = action.state.is_open();
        let action_type = if is_open { ActionType::Retracted } else { ActionType::Updated };
        speaker.revise_action(action, action_type, |action| {
            if is_open {
                action.state = ActionState::Retracted;
            }
            action.reply_to = nobody(&action.id);
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
    for follow_up in &mut incident.follow_ups {
        let is_open = follow_up.state.is_open();
        speaker.revise_follow_up(follow_up, |follow_up| {
            if is_open {
                follow_up.follow_up_type = FollowUpType::Cancelled;
                follow_up.state = ActionState::Retracted;
            }
            follow_up.reply_to = nobody(&follow_up.id);
            follow_up.customer_id = None;
            follow_up.visit_id = None;
            follow_up.order_id = None;
            follow_up.location = None;
            follow_up.guest = GuestCard::default();
            follow_up.ask.clear();
            follow_up.background.clear();
        });
    }
    if !incident.is_published() {
        return;
    }
    incident.revise(speaker, |event| {
        if event.status != IncidentStatus::Merged {
            event.status = IncidentStatus::Retracted;
        }
        event.shortfalls.clear();
        event.customer_id = None;
        event.visit_id = None;
        event.order_id = None;
        event.complaint_id = None;
        event.location = None;
    });
}

/// An answer to it finds nobody.
fn nobody(action_id: &str) -> String {
    ids::reply_to(crate::recovery::EntityKey::complaint(action_id).as_str(), action_id)
}
