//! Which rule decides which case, worked out case by case: there are only a few hundred.
//!
//! Refuses rules that no case reaches, policies that leave a case open, and rules that would let a case of safety or
//! conduct, or a critical one, end without a person.

use std::collections::BTreeSet;

use super::document::Section;
use super::model::{Policy, Repeat, Rule, When};
use super::read::ALWAYS_A_PERSON;
use crate::events::{FailureKind, Responsibility, Severity};

/// All that a `when` can ask for.
#[derive(Debug, Clone, Copy)]
struct Case {
    failure: FailureKind,
    severity: Severity,
    responsibility: Responsibility,
    earlier_failures: u32,
}

pub(super) fn check_rules(policy: &Policy, root: &Section<'_>) {
    let sections = root.sections("rule");
    let Some(last) = sections.last() else {
        root.problem("no rules: add [[rule]] entries, the last one without `when`");
        return;
    };
    if last.has("when") {
        last.problem("the last rule must be without `when`, so that every case is decided");
    }
    check_reach(policy, &sections);
    for (rule, section) in policy.rules.iter().zip(&sections) {
        if !rule.then.gesture.is_empty() && !rule.then.apology {
            section.problem(format!("rule {:?} gives a gesture without an apology; add apology = \"now\"", rule.name));
        }
    }
}

fn check_reach(policy: &Policy, sections: &[Section<'_>]) {
    let rules = &policy.rules;
    let mut reached = vec![false; rules.len()];
    let mut impersonal: Vec<Option<Case>> = vec![None; rules.len()];
    for case in cases(policy) {
        let Some(index) = rules.iter().position(|rule| matches(&rule.when, case)) else { continue };
        reached[index] = true;
        if needs_a_person(case) && !rules[index].then.human_contact {
            impersonal[index].get_or_insert(case);
        }
    }
    for (index, (rule, section)) in rules.iter().zip(sections).enumerate() {
        // The last rule is the safety net: it may be idle today.
        if !reached[index] && index + 1 < rules.len() {
            let reason = match rules[..index].iter().find(|earlier| catches_all(&earlier.when)) {
                Some(earlier) => format!("rule {:?} stands after the catch-all {:?}", rule.name, earlier.name),
                None => format!("rule {:?} is unreachable: {}", rule.name, takers(policy, index)),
            };
            section.problem(reason);
        }
        if let Some(case) = impersonal[index] {
            section.problem(format!(
                "rule {:?} decides {} of severity {} without human_contact; a person must always take these",
                rule.name, case.failure, case.severity
            ));
        }
    }
}

/// Who takes the cases of an unreachable rule.
fn takers(policy: &Policy, index: usize) -> String {
    let rules = &policy.rules;
    let mut taken = vec![false; index];
    for case in cases(policy).into_iter().filter(|case| matches(&rules[index].when, *case)) {
        if let Some(taker) = rules[..index].iter().position(|earlier| matches(&earlier.when, case)) {
            taken[taker] = true;
        }
    }
    let names: Vec<&str> =
        rules.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(rule, _)| rule.name.as_str()).collect();
    if names.is_empty() {
        return never_occurs(policy, &rules[index].when);
    }
    format!("its cases are all decided above by {}", names.join(", "))
}

fn needs_a_person(case: Case) -> bool {
    ALWAYS_A_PERSON.contains(&case.failure) || case.severity == Severity::Critical
}

fn catches_all(when: &When) -> bool {
    when.failure.is_empty() && when.severity.is_empty() && when.responsibility.is_empty() && when.repeat.is_none()
}

fn matches(when: &When, case: Case) -> bool {
    (when.failure.is_empty() || when.failure.contains(&case.failure))
        && (when.severity.is_empty() || when.severity.contains(&case.severity))
        && (when.responsibility.is_empty() || when.responsibility.contains(&case.responsibility))
        && when.repeat.is_none_or(|repeat| repeat.matches(case.earlier_failures))
}

/// How many failures before this one make a difference to some rule.
fn counts_of_failures(rules: &[Rule]) -> BTreeSet<u32> {
    let asked_for = rules.iter().filter_map(|rule| match rule.when.repeat? {
        Repeat::First => None,
        Repeat::AtLeast(least) => Some(least),
    });
    [0, 1].into_iter().chain(asked_for).collect()
}

/// Why no case of a rule can occur: its severities are below those that its failures begin with.
fn never_occurs(policy: &Policy, when: &When) -> String {
    let failures = if when.failure.is_empty() { FailureKind::ALL } else { &when.failure };
    let least = |failure: &FailureKind| format!("{failure} is at least {}", policy.severity.least(*failure));
    format!("{}, see [severity]", failures.iter().map(least).collect::<Vec<_>>().join(", "))
}

/// Every combination that can occur: a failure is never less than its own severity, only worse.
fn cases(policy: &Policy) -> Vec<Case> {
    let counts = counts_of_failures(&policy.rules);
    let mut cases = Vec::new();
    for &failure in FailureKind::ALL {
        for &severity in Severity::ALL {
            if severity < policy.severity.least(failure) {
                continue;
            }
            for &responsibility in Responsibility::ALL {
                for &earlier_failures in &counts {
                    cases.push(Case { failure, severity, responsibility, earlier_failures });
                }
            }
        }
    }
    cases
}
