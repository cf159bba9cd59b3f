//! How bad it is: from facts of the failure only, never from who the customer is.

use super::facts::{Facts, ShortfallFacts};
use crate::events::{FailureKind, Millis, Severity, names};
use crate::policy::SeverityPolicy;

names! {
    /// What makes it as bad as it is.
    Because {
        WorstShortfall = "worst_shortfall",
        EarlierFailure = "earlier_failure",
        HabitBroken = "habit_broken",
        CentralItem = "central_item",
        ManyPeople = "many_people",
        StatedInconvenience = "stated_inconvenience",
        Endangered = "endangered",
    }
}

/// The severity of the whole case: its worst shortfall, one step worse for each thing that makes it so, and never less
/// than what was stated.
pub fn grade(facts: &Facts, policy: &SeverityPolicy) -> Severity {
    steps(facts, policy).last().map_or(Severity::Trivial, |(_, severity)| *severity)
}

/// How it comes to its severity, step by step.
pub fn steps(facts: &Facts, policy: &SeverityPolicy) -> Vec<(Because, Severity)> {
    let worst =
        facts.shortfalls.iter().map(|shortfall| of_shortfall(shortfall, policy)).max().unwrap_or(Severity::Trivial);
    let mut steps = vec![(Because::WorstShortfall, worst)];
    let mut severity = worst;
    let raises = [
        (Because::EarlierFailure, facts.is_repeat()),
        (Because::HabitBroken, policy.habit_broken_raises && facts.habit_broken),
        (Because::CentralItem, facts.central),
        (Because::ManyPeople, policy.many_people.is_some_and(|many| facts.party_size >= many)),
    ];
    for (because, _) in raises.into_iter().filter(|(_, is_so)| *is_so) {
        severity = severity.raised(1);
        steps.push((because, severity));
    }
    if facts.endangered {
        severity = Severity::Critical;
        steps.push((Because::Endangered, severity));
    }
    let stated = stated(facts.inconvenience);
    if stated > severity {
        steps.push((Because::StatedInconvenience, stated));
    }
    steps
}

/// The severity of one shortfall on its own.
pub fn of_shortfall(shortfall: &ShortfallFacts, policy: &SeverityPolicy) -> Severity {
    use FailureKind as K;
    let floor = match shortfall.kind {
        K::Safety | K::StaffConduct => Severity::Major,
        _ => Severity::Trivial,
    };
    if let Some(fixed) = policy.kinds.get(&shortfall.kind) {
        return floor.max(*fixed);
    }
    let graded = match shortfall.kind {
        K::DeliveryLate | K::DeliveryPredictedLate | K::NeverConfirmed | K::SlowService => {
            lateness(shortfall.late_by.unwrap_or(Millis::ZERO), policy)
        }
        _ => share(shortfall.share, policy),
    };
    floor.max(graded)
}

fn lateness(late_by: Millis, policy: &SeverityPolicy) -> Severity {
    policy.lateness.iter().find(|(up_to, _)| late_by <= *up_to).map_or(policy.late_beyond, |(_, severity)| *severity)
}

/// By the share of the order's value, else of its lines; all of it where no order is known.
fn share(share: Option<f64>, policy: &SeverityPolicy) -> Severity {
    let share = share.unwrap_or(1.0);
    policy.share.iter().find(|(up_to, _)| share <= *up_to).map_or(policy.share_beyond, |(_, severity)| *severity)
}

/// Stated inconvenience 0-4 is a severity by itself.
fn stated(inconvenience: i64) -> Severity {
    let level = usize::try_from(inconvenience).unwrap_or(0);
    Severity::Trivial.raised(level)
}
