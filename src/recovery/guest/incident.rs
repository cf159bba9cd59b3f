//! Our record of one failure, with the actions and follow-ups that came of it.
//!
//! Records are kept as the snapshots that were last published: a change that makes a difference raises the revision
//! and is published, one that makes none is not.

use serde::{Deserialize, Serialize};

use crate::events::{
    ActionKind, ActionState, ActionType, FollowUp, IncidentEvent, IncidentStatus, InitiatedBy, Output, Payload,
    RecoveryAction, Severity, Shortfall, Timestamp, ids,
};
use crate::policy::AskAgain;
use crate::recovery::decision::gesture::Offer;
use crate::recovery::life_cycle::Ledger;
use crate::recovery::{EntityKey, Observation, Suppression};

/// What the incident is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    Order(String),
    /// Complaints that belong to no order that is known.
    Complaints,
}

/// Where the gesture stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub enum GestureProgress {
    /// The rule gives none, or it has been settled.
    #[default]
    None,
    /// Waits for the first safe time: the profile and its allergies must be in.
    Waiting,
    /// The site has been asked.
    Requested {
        action_id: String,
    },
    /// Granted and published, as this action.
    Proposed {
        action_id: String,
    },
    Refused(Suppression),
    /// Waits for what the companions have declared.
    Companions,
    /// Many were hit at once: the watch of the site holds it.
    Held {
        action_id: String,
    },
    /// A choice is offered only once somebody has said sorry.
    FirstStep,
}

impl GestureProgress {
    /// Nothing was published yet, and it may still be.
    pub fn is_on_its_way(&self) -> bool {
        matches!(self, Self::Waiting | Self::Companions | Self::FirstStep | Self::Requested { .. } | Self::Held { .. })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// The snapshot last published; revision 0 before the first.
    pub event: IncidentEvent,
    pub subject: Subject,
    /// Evidence waits for the task's first safe time since then.
    pub undecided_since: Option<Timestamp>,
    /// The newest news that the shortfalls rest on.
    pub news_at: Timestamp,
    pub actions: Vec<RecoveryAction>,
    pub follow_ups: Vec<FollowUp>,
    pub gesture: GestureProgress,
    /// Options that passed, best first; the first is the one offered.
    pub offers: Vec<Offer>,
    /// When somebody said sorry.
    pub acknowledged_at: Option<Timestamp>,
    /// The rule that decided.
    pub rule: Option<String>,
    /// As the rule says: when somebody asks whether it is still all right.
    pub ask_again: Option<AskAgain>,
    /// What a complaint said, for the person who looks into it.
    pub text: Option<String>,
    pub language: Option<String>,
    /// Identities of the answers that were handled.
    pub answers: Vec<String>,
    /// Actions that have been called overdue.
    pub overdue: Vec<String>,
    /// Staff have looked and said that it is so.
    pub confirmed: bool,
    /// Staff have looked and said that it is not so.
    pub denied: bool,
    /// What the guest has said about it.
    pub heard: Heard,
    /// How often the site was asked for a gesture: each request has an id of its own.
    pub requests: u32,
    /// How it came to stand where it stands.
    pub ledger: Ledger,
    /// How often the recovery itself was found to have failed.
    pub failed_again: u32,
    /// A digest of what the watch of the site was told; 0: nothing.
    pub told_watch: u64,
    /// Many were hit at once: what is given is the same for all.
    pub equal_treatment: bool,
    /// All that is known of it was read from words.
    pub only_words: bool,
}

/// What was said about an incident, as far as it makes a difference when more is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Heard {
    pub complaints: usize,
    pub last_at: Option<Timestamp>,
    /// Complaints whose recorder had said sorry.
    pub apologies: usize,
    pub apologised_last: Option<Timestamp>,
    /// The highest that was stated, 0-4.
    pub inconvenience: Option<i64>,
}

impl Incident {
    pub fn new(id: String, subject: Subject, shortfalls: Vec<Shortfall>, news_at: Timestamp, now: Timestamp) -> Self {
        Self {
            event: IncidentEvent {
                id,
                revision: 0,
                time: now,
                status: IncidentStatus::Suspected,
                shortfalls,
                severity: Severity::Trivial,
                initiated_by: InitiatedBy::Company,
                occurred_at: news_at,
                detected_at: now,
                complained_at: None,
                history: false,
                given_minor: 0,
                currency: None,
                score: None,
                band: None,
                customer_id: None,
                visit_id: None,
                order_id: None,
                complaint_id: None,
                merged_into: None,
                site_id: None,
                location: None,
                touchpoint: None,
            },
            subject,
            undecided_since: Some(now),
            news_at,
            actions: Vec::new(),
            follow_ups: Vec::new(),
            gesture: GestureProgress::None,
            offers: Vec::new(),
            acknowledged_at: None,
            rule: None,
            ask_again: None,
            text: None,
            language: None,
            answers: Vec::new(),
            overdue: Vec::new(),
            confirmed: false,
            denied: false,
            heard: Heard::default(),
            requests: 0,
            ledger: Ledger::default(),
            failed_again: 0,
            told_watch: 0,
            equal_treatment: false,
            only_words: false,
        }
    }

