//! What fixes the loss itself, while it still helps (R5: money for money, exchange for a flawed product).

use super::Case;
use super::money::stated_value_minor;
use crate::events::{FailureKind, Remedy, RemedyKind};

/// The first of the rule's remedies that is of use now; a refund pays back this much of the price, in percent.
pub fn choose(case: &Case<'_>, allowed: &[RemedyKind], refund_percent: i64) -> Option<Remedy> {
    let kind = allowed.iter().copied().find(|kind| helps(case, *kind))?;
    let line_ids = case.shortfalls.iter().filter_map(|shortfall| shortfall.line_id.clone()).collect();
    let amount_minor = match kind {
        RemedyKind::Refund => stated_value_minor(case).map(|value| value.saturating_mul(refund_percent) / 100),
        RemedyKind::CorrectBill => stated_amount_minor(case).or_else(|| stated_value_minor(case)),
        _ => None,
    };
    let currency = amount_minor.map(|_| case.currency.to_owned());
    Some(Remedy { kind, line_ids, amount_minor, currency })
}

/// Whether a remedy of this kind is (still) of use.
pub fn helps(case: &Case<'_>, kind: RemedyKind) -> bool {
    use FailureKind as K;
    let any = |kinds: &[FailureKind]| case.shortfalls.iter().any(|shortfall| kinds.contains(&shortfall.kind));
    let is_over = case.order.is_none_or(|order| order.settled_at.is_some() || order.cancelled.is_some());
    let is_billing = any(&[K::BillingError]);
    match kind {
        RemedyKind::CorrectBill => is_billing || stated_value_minor(case).is_some(),
        RemedyKind::Refund => !is_billing && stated_value_minor(case).is_some(),
        RemedyKind::Expedite => !is_over && case.shortfalls.iter().any(|shortfall| is_about_time(shortfall.kind)),
        RemedyKind::CompleteOrder => {
            is_still_useful(case)
                && any(&[K::ItemMissing, K::ItemPartial, K::ItemWrong, K::SubstitutedUnwanted, K::RequestIgnored])
        }
        RemedyKind::Redo => {
            is_still_useful(case)
                && any(&[K::ItemPartial, K::ItemWrong, K::ItemDamaged, K::QualityDefect, K::RequestIgnored])
        }
        RemedyKind::Replace => {
            is_still_useful(case)
                && any(&[
                    K::ItemMissing,
                    K::ItemWrong,
                    K::ItemDamaged,
                    K::QualityDefect,
                    K::SubstitutedUnwanted,
                    K::DeliveryLost,
                ])
        }
    }
}

/// Being quicker makes up for it. What is gone or nowhere to be found does not come sooner.
fn is_about_time(kind: FailureKind) -> bool {
    use FailureKind as K;
    matches!(
        kind,
        K::DeliveryLate
            | K::DeliveryPredictedLate
            | K::NeverConfirmed
            | K::DeliveryFailedAttempt
            | K::SlowService
            | K::ServiceUnavailable
    )
}

/// What was lacking is worth bringing until the meal is over or the parcel forgotten.
fn is_still_useful(case: &Case<'_>) -> bool {
    if case.order.is_some_and(|order| order.cancelled.is_some()) {
        return false;
    }
    let settled = case.order.and_then(|order| order.settled_at);
    settled.is_none_or(|settled| case.now - settled <= case.touchpoint.remedy_useful_for)
}

/// What a complaint named, as a double charge.
fn stated_amount_minor(case: &Case<'_>) -> Option<i64> {
    case.shortfalls.iter().find_map(|shortfall| {
        (shortfall.currency.as_deref().is_none_or(|currency| currency == case.currency))
            .then_some(shortfall.amount_minor?)
    })
}
