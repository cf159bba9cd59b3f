//! The rule of one value: a path, a text composed of paths, a constant, or a table that says more.

use std::collections::BTreeMap;

use serde_json::Value;
use toml::de::DeValue;

use super::Reader;
use crate::codec::mapping::expression::Expression;
use crate::codec::mapping::number::{ROUNDINGS, Round};
use crate::codec::mapping::rule::{Convert, Rule, Source, Table, Unlisted};
use crate::codec::shape::Shape;
use crate::document::{Field, Section, unknown};

pub(super) const DECIMAL_SIGNS: &[(&str, char)] = &[(".", '.'), (",", ',')];
const ON_UNLISTED: [(&str, UnlistedWord); 3] =
    [("dead_letter", UnlistedWord::DeadLetter), ("ignore", UnlistedWord::Ignore), ("omit", UnlistedWord::Omit)];

#[derive(Debug, Clone, Copy)]
enum UnlistedWord {
    DeadLetter,
    Ignore,
    Omit,
}

impl<'a> Reader<'a> {
    /// The rule of a field that holds single values of `shape`.
    pub(super) fn rule(&self, field: &Field<'a>, shape: &Shape, required: bool, depth: usize) -> Option<Rule> {
        match field.value.get_ref() {
            DeValue::Table(_) => self.detailed(field, shape, required, depth),
            DeValue::String(text) => match self.expression(field, text, depth) {
                Err(()) => None,
                Ok(None) => self.constant(field, shape).map(Rule::constant),
                Ok(Some(expression)) => Some(self.plain(field, vec![expression], shape, required)),
            },
            DeValue::Array(_) if field.items().iter().any(is_reference) => {
                let from = self.sources(field, depth)?;
                Some(self.plain(field, from, shape, required))
            }
            _ => self.constant(field, shape).map(Rule::constant),
        }
    }

    /// Nothing but sources: everything else stands at its default.
    fn plain(&self, field: &Field<'a>, from: Vec<Expression>, shape: &Shape, required: bool) -> Rule {
        let convert = match shape {
            Shape::Instant => Convert::Time(self.plain_time(field, &from)),
            Shape::Whole => Convert::Integer { decimal_sign: self.decimal_sign, round: Round::No },
            Shape::Money => Convert::Minor,
            Shape::Flag => Convert::Flag,
            Shape::Name(names) => Convert::Name(names.clone()),
            _ => Convert::Text,
        };
        Rule { source: Source::FirstOf(from), convert, required, ..Rule::constant(Value::Null) }
    }

    /// `{ from = ..., table = ..., default = ... }`.
    fn detailed(&self, field: &Field<'a>, shape: &Shape, required: bool, depth: usize) -> Option<Rule> {
        let options = field.section()?;
        let item = match shape {
            Shape::List(item) => item,
            _ => shape,
        };
        if let Some(value) = options.get("value") {
            options.finish();
            return self.constant(&value, shape).map(Rule::constant);
        }
        let from = options.need("from").and_then(|field| self.sources(&field, depth));
        let expressions = from.clone().unwrap_or_default();
        let convert = self.convert(field, &options, item, &expressions, depth);
        let rule = Rule {
            source: Source::FirstOf(expressions),
            convert,
            table: self.table(&options, item),
            ignore: options.get("ignore").and_then(|field| self.words(&field)).unwrap_or_default(),
            default: options.get("default").and_then(|field| self.constant(&field, shape)),
            required: options.get("required").and_then(|field| field.flag()).unwrap_or(required),
            split: if matches!(shape, Shape::List(_)) {
                options.get("split").and_then(|field| field.text())
            } else {
                None
            },
        };
        if required && !rule.required {
            field.problem(format!("{} is required by the contract: required = false cannot be", field.path));
        }
        options.finish();
        from.map(|_| rule)
    }

    /// One source or several alternatives, each of which refers to something.
    fn sources(&self, field: &Field<'a>, depth: usize) -> Option<Vec<Expression>> {
        let mut sources = Vec::new();
        for field in field.items() {
            let text = field.text()?;
            match self.expression(&field, &text, depth) {
                Ok(Some(expression)) => sources.push(expression),
                Ok(None) => {
                    field.problem(format!(
                        "{text:?} is no path; the field of a record is written \"$.{text}\", a fixed value is a `default`"
                    ));
                    return None;
                }
                Err(()) => return None,
            }
        }
        Some(sources)
    }

