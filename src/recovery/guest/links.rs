//! Guests that turn out to be the same: a table session whose customer is known at last, an order without a name that
//! belongs to a stay, a customer who was entered twice.
//!
//! The less known guest becomes the better known one: it hands over all that it knew, and passes on whatever is still
//! sent to it. A visit becomes the first customer that is named with it; a later one keeps only events of their own.

use serde::{Deserialize, Serialize};

use super::{Guest, Incident, Order, Scene};
use crate::events::{Event, Input, Timestamp, ids};
use crate::policy::Policy;
use crate::recovery::{Entity, EntityKey, Envelope, Identity, MAX_HOPS, Message, Observation};

/// The guest that this one has become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    to: EntityKey,
    /// Forgotten when nothing was passed on for the dedupe horizon.
    used_at: Timestamp,
}

/// What one guest hands over to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    from: EntityKey,
    /// A guest's state record, with its version.
    state: Vec<u8>,
}

impl Guest {
    /// The guest that this one has become.
    pub(super) fn became(&self) -> Option<&EntityKey> {
        self.alias.as_ref().map(|alias| &alias.to)
    }

    /// Passes a message on to the guest that this one has become, or gives it back when it is for this one.
    pub(super) fn pass_on(&mut self, message: Message, hops: u8, scene: &mut Scene<'_, '_>) -> Option<Message> {
        let parted_at = self.parted_at(scene.key);
        if parted_at.is_some_and(|parted_at| self.is_since_parted(&message, parted_at)) {
            return self.become_who_is_named(message, hops, scene);
        }
        let Some(alias) = &mut self.alias else { return self.become_who_is_named(message, hops, scene) };
        let is_own = match &message {
            Message::Link { .. } | Message::Erase { .. } => true,
            Message::Input(input) => matches!(&input.event, Event::Customer(_)),
            // two that were told to become each other, or a circle of more: somebody has to stay
            Message::Move(moved) => (moved.from == alias.to && *scene.key < moved.from) || hops >= MAX_HOPS,
            _ => false,
        };
        if is_own {
            if matches!(message, Message::Move(_)) {
                self.alias = None;
            }
            return Some(message);
        }
        if parted_at.is_none() {
            alias.used_at = scene.context.now;
        }
        scene.effects.messages.push(Envelope { to: alias.to.clone(), hops: hops + 1, message });
        None
    }

    /// Until when a customer was merged whose profile does not say so any more: the last time that something was
    /// passed on. What had happened by then stays with the other.
    fn parted_at(&self, key: &EntityKey) -> Option<Timestamp> {
        let alias = self.alias.as_ref().filter(|_| key.is_customer() && !self.is_declared_merged())?;
        Some(alias.used_at)
    }

    /// Whether a message is about what this customer did when no longer merged, else about what was handed over.
    fn is_since_parted(&self, message: &Message, parted_at: Timestamp) -> bool {
        match message {
            Message::Input(input) | Message::Resolved(input) | Message::Seated { input, .. } => match &input.event {
                Event::Customer(_) => true,
                Event::Outcome(outcome) => input.time() > parted_at && !self.answers_another(outcome),
                _ => input.time() > parted_at,
            },
            Message::NotSeated { source, id } => self.loose.contains(source, id),
            Message::GestureAnswer(answer) => self.incidents.contains_key(&answer.incident_id),
            Message::GestureFree { incident_id, .. } | Message::InsightOpen { incident_id, .. } => {
                self.incidents.contains_key(incident_id)
            }
            Message::FeedLives { order_id, .. } => self.orders.contains_key(order_id),
            _ => true,
        }
    }

    pub(super) fn is_declared_merged(&self) -> bool {
        self.declared().is_some_and(|profile| profile.merged_into.is_some())
    }

    /// An event may say who its guest really is: an anonymous one becomes that guest and passes the event on, a
    /// customer asks the visit that is named to become theirs.
    fn become_who_is_named(&mut self, message: Message, hops: u8, scene: &mut Scene<'_, '_>) -> Option<Message> {
        let (Message::Input(input) | Message::Resolved(input)) = &message else { return Some(message) };
        let (customer, visit) = named(input);
        match scene.key.identity() {
            Identity::Customer => {
                // an input that names another customer has been passed on by that one, who has become this guest
                let is_passed_on = matches!(message, Message::Input(_));
                let is_known = |named: &EntityKey| named == scene.key || self.linked.contains_key(named);
                let is_theirs = is_passed_on || customer.as_ref().is_none_or(is_known);
                match visit {
                    Some(visit) if is_theirs => self.invite(visit, scene),
                    _ if !is_theirs => scene.observe(Observation::ConflictingGuest),
                    _ => {}
                }
                Some(message)
            }
            Identity::Visit | Identity::Order => {
                let better = customer.or(visit).filter(|named| named.identity() > scene.key.identity());
                let Some(better) = better else { return Some(message) };
                self.become_guest(better.clone(), scene);
                scene.effects.messages.push(Envelope { to: better, hops: hops + 1, message });
                None
            }
            Identity::Complaint => Some(message),
        }
    }

