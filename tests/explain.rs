//! `explain` as a user meets it: the founding case explained, and what is said when facts or policy are not the same.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod play;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use play::{Play, day, order};
use serde_json::{Value, json};
use service_recovery::codec::{Codec, Recorded};
use service_recovery::events::{ActionKind, FailureKind, Payload, Severity};
use service_recovery::policy::presets;
use service_recovery::recovery::explain::explain;

fn pool_bar() -> Play {
    let mut play = Play::hotel();
    play.habits();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    play
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_service-recovery")).arg("explain").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The last revision of the only action of a kind, as it is published.
fn published(play: &Play, kind: ActionKind) -> Value {
    serde_json::to_value(play.only(kind)).unwrap()
}

fn write(directory: &Path, name: &str, content: &str) -> String {
    let path = directory.join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_duty_manager_reads_on_one_page_how_it_came_about() {
    let directory = tempfile::tempdir().unwrap();
    let gesture = published(&pool_bar(), ActionKind::Gesture);
    let file = write(directory.path(), "gesture.json", &serde_json::to_string_pretty(&gesture).unwrap());
    let output = run(&[&file, "--policy", "hotel"]);
    let page = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{page}{}", text(&output.stderr));
    for line in [
        "gesture for waiter at sunbed 14, revision 1, open",
        "  - item partial: blue cheese",
        "  - We found it ourselves.",
        "How bad, and why: minor",
        "  - gesture strawberry-smoothie: yes",
        "  - the gesture, at its price for the guest: ",
        "The same decision, recomputed from the event and the policy",
    ] {
        assert!(page.contains(line), "no {line:?} in\n{page}");
    }
}

#[test]
fn a_program_reads_the_same_as_json() {
    let directory = tempfile::tempdir().unwrap();
    let apology = published(&pool_bar(), ActionKind::Apology);
    let file = write(directory.path(), "apology.json", &apology.to_string());
    let output = run(&[&file, "--policy", "hotel", "--json"]);
    let explanation: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(explanation["differences"], json!([]));
    assert_eq!(explanation["account"]["severity"], "minor");
    assert_eq!(explanation["account"]["rule"], apology["decision"]["rule"]);
    assert_eq!(explanation["facts"]["shortfall.1"], "item_partial");
    assert!(explanation["account"]["caps"]["of_severity"].as_i64() > Some(0), "{explanation}");
}

#[test]
fn recorded_events_may_hold_one_action_among_others_or_several_to_choose_from() {
    let directory = tempfile::tempdir().unwrap();
    let play = pool_bar();
    let codec = Codec::new(None).unwrap();
    let mut lines = Vec::new();
    for output in play.outputs() {
        Recorded::from_output(&codec, output).unwrap().write(&mut lines).unwrap();
    }
    let all = write(directory.path(), "all.ndjson", &text(&lines));
    let output = run(&[&all, "--policy", "hotel"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("2 actions in it, choose one:"), "{}", text(&output.stderr));
    let id = play.only(ActionKind::Gesture).id;
    let output = run(&[&all, "--policy", "hotel", "--action", &id, "--revision", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn what_was_changed_afterwards_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut apology = published(&pool_bar(), ActionKind::Apology);
    apology["decision"]["facts"]["shortfall.1"] = json!("safety");
    let file = write(directory.path(), "apology.json", &apology.to_string());
    let output = run(&[&file, "--policy", "hotel"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("NOT the same decision, though the policy has the same version"));
    assert!(text(&output.stdout).contains("severity: published \"minor\", recomputed \"major\""));
    assert!(text(&output.stderr).contains("the facts were changed"), "{}", text(&output.stderr));
}

#[test]
fn another_policy_is_said_to_be_one() {
    let play = pool_bar();
    let mut policy = presets::hotel().unwrap();
    policy.version = "hotel-2".to_owned();
    policy.severity.kinds.insert(FailureKind::ItemPartial, Severity::Moderate);
    let explanation = explain(&play.only(ActionKind::Apology), &policy).unwrap();
    assert!(!explanation.is_same_policy() && !explanation.is_identical());
    assert!(explanation.differences.iter().any(|point| point.name == "severity"));

    let directory = tempfile::tempdir().unwrap();
    let apology = published(&play, ActionKind::Apology);
    let file = write(directory.path(), "apology.json", &apology.to_string());
    let output = run(&[&file, "--policy", "delivery"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("give the policy of version hotel-1"), "{}", text(&output.stderr));
}

#[test]
fn what_cannot_be_explained_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let mut old = published(&pool_bar(), ActionKind::Apology);
    old["decision"]["facts"] = json!({"repeat": "false"});
    let file = write(directory.path(), "old.json", &old.to_string());
    let output = run(&[&file, "--policy", "hotel"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("before decisions were recorded in full"), "{}", text(&output.stderr));
    for (content, reason) in [("{", "not JSON"), ("", "no action in it"), ("{\"id\": 1}", "not an action")] {
        let output = run(&[&write(directory.path(), "bad.json", content), "--policy", "hotel"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(reason), "{}", text(&output.stderr));
    }
    let output = run(&[&file, "--policy", "nowhere"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn facts_hold_nothing_personal() {
    let mut play = Play::hotel();
    play.profile(
        &day(-3, "12:00"),
        json!({"name": "Canary Jensen", "allergies": ["canary-nut"], "dislikes": ["canary-kale"]}),
    );
    play.habits();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.remark(&day(0, "13:10"), json!({"order_id": "o-salads", "text": "canary words", "failure": "quality_defect"}));
    let mut seen = 0;
    for output in play.outputs() {
        let Payload::Action(action) = &output.payload else { continue };
        let facts = format!("{:?}", action.decision.facts).to_lowercase();
        assert!(!facts.contains("canary") && !facts.contains("c-1"), "{facts}");
        seen += 1;
    }
    assert!(seen > 0);
}
