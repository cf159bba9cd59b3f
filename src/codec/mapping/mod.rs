//! Mappings: how the records of a topic that already exists, and cannot change, become events of our contracts.
//!
//! A mapping is one TOML file, checked as a whole when it is read and compiled once. What it makes of a record is
//! contract JSON, which then passes the same decoding and checks as everything else. A record is mapped whole or not
//! at all, and a failure names the mapping, the event, the field and the path, never what the path led to.

mod apply;
mod condition;
mod expression;
mod files;
mod number;
mod read;
mod rule;
mod scope;
mod stop;
#[cfg(test)]
mod tests;
mod time;

use std::fmt;
use std::path::Path;

use serde_json::Value;

use crate::document::{DocumentErrors, Report, Source};
use crate::events::{Contract, Timestamp};
use condition::Condition;
use rule::{Fields, Rule};

pub use files::{RawFileError, RawFileReader, RawLine};

/// A record as it came, and what Kafka knows about it.
#[derive(Debug, Clone, Default)]
pub struct SourceRecord<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
    pub timestamp: Option<Timestamp>,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    /// Those that are text.
    pub headers: Vec<(&'a str, &'a str)>,
}

/// An event that a mapping made of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapped {
    /// The name of the `[[event]]`.
    pub event: String,
    pub contract: Contract,
    /// The guest, the order or, on a compacted contract, what the record stands for.
    pub key: Option<String>,
    /// `None` erases, on a compacted contract.
    pub value: Option<Value>,
}

/// A compiled mapping. Never changes.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Its file, as it was given.
    name: String,
    text: String,
    /// Whether it looks at `$record`.
    uses_record: bool,
    /// What the record is split into first.
    each: Option<expression::Path>,
    names: Vec<(String, Rule)>,
    events: Vec<EventRule>,
    /// Records, or elements, that are left out.
    ignore: Option<Condition>,
    /// Whether a record that no event takes is left out, rather than a dead letter.
    ignores_unmatched: bool,
}

#[derive(Debug, Clone)]
struct EventRule {
    name: String,
    contract: Contract,
    when: Condition,
    /// One event for each element.
    each: Option<expression::Path>,
    /// On a compacted contract: the record erases.
    erase: Option<Condition>,
    fields: Fields,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn load(path: &Path) -> Result<Self, DocumentErrors> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_source(Source { name, text }),
            Err(error) => Err(DocumentErrors::whole_file(name, format!("cannot be read: {error}"))),
        }
    }

    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn from_source(source: Source) -> Result<Self, DocumentErrors> {
        let report = Report::default();
        let mapping = read::read(&source, &report);
        report.finish()?;
        Ok(mapping)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it makes, each contract once.
    pub fn contracts(&self) -> Vec<Contract> {
        let mut contracts: Vec<Contract> = self.events.iter().map(|event| event.contract).collect();
        contracts.sort_unstable();
        contracts.dedup();
        contracts
    }

    pub fn event_names(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(|event| &*event.name)
    }
}

/// Two mappings are the same when their files are.
impl PartialEq for Mapping {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.text == other.text
    }
}

impl Eq for Mapping {}

impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
