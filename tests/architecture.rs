//! Keeps the layers apart: the core is pure, dependencies point one way, files stay short enough to read in a sitting.
//!
//! Reads every file of `src/` as Rust tokens, so that comments and strings may name what they like. Code under
//! `#[cfg(test)]` and in files called `tests.rs` is free of the rules.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

const MAX_LINES: usize = 400;

/// Each layer with those it may use. `cli` and the crate's root files may use everything.
const MAY_USE: &[(&str, &[&str])] = &[
    ("events", &[]),
    ("document", &["events"]),
    ("policy", &["events", "document"]),
    ("recovery", &["events", "policy"]),
    ("engine", &["events", "policy", "recovery"]),
    ("codec", &["events", "document"]),
    ("config", &["events", "codec"]),
    ("telemetry", &["events", "policy", "recovery", "engine", "config"]),
    ("http", &["events", "codec", "recovery", "config", "telemetry", "kafka"]),
    ("backtest", &["events", "codec", "policy", "recovery", "engine"]),
    ("simulation", &["events", "codec", "policy", "recovery", "engine"]),
    ("scenarios", &["events", "document", "codec", "policy", "engine"]),
    ("demo", &["events", "codec", "policy", "recovery", "engine"]),
    ("kafka", &["events", "codec", "policy", "recovery", "engine", "config", "telemetry"]),
];

/// The layers that take time, input and everything else as values.
const PURE: &[&str] = &["events", "document", "policy", "recovery", "engine"];

/// The part of a pure layer that reads the files its values come from.
const LOADERS: &[&str] = &["policy/files.rs"];

/// Crates and modules of the outside world: any path that begins so.
const OUTSIDE: &[&str] = &[
    "rdkafka",
    "tokio",
    "axum",
    "prometheus",
    "tracing",
    "tracing_subscriber",
    "config",
    "clap",
    "rand",
    "fastrand",
    "getrandom",
    "ureq",
    "std::fs",
    "std::net",
    "std::io",
    "std::env",
    "std::thread",
    "std::process",
    "std::os",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::time::UNIX_EPOCH",
    "std::hash::RandomState",
    // their order differs from run to run
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::collections::hash_map::HashMap",
    "std::collections::hash_map::RandomState",
    "std::collections::hash_map::DefaultHasher",
];

/// Clocks, random numbers and standard streams, by whatever path they are reached: any path that ends so.
const IMPURE: &[&str] = &[
    "SystemTime",
    "Instant",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "TimeZone::get",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "RandomState",
    "println",
    "print",
    "eprintln",
    "eprint",
    "dbg",
];

type Segments = Vec<String>;

/// What is wrong with one file, if anything. `file` is its path below `src/`.
fn violations(file: &str, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines = source.lines().count();
    if lines > MAX_LINES {
        found.push(format!("{file}: {lines} lines, at most {MAX_LINES}: split it by responsibility"));
    }
    if file.ends_with("tests.rs") || file.contains("/tests/") {
        return found;
    }
    let tokens: TokenStream = match source.parse() {
        Ok(tokens) => tokens,
        Err(error) => return vec![format!("{file}: not Rust: {error}")],
    };
    let mut paths = Vec::new();
    collect(tokens, &mut paths);

    let layer = file.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    let is_loader = LOADERS.iter().any(|loader| file.starts_with(loader));
    let may_use = MAY_USE.iter().find(|(name, _)| *name == layer).map(|(_, allowed)| *allowed);
    for path in &paths {
        let text = path.join("::");
        if PURE.contains(&layer) && !is_loader && is_impure(path) {
            found.push(format!("{file}: {text}: the core knows no clock, no chance and no outside world"));
        }
        let (Some(allowed), Some(used)) = (may_use, layer_of(file, path)) else { continue };
        let is_layer = MAY_USE.iter().any(|(name, _)| *name == used) || used == "cli";
        if is_layer && used != layer && !allowed.contains(&used.as_str()) {
            found.push(format!("{file}: {text}: {layer} must not use {used}"));
        }
    }
    found
}

