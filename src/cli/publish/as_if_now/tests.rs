//! The plan of a play: when each event is sent, and what its instants say then.

use serde_json::json;

use super::*;

const MOMENT: &str = "2026-06-03T17:00:00+02:00";
const START: &str = "2027-01-10T09:00:00Z";

fn instant(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn order(order_id: &str, kind: &str, time: &str, promised_at: Option<&str>) -> Recorded {
    let mut value = json!({"id": kind, "time": time, "type": kind, "order_id": order_id});
    if let Some(promised_at) = promised_at {
        value["promised_at"] = promised_at.into();
    }
    Recorded { topic: "orders".to_owned(), key: None, value: Some(to_raw_value(&value).unwrap()), timestamp: None }
}

/// Of each event in the order of sending: seconds after the start, and its value.
fn played(speed: f64, events: Vec<Recorded>) -> Vec<(i64, Value)> {
    let play = AsIfNow { moment: None, speed };
    let events = events.into_iter().map(|event| (event, ())).collect();
    let planned = play.plan(events, instant(MOMENT), instant(START)).unwrap();
    let seconds = |at: Timestamp| (at - instant(START)).as_seconds();
    planned
        .into_iter()
        .map(|event| (seconds(event.at), serde_json::from_str(event.recorded.value.unwrap().get()).unwrap()))
        .collect()
}

#[test]
fn at_the_recorded_speed_everything_is_moved_by_the_same() {
    let events = vec![
        order("A", "placed", "2026-06-03T17:10:00+02:00", Some("2026-06-03T17:30:00+02:00")),
        order("B", "placed", "2026-06-03T17:11:00+02:00", None),
        order("A", "fulfilled", "2026-06-03T17:50:00+02:00", None),
    ];
    let played = played(1.0, events);
    assert_eq!(played.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [600, 660, 3_000]);
    assert_eq!(played[0].1["time"], "2027-01-10T09:10:00Z");
    assert_eq!(played[0].1["promised_at"], "2027-01-10T09:30:00Z");
    assert_eq!(played[2].1["time"], "2027-01-10T09:50:00Z");
}

#[test]
fn faster_the_events_of_an_order_keep_their_distances() {
    let events = vec![
        order("A", "placed", "2026-06-03T17:20:00+02:00", Some("2026-06-03T18:05:00+02:00")),
        order("B", "placed", "2026-06-03T17:30:00+02:00", None),
        order("A", "fulfilled", "2026-06-03T18:23:00+02:00", None),
    ];
    let played = played(60.0, events);
    assert_eq!(played.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [20, 30, 83]);
    let time = |index: usize, name: &str| instant(played[index].1[name].as_str().unwrap());
    assert_eq!(time(2, "time"), instant(START) + Millis::seconds(83), "the last one happens when it is sent");
    assert_eq!((time(2, "time") - time(0, "time")).as_seconds(), 63 * 60);
    assert_eq!((time(2, "time") - time(0, "promised_at")).as_seconds(), 18 * 60, "still 18 minutes late");
    for (at, value) in &played {
        let time = instant(value["time"].as_str().unwrap());
        assert!(time <= instant(START) + Millis::seconds(*at), "no event is sent before it happens: {value}");
    }
}

#[test]
fn what_came_before_is_sent_at_once_as_long_ago_as_it_was() {
    let events = vec![
        order("today", "placed", "2026-06-03T17:01:00+02:00", None),
        order("habit", "placed", "2026-06-01T12:30:00+02:00", None),
        order("habit", "fulfilled", "2026-06-01T12:44:00+02:00", None),
        // under way at the moment: it ends in the play
        order("open", "placed", "2026-06-03T16:50:00+02:00", None),
        order("open", "fulfilled", "2026-06-03T17:10:00+02:00", None),
    ];
    let played = played(10.0, events);
    let order = |at: i64, id: &str| {
        let found = played.iter().find(|(sent, value)| *sent == at && value["order_id"] == id);
        instant(found.unwrap_or_else(|| panic!("{id} at {at}: {played:?}")).1["time"].as_str().unwrap())
    };
    let before = instant(MOMENT) - instant("2026-06-01T12:30:00+02:00");
    assert_eq!(order(0, "habit"), instant(START) - before);
    assert_eq!(order(60, "open"), instant(START) + Millis::seconds(60));
    assert_eq!(order(0, "open"), instant(START) + Millis::seconds(60) - Millis::minutes(20));
    assert_eq!(played.last().unwrap().0, 60);
}

#[test]
fn the_promise_of_an_order_of_which_nothing_is_heard_falls_into_the_play() {
    let placed = order("A", "placed", "2026-06-03T17:10:00+02:00", Some("2026-06-03T17:40:00+02:00"));
    let played = played(60.0, vec![placed]);
    assert_eq!((played[0].0, &played[0].1["promised_at"]), (10, &json!("2027-01-10T09:00:40Z")));
}

#[test]
fn milliseconds_stay_milliseconds_and_erasures_move_by_their_record() {
    let value = json!({"id": "1", "time": instant(MOMENT).as_millis(), "score": 9});
    let number = Recorded { topic: "t".into(), key: None, value: Some(to_raw_value(&value).unwrap()), timestamp: None };
    let erasure = Recorded { topic: "t".into(), key: None, value: None, timestamp: Some(instant(MOMENT)) };
    let play = AsIfNow { moment: None, speed: 5.0 };
    let planned = play.plan(vec![(number, 1), (erasure, 2)], instant(MOMENT), instant(START)).unwrap();
    let moved: Value = serde_json::from_str(planned[0].recorded.value.as_ref().unwrap().get()).unwrap();
    assert_eq!(moved, json!({"id": "1", "time": instant(START).as_millis(), "score": 9}));
    assert_eq!((planned[1].recorded.timestamp, planned[1].origin), (Some(instant(START)), 2));
}

#[test]
fn an_event_without_a_time_is_named() {
    let value = to_raw_value(&json!({"id": "1"})).unwrap();
    let timeless = Recorded { topic: "t".into(), key: None, value: Some(value), timestamp: None };
    let failed = AsIfNow { moment: None, speed: 1.0 }.plan(vec![(timeless, 7)], instant(MOMENT), instant(START));
    assert_eq!(failed.unwrap_err(), (7, "it has neither a time nor a timestamp".to_owned()));
}

#[test]
fn slower_than_recorded_is_refused() {
    assert!(parse_speed("0.5").is_err() && parse_speed("nan").is_err() && parse_speed("inf").is_err());
    assert_eq!(parse_speed("60"), Ok(60.0));
}
