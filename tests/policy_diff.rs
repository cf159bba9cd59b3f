//! `policy diff` as a manager meets it: an edit of the hotel's policy, and what it would have changed on an evening.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};

const EVENING: &str = "examples/hotel-evening.ndjson";
const UNTIL: &str = "2026-06-05T00:00:00+02:00";

/// The hotel's policy after an edit.
fn edited(from: &str, to: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for file in fs::read_dir("policies/hotel").unwrap().map(|entry| entry.unwrap().path()) {
        if file.is_file() {
            let text = fs::read_to_string(&file).unwrap();
            fs::write(directory.path().join(file.file_name().unwrap()), text.replace(from, to)).unwrap();
        }
    }
    let policy = fs::read_to_string(directory.path().join("policy.toml")).unwrap();
    assert!(policy.contains(to), "the edit {from:?} changes nothing");
    directory
}

fn diff(new: &str, more: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_service-recovery");
    let arguments = ["policy", "diff", "policies/hotel", new, EVENING, "--until", UNTIL];
    Command::new(program).args(arguments).args(more).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_same_decisions_under_another_version_are_no_difference() {
    let same = edited("version = \"hotel-1\"", "version = \"hotel-2\"");
    let output = diff(same.path().to_str().unwrap(), &["--exit-code"]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("0 of 6 incidents decided otherwise, 54 events\n"), "{text}");
    assert!(text.contains("policy                      hotel-1        hotel-2 *"), "{text}");
}

#[test]
fn a_changed_decision_is_told_old_and_new() {
    let edited = edited("generic       = [\"elderflower-lemonade\", ", "generic       = [");
    let new = edited.path().to_str().unwrap();
    let output = diff(new, &[]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    let changed = "order bar-1044, 2026-06-03 18:24: item_missing portion of fries\n  \
        gesture    elderflower-lemonade x 1, 45.00 DKK, by waiter -> espresso x 1, 32.00 DKK, by waiter\n\n";
    assert!(text.contains(changed), "{text}");
    assert!(text.contains("3 of 6 incidents decided otherwise, 54 events\nwhat changes: gesture 3\n"), "{text}");
    assert!(text.contains("gestures offered         267.00 DKK     202.00 DKK *\n"), "{text}");

    let output = diff(new, &["--exit-code", "--summary"]);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(1), [].as_slice()));
    assert!(stdout(&output).starts_with("3 of 6 incidents"), "{}", stdout(&output));

    let difference: Value = serde_json::from_slice(&diff(new, &["--json"]).stdout).unwrap();
    assert_eq!((&difference["incidents"], difference["changed"].as_array().unwrap().len()), (&json!(6), 3));
    let first = &difference["changed"][0];
    assert_eq!((&first["order_id"], &first["changes"][0]["what"]), (&json!("bar-1044"), &json!("gesture")));
    assert_eq!(difference["new"]["gestures"]["offered_minor"], json!({"DKK": 20_200}));
}

#[test]
fn an_incident_of_one_policy_only_is_a_difference() {
    let deaf = edited("[touchpoints.restaurant]\ntracking = \"unreliable\"", "[touchpoints.restaurant]");
    let text = stdout(&diff(deaf.path().to_str().unwrap(), &[]));
    assert!(text.contains("order din-645, "), "{text}");
    assert!(text.contains("  incident   - decided\n"), "{text}");
    assert!(text.contains("check                             1              0 *"), "{text}");
}

#[test]
fn a_policy_that_cannot_be_used_ends_with_two() {
    let bad = edited("min_days          = 2", "min_days = \"two\"");
    let output = diff(bad.path().to_str().unwrap(), &[]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("/policy.toml:") && stderr.contains("min_days must be a whole number"), "{stderr}");
}
