//! Guests who are not known by name, or not yet: tables, stays, companions, and customers entered twice.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../play/mod.rs"]
mod play;

mod amends;
mod deviations;
mod links;
mod parties;
mod places;

use play::{Play, day, order};
use serde_json::{Value, json};
use service_recovery::events::{ActionKind, ActionState, Contract, FailureKind, IncidentStatus, ids};
use service_recovery::recovery::EntityKey;

/// An event of an order at the restaurant; what it names of its guest is in `fields`.
fn order_event(play: &mut Play, kind: &str, order_id: &str, time: &str, fields: Value) {
    let mut value = json!({"type": kind, "order_id": order_id});
    if kind == "placed" {
        value["site_id"] = json!("strandhotellet");
        value["touchpoint"] = json!("pool_bar");
        value["currency"] = json!("DKK");
        value["lines"] = json!([order::salads()]);
    }
    value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    play.event(Contract::Orders, time, value);
}

fn complaint(play: &mut Play, time: &str, fields: Value) {
    play.event(Contract::Complaints, time, fields);
}

/// Salads come without dressing.
fn bare(play: &mut Play, order_id: &str, time: &str, fields: Value) {
    let mut value = json!({"completes": true, "lines": [order::bare_salads()]});
    value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    order_event(play, "fulfilled", order_id, time, value);
}
