//! `when` and `erase`.

use toml::de::DeValue;

use super::Reader;
use crate::codec::mapping::condition::{Condition, Expected, Test};
use crate::codec::mapping::expression::Expression;
use crate::document::{Field, Section};

impl<'a> Reader<'a> {
    /// The condition under `key`; one that is not there always holds.
    pub(super) fn condition(&self, section: &Section<'a>, key: &str, depth: usize) -> Condition {
        let Some(field) = section.get(key) else { return Condition::default() };
        let mut any_of = Vec::new();
        for field in field.items() {
            let Some(section) = field.section() else { continue };
            let tests: Vec<Test> = section.entries().iter().filter_map(|field| self.test(field, depth)).collect();
            if section.entries().is_empty() {
                field.problem(format!("{} tests nothing; leave it out to take every record", field.path));
            }
            any_of.push(tests);
        }
        Condition { any_of }
    }

    fn test(&self, field: &Field<'a>, depth: usize) -> Option<Test> {
        let source = match Expression::parse(field.key, self.place(depth)) {
            Ok(Some(source)) => source,
            Ok(None) => {
                let key = field.key;
                field.key_problem(format!("{key:?} is no path; the field of a record is written \"$.{key}\""));
                return None;
            }
            Err((offset, reason)) => {
                self.report.add(self.source, field.key_at + 1 + offset, reason);
                return None;
            }
        };
        Some(Test { source, expected: self.expected(field)? })
    }

    fn expected(&self, field: &Field<'a>) -> Option<Expected> {
        if !matches!(field.value.get_ref(), DeValue::Table(_)) {
            return self.words(field).map(Expected::OneOf);
        }
        let section = field.section()?;
        let not = section.get("not");
        let present = section.get("present").map(|field| field.flag());
        section.finish();
        match (not, present) {
            (Some(field), None) => self.words(&field).map(Expected::NoneOf),
            (None, Some(present)) => present.map(Expected::Present),
            _ => {
                field.problem("expected a value, a list of values, { not = ... } or { present = true }".to_owned());
                None
            }
        }
    }

    /// One value or several, as text.
    pub(super) fn words(&self, field: &Field<'a>) -> Option<Vec<String>> {
        let mut words = Vec::new();
        for field in field.items() {
            match field.value.get_ref() {
                DeValue::String(text) => words.push(text.trim().to_owned()),
                DeValue::Integer(number) if number.radix() == 10 => words.push(number.as_str().to_owned()),
                DeValue::Float(number) => words.push(number.as_str().to_owned()),
                DeValue::Boolean(flag) => words.push(flag.to_string()),
                _ => {
                    field.problem("expected a text, a number, true or false".to_owned());
                    return None;
                }
            }
        }
        Some(words)
    }
}
