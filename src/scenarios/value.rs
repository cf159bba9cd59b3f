//! A value of a scenario as the JSON of an event: every field must be one of the contract's, written as it asks.

use serde_json::{Map, Number, Value};
use toml::de::DeValue;

use super::moment::Calendar;
use crate::codec::shape::{FieldShape, Shape};
use crate::document::{Field, unknown};
use crate::events::Timestamp;

/// What a value may refer to.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub calendar: &'a Calendar,
    /// When the event reaches us.
    pub at: Timestamp,
    /// Takes the place of `{n}`: which of the repetitions it is, from 1.
    pub n: u32,
}

impl Context<'_> {
    /// A text with its `{n}` filled in.
    pub fn text(&self, text: &str) -> String {
        text.replace("{n}", &self.n.to_string())
    }

    /// The value as JSON, or `None` after reporting what is wrong with it.
    pub fn json(&self, field: &Field<'_>, shape: &Shape) -> Option<Value> {
        match shape {
            Shape::Text => field.text().map(|text| Value::from(self.text(&text))),
            Shape::Flag => field.flag().map(Value::from),
            Shape::Whole | Shape::Money => whole(field),
            Shape::Decimal => decimal(field),
            Shape::Instant => {
                let moment = self.calendar.read_from(field, self.at)?;
                Some(Value::from(moment.to_string()))
            }
            Shape::Name(words) => name(field, words),
            Shape::List(of) => self.list(field, of),
            Shape::Map(of) => {
                let section = field.section()?;
                let entries = section.entries().into_iter();
                let object: Map<String, Value> =
                    entries.filter_map(|entry| Some((entry.key.to_owned(), self.json(&entry, of)?))).collect();
                Some(Value::Object(object))
            }
            Shape::Record(fields) => Some(Value::Object(self.record(field.section()?.entries(), fields, &field.path))),
        }
    }

    /// The entries of a table as the fields of a record. `whose` is used in messages.
    pub fn record(&self, entries: Vec<Field<'_>>, fields: &[FieldShape], whose: &str) -> Map<String, Value> {
        let mut object = Map::new();
        for entry in entries {
            match fields.iter().find(|field| field.name == entry.key) {
                Some(field) => {
                    let value = self.json(&entry, &field.shape).unwrap_or_default();
                    object.insert(field.name.clone(), value);
                }
                None => {
                    let known: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
                    entry.key_problem(unknown(&format!("field in {whose}"), entry.key, &known));
                }
            }
        }
        object
    }

    fn list(&self, field: &Field<'_>, of: &Shape) -> Option<Value> {
        let DeValue::Array(_) = field.value.get_ref() else {
            field.problem(format!("{} must be a list, as [\"...\"]", field.path));
            return None;
        };
        Some(field.items().iter().filter_map(|item| self.json(item, of)).collect())
    }
}

fn whole(field: &Field<'_>) -> Option<Value> {
    let DeValue::Integer(number) = field.value.get_ref() else {
        field.problem(format!("{} must be a whole number (money is in minor units)", field.path));
        return None;
    };
    let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
    if number.is_none() {
        field.problem(format!("{} is too large", field.path));
    }
    number.map(Value::from)
}

fn decimal(field: &Field<'_>) -> Option<Value> {
    let number = match field.value.get_ref() {
        DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse::<f64>().ok(),
        _ => None,
    };
    let number = number.and_then(Number::from_f64);
    if number.is_none() {
        field.problem(format!("{} must be a number", field.path));
    }
    number.map(Value::Number)
}

fn name(field: &Field<'_>, words: &[String]) -> Option<Value> {
    let text = field.text()?;
    if words.contains(&text) {
        return Some(Value::from(text));
    }
    let known: Vec<&str> = words.iter().map(String::as_str).collect();
    field.problem(unknown(field.key, &text, &known));
    None
}
