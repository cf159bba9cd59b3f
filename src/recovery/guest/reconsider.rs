//! Findings -> incidents: what is wrong with an order, compared with what its incident says.

use std::collections::BTreeMap;

use super::complaints::finding;
use super::habits::Occasion;
use super::incident::{Heard, Subject};
use super::viewpoint::day_number;
use super::{Guest, Incident, Scene};
use crate::events::{
    ActionState, ComplaintEvent, ComplaintForm, FailureKind, IncidentStatus, InitiatedBy, Shortfall, ShortfallSource,
    Timestamp, ids,
};
use crate::policy::{Catalogue, Policy};
use crate::recovery::detection::complaints::is_read_from_words;
use crate::recovery::detection::{self, Finding, OrderView};
use crate::recovery::life_cycle::Cause;

/// What the findings and complaints of one subject come to.
pub(super) struct Picture {
    pub findings: Vec<Finding>,
    /// The first complaint of the customer; what our own people saw does not count.
    pub complained_at: Option<Timestamp>,
    /// The first apology that came with a complaint.
    pub apologised_at: Option<Timestamp>,
    /// A recent complaint makes an old failure live.
    pub heard: Heard,
    /// All of it was read from words alone: a person looks, and nothing is given for it.
    pub only_words: bool,
    pub text: Option<String>,
    pub language: Option<String>,
}

/// How an incident may end before anything came of it.
pub(super) enum Ending<'a> {
    /// It was a false alarm, or the evidence is gone.
    Retracted(Cause),
    /// It is part of this other incident.
    Merged(&'a str),
}

impl Guest {
    /// Derives the order's findings again and lets its habits and its incident follow.
    pub(super) fn reconsider_order(&mut self, order_id: &str, scene: &mut Scene<'_, '_>) {
        let (policy, catalogue) = (scene.context.policy, scene.context.catalogue);
        let Some(order) = self.orders.get(order_id) else { return };
        let silence = order.silence.into();
        let (picture, occasion) = match self.view(order_id, policy) {
            Some(view) => {
                let findings = detection::detect(&view, silence);
                let occasion = occasion(&view, &findings, policy, catalogue);
                (picture(findings, &view.complaints), occasion)
            }
            None => (self.picture_without_order(order_id, policy), None),
        };
        self.learn(order_id, occasion, catalogue);
        let subject = Subject::Order(order_id.to_owned());
        self.follow(&ids::incident_of_order(order_id), subject, picture, scene);
    }

    /// The order never happened, or not yet: what is said about it is for a person all the same.
    fn picture_without_order(&self, order_id: &str, policy: &Policy) -> Picture {
        let complaints: Vec<&ComplaintEvent> = self.complaints_about(order_id).collect();
        picture(complaints.iter().map(|complaint| finding(complaint, policy)).collect(), &complaints)
    }

    /// What became sensitive after it was learned is forgotten with the next order.
    fn learn(&mut self, order_id: &str, occasion: Option<Occasion>, catalogue: &Catalogue) {
        match occasion {
            Some(occasion) if self.profiling() => {
                if !self.habits.knows(order_id) {
                    self.habits.forget_items(|site_id, item_id| catalogue.is_sensitive(site_id, item_id));
                }
                self.habits.learn(order_id, occasion);
            }
            _ => self.habits.unlearn(order_id),
        }
    }

    /// The profile has changed: nothing is remembered against the guest's will, and what may be is learned again.
    pub(super) fn relearn_habits(&mut self, policy: &Policy, catalogue: &Catalogue) {
        if !self.profiling() {
            self.habits.clear();
            return;
        }
        let order_ids: Vec<String> = self.orders.keys().cloned().collect();
        for order_id in order_ids {
            let silence = self.orders.get(&order_id).map(|order| order.silence).unwrap_or_default().into();
            let view = self.view(&order_id, policy);
            let occasion = view.and_then(|view| occasion(&view, &detection::detect(&view, silence), policy, catalogue));
            self.learn(&order_id, occasion, catalogue);
        }
    }

