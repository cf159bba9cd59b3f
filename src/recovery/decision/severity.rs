//! How bad it is: from facts of the failure only, never from who the customer is.

use super::Case;
use super::money::is_of_line;
use crate::events::{FailureKind, Millis, Severity, Shortfall};
use crate::recovery::detection::view::line_value_minor;

/// The severity of the whole case: its worst shortfall, raised by a broken habit, a repeat and what was stated.
pub fn severity(case: &Case<'_>) -> Severity {
    let worst =
        case.shortfalls.iter().map(|shortfall| of_shortfall(case, shortfall)).max().unwrap_or(Severity::Trivial);
    let mut steps = 0;
    if case.is_repeat {
        steps += 1;
    }
    if case.policy.severity.habit_broken_raises && breaks_a_habit(case) {
        steps += 1;
    }
    worst.raised(steps).max(stated(case.inconvenience))
}

/// The severity of one shortfall on its own.
pub fn of_shortfall(case: &Case<'_>, shortfall: &Shortfall) -> Severity {
    use FailureKind as K;
    let policy = &case.policy.severity;
    let floor = match shortfall.kind {
        K::Safety | K::StaffConduct => Severity::Major,
        _ => Severity::Trivial,
    };
    if let Some(fixed) = policy.kinds.get(&shortfall.kind) {
        return floor.max(*fixed);
    }
    let graded = match shortfall.kind {
        K::DeliveryLate | K::DeliveryPredictedLate | K::NeverConfirmed | K::SlowService => {
            lateness(case, Millis::seconds(shortfall.late_by_seconds.unwrap_or(0)))
        }
        _ => share(case, shortfall),
    };
    floor.max(graded)
}

fn lateness(case: &Case<'_>, late_by: Millis) -> Severity {
    let policy = &case.policy.severity;
    policy.lateness.iter().find(|(up_to, _)| late_by <= *up_to).map_or(policy.late_beyond, |(_, severity)| *severity)
}

/// By the share of the order's value, else of its lines; all of it where no order is known.
fn share(case: &Case<'_>, shortfall: &Shortfall) -> Severity {
    let policy = &case.policy.severity;
    let share = affected_share(case, shortfall).unwrap_or(1.0);
    policy.share.iter().find(|(up_to, _)| share <= *up_to).map_or(policy.share_beyond, |(_, severity)| *severity)
}

fn affected_share(case: &Case<'_>, shortfall: &Shortfall) -> Option<f64> {
    let order = case.order?;
    if let Some(share) = order.parcels.share(shortfall) {
        return Some(share);
    }
    let gone = order.stockouts.iter().map(|(line, ..)| *line);
    let line = order.lines.iter().chain(gone).find(|line| is_of_line(shortfall, line))?;
    let of_line = match shortfall.quantity {
        Some(quantity) if shortfall.modifier_id.is_none() && line.quantity > 0 => {
            quantity as f64 / line.quantity as f64
        }
        _ => 1.0,
    };
    match (line_value_minor(line), order.value_minor()) {
        (Some(part), Some(whole)) if whole > 0 => Some(of_line * part as f64 / whole as f64),
        _ => Some(of_line / order.lines.len() as f64),
    }
}

/// The founding case's other half: what failed is what this guest always takes.
fn breaks_a_habit(case: &Case<'_>) -> bool {
    case.profiling()
        && case
            .shortfalls
            .iter()
            .filter_map(|shortfall| shortfall.item_id.as_deref())
            .any(|item_id| case.habits.is_habit(item_id, case.viewpoint))
}

/// Stated inconvenience 0-4 is a severity by itself.
fn stated(inconvenience: Option<i64>) -> Severity {
    let level = inconvenience.unwrap_or(0).clamp(0, 4);
    Severity::ALL[usize::try_from(level).unwrap_or(0)]
}
