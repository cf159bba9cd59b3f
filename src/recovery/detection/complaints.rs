//! What customers and staff said about an order.
//!
//! A complaint about what is already known joins it; it adds a shortfall only when it names another.

use super::{Finding, OrderView, shortfall};
use crate::events::{ComplaintEvent, FailureKind, Responsibility, Shortfall, ShortfallSource};
use crate::policy::Keywords;

pub fn detect(view: &OrderView<'_>, findings: &mut Vec<Finding>) {
    for complaint in &view.complaints {
        let read = view.keywords.read(complaint.text.as_deref(), complaint.language.as_deref(), view.language);
        // who says nothing else means what we know; what is dangerous is never taken for anything else
        let meant = complaint.failure.or(read.filter(|kind| is_dangerous(*kind)));
        let is_about = |found: &Finding| {
            let is_its_kind = meant.is_none_or(|kind| family(found.shortfall.kind) == family(kind));
            is_its_kind && !is_of_another_item(&found.shortfall, complaint)
        };
        let mut is_known = false;
        for found in findings.iter_mut().filter(|found| is_about(found)) {
            is_known = true;
            found.shortfall.suspected = false; // who complains confirms what was only suspected
        }
        if !is_known {
            findings.push(Finding { shortfall: of_complaint(complaint, read, Some(view)), news_at: complaint.time });
        }
    }
}

/// What a complaint about no order that is known says.
pub fn of_loose_complaint(complaint: &ComplaintEvent, keywords: &Keywords, site_language: &str) -> Shortfall {
    let read = keywords.read(complaint.text.as_deref(), complaint.language.as_deref(), site_language);
    of_complaint(complaint, read, None)
}

/// What a complaint says on its own: the failure that it names, else the one that its words speak of.
fn of_complaint(complaint: &ComplaintEvent, read: Option<FailureKind>, view: Option<&OrderView<'_>>) -> Shortfall {
    let kind = complaint.failure.or(read).unwrap_or(FailureKind::Unclassified);
    let mut shortfall = shortfall(format!("{OF_COMPLAINT}{}", complaint.id), kind, ShortfallSource::Complaint);
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

/// Nobody but a person may say that this was nothing.
fn is_dangerous(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Safety | FailureKind::StaffConduct)
}

/// The complaint that a shortfall comes from and that only its words explain.
pub fn is_read_from_words(shortfall: &Shortfall, complaints: &[&ComplaintEvent]) -> bool {
    let is_of = |complaint: &&&ComplaintEvent| shortfall.id.strip_prefix(OF_COMPLAINT) == Some(&complaint.id);
    complaints.iter().find(is_of).is_some_and(|complaint| complaint.failure.is_none())
}

/// How the id of a shortfall begins that a complaint alone shows.
const OF_COMPLAINT: &str = "complaint:";

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
