//! Where a guest is with an order, for complaints that name only the place.

use std::collections::BTreeMap;

use super::facts::News;
use super::{Guest, Scene};
use crate::events::{ComplaintEvent, Event, Input, ids};
use crate::policy::Policy;
use crate::recovery::place::Seat;
use crate::recovery::{EntityKey, Message, Observation};

/// Every place at which an order has been, with what is taken there.
pub(super) type Seats = BTreeMap<EntityKey, Seat>;

impl Guest {
    /// Where the order has been before `input` is added; `None` when the input cannot change it.
    pub(super) fn seats_before(&self, order_id: &str, input: &Input, scene: &Scene<'_, '_>) -> Option<Seats> {
        may_move(input).then(|| self.seats(order_id, scene))
    }

    /// Tells each place when the order has come there, or was never there. A party that moved on was at both places.
    pub(super) fn take_seats(&self, order_id: &str, before: Option<Seats>, scene: &mut Scene<'_, '_>) {
        let Some(before) = before else { return };
        let now = self.seats(order_id, scene);
        for (place, seat) in &before {
            if !now.contains_key(place) {
                scene.send(place.clone(), Message::Sits(Seat { gone: true, ..seat.clone() }));
            }
        }
        for (place, seat) in now {
            if before.get(&place) != Some(&seat) {
                scene.send(place, Message::Sits(seat));
            }
        }
    }

    fn seats(&self, order_id: &str, scene: &Scene<'_, '_>) -> Seats {
        let policy: &Policy = scene.context.policy;
        let Some(view) = self.view(order_id, policy) else { return Seats::new() };
        let site = policy.site(view.site_id);
        let seat = Seat {
            guest: scene.key.clone(),
            order_id: order_id.to_owned(),
            from: view.placed.time,
            until: view.visit_ends_at,
            stays: site.party_stays,
            items: view.lines.iter().map(|line| line.item_id.clone()).collect(),
            gone: false,
        };
        let facts = self.orders.get(order_id).into_iter().flat_map(|order| order.facts.effective());
        let locations = facts.filter_map(|news| match news {
            News::Order(event) => event.location.as_deref(),
            News::Delivery(_) | News::Complaint(_) => None,
        });
        locations.map(|location| (EntityKey::place(view.site_id, &site.place(location)), seat.clone())).collect()
    }

    /// A complaint from where this guest was at the time.
    pub(super) fn on_seated(&mut self, input: &Input, told: bool, scene: &mut Scene<'_, '_>) {
        self.on_loose_complaint(input, scene);
        if !told {
            return;
        }
        // somebody looks into it as the complaint of nobody: that ends, for here is whose it is
        let Event::Complaint(complaint) = &input.event else { return };
        let original = complaint.corrects.as_deref().unwrap_or(&complaint.id);
        // here it may be corrected already
        let is_about_it = |said: &&ComplaintEvent| {
            [said.id.as_str(), said.corrects.as_deref().unwrap_or_default()]
                .iter()
                .any(|id| *id == complaint.id || *id == original)
        };
        let bound = self.loose_complaints().filter(is_about_it).find_map(|said| self.bound.get(&said.id));
        if let Some(order_id) = bound {
            let incident_id = ids::incident_of_order(order_id);
            scene.send(EntityKey::complaint(original), Message::Matched { incident_id });
        }
    }

    /// The complaint was laid at the wrong door.
    pub(super) fn on_not_seated(&mut self, source: &str, id: &str, scene: &mut Scene<'_, '_>) {
        let taken = self.loose.take(|fact| fact.source == source && fact.news.id() == id);
        if taken.is_empty() {
            scene.observe(Observation::Duplicate);
            return;
        }
        let bound = self.bound.remove(id);
        if let Some(order_id) = bound {
            self.reconsider_order(&order_id, scene);
        }
        self.rebind_complaints(scene);
        self.reconsider_unbound(scene);
    }
}

/// Only what is said of the order itself moves it; a correction may change anything.
fn may_move(input: &Input) -> bool {
    match &input.event {
        Event::Order(order) => order.location.is_some() || order.corrects.is_some() || order.withdrawn,
        _ => false,
    }
}