    fn convert(
        &self,
        field: &Field<'a>,
        options: &Section<'a>,
        shape: &Shape,
        from: &[Expression],
        depth: usize,
    ) -> Convert {
        match shape {
            // a table gives the time itself
            Shape::Instant if options.has("table") => Convert::Text,
            Shape::Instant => Convert::Time(self.time(field, options, from, depth)),
            Shape::Money if !options.has("money") => Convert::Minor,
            Shape::Whole | Shape::Money => {
                let decimal_sign =
                    options.get("decimal_sign").and_then(|field| field.one_of("decimal sign", DECIMAL_SIGNS));
                let decimal_sign = decimal_sign.unwrap_or(self.decimal_sign);
                let round =
                    options.get("round").and_then(|field| field.one_of("rounding", &ROUNDINGS)).unwrap_or_default();
                let currency = if *shape == Shape::Money { options.get("money") } else { None };
                match currency.and_then(|field| self.currency(&field, depth)) {
                    Some(currency) => Convert::Money { currency: Box::new(currency), decimal_sign, round },
                    None => Convert::Integer { decimal_sign, round },
                }
            }
            Shape::Flag => Convert::Flag,
            Shape::Name(names) => Convert::Name(names.clone()),
            _ => match options.get("day_starts") {
                None => Convert::Text,
                Some(starts) => {
                    let time = self.time(field, options, from, depth);
                    if time.zone.is_none() {
                        starts.problem(
                            "a day needs a place: give zone = \"Europe/Copenhagen\" or time_zone for the file",
                        );
                    }
                    Convert::Day { time, starts: starts.time_of_day().unwrap_or_default() }
                }
            },
        }
    }

    /// The currency of an amount in major units.
    fn currency(&self, field: &Field<'a>, depth: usize) -> Option<Rule> {
        let rule = self.rule(field, &Shape::Text, true, depth)?;
        if let Source::Constant(code) = &rule.source
            && let Err(reason) = crate::document::field::known_currency(code.as_str().unwrap_or_default())
        {
            field.problem(reason);
            return None;
        }
        Some(rule)
    }

    /// `table`, written out or by its name in `[tables]`.
    fn table(&self, options: &Section<'a>, shape: &Shape) -> Option<Table> {
        let otherwise = options.get("otherwise");
        let unlisted = options.get("unlisted");
        let Some(field) = options.get("table") else {
            for field in otherwise.iter().chain(&unlisted) {
                field.key_problem(format!(
                    "{} says what to do with values that a `table` lacks, and there is none",
                    field.key
                ));
            }
            return None;
        };
        let section = match field.value.get_ref() {
            DeValue::String(name) => self.named_table(&field, name)?,
            _ => field.section()?,
        };
        let mut entries = BTreeMap::new();
        for entry in section.entries() {
            if let Some(value) = self.constant(&entry, shape) {
                entries.insert(entry.key.trim().to_owned(), value);
            }
        }
        if let (Some(_), Some(second)) = (&otherwise, &unlisted) {
            second.key_problem("`otherwise` and `unlisted` answer the same question: keep one of them");
        }
        let word = unlisted.and_then(|field| field.one_of("way to treat unlisted values", &ON_UNLISTED));
        let unlisted = match (otherwise.and_then(|field| self.constant(&field, shape)), word) {
            (Some(value), _) => Unlisted::Otherwise(value),
            (None, Some(UnlistedWord::Ignore)) => Unlisted::Ignore,
            (None, Some(UnlistedWord::Omit)) => Unlisted::Omit,
            (None, Some(UnlistedWord::DeadLetter) | None) => Unlisted::DeadLetter,
        };
        Some(Table { entries, unlisted })
    }

    fn named_table(&self, field: &Field<'a>, name: &str) -> Option<Section<'a>> {
        let tables = self.tables.as_ref().map(Section::entries).unwrap_or_default();
        match tables.iter().find(|table| table.key == name) {
            Some(table) => table.section(),
            None => {
                let known: Vec<&str> = tables.iter().map(|table| table.key).collect();
                field.problem(format!("{}; tables are written under [tables.{name}]", unknown("table", name, &known)));
                None
            }
        }
    }
}

/// Whether a text of a list refers to something.
fn is_reference(field: &Field<'_>) -> bool {
    field.value.get_ref().as_str().is_some_and(|text| text.starts_with(['$', '@']) || text.contains('{'))
}
