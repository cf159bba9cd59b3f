//! Mistakes that must not go unnoticed: a list of them, kept true by every run, and made one by one by `make mutations`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

#[derive(Deserialize)]
struct List {
    mutation: Vec<Mutation>,
}

#[derive(Deserialize)]
struct Mutation {
    what: String,
    file: String,
    find: String,
    replace: String,
    /// The test binaries of which one must fail.
    tests: Vec<String>,
}

fn mutations() -> Vec<Mutation> {
    let list: List = toml::from_str(include_str!("mutations.toml")).unwrap();
    list.mutation
}

/// Each is built once and played once.
const UNOPTIMISED: &str = "profile.dev.package.service-recovery.opt-level=0";

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Everything but what is built and what was recorded.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        let is_ours = !["target", ".git"].iter().any(|name| entry.file_name() == *name);
        if path.is_dir() && is_ours {
            self::copy(&path, &copy);
        } else if path.is_file() && fs::read(&path).ok() != fs::read(&copy).ok() {
            fs::copy(&path, &copy).unwrap();
        }
    }
}

#[test]
fn every_mutation_can_still_be_made() {
    for mutation in mutations() {
        let text = fs::read_to_string(project().join(&mutation.file)).unwrap();
        assert_eq!(
            text.matches(&mutation.find).count(),
            1,
            "{}: {:?} in {}",
            mutation.what,
            mutation.find,
            mutation.file
        );
        assert_ne!(mutation.find, mutation.replace, "{}", mutation.what);
        assert!(!mutation.tests.is_empty(), "{}: nobody would notice", mutation.what);
    }
}

/// What the tests say about a copy of the project: whether they pass, and the names of those that fail.
fn verdict(copy: &Path, tests: &[String]) -> (bool, Vec<String>) {
    let names = tests.iter().flat_map(|name| ["--test", name.as_str()]);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--locked", "--no-fail-fast", "--config", UNOPTIMISED]).args(names).current_dir(copy);
    let output = cargo.env("CARGO_TARGET_DIR", project().join("target/mutations/target")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let failed = text.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
    let failed: Vec<String> = failed.map(str::to_owned).collect();
    let is_built = text.contains("test result:");
    assert!(is_built, "it does not compile: {}", String::from_utf8_lossy(&output.stderr));
    (output.status.success(), failed)
}

#[test]
#[ignore = "builds the project once for each: make mutations"]
fn every_mutation_is_noticed() {
    let place: PathBuf = project().join("target/mutations/source");
    copy(project(), &place);
    let all: BTreeSet<String> = mutations().into_iter().flat_map(|mutation| mutation.tests).collect();
    let (passes, failed) = verdict(&place, &all.into_iter().collect::<Vec<_>>());
    assert!(passes, "without a mutation: {failed:#?}");
    let mut unnoticed = Vec::new();
    for mutation in mutations() {
        let file = place.join(&mutation.file);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace(&mutation.find, &mutation.replace)).unwrap();
        let (passes, failed) = verdict(&place, &mutation.tests);
        fs::write(&file, &text).unwrap();
        println!("{}: {}", mutation.what, if passes { "UNNOTICED".to_owned() } else { failed.join(", ") });
        if passes {
            unnoticed.push(mutation.what);
        }
    }
    assert!(unnoticed.is_empty(), "unnoticed: {unnoticed:#?}");
}
