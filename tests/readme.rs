//! The README shows what the program really prints.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

#[test]
fn the_demo_in_the_readme_is_what_the_demo_prints() {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once("<!-- demo -->").unwrap();
    let (shown, _) = rest.split_once("<!-- /demo -->").unwrap();
    let shown = shown.trim().trim_start_matches("```text").trim_start_matches("```").trim_end_matches("```");
    let demo = Command::new(env!("CARGO_BIN_EXE_service-recovery")).arg("demo").output().unwrap();
    assert!(demo.status.success());
    let printed = String::from_utf8(demo.stdout).unwrap();
    assert_eq!(shown.trim_matches('\n'), printed.trim_end_matches('\n'), "put the new demo into the README");
}