fn is_impure(path: &[String]) -> bool {
    let is_crate_of_ours = path[0] == "crate" || path[0] == "self" || path[0] == "super";
    let begins = |names: &str| names.split("::").eq(path.iter().take(names.split("::").count()));
    let ends = |names: &str| names.rsplit("::").eq(path.iter().rev().take(names.split("::").count()));
    (path.len() > 1 && !is_crate_of_ours && OUTSIDE.iter().any(|names| begins(names)))
        || IMPURE.iter().any(|names| ends(names))
}

/// The layer that a path of this crate leads to.
fn layer_of(file: &str, path: &[String]) -> Option<String> {
    if path[0] == "crate" || path[0] == "service_recovery" {
        return path.get(1).cloned();
    }
    // the module path of the file, as [recovery, guest] for recovery/guest/mod.rs
    let mut module: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    if module.last() == Some(&"mod") {
        module.pop();
    }
    let ups = path.iter().take_while(|segment| *segment == "super").count();
    (ups > 0 && ups >= module.len()).then(|| path.get(ups).cloned()).flatten()
}

/// Every path that the code names, with the trees of `use` written out.
fn collect(tokens: TokenStream, paths: &mut Vec<Segments>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(end) = test_item(&tokens[at..]) {
            at += end;
            continue;
        }
        match &tokens[at] {
            TokenTree::Ident(_) => at += path(&tokens[at..], &[], paths),
            TokenTree::Group(group) => {
                collect(group.stream(), paths);
                at += 1;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => at += 1,
        }
    }
}

/// How many tokens an item under `#[cfg(test)]` takes, if one begins here.
fn test_item(tokens: &[TokenTree]) -> Option<usize> {
    let [TokenTree::Punct(hash), TokenTree::Group(attribute), rest @ ..] = tokens else { return None };
    if hash.as_char() != '#' || attribute.stream().to_string().replace(' ', "") != "cfg(test)" {
        return None;
    }
    let end = rest.iter().position(|token| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    })?;
    Some(2 + end + 1)
}

/// Reads the path that begins here, after `prefix`; returns how many tokens it takes.
fn path(tokens: &[TokenTree], prefix: &[String], paths: &mut Vec<Segments>) -> usize {
    let mut segments = prefix.to_vec();
    let mut at = 0;
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(name)) => segments.push(name.to_string()),
            Some(TokenTree::Group(tree)) if at > 0 && tree.delimiter() == Delimiter::Brace => {
                use_tree(tree, &segments, paths);
                return at + 1;
            }
            _ => break,
        }
        at += 1;
        if !is_separator(&tokens[at..]) {
            break;
        }
        at += 2;
    }
    if !segments.is_empty() {
        paths.push(segments);
    }
    at
}

fn is_separator(tokens: &[TokenTree]) -> bool {
    let colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == ':');
    colon(tokens.first()) && colon(tokens.get(1))
}

fn use_tree(tree: &Group, prefix: &[String], paths: &mut Vec<Segments>) {
    let tokens: Vec<TokenTree> = tree.stream().into_iter().collect();
    for branch in tokens.split(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ',')) {
        if !branch.is_empty() {
            path(branch, prefix, paths);
        }
    }
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a directory of the source") {
        let path = entry.expect("an entry of the source").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_source_keeps_its_layers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    files.sort();
    assert!(files.iter().any(|file| file.ends_with("recovery/mod.rs")), "the core is where it is looked for");

    let mut found = Vec::new();
    for file in &files {
        let name = file.strip_prefix(&root).unwrap().to_str().unwrap();
        found.extend(violations(name, &fs::read_to_string(file).unwrap()));
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// Where an incident, an action or a follow-up stands is changed in one place, `recovery/guest/moves.rs`; a site moves
/// its own calls in `recovery/site/calls.rs`.
#[test]
fn every_move_goes_through_its_life_cycle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root.join("recovery"), &mut files);
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with("guest/moves.rs") && !file.ends_with("site/calls.rs")) {
        let source = fs::read_to_string(file).unwrap();
        let is_assignment = |line: &&str| {
            let assigns = |field: &str| line.contains(&format!("{field} = ")) || line.contains(&format!("{field}) = "));
            // what a change did beside its purpose is undone
            [".status", ".state", ".follow_up_type"].iter().any(|field| assigns(field))
                && !line.contains("= (before.")
                && !line.contains("= before.")
                && !line.trim_start().starts_with("let ")
        };
        found.extend(source.lines().filter(is_assignment).map(|line| format!("{}: {line}", file.display())));
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_layer_is_known() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let layer = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let known = ["cli", "lib", "main"].contains(&layer.as_str()) || MAY_USE.iter().any(|(name, _)| *name == layer);
        assert!(known, "src/{layer} is in no layer: say in MAY_USE what it may use");
    }
}

