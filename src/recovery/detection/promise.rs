//! Promises kept or broken: silence, late fulfilment, and what carriers report.
//!
//! Lateness is one shortfall from the first warning to the late arrival: its id stays, its kind becomes more certain. Of
//! several parcels, those that came are kept promises; for the rest it is missing while nobody knows where it is.

use super::{Finding, OrderView, Silence, shortfall};
use crate::events::{
    DelayReason, DeliveryEvent, DeliveryEventType, FailureKind, Party, Responsibility, Shortfall, ShortfallSource,
    Timestamp,
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
    let mut lost = 0;
    for (report, id) in open_reports(view, DeliveryEventType::Lost) {
        push_report(report, id, "lost", FailureKind::DeliveryLost, findings);
        lost += if id.is_some() { 1 } else { view.parcels.total };
    }
    if lost >= view.parcels.total {
        return;
    }
    for (report, id) in open_reports(view, DeliveryEventType::AttemptFailed) {
        if id.is_none() || !is_lost(view, id) {
            push_report(report, id, "attempt", FailureKind::DeliveryFailedAttempt, findings);
        }
    }
    findings.extend(lateness(view, silence, lost));
}

/// The latest report of a kind for each parcel, unless that arrived after it; one about all parcels stands for all.
fn open_reports<'a>(view: &OrderView<'a>, kind: DeliveryEventType) -> Vec<(&'a DeliveryEvent, Option<&'a str>)> {
    let latest = |id: Option<&str>| {
        let is_about = |report: &&&DeliveryEvent| report.event_type == kind && view.parcels.name(report) == id;
        let report = *view.reports.iter().rev().find(is_about)?;
        let arrival = [view.settled_at, view.parcels.arrival(id)].into_iter().flatten().max();
        arrival.is_none_or(|arrival| arrival < report.time).then_some(report)
    };
    if let Some(report) = latest(None) {
        return vec![(report, None)];
    }
    let of_parcel = |id: &&'a str| latest(Some(id)).map(|report| (report, Some(*id)));
    view.parcels.named().iter().filter_map(of_parcel).collect()
}

fn is_lost(view: &OrderView<'_>, id: Option<&str>) -> bool {
    open_reports(view, DeliveryEventType::Lost).iter().any(|(_, lost)| *lost == id)
}

/// `id` is the parcel, where the order has several.
fn push_report(report: &DeliveryEvent, id: Option<&str>, word: &str, kind: FailureKind, findings: &mut Vec<Finding>) {
    let name = id.map_or_else(|| word.to_owned(), |id| format!("{word}:{id}"));
    let mut shortfall = shortfall(name, kind, ShortfallSource::Report);
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

/// When it is expected by now, where somebody has said so.
pub fn eta(view: &OrderView<'_>) -> Option<Timestamp> {
    latest_warning(view, view.promise?)?.eta
}

/// `lost`: as many parcels will never come, which is said already.
fn lateness(view: &OrderView<'_>, silence: Silence, lost: usize) -> Option<Finding> {
    let promise = view.promise?;
    let deadline = promise + view.touchpoint.grace;
    if cancelled_before(view, deadline) {
        return None;
    }
    let warning = latest_warning(view, promise);
    let blame = warning.as_ref().map_or(Responsibility::Unknown, |warning| warning.responsibility);
    let arrived = view.parcels.arrived();
    let outstanding = view.parcels.total.saturating_sub(arrived + lost);
    let rest_came = || (outstanding == 0).then(|| view.parcels.last_arrival()).flatten();

    if let Some(settled) = view.settled_at.or_else(rest_came) {
        if settled <= deadline {
            return None;
        }
        let mut late = shortfall(PROMISE.to_owned(), FailureKind::DeliveryLate, ShortfallSource::Reconciliation);
        late.late_by_seconds = Some((settled - promise).as_seconds());
        late.responsibility = blame;
        late.parcel_id = only(late_parcels(view, deadline));
        return Some(Finding { shortfall: late, news_at: settled });
    }
    // a part of the order has come: the promise is broken for the rest of it
    let of_the_rest = |mut found: Shortfall| {
        if arrived > 0 {
            found.parcel_id = only(late_parcels(view, deadline)).or(found.parcel_id);
            found.quantity = i64::try_from(outstanding).ok();
        }
        found
    };
    let unheard = if arrived > 0 { FailureKind::ItemMissing } else { FailureKind::NeverConfirmed };
    let silent_until = silence.proven_until.filter(|until| *until >= deadline);
    if let Some(until) = silent_until.filter(|_| view.touchpoint.tracking != Tracking::None) {
        let (kind, source) = match warning {
            Some(_) => (FailureKind::DeliveryLate, ShortfallSource::Report),
            None => (unheard, ShortfallSource::Silence),
        };
        let mut silent = shortfall(PROMISE.to_owned(), kind, source);
        silent.suspected = view.touchpoint.tracking == Tracking::Unreliable;
        silent.responsibility = blame;
        // the wait goes on: every band of lateness that has passed is news
        let band = view.band_passed(until).filter(|_| arrived == 0);
        let estimated = warning.and_then(|warning| warning.eta).map(|eta| (eta - promise).as_seconds());
        let waited = band.map(|(up_to, _)| up_to.as_seconds() + 1);
        silent.late_by_seconds = if arrived == 0 { estimated.max(waited) } else { None };
        let news_at = band.map_or(deadline, |(_, end)| end.max(deadline));
        return Some(Finding { shortfall: of_the_rest(silent), news_at });
    }
    if let Some(warning) = warning {
        let mut predicted = shortfall(PROMISE.to_owned(), FailureKind::DeliveryPredictedLate, ShortfallSource::Report);
        predicted.late_by_seconds = warning.eta.map(|eta| (eta - promise).as_seconds());
        predicted.responsibility = blame;
        predicted.parcel_id = warning.parcel.map(str::to_owned);
        return Some(Finding { shortfall: of_the_rest(predicted), news_at: warning.at });
    }
    let is_suspected = silence.suspected_until.is_some_and(|until| until >= deadline);
    if is_suspected && view.touchpoint.tracking != Tracking::None {
        let mut suspected = shortfall(PROMISE.to_owned(), unheard, ShortfallSource::Silence);
        suspected.suspected = true;
        return Some(Finding { shortfall: of_the_rest(suspected), news_at: deadline });
    }
    None
}

/// Somebody has said that it will be late: what is not heard of it is no news.
pub fn is_announced_late(view: &OrderView<'_>) -> bool {
    view.promise.is_some_and(|promise| latest_warning(view, promise).is_some())
}

/// Named parcels that did not come in time, and are not called lost.
fn late_parcels<'a>(view: &OrderView<'a>, deadline: Timestamp) -> Vec<&'a str> {
    let is_late = |id: &&&str| {
        view.parcels.arrival(Some(id)).is_none_or(|arrival| arrival > deadline) && !is_lost(view, Some(id))
    };
    view.parcels.named().iter().filter(is_late).copied().collect()
}