    /// Lets an incident follow the picture: opens, joins, reopens or retracts it.
    pub(super) fn follow(&mut self, id: &str, subject: Subject, picture: Picture, scene: &mut Scene<'_, '_>) {
        if picture.findings.is_empty() {
            self.retract(id, scene);
            return;
        }
        let now = scene.context.now;
        let news_at = newest(&picture);
        if !self.incidents.contains_key(id) {
            let shortfalls = shortfalls(&picture.findings);
            let mut incident = Incident::new(id.to_owned(), subject, shortfalls, news_at, now);
            incident.event.occurred_at =
                picture.findings.iter().map(|finding| finding.news_at).min().unwrap_or(news_at);
            incident.event.initiated_by = initiated_by(&picture);
            self.incidents.insert(id.to_owned(), incident);
        }
        let is_another = self.with_incident(id, |guest, incident| {
            if incident.event.site_id.is_none() {
                guest.refer(incident, scene);
            }
            let before = incident.event.shortfalls.clone();
            guest.relocate(incident, scene);
            guest.update(incident, picture, news_at, scene);
            incident.event.shortfalls != before
        });
        self.withdraw_unwanted_gesture(id, scene);
        if is_another == Some(true) {
            self.recheck_undecided_gesture(id, scene);
        }
    }

    fn update(&self, incident: &mut Incident, picture: Picture, news_at: Timestamp, scene: &mut Scene<'_, '_>) {
        let mut shortfalls = shortfalls(&picture.findings);
        if incident.confirmed {
            for shortfall in &mut shortfalls {
                shortfall.suspected = false;
            }
        }
        let before = std::mem::replace(&mut incident.heard, picture.heard);
        let is_unchanged = incident.event.shortfalls == shortfalls && before == picture.heard;
        incident.only_words = picture.only_words;
        incident.text = picture.text.clone();
        incident.language = picture.language.clone();
        let is_decided = incident.is_published() && incident.undecided_since.is_none();
        if is_decided && is_unchanged && !incident.is_retracted() {
            if incident.event.status == IncidentStatus::Suspected {
                self.decide(incident, scene); // the silence may be proven now
            } else {
                self.keep_useful(incident, scene);
            }
            return;
        }
        let says_nothing_new =
            before == picture.heard && shortfalls.iter().all(|shortfall| incident.names(&shortfall.id));
        if incident.denied && incident.is_retracted() && says_nothing_new {
            return;
        }
        incident.news_at = news_at;
        if is_decided && !incident.is_retracted() {
            self.join(incident, shortfalls, &picture, before, scene);
            return;
        }
        if !incident.is_published() {
            incident.event.initiated_by = initiated_by(&picture);
        }
        incident.denied = false;
        incident.event.merged_into = None;
        incident.event.shortfalls = shortfalls;
        incident.event.complained_at = picture.complained_at;
        incident.acknowledged_at = incident.acknowledged_at.or(picture.apologised_at);
        incident.undecided_since = Some(scene.context.now);
        if self.may_decide(incident, scene) {
            self.decide(incident, scene);
        }
    }

    /// While a task has not seen its first safe time, decisions wait for it; complaints only as long as patience.
    pub(super) fn may_decide(&self, incident: &Incident, scene: &Scene<'_, '_>) -> bool {
        let has_complaint = incident.heard.complaints > 0;
        scene.context.safe.is_some() || (has_complaint && scene.context.patience_is_over())
    }

    /// The evidence is gone: what was proposed is taken back.
    fn retract(&mut self, id: &str, scene: &mut Scene<'_, '_>) {
        let Some(incident) = self.incidents.get_mut(id) else { return };
        if !incident.is_published() {
            self.incidents.remove(id);
            return;
        }
        if incident.is_retracted() {
            incident.undecided_since = None;
            return;
        }
        self.end_incident(id, Ending::Retracted(Cause::EvidenceGone), scene);
    }

