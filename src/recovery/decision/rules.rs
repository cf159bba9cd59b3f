//! Which rule decides: that of the worst shortfall, ties by the order of the rules.

use super::Case;
use super::severity::of_shortfall;
use crate::events::{Severity, Shortfall};
use crate::policy::Rule;

/// The rule for the case at this severity. The last rule of a policy has no `when`, so there always is one.
pub fn decide<'a>(case: &Case<'a>, severity: Severity) -> Option<&'a Rule> {
    let worst = case.shortfalls.iter().map(|shortfall| of_shortfall(case, shortfall)).max()?;
    case.shortfalls
        .iter()
        .filter(|shortfall| of_shortfall(case, shortfall) == worst)
        .filter_map(|shortfall| first_match(case, shortfall, severity))
        .min()
        .and_then(|index| case.policy.rules.get(index))
}

fn first_match(case: &Case<'_>, shortfall: &Shortfall, severity: Severity) -> Option<usize> {
    case.policy.rules.iter().position(|rule| {
        let when = &rule.when;
        let any = |empty: bool, found: bool| empty || found;
        any(when.failure.is_empty(), when.failure.contains(&shortfall.kind))
            && any(when.severity.is_empty(), when.severity.contains(&severity))
            && any(when.responsibility.is_empty(), when.responsibility.contains(&shortfall.responsibility))
            && when.repeat.is_none_or(|repeat| repeat == case.is_repeat)
    })
}
