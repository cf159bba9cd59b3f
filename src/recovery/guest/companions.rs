//! The party: what is safe for one guest must be safe for all who are known to be at the table.
//!
//! An order names its companions; each is asked once what they have declared, and tells of every change as long as the
//! party lasts. Nobody's habits are looked at but the guest's own. Until all have answered, gestures wait.

use serde::{Deserialize, Serialize};

use super::incident::{GestureProgress, Subject};
use super::{Guest, Incident, Scene};
use crate::events::{CustomerProfile, Event, Input, Timestamp};
use crate::recovery::{EntityKey, Message};

/// A customer of the same party.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Companion {
    pub since: Timestamp,
    pub answer: Answer,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// Not here yet.
    Awaited,
    /// What they have declared; nothing, or an erased profile: `None`.
    Declared(Option<CustomerProfile>),
}

/// Companion to guest: what I have declared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Introduction {
    /// Under which id they were asked.
    customer_id: String,
    declared: Option<Box<CustomerProfile>>,
}

impl Guest {
    /// Asks those whom an order names, and whom this guest does not know yet.
    pub(super) fn meet_companions(&mut self, input: &Input, scene: &mut Scene<'_, '_>) {
        let Event::Order(order) = &input.event else { return };
        let now = scene.context.now;
        // as long as the order is remembered: who is erased tells all who know of them
        let horizons = &scene.context.policy.horizons;
        let remembered = horizons.complaint_window.max(horizons.dedupe_horizon);
        let until = order.visit_ends_at.unwrap_or(now).max(now) + remembered;
        for id in order.guest_ids.iter().flatten() {
            let companion = EntityKey::customer(id);
            if companion == *scene.key || self.companions.contains_key(id) {
                continue;
            }
            self.companions.insert(id.clone(), Companion { since: now, answer: Answer::Awaited });
            let (guest, at) = (scene.key.clone(), order.time);
            scene.send(companion, Message::IntroduceAt { guest, customer_id: id.clone(), until, at });
        }
    }

    pub(super) fn on_introduce(
        &mut self,
        guest: EntityKey,
        customer_id: String,
        until: Timestamp,
        scene: &mut Scene<'_, '_>,
    ) {
        let known = self.in_party_of.entry(guest.clone()).or_insert(until);
        *known = until.max(*known);
        let declared = self.declared().cloned().map(Box::new);
        scene.send(guest, Message::Introduced(Introduction { customer_id, declared }));
    }

    /// The profile has changed: those at the same table must know.
    pub(super) fn tell_the_party(&self, scene: &mut Scene<'_, '_>) {
        for guest in self.in_party_of.keys() {
            let declared = self.declared().cloned().map(Box::new);
            let introduction = Introduction { customer_id: scene.key.id().to_owned(), declared };
            scene.send(guest.clone(), Message::Introduced(introduction));
        }
    }

    pub(super) fn on_introduced(&mut self, introduction: Introduction, scene: &mut Scene<'_, '_>) {
        let Some(companion) = self.companions.get_mut(&introduction.customer_id) else { return };
        companion.answer = Answer::Declared(introduction.declared.map(|declared| *declared));
        self.look_at_the_party_again(scene);
    }

    pub(super) fn look_at_the_party_again(&mut self, scene: &mut Scene<'_, '_>) {
        self.recheck_gestures(scene);
        let waiting: Vec<String> = self
            .incidents
            .iter()
            .filter(|(_, incident)| incident.gesture == GestureProgress::Companions)
            .map(|(id, _)| id.clone())
            .collect();
        for id in waiting {
            self.with_incident(&id, |guest, incident| {
                if !guest.awaits_companions(incident) {
                    guest.restart_gesture(incident, scene);
                    guest.conclude(incident, scene);
                }
            });
        }
    }

    /// Somebody at the table has not answered yet.
    pub(super) fn awaits_companions(&self, incident: &Incident) -> bool {
        self.party(incident).any(|companion| companion.answer == Answer::Awaited)
    }

    /// The companions of the order that an incident is about.
    pub(super) fn party<'a>(&'a self, incident: &Incident) -> impl Iterator<Item = &'a Companion> {
        let named = match &incident.subject {
            Subject::Order(order_id) => self.orders.get(order_id).map(|order| order.facts.companions()),
            Subject::Complaints => None,
        };
        named.unwrap_or_default().into_iter().filter_map(|id| self.companions.get(&id))
    }

    /// What everybody at the table has declared, but for the guest; `None` while somebody has not answered.
    pub(super) fn declared_by_the_party(&self, incident: &Incident) -> Option<Vec<Option<&CustomerProfile>>> {
        self.party(incident)
            .map(|companion| match &companion.answer {
                Answer::Awaited => None,
                Answer::Declared(declared) => Some(declared.as_ref()),
            })
            .collect()
    }
}
