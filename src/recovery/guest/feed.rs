//! Silence is believed only where others are heard of: the watch of the site is asked first.
//!
//! While it says that the feed is silent, what was promised is suspected, and asked about again, seldomer the longer it
//! lasts. When the feed is back, or the news would be too old to act on, the silence counts as it stands then.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::deadlines::pending_silence;
use super::{Guest, Order, Scene};
use crate::events::{DeliveryEventType, Event, Input, Millis, OrderEventType, Timestamp};
use crate::policy::{Policy, Tracking};
use crate::recovery::detection::{OrderView, promise};
use crate::recovery::{EntityKey, Message};

/// Who is told to wait asks again after this time, or after a part of the time that it has waited.
const ASK_AGAIN: Millis = Millis::minutes(5);
const PART: i64 = 8;
/// Where news never becomes too old.
const LONGEST: Millis = Millis::days(1);
/// What was confirmed earlier says nothing about now.
const OLD: Millis = Millis::days(1);

/// Orders whose silence is not believed yet, by order id.
pub(super) type Waits = BTreeMap<String, Wait>;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wait {
    /// The silence that is in doubt.
    deadline: Timestamp,
    /// When the watch is asked again; none: it has not answered yet.
    pub ask_at: Option<Timestamp>,
}

impl Guest {
    /// Tells the watch that something was confirmed.
    pub(super) fn tell_watch_of_confirmation(&self, order_id: &str, input: &Input, scene: &mut Scene<'_, '_>) {
        let is_confirmation = match &input.event {
            Event::Order(event) => event.event_type == OrderEventType::Fulfilled && !event.withdrawn,
            Event::Delivery(event) => event.event_type == DeliveryEventType::Delivered && !event.withdrawn,
            _ => false,
        };
        let policy = scene.context.policy;
        if !is_confirmation || policy.feed_watch.is_none() || scene.context.now - input.time() > OLD {
            return;
        }
        let view = self.orders.get(order_id).and_then(|order| OrderView::of(&order.facts, policy));
        if let Some(view) = view.filter(is_watched) {
            scene.send(EntityKey::watch(view.site_id), Message::Confirmed { at: input.time() });
        }
    }

    /// Whether a silence that has passed must wait for the watch, which is asked when it is time.
    pub(super) fn doubts(
        waits: &mut Waits,
        order_id: &str,
        order: &Order,
        deadline: Timestamp,
        scene: &mut Scene<'_, '_>,
    ) -> bool {
        let context = scene.context;
        let question = question(order, deadline, context.now, context.policy);
        let Some((site_id, promised)) = question else {
            waits.remove(order_id);
            return false;
        };
        let before = waits.get(order_id);
        let is_time = before.is_none_or(|wait| wait.ask_at.is_some_and(|at| context.has_passed(at)));
        if is_time {
            waits.insert(order_id.to_owned(), Wait { deadline, ask_at: None });
            let (guest, order_id) = (scene.key.clone(), order_id.to_owned());
            scene.send(EntityKey::watch(&site_id), Message::AskFeed { guest, order_id, promised });
        }
        true
    }

    /// The watch answers.
    pub(super) fn on_feed(&mut self, order_id: &str, lives: bool, scene: &mut Scene<'_, '_>) {
        let Some(wait) = self.feed.get_mut(order_id).filter(|wait| wait.ask_at.is_none()) else { return };
        let deadline = wait.deadline;
        if lives {
            self.feed.remove(order_id);
        } else {
            let now = scene.context.now;
            wait.ask_at = Some(now + ASK_AGAIN.max(Millis((now - deadline).0 / PART)));
        }
        let Some(order) = self.orders.get_mut(order_id) else { return };
        let until = if lives { &mut order.silence.proven_until } else { &mut order.silence.suspected_until };
        *until = (*until).max(Some(deadline));
        self.reconsider_order(order_id, scene);
    }

    /// When silence about an order is next looked at; `None`: the watch has not answered yet.
    pub(super) fn looks_again_at(&self, order_id: &str, silence: Timestamp) -> Option<Timestamp> {
        self.feed.get(order_id).map_or(Some(silence), |wait| wait.ask_at.map(|at| at.max(silence)))
    }

    /// Lets go of what nobody waits for any more.
    pub(super) fn forget_waits(&mut self, policy: &Policy) {
        self.feed.retain(|id, _| self.orders.get(id).is_some_and(|order| pending_silence(order, policy).is_some()));
    }
}

/// Which site's watch knows, and when the order was promised; `None`: the silence is believed.
fn question(order: &Order, deadline: Timestamp, now: Timestamp, policy: &Policy) -> Option<(String, Timestamp)> {
    policy.feed_watch.as_ref()?;
    let view = OrderView::of(&order.facts, policy)?;
    let is_heard_of = view.settled_at.is_some() || !view.fulfilments.is_empty() || view.parcels.arrived() > 0;
    let longest = view.touchpoint.max_action_age.unwrap_or(LONGEST);
    let is_too_old = now - deadline >= longest;
    if !is_watched(&view) || is_heard_of || is_too_old || promise::is_announced_late(&view) {
        return None;
    }
    Some((view.site_id.to_owned(), view.promise?))
}

fn is_watched(view: &OrderView<'_>) -> bool {
    view.touchpoint.tracking != Tracking::None && !view.site_id.is_empty()
}
