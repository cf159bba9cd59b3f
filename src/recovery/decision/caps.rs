//! The most that a gesture may be worth: for one failure, and for one guest.

use serde::Serialize;

use super::facts::Facts;
use crate::events::{InitiatedBy, Severity};
use crate::policy::{Policy, Rule};

/// The most that one incident's gesture may be worth to the guest, in minor units: the least of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Caps {
    pub of_severity: i64,
    /// `None`: the rule has none of its own.
    pub of_rule: Option<i64>,
    /// The share of the affected price, or of what the policy assumes where no price is known.
    pub of_price: i64,
}

impl Caps {
    pub fn least(self) -> i64 {
        self.of_severity.min(self.of_price).min(self.of_rule.unwrap_or(i64::MAX))
    }
}

/// `None`: no gesture in this currency.
pub fn of_incident(facts: &Facts, policy: &Policy, rule: &Rule, severity: Severity) -> Option<Caps> {
    let gestures = &policy.gestures;
    let of_severity = *gestures.caps.get(&severity)?.get(&facts.currency)?;
    let of_rule = if rule.then.cap.is_empty() { None } else { Some(*rule.then.cap.get(&facts.currency)?) };
    let assumed = gestures.assumed_value.get(&facts.currency).copied();
    let of_price = facts.affected_minor.or(assumed)?.saturating_mul(gestures.cap_percent) / 100;
    Some(Caps { of_severity, of_rule, of_price })
}

/// Whether this guest's own claims have used up what may be given within the window. What the company found itself
/// never counts against a guest.
pub fn is_over_guest_cap(facts: &Facts, policy: &Policy, value_minor: i64) -> bool {
    if facts.initiated_by == InitiatedBy::Company {
        return false;
    }
    let gestures = &policy.gestures;
    let claims = facts.claims;
    let is_over_count = gestures.guest_count.is_some_and(|most| claims.count >= most);
    let cap = gestures.guest_cap.get(&facts.currency);
    is_over_count || cap.is_some_and(|most| claims.value_minor.saturating_add(value_minor) > *most)
}
