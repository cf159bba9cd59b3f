//! What the failed part of an order was worth.

use super::Case;
use crate::events::{FailureKind, Shortfall};
use crate::recovery::detection::view::line_value_minor;

/// The whole price of the affected lines, in minor units (lateness and loss: of the order); where no price is known,
/// the policy's assumed value; `None` where there is not even that.
pub fn affected_value_minor(case: &Case<'_>) -> Option<i64> {
    stated_value_minor(case).or_else(|| case.policy.gestures.assumed_value.get(case.currency).copied())
}

/// As [`affected_value_minor`], from stated prices only: what may be refunded.
pub fn stated_value_minor(case: &Case<'_>) -> Option<i64> {
    let order = case.order?;
    if case.shortfalls.iter().any(affects_the_whole_order) {
        return order.value_minor();
    }
    let mut sum = 0_i64;
    for line in order.lines {
        let is_affected = case.shortfalls.iter().any(|shortfall| match (&shortfall.line_id, &line.line_id) {
            (Some(affected), Some(line_id)) => affected == line_id,
            _ => shortfall.item_id.as_deref() == Some(&line.item_id),
        });
        if is_affected {
            sum = sum.saturating_add(line_value_minor(line)?);
        }
    }
    (sum > 0).then_some(sum)
}

fn affects_the_whole_order(shortfall: &Shortfall) -> bool {
    use FailureKind as K;
    let is_of_the_order = matches!(
        shortfall.kind,
        K::DeliveryLate
            | K::DeliveryPredictedLate
            | K::NeverConfirmed
            | K::DeliveryLost
            | K::DeliveryFailedAttempt
            | K::OrderCancelledByCompany
    );
    is_of_the_order || shortfall.item_id.is_none()
}
