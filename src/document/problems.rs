//! What is wrong with a file: every problem that was found, each with the place where it stands.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use crate::events::UnknownName;

/// One thing to correct.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Problem {
    pub file: String,
    /// From 1. Both are `None` when the file as a whole is meant.
    pub line: Option<usize>,
    /// In characters, from 1.
    pub column: Option<usize>,
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.reason),
            _ => write!(f, "{}: {}", self.file, self.reason),
        }
    }
}

/// All that is wrong with some files, one problem a line.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", self.lines())]
pub struct DocumentErrors {
    pub problems: Vec<Problem>,
}

impl DocumentErrors {
    /// A problem that has no line.
    pub fn whole_file(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { problems: vec![Problem { file: file.into(), line: None, column: None, reason: reason.into() }] }
    }

    fn lines(&self) -> String {
        let lines: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }
}

/// The text of a file and the name under which problems mention it.
#[derive(Debug, Clone)]
pub struct Source {
    pub name: String,
    pub text: String,
}

impl Source {
    /// Line and column of a byte offset, both from 1.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// Collects problems while the files are read, so that one run shows them all.
#[derive(Debug, Default)]
pub struct Report {
    problems: RefCell<Vec<Problem>>,
}

impl Report {
    pub fn add(&self, source: &Source, at: usize, reason: impl Into<String>) {
        let (line, column) = source.position(at);
        self.problems.borrow_mut().push(Problem {
            file: source.name.clone(),
            line: Some(line),
            column: Some(column),
            reason: reason.into(),
        });
    }

    pub fn count(&self) -> usize {
        self.problems.borrow().len()
    }

    /// What the TOML parser refused.
    pub fn add_syntax(&self, source: &Source, span: Option<Range<usize>>, message: &str) {
        let message = message.lines().next().unwrap_or(message);
        self.add(source, span.map_or(0, |span| span.start), format!("not valid TOML: {message}"));
    }

    /// Fails with all problems, in the order of the files and their lines.
    pub fn finish(self) -> Result<(), DocumentErrors> {
        let mut problems = self.problems.into_inner();
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort();
        problems.dedup();
        Err(DocumentErrors { problems })
    }
}

/// "unknown KIND "found"", with the nearest known name or, failing that, all of them.
pub fn unknown(kind: &str, found: &str, known: &[&str]) -> String {
    if let Some(nearest) = nearest(found, known) {
        return format!("unknown {kind} {found:?}; did you mean {nearest:?}?");
    }
    if known.is_empty() {
        return format!("unknown {kind} {found:?}");
    }
    format!("unknown {kind} {found:?}; known are {}", known.join(", "))
}

pub fn unknown_name(kind: &str, error: &UnknownName) -> String {
    unknown(kind, &error.found, &error.known)
}

/// The known name that it is most like, if it is like any.
pub fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    let found = found.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for &candidate in known {
        let likeness = strsim::normalized_damerau_levenshtein(&found, &candidate.to_lowercase());
        if likeness >= 0.6 && best.is_none_or(|(so_far, _)| likeness > so_far) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_lines_and_characters_from_one() {
        let source = Source { name: "f".into(), text: "a = 1\nø = \"x\"\n".into() };
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(6), (2, 1));
        assert_eq!(source.position("a = 1\nø = ".len()), (2, 5));
        assert_eq!(source.position(1_000), (3, 1));
    }

    #[test]
    fn a_near_name_is_suggested_and_a_strange_one_gets_the_list() {
        assert_eq!(
            unknown("failure kind", "item_mising", &["item_missing", "item_wrong"]),
            "unknown failure kind \"item_mising\"; did you mean \"item_missing\"?"
        );
        assert_eq!(unknown("role", "zzz", &["cook", "waiter"]), "unknown role \"zzz\"; known are cook, waiter");
    }
}
