//! Why an order stands as it does, derived again from what the decisions themselves rest on.
//!
//! First the order and its promise, then the incident, then its gesture: each says what it waits for or why it did
//! nothing. What is plain from the findings and the actions is not said again.

use super::deadlines::pending_promise;
use super::incident::GestureProgress;
use super::{Incident, Order};
use crate::events::{ActionKind, IncidentStatus, Party};
use crate::policy::{Policy, Rule, Tracking};
use crate::recovery::Suppression;
use crate::recovery::detection::{Finding, OrderView};
use crate::recovery::view::{AmendsView, Moment, Reason};

pub(super) fn reasons(
    order: &Order,
    view: Option<&OrderView<'_>>,
    findings: &[Finding],
    incident: Option<&Incident>,
    amends: &[AmendsView],
    moment: Moment<'_>,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    match view {
        Some(view) => of_order(order, view, findings, moment, &mut reasons),
        None => reasons.push(match order.facts.quarantined_until() {
            Some(believed_at) => Reason::PlacedInTheFuture { believed_at },
            None => Reason::NotPlaced,
        }),
    }
    if let Some(incident) = incident {
        of_incident(incident, amends, moment.policy, &mut reasons);
    }
    reasons
}

fn of_order(order: &Order, view: &OrderView<'_>, findings: &[Finding], moment: Moment<'_>, reasons: &mut Vec<Reason>) {
    if let Some((by, at)) = view.cancelled {
        let is_in_time = view.promise_deadline().is_none_or(|deadline| at <= deadline);
        if is_in_time || by == Party::Company {
            reasons.push(Reason::Cancelled { by, at });
            return;
        }
        reasons.push(Reason::CancelledTooLate { by, at });
    }
    match (view.settled_at, view.promise, view.promise_deadline()) {
        (Some(at), Some(promised_at), Some(deadline)) => {
            if at <= promised_at {
                reasons.push(Reason::SettledInTime { at, promised_at });
            } else if at <= deadline {
                reasons.push(Reason::SettledWithinGrace { at, promised_at });
            }
        }
        (Some(at), ..) => reasons.push(Reason::SettledWithoutPromise { at }),
        (None, ..) => of_silence(order, view, moment, reasons),
    }
    if view.settled_at.is_none() {
        return;
    }
    if let Some(until) = pending_promise(order, moment.policy) {
        reasons.push(Reason::MoreMayCome { until });
    } else if findings.is_empty() {
        reasons.push(Reason::AllAsOrdered);
    }
}

/// Nothing has come yet.
fn of_silence(order: &Order, view: &OrderView<'_>, moment: Moment<'_>, reasons: &mut Vec<Reason>) {
    let (Some(promised_at), Some(deadline)) = (view.promise, view.promise_deadline()) else {
        reasons.push(Reason::NoPromise);
        return;
    };
    let margin = view.touchpoint.eta_margin;
    if let Some(eta) =
        view.reports.iter().rev().find_map(|report| report.eta).filter(|eta| *eta <= promised_at + margin)
    {
        reasons.push(Reason::EstimateWithinMargin { eta, promised_at, margin_seconds: margin.as_seconds() });
    }
    if let Some(judged_at) = pending_promise(order, moment.policy) {
        if moment.now <= promised_at {
            reasons.push(Reason::PromiseNotPassed { promised_at, judged_at });
        } else if moment.now <= deadline {
            reasons.push(Reason::WithinGrace { promised_at, judged_at });
        } else if view.touchpoint.tracking != Tracking::None {
            reasons.push(Reason::WaitsForSafeTime { judged_at, safe_time: moment.safe });
        }
    }
    if view.touchpoint.tracking == Tracking::None {
        reasons.push(Reason::NotTracked { touchpoint: view.placed.touchpoint.clone() });
    }
}

fn of_incident(incident: &Incident, amends: &[AmendsView], policy: &Policy, reasons: &mut Vec<Reason>) {
    if let Some(since) = incident.undecided_since {
        reasons.push(Reason::WaitsForFirstSafeTime { since });
        return;
    }
    match incident.event.status {
        IncidentStatus::Retracted if incident.denied => reasons.push(Reason::StaffSaidNotSo),
        IncidentStatus::Retracted => reasons.push(Reason::PutRight),
        IncidentStatus::Merged => {
            let into = incident.event.merged_into.clone().unwrap_or_default();
            reasons.push(Reason::Merged { into });
        }
        IncidentStatus::Suspected => {
            let clock_held = incident.latest(ActionKind::Check).is_none();
            reasons.push(Reason::OnlySuspected { clock_held });
        }
        _ if incident.event.history => {
            let touchpoint = policy.touchpoint(incident.event.touchpoint.as_deref());
            let limit_seconds = touchpoint.max_action_age.map(|limit| limit.as_seconds());
            reasons.push(Reason::TooOldToAct { news_at: incident.news_at, limit_seconds });
        }
        _ => of_plan(incident, amends, policy, reasons),
    }
}

/// What the rule decided, and what it left out.
fn of_plan(incident: &Incident, amends: &[AmendsView], policy: &Policy, reasons: &mut Vec<Reason>) {
    let Some(name) = &incident.rule else { return };
    reasons.push(Reason::DecidedBy { rule: name.clone() });
    let Some(rule) = policy.rules.iter().find(|rule| rule.name == *name) else { return };
    of_words(incident, rule, reasons);
    let has_remedy = incident.actions.iter().any(|action| action.remedy.is_some());
    if !rule.then.remedy.is_empty() && !has_remedy {
        let is_done = amends.iter().any(|amends| amends.kind == ActionKind::Remedy);
        reasons.push(if is_done { Reason::RemedyGivenOtherwise } else { Reason::NoRemedyHelps });
    }
    match &incident.gesture {
        GestureProgress::Waiting => reasons.push(Reason::GestureWaitsForSafeTime),
        GestureProgress::FirstStep => reasons.push(Reason::GestureWaitsForTheFirstStep),
        GestureProgress::Companions => reasons.push(Reason::GestureWaitsForCompanions),
        GestureProgress::Held { .. } => {
            reasons.push(Reason::GestureSuppressed { because: Suppression::Held.name().to_owned() });
        }
        GestureProgress::Requested { .. } => reasons.push(Reason::GestureWaitsForSite),
        GestureProgress::Refused(because) => {
            reasons.push(Reason::GestureSuppressed { because: because.name().to_owned() });
        }
        _ if rule.then.gesture.is_empty() && incident.latest_gift().is_none() => {
            reasons.push(Reason::NoGestureInRule { rule: name.clone() });
        }
        _ => {}
    }
}

fn of_words(incident: &Incident, rule: &Rule, reasons: &mut Vec<Reason>) {
    let is_said = incident.stands(ActionKind::Apology) || incident.stands(ActionKind::EarlyWarning);
    if is_said || !rule.then.apology {
        return;
    }
    match incident.acknowledged_at {
        Some(at) => reasons.push(Reason::AlreadyApologised { at }),
        None if incident.stands(ActionKind::HumanContact) => reasons.push(Reason::PersonInstead),
        None => {}
    }
}
