//! What a rule comes to in a case: which actions it asks for, and who has the authority for each.

use super::facts::Facts;
use crate::events::{ActionKind, Allowed, Authority, FailureKind, Remedy, Severity};
use crate::policy::{Policy, Rule};

/// The actions that a rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    pub apology: bool,
    pub person: bool,
    pub explanation: bool,
    pub gesture: bool,
}

impl Measures {
    /// `remedy`: what is left to put right.
    pub fn of(rule: &Rule, facts: &Facts, remedy: Option<&Remedy>) -> Self {
        let then = &rule.then;
        let gives = !then.gesture.is_empty();
        // a gesture always follows a word, whatever the rule forgot
        let says_sorry = then.apology || gives && !then.human_contact;
        let is_bare = remedy.is_none() && !gives && !then.human_contact;
        // a bare apology is not said twice (R10): the next time somebody comes
        let is_said_before = is_bare && facts.is_repeat();
        let is_orphan = facts.is_unknown();
        Self {
            apology: says_sorry && !is_orphan && !is_said_before,
            person: then.human_contact
                || is_orphan
                || facts.only_words
                || facts.is_bill_unclear()
                || is_said_before && then.apology,
            explanation: then.explanation && !is_orphan,
            gesture: gives && !is_orphan && !facts.only_words,
        }
    }
}

/// How sorry is said: before it has happened, it is a warning.
pub fn word(facts: &Facts) -> ActionKind {
    let is_prediction = facts.shortfalls.iter().all(|shortfall| shortfall.kind == FailureKind::DeliveryPredictedLate);
    if is_prediction { ActionKind::EarlyWarning } else { ActionKind::Apology }
}

/// The least authority that an action of this kind takes.
pub fn authority(kind: ActionKind, rule: &Rule) -> Authority {
    let then = &rule.then;
    match kind {
        ActionKind::Apology | ActionKind::EarlyWarning => Authority::A1.min(then.authority),
        ActionKind::Check => Authority::A1,
        // nobody but a person was to come: one level up, for it is more than the rule thought of
        ActionKind::HumanContact if !then.human_contact => then.authority.raised(),
        _ => then.authority,
    }
}

/// The role that has the authority at the case's site; a person for a complaint about nothing known is the desk's.
pub fn assignee<'a>(kind: ActionKind, authority: Authority, facts: &Facts, policy: &'a Policy) -> &'a str {
    let site = policy.site(&facts.site);
    let is_for_the_desk = !facts.order_known && kind == ActionKind::HumanContact;
    if is_for_the_desk { &site.desk } else { site.role(authority) }
}

/// The most that staff may give for it without asking.
pub fn allowed(facts: &Facts, policy: &Policy, severity: Severity, authority: Authority) -> Option<Allowed> {
    let cap = *policy.gestures.caps.get(&severity)?.get(&facts.currency)?;
    let alone = policy.site(&facts.site).may_give_alone(authority, &facts.currency);
    let max_value_minor = alone.map_or(cap, |most| most.min(cap));
    Some(Allowed { max_value_minor, currency: facts.currency.clone() })
}
