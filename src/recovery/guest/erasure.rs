//! Forgetting a guest: everything that is from before a moment goes, here and wherever the guest left something.
//!
//! What counts is when things happened, so that an order placed afterwards stays, whichever reaches us first. Staff are
//! told that what was asked of them is over, in records without a word about the guest. Afterwards older events are not
//! taken in, and nothing is learned from newer ones unless a new profile allows it.

use std::collections::BTreeSet;

use super::complaints::own_incident;
use super::incident::{GestureProgress, Subject};
use super::scrub;
use super::{Guest, News, Order, Scene};
use crate::events::{Event, Input, Timestamp};
use crate::recovery::causes::CauseReport;
use crate::recovery::{EntityKey, EntityKind, Erasure, Message, Observation};

impl Guest {
    /// Gives a message back unless it brings what happened before the guest was erased.
    pub(super) fn take_in(&mut self, message: Message, scene: &mut Scene<'_, '_>) -> Option<Message> {
        self.erased = self.erased.or(scene.context.erased);
        let Some(erasure) = self.erased else { return Some(message) };
        let input = match &message {
            Message::Input(input) | Message::Resolved(input) | Message::Unmatched(input) => input,
            Message::Seated { input, .. } => {
                if erasure.is_after(input.time()) {
                    self.erase_at_its_place(input, erasure, scene);
                }
                input
            }
            Message::IntroduceAt { guest, at, .. } if erasure.is_after(*at) => {
                let gone = Message::Gone { who: scene.key.clone(), at: erasure.at };
                scene.send(guest.clone(), gone);
                return None;
            }
            _ => return Some(message),
        };
        // the customers topic has an order of its own
        if matches!(&input.event, Event::Customer(_)) || !erasure.is_after(input.time()) {
            return Some(message);
        }
        scene.observe(Observation::Erased);
        let (who, at) = (scene.key.clone(), erasure.at);
        let (order_id, visit_id) = match &input.event {
            Event::Order(event) => (Some(&event.order_id), event.visit_id.as_ref()),
            Event::Delivery(event) => (None, event.visit_id.as_ref()),
            Event::Complaint(event) => (None, event.visit_id.as_ref()),
            Event::Outcome(_) | Event::Customer(_) | Event::Catalogue(_) => (None, None),
        };
        if let Some(order_id) = order_id {
            let is_placed = News::of(&input.event).is_some_and(|news| news.is_placed());
            if is_placed {
                self.erase_order(order_id, erasure, scene); // a correction had come before it
            }
            scene.send(EntityKey::order_index(order_id), Message::Erase { who: who.clone(), at });
        }
        if let Some(visit_id) = visit_id.filter(|visit_id| !visit_id.is_empty() && who.is_customer()) {
            scene.send(EntityKey::visit(visit_id), Message::Erase { who, at });
        }
        None
    }

    fn erase_at_its_place(&self, input: &Input, erasure: Erasure, scene: &mut Scene<'_, '_>) {
        let Event::Complaint(complaint) = &input.event else { return };
        let (Some(site_id), Some(location)) = (&complaint.site_id, &complaint.location) else { return };
        let place = EntityKey::place(site_id, &scene.context.policy.site(site_id).place(location));
        scene.send(place, Message::Erase { who: scene.key.clone(), at: erasure.at });
    }

    /// The better known guest that this one belongs to was erased, or the one whose complaint it stands for.
    pub(super) fn on_erase(&mut self, who: &EntityKey, at: Timestamp, scene: &mut Scene<'_, '_>) {
        if who.kind() == EntityKind::OrderIndex && !scene.key.is_complaint() {
            self.erase_order(who.id(), Erasure::up_to(at), scene);
            return;
        }
        let is_anothers = !scene.key.is_complaint() && self.became().is_some_and(|became| became != who);
        let is_known = self.erased.is_some_and(|erased| erased.at >= at);
        if !is_anothers && !is_known {
            self.erase(Erasure::up_to(at), scene.key, scene);
        }
    }