/// The id of the one that it is.
fn only(parcels: Vec<&str>) -> Option<String> {
    if let [parcel] = parcels[..] { Some(parcel.to_owned()) } else { None }
}

/// What a carrier gave last as the reason of a failure on the way.
pub fn reason(view: &OrderView<'_>, failure: FailureKind) -> Option<DelayReason> {
    use DeliveryEventType as T;
    let kinds: &[DeliveryEventType] = match failure {
        FailureKind::DeliveryLate | FailureKind::DeliveryPredictedLate | FailureKind::NeverConfirmed => {
            &[T::DelayReported, T::EtaChanged]
        }
        FailureKind::DeliveryLost => &[T::Lost],
        FailureKind::DeliveryFailedAttempt => &[T::AttemptFailed],
        _ => &[],
    };
    view.reports.iter().rev().filter(|report| kinds.contains(&report.event_type)).find_map(|report| report.reason)
}

/// A cancellation by the customer after the promise leaves the incident.
fn cancelled_before(view: &OrderView<'_>, deadline: Timestamp) -> bool {
    view.cancelled.is_some_and(|(_, at)| at <= deadline)
}

/// Somebody's word that the promise will not be kept.
#[derive(Debug, Clone, Copy)]
struct Warning<'a> {
    at: Timestamp,
    eta: Option<Timestamp>,
    parcel: Option<&'a str>,
    responsibility: Responsibility,
    /// `None`: our own word.
    report: Option<&'a DeliveryEvent>,
}

/// The newest word about when it will come, of the carrier or of the company itself, if it is past the promise. Of
/// several parcels that are late the last one counts.
fn latest_warning<'a>(view: &OrderView<'a>, promise: Timestamp) -> Option<Warning<'a>> {
    let late = late_parcels(view, promise + view.touchpoint.grace);
    let mut about: Vec<Option<&str>> = late.into_iter().map(Some).collect();
    if view.parcels.named().is_empty() {
        about.push(None);
    }
    let warnings = about.into_iter().filter_map(|parcel| newest_word(view, parcel));
    let warnings = warnings.filter(|word| match (word.eta, word.report) {
        (Some(eta), _) => eta > promise + view.touchpoint.eta_margin,
        (None, report) => report.is_some_and(|report| report.event_type == DeliveryEventType::DelayReported),
    });
    warnings.max_by_key(|warning| (warning.eta, warning.at))
}

fn newest_word<'a>(view: &OrderView<'a>, parcel: Option<&'a str>) -> Option<Warning<'a>> {
    let is_word = |report: &&&DeliveryEvent| {
        let named = view.parcels.name(report);
        let is_about = named.is_none() || named == parcel;
        is_about && matches!(report.event_type, DeliveryEventType::DelayReported | DeliveryEventType::EtaChanged)
    };
    let carriers = view.reports.iter().rev().find(is_word).map(|report| Warning {
        at: report.time,
        eta: report.eta,
        parcel,
        responsibility: responsibility(report),
        report: Some(report),
    });
    let own = view.postponements.last().map(|(eta, at)| Warning {
        at: *at,
        eta: Some(*eta),
        parcel: None,
        responsibility: Responsibility::Company,
        report: None,
    });
    [own, carriers].into_iter().flatten().max_by_key(|word| word.at)
}
