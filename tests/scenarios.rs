//! The presets decide every scenario beside them as it is written there, and `policy test` says so.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use service_recovery::codec::Codec;
use service_recovery::{policy, scenarios};

fn policy_test(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_service-recovery")).args(["policy", "test"]).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The policies with scenarios.
fn presets() -> Vec<PathBuf> {
    let presets = fs::read_dir("policies").unwrap().map(|entry| entry.unwrap().path());
    presets.filter(|path| path.join("scenarios").is_dir()).collect()
}

#[test]
fn every_preset_decides_its_scenarios_as_written() {
    let codec = Codec::new(None).unwrap();
    let mut wrong = Vec::new();
    for preset in presets() {
        let policy = Arc::new(policy::load(&preset).unwrap());
        let files = scenarios::beside(&preset).unwrap();
        assert!(!files.scenarios.is_empty(), "{}", preset.display());
        for scenario in scenarios::read_all(&files, &policy, &codec).unwrap() {
            let findings = scenario.play(&policy, &codec);
            if !findings.is_empty() {
                wrong.push(format!("{}: {findings:#?}", scenario.file));
            }
        }
    }
    assert!(wrong.is_empty(), "see `service-recovery policy test policies/...`\n{}", wrong.join("\n"));
}

#[test]
fn a_preset_by_its_name_has_the_same_scenarios_as_its_directory() {
    for preset in presets() {
        let directory = scenarios::beside(&preset).unwrap();
        let embedded = scenarios::of_preset(preset.file_name().unwrap().to_str().unwrap());
        let names = |files: &scenarios::ScenarioFiles| -> Vec<String> {
            files.scenarios.iter().map(|file| file.source.name.clone()).collect()
        };
        assert_eq!(names(&embedded), names(&directory));
    }
}

#[test]
fn every_situation_is_a_scenario() {
    let codec = Codec::new(None).unwrap();
    let mut covered = std::collections::BTreeSet::new();
    let mut count = 0;
    for preset in presets() {
        let policy = policy::load(&preset).unwrap();
        for scenario in scenarios::read_all(&scenarios::beside(&preset).unwrap(), &policy, &codec).unwrap() {
            count += 1;
            covered.extend(scenario.covers);
        }
    }
    let rows = [("H", 14), ("R", 5), ("F", 7), ("T", 6), ("B", 2), ("E", 4)];
    let rows = rows.iter().flat_map(|(letter, last)| (1..=*last).map(move |row| format!("{letter}{row}")));
    let missing: Vec<String> = rows.filter(|row| !covered.contains(row)).collect();
    assert!(missing.is_empty(), "not covered: {missing:?}");
    assert!(count >= 65, "{count} scenarios");
}

#[test]
fn passing_scenarios_end_with_zero() {
    let output = policy_test(&["hotel", "H1", "starters"]);
    let stdout = text(&output.stdout);
    assert!(output.status.success(), "{stdout}");
    assert!(stdout.contains("ok    founding-case: H1 The salads came without"), "{stdout}");
    assert!(stdout.ends_with("\n2 passed, 0 failed\n"), "{stdout}");

    let output = policy_test(&["policies/hotel", "H1", "--json"]);
    let verdicts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&verdicts["passed"], &verdicts["failed"]), (&1.into(), &0.into()));
    assert_eq!(verdicts["scenarios"][0]["covers"], serde_json::json!(["H1"]));
    assert_eq!(verdicts["scenarios"][0]["passed"], true);
}

/// The hotel with one more scenario.
fn hotel_with(scenario: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for file in fs::read_dir("policies/hotel").unwrap().map(|entry| entry.unwrap().path()) {
        if file.is_file() {
            fs::copy(&file, directory.path().join(file.file_name().unwrap())).unwrap();
        }
    }
    fs::create_dir(directory.path().join("scenarios")).unwrap();
    fs::write(directory.path().join("scenarios/mine.toml"), scenario).unwrap();
    directory
}

fn path(directory: &Path) -> &str {
    directory.to_str().unwrap()
}

#[test]
fn a_failing_scenario_shows_the_difference_at_its_line_and_ends_with_one() {
    let founding = fs::read_to_string("policies/hotel/scenarios/founding-case.toml").unwrap();
    let edited = founding.replacen("quantity = 2, value = \"130 DKK\"", "quantity = 3, value = \"195 DKK\"", 1);
    assert_ne!(edited, founding);
    let line = edited.lines().position(|line| line.contains("quantity = 3")).unwrap() + 1;
    let directory = hotel_with(&edited);

    let output = policy_test(&[path(directory.path())]);
    assert_eq!(output.status.code(), Some(1));
    let stdout = text(&output.stdout);
    assert!(stdout.starts_with("FAIL  mine: H1 "), "{stdout}");
    assert!(stdout.contains(&format!("scenarios/mine.toml:{line}:3: no such action: kind gesture, after apology")));
    assert!(stdout.contains("nearest is gesture for waiter, strawberry-smoothie x 2 (order today)"), "{stdout}");
    assert!(stdout.contains("quantity: expected 3\n                got 2\n"), "{stdout}");
    assert!(stdout.contains("value: expected 195.00 DKK\n             got 130.00 DKK\n"), "{stdout}");
    assert!(stdout.contains("rule small_slip_strong_habit, severity minor"), "{stdout}");
    assert!(stdout.ends_with("\n0 passed, 1 failed\n"), "{stdout}");

    let output = policy_test(&[path(directory.path()), "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let verdicts: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = &verdicts["scenarios"][0]["findings"][0];
    assert_eq!((&finding["line"], &finding["failure"]), (&line.into(), &"missing".into()));
    assert_eq!(finding["differences"][0]["key"], "quantity");
}

#[test]
fn what_cannot_be_read_ends_with_two_and_says_where() {
    let directory = hotel_with(
        "title = \"x\"\n[[event]]\nat = \"12:00\"\ntopic = \"orders\"\nvalue = { typ = \"placed\" }\n[[expect]]\nnone = true\n",
    );
    let output = policy_test(&[path(directory.path())]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(stderr.contains("scenarios/mine.toml:5:11: unknown field in an event of orders \"typ\""), "{stderr}");

    let output = policy_test(&["hotel", "H77"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("unknown scenario \"H77\""), "{}", text(&output.stderr));

    let output = policy_test(&["evaluation"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no scenario in evaluation/scenarios"), "{}", text(&output.stderr));
}

#[test]
fn the_whole_example_of_the_guide_passes() {
    let guide = fs::read_to_string("docs/scenarios.md").unwrap();
    let block = guide.split("```toml\n# scenarios/").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let directory = hotel_with(&format!("# {block}"));
    let output = policy_test(&[path(directory.path())]);
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
}
