//! What a site sees that no guest sees: budgets, failures of many at once, feeds that fall silent.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../play/mod.rs"]
mod play;

mod budgets;
mod external;
mod feed;
mod many;
mod promises;

use std::collections::BTreeMap;
use std::sync::Arc;

use play::{Play, at, day, order};
use serde_json::{Value, json};
use service_recovery::events::{ActionKind, ActionState, Contract, Millis, RecoveryAction};
use service_recovery::policy::Policy;

const SITE: &str = "strandhotellet";

/// A moment so many minutes after 12:00 on day 0.
fn minute(minutes: i64) -> String {
    (at(&day(0, "12:00")) + Millis::minutes(minutes)).to_string()
}

fn dkk(minor: i64) -> BTreeMap<String, i64> {
    BTreeMap::from([("DKK".to_owned(), minor)])
}

/// A hotel whose policy is edited at every site.
fn hotel(edit: impl FnOnce(&mut Policy)) -> Arc<Policy> {
    let mut policy = service_recovery::policy::presets::hotel().unwrap();
    edit(&mut policy);
    let default = policy.default_site.clone();
    policy.sites.values_mut().for_each(|site| *site = default.clone());
    Arc::new(policy)
}

/// A guest of their own orders salads at the pool bar.
fn placed(play: &mut Play, guest: &str, minutes: i64, fields: Value) {
    let mut value = json!({"id": format!("{guest}-placed"), "time": minute(minutes), "type": "placed",
        "order_id": format!("o-{guest}"), "customer_id": guest, "site_id": SITE, "touchpoint": "pool_bar",
        "currency": "DKK", "lines": [order::salads()]});
    value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    play.event_as_is(Contract::Orders, value);
}

fn fulfilled(play: &mut Play, guest: &str, minutes: i64, fields: Value) {
    let mut value = json!({"id": format!("{guest}-fulfilled-{minutes}"), "time": minute(minutes), "type": "fulfilled",
        "order_id": format!("o-{guest}"), "customer_id": guest});
    value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    play.event_as_is(Contract::Orders, value);
}

/// The salads come without anything on them.
fn let_down(play: &mut Play, guest: &str, minutes: i64) {
    placed(play, guest, minutes - 10, json!({}));
    fulfilled(play, guest, minutes, json!({"completes": true, "lines": [order::bare_salads()]}));
}

fn of_guest(play: &Play, kind: ActionKind, guest: &str) -> Vec<RecoveryAction> {
    let is_theirs = |action: &RecoveryAction| action.customer_id.as_deref() == Some(guest);
    play.actions(kind).into_iter().filter(is_theirs).collect()
}

/// The calls of the site itself, about nobody in particular.
fn calls(play: &Play, about: &str) -> Vec<RecoveryAction> {
    let is_call = |action: &RecoveryAction| action.customer_id.is_none() && action.decision.rule == about;
    play.actions(ActionKind::HumanContact).into_iter().filter(is_call).collect()
}

/// Why a guest was offered nothing.
fn reason(play: &Play, guest: &str) -> Option<String> {
    let apologies = of_guest(play, ActionKind::Apology, guest);
    apologies.first().and_then(|apology| apology.decision.facts.get("no_gesture").cloned())
}
