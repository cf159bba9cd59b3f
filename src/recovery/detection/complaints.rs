//! What customers and staff said about an order.
//!
//! A complaint about what is already known joins it; it adds a shortfall only when it names another.

use super::{Finding, OrderView, shortfall};
use crate::events::{ComplaintEvent, FailureKind, Responsibility, Shortfall, ShortfallSource};

pub fn detect(view: &OrderView<'_>, findings: &mut Vec<Finding>) {
    for complaint in &view.complaints {
        let is_about = |found: &Finding| {
            let is_its_kind = complaint.failure.is_none_or(|kind| family(found.shortfall.kind) == family(kind));
            is_its_kind && !is_of_another_item(&found.shortfall, complaint)
        };
        let mut is_known = false;
        for found in findings.iter_mut().filter(|found| is_about(found)) {
            is_known = true;
            found.shortfall.suspected = false; // who complains confirms what was only suspected
        }
        if !is_known {
            findings.push(Finding { shortfall: of_complaint(complaint, Some(view)), news_at: complaint.time });
        }
    }
}

/// What a complaint says on its own.
pub fn of_complaint(complaint: &ComplaintEvent, view: Option<&OrderView<'_>>) -> Shortfall {
    let kind = complaint.failure.unwrap_or(FailureKind::Unclassified);
    let mut shortfall = shortfall(format!("complaint:{}", complaint.id), kind, ShortfallSource::Complaint);
    shortfall.item_id = complaint.item_id.clone();
    shortfall.amount_minor = complaint.amount_minor;
    shortfall.currency = complaint.currency.clone();
    if let (Some(view), Some(item_id)) = (view, complaint.item_id.as_deref()) {
        shortfall.name = view.item_name(item_id).map(str::to_owned);
        shortfall.line_id =
            view.lines.iter().find(|line| line.item_id == item_id).and_then(|line| line.line_id.clone());
    }
    if kind == FailureKind::BillingError {
        shortfall.responsibility = Responsibility::Company;
    }
    shortfall
}

/// Whoever names the soup does not speak of the fries.
fn is_of_another_item(shortfall: &Shortfall, complaint: &ComplaintEvent) -> bool {
    match (&shortfall.item_id, &complaint.item_id) {
        (Some(found), Some(named)) => found != named,
        _ => false,
    }
}

/// Kinds that name the same experience.
fn family(kind: FailureKind) -> FailureKind {
    use FailureKind as K;
    match kind {
        K::DeliveryLate | K::DeliveryPredictedLate | K::NeverConfirmed | K::SlowService => K::DeliveryLate,
        K::ItemMissing | K::ItemPartial | K::RequestIgnored => K::ItemMissing,
        K::ItemWrong | K::SubstitutedUnwanted => K::ItemWrong,
        other => other,
    }
}
