//! The board is a fold of the topics: whatever the order, however often, however late.

use serde_json::json;

use super::*;
use crate::card::Source;

const HOUR: i64 = 3_600_000;

fn action(id: &str, revision: i64, state: &str, after: Option<&str>) -> Card {
    let value = json!({
        "id": id, "revision": revision, "state": state, "kind": "apology", "site_id": "s", "assignee": "waiter",
        "reply_to": "x", "after": after, "time": revision * 1_000, "expires_at": "1970-01-01T02:00:00Z",
        "say": format!("{id} {revision}"),
    });
    Card::parse(Source::Action, Some(b"guest"), value.to_string().as_bytes()).unwrap()
}

fn life() -> Vec<Card> {
    let states = ["open", "accepted", "accepted", "done"];
    let mut records = Vec::new();
    for id in ["a", "b", "c"] {
        for (index, state) in states.iter().enumerate().take(if id == "b" { 2 } else { 4 }) {
            records.push(action(id, index as i64 + 1, state, (id == "c").then_some("b")));
        }
    }
    records
}

/// Everything that a page would be shown, in a fixed order.
fn shown(board: &Board) -> Vec<(String, Value)> {
    let mut shown: Vec<_> = board.cards().map(|card| (card.id.clone(), board.view(card))).collect();
    shown.sort_by(|a, b| a.0.cmp(&b.0));
    shown
}

fn fold(records: impl IntoIterator<Item = Card>) -> Board {
    let mut board = Board::default();
    for record in records {
        board.apply(record);
    }
    board
}

/// Shuffles by a seed, without a crate.
fn shuffled(mut records: Vec<Card>, seed: u64) -> Vec<Card> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for index in (1..records.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        records.swap(index, (state % (index as u64 + 1)) as usize);
    }
    records
}

#[test]
fn shuffled_and_doubled_deliveries_show_the_same() {
    let expected = shown(&fold(life()));
    assert_eq!(expected.len(), 3);
    assert_eq!(expected[1].1["say"], "b 2");
    let mut orders = std::collections::HashSet::new();
    for seed in 1..=500 {
        let records = shuffled([life(), life()].concat(), seed);
        orders.insert(records.iter().map(|card| format!("{}{}", card.id, card.revision)).collect::<String>());
        assert_eq!(shown(&fold(records)), expected, "seed {seed}");
    }
    assert!(orders.len() > 400, "the orders differ: {}", orders.len());
}

#[test]
fn what_was_dropped_does_not_come_back_with_a_late_delivery() {
    for (seed, late) in (1..=50).flat_map(|seed| (0..10).map(move |late| (seed, late))) {
        let records = shuffled(life(), seed);
        let (early, rest) = records.split_at(late);
        let mut board = fold(early.iter().cloned());
        board.drop_old(10 * HOUR, HOUR);
        for record in rest.iter().chain(early) {
            board.apply(record.clone());
        }
        board.drop_old(10 * HOUR, HOUR);
        assert_eq!(shown(&board), [], "seed {seed}, {late} before");
    }
}

#[test]
fn a_newer_revision_of_what_was_dropped_is_news() {
    let mut board = fold([action("a", 1, "open", None)]);
    assert_eq!(board.drop_old(10 * HOUR, HOUR), ["a"]);
    assert_eq!(board.apply(action("a", 1, "open", None)), [""; 0]);
    assert_eq!(board.apply(action("a", 2, "accepted", None)), ["a"]);
}

#[test]
fn what_comes_first_opens_what_comes_after_it() {
    let mut board = fold([action("gesture", 1, "open", Some("apology"))]);
    let must_wait = |board: &Board| board.must_wait(board.card("gesture").unwrap());
    assert!(!must_wait(&board), "an apology that is not for this app holds nothing up");
    assert_eq!(board.apply(action("apology", 1, "open", None)), ["gesture", "apology"]);
    assert!(must_wait(&board));
    assert_eq!(board.apply(action("apology", 2, "accepted", None)), ["apology"], "it still has to be said");
    assert_eq!(board.apply(action("apology", 3, "done", None)), ["gesture", "apology"]);
    assert!(!must_wait(&board));
}

#[test]
fn the_page_is_not_told_what_it_has_no_use_for() {
    let example = include_bytes!("../../../events/recovery-actions.gesture.json");
    let card = Card::parse(Source::Action, None, example).unwrap();
    let view = fold([card.clone()]).view(&card);
    for kept in ["say", "do", "why", "gesture", "alternatives", "due_at", "location"] {
        assert!(!view[kept].is_null(), "{kept}");
    }
    for secret in ["reply_to", "customer_id", "visit_id", "decision"] {
        assert!(view[secret].is_null(), "{secret}");
    }
}

#[test]
fn every_published_example_can_be_read() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let mut read = 0;
    for entry in std::fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let source = match name.split('.').next() {
            Some("recovery-actions") => Source::Action,
            Some("recovery-follow-ups") => Source::FollowUp,
            _ => continue,
        };
        Card::parse(source, None, &std::fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        read += 1;
    }
    assert!(read > 3, "{read}");
}
