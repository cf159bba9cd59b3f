//! What the program itself says, on its two streams, about a file full of canaries.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use service_recovery::events::Timestamp;

use crate::story::{BIRDS, birds_in, story, unusable};

#[test]
fn a_backtest_tells_of_nobody_but_in_the_files_that_it_was_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let at = |ago: i64| Timestamp::from_millis(1_780_000_000_000 - ago * 60_000).unwrap().to_string();
    let mut lines: Vec<Value> = Vec::new();
    for (contract, key, event) in story(at) {
        lines.push(json!({"topic": contract.name(), "key": key, "value": event}));
    }
    let mut unreadable = 0;
    for (contract, key, value) in unusable(&at(5)) {
        let Ok(value) = serde_json::from_slice::<Value>(&value) else { continue };
        unreadable += 1;
        lines.push(json!({"topic": contract.name(), "key": String::from_utf8_lossy(key), "value": value}));
    }
    let events = dir.path().join("events.ndjson");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(&events, &text).unwrap();
    let out = dir.path().join("out");
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_service-recovery"));
        let command = command.args(["backtest", "--policy", "hotel", "--out"]).arg(&out).arg(&events);
        let output = command.env("RUST_LOG", "trace").output().unwrap();
        assert_eq!(birds_in(&output.stdout, &BIRDS), Vec::<String>::new());
        assert_eq!(birds_in(&output.stderr, &BIRDS), Vec::<String>::new());
        output
    };
    assert!(run().status.success());
    let letters = fs::read_to_string(out.join("recovery-dead-letters.ndjson")).unwrap();
    assert!(letters.lines().count() + 1 >= unreadable, "{letters}");
    for letter in letters.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let reason = format!("{} {}", letter["error"], letter["message"]);
        assert_eq!(birds_in(reason.as_bytes(), &BIRDS), Vec::<String>::new());
    }

    // nor where a line is no recorded event at all
    fs::write(&events, text + "{\"topic\": \"orders\", \"key\": 5, \"value\": null, \"canary\": \"canary\"}\n")
        .unwrap();
    assert!(!run().status.success());
}
