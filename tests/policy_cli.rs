//! `policy check` as a user meets it: what it prints and with which code it ends.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

fn policy_check(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_service-recovery")).args(["policy", "check"]).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_good_policy_prints_a_summary_and_ends_with_zero() {
    for preset in ["hotel", "policies/hotel", "evaluation", "policies/evaluation"] {
        let output = policy_check(&[preset]);
        assert!(output.status.success(), "{preset}: {}", text(&output.stderr));
        let stdout = text(&output.stdout);
        assert!(stdout.starts_with(&format!("OK: {preset}, version ")), "{stdout}");
        assert!(stdout.contains("languages    da, en, sv"), "{stdout}");
    }
}

#[test]
fn a_bad_policy_lists_every_problem_with_its_place_and_ends_with_two() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("policy.toml"), "version = \"x\"\n\n[habit]\n").unwrap();
    let path = directory.path().to_str().unwrap();

    let output = policy_check(&[path]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(stderr.starts_with("error: 3 problems in the policy\n"), "{stderr}");
    assert!(stderr.contains(&format!("{path}/policy.toml:1:1: missing [default_site]")), "{stderr}");
    assert!(stderr.contains(&format!("{path}/policy.toml:1:1: no rules")), "{stderr}");
    assert!(stderr.contains(&format!("{path}/policy.toml:3:2: unknown key \"habit\"; did you mean \"habits\"?")));

    let output = policy_check(&[path, "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict["ok"], false);
    assert_eq!(verdict["problems"][2]["line"], 3);
    assert_eq!(verdict["problems"][2]["column"], 2);
}

#[test]
fn json_tells_a_program_what_the_policy_holds() {
    let output = policy_check(&["hotel", "--json"]);
    let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict["ok"], true);
    assert_eq!(verdict["summary"]["version"], "hotel-1");
    assert_eq!(verdict["summary"]["languages"], serde_json::json!(["da", "en", "sv"]));
}

#[test]
fn the_complete_example_of_the_guide_passes() {
    let guide = include_str!("../docs/policy.md");
    let block = guide.split("```toml\n# policy.toml").nth(1).and_then(|rest| rest.split("```").next());
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("policy.toml"), block.unwrap()).unwrap();
    let output = policy_check(&[directory.path().to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}
