//! What the watch of a site hears of this guest: the orders placed there, and what failed.
//!
//! An incident is told whole, and again only when it says something else. A gesture that the watch holds is chosen anew
//! when it need not wait any more, as everybody else's is.

use super::incident::GestureProgress;
use super::{Guest, Incident, Scene};
use crate::events::{ActionKind, ActionType, Cause, FailureKind, OrderEvent, Responsibility, Shortfall, ids};
use crate::recovery::site::{Failed, OrderSeen};
use crate::recovery::{EntityKey, Message, Observation, Suppression};

impl Guest {
    /// An order was placed: the watch counts it, or one in so many.
    pub(super) fn tell_watch_of_order(placed: &OrderEvent, scene: &mut Scene<'_, '_>) {
        let policy = scene.context.policy;
        let (Some(breaker), Some(site_id)) = (&policy.breaker, &placed.site_id) else { return };
        let weight = breaker.sample.max(1);
        let is_counted = weight == 1 || ids::digest(placed.order_id.as_bytes()).is_multiple_of(u64::from(weight));
        if !is_counted {
            return;
        }
        let expected = policy.touchpoint(placed.touchpoint.as_deref()).expected;
        let due = placed.promised_at.or(expected.map(|expected| placed.time + expected)).unwrap_or(placed.time);
        scene.send(EntityKey::watch(site_id), Message::OrderSeen(OrderSeen { due, weight }));
    }

    /// The watch asks for a gesture that it held: everybody who waited gets the same now.
    pub(super) fn on_gesture_free(&mut self, incident_id: &str, action_id: &str, scene: &mut Scene<'_, '_>) {
        self.with_incident(incident_id, |guest, incident| {
            if incident.gesture != (GestureProgress::Held { action_id: action_id.to_owned() }) {
                return; // it is not wanted any more
            }
            incident.equal_treatment = true;
            guest.restart_gesture(incident, scene);
            guest.conclude(incident, scene);
        });
    }
}

impl Incident {
    /// Tells the watch what failed, before a gesture is asked for.
    pub(super) fn tell_watch(&mut self, scene: &mut Scene<'_, '_>) {
        let Some(site_id) = self.event.site_id.as_deref().filter(|site_id| !site_id.is_empty()) else { return };
        if scene.context.policy.breaker.is_none() {
            return;
        }
        let causes =
            if self.is_retracted() || self.event.history { Vec::new() } else { causes(&self.event.shortfalls) };
        let bytes = postcard::to_stdvec(&causes).expect("invariant: postcard can write what it sends");
        let told = if causes.is_empty() { 0 } else { ids::digest(&bytes) };
        if told == self.told_watch {
            return;
        }
        self.told_watch = told;
        let failed = Failed { guest: scene.key.clone(), incident_id: self.event.id.clone(), causes, at: self.news_at };
        scene.send(EntityKey::watch(site_id), Message::Failed(failed));
    }

    /// The gesture waits, and whoever reads the apology sees why.
    pub(super) fn hold_gesture(&mut self, action_id: String, scene: &mut Scene<'_, '_>) {
        self.gesture = GestureProgress::Held { action_id };
        scene.observe(Observation::Suppressed(Suppression::Held));
        let spoken = [ActionKind::Apology, ActionKind::HumanContact];
        let first = self.actions.iter_mut().find(|action| spoken.contains(&action.kind) && action.state.is_open());
        if let Some(action) = first {
            scene.speaker().revise_action(action, ActionType::Updated, |action| {
                action.decision.facts.insert("gesture".to_owned(), Suppression::Held.name().to_owned());
            });
        }
    }
}

/// What is more than a suspicion or a warning, and not the customer's own doing.
fn causes(shortfalls: &[Shortfall]) -> Vec<Cause> {
    let happened = shortfalls.iter().filter(|shortfall| {
        !shortfall.suspected
            && shortfall.kind != FailureKind::DeliveryPredictedLate
            && shortfall.responsibility != Responsibility::Customer
    });
    let mut causes: Vec<Cause> = happened
        .map(|shortfall| Cause {
            failure: match shortfall.kind {
                FailureKind::NeverConfirmed => FailureKind::DeliveryLate, // until it comes, which changes nothing here
                kind => kind,
            },
            item_id: shortfall.item_id.clone(),
            modifier_id: shortfall.modifier_id.clone(),
            reason: None,
        })
        .collect();
    causes.sort();
    causes.dedup();
    causes
}