    pub fn is_published(&self) -> bool {
        self.event.revision > 0
    }

    /// Nothing more is expected of it; a new fact may still reopen it.
    pub fn is_over(&self) -> bool {
        use IncidentStatus as S;
        matches!(self.event.status, S::Closed | S::Retracted | S::Merged | S::Expired) && self.undecided_since.is_none()
    }

    pub fn is_retracted(&self) -> bool {
        matches!(self.event.status, IncidentStatus::Retracted | IncidentStatus::Merged)
    }

    /// Nothing of it is proven.
    pub fn is_only_suspected(&self) -> bool {
        self.event.shortfalls.iter().all(|shortfall| shortfall.suspected)
    }

    pub fn names(&self, shortfall_id: &str) -> bool {
        self.event.shortfalls.iter().any(|shortfall| shortfall.id == shortfall_id)
    }

    pub fn has_open_actions(&self) -> bool {
        self.actions.iter().any(|action| action.state.is_open())
    }

    /// The newest action of a kind that was not taken back.
    pub fn latest(&self, kind: ActionKind) -> Option<&RecoveryAction> {
        self.actions.iter().rev().find(|action| action.kind == kind && action.state != ActionState::Retracted)
    }

    /// There is an action of a kind that was neither taken back nor replaced.
    pub fn stands(&self, kind: ActionKind) -> bool {
        let is_gone = |state| matches!(state, ActionState::Retracted | ActionState::Superseded);
        self.actions.iter().any(|action| action.kind == kind && !is_gone(action.state))
    }

    /// The id of the next action of a kind.
    pub fn next_action_id(&self, kind: ActionKind) -> String {
        let before = self.actions.iter().filter(|action| action.kind == kind).count();
        ids::action(&self.event.id, kind.name(), u32::try_from(before).unwrap_or(u32::MAX - 1) + 1)
    }

    /// Something was said to the guest: an apology is done, or a complaint came with one.
    pub fn is_acknowledged(&self) -> bool {
        self.acknowledged_at.is_some()
    }

    /// Changes the incident, but for its status; publishes a new revision if that made a difference.
    pub fn revise(&mut self, speaker: &mut Speaker<'_>, change: impl FnOnce(&mut IncidentEvent)) {
        let before = self.event.clone();
        change(&mut self.event);
        self.event.status = before.status;
        if self.event == before && before.revision > 0 {
            return;
        }
        self.event.revision += 1;
        self.event.time = speaker.now;
        speaker.say(Payload::Incident(Box::new(self.event.clone())));
    }
}

/// Publishes for one guest.
#[derive(Debug)]
pub struct Speaker<'a> {
    pub guest: &'a EntityKey,
    pub now: Timestamp,
    pub outputs: &'a mut Vec<Output>,
    pub observations: &'a mut Vec<Observation>,
}

impl Speaker<'_> {
    pub fn say(&mut self, payload: Payload) {
        self.outputs.push(Output { key: self.guest.id().to_owned(), payload, traceparent: None });
    }

    /// Changes an action, but for its state; publishes a new revision of the given type if that made a difference.
    pub fn revise_action(
        &mut self,
        action: &mut RecoveryAction,
        action_type: ActionType,
        change: impl FnOnce(&mut RecoveryAction),
    ) {
        let before = action.clone();
        change(action);
        action.state = before.state;
        if *action == before {
            return;
        }
        action.revision += 1;
        action.time = self.now;
        action.action_type = action_type;
        self.say(Payload::Action(Box::new(action.clone())));
    }

    /// Changes a follow-up, but not where it stands; publishes a new revision if that made a difference.
    pub fn revise_follow_up(&mut self, follow_up: &mut FollowUp, change: impl FnOnce(&mut FollowUp)) {
        let before = follow_up.clone();
        change(follow_up);
        (follow_up.follow_up_type, follow_up.state) = (before.follow_up_type, before.state);
        if *follow_up == before {
            return;
        }
        follow_up.revision += 1;
        follow_up.time = self.now;
        self.say(Payload::FollowUp(Box::new(follow_up.clone())));
    }
}
