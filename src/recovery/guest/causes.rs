//! What a guest's incidents teach: each is reported whole to the site, or to the carrier whose failure it is.
//!
//! Reports follow from the incident as it stands, and are sent again only when they say something else. What is only
//! suspected, predicted, old news, the customer's own doing or the weather's teaches nobody.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::complaints::own_incident;
use super::incident::Subject;
use super::{Guest, Incident, Scene};
use crate::events::{Cause, FailureKind, Responsibility, Shortfall, Timestamp, ids};
use crate::policy::Policy;
use crate::recovery::causes::{CauseReport, Failing};
use crate::recovery::detection::{self, Finding, OrderView};
use crate::recovery::{EntityKey, Message};

/// What the owners of an incident's causes know of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Told {
    /// The incident's revision and how much was known of its order: while they stay, there is nothing new to tell.
    revision: i64,
    facts: usize,
    /// Each owner, with a digest of the report.
    owners: BTreeMap<EntityKey, u64>,
}

impl Told {
    pub(super) fn into_owners(self) -> impl Iterator<Item = EntityKey> {
        self.owners.into_keys()
    }
}

impl Guest {
    /// Tells the owners of causes what has changed about the incidents.
    pub(super) fn tell_owners(&mut self, scene: &mut Scene<'_, '_>) {
        if scene.context.policy.owners.is_empty() {
            return; // nobody would read it
        }
        let mut told = std::mem::take(&mut self.told);
        told.retain(|id, _| self.incidents.contains_key(id));
        for (id, incident) in &self.incidents {
            let before = told.get(id);
            let facts = self.facts_of(incident);
            let is_known = before.is_some_and(|told| (told.revision, told.facts) == (incident.event.revision, facts));
            if is_known || incident.undecided_since.is_some() || (before.is_none() && !incident.teaches()) {
                continue;
            }
            let reports = self.reports_of(incident, scene.context.policy);
            let mut owners = BTreeMap::new();
            for (owner, causes) in &reports {
                owners.insert(owner.clone(), digest(scene.key, causes));
            }
            let known = before.map(|told| told.owners.clone()).unwrap_or_default();
            let mut reports = reports;
            for owner in known.keys() {
                reports.entry(owner.clone()).or_default(); // what is not there any more is taken back
            }
            for (owner, causes) in reports {
                if owners.get(&owner) != known.get(&owner) {
                    let report = CauseReport { guest: scene.key.clone(), incident_id: id.clone(), causes };
                    scene.send(owner, Message::Causes(report));
                }
            }
            if owners.is_empty() {
                told.remove(id);
            } else {
                told.insert(id.clone(), Told { revision: incident.event.revision, facts, owners });
            }
        }
        self.told = told;
    }

    /// What another guest told is told anew: it happened to this one.
    pub(super) fn take_over_told(&mut self, told: BTreeMap<String, Told>) {
        for (id, other) in told {
            let own = self.told.entry(id).or_default();
            own.revision = 0;
            own.owners.extend(other.owners.into_keys().map(|owner| (owner, 0)));
        }
    }

    fn facts_of(&self, incident: &Incident) -> usize {
        match &incident.subject {
            Subject::Order(order_id) => self.orders.get(order_id).map_or(0, |order| order.facts.len()),
            Subject::Complaints => self.loose.len(),
        }
    }

