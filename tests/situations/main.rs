//! What may come after, before or instead of the plain story, and what should come of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../play/mod.rs"]
mod play;

mod approval;
mod bills;
mod choices;
mod complaints;
mod delivery;
mod detection;
mod fairness;
mod follow_ups;
mod gestures;
mod gifts;
mod guards;
mod hours;
mod outcomes;
mod profiles;
mod recall;
mod waiting;
mod waits;
mod words;

use play::{Play, day, order};
use serde_json::{Value, json};
use service_recovery::events::{
    ActionKind, ActionState, Contract, FailureKind, FollowUpType, IncidentStatus, Millis, RemedyKind, Severity, ids,
};
use service_recovery::policy::{Policy, Reporting, Tracking};

/// An order at the pool bar, with a promise.
fn promised(play: &mut Play, order_id: &str, promised_at: &str) {
    play.event(
        Contract::Orders,
        &day(0, "13:00"),
        json!({"type": "placed", "order_id": order_id, "customer_id": "c-1", "site_id": "strandhotellet",
            "touchpoint": "pool_bar", "party_size": 2, "currency": "DKK", "promised_at": promised_at,
            "lines": [order::salads(), espresso()]}),
    );
}

fn espresso() -> Value {
    json!({"line_id": "2", "item_id": "espresso", "name": "espresso", "quantity": 1, "unit_price_minor": 3_200})
}

/// Salads without dressing, found at 13:20.
fn bare_salads(play: &mut Play) {
    play.habits();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
}

fn any_age(policy: &mut Policy) {
    policy.default_touchpoint.max_action_age = None;
    policy.touchpoints.values_mut().for_each(|touchpoint| touchpoint.max_action_age = None);
}

fn tracking(policy: &mut Policy, tracking: Tracking) {
    policy.touchpoints.get_mut("pool_bar").unwrap().tracking = tracking;
}

fn reporting(policy: &mut Policy, reporting: Reporting) {
    policy.touchpoints.get_mut("pool_bar").unwrap().reporting = reporting;
}
