//! Which rule decides: that of the worst shortfall, ties by the order of the rules.

use super::facts::{Facts, ShortfallFacts};
use super::severity::of_shortfall;
use crate::events::Severity;
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
    policy.rules.iter().position(|rule| {
        let when = &rule.when;
        let any = |empty: bool, found: bool| empty || found;
        any(when.failure.is_empty(), when.failure.contains(&shortfall.kind))
            && any(when.severity.is_empty(), when.severity.contains(&severity))
            && any(when.responsibility.is_empty(), when.responsibility.contains(&shortfall.responsibility))
            && when.repeat.is_none_or(|repeat| repeat == facts.is_repeat())
    })
}
