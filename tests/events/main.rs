//! Recorded events with the outcome that is expected of them, which stands beside each as `NAME.expected`.
//!
//! An expectation begins with what it shows, the policy and how far the clock runs on; then comes what was published, in
//! order, and how everything stood at the end. `UPDATE_EXPECTED=1 cargo test --test events` writes the outcomes anew,
//! to be read before they are kept. Every recording also plays in other orders, and ends the same.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod explained;
mod policies;
mod story;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use service_recovery::codec::{Codec, RecordedReader};
use service_recovery::engine::InProcess;
use service_recovery::events::{Contract, Input, Timestamp};

use story::Story;

/// What is written above the outcome.
struct Header {
    text: String,
    policy: String,
    until: Timestamp,
}

impl Header {
    /// Everything up to the first empty line.
    fn read(expected: &str, file: &Path) -> Self {
        let text = expected.split("\n\n").next().unwrap_or_default().to_owned();
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_else(|| panic!("{}: no line \"{name}: ...\" at the top", file.display())).to_owned()
        };
        let (policy, until) = (field("policy"), field("until"));
        Self { text, policy, until: Timestamp::parse(&until).unwrap() }
    }
}

fn recordings() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut recordings: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "ndjson")).collect();
    recordings.sort();
    recordings
}

fn inputs(codec: &Codec, file: &Path) -> Vec<Input> {
    let reader = BufReader::new(fs::File::open(file).unwrap());
    let lines = RecordedReader::new(reader, file.display().to_string());
    let input = |line: service_recovery::codec::Line| {
        let place = format!("{}:{}", file.display(), line.number);
        let contract = line.recorded.contract(&BTreeMap::new()).unwrap_or_else(|| panic!("{place}: no contract"));
        let input = line.recorded.to_input(codec, contract, line.number as i64);
        input.unwrap_or_else(|error| panic!("{place}: {error}"))
    };
    lines.map(|line| input(line.unwrap())).collect()
}

/// Plays inputs one after the other; each is handled at its own time, or now if that has passed.
fn play(policy: &str, inputs: &[Input], until: Timestamp, partitions: u32) -> Story {
    let mut engine = InProcess::new(partitions, policies::by_name(policy));
    for input in inputs {
        engine.input(input.clone()).unwrap();
    }
    engine.advance(until);
    assert!(engine.take_undeliverable().is_empty());
    Story::of(engine.take_outputs())
}

#[test]
fn every_recording_has_the_outcome_that_stands_beside_it() {
    let codec = Codec::new(None).unwrap();
    let is_update = std::env::var_os("UPDATE_EXPECTED").is_some();
    let mut wrong = Vec::new();
    for file in recordings() {
        let beside = file.with_extension("expected");
        let expected = fs::read_to_string(&beside).unwrap_or_else(|e| panic!("{}: {e}", beside.display()));
        let header = Header::read(&expected, &beside);
        let mut inputs = inputs(&codec, &file);
        inputs.sort_by_key(|input| (input.time(), input.contract() != Contract::Catalogue));
        let story = play(&header.policy, &inputs, header.until, 4);
        story.assert_sound();
        let found = format!("{}\n\n{story}", header.text);
        if is_update {
            fs::write(&beside, found).unwrap();
        } else if found != expected {
            wrong.push(format!("{}\n{}", beside.display(), difference(&expected, &found)));
        }
    }
    assert!(wrong.is_empty(), "not as expected:\n{}", wrong.join("\n"));
}

/// What is broken at the end depends on what happened, not on when each of it was heard.
#[test]
fn the_shortfalls_at_the_end_do_not_depend_on_the_order_of_arrival() {
    let codec = Codec::new(None).unwrap();
    for file in recordings() {
        let header = Header::read(&fs::read_to_string(file.with_extension("expected")).unwrap(), &file);
        let mut inputs = inputs(&codec, &file);
        if inputs.iter().any(|input| input.contract() == Contract::RecoveryOutcomes) {
            continue; // an answer to what was not proposed yet is no answer
        }
        inputs.sort_by_key(Input::time);
        let forward = play(&header.policy, &inputs, header.until, 4).broken();
        for turn in 0..inputs.len() {
            inputs.rotate_left(1);
            let turned = play(&header.policy, &inputs, header.until, 4).broken();
            assert_eq!(turned, forward, "{}, its events turned by {}", file.display(), turn + 1);
        }
        inputs.reverse();
        let backward = play(&header.policy, &inputs, header.until, 1).broken();
        assert_eq!(backward, forward, "{} backwards", file.display());
        inputs.extend(inputs.clone());
        let doubled = play(&header.policy, &inputs, header.until, 4).broken();
        assert_eq!(doubled, forward, "{} doubled", file.display());
    }
}

#[test]
fn nothing_here_is_without_its_other_half() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events");
    let names = |extension: &str| -> BTreeSet<String> {
        let files = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|e| e == extension));
        files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("ndjson"), names("expected"));
    assert!(names("ndjson").len() >= 15);
}

/// The lines that differ, in the manner of diff.
fn difference(expected: &str, found: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let gone = old[same..].iter().map(|line| format!("- {line}\n"));
    let come = new[same..].iter().map(|line| format!("+ {line}\n"));
    format!("after line {same}:\n{}", gone.chain(come).collect::<String>())
}
