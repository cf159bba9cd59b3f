//! A TOML table that knows where each of its entries stands.
//!
//! Readers ask a [`Section`] for the keys they know; what nobody asked for is reported as unknown. A value that is
//! wrong is reported too and read as `None`, so that one run finds every problem.

use std::cell::RefCell;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::field::Field;
use super::problems::{Report, Source, unknown};

/// A table and its place in a file.
#[derive(Debug)]
pub struct Section<'a> {
    pub source: &'a Source,
    pub report: &'a Report,
    /// The path for messages, as `sites.strandhotellet`; empty for the whole file.
    pub name: String,
    /// Byte offset.
    pub at: usize,
    table: &'a DeTable<'a>,
    known: RefCell<Vec<String>>,
}

/// Parses a file. What is not TOML is reported; the rest of the file is read as far as possible.
pub fn parse<'a>(source: &'a Source, report: &Report) -> Spanned<DeTable<'a>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        report.add_syntax(source, error.span(), error.message());
    }
    table
}

impl<'a> Section<'a> {
    pub fn root(source: &'a Source, report: &'a Report, table: &'a Spanned<DeTable<'a>>) -> Self {
        Self::new(source, report, String::new(), 0, table.get_ref())
    }

    pub fn new(source: &'a Source, report: &'a Report, name: String, at: usize, table: &'a DeTable<'a>) -> Self {
        Self { source, report, name, at, table, known: RefCell::default() }
    }

    pub fn problem(&self, reason: impl Into<String>) {
        self.report.add(self.source, self.at, reason);
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| name.get_ref() == key)
    }

    pub fn get(&self, key: &str) -> Option<Field<'a>> {
        self.known.borrow_mut().push(key.to_owned());
        self.entries().into_iter().find(|field| field.key == key)
    }

    /// Like [`Section::get`], and reports a key that is not there.
    pub fn need(&self, key: &str) -> Option<Field<'a>> {
        let field = self.get(key);
        if field.is_none() {
            self.problem(format!("missing {:?}", self.path(key)));
        }
        field
    }

    pub fn section(&self, key: &str) -> Option<Section<'a>> {
        self.get(key)?.section()
    }

    /// The tables of `[[key]]`.
    pub fn sections(&self, key: &str) -> Vec<Section<'a>> {
        let Some(field) = self.get(key) else { return Vec::new() };
        let DeValue::Array(values) = field.value.get_ref() else {
            field.problem(format!("{:?} must be written as [[{key}]]", self.path(key)));
            return Vec::new();
        };
        values.iter().filter_map(|value| Field { value, ..field.clone() }.section()).collect()
    }

    /// All entries, for tables whose keys are names that the manager chose.
    pub fn entries(&self) -> Vec<Field<'a>> {
        let mut fields = Vec::with_capacity(self.table.len());
        for (key, value) in self.table {
            fields.push(Field {
                source: self.source,
                report: self.report,
                path: self.path(key.get_ref()),
                key: key.get_ref(),
                key_at: key.span().start,
                value,
            });
        }
        fields
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self) {
        let known = self.known.borrow();
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        for field in self.entries() {
            if !names.contains(&field.key) {
                let place = if self.name.is_empty() { "key".to_owned() } else { format!("key in {}", self.name) };
                self.report.add(self.source, field.key_at, unknown(&place, field.key, &names));
            }
        }
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}