    /// Asks a less known guest to become this one, once.
    pub(super) fn invite(&mut self, guest: EntityKey, scene: &mut Scene<'_, '_>) {
        if self.linked.insert(guest.clone(), scene.context.now).is_none() {
            scene.send(guest, Message::Link { to: scene.key.clone(), instead_of: None });
        }
    }

    pub(super) fn on_link(&mut self, to: EntityKey, instead_of: Option<&EntityKey>, scene: &mut Scene<'_, '_>) {
        if to == *scene.key {
            return;
        }
        match &mut self.alias {
            Some(alias) if alias.to == to => alias.used_at = scene.context.now,
            Some(alias) if Some(&alias.to) == instead_of => {
                *alias = Alias { to, used_at: scene.context.now };
            }
            Some(_) => scene.observe(Observation::ConflictingGuest),
            None if scene.key.identity() < to.identity() || scene.key.is_complaint() && to.is_complaint() => {
                self.become_guest(to, scene);
            }
            None => scene.observe(Observation::ConflictingGuest),
        }
    }

    /// A customer's profile says that they are somebody else now. One that does not say so any more leaves the name that
    /// repeats of what was handed over are passed on by, until it is forgotten. `was_merged`: the profile before said so.
    pub(super) fn merge_into_the_declared(&mut self, was_merged: bool, scene: &mut Scene<'_, '_>) {
        let merged_into = self.declared().and_then(|profile| profile.merged_into.as_deref());
        let to = merged_into.filter(|id| !id.is_empty()).map(EntityKey::customer).filter(|to| to != scene.key);
        match (to, &self.alias) {
            (Some(to), Some(alias)) if was_merged && alias.to == to => {}
            (Some(to), _) => self.become_guest(to, scene),
            (None, _) => {}
        }
    }

    /// Hands everything over. What stays is the name that it goes by, and a customer's own profile.
    fn become_guest(&mut self, to: EntityKey, scene: &mut Scene<'_, '_>) {
        scene.observe(Observation::Linked);
        let profile = self.profile.take();
        let mut guest = std::mem::take(self);
        self.profile = profile;
        self.erased = guest.erased;
        self.in_party_of = guest.in_party_of.clone();
        for linked in guest.linked.keys() {
            let message = Message::Link { to: to.clone(), instead_of: Some(scene.key.clone()) };
            scene.send(linked.clone(), message);
        }
        guest.alias = None;
        self.alias = Some(Alias { to: to.clone(), used_at: scene.context.now });
        if !guest.is_empty() {
            self.hand_over(guest, to, scene);
        }
    }

    fn hand_over(&self, guest: Self, to: EntityKey, scene: &mut Scene<'_, '_>) {
        let state = Entity::Guest(Box::new(guest)).encode();
        scene.send(to, Message::Move(Moved { from: scene.key.clone(), state }));
    }

    /// The index says that an order is another guest's, who claimed it first.
    pub(super) fn on_claimed(&mut self, order_id: &str, owner: EntityKey, scene: &mut Scene<'_, '_>) {
        let Some(order) = self.orders.remove(order_id) else { return };
        let mut part = Self::default();
        part.orders.insert(order_id.to_owned(), order);
        let bound: Vec<String> =
            self.bound.iter().filter(|(_, bound)| *bound == order_id).map(|(id, _)| id.clone()).collect();
        for fact in self.loose.take(|fact| bound.iter().any(|id| id == fact.news.id())) {
            part.loose.insert(fact);
        }
        self.bound.retain(|id, _| !bound.contains(id));
        let incident_id = ids::incident_of_order(order_id);
        if let Some(incident) = self.incidents.remove(&incident_id) {
            part.incidents.insert(incident_id.clone(), incident);
        }
        part.told.extend(self.told.remove_entry(&incident_id));
        part.given = self.given.extract_if(.., |given| given.incident_id == incident_id).collect();
        self.habits.unlearn(order_id);
        self.hand_over(part, owner, scene);
    }

