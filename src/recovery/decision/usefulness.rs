//! Which remedies answer the loss, and still help now (R5: money for money, exchange for a flawed product).

use std::collections::BTreeMap;

use super::{Sources, money};
use crate::events::{FailureKind, RemedyKind, Shortfall, names};

names! {
    /// Whether a remedy helps, or why it does not.
    Use {
        Helps = "helps",
        /// Its time has passed: the meal is over, the parcel forgotten.
        TooLate = "too_late",
        OrderCancelled = "order_cancelled",
        /// Nothing is on its way any more that could be quicker.
        OrderOver = "order_over",
        /// A wrong bill is corrected, not refunded.
        BillIsCorrected = "bill_is_corrected",
        NoPriceKnown = "no_price_known",
        /// The bill is wrong, and nobody has said by how much: a person finds out.
        NoAmountKnown = "no_amount_known",
    }
}

/// Those that answer this kind of loss.
pub fn of_remedies(sources: &Sources<'_>) -> BTreeMap<RemedyKind, Use> {
    RemedyKind::ALL.iter().filter_map(|kind| Some((*kind, of_remedy(sources, *kind)?))).collect()
}

/// `None`: it is for another kind of loss.
fn of_remedy(sources: &Sources<'_>, kind: RemedyKind) -> Option<Use> {
    use FailureKind as K;
    let any = |kinds: &[FailureKind]| sources.shortfalls.iter().any(|shortfall| kinds.contains(&shortfall.kind));
    let is_billing = any(&[K::BillingError]);
    let in_kind = |kinds: &[FailureKind]| any(kinds).then(|| in_time(sources));
    let has_price = money::refundable_minor(sources).is_some();
    match kind {
        RemedyKind::CorrectBill if is_billing && !is_amount_known(sources) => Some(Use::NoAmountKnown),
        RemedyKind::CorrectBill => Some(if is_billing || has_price { Use::Helps } else { Use::NoPriceKnown }),
        RemedyKind::Refund if is_billing => Some(Use::BillIsCorrected),
        RemedyKind::Refund => Some(if has_price { Use::Helps } else { Use::NoPriceKnown }),
        RemedyKind::Expedite => {
            let is_over = sources.order.is_none_or(|order| order.settled_at.is_some() || order.cancelled.is_some());
            let is_about_time = sources.shortfalls.iter().any(|shortfall| is_about_time(shortfall.kind));
            is_about_time.then_some(if is_over { Use::OrderOver } else { Use::Helps })
        }
        RemedyKind::CompleteOrder => {
            in_kind(&[K::ItemMissing, K::ItemPartial, K::ItemWrong, K::SubstitutedUnwanted, K::RequestIgnored])
        }
        RemedyKind::Redo => {
            in_kind(&[K::ItemPartial, K::ItemWrong, K::ItemDamaged, K::QualityDefect, K::RequestIgnored])
        }
        RemedyKind::Replace => in_kind(&[
            K::ItemMissing,
            K::ItemWrong,
            K::ItemDamaged,
            K::QualityDefect,
            K::SubstitutedUnwanted,
            K::DeliveryLost,
        ]),
    }
}

/// It was stated, or the bill is wrong in lines that have a price: never the whole order for want of better.
fn is_amount_known(sources: &Sources<'_>) -> bool {
    let is_wrong = |shortfall: &&Shortfall| shortfall.kind == FailureKind::BillingError;
    let is_of_a_line = |shortfall: &Shortfall| shortfall.item_id.is_some() || shortfall.line_id.is_some();
    let names_lines = sources.shortfalls.iter().filter(is_wrong).all(is_of_a_line);
    money::stated_minor(sources).is_some() || names_lines && money::refundable_minor(sources).is_some()
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
fn in_time(sources: &Sources<'_>) -> Use {
    if sources.order.is_some_and(|order| order.cancelled.is_some()) {
        return Use::OrderCancelled;
    }
    let settled = sources.order.and_then(|order| order.settled_at);
    let is_too_late = settled.is_some_and(|settled| sources.now - settled > sources.touchpoint.remedy_useful_for);
    if is_too_late { Use::TooLate } else { Use::Helps }
}