    /// Ends an incident and everything that is still open about it.
    pub(super) fn end_incident(&mut self, id: &str, ending: Ending<'_>, scene: &mut Scene<'_, '_>) {
        let (status, actions, cause, merged_into) = match ending {
            Ending::Retracted(cause) => (IncidentStatus::Retracted, ActionState::Retracted, cause, None),
            Ending::Merged(into) => (IncidentStatus::Merged, ActionState::Superseded, Cause::Merged, Some(into)),
        };
        self.with_incident(id, |_, incident| {
            let mut speaker = scene.speaker();
            incident.close_actions(|_| true, actions, cause, &mut speaker);
            incident.undecided_since = None;
            incident.cancel_follow_ups(cause, &mut speaker);
            incident.go(status, cause, &mut speaker, |event| event.merged_into = merged_into.map(str::to_owned));
            incident.tell_watch(scene);
        });
        self.release_gesture(id, scene);
    }
}

/// The findings' shortfalls, in their order.
fn shortfalls(findings: &[Finding]) -> Vec<Shortfall> {
    findings.iter().map(|finding| finding.shortfall.clone()).collect()
}

/// The newest news: its age decides whether anybody is told.
fn newest(picture: &Picture) -> Timestamp {
    let of_findings = picture.findings.iter().map(|finding| finding.news_at).max();
    of_findings.max(picture.heard.last_at).unwrap_or(Timestamp::MIN)
}

/// The company, unless all that is known came from the customer, or came after the customer had said it.
fn initiated_by(picture: &Picture) -> InitiatedBy {
    let Some(complained_at) = picture.complained_at else { return InitiatedBy::Company };
    let company_knew = picture
        .findings
        .iter()
        .any(|finding| finding.shortfall.source != ShortfallSource::Complaint && finding.news_at <= complained_at);
    if company_knew { InitiatedBy::Company } else { InitiatedBy::Customer }
}

pub(super) fn picture(findings: Vec<Finding>, complaints: &[&ComplaintEvent]) -> Picture {
    let said = |form: ComplaintForm| form != ComplaintForm::Observed;
    let is_word = |finding: &Finding| is_read_from_words(&finding.shortfall, complaints);
    Picture {
        only_words: !findings.is_empty() && findings.iter().all(is_word),
        findings,
        complained_at: complaints.iter().filter(|complaint| said(complaint.form)).map(|complaint| complaint.time).min(),
        apologised_at: complaints
            .iter()
            .filter(|complaint| complaint.apologised == Some(true))
            .map(|complaint| complaint.time)
            .min(),
        heard: heard(complaints),
        text: complaints.iter().find_map(|complaint| complaint.text.clone()),
        language: complaints.iter().find_map(|complaint| complaint.language.clone()),
    }
}

fn heard(complaints: &[&ComplaintEvent]) -> Heard {
    let apologies = || complaints.iter().filter(|complaint| complaint.apologised == Some(true));
    Heard {
        complaints: complaints.len(),
        last_at: complaints.iter().map(|complaint| complaint.time).max(),
        apologies: apologies().count(),
        apologised_last: apologies().map(|complaint| complaint.time).max(),
        inconvenience: complaints.iter().filter_map(|complaint| complaint.inconvenience).max(),
    }
}

/// The order as a lesson in habits, or `None` when it teaches nothing: cancelled, for others, all of it failed,
/// or of a place where nothing personal is learned. Items that tell of health or belief are never learned.
fn occasion(view: &OrderView<'_>, findings: &[Finding], policy: &Policy, catalogue: &Catalogue) -> Option<Occasion> {
    if view.cancelled.is_some() || view.placed.for_others == Some(true) {
        return None;
    }
    if !view.touchpoint.personal || !policy.site(view.site_id).limits.personal {
        return None;
    }
    let has_failed = |item_id: &str| {
        findings.iter().any(|finding| {
            finding.shortfall.item_id.as_deref() == Some(item_id) && finding.shortfall.kind != FailureKind::BillingError
        })
    };
    let may_be_learned = |item_id: &str| !has_failed(item_id) && !catalogue.is_sensitive(view.site_id, item_id);
    let mut items: BTreeMap<String, i64> = BTreeMap::new();
    for line in view.lines.iter().filter(|line| line.quantity > 0 && may_be_learned(&line.item_id)) {
        *items.entry(line.item_id.clone()).or_default() += line.quantity;
    }
    let day = day_number(policy.site(view.site_id).service_day(view.placed.time));
    Some(Occasion { at: view.placed.time, day, site_id: view.site_id.to_owned(), items })
}
