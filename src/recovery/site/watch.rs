//! The watch of a site: how many orders it has, whether many guests fail of one cause at once, and whether what comes is
//! still heard of.
//!
//! It is an entity beside the site, so that what is heard of every order touches a small record. Requests for gestures
//! come through it: those that need not wait go on to the site.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::breaker::{Breaker, Extent, Held};
use super::calls::{Call, Calls};
use super::feed::{Feed, Verdict};
use super::orders::Orders;
use super::{GestureAnswer, GestureRequest};
use crate::events::{Cause, Event, Input, OutcomeStatus, Severity, Timestamp, ids};
use crate::policy::Policy;
use crate::recovery::{Context, Effects, EntityKey, Envelope, Message, Observation, Suppression};

/// Guest to watch: an order that was placed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSeen {
    /// When it is promised, else when it was placed.
    pub due: Timestamp,
    /// It stands for so many.
    pub weight: u32,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Watch {
    orders: Orders,
    breaker: Breaker,
    calls: Calls,
    feed: Feed,
}

impl Watch {
    pub(in crate::recovery) fn handle(
        &mut self,
        key: &EntityKey,
        message: Message,
        context: &Context<'_>,
        effects: &mut Effects,
    ) {
        match message {
            Message::OrderSeen(seen) => {
                if let Some(policy) = &context.policy.breaker {
                    self.orders.add(seen.due, seen.weight, context.now, policy.orders_within);
                }
            }
            Message::Failed(failed) => {
                let Some(policy) = &context.policy.breaker else { return };
                let orders = self.orders.about(context.now, policy.orders_within);
                for (cause, extent) in self.breaker.on_failed(&failed, orders, policy, context.now) {
                    self.begin(key, cause, extent, context, effects);
                }
            }
            Message::RequestGesture(request) => self.on_request(key, request, effects),
            Message::Confirmed { at } => {
                if context.policy.feed_watch.is_some() {
                    self.feed.on_confirmed(at, context.now);
                }
            }
            Message::AskFeed { guest, order_id, promised } => {
                let lives = self.is_feed_alive(key, &order_id, promised, context, effects);
                let message = Message::FeedLives { order_id, lives };
                effects.messages.push(Envelope { to: guest, hops: 1, message });
            }
            Message::Input(input) => self.on_input(key, &input, context, effects),
            _ => debug_assert!(false, "a watch never gets such a message"),
        }
    }

    /// Staff answer a call. Whoever says that it was a false alarm vouches for the feed.
    fn on_input(&mut self, key: &EntityKey, input: &Input, context: &Context<'_>, effects: &mut Effects) {
        let Event::Outcome(outcome) = &input.event else { return };
        let Some(call) = self.calls.on_outcome(key, outcome, context, &mut effects.outputs) else {
            effects.observations.push(Observation::UnmatchedOutcome);
            return;
        };
        let is_denied = outcome.status == OutcomeStatus::FalseAlarm && !outcome.withdrawn;
        if is_denied && self.feed.vouch(&call) {
            effects.observations.push(Observation::FeedBack);
        }
    }

    /// Whether anything is heard of other orders than this one. One person is called when it is not.
    fn is_feed_alive(
        &mut self,
        key: &EntityKey,
        order_id: &str,
        promised: Timestamp,
        context: &Context<'_>,
        effects: &mut Effects,
    ) -> bool {
        let Some(policy) = &context.policy.feed_watch else { return true };
        self.end_silence(key, context, effects);
        match self.feed.on_unheard(ids::digest(order_id.as_bytes()), promised, policy, context.now) {
            Verdict::Lives => true,
            Verdict::Silent => false,
            Verdict::HasFallenSilent { since, orders } => {
                effects.observations.push(Observation::FeedSilent);
                let site = context.policy.site(key.id());
                let clock = site.time_zone.to_datetime(since.to_jiff()).strftime("%H:%M").to_string();
                let facts = BTreeMap::from([("since", clock), ("orders", orders.to_string())]);
                let (occasion, authority, severity) = (since.to_string(), policy.authority, Severity::Major);
                let call = Call { about: "feed_silent", occasion: &occasion, authority, severity, facts };
                let call = self.calls.place(key, &call, context, &mut effects.outputs);
                self.feed.begin(since, call);
                false
            }
        }
    }

