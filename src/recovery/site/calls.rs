//! A person who is called because something is wrong that no guest sees.
//!
//! A call is an action of its own, `human_contact` without a guest: said once, answered like any other, and over when it
//! is answered, when its time is up, or when there is no need for it any more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::events::{
    ActionKind, ActionState, ActionType, Authority, Decision, GuestCard, InitiatedBy, OutcomeEvent, OutcomeStatus,
    Output, Payload, RecoveryAction, Severity, Timestamp, ids,
};
use crate::policy::{Policy, Reporting, SitePolicy};
use crate::recovery::{Context, EntityKey, EntityKind, life_cycle};

/// The calls that are open.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Calls(Vec<RecoveryAction>);

/// Why somebody is called.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// What it is about: the name of its phrases, and of its rule in the decision.
    pub about: &'static str,
    /// Tells this occasion from others: the same occasion is called once.
    pub occasion: &'a str,
    pub authority: Authority,
    pub severity: Severity,
    /// For the phrases, and for the decision.
    pub facts: BTreeMap<&'static str, String>,
}

impl Call<'_> {
    /// What the action names as its incident.
    pub fn subject(&self, key: &EntityKey) -> String {
        ids::id(&[self.about, key.as_str(), self.occasion])
    }
}

/// It is a site's own call, about no guest.
pub fn is_call(action: &RecoveryAction) -> bool {
    let asked_by = ids::parse_reply_to(&action.reply_to).and_then(|(key, _)| EntityKey::parse(&key));
    asked_by.is_some_and(|key| matches!(key.kind(), EntityKind::Site | EntityKind::Watch))
}

impl Calls {
    /// Tells one person, and returns the id that the call is closed by.
    pub fn place(
        &mut self,
        key: &EntityKey,
        call: &Call<'_>,
        context: &Context<'_>,
        outputs: &mut Vec<Output>,
    ) -> String {
        let policy = context.policy;
        let site = policy.site(key.id());
        let subject = call.subject(key);
        let id = ids::action(&subject, ActionKind::HumanContact.name(), 1);
        let due_at = context.now + policy.default_touchpoint.apology_due;
        let action = RecoveryAction {
            reply_to: ids::reply_to(key.as_str(), &id),
            id: id.clone(),
            revision: 1,
            time: context.now,
            action_type: ActionType::Proposed,
            state: ActionState::Open,
            kind: ActionKind::HumanContact,
            incident_id: subject,
            after: None,
            supersedes: None,
            accepted_by: None,
            customer_id: None,
            visit_id: None,
            order_id: None,
            site_id: key.id().to_owned(),
            location: None,
            touchpoint: None,
            guest: GuestCard::default(),
            assignee: site.role(call.authority).to_owned(),
            authority: call.authority,
            allowed: None,
            due_at,
            expires_at: due_at + policy.default_touchpoint.action_expires,
            say: String::new(), // there is no guest to say it to
            say_language: site.language.clone(),
            instruction: words(policy, site, call, "do"),
            why: words(policy, site, call, "why"),
            shortfalls: Vec::new(),
            remedy: None,
            gesture: None,
            alternatives: Vec::new(),
            initiated_by: InitiatedBy::Company,
            severity: call.severity,
            age_seconds: 0,
            decision: Decision {
                policy_version: policy.version.clone(),
                rule: call.about.to_owned(),
                intent: String::new(),
                facts: call.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
                candidates: Vec::new(),
            },
        };
        publish(&action, key, outputs);
        self.0.push(action);
        id
    }

    /// Staff answer a call. Returns its id; `None`: it is not a call that is open.
    pub fn on_outcome(
        &mut self,
        key: &EntityKey,
        outcome: &OutcomeEvent,
        context: &Context<'_>,
        outputs: &mut Vec<Output>,
    ) -> Option<String> {
        let asked = outcome.reply_to.as_deref().and_then(ids::parse_reply_to).map(|(_, id)| id);
        let asked = outcome.action_id.clone().or(asked);
        let index = self.0.iter().position(|action| Some(&action.id) == asked.as_ref())?;
        if outcome.withdrawn {
            return asked; // what was done stays done
        }
        let state = match outcome.status {
            OutcomeStatus::Accepted => ActionState::Accepted,
            OutcomeStatus::Done | OutcomeStatus::Confirmed | OutcomeStatus::Fixed | OutcomeStatus::FalseAlarm => {
                ActionState::Done
            }
            OutcomeStatus::Substituted => ActionState::Substituted,
            OutcomeStatus::Declined => ActionState::Declined,
            OutcomeStatus::NotPossible => ActionState::NotPossible,
        };
        let accepted_by = outcome.staff_id.clone().or(self.0[index].accepted_by.take());
        self.0[index].accepted_by = accepted_by;
        self.end(index, state, key, context.now, outputs);
        asked
    }

    /// There is no need for it any more.
    pub fn withdraw(&mut self, id: &str, key: &EntityKey, now: Timestamp, outputs: &mut Vec<Output>) {
        if let Some(index) = self.0.iter().position(|action| action.id == id) {
            self.end(index, ActionState::Superseded, key, now, outputs);
        }
    }

    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.0.iter().map(|action| action.expires_at).min()
    }

    /// Ends what nobody answered.
    pub fn fire(&mut self, key: &EntityKey, context: &Context<'_>, outputs: &mut Vec<Output>) {
        let state = match context.policy.default_touchpoint.reporting {
            Reporting::Always => ActionState::Expired,
            Reporting::Sometimes | Reporting::Never => ActionState::Unreported,
        };
        for index in (0..self.0.len()).rev() {
            if context.has_passed(self.0[index].expires_at) {
                self.end(index, state, key, context.now, outputs);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn end(&mut self, index: usize, state: ActionState, key: &EntityKey, now: Timestamp, outputs: &mut Vec<Output>) {
        let action = &mut self.0[index];
        if !life_cycle::action_may_move(Some(action.state), state) {
            return;
        }
        action.state = state;
        action.revision += 1;
        action.time = now;
        action.action_type = if state.is_open() { ActionType::Updated } else { ActionType::Closed };
        publish(action, key, outputs);
        if !state.is_open() {
            self.0.remove(index);
        }
    }
}

fn words(policy: &Policy, site: &SitePolicy, call: &Call<'_>, part: &str) -> String {
    policy.phrases.render(&[site.language.as_str()], &format!("call.{part}_{}", call.about), &call.facts).0
}

fn publish(action: &RecoveryAction, key: &EntityKey, outputs: &mut Vec<Output>) {
    let payload = Payload::Action(Box::new(action.clone()));
    outputs.push(Output { key: key.id().to_owned(), payload, traceparent: None });
}
