//! The case of an incident: everything that a decision may look at, borrowed from the guest.

use super::incident::Subject;
use std::collections::BTreeSet;

use super::viewpoint::day_number;
use super::{Guest, Incident, Scene, Viewpoint};
use crate::events::{ActionKind, CustomerProfile, GuestCard, Shortfall, Timestamp};
use crate::policy::Policy;
use crate::recovery::Context;
use crate::recovery::decision::{Case, Sources};
use crate::recovery::detection::OrderView;
use crate::recovery::guest::News;

/// Where it happened, as the incident has it.
#[derive(Debug, Clone, Copy)]
struct Spot<'a> {
    site_id: &'a str,
    touchpoint: Option<&'a str>,
}

/// Who else is at the table, and what else they have had on this visit.
#[derive(Debug, Clone, Copy)]
struct Party<'a> {
    companions: Option<&'a [Option<&'a CustomerProfile>]>,
    visit: Option<&'a BTreeSet<&'a str>>,
}

impl Guest {
    /// Works on an incident with its case at hand, seen with these shortfalls.
    pub(super) fn on_case<R>(
        &self,
        incident: &mut Incident,
        shortfalls: &[Shortfall],
        scene: &mut Scene<'_, '_>,
        work: impl FnOnce(&mut Incident, &Case<'_>, &mut Scene<'_, '_>) -> R,
    ) -> R {
        let view = match &incident.subject {
            Subject::Order(order_id) => self.view(order_id, scene.context.policy),
            Subject::Complaints => None,
        };
        let (site_id, touchpoint) = (incident.event.site_id.clone(), incident.event.touchpoint.clone());
        let spot = Spot { site_id: site_id.as_deref().unwrap_or_default(), touchpoint: touchpoint.as_deref() };
        // what is only suspected is not said beside what is known
        let known: Vec<Shortfall> = shortfalls.iter().filter(|shortfall| !shortfall.suspected).cloned().collect();
        let shortfalls = if known.is_empty() { shortfalls } else { &known };
        let companions = self.declared_by_the_party(incident);
        let visit = view.as_ref().and_then(|view| self.orders_of_the_visit(view, scene.context.policy));
        let party = Party { companions: companions.as_deref(), visit: visit.as_ref() };
        let case = self.case(incident, spot, shortfalls, view.as_ref(), party, scene.context);
        work(incident, &case, scene)
    }

    /// As [`Guest::on_case`], with the shortfalls that the incident has.
    pub(super) fn on_its_case<R>(
        &self,
        incident: &mut Incident,
        scene: &mut Scene<'_, '_>,
        work: impl FnOnce(&mut Incident, &Case<'_>, &mut Scene<'_, '_>) -> R,
    ) -> R {
        let shortfalls = incident.event.shortfalls.clone();
        self.on_case(incident, &shortfalls, scene, work)
    }

    fn case<'a>(
        &'a self,
        incident: &Incident,
        spot: Spot<'a>,
        shortfalls: &'a [Shortfall],
        order: Option<&'a OrderView<'a>>,
        party: Party<'a>,
        context: &Context<'a>,
    ) -> Case<'a> {
        let policy = context.policy;
        let site_id = order.map_or(spot.site_id, |order| order.site_id);
        let site = policy.site(site_id);
        let touchpoint_name = order.map_or(spot.touchpoint, |order| order.placed.touchpoint.as_deref());
        let currency = order.map_or(site.currency.as_str(), |order| order.currency);
        let day_of = order.map_or(incident.event.occurred_at, |order| order.placed.time);
        Case::new(Sources {
            policy,
            catalogue: context.catalogue,
            now: context.now,
            site,
            site_id,
            touchpoint: policy.touchpoint(touchpoint_name),
            touchpoint_name,
            shortfalls,
            order,
            currency,
            party_size: order.map_or(1, |order| order.party_size),
            habits: &self.habits,
            viewpoint: Viewpoint {
                policy,
                catalogue: context.catalogue,
                at: day_of,
                day: day_number(site.service_day(day_of)),
                site_id,
                except_order: order.map(|order| order.order_id),
                visit: party.visit,
                given: &self.given,
            },
            profile: self.declared(),
            companions: party.companions,
            given: &self.given,
            declined: &self.declined,
            earlier_failures: self.failures_before(incident, day_of, policy),
            inconvenience: incident.heard.inconvenience,
            initiated_by: incident.event.initiated_by,
            only_words: incident.only_words,
            guest_known: incident.event.customer_id.is_some() || incident.event.visit_id.is_some(),
            redressed_minor: self.redressed_minor(incident, currency),
            equal_treatment: incident.equal_treatment,
            insight_open: self.has_open_insight(&incident.event.id),
        })
    }