    /// Takes over what another guest knew.
    pub(super) fn on_move(&mut self, moved: Moved, hops: u8, scene: &mut Scene<'_, '_>) {
        let Ok(Entity::Guest(mut other)) = Entity::decode(&moved.from, &moved.state) else {
            // written by a newer release: nothing may be lost, so it goes where messages go that nobody can handle
            let message = Message::Move(moved);
            scene.effects.messages.push(Envelope { to: scene.key.clone(), hops: MAX_HOPS.max(hops) + 1, message });
            return;
        };
        if let Some(erasure) = self.erased {
            // it was on its way when this guest was erased
            let who = scene.key;
            other.erase(erasure, who, &mut Scene { key: &moved.from, context: scene.context, effects: scene.effects });
            scene.send(moved.from.clone(), Message::Erase { who: who.clone(), at: erasure.at });
        }
        let context = scene.context;
        self.linked.insert(moved.from.clone(), context.now);
        for linked in other.linked.into_keys() {
            self.linked.insert(linked, context.now);
        }
        let order_ids: Vec<String> = other.orders.keys().cloned().collect();
        for (order_id, order) in other.orders {
            let until = context.now;
            let message = Message::Reassign { guest: scene.key.clone(), before: moved.from.clone(), until };
            scene.send(EntityKey::order_index(&order_id), message);
            self.take_over_order(order_id, order, context.now);
        }
        for fact in other.loose.into_facts() {
            if !self.loose.contains(&fact.source, fact.news.id()) {
                self.loose.insert(fact);
                self.talked_at = Some(context.now);
            }
        }
        let incident_ids: Vec<String> = other.incidents.keys().cloned().collect();
        for (id, incident) in other.incidents {
            self.take_over_incident(id, incident);
        }
        self.given.extend(other.given);
        self.declined.extend(other.declined);
        self.take_over_told(other.told);
        self.amends.extend(other.amends);
        self.companions.extend(other.companions);
        if self.profiling() {
            self.habits.extend(other.habits);
        }
        for id in incident_ids {
            self.name_the_guest(&id, scene);
        }
        self.rebind_complaints(scene);
        for order_id in order_ids {
            self.reconsider_order(&order_id, scene);
        }
        self.reconsider_unbound(scene);
        self.recheck_gestures(scene);
    }

    /// Deadlines of what was moved wait for a safe time after the move, as those of anything that was handled now.
    fn take_over_order(&mut self, order_id: String, other: Order, now: Timestamp) {
        let order = self.orders.entry(order_id).or_insert_with(|| Order {
            facts: super::Facts::default(),
            handled_at: now,
            silence: other.silence,
        });
        order.handled_at = now;
        order.silence.proven_until = order.silence.proven_until.max(other.silence.proven_until);
        order.silence.suspected_until = order.silence.suspected_until.max(other.silence.suspected_until);
        for fact in other.facts.into_facts() {
            if !order.facts.contains(&fact.source, fact.news.id()) {
                order.facts.insert(fact);
            }
        }
    }

    /// Of two records of one failure the one that was published stays, and of two such the one with more to it.
    fn take_over_incident(&mut self, id: String, other: Incident) {
        match self.incidents.get(&id) {
            Some(own) if own.event.revision >= other.event.revision => {}
            _ => {
                self.incidents.insert(id, other);
            }
        }
    }

    /// An incident that was published says who its guest is now, and so does what is still open about it.
    fn name_the_guest(&mut self, id: &str, scene: &mut Scene<'_, '_>) {
        let key = scene.key.clone();
        self.with_incident(id, |guest, incident| {
            let name = |customer_id: &mut Option<String>, visit_id: &mut Option<String>| {
                if key.is_customer() {
                    *customer_id = Some(key.id().to_owned());
                }
                if key.is_visit() {
                    visit_id.get_or_insert_with(|| key.id().to_owned());
                }
            };
            if !incident.is_published() {
                name(&mut incident.event.customer_id, &mut incident.event.visit_id);
                return;
            }
            incident.revise(&mut scene.speaker(), |event| name(&mut event.customer_id, &mut event.visit_id));
            guest.introduce_to_staff(incident, scene);
        });
    }

    /// When something about names may be forgotten.
    pub(super) fn ties_deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let horizon = policy.horizons.dedupe_horizon;
        let is_declared = self.is_declared_merged();
        let of_alias = self.alias.as_ref().filter(|_| !is_declared).map(|alias| alias.used_at + horizon);
        let of_linked = self.linked.values().map(|at| *at + horizon).min();
        let of_companions = self.companions.values().map(|companion| companion.since + horizon).min();
        let of_parties = self.in_party_of.values().copied().min();
        [of_alias, of_linked, of_companions, of_parties].into_iter().flatten().min()
    }

    pub(super) fn forget_ties(&mut self, safe: Timestamp, policy: &Policy) {
        let horizon = policy.horizons.dedupe_horizon;
        let is_declared = self.is_declared_merged();
        self.alias = self.alias.take().filter(|alias| is_declared || safe <= alias.used_at + horizon);
        self.linked.retain(|_, at| safe <= *at + horizon);
        self.companions.retain(|_, companion| safe <= companion.since + horizon);
        self.in_party_of.retain(|_, until| safe <= *until);
    }
}

/// The customer and the visit that an event names.
fn named(input: &Input) -> (Option<EntityKey>, Option<EntityKey>) {
    let (customer_id, visit_id) = match &input.event {
        Event::Order(event) => (&event.customer_id, &event.visit_id),
        Event::Delivery(event) => (&event.customer_id, &event.visit_id),
        Event::Complaint(event) => (&event.customer_id, &event.visit_id),
        Event::Outcome(_) | Event::Customer(_) | Event::Catalogue(_) => return (None, None),
    };
    let given = |id: &Option<String>| id.clone().filter(|id| !id.is_empty());
    (given(customer_id).map(|id| EntityKey::customer(&id)), given(visit_id).map(|id| EntityKey::visit(&id)))
}
