//! Time formats and time zones.

use crate::codec::mapping::time::{Format, TimeReader, Zone};
use crate::codec::shape::Shape;
use crate::document::field::known_time_zone;
use crate::document::{Field, Section};

use super::Reader;
use crate::codec::mapping::expression::Expression;
use crate::codec::mapping::rule::{Rule, Source, Unlisted};

impl<'a> Reader<'a> {
    /// One format or a list of them.
    pub(super) fn formats_of(&self, field: &Field<'a>) -> Vec<Format> {
        let mut formats = Vec::new();
        for field in field.items() {
            let Some(text) = field.text() else { continue };
            match Format::parse(&text) {
                Ok(format) => formats.push(format),
                Err(reason) => field.problem(reason),
            }
        }
        formats
    }

    /// A zone by its name, or where the record names it.
    pub(super) fn zone_of(&self, field: &Field<'a>, depth: usize) -> Option<Zone> {
        let rule = self.rule(field, &Shape::Text, true, depth)?;
        for name in names(&rule) {
            if let Err(reason) = known_time_zone(&name) {
                field.problem(reason);
                return None;
            }
        }
        match &rule.source {
            Source::Constant(name) => known_time_zone(name.as_str()?).ok().map(Zone::Fixed),
            Source::FirstOf(_) => Some(Zone::Named(Box::new(rule))),
        }
    }

    /// `format` and `zone` of a time, else those of the file.
    pub(super) fn time(
        &self,
        field: &Field<'a>,
        options: &Section<'a>,
        from: &[Expression],
        depth: usize,
    ) -> TimeReader {
        let zone = options.get("zone").and_then(|field| self.zone_of(&field, depth)).or_else(|| self.zone.clone());
        let formats = match options.get("format") {
            Some(field) => self.formats_of(&field),
            None => self.default_formats(from),
        };
        self.check_zone(field, &formats, zone.as_ref());
        TimeReader { formats, zone }
    }

    /// A time that is nothing but a path.
    pub(super) fn plain_time(&self, field: &Field<'a>, from: &[Expression]) -> TimeReader {
        let time = TimeReader { formats: self.default_formats(from), zone: self.zone.clone() };
        self.check_zone(field, &time.formats, time.zone.as_ref());
        time
    }

    fn default_formats(&self, from: &[Expression]) -> Vec<Format> {
        let mut formats = self.formats.clone();
        if from.iter().any(Expression::is_record_time) {
            formats.push(Format::EpochMillis);
        }
        formats
    }

    pub(super) fn check_zone(&self, field: &Field<'a>, formats: &[Format], zone: Option<&Zone>) {
        if zone.is_none() && formats.iter().any(Format::needs_zone) {
            field.problem(format!(
                "{} is a local time: say where, with zone = \"Europe/Copenhagen\" or time_zone for the whole file",
                field.path
            ));
        }
    }
}

/// Every name that the mapping itself gives.
fn names(rule: &Rule) -> Vec<String> {
    let mut values = Vec::new();
    if let Source::Constant(value) = &rule.source {
        values.push(value);
    }
    values.extend(&rule.default);
    if let Some(table) = &rule.table {
        values.extend(table.entries.values());
        if let Unlisted::Otherwise(value) = &table.unlisted {
            values.push(value);
        }
    }
    values.into_iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}
