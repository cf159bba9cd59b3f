//! The people of the evening, as far as the service can tell: what they report, and what guests answer them.
//!
//! They see nothing but the outputs, as a staff app would. Room service never reports anything, which is normal.

use super::answers;
use crate::events::{
    ActionKind, ActionType, Event, FollowUp, FollowUpResult, FollowUpType, Input, Millis, OutcomeEvent, OutcomeStatus,
    Output, Payload, RecoveryAction, Timestamp,
};

/// The founding case at noon has its answers in its recording.
const SHIFT_BEGINS: &str = "2026-06-03T17:00:00+02:00";

/// Room service does what it is told and taps nothing.
const NEVER_REPORTS: &str = "room_service";

/// What somebody is going to report.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) action_id: String,
    reply_to: String,
    staff_id: &'static str,
    status: OutcomeStatus,
    score: Option<i64>,
}

impl Answer {
    /// The answer as an event.
    pub(super) fn at(self, time: Timestamp) -> Input {
        let outcome = OutcomeEvent {
            id: format!("outcome-{}", self.action_id),
            time,
            corrects: None,
            withdrawn: false,
            reply_to: Some(self.reply_to),
            incident_id: None,
            order_id: None,
            customer_id: None,
            visit_id: None,
            action_id: None,
            insight_id: None,
            staff_id: Some(self.staff_id.to_owned()),
            status: self.status,
            declined_by: None,
            kind: None,
            item_id: None,
            value_minor: None,
            currency: None,
            result: self.score.map(|_| FollowUpResult::Answered),
            score: self.score,
            still_ok: self.score.map(|score| score >= 7),
            reason: None,
            comment: None,
        };
        Input { source: "recovery-outcomes".to_owned(), event: Event::Outcome(Box::new(outcome)), traceparent: None }
    }
}

/// Who reacts to an output, how, and when.
pub(super) fn react(output: &Output) -> Option<(Timestamp, Answer)> {
    let begins = Timestamp::parse(SHIFT_BEGINS).expect("invariant: a constant in RFC 3339");
    match &output.payload {
        Payload::Action(action) if action.time >= begins => act(action),
        Payload::FollowUp(follow_up) if follow_up.time >= begins => ask(follow_up),
        _ => None,
    }
}

fn act(action: &RecoveryAction) -> Option<(Timestamp, Answer)> {
    let is_new = action.action_type == ActionType::Proposed;
    let is_from_a_waiter = action.assignee == "waiter";
    if !is_new || (is_from_a_waiter && action.touchpoint.as_deref() == Some(NEVER_REPORTS)) {
        return None;
    }
    let (minutes, status) = match action.kind {
        ActionKind::Check => (4, OutcomeStatus::FalseAlarm),
        ActionKind::Remedy => (6, OutcomeStatus::Done),
        ActionKind::Gesture | ActionKind::ChoiceOffer => {
            ((action.due_at - action.time).as_seconds() / 60 - 1, OutcomeStatus::Done)
        }
        _ => (2, OutcomeStatus::Done),
    };
    let answer = Answer {
        action_id: action.id.clone(),
        reply_to: action.reply_to.clone(),
        staff_id: if is_from_a_waiter { "staff-31" } else { "staff-12" },
        status,
        score: None,
    };
    Some((action.time + Millis::minutes(minutes.max(2)), answer))
}

fn ask(follow_up: &FollowUp) -> Option<(Timestamp, Answer)> {
    if follow_up.follow_up_type != FollowUpType::Due {
        return None;
    }
    let score = answers::score(follow_up)?;
    let answer = Answer {
        action_id: follow_up.id.clone(),
        reply_to: follow_up.reply_to.clone(),
        staff_id: "staff-12",
        status: OutcomeStatus::Done,
        score: Some(score),
    };
    Some((follow_up.time + Millis::minutes(10), answer))
}