    /// Forgets all that happened up to the erasure. `who`: the guest that is erased, of whom this may be a part.
    pub(super) fn erase(&mut self, erasure: Erasure, who: &EntityKey, scene: &mut Scene<'_, '_>) {
        self.erased = Some(erasure);
        scene.effects.erased = Some(erasure);
        self.profile = None;
        let orders = self.orders.extract_if(.., |_, order| order.began().is_none_or(|began| erasure.is_after(began)));
        let orders: Vec<(String, Order)> = orders.collect();
        for (order_id, order) in orders {
            self.leave_order(&order_id, order, erasure, scene);
        }
        let loose = self.loose.take(|fact| erasure.is_after(fact.news.time()));
        for id in loose.iter().filter_map(|fact| fact.news.complaint_id()) {
            erase_complaint(id, erasure, scene);
        }
        self.leave_others(erasure, who, scene);

        self.habits.clear();
        self.given.retain(|given| !erasure.is_after(given.at));
        self.amends.retain(|amends| !amends.is_from_before(erasure));
        self.declined.clear();
        self.alias = None;
        self.bound.retain(|id, _| loose.iter().all(|fact| fact.news.id() != id));
        for fact in self.loose.take(|_| true) {
            self.loose.insert(fact.without_visit()); // an incident by visit and day may be one that is over
        }
        let kept: Vec<String> = self.orders.keys().cloned().collect();
        for order_id in &kept {
            if let Some(order) = self.orders.get_mut(order_id) {
                order.facts.take(|fact| erasure.is_after(fact.news.time()));
            }
        }
        self.end_what_was_erased(scene);
        self.rebind_complaints(scene);
        for order_id in &kept {
            self.reconsider_order(order_id, scene);
        }
        self.reconsider_unbound(scene);
        if self.loose.is_empty() {
            self.talked_at = None;
        }
    }

    /// One order turns out to be from before an erasure.
    fn erase_order(&mut self, order_id: &str, erasure: Erasure, scene: &mut Scene<'_, '_>) {
        let Some(order) = self.orders.remove(order_id) else { return };
        self.leave_order(order_id, order, erasure, scene);
        self.habits.unlearn(order_id);
        self.end_what_was_erased(scene);
        self.rebind_complaints(scene);
    }

    /// What the index, the places and the guests of complaints know of an order. What was said since is heard all the
    /// same.
    fn leave_order(&self, order_id: &str, order: Order, erasure: Erasure, scene: &mut Scene<'_, '_>) {
        let erase = |who: &EntityKey| Message::Erase { who: who.clone(), at: erasure.at };
        scene.send(EntityKey::order_index(order_id), erase(scene.key));
        let mut places = BTreeSet::new();
        let mut site_id = None;
        for (fact, _) in order.facts.all() {
            let News::Order(event) = &fact.news else { continue };
            site_id = event.site_id.as_deref().or(site_id);
            if let (Some(site_id), Some(location)) = (site_id, event.location.as_deref()) {
                let site = scene.context.policy.site(site_id);
                places.insert(EntityKey::place(site_id, &site.place(location)));
            }
        }
        for place in places {
            // it may have been told under another name
            for who in self.linked.keys().chain([scene.key]) {
                scene.send(place.clone(), erase(who));
            }
        }
        for fact in order.facts.into_facts() {
            let Some(id) = fact.news.complaint_id().map(str::to_owned) else { continue };
            match fact.news {
                News::Complaint(complaint) if !erasure.is_after(complaint.time) => {
                    // as its index would send it
                    let input = Input { source: fact.source, event: Event::Complaint(complaint), traceparent: None };
                    scene.send(EntityKey::complaint(&id), Message::Unmatched(Box::new(input)));
                }
                _ => erase_complaint(&id, erasure, scene),
            }
        }
    }

