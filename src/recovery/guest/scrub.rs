//! The last word about a guest who was erased: what staff were asked is over, and nothing is said of whom it was.

use super::Incident;
use super::incident::Speaker;
use crate::events::{
    ActionState, ActionType, FollowUp, FollowUpType, GuestCard, IncidentEvent, IncidentStatus, RecoveryAction, ids,
};
use crate::recovery::EntityKey;
use crate::recovery::life_cycle::Cause;

/// Ends an incident for staff, and for everybody who keeps the last revision of what was published: it has ids and
/// states, and no text, place or reference.
pub(super) fn end(incident: &mut Incident, speaker: &mut Speaker<'_>) {
    for index in 0..incident.actions.len() {
        if incident.actions[index].state.is_open() {
            incident.move_action(index, ActionState::Retracted, Cause::Erased, speaker, action);
        } else {
            speaker.revise_action(&mut incident.actions[index], ActionType::Updated, action);
        }
    }
    for index in 0..incident.follow_ups.len() {
        speaker.revise_follow_up(&mut incident.follow_ups[index], follow_up);
        if incident.follow_ups[index].state.is_open() {
            let cancelled = (FollowUpType::Cancelled, ActionState::Retracted);
            incident.move_follow_up(index, cancelled, Cause::Erased, speaker);
        }
    }
    match incident.event.status {
        _ if !incident.is_published() => {}
        IncidentStatus::Merged => incident.revise(speaker, event),
        _ => incident.go(IncidentStatus::Retracted, Cause::Erased, speaker, event),
    }
}

fn action(action: &mut RecoveryAction) {
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
}

fn follow_up(follow_up: &mut FollowUp) {
    follow_up.reply_to = nobody(&follow_up.id);
    follow_up.customer_id = None;
    follow_up.visit_id = None;
    follow_up.order_id = None;
    follow_up.location = None;
    follow_up.guest = GuestCard::default();
    follow_up.ask.clear();
    follow_up.background.clear();
}

fn event(event: &mut IncidentEvent) {
    event.shortfalls.clear();
    event.customer_id = None;
    event.visit_id = None;
    event.order_id = None;
    event.complaint_id = None;
    event.location = None;
}

/// An answer to it finds nobody.
fn nobody(action_id: &str) -> String {
    ids::reply_to(EntityKey::complaint(action_id).as_str(), action_id)
}
