//! How a decision came about, for people who want to know why.

use serde::Serialize;

use super::Decided;
use crate::events::{ActionKind, RemedyKind, Severity};
use crate::recovery::decision::caps::{self, Caps};
use crate::recovery::decision::measures::Measures;
use crate::recovery::decision::usefulness::Use;
use crate::recovery::decision::{remedy, rules, severity};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    pub severity: Severity,
    /// How it got there.
    pub steps: Vec<Step>,
    /// It was decided before, and only rises: not what these facts alone would say.
    pub is_severity_from_before: bool,
    pub rule: Option<String>,
    pub intent: String,
    pub passed_over: Vec<PassedOver>,
    /// What the rule asks for in this case.
    pub asks_for: Vec<&'static str>,
    /// The rule's remedies, in its order.
    pub remedies: Vec<Considered>,
    pub currency: String,
    pub caps: Option<Caps>,
    /// When somebody asks again: "2 h after the last action", "at the next 09:30".
    pub follow_up: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Step {
    pub because: &'static str,
    pub severity: Severity,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    pub rule: String,
    /// The first part of its `when` that does not fit.
    pub does_not_fit: &'static str,
}

/// An option, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Considered {
    pub option: String,
    pub rejected_because: Option<String>,
}

pub(super) fn account(decided: &Decided<'_>) -> Account {
    let (facts, policy) = (&decided.facts, decided.policy);
    let steps = severity::steps(facts, &policy.severity);
    let passed_over = rules::passed_over(facts, policy, decided.severity);
    let language = &policy.site(&facts.site).language;
    Account {
        severity: decided.severity,
        steps: steps.iter().map(|(because, severity)| Step { because: because.name(), severity: *severity }).collect(),
        is_severity_from_before: decided.circumstances.severity_before.is_some(),
        rule: decided.rule.map(|rule| rule.name.clone()),
        intent: decided.rule.map_or("", |rule| rule.intent_in(language)).to_owned(),
        passed_over: passed_over
            .into_iter()
            .map(|(rule, objection)| PassedOver { rule: rule.name.clone(), does_not_fit: objection.name() })
            .collect(),
        asks_for: asks_for(decided),
        remedies: decided.rule.map(|rule| considered(decided, &rule.then.remedy)).unwrap_or_default(),
        currency: facts.currency.clone(),
        caps: decided.rule.and_then(|rule| caps::of_incident(facts, policy, rule, decided.severity)),
        follow_up: decided.rule.and_then(|rule| policy.asks_again(rule)).map(|when| when.to_string()),
    }
}

fn asks_for(decided: &Decided<'_>) -> Vec<&'static str> {
    let Some(rule) = decided.rule else { return Vec::new() };
    let remedy = remedy::choose(&decided.facts, &rule.then.remedy, rule.then.refund_percent);
    let wanted = Measures::of(rule, &decided.facts, remedy.as_ref());
    let named = [
        ("apology", wanted.apology),
        ("human_contact", wanted.person),
        ("explanation", wanted.account == Some(ActionKind::Explanation)),
        ("status_update", wanted.account == Some(ActionKind::StatusUpdate)),
        ("remedy", remedy.is_some()),
        ("gesture", wanted.gesture),
    ];
    named.into_iter().filter(|(_, is_wanted)| *is_wanted).map(|(name, _)| name).collect()
}

fn considered(decided: &Decided<'_>, remedies: &[RemedyKind]) -> Vec<Considered> {
    let why_not = |kind: &RemedyKind| match decided.facts.remedies.get(kind) {
        None => Some("other_kind_of_loss".to_owned()),
        Some(Use::Helps) => None,
        Some(reason) => Some(reason.name().to_owned()),
    };
    remedies.iter().map(|kind| Considered { option: kind.name().to_owned(), rejected_because: why_not(kind) }).collect()
}
