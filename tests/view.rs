//! What look-ups show is what the decisions rest on: at every moment of an evening, and nothing that it should not.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the message")]

mod play;

use play::{Play, at, day, order};
use serde_json::{Value, json};
use service_recovery::events::{ActionKind, Contract};
use service_recovery::policy::presets;
use service_recovery::recovery::EntityKey;
use service_recovery::recovery::view::{self, Moment};

/// As the HTTP face shows it, nulls included.
fn guest(play: &Play, key: &EntityKey) -> Value {
    let policy = presets::hotel().unwrap();
    let moment = Moment { now: play.now(), safe: None, policy: &policy };
    serde_json::to_value(view::guest(key, &play.entity(key).unwrap(), moment).unwrap()).unwrap()
}

fn order_of(play: &Play, key: &EntityKey, order_id: &str) -> Value {
    let policy = presets::hotel().unwrap();
    let moment = Moment { now: play.now(), safe: None, policy: &policy };
    serde_json::to_value(view::order(key, order_id, &play.entity(key).unwrap(), moment).unwrap()).unwrap()
}

fn anna() -> EntityKey {
    EntityKey::customer("c-1")
}

#[test]
fn a_promise_is_pending_then_broken_then_put_right() {
    let mut play = Play::hotel();
    play.habits();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    let pending = order_of(&play, &anna(), "o-salads");
    assert_eq!((&pending["findings"], &pending["incident"]), (&json!([]), &Value::Null));
    let judged_at = at(pending["judged_at"].as_str().unwrap());
    assert!(judged_at >= at(pending["promised_at"].as_str().unwrap()), "{pending}");
    assert_eq!(pending["forgotten_at"], Value::Null);

    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let broken = order_of(&play, &anna(), "o-salads");
    let kinds: Vec<&Value> = broken["findings"].as_array().unwrap().iter().map(|finding| &finding["kind"]).collect();
    assert_eq!(kinds, ["item_partial", "item_partial"]);
    assert_eq!((&broken["judged_at"], &broken["settled_at"]), (&Value::Null, &json!("2026-06-03T11:20:00Z")));
    assert_eq!(broken["incident"]["gesture"], json!({"state": "proposed", "suppressed_because": null}));
    assert_eq!(broken["incident"]["incident"]["id"], play.only_incident().id);

    let seen = guest(&play, &anna());
    assert_eq!(seen["open_incidents"][0]["actions"].as_array().unwrap().len(), 2);
    assert_eq!(seen["habits"][0]["item_id"], "strawberry-smoothie");
    let shown = play.only(ActionKind::Gesture).gesture.unwrap();
    assert_eq!(seen["habits"][0]["strength"].as_f64(), shown.strength, "as the decision saw it");

    play.answer(ActionKind::Apology, &day(0, "13:25"), json!({"status": "done"}));
    let seen = guest(&play, &anna());
    let open: Vec<&Value> =
        seen["open_incidents"][0]["actions"].as_array().unwrap().iter().map(|action| &action["kind"]).collect();
    assert_eq!(open, ["gesture"], "what is done is no longer open");
    assert_eq!(order_of(&play, &anna(), "o-salads")["incident"]["actions"].as_array().unwrap().len(), 2);
}

#[test]
fn a_correction_and_what_it_corrects_are_both_shown_and_only_one_holds() {
    let mut play = Play::hotel();
    play.order("o-1", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-1", &day(0, "13:20"), json!({"id": "f1", "completes": true, "lines": [order::bare_salads()]}));
    play.fulfilled("o-1", &day(0, "13:20"), json!({"id": "f2", "corrects": "f1", "completes": true}));
    let seen = order_of(&play, &anna(), "o-1");
    let facts: Vec<(&str, bool)> = seen["facts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| (fact["event"]["id"].as_str().unwrap(), fact["holds"].as_bool().unwrap()))
        .collect();
    assert_eq!(facts, [("e1", true), ("f1", false), ("f2", true)]);
    assert_eq!(seen["findings"], json!([]));
}

#[test]
fn why_there_is_no_gesture_is_shown() {
    let mut play = Play::hotel_with(|policy| policy.gestures.guest_count = Some(0));
    play.order("o-1", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-1", &day(0, "13:20"), json!({}));
    play.remark(&day(0, "13:30"), json!({"order_id": "o-1", "failure": "item_partial", "item_id": "salad"}));
    let seen = order_of(&play, &anna(), "o-1");
    assert_eq!(seen["incident"]["gesture"], json!({"state": "suppressed", "suppressed_because": "cap_guest_window"}));
}

#[test]
fn habits_of_who_objected_or_was_erased_are_not_shown() {
    let mut play = Play::hotel();
    play.habits();
    assert_eq!(guest(&play, &anna())["habits"].as_array().unwrap().len(), 1);
    play.profile(&day(0, "10:00"), json!({"profiling": false, "allergies": ["nuts"]}));
    let seen = guest(&play, &anna());
    assert_eq!((&seen["habits"], &seen["profile"]["declared"]["allergies"]), (&json!([]), &json!(["nuts"])));
    play.erase(&day(0, "10:01"));
    assert!(play.entity(&anna()).is_none(), "nothing is left to look at");
    play.order("o-1", &day(0, "13:00"), &[order::salads()]);
    let seen = guest(&play, &anna());
    assert_eq!((&seen["habits"], &seen["profile"]["erased"]), (&json!([]), &json!(true)));
    assert!(!seen.to_string().contains("nuts"));
}

#[test]
fn a_visit_that_became_a_customer_says_so() {
    let mut play = Play::hotel();
    let placed = |fields: Value| {
        let mut event = json!({"type": "placed", "site_id": "strandhotellet", "touchpoint": "pool_bar",
            "visit_id": "v-9", "lines": [order::salads()]});
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        event
    };
    play.event(Contract::Orders, &day(0, "12:00"), placed(json!({"order_id": "o-1"})));
    let visit = EntityKey::visit("v-9");
    assert_eq!(guest(&play, &visit)["became"], Value::Null);
    play.event(Contract::Orders, &day(0, "12:30"), placed(json!({"order_id": "o-2", "customer_id": "c-1"})));
    assert_eq!(guest(&play, &visit)["became"], "c:c-1");
    let customer = guest(&play, &anna());
    assert_eq!(customer["also_known_as"], json!(["v:v-9"]));
    let orders: Vec<&Value> = customer["orders"].as_array().unwrap().iter().map(|order| &order["order_id"]).collect();
    assert_eq!(orders, ["o-1", "o-2"]);
}

#[test]
fn an_entity_is_only_seen_as_what_it_is() {
    let mut play = Play::hotel();
    play.order("o-1", &day(0, "13:00"), &[order::salads()]);
    let policy = presets::hotel().unwrap();
    let moment = Moment { now: play.now(), safe: None, policy: &policy };
    let key = EntityKey::order_index("o-1");
    let index = play.entity(&key).unwrap();
    assert!(view::guest(&key, &index, moment).is_none() && view::order(&key, "o-1", &index, moment).is_none());
    assert_eq!(view::index("o-1", &index, moment).unwrap().owner, Some(anna()));
    let customer = play.entity(&anna()).unwrap();
    assert!(view::index("o-1", &customer, moment).is_none());
    assert!(view::order(&anna(), "o-2", &customer, moment).is_none());
}
