//! Gestures that are worth more than the rule's authority may give alone.
//!
//! They are published for the lowest role that may; `approval` in the facts says where that stands, and the action
//! expires when nobody has said yes in time. Then, or at a no, the best that lies within the present authority goes
//! out: never nothing, and never both.

use super::gestures::before_they_leave;
use super::plan::Draft;
use super::{Guest, Incident, Scene};
use crate::events::{
    ActionKind, ActionState, ActionType, Alternative, Authority, IncidentStatus, RecoveryAction, Timestamp,
};
use crate::policy::SitePolicy;
use crate::recovery::decision::gesture::Reach;
use crate::recovery::decision::{Case, words};
use crate::recovery::life_cycle::{Cause, incident_may_move};

/// In `decision.facts`: `pending` until somebody who may has accepted it, then `granted`.
const APPROVAL: &str = "approval";
const PENDING: &str = "pending";
const GRANTED: &str = "granted";

impl Draft<'_> {
    /// Until when somebody must have said yes, if somebody must.
    pub(super) fn approve_by(&self) -> Option<Timestamp> {
        self.expires_at.filter(|_| self.decision.facts.contains_key(APPROVAL))
    }

    /// Goes to whoever may give so much, if the rule's authority may not.
    pub(super) fn ask_for_approval(&mut self, value_minor: i64, case: &Case<'_>, scene: &Scene<'_, '_>) {
        let able = case.site.who_may_give(self.authority, value_minor, case.currency).unwrap_or(self.authority);
        if able == self.authority {
            return;
        }
        let facts = &mut self.decision.facts;
        facts.insert(APPROVAL.to_owned(), PENDING.to_owned());
        facts.insert("approval_for".to_owned(), self.authority.name().to_owned());
        self.authority = able;
        let asked_at = case.site.hours.next_open(&case.site.time_zone, scene.context.now);
        let until = asked_at + case.policy.gestures.approval_within;
        self.expires_at = Some(until);
        self.due_at = self.due_at.min(until);
    }
}

impl Guest {
    /// Whoever may has said yes: from here on it is a gesture like any other.
    pub(super) fn approve(&self, incident: &mut Incident, index: usize, scene: &mut Scene<'_, '_>) {
        if !is_pending(&incident.actions[index]) {
            return;
        }
        let (due_at, leaves_at) = (self.gesture_due(incident, scene), self.leaves_at(incident, scene));
        self.on_its_case(incident, scene, |incident, case, scene| {
            let action = &mut incident.actions[index];
            let subject = words::Subject {
                gesture: action.gesture.as_ref(),
                intent: &action.decision.intent,
                location: action.location.as_deref(),
                language: incident.language.as_deref(),
                ..words::Subject::default()
            };
            let words = words::of_action(case, action.kind, subject);
            scene.speaker().revise_action(action, ActionType::Updated, |action| {
                action.decision.facts.insert(APPROVAL.to_owned(), GRANTED.to_owned());
                let expires_at = due_at + case.touchpoint.action_expires;
                action.expires_at = before_they_leave(action.gesture.as_ref(), expires_at, leaves_at);
                action.due_at = due_at.min(action.expires_at);
                action.instruction = words.instruction;
            });
        });
    }
}

impl Incident {
    /// The incident stands where its approval stands: pending while somebody is asked, and on its way again afterwards.
    pub(super) fn follow_approval(&mut self, scene: &mut Scene<'_, '_>) {
        let is_waiting = self.actions.iter().any(awaits_approval);
        let status = self.event.status;
        if is_waiting && incident_may_move(Some(status), IncidentStatus::ApprovalPending) {
            self.go(IncidentStatus::ApprovalPending, Cause::ApprovalAsked, &mut scene.speaker(), |_| {});
        }
        if is_waiting || status != IncidentStatus::ApprovalPending {
            return;
        }
        let asked = self.actions.iter().rev().find(|action| action.decision.facts.contains_key(APPROVAL));
        let (to, cause) = match asked {
            Some(action) if !is_pending(action) => (IncidentStatus::InProgress, Cause::ApprovalGiven),
            Some(action) => {
                let cause = match action.state {
                    ActionState::Expired => Cause::ApprovalTimedOut,
                    ActionState::Declined => Cause::StaffDeclined,
                    ActionState::NotPossible => Cause::StaffCouldNot,
                    _ => Cause::NotSuitable,
                };
                (self.before_approval(), cause)
            }
            None => (self.before_approval(), Cause::NotSuitable),
        };
        self.go(to, cause, &mut scene.speaker(), |_| {});
    }

    fn before_approval(&self) -> IncidentStatus {
        if self.is_acknowledged() { IncidentStatus::Acknowledged } else { IncidentStatus::ActionProposed }
    }

    /// Once nobody has said yes, nobody is asked again.
    pub(super) fn reach(&self) -> Reach {
        let is_refused = |action: &RecoveryAction| is_pending(action) && !action.state.is_open();
        if self.actions.iter().any(is_refused) { Reach::Alone } else { Reach::Approved }
    }

    /// At most two other offers that whoever has the action may make alone.
    pub(super) fn alternatives(&self, authority: Authority, site: &SitePolicy) -> Vec<Alternative> {
        let others = self.offers.iter().skip(1).map(|offer| &offer.gesture);
        let within = others.filter(|gesture| {
            let most = site.may_give_alone(authority, &gesture.currency);
            most.is_none_or(|most| gesture.value_minor <= most)
        });
        within.take(2).map(|gesture| gesture.as_alternative()).collect()
    }
}

/// Nobody has said yes or no yet.
pub(super) fn awaits_approval(action: &RecoveryAction) -> bool {
    action.kind == ActionKind::Gesture && action.state.is_open() && is_pending(action)
}

/// It was never approved.
pub(super) fn is_pending(action: &RecoveryAction) -> bool {
    action.decision.facts.get(APPROVAL).is_some_and(|state| state == PENDING)
}
