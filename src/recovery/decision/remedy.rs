//! What fixes the loss itself, while it still helps, and for how much.

use super::facts::Facts;
use super::usefulness::Use;
use crate::events::{Remedy, RemedyKind};
use crate::policy::Rule;

/// The first of the allowed remedies that is of use now, as far as it was not given elsewhere; a refund pays back this
/// much of the price, in percent.
pub fn choose(facts: &Facts, allowed: &[RemedyKind], refund_percent: i64) -> Option<Remedy> {
    let kind = allowed.iter().copied().find(|kind| helps(facts, *kind))?;
    let line_ids = facts.shortfalls.iter().filter_map(|shortfall| shortfall.line_id.clone()).collect();
    let amount_minor = match kind {
        RemedyKind::Refund => facts.refundable_minor.map(|value| value.saturating_mul(refund_percent) / 100),
        RemedyKind::CorrectBill => facts.stated_minor.or(facts.refundable_minor),
        _ => None,
    };
    let currency = amount_minor.map(|_| facts.currency.clone());
    left_of(Remedy { kind, line_ids, amount_minor, currency }, facts.redressed_minor)
}

/// What goes with the second apology: what the rule says, else the money.
pub fn of_second_failure(facts: &Facts, rule: &Rule) -> Option<Remedy> {
    let percent = rule.then.refund_percent;
    choose(facts, &rule.then.remedy, percent).or_else(|| choose(facts, &[RemedyKind::Refund], percent))
}

/// `None`: nothing is left. Money counts up to its amount; anything else was done as a whole.
pub fn left_of(remedy: Remedy, redressed_minor: Option<i64>) -> Option<Remedy> {
    let Some(redressed) = redressed_minor else { return Some(remedy) };
    let left = remedy.amount_minor.map(|amount| amount - redressed).filter(|left| *left > 0)?;
    Some(Remedy { amount_minor: Some(left), ..remedy })
}

/// Whether a remedy of this kind is (still) of use.
pub fn helps(facts: &Facts, kind: RemedyKind) -> bool {
    facts.remedies.get(&kind) == Some(&Use::Helps)
}