    /// The orders of the same stay or table session, where it makes a difference to habits or to what may be said.
    fn orders_of_the_visit(&self, of: &OrderView<'_>, policy: &Policy) -> Option<BTreeSet<&str>> {
        let matters = policy.habits.other_visit_weight < 1.0 || policy.gestures.recall_within.is_some();
        let visit_id = of.placed.visit_id.as_ref().filter(|_| matters)?;
        let is_of_it = |order_id: &&String| {
            let view = self.view(order_id, policy);
            view.is_some_and(|view| view.placed.visit_id.as_ref() == Some(visit_id))
        };
        Some(self.orders.keys().filter(is_of_it).map(String::as_str).collect())
    }

    /// Other failures of this guest, not taken back, in the time before this one.
    fn failures_before(&self, incident: &Incident, at: Timestamp, policy: &Policy) -> u32 {
        let within = policy.severity.repeat_within;
        let is_before = |other: &&Incident| {
            let occurred_at = other.event.occurred_at;
            other.event.id != incident.event.id
                && other.is_published()
                && !other.is_retracted()
                && !other.is_only_suspected()
                && occurred_at < incident.event.occurred_at
                && at - occurred_at < within
        };
        u32::try_from(self.incidents.values().filter(is_before).count()).unwrap_or(u32::MAX)
    }

    pub(super) fn guest_card(&self, case: &Case<'_>, incident: &Incident) -> GuestCard {
        let profile = case.profile;
        GuestCard {
            name: profile.and_then(|profile| profile.name.clone()),
            language: profile.and_then(|profile| profile.language.clone()).or_else(|| incident.language.clone()),
            party_size: case.order.map(|order| order.party_size),
        }
    }

    /// The party has moved on: staff are sent to where it is now.
    pub(super) fn relocate(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        let Subject::Order(order_id) = &incident.subject else { return };
        let here = self.view(order_id, scene.context.policy).and_then(|view| view.location.map(str::to_owned));
        let has_moved = here.is_some() && here != incident.event.location;
        if !has_moved || incident.is_over() {
            return;
        }
        if !incident.is_published() {
            incident.event.location = here;
            return;
        }
        incident.revise(&mut scene.speaker(), |event| event.location = here);
        self.introduce_to_staff(incident, scene);
    }

    /// Names the guest, the order and the place of an incident.
    pub(super) fn refer(&self, incident: &mut Incident, scene: &Scene<'_, '_>) {
        let event = &mut incident.event;
        if scene.key.is_customer() {
            event.customer_id = Some(scene.key.id().to_owned());
        }
        if scene.key.is_visit() {
            event.visit_id = Some(scene.key.id().to_owned());
        }
        match &incident.subject {
            Subject::Order(order_id) => {
                event.order_id = Some(order_id.clone());
                let Some(view) = self.view(order_id, scene.context.policy) else {
                    event.site_id = self.complaints_about(order_id).find_map(|said| said.site_id.clone());
                    return;
                };
                event.visit_id = event.visit_id.take().or_else(|| view.placed.visit_id.clone());
                event.site_id = Some(view.site_id.to_owned());
                event.location = view.location.map(str::to_owned);
                event.touchpoint = view.placed.touchpoint.clone();
                event.currency = Some(view.currency.to_owned());
            }
            Subject::Complaints => {
                let said = self.loose.effective().filter_map(|news| match news {
                    News::Complaint(said) => Some(said),
                    News::Order(_) | News::Delivery(_) => None,
                });
                for said in said.filter(|said| !self.bound.contains_key(&said.id)) {
                    event.complaint_id = Some(said.id.clone());
                    event.customer_id = event.customer_id.take().or_else(|| said.customer_id.clone());
                    event.visit_id = event.visit_id.take().or_else(|| said.visit_id.clone());
                    event.order_id = event.order_id.take().or_else(|| said.order_id.clone());
                    event.site_id = event.site_id.take().or_else(|| said.site_id.clone());
                    event.location = event.location.take().or_else(|| said.location.clone());
                }
            }
        }
    }
}

impl Incident {
    /// The action that speaks first: what a gesture or a remedy comes after.
    pub(super) fn first_word(&self) -> Option<String> {
        self.latest(ActionKind::Apology)
            .or_else(|| self.latest(ActionKind::HumanContact))
            .or_else(|| self.latest(ActionKind::EarlyWarning))
            .map(|action| action.id.clone())
    }
}
