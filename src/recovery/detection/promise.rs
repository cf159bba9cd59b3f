//! Promises kept or broken: silence, late fulfilment, and what carriers report.
//!
//! Lateness is one shortfall from the first warning to the late arrival: its id stays, its kind becomes more certain.

use super::{Finding, OrderView, Silence, shortfall};
use crate::events::{
    DelayReason, DeliveryEvent, DeliveryEventType, FailureKind, Party, Responsibility, ShortfallSource, Timestamp,
};
use crate::policy::Tracking;

/// The id of the one shortfall that lateness is.
pub const PROMISE: &str = "promise";

pub fn detect(view: &OrderView<'_>, silence: Silence, findings: &mut Vec<Finding>) {
    if let Some((Party::Company, at)) = view.cancelled {
        let mut shortfall =
            shortfall("cancelled".to_owned(), FailureKind::OrderCancelledByCompany, ShortfallSource::Report);
        shortfall.responsibility = Responsibility::Company;
        findings.push(Finding { shortfall, news_at: at });
        return;
    }
    if let Some(report) = open_report(view, DeliveryEventType::Lost) {
        push_report(report, "lost", FailureKind::DeliveryLost, findings);
        return;
    }
    if let Some(report) = open_report(view, DeliveryEventType::AttemptFailed) {
        push_report(report, "attempt", FailureKind::DeliveryFailedAttempt, findings);
    }
    findings.extend(lateness(view, silence));
}

/// The latest report of a kind, unless the order arrived after it.
fn open_report<'a>(view: &OrderView<'a>, kind: DeliveryEventType) -> Option<&'a DeliveryEvent> {
    let report = view.reports.iter().rev().find(|report| report.event_type == kind)?;
    let arrived_after = view.settled_at.is_some_and(|settled| settled >= report.time);
    (!arrived_after).then_some(report)
}

fn push_report(report: &DeliveryEvent, id: &str, kind: FailureKind, findings: &mut Vec<Finding>) {
    let mut shortfall = shortfall(id.to_owned(), kind, ShortfallSource::Report);
    shortfall.parcel_id = report.parcel_id.clone();
    shortfall.responsibility = responsibility(report);
    findings.push(Finding { shortfall, news_at: report.time });
}

/// Stated responsibility, else what the reason implies.
fn responsibility(report: &DeliveryEvent) -> Responsibility {
    match (report.responsibility, report.reason) {
        (Responsibility::Unknown, Some(DelayReason::Weather | DelayReason::Customs)) => Responsibility::External,
        (Responsibility::Unknown, Some(DelayReason::Address | DelayReason::Refused | DelayReason::Absent)) => {
            Responsibility::Customer
        }
        (stated, _) => stated,
    }
}

fn lateness(view: &OrderView<'_>, silence: Silence) -> Option<Finding> {
    let promise = view.promise?;
    let deadline = promise + view.touchpoint.grace;
    let warning = latest_warning(view, promise);
    let blame = warning.map_or(Responsibility::Unknown, responsibility);

    if let Some(settled) = view.settled_at {
        if settled <= deadline || cancelled_before(view, deadline) {
            return None;
        }
        let mut late = shortfall(PROMISE.to_owned(), FailureKind::DeliveryLate, ShortfallSource::Reconciliation);
        late.late_by_seconds = Some((settled - promise).as_seconds());
        late.responsibility = blame;
        return Some(Finding { shortfall: late, news_at: settled });
    }
    if cancelled_before(view, deadline) {
        return None;
    }
    let is_silent = silence.proven_until.is_some_and(|until| until >= deadline);
    if is_silent && view.touchpoint.tracking != Tracking::None {
        let (kind, source) = match warning {
            Some(_) => (FailureKind::DeliveryLate, ShortfallSource::Report),
            None => (FailureKind::NeverConfirmed, ShortfallSource::Silence),
        };
        let mut silent = shortfall(PROMISE.to_owned(), kind, source);
        silent.suspected = view.touchpoint.tracking == Tracking::Unreliable;
        silent.responsibility = blame;
        return Some(Finding { shortfall: silent, news_at: deadline });
    }
    if let Some(report) = warning {
        let mut predicted = shortfall(PROMISE.to_owned(), FailureKind::DeliveryPredictedLate, ShortfallSource::Report);
        predicted.late_by_seconds = report.eta.map(|eta| (eta - promise).as_seconds());
        predicted.responsibility = blame;
        return Some(Finding { shortfall: predicted, news_at: report.time });
    }
    let is_suspected = silence.suspected_until.is_some_and(|until| until >= deadline);
    if is_suspected && view.touchpoint.tracking != Tracking::None {
        let mut suspected = shortfall(PROMISE.to_owned(), FailureKind::NeverConfirmed, ShortfallSource::Silence);
        suspected.suspected = true;
        return Some(Finding { shortfall: suspected, news_at: deadline });
    }
    None
}

/// A cancellation by the customer after the promise leaves the incident.
fn cancelled_before(view: &OrderView<'_>, deadline: Timestamp) -> bool {
    view.cancelled.is_some_and(|(_, at)| at <= deadline)
}

/// The newest word of the carrier, when it says that the promise will not be kept.
fn latest_warning<'a>(view: &OrderView<'a>, promise: Timestamp) -> Option<&'a DeliveryEvent> {
    let newest =
        view.reports.iter().rev().find(|report| {
            matches!(report.event_type, DeliveryEventType::DelayReported | DeliveryEventType::EtaChanged)
        })?;
    let is_late = match newest.eta {
        Some(eta) => eta > promise + view.touchpoint.eta_margin,
        None => newest.event_type == DeliveryEventType::DelayReported,
    };
    is_late.then_some(newest)
}
