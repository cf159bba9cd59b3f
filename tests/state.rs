//! The encoding of state: records that an earlier build wrote are read as what they were.
//!
//! `tests/fixtures/state-v1` holds records and what they mean. When the encoding changes on purpose, the version byte is
//! raised, the old fixtures stay, and `UPDATE_FIXTURES=1 cargo test --test state` writes those of the new version.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod play;

use std::fs;
use std::path::{Path, PathBuf};

use play::{Play, day, order};
use serde_json::json;
use service_recovery::events::{ActionKind, Contract};
use service_recovery::recovery::{Entity, EntityKey};

/// The entities of a small story in which every part of the state is used.
fn entities() -> Vec<(&'static str, EntityKey, Entity)> {
    let mut play = Play::hotel();
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
    let parked = json!({"type": "delivered", "order_id": "o-nobody-knows"});
    play.event(Contract::DeliveryDelays, &day(0, "20:55"), parked);
    let of = |name, key: EntityKey| {
        let entity = play.entity(&key).unwrap();
        (name, key, entity)
    };
    vec![
        of("guest", EntityKey::customer("c-1")),
        of("order-index", EntityKey::order_index("o-salads")),
        of("order-index-parked", EntityKey::order_index("o-nobody-knows")),
        of("site", EntityKey::site("strandhotellet")),
    ]
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state-v1").join(name)
}

#[test]
fn records_of_this_version_mean_what_they_meant() {
    for (name, key, entity) in entities() {
        let (record, meaning) = (fixture(&format!("{name}.bin")), fixture(&format!("{name}.json")));
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::write(&record, entity.encode()).unwrap();
            fs::write(&meaning, serde_json::to_string_pretty(&entity).unwrap() + "\n").unwrap();
        }
        let bytes = fs::read(&record).unwrap();
        let expected = fs::read_to_string(&meaning).unwrap();
        let read = Entity::decode(&key, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(serde_json::to_string_pretty(&read).unwrap() + "\n", expected, "{name} is read as something else");
        assert_eq!(read.encode(), bytes, "{name} is written differently");
    }
}

#[test]
fn what_is_written_is_read_back() {
    for (name, key, entity) in entities() {
        assert_eq!(Entity::decode(&key, &entity.encode()).unwrap(), entity, "{name}");
    }
}
