//! From the text of a mapping file to its compiled form. Every problem is reported where it stands.

mod conditions;
mod constant;
mod event;
mod fields;
mod options;
mod times;

use crate::document::{Field, Report, Section, Source, parse};
use toml::de::DeValue;

use super::Mapping;
use super::expression::{Expression, Path, Place};
use super::rule::Rule;
use super::time::{Format, Zone};
use crate::codec::shape::Shape;

/// What the whole file has in common.
struct Reader<'a> {
    report: &'a Report,
    source: &'a Source,
    tables: Option<Section<'a>>,
    /// The names of `[let]`, as far as they are read.
    names: Vec<String>,
    formats: Vec<Format>,
    zone: Option<Zone>,
    decimal_sign: char,
}

pub(super) fn read(source: &Source, report: &Report) -> Mapping {
    let table = parse(source, report);
    let root = Section::root(source, report, &table);
    let mut reader = Reader {
        report,
        source,
        tables: root.section("tables"),
        names: Vec::new(),
        formats: vec![Format::Iso],
        zone: None,
        decimal_sign: '.',
    };
    let each = root.get("each").and_then(|field| reader.path(&field, 0));
    let depth = usize::from(each.is_some());
    reader.read_defaults(&root, depth);
    let names = reader.read_names(&root, depth);
    let ignore = root.has("ignore").then(|| reader.condition(&root, "ignore", depth));
    let events = reader.events(&root, depth);
    let ignores_unmatched = reader.unmatched(&root, &events);
    root.finish();
    Mapping {
        name: source.name.clone(),
        text: source.text.clone(),
        uses_record: source.text.contains("$record"),
        each,
        names,
        events,
        ignore,
        ignores_unmatched,
    }
}

impl<'a> Reader<'a> {
    fn place(&self, depth: usize) -> Place<'_> {
        Place { depth, names: &self.names }
    }

    fn read_defaults(&mut self, root: &Section<'a>, depth: usize) {
        if let Some(field) = root.get("time_zone") {
            self.zone = self.zone_of(&field, depth);
        }
        if let Some(field) = root.get("time_format") {
            self.formats = self.formats_of(&field);
            self.check_zone(&field, &self.formats, self.zone.as_ref());
        }
        if let Some(field) = root.get("decimal_sign") {
            self.decimal_sign = field.one_of("decimal sign", super::read::options::DECIMAL_SIGNS).unwrap_or('.');
        }
    }

    /// `[let]`: texts with a name. Each may use those above it.
    fn read_names(&mut self, root: &Section<'a>, depth: usize) -> Vec<(String, Rule)> {
        let mut rules = Vec::new();
        let Some(section) = root.section("let") else { return rules };
        let mut entries = section.entries();
        entries.sort_by_key(|field| field.key_at);
        for field in entries {
            let rule = self.rule(&field, &Shape::Text, false, depth);
            self.names.push(field.key.to_owned());
            rules.push((field.key.to_owned(), rule.unwrap_or_else(|| Rule::constant(serde_json::Value::Null))));
        }
        rules
    }

    /// An expression; a text that refers to nothing is none.
    fn expression(&self, field: &Field<'a>, text: &str, depth: usize) -> Result<Option<Expression>, ()> {
        Expression::parse(text, self.place(depth)).map_err(|(offset, reason)| {
            self.report.add(self.source, inside(field, offset), reason);
        })
    }

    /// A path, as in `each`.
    fn path(&self, field: &Field<'a>, depth: usize) -> Option<Path> {
        let text = field.text()?;
        match self.expression(field, &text, depth) {
            Ok(Some(Expression::Path(path))) => Some(path),
            Ok(_) => {
                field.problem(format!("{} must be a path, as \"$.items\"", field.path));
                None
            }
            Err(()) => None,
        }
    }
}

/// The byte of a text in quotes.
fn inside(field: &Field<'_>, offset: usize) -> usize {
    let quote = usize::from(matches!(field.value.get_ref(), DeValue::String(_)));
    field.value.span().start + quote + offset
}
