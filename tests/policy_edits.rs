//! The five edits of docs/policy-edits.md: each is made, and `policy diff` prints what the guide says.
//!
//! `UPDATE_DOCS=1 cargo test --test policy_edits` writes into the guide what it prints now.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

const GUIDE: &str = "docs/policy-edits.md";
const HOTEL: &str = "policies/hotel";

/// What a hunk of a diff takes out and what it puts in.
struct Hunk {
    old: String,
    new: String,
}

fn hunks(diff: &str) -> Vec<Hunk> {
    let side = |hunk: &str, sign: char| {
        let kept = hunk.lines().filter(|line| line.starts_with([' ', sign])).map(|line| &line[1..]);
        kept.collect::<Vec<_>>().join("\n")
    };
    diff.split("@@\n").map(|hunk| Hunk { old: side(hunk, '-'), new: side(hunk, '+') }).collect()
}

/// The text with every hunk applied, or `None` when one does not fit exactly once.
fn edited(text: &str, hunks: &[Hunk]) -> Option<String> {
    let mut text = text.to_owned();
    for Hunk { old, new } in hunks {
        if text.matches(old).count() != 1 {
            return None;
        }
        text = text.replace(old, new);
    }
    Some(text)
}

/// The hotel's files with another policy.toml.
fn write(directory: &Path, policy: &str) {
    fs::create_dir_all(directory).unwrap();
    for file in fs::read_dir(HOTEL).unwrap().map(|entry| entry.unwrap().path()).filter(|file| file.is_file()) {
        fs::copy(&file, directory.join(file.file_name().unwrap())).unwrap();
    }
    fs::write(directory.join("policy.toml"), policy).unwrap();
}

/// Runs the command of a block with the policies before and after the edit.
fn output(command: &str, before: &str, after: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    write(Path::new(&place("my-hotel-before")), before);
    write(Path::new(&place("my-hotel")), after);
    let arguments = command.trim_start_matches("$ service-recovery ").split(' ').map(|word| match word {
        "my-hotel" | "my-hotel-before" => place(word),
        HOTEL => place("my-hotel-before"),
        _ => word.to_owned(),
    });
    let output = Command::new(env!("CARGO_BIN_EXE_service-recovery")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_edit_changes_what_the_guide_says() {
    let guide = fs::read_to_string(GUIDE).unwrap();
    let hotel = fs::read_to_string(format!("{HOTEL}/policy.toml")).unwrap();
    let mut renewed = guide.clone();
    let sections: Vec<&str> = guide.split("\n## ").skip(1).collect();
    assert_eq!(sections.len(), 5);
    for section in sections {
        let title = section.lines().next().unwrap();
        let block = |kind: &str| section.split(&format!("```{kind}\n")).nth(1).unwrap().split("```").next().unwrap();
        let forward = hunks(block("diff"));
        // the hotel as it is stands on one side or the other
        let (before, after) = match edited(&hotel, &forward) {
            Some(after) => (hotel.clone(), after),
            None => {
                let back: Vec<Hunk> =
                    forward.into_iter().map(|Hunk { old, new }| Hunk { old: new, new: old }).collect();
                let before = edited(&hotel, &back);
                (before.unwrap_or_else(|| panic!("{title}: the edit fits the hotel neither way")), hotel.clone())
            }
        };
        let after = after.replace("version = \"hotel-1\"", "version = \"hotel-2\"");
        let said = block("text");
        let command = said.lines().next().unwrap();
        let found = output(command, &before, &after);
        assert!(!found.starts_with("0 of "), "{title} changes nothing");
        let now = format!("{command}\n{found}");
        let new_section = section.replace(&format!("```text\n{said}```"), &format!("```text\n{now}```"));
        renewed = renewed.replace(section, &new_section);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(GUIDE, renewed).unwrap();
        return;
    }
    assert!(renewed == guide, "{GUIDE} is not what `policy diff` prints now; see the top of this test\n{renewed}");
}
