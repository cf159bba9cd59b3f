//! The README shows what the program really prints.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
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

/// A proof is named as `target module::test` or `target test`.
#[test]
fn every_test_that_the_readme_names_exists() {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once("## What it promises").unwrap();
    let (table, _) = rest.split_once("## When something fails").unwrap();
    let mut named = 0;
    for proof in table.lines().filter(|line| line.starts_with("| ")).flat_map(|line| line.split('`').skip(1).step_by(2))
    {
        let Some((target, test)) = proof.split_once(' ') else { continue };
        let (file, name) = match test.split_once("::") {
            Some((module, name)) => (format!("tests/{target}/{module}.rs"), name),
            None => (format!("tests/{target}.rs"), test),
        };
        let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).unwrap_or_default();
        let is_module_only = test.split_once("::").is_none() && Path::new("tests").join(target).is_dir();
        assert!(is_module_only || source.contains(&format!("fn {name}(")), "{proof}: no such test in {file}");
        named += 1;
    }
    assert!(named > 15, "the table was found: {named}");
}
