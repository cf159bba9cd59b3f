//! A site: what gestures may cost in a service day, and what fails there again and again.
//!
//! Requests are answered once by action id: asked again, the same answer comes back. What is granted is reserved until
//! the guest settles it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::causes::Causes;
use super::{Context, Effects, EntityKey, Envelope, Message, Suppression};
use crate::events::Timestamp;
use crate::policy::Policy;

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

/// Guest to site: what was reserved has been given (`Some`, its value in minor units), or never will be (`None`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GestureSettled {
    pub action_id: String,
    pub given_minor: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Site {
    /// What was granted, by action id.
    grants: BTreeMap<String, Grant>,
    causes: Causes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Grant {
    /// The service day whose budget it draws on, as 2026-11-23.
    day: String,
    at: Timestamp,
    cost_minor: i64,
    currency: String,
}

impl Site {
    pub(super) fn handle(&mut self, key: &EntityKey, message: Message, context: &Context<'_>, effects: &mut Effects) {
        match message {
            Message::RequestGesture(request) => {
                let refused = self.request(key.id(), &request, context);
                let answer = GestureAnswer { incident_id: request.incident_id, action_id: request.action_id, refused };
                effects.messages.push(Envelope { to: request.guest, hops: 1, message: Message::GestureAnswer(answer) });
            }
            Message::GestureSettled(settled) => {
                if settled.given_minor.is_none() {
                    self.grants.remove(&settled.action_id);
                }
            }
            Message::Causes(report) => self.causes.on_report(key, &report, context, effects),
            Message::Input(input) => self.causes.on_input(key, &input, context, effects),
            _ => debug_assert!(false, "a site never gets such a message"),
        }
    }

    fn request(&mut self, site_id: &str, request: &GestureRequest, context: &Context<'_>) -> Option<Suppression> {
        if self.grants.contains_key(&request.action_id) {
            return None;
        }
        let site = context.policy.site(site_id);
        let day = site.service_day(context.now).to_string();
        if let Some(budget) = site.daily_budget.get(&request.currency) {
            let spent: i64 = self
                .grants
                .values()
                .filter(|grant| grant.day == day && grant.currency == request.currency)
                .map(|grant| grant.cost_minor)
                .sum();
            if spent.saturating_add(request.cost_minor) > *budget {
                return Some(Suppression::BudgetSiteDay);
            }
        }
        let grant = Grant { day, at: context.now, cost_minor: request.cost_minor, currency: request.currency.clone() };
        self.grants.insert(request.action_id.clone(), grant);
        None
    }

    /// Grants are kept until their service day is surely over.
    pub(super) fn next_deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let of_grants = self.grants.values().map(|grant| grant.at + KEEP).min();
        of_grants.into_iter().chain(self.causes.next_deadline(policy)).min()
    }

    pub(super) fn fire(&mut self, key: &EntityKey, context: &Context<'_>, effects: &mut Effects) {
        self.grants.retain(|_, grant| !context.has_passed(grant.at + KEEP));
        self.causes.fire(key, context, effects);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.grants.is_empty() && self.causes.is_empty()
    }
}

/// Two days: no service day is longer, whatever the time zone does.
const KEEP: crate::events::Millis = crate::events::Millis::days(2);
