//! A site: what gestures may cost there, and what fails there again and again.
//!
//! Requests are answered once by action id: asked again, the same answer comes back. What is granted is reserved until
//! the guest settles or releases it.

mod breaker;
mod budget;
mod calls;
mod feed;
mod orders;
mod watch;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::causes::Causes;
use super::{Context, Effects, EntityKey, Envelope, Message, Observation, Suppression};
use crate::events::{Authority, Event, Input, Severity, Timestamp};
use crate::policy::Policy;
pub use breaker::Failed;
pub use calls::is_call;
pub use watch::{OrderSeen, Watch};

use budget::{Grants, KEEP};
use calls::{Call, Calls};

/// Guest to site: may this gesture be given?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GestureRequest {
    pub guest: EntityKey,
    pub incident_id: String,
    pub action_id: String,
    /// What it costs the site (else its price), in minor units of `currency`.
    pub cost_minor: i64,
    pub currency: String,
}

/// Site to guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GestureAnswer {
    pub incident_id: String,
    pub action_id: String,
    /// Why not, or `None`: granted, and reserved until settled.
    pub refused: Option<Suppression>,
}

/// Guest to site: what was reserved will not be given (`None`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GestureSettled {
    pub action_id: String,
    /// `Some`: as an older release says that it was given; what it cost stays what was reserved.
    pub given_minor: Option<i64>,
}

/// Guest to site: this was given, and cost this much, whether it was reserved or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GestureGiven {
    pub action_id: String,
    /// What it cost the site, else what it was worth, in minor units of `currency`.
    pub cost_minor: i64,
    pub currency: String,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Site {
    grants: Grants,
    causes: Causes,
    calls: Calls,
    /// By currency: when somebody was last told that a day's budget is nearly used.
    alarmed: BTreeMap<String, Alarm>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Alarm {
    /// The service day.
    day: String,
    at: Timestamp,
}

impl Site {
    pub(super) fn handle(&mut self, key: &EntityKey, message: Message, context: &Context<'_>, effects: &mut Effects) {
        match message {
            Message::RequestGesture(request) => {
                let refused = self.request(key, &request, context, effects);
                let answer = GestureAnswer { incident_id: request.incident_id, action_id: request.action_id, refused };
                effects.messages.push(Envelope { to: request.guest, hops: 1, message: Message::GestureAnswer(answer) });
            }
            Message::GestureSettled(settled) => {
                if settled.given_minor.is_none() {
                    self.grants.release(&settled.action_id);
                }
            }
            Message::GestureGiven(given) => {
                self.grants.settle(context.policy.site(key.id()), &given, context.now);
                self.watch_budget(key, &given.currency, false, context, effects);
            }
            Message::Causes(report) => self.causes.on_report(key, &report, context, effects),
            Message::AskInsight { guest, incident_id, causes } => {
                self.causes.on_ask(key, guest, incident_id, &causes, effects);
            }
            Message::Input(input) => self.on_input(key, &input, context, effects),
            _ => debug_assert!(false, "a site never gets such a message"),
        }
    }

    fn request(
        &mut self,
        key: &EntityKey,
        request: &GestureRequest,
        context: &Context<'_>,
        effects: &mut Effects,
    ) -> Option<Suppression> {
        let site = context.policy.site(key.id());
        if !context.policy.gestures.enabled || !site.limits.gestures {
            return Some(Suppression::ApologyOnly);
        }
        let refused = self.grants.reserve(site, request, context.now).err();
        let is_used_up = refused == Some(Suppression::BudgetSiteDay);
        self.watch_budget(key, &request.currency, is_used_up, context, effects);
        refused
    }

    /// Tells a person, once a day, when its budget is nearly used.
    fn watch_budget(
        &mut self,
        key: &EntityKey,
        currency: &str,
        is_used_up: bool,
        context: &Context<'_>,
        effects: &mut Effects,
    ) {
        let site = context.policy.site(key.id());
        let Some(usage) = self.grants.usage(site, currency, context.now) else { return };
        let is_near = is_used_up || usage.percent() >= site.limits.budget_alarm_percent;
        if !is_near || self.alarmed.get(currency).is_some_and(|alarm| alarm.day == usage.day) {
            return;
        }
        effects.observations.push(Observation::BudgetAlarm);
        let phrases = &context.policy.phrases;
        let money = |minor| phrases.money(&[site.language.as_str()], minor, currency);
        let occasion = format!("{} {currency}", usage.day);
        let facts = BTreeMap::from([
            ("percent", usage.percent().to_string()),
            ("spent", money(usage.spent_minor)),
            ("budget", money(usage.budget_minor)),
        ]);
        let authority = Authority::A3;
        let call = Call { about: "budget", occasion: &occasion, authority, severity: Severity::Minor, facts };
        self.calls.place(key, &call, context, &mut effects.outputs);
        self.alarmed.insert(currency.to_owned(), Alarm { day: usage.day, at: context.now });
    }

    /// Staff answer a call, or the owner of a cause an insight.
    fn on_input(&mut self, key: &EntityKey, input: &Input, context: &Context<'_>, effects: &mut Effects) {
        if let Event::Outcome(outcome) = &input.event
            && self.calls.on_outcome(key, outcome, context, &mut effects.outputs).is_some()
        {
            return;
        }
        self.causes.on_input(key, input, context, effects);
    }

    pub(super) fn next_deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let of_alarms = self.alarmed.values().map(|alarm| alarm.at + KEEP).min();
        let of_causes = self.causes.next_deadline(policy);
        let of_site = [self.grants.forget_at(), self.calls.next_deadline(), of_causes, of_alarms];
        of_site.into_iter().flatten().min()
    }

    pub(super) fn fire(&mut self, key: &EntityKey, context: &Context<'_>, effects: &mut Effects) {
        self.grants.forget(|at| context.has_passed(at));
        self.alarmed.retain(|_, alarm| !context.has_passed(alarm.at + KEEP));
        self.calls.fire(key, context, &mut effects.outputs);
        self.causes.fire(key, context, effects);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.grants.is_empty() && self.causes.is_empty() && self.calls.is_empty() && self.alarmed.is_empty()
    }
}
