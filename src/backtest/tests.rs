//! From files to files.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::policy::presets;

fn line(topic: &str, key: &str, value: Value) -> String {
    json!({"topic": topic, "key": key, "value": value}).to_string()
}

fn placed(order_id: &str, time: &str, promised_at: &str) -> String {
    let value = json!({"id": format!("{order_id}-placed"), "time": time, "type": "placed", "order_id": order_id,
        "customer_id": "7", "site_id": "bar", "promised_at": promised_at});
    line("orders", "7", value)
}

fn fulfilled(order_id: &str, time: &str) -> String {
    let value = json!({"id": format!("{order_id}-fulfilled"), "time": time, "type": "fulfilled", "order_id": order_id,
        "customer_id": "7"});
    line("orders", "7", value)
}

/// In time, late, never, and not yet.
fn history() -> Vec<String> {
    vec![
        placed("in-time", "2026-11-23T12:00:00Z", "2026-11-23T12:30:00Z"),
        placed("late", "2026-11-23T12:00:00Z", "2026-11-23T12:30:00Z"),
        placed("never", "2026-11-23T12:00:00Z", "2026-11-23T12:30:00Z"),
        fulfilled("in-time", "2026-11-23T12:20:00Z"),
        fulfilled("late", "2026-11-23T12:50:00Z"),
        placed("not-yet", "2026-11-23T13:00:00Z", "2026-11-23T14:00:00Z"),
    ]
}

struct Run {
    result: Result<Summary, BacktestError>,
    directory: TempDir,
}

impl Run {
    fn of(lines: &[String], until: Option<&str>) -> Self {
        Self::with(presets::evaluation().unwrap(), lines, until)
    }

    fn with(policy: Policy, lines: &[String], until: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("events.ndjson");
        fs::write(&file, lines.join("\n")).unwrap();
        let backtest = Backtest {
            files: &[file],
            policy,
            mapping: None,
            out: &directory.path().join("out"),
            until: until.map(|until| Timestamp::parse(until).unwrap()),
        };
        let result = backtest.run(&mut |_, _| {});
        Self { result, directory }
    }

    fn summary(&self) -> &Summary {
        self.result.as_ref().unwrap()
    }

    fn file(&self, topic: &str) -> String {
        fs::read_to_string(self.directory.path().join("out").join(format!("{topic}.ndjson"))).unwrap()
    }
}

#[test]
fn the_broken_promises_are_found_and_no_other() {
    let run = Run::of(&history(), None);
    let summary = run.summary();
    assert_eq!((summary.events, summary.orders, summary.dead_letters), (6, 4, 0));
    assert_eq!(summary.incidents.total, 2);
    assert_eq!(summary.incidents.by_kind, BTreeMap::from([("delivery_late", 1), ("never_confirmed", 1)]));
    assert_eq!(summary.incidents.company_initiated_share, Some(1.0));
    let incidents = run.file("recovery-incidents");
    let first: Value = serde_json::from_str(incidents.lines().next().unwrap()).unwrap();
    assert_eq!(first["topic"], "recovery-incidents");
    assert_eq!(first["key"], "7");
    assert_eq!(first["value"]["order_id"], "late");
}

#[test]
fn until_runs_the_clock_on() {
    let run = Run::of(&history(), Some("2026-11-23T14:00:00Z"));
    assert_eq!(run.summary().incidents.total, 2, "a promise is broken after its time, not at it");
    let run = Run::of(&history(), Some("2026-11-23T14:00:01Z"));
    assert_eq!(run.summary().incidents.total, 3);
    let run = Run::of(&history(), Some("2026-11-23T12:59:59Z"));
    assert!(matches!(run.result, Err(BacktestError::Until { .. })));
}

#[test]
fn the_order_of_the_lines_does_not_matter() {
    let mut lines = history();
    let expected = Run::of(&lines, None);
    lines.reverse();
    let reversed = Run::of(&lines, None);
    for topic in ["recovery-actions", "recovery-incidents", "recovery-follow-ups"] {
        assert_eq!(reversed.file(topic), expected.file(topic), "{topic}");
    }
    assert_eq!(reversed.summary(), expected.summary());
}

