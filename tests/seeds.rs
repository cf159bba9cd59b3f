//! Every claim of the founding texts, and every guard, is shown by something that exists and runs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The rows of docs/seeds.md: name, and what shows it.
fn rows() -> Vec<(String, String)> {
    let page = include_str!("../docs/seeds.md");
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = page.lines().filter(|line| ["| D", "| S", "| G"].iter().any(|row| line.starts_with(row))).map(cells);
    rows.map(|cells| (cells[0].clone(), cells[3].trim_matches('`').to_owned())).collect()
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_claim_has_its_row() {
    let expected: BTreeSet<String> = [("D", 35), ("S", 28), ("G", 28)]
        .iter()
        .flat_map(|(row, last)| (1..=*last).map(move |n| format!("{row}{n}")))
        .collect();
    let names: Vec<String> = rows().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.iter().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(names.len(), expected.len(), "none twice");
}

#[test]
fn what_shows_a_claim_exists_and_runs() {
    for (name, proof) in rows() {
        match proof.split_once("::") {
            Some((file, test)) => assert!(is_run(&read(file), test), "{name}: {proof} is no test that runs"),
            // `policy test` runs every scenario of every preset
            None => assert!(proof.contains("/scenarios/") && read(&proof).contains("[[expect]]"), "{name}: {proof}"),
        }
    }
}

/// A function under a test attribute, in this place or within `proptest!`, that nothing switches off.
fn is_run(source: &str, test: &str) -> bool {
    let Some(at) = source.find(&format!("fn {test}(")) else { return false };
    let before = source[..at].rsplit("\n\n").next().unwrap_or_default();
    let attributes: Vec<&str> = before.lines().map(str::trim).filter(|line| line.starts_with("#[")).collect();
    let is_test = |line: &&str| line.starts_with("#[test]") || line.contains("rstest");
    attributes.iter().any(is_test) && !attributes.iter().any(|line| line.starts_with("#[ignore"))
}

#[test]
fn what_does_not_run_is_no_proof() {
    assert!(is_run("\n#[test]\nfn it_runs() {}", "it_runs"));
    assert!(!is_run("\n#[test]\n#[ignore = \"slow\"]\nfn it_runs() {}", "it_runs"));
    assert!(!is_run("\nfn it_runs() {}", "it_runs"));
    assert!(!is_run("\n#[test]\nfn it_runs() {}", "it_walks"));
}
