//! What fixes the loss itself, while it still helps, and for how much.

use super::facts::Facts;
use super::usefulness::Use;
use crate::events::{Remedy, RemedyKind, Shortfall};

/// The first of the rule's remedies that is of use now; a refund pays back this much of the price, in percent.
pub fn choose(facts: &Facts, shortfalls: &[Shortfall], allowed: &[RemedyKind], refund_percent: i64) -> Option<Remedy> {
    let kind = allowed.iter().copied().find(|kind| helps(facts, *kind))?;
    let line_ids = shortfalls.iter().filter_map(|shortfall| shortfall.line_id.clone()).collect();
    let amount_minor = match kind {
        RemedyKind::Refund => facts.refundable_minor.map(|value| value.saturating_mul(refund_percent) / 100),
        RemedyKind::CorrectBill => facts.stated_minor.or(facts.refundable_minor),
        _ => None,
    };
    let currency = amount_minor.map(|_| facts.currency.clone());
    Some(Remedy { kind, line_ids, amount_minor, currency })
}

/// Whether a remedy of this kind is (still) of use.
pub fn helps(facts: &Facts, kind: RemedyKind) -> bool {
    facts.remedies.get(&kind) == Some(&Use::Helps)
}