#[rstest::rstest]
#[case::kafka("recovery/guest/orders.rs", "use rdkafka::consumer::Consumer;")]
#[case::async_runtime("engine/task.rs", "fn f() { tokio::spawn(g()); }")]
#[case::clock("recovery/mod.rs", "use std::time::{Duration, Instant};")]
#[case::clock_by_path("recovery/mod.rs", "fn f() -> i64 { jiff::Timestamp::now().as_millisecond() }")]
#[case::file("engine/mod.rs", "use std::{collections::BTreeMap, fs};")]
#[case::file_in_an_expression("policy/model.rs", "fn f() { let _ = std::fs::read(\"x\"); }")]
#[case::socket("events/order.rs", "fn f(x: ::std::net::TcpStream) {}")]
#[case::random_order("recovery/mod.rs", "use std::collections::HashMap;")]
#[case::standard_output("recovery/mod.rs", "fn f() { println!(\"x\"); }")]
#[case::upwards("recovery/guest/mod.rs", "use crate::engine::Task;")]
#[case::upwards_in_a_tree("policy/files.rs", "use crate::{events::Timestamp, recovery::{Entity}};")]
#[case::upwards_by_super("recovery/guest/mod.rs", "use super::super::engine::Task;")]
#[case::upwards_in_an_expression("events/mod.rs", "fn f() { let _ = crate::policy::load(); }")]
#[case::sideways("backtest/mod.rs", "use crate::kafka::Worker;")]
#[case::the_command_line("kafka/worker.rs", "use crate::cli::Failure;")]
#[case::after_tests("engine/mod.rs", "#[cfg(test)] mod tests { use std::fs; } use std::env;")]
fn a_breach_is_found(#[case] file: &str, #[case] source: &str) {
    assert_eq!(violations(file, source).len(), 1, "{:?}", violations(file, source));
}

#[rstest::rstest]
#[case::one_way("engine/task.rs", "use crate::recovery::{Entity, EntityKey}; use crate::events::Timestamp;")]
#[case::the_shell("kafka/worker.rs", "use std::time::Instant; use rdkafka::Message; use crate::engine::Task;")]
#[case::a_comment("recovery/mod.rs", "//! No tokio, no std::fs here.\nconst A: &str = \"std::fs\";")]
#[case::tests("recovery/mod.rs", "#[cfg(test)] mod tests { use std::fs; use crate::engine::Task; }")]
#[case::a_word("recovery/mod.rs", "fn f(context: &Context, now: i64) { context.now; config.x; }")]
#[case::ourselves("recovery/guest/mod.rs", "use super::decision::plan; use crate::recovery::site::Site;")]
#[case::a_duration("policy/model.rs", "use std::time::Duration;")]
#[case::reading_the_policy("policy/files.rs", "use std::fs;")]
fn what_is_allowed_passes(#[case] file: &str, #[case] source: &str) {
    assert_eq!(violations(file, source), Vec::<String>::new());
}

#[test]
fn a_long_file_is_found() {
    assert_eq!(violations("kafka/worker.rs", &"// x\n".repeat(MAX_LINES + 1)).len(), 1);
}