    /// The guests that became this one, and those of the same party.
    fn leave_others(&mut self, erasure: Erasure, who: &EntityKey, scene: &mut Scene<'_, '_>) {
        let at = erasure.at;
        for linked in std::mem::take(&mut self.linked).into_keys() {
            scene.send(linked, Message::Erase { who: who.clone(), at });
        }
        let kept: BTreeSet<String> = self.orders.values().flat_map(|order| order.facts.companions()).collect();
        let companions = self.companions.extract_if(.., |id, _| !kept.contains(id));
        let mut party: BTreeSet<EntityKey> = companions.map(|(id, _)| EntityKey::customer(&id)).collect();
        party.extend(std::mem::take(&mut self.in_party_of).into_keys());
        for other in party {
            scene.send(other, Message::Gone { who: scene.key.clone(), at });
        }
        for order_id in std::mem::take(&mut self.asked).into_keys() {
            scene.send(EntityKey::order_index(&order_id), Message::ForgetAsked { who: scene.key.clone(), at });
        }
    }

    /// The index has nothing of the order for us.
    pub(super) fn on_forget_asked(&mut self, index: &EntityKey) {
        self.asked.remove(index.id());
    }

    /// Incidents whose order or complaints are gone end here, and staff are told.
    fn end_what_was_erased(&mut self, scene: &mut Scene<'_, '_>) {
        let policy = scene.context.policy;
        let alive: BTreeSet<String> = self.loose_complaints().map(|said| own_incident(said, policy)).collect();
        let gone: Vec<String> = self
            .incidents
            .iter()
            .filter(|(id, incident)| match &incident.subject {
                Subject::Order(order_id) => !self.orders.contains_key(order_id),
                Subject::Complaints => !alive.contains(*id),
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            self.detach_causes(&id, scene);
            self.release_gesture(&id, scene);
            if let Some(mut incident) = self.incidents.remove(&id) {
                incident.gesture = GestureProgress::None;
                scrub::end(&mut incident, &mut scene.speaker());
            }
        }
    }

    /// The failure still counts where it happened, as nobody's.
    fn detach_causes(&mut self, incident_id: &str, scene: &mut Scene<'_, '_>) {
        let Some(told) = self.told.remove(incident_id) else { return };
        let Some(incident) = self.incidents.get(incident_id) else { return };
        let mut reports = self.reports_of(incident, scene.context.policy);
        for owner in told.into_owners() {
            let causes = reports.remove(&owner).unwrap_or_default();
            let guest = EntityKey::complaint(incident_id);
            scene.send(owner, Message::Causes(CauseReport { guest, incident_id: incident_id.to_owned(), causes }));
        }
    }

    /// Somebody of the party was erased: their name, and what they had declared, go.
    pub(super) fn on_gone(&mut self, who: &EntityKey, at: Timestamp, scene: &mut Scene<'_, '_>) {
        self.in_party_of.remove(who);
        let mut is_still_named = false;
        for order in self.orders.values_mut() {
            order.facts.unname(who.id(), at);
            is_still_named |= order.facts.companions().iter().any(|id| id == who.id());
        }
        if !is_still_named {
            if self.companions.remove(who.id()).is_some() {
                self.look_at_the_party_again(scene);
            }
            return;
        }
        // they came again: what they declare from now on counts for us, too
        let horizons = &scene.context.policy.horizons;
        let (at, until) = (scene.context.now, scene.context.now + horizons.dedupe_horizon);
        let (guest, customer_id) = (scene.key.clone(), who.id().to_owned());
        scene.send(who.clone(), Message::IntroduceAt { guest, customer_id, until, at });
    }
}

impl Order {
    /// When it was placed; what is said before that belongs to it, too. `None`: nothing is known of it.
    fn began(&self) -> Option<Timestamp> {
        let placed = self.facts.all().filter(|(fact, _)| fact.news.is_placed()).map(|(fact, _)| fact.news.time()).min();
        placed.or_else(|| self.facts.all().map(|(fact, _)| fact.news.time()).min())
    }
}

/// The guest that a complaint may have stood for.
fn erase_complaint(id: &str, erasure: Erasure, scene: &mut Scene<'_, '_>) {
    let guest = EntityKey::complaint(id);
    if guest != *scene.key {
        let message = Message::Erase { who: scene.key.clone(), at: erasure.at };
        scene.send(guest, message);
    }
}