#[test]
fn the_catalogue_of_the_recording_counts_from_its_time_on_and_first_at_its_moment() {
    let golden: Vec<String> = include_str!("../../examples/golden.ndjson").lines().map(str::to_owned).collect();
    let sold_out = |timestamp: Option<&str>| {
        let item = json!({"item_id": "strawberry-smoothie", "names": {"en": "strawberry smoothie"},
            "price_minor": 6_500, "currency": "DKK", "available": false});
        let mut line = json!({"topic": "catalogue", "key": "strawberry-smoothie", "value": item});
        if let Some(timestamp) = timestamp {
            line["timestamp"] = json!(timestamp);
        }
        line.to_string()
    };
    let given = |extra: Option<String>| {
        let lines: Vec<String> = golden.iter().cloned().chain(extra).collect();
        let run = Run::with(presets::hotel().unwrap(), &lines, None);
        assert_eq!(run.summary().dead_letters, 0);
        let actions = run.file("recovery-actions");
        let gesture = actions
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .find_map(|action| action["value"]["gesture"]["item_id"].as_str().map(str::to_owned));
        gesture.unwrap_or_default()
    };
    // the salad without its blue cheese comes at the first of these
    let (short, later) = ("2026-06-03T10:56:00Z", "2026-06-03T10:56:00.001Z");
    assert_eq!(given(None), "strawberry-smoothie");
    assert_ne!(given(Some(sold_out(None))), "strawberry-smoothie", "without a time it was known all along");
    assert_ne!(given(Some(sold_out(Some(short)))), "strawberry-smoothie");
    assert_eq!(given(Some(sold_out(Some(later)))), "strawberry-smoothie");
}

#[test]
fn what_cannot_be_used_is_written_down_with_its_reason() {
    let mut lines = history();
    lines.push(line("orders", "7", json!({"id": "x", "type": "placed"})));
    lines.push(line("recovery-outcomes", "", json!({"id": "y", "time": "2026-11-23T12:00:00Z", "status": "done"})));
    lines.push(line("weather", "", json!({"rain": true})));
    let run = Run::of(&lines, None);
    assert_eq!(run.summary().dead_letters, 2);
    assert_eq!(run.summary().skipped, BTreeMap::from([("weather".to_owned(), 1)]));
    let letters: Vec<Value> =
        run.file("recovery-dead-letters").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(letters[0]["value"]["line"], 7);
    assert_eq!(letters[0]["value"]["value"]["id"], "x");
    assert_eq!(letters[1]["value"]["error"], "unroutable");
    assert_eq!(letters[1]["value"]["topic"], "recovery-outcomes");
    assert!(letters[1]["value"]["message"].as_str().unwrap().contains("names nobody"));
}

#[test]
fn a_file_that_is_missing_malformed_or_without_events_is_an_error_that_names_it() {
    let nothing = Run::of(&[line("weather", "", json!({}))], None);
    assert!(nothing.result.unwrap_err().to_string().contains("events.ndjson"));
    let malformed = Run::of(&["{\"topic\": 1}".to_owned()], None).result.unwrap_err();
    assert!(malformed.is_usage() && malformed.to_string().contains("events.ndjson:1:"), "{malformed}");

    let backtest = Backtest {
        files: &[PathBuf::from("no-such-file.ndjson")],
        policy: presets::evaluation().unwrap(),
        mapping: None,
        out: Path::new("unused"),
        until: None,
    };
    let missing = backtest.run(&mut |_, _| {}).unwrap_err();
    assert!(missing.is_usage() && missing.to_string().contains("no-such-file.ndjson"), "{missing}");
}

#[test]
fn a_summary_is_for_people_too() {
    let text = Run::of(&history(), None).summary().to_string();
    assert!(text.contains("2 of them (100.0 %) noticed before the customer spoke"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 120 && !line.ends_with(' ')), "{text}");
}
