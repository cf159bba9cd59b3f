//! The encoding of state: records that an earlier build wrote are read as what they were.
//!
//! `tests/fixtures/state-v<version>` hold records and what they mean. When the encoding changes on purpose, the version
//! byte is raised (once a release), the old fixtures stay, and `UPDATE_FIXTURES=1 cargo test --test state` writes those
//! of the new version.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod play;

use std::fs;
use std::path::{Path, PathBuf};

use play::{Play, day, order};
use serde_json::{Value, json};
use service_recovery::events::{ActionKind, Contract};
use service_recovery::recovery::{Entity, EntityKey};

/// The version that this program writes.
const NEWEST: u8 = 4;

/// The entities of a small story in which every part of the state is used.
fn entities() -> Vec<(&'static str, EntityKey, Entity)> {
    let mut play = Play::hotel_with(|policy| policy.insights.threshold = 2);
    play.profile(&day(-2, "12:00"), json!({"name": "Ms Berg", "language": "sv", "allergies": ["milk"]}));
    play.habits();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let thanks = json!({"status": "declined", "declined_by": "guest"});
    play.answer(ActionKind::Gesture, &day(0, "13:30"), thanks);
    play.remark(&day(0, "13:32"), json!({"order_id": "o-salads", "apologised": true, "text": "no dressing"}));
    play.order("o-second", &day(0, "20:00"), &[order::smoothies()]);
    play.fulfilled("o-second", &day(0, "20:40"), json!({}));
    play.remark(&day(0, "20:50"), json!({"site_id": "strandhotellet", "text": "and it is cold"}));
    let companions = json!({"type": "changed", "order_id": "o-second", "customer_id": "c-1", "visit_id": "v-1",
        "guest_ids": ["c-2"]});
    play.event(Contract::Orders, &day(0, "20:52"), companions);
    let own = json!({"order_id": "o-second", "status": "done", "kind": "apology"});
    play.event(Contract::RecoveryOutcomes, &day(0, "20:53"), own);
    let from_the_sunbed = json!({"site_id": "strandhotellet", "location": "sunbed 14", "text": "hello"});
    play.event(Contract::Complaints, &day(0, "20:54"), from_the_sunbed);
    let parked = json!({"type": "delivered", "order_id": "o-nobody-knows"});
    play.event(Contract::DeliveryDelays, &day(0, "20:55"), parked);
    let lost = |order_id: &str| json!({"type": "lost", "order_id": order_id, "customer_id": "c-1", "carrier": "bud"});
    for order_id in ["o-lost-1", "o-lost-2"] {
        play.order(order_id, &day(0, "21:00"), &[order::smoothies()]);
        play.event(Contract::DeliveryDelays, &day(0, "21:05"), lost(order_id));
    }
    let of = |name, key: EntityKey| {
        let entity = play.entity(&key).unwrap_or_else(|| panic!("{key} is not there"));
        (name, key, entity)
    };
    vec![
        of("guest", EntityKey::customer("c-1")),
        of("order-index", EntityKey::order_index("o-salads")),
        of("order-index-parked", EntityKey::order_index("o-nobody-knows")),
        of("site", EntityKey::site("strandhotellet")),
        of("visit", EntityKey::visit("v-1")),
        of("companion", EntityKey::customer("c-2")),
        of("place", EntityKey::place("strandhotellet", "sunbed 14")),
        of("carrier", EntityKey::carrier("bud")),
    ]
}

fn fixture(version: u8, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/state-v{version}")).join(name)
}

/// Writes the fixtures of the present version, when that is asked for.
fn update(version: u8) {
    if version != NEWEST || std::env::var_os("UPDATE_FIXTURES").is_none() {
        return;
    }
    fs::create_dir_all(fixture(version, "")).unwrap();
    for (name, _, entity) in entities() {
        fs::write(fixture(version, &format!("{name}.bin")), entity.encode()).unwrap();
        let meaning = serde_json::to_string_pretty(&entity).unwrap() + "\n";
        fs::write(fixture(version, &format!("{name}.json")), meaning).unwrap();
    }
}

#[rstest::rstest]
fn records_of_every_version_mean_what_they_meant(#[values(1, 2, 3, NEWEST)] version: u8) {
    update(version);
    for (name, key, _) in entities() {
        let Ok(bytes) = fs::read(fixture(version, &format!("{name}.bin"))) else {
            assert!(version < NEWEST, "{name} has no fixture: UPDATE_FIXTURES=1 writes it");
            continue; // there was no such entity yet
        };
        assert_eq!(bytes[0], version, "{name}");
        let expected = fs::read_to_string(fixture(version, &format!("{name}.json"))).unwrap();
        let read = Entity::decode(&key, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let meaning = serde_json::to_string_pretty(&read).unwrap() + "\n";
        if version == NEWEST {
            assert!(meaning == expected, "{name} is read as something else: compare {meaning}");
            assert!(read.encode() == bytes, "{name} is written differently");
        } else {
            let parsed = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
            assert_only_adds(&renamed(parsed(&expected)), &parsed(&meaning), name);
        }
        assert!(Entity::decode(&key, &read.encode()).unwrap() == read, "{name} is not written as it was read");
    }
}

/// A time to ask again was a duration once: version 3 has another name for it.
fn renamed(mut value: Value) -> Value {
    if let Some(incidents) = value.pointer_mut("/Guest/incidents").and_then(Value::as_object_mut) {
        for incident in incidents.values_mut().filter_map(Value::as_object_mut) {
            let Some(after) = incident.remove("follow_up_after") else { continue };
            let again = if after.is_null() { after } else { json!({"After": after}) };
            incident.insert("ask_again".to_owned(), again);
        }
    }
    value
}

/// What is read has the same fields with the same values, and new fields that say nothing yet.
fn assert_only_adds(before: &Value, now: &Value, name: &str) {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            for (field, value) in now {
                match before.get(field) {
                    Some(meant) => assert_only_adds(meant, value, &format!("{field} of {name}")),
                    None => assert!(says_nothing(value), "{field} of {name} is new and not empty: {value}"),
                }
            }
            let lost: Vec<&String> = before.keys().filter(|field| now.get(*field).is_none()).collect();
            assert!(lost.is_empty(), "{name} has lost {lost:?}");
        }
        (Value::Array(before), Value::Array(now)) => {
            assert_eq!(before.len(), now.len(), "{name} is read as something else");
            for (index, (before, now)) in before.iter().zip(now).enumerate() {
                assert_only_adds(before, now, &format!("{index} of {name}"));
            }
        }
        _ => assert_eq!(before, now, "{name} is read as something else"),
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.values().all(says_nothing),
    }
}

#[test]
fn a_record_that_is_cut_or_too_long_or_newer_is_refused() {
    for (name, key, entity) in entities() {
        let bytes = entity.encode();
        let padded = [bytes.as_slice(), &[0]].concat();
        let newer = [&[NEWEST + 1], &bytes[1..]].concat();
        for broken in [&bytes[..bytes.len() - 1], &padded, &newer, &[], &bytes[..1]] {
            assert!(Entity::decode(&key, broken).is_err(), "{name}: {} bytes", broken.len());
        }
    }
}

#[test]
fn what_is_written_is_read_back() {
    for (name, key, entity) in entities() {
        assert_eq!(Entity::decode(&key, &entity.encode()).unwrap(), entity, "{name}");
    }
}
