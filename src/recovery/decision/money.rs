//! What the failed part of an order was worth.

use super::Sources;
use crate::events::{FailureKind, OrderLine, Shortfall};
use crate::recovery::detection::OrderView;
use crate::recovery::detection::view::{line_value_minor, unit_value_minor};

/// The whole price of the affected lines, in minor units (lateness and loss: of the order, or of the parcels that are
/// late or lost); `None` where no price is known.
pub fn affected_minor(sources: &Sources<'_>) -> Option<i64> {
    affected(sources, |line, _| line_value_minor(line))
}

/// What may be refunded: from stated prices only, and for no more units than failed.
pub fn refundable_minor(sources: &Sources<'_>) -> Option<i64> {
    affected(sources, failed_value_minor)
}

/// What a complaint named, as a double charge.
pub fn stated_minor(sources: &Sources<'_>) -> Option<i64> {
    sources.shortfalls.iter().find_map(|shortfall| {
        (shortfall.currency.as_deref().is_none_or(|currency| currency == sources.currency))
            .then_some(shortfall.amount_minor?)
    })
}

/// The part of the order that a shortfall affects: of its value, else of its lines.
pub fn affected_share(sources: &Sources<'_>, shortfall: &Shortfall) -> Option<f64> {
    let order = sources.order?;
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

fn affected(sources: &Sources<'_>, value: impl Fn(&OrderLine, &[&Shortfall]) -> Option<i64>) -> Option<i64> {
    let order = sources.order?;
    if sources.shortfalls.iter().any(|shortfall| affects_the_whole_order(order, shortfall)) {
        return order.value_minor();
    }
    let mut sum = 0_i64;
    for line in order.lines.iter().chain(order.stockouts.iter().map(|(line, ..)| *line)) {
        let is_stockout = order.stockouts.iter().any(|(gone, ..)| std::ptr::eq(*gone, line));
        let failed: Vec<&Shortfall> = sources
            .shortfalls
            .iter()
            .filter(|shortfall| is_of_line(shortfall, line))
            .filter(|shortfall| (shortfall.kind == FailureKind::StockoutAfterOrder) == is_stockout)
            .collect();
        if !failed.is_empty() {
            sum = sum.saturating_add(value(line, &failed)?);
        }
    }
    if let Some(whole) = order.value_minor() {
        let share: f64 = sources.shortfalls.iter().filter_map(|shortfall| order.parcels.share(shortfall)).sum();
        sum = sum.saturating_add((whole as f64 * share.min(1.0)).round() as i64).min(whole.max(sum));
    }
    (sum > 0).then_some(sum)
}

/// The price of the units that failed; of the whole line where a part of each did, or where nobody knows how many.
fn failed_value_minor(line: &OrderLine, failed: &[&Shortfall]) -> Option<i64> {
    let mut units = 0_i64;
    for shortfall in failed {
        match shortfall.quantity {
            Some(quantity) if shortfall.modifier_id.is_none() => units = units.saturating_add(quantity),
            _ => return line_value_minor(line),
        }
    }
    Some(unit_value_minor(line)?.saturating_mul(units.min(line.quantity)))
}

/// By the line's id, else by the item.
pub fn is_of_line(shortfall: &Shortfall, line: &OrderLine) -> bool {
    match (&shortfall.line_id, &line.line_id) {
        (Some(affected), Some(line_id)) => affected == line_id,
        _ => shortfall.item_id.as_deref() == Some(&line.item_id),
    }
}

fn affects_the_whole_order(order: &OrderView<'_>, shortfall: &Shortfall) -> bool {
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
    (is_of_the_order || shortfall.item_id.is_none()) && order.parcels.share(shortfall).is_none()
}
