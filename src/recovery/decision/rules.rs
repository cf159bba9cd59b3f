//! Which rule decides: that of the worst shortfall, ties by the order of the rules.

use super::facts::{Facts, ShortfallFacts};
use super::severity::of_shortfall;
use crate::events::{Severity, names};
use crate::policy::{Policy, Rule};

/// The rule for the case at this severity. The last rule of a policy has no `when`, so there always is one.
pub fn decide<'a>(facts: &Facts, policy: &'a Policy, severity: Severity) -> Option<&'a Rule> {
    let graded = |shortfall: &ShortfallFacts| of_shortfall(shortfall, &policy.severity);
    let worst = facts.shortfalls.iter().map(graded).max()?;
    facts
        .shortfalls
        .iter()
        .filter(|shortfall| graded(shortfall) == worst)
        .filter_map(|shortfall| first_match(facts, shortfall, policy, severity))
        .min()
        .and_then(|index| policy.rules.get(index))
}

fn first_match(facts: &Facts, shortfall: &ShortfallFacts, policy: &Policy, severity: Severity) -> Option<usize> {
    policy.rules.iter().position(|rule| objection(rule, facts, shortfall, severity).is_none())
}

names! {
    /// The first part of a rule's `when` that does not fit.
    Objection { Failure = "failure", Severity = "severity", Responsibility = "responsibility", Repeat = "repeat" }
}

fn objection(rule: &Rule, facts: &Facts, shortfall: &ShortfallFacts, severity: Severity) -> Option<Objection> {
    let when = &rule.when;
    let fits = [
        (Objection::Failure, when.failure.is_empty() || when.failure.contains(&shortfall.kind)),
        (Objection::Severity, when.severity.is_empty() || when.severity.contains(&severity)),
        (Objection::Responsibility, {
            when.responsibility.is_empty() || when.responsibility.contains(&shortfall.responsibility)
        }),
        (Objection::Repeat, when.repeat.is_none_or(|repeat| repeat.matches(facts.earlier_failures))),
    ];
    fits.into_iter().find(|(_, fits)| !fits).map(|(objection, _)| objection)
}

/// The rules above the one that decides, and why each does not.
pub fn passed_over<'a>(facts: &Facts, policy: &'a Policy, severity: Severity) -> Vec<(&'a Rule, Objection)> {
    let Some(decides) = decide(facts, policy, severity) else { return Vec::new() };
    let graded = |shortfall: &ShortfallFacts| of_shortfall(shortfall, &policy.severity);
    let worst = facts.shortfalls.iter().rev().max_by_key(|shortfall| graded(shortfall)); // the first of the worst
    let above = policy.rules.iter().take_while(|rule| rule.name != decides.name);
    above.filter_map(|rule| Some((rule, objection(rule, facts, worst?, severity)?))).collect()
}
