//! How bad it is: from facts of the failure only, never from who the customer is.

use super::facts::{Facts, ShortfallFacts};
use crate::events::{FailureKind, Millis, Severity};
use crate::policy::SeverityPolicy;

/// The severity of the whole case: its worst shortfall, raised by a broken habit, a repeat and what was stated.
pub fn grade(facts: &Facts, policy: &SeverityPolicy) -> Severity {
    let worst =
        facts.shortfalls.iter().map(|shortfall| of_shortfall(shortfall, policy)).max().unwrap_or(Severity::Trivial);
    let raised = [facts.is_repeat(), policy.habit_broken_raises && facts.habit_broken];
    let steps = raised.into_iter().filter(|raises| *raises).count();
    worst.raised(steps).max(stated(facts.inconvenience))
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