    /// By owner, what is his to learn.
    pub(super) fn reports_of(&self, incident: &Incident, policy: &Policy) -> BTreeMap<EntityKey, Vec<Failing>> {
        let mut reports: BTreeMap<EntityKey, Vec<Failing>> = BTreeMap::new();
        if !incident.teaches() {
            return reports;
        }
        let view = match &incident.subject {
            Subject::Order(order_id) => self.view(order_id, policy),
            Subject::Complaints => None,
        };
        let findings = view.as_ref().map(|view| self.findings_of(view)).unwrap_or_default();
        let said_at = self.said_at(incident, policy);
        for shortfall in incident.event.shortfalls.iter().filter(|shortfall| is_a_lesson(shortfall)) {
            let Some(owner) = owner_of(shortfall, incident, view.as_ref()) else { continue };
            let found = findings.iter().find(|finding| finding.shortfall.id == shortfall.id);
            let at = found.map_or(said_at, |finding| finding.news_at);
            let failing = failing(shortfall, at, incident, view.as_ref());
            let causes = reports.entry(owner).or_default();
            match causes.iter_mut().find(|other| other.cause == failing.cause) {
                Some(other) => other.at = other.at.min(failing.at),
                None => causes.push(failing),
            }
        }
        reports
    }

    fn findings_of(&self, view: &OrderView<'_>) -> Vec<Finding> {
        let silence = self.orders.get(view.order_id).map(|order| order.silence).unwrap_or_default();
        detection::detect(view, silence.into())
    }

    /// When somebody first said it, where nothing else shows it.
    fn said_at(&self, incident: &Incident, policy: &Policy) -> Timestamp {
        let own = self.loose_complaints().filter(|said| own_incident(said, policy) == incident.event.id);
        own.map(|said| said.time).min().unwrap_or(incident.event.occurred_at)
    }
}

impl Incident {
    /// It happened, and not long ago.
    fn teaches(&self) -> bool {
        self.is_published() && !self.event.history && !self.is_retracted() && !self.is_only_suspected()
    }
}

fn is_a_lesson(shortfall: &Shortfall) -> bool {
    !shortfall.suspected
        && shortfall.kind != FailureKind::DeliveryPredictedLate
        && !matches!(shortfall.responsibility, Responsibility::Customer | Responsibility::External)
}

/// The carrier, for what happens on the way and is not our own doing; else the site.
fn owner_of(shortfall: &Shortfall, incident: &Incident, view: Option<&OrderView<'_>>) -> Option<EntityKey> {
    let is_on_the_way = matches!(
        shortfall.kind,
        FailureKind::DeliveryLate
            | FailureKind::NeverConfirmed
            | FailureKind::DeliveryFailedAttempt
            | FailureKind::DeliveryLost
    ) || shortfall.id == detection::promise::PROMISE;
    let is_theirs = matches!(shortfall.responsibility, Responsibility::Partner | Responsibility::Unknown);
    let carrier = view.and_then(OrderView::carrier).filter(|_| is_on_the_way && is_theirs);
    if let Some(carrier) = carrier {
        return Some(EntityKey::carrier(carrier));
    }
    incident.event.site_id.as_deref().filter(|site_id| !site_id.is_empty()).map(EntityKey::site)
}

fn failing(shortfall: &Shortfall, at: Timestamp, incident: &Incident, view: Option<&OrderView<'_>>) -> Failing {
    let failure = match shortfall.kind {
        FailureKind::NeverConfirmed => FailureKind::DeliveryLate, // until it comes, which changes nothing here
        kind => kind,
    };
    let item_name = shortfall.item_id.as_deref().and_then(|item_id| view?.item_name(item_id)).map(str::to_owned);
    let is_modifier = shortfall.modifier_id.is_some();
    Failing {
        cause: Cause {
            failure,
            item_id: shortfall.item_id.clone(),
            modifier_id: shortfall.modifier_id.clone(),
            reason: view.and_then(|view| detection::promise::reason(view, failure)),
        },
        at,
        touchpoint: incident.event.touchpoint.clone(),
        item_name: item_name.or_else(|| shortfall.name.clone().filter(|_| !is_modifier)),
        modifier_name: shortfall.name.clone().filter(|_| is_modifier),
    }
}

fn digest(guest: &EntityKey, causes: &[Failing]) -> u64 {
    let bytes = postcard::to_stdvec(&(guest, causes)).expect("invariant: postcard can write what it sends");
    ids::digest(&bytes)
}
