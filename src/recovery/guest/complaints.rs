//! Complaints that name no order: which order they belong to, and what happens to those that belong to none.
//!
//! A loose complaint belongs to the latest order that was placed before it and that it can still be about. That is
//! derived again whenever an order changes, so a complaint that came first finds its order later.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Facts, News, fact_of};
use super::incident::Subject;
use super::reconsider::{Ending, picture};
use super::{Guest, Scene};
use crate::events::{ComplaintEvent, Input, Timestamp, ids};
use crate::policy::Policy;
use crate::recovery::detection::Finding;
use crate::recovery::detection::complaints::of_loose_complaint;
use crate::recovery::{EntityKey, Observation};

impl Guest {
    pub(super) fn on_loose_complaint(&mut self, input: &Input, scene: &mut Scene<'_, '_>) {
        let context = scene.context;
        let latest_believed = context.now + context.policy.horizons.future_tolerance;
        let Some(fact) = fact_of(input, context.now, latest_believed) else { return };
        if self.loose.contains(&fact.source, fact.news.id()) {
            scene.observe(Observation::Duplicate);
            return;
        }
        self.loose.insert(if self.erased.is_some() { fact.without_visit() } else { fact });
        self.talked_at = Some(context.now);
        if scene.key.is_complaint() && input.corrects().is_some() {
            // whoever corrects the correction means this complaint, too
            self.invite(EntityKey::complaint(input.id()), scene);
        }
        self.rebind_complaints(scene);
        self.reconsider_unbound(scene);
    }

    /// The index has found nobody who knows the order of this complaint: a person looks into it.
    pub(super) fn on_unmatched(&mut self, input: &Input, scene: &mut Scene<'_, '_>) {
        self.on_loose_complaint(input, scene);
    }

    /// The complaint that this guest stands for belongs to an incident after all.
    pub(super) fn on_matched(&mut self, incident_id: &str, scene: &mut Scene<'_, '_>) {
        let own: Vec<String> = self.incidents.keys().cloned().collect();
        for id in own {
            self.merge(&id, incident_id, scene);
        }
        self.loose = Facts::default();
    }

    fn merge(&mut self, id: &str, into: &str, scene: &mut Scene<'_, '_>) {
        let Some(incident) = self.incidents.get(id) else { return };
        if !incident.is_published() {
            self.incidents.remove(id);
        } else if !incident.is_retracted() {
            self.end_incident(id, Ending::Merged(into), scene);
        }
    }

    /// Derives again which order each loose complaint belongs to, and lets what has moved follow.
    pub(super) fn rebind_complaints(&mut self, scene: &mut Scene<'_, '_>) {
        if self.loose.is_empty() {
            return;
        }
        let before = std::mem::take(&mut self.bound);
        self.bound = self.bindings(scene.context.policy);
        // those that were bound and are gone (withdrawn, corrected) have moved as well
        let ids: BTreeSet<&String> = before.keys().chain(self.bound.keys()).collect();
        let moved: Vec<(Option<String>, Option<String>)> = ids
            .into_iter()
            .map(|id| (before.get(id).cloned(), self.bound.get(id).cloned()))
            .filter(|(old, new)| old != new)
            .collect();
        for (old, new) in &moved {
            if let Some(order) = new.as_ref().and_then(|order_id| self.orders.get_mut(order_id)) {
                order.handled_at = scene.context.now; // kept as long as what is said about it
            }
            for order_id in [old, new].into_iter().flatten() {
                self.reconsider_order(order_id, scene);
            }
        }
        if !moved.is_empty() {
            self.reconsider_unbound(scene);
        }
    }

    fn bindings(&self, policy: &Policy) -> BTreeMap<String, String> {
        self.loose_complaints()
            .filter_map(|complaint| Some((complaint.id.clone(), self.order_of(complaint, policy)?)))
            .collect()
    }

    fn order_of(&self, complaint: &ComplaintEvent, policy: &Policy) -> Option<String> {
        if let Some(order_id) = &complaint.order_id {
            return self.orders.contains_key(order_id).then(|| order_id.clone());
        }
        let mut best: Option<(bool, Timestamp, String)> = None;
        for order_id in self.orders.keys() {
            let Some(view) = self.view(order_id, policy) else { continue };
            let placed_at = view.placed.time;
            let over_at = view.settled_at.or(view.promise).unwrap_or(placed_at).max(placed_at);
            let is_its_time =
                placed_at <= complaint.time && complaint.time <= over_at + policy.horizons.complaint_window;
            let is_its_site = complaint.site_id.as_deref().is_none_or(|site_id| site_id == view.site_id);
            let is_its_item = complaint
                .item_id
                .as_deref()
                .is_none_or(|item_id| view.lines.iter().any(|line| line.item_id == item_id));
            let site = policy.site(view.site_id);
            let is_its_place = match (complaint.location.as_deref(), view.location) {
                (Some(here), Some(there)) => site.is_same_place(here, there),
                _ => false,
            };
            let rank = (is_its_place, placed_at, order_id.clone());
            let is_it = is_its_time && is_its_site && (is_its_item || is_its_place);
            if is_it && best.as_ref().is_none_or(|found| rank > *found) {
                best = Some(rank);
            }
        }
        best.map(|(_, _, order_id)| order_id)
    }