    fn end_silence(&mut self, key: &EntityKey, context: &Context<'_>, effects: &mut Effects) {
        let policy = context.policy.feed_watch.as_ref();
        if let Some(call) = self.feed.fire(policy, |deadline| context.has_passed(deadline)) {
            effects.observations.push(Observation::FeedBack);
            self.calls.withdraw(&call, key, context.now, &mut effects.outputs);
        }
    }

    fn on_request(&mut self, key: &EntityKey, request: GestureRequest, effects: &mut Effects) {
        let (to, message) = if self.breaker.hold(&request) {
            let GestureRequest { guest, incident_id, action_id, .. } = request;
            let refused = Some(Suppression::Held);
            (guest, Message::GestureAnswer(GestureAnswer { incident_id, action_id, refused }))
        } else {
            (EntityKey::site(key.id()), Message::RequestGesture(request))
        };
        effects.messages.push(Envelope { to, hops: 1, message });
    }

    /// From now on gestures for this cause wait, and one person is called.
    fn begin(&mut self, key: &EntityKey, cause: Cause, extent: Extent, context: &Context<'_>, effects: &mut Effects) {
        effects.observations.push(Observation::BreakerOpened);
        let policy = context.policy;
        let Some(breaker) = &policy.breaker else { return };
        let languages = [policy.site(key.id()).language.as_str()];
        let name = cause
            .item_id
            .as_deref()
            .map(|item_id| policy.catalogue.name(key.id(), item_id, &languages).unwrap_or(item_id).to_owned());
        let what = policy.phrases.render(
            &languages,
            &format!("failure.{}", cause.failure.name()),
            BTreeMap::from([("name", name)]),
        );
        let facts = BTreeMap::from([
            ("what", what.0),
            ("failure", cause.failure.name().to_owned()),
            ("guests", extent.guests.to_string()),
            ("orders", extent.orders.to_string()),
        ]);
        let occasion = format!("{} {}", cause.failure.name(), context.now);
        let (authority, severity) = (breaker.authority, Severity::Major);
        let call = Call { about: "many_at_once", occasion: &occasion, authority, severity, facts };
        let call = self.calls.place(key, &call, context, &mut effects.outputs);
        self.breaker.begin(cause, call, context.now);
    }

    pub(in crate::recovery) fn next_deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let breaker = policy.breaker.as_ref();
        let of_orders = breaker.map_or(Some(Timestamp::MIN), |policy| self.orders.forget_at(policy.orders_within));
        let of_orders = of_orders.filter(|_| !self.orders.is_empty());
        let of_feed = self.feed.next_deadline(policy.feed_watch.as_ref());
        let of_calls = self.calls.next_deadline();
        [of_orders, self.breaker.next_deadline(breaker), of_calls, of_feed].into_iter().flatten().min()
    }

    pub(in crate::recovery) fn fire(&mut self, key: &EntityKey, context: &Context<'_>, effects: &mut Effects) {
        let Some(safe) = context.safe else { return };
        let policy = context.policy.breaker.as_ref();
        match policy {
            Some(policy) => self.orders.forget(safe, policy.orders_within),
            None => self.orders = Orders::default(),
        }
        let (ended, free) = self.breaker.fire(policy, |deadline| context.has_passed(deadline));
        for open in ended {
            effects.observations.push(Observation::BreakerClosed);
            self.calls.withdraw(&open.call, key, context.now, &mut effects.outputs);
        }
        for Held { guest, incident_id, action_id } in free {
            let message = Message::GestureFree { incident_id, action_id };
            effects.messages.push(Envelope { to: guest, hops: 1, message });
        }
        self.end_silence(key, context, effects);
        self.calls.fire(key, context, &mut effects.outputs);
    }

    pub(in crate::recovery) fn is_empty(&self) -> bool {
        self.orders.is_empty() && self.breaker.is_empty() && self.calls.is_empty() && self.feed.is_empty()
    }
}