    pub(super) fn loose_complaints(&self) -> impl Iterator<Item = &ComplaintEvent> {
        self.loose.effective().filter_map(|news| match news {
            News::Complaint(complaint) => Some(complaint.as_ref()),
            News::Order(_) | News::Delivery(_) => None,
        })
    }

    /// What was said about an order, naming it or not.
    pub(super) fn complaints_about<'a>(&'a self, order_id: &'a str) -> impl Iterator<Item = &'a ComplaintEvent> {
        let facts = self.orders.get(order_id).into_iter().flat_map(|order| order.facts.effective());
        let named = facts.filter_map(|news| match news {
            News::Complaint(complaint) => Some(complaint.as_ref()),
            News::Order(_) | News::Delivery(_) => None,
        });
        let is_bound =
            move |complaint: &&ComplaintEvent| self.bound.get(&complaint.id).is_some_and(|id| id == order_id);
        named.chain(self.loose_complaints().filter(is_bound))
    }

    /// Complaints without an order have incidents of their own, by visit and day, else each for itself.
    pub(super) fn reconsider_unbound(&mut self, scene: &mut Scene<'_, '_>) {
        let policy = scene.context.policy;
        let mut groups: BTreeMap<String, Vec<ComplaintEvent>> = BTreeMap::new();
        let mut merged: Vec<(String, String)> = Vec::new();
        for complaint in self.loose_complaints() {
            let id = own_incident(complaint, policy);
            match self.bound.get(&complaint.id) {
                Some(order_id) => merged.push((id, ids::incident_of_order(order_id))),
                // its place will say whose it is then
                None if names_only_a_place(complaint) && !scene.key.is_complaint() => {}
                None => groups.entry(id).or_default().push(complaint.clone()),
            }
        }
        for (id, into) in merged {
            if !groups.contains_key(&id) {
                self.merge(&id, &into, scene);
            }
        }
        for (id, complaints) in groups {
            let complaints: Vec<&ComplaintEvent> = complaints.iter().collect();
            let findings = complaints.iter().map(|complaint| finding(complaint, policy)).collect();
            self.follow(&id, Subject::Complaints, picture(findings, &complaints), scene);
        }
        self.retract_withdrawn(scene);
    }

    /// Incidents of complaints that were all withdrawn or corrected away.
    fn retract_withdrawn(&mut self, scene: &mut Scene<'_, '_>) {
        let policy = scene.context.policy;
        let alive: Vec<String> = self.loose_complaints().map(|complaint| own_incident(complaint, policy)).collect();
        let gone: Vec<String> = self
            .incidents
            .iter()
            .filter(|(id, incident)| incident.subject == Subject::Complaints && !alive.contains(id))
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            self.follow(&id, Subject::Complaints, picture(Vec::new(), &[]), scene);
        }
    }
}

/// What a complaint shows that belongs to no order.
pub(super) fn finding(complaint: &ComplaintEvent, policy: &Policy) -> Finding {
    let site = policy.site(complaint.site_id.as_deref().unwrap_or_default());
    let shortfall = of_loose_complaint(complaint, &policy.keywords, &site.language);
    Finding { shortfall, news_at: complaint.time }
}

/// It came here by way of its place.
fn names_only_a_place(complaint: &ComplaintEvent) -> bool {
    let names_somebody =
        complaint.customer_id.is_some() || complaint.visit_id.is_some() || complaint.order_id.is_some();
    !names_somebody && complaint.site_id.is_some() && complaint.location.is_some()
}

/// By visit and day; one that names an order which nobody knows has an incident of its own, wherever it is looked into.
pub(super) fn own_incident(complaint: &ComplaintEvent, policy: &Policy) -> String {
    match &complaint.visit_id {
        Some(visit_id) if complaint.order_id.is_none() => {
            let site = policy.site(complaint.site_id.as_deref().unwrap_or_default());
            ids::incident_of_visit(visit_id, &site.service_day(complaint.time).to_string())
        }
        _ => ids::incident_of_complaint(&complaint.id),
    }
}
