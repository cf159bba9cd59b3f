//! Values that stand in the mapping itself, checked against what the contract's field holds.

use serde_json::Value;
use toml::de::DeValue;

use super::Reader;
use crate::codec::shape::Shape;
use crate::document::{Field, unknown};
use crate::events::Timestamp;

impl<'a> Reader<'a> {
    /// A value of the shape.
    pub(super) fn constant(&self, field: &Field<'a>, shape: &Shape) -> Option<Value> {
        let value = match (shape, field.value.get_ref()) {
            (Shape::Text, DeValue::String(text)) => Value::String(text.to_string()),
            (Shape::Flag, DeValue::Boolean(flag)) => Value::Bool(*flag),
            (Shape::Whole | Shape::Money, DeValue::Integer(number)) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => number.into(),
                    Err(_) => return refuse(field, "is too large a number".to_owned()),
                }
            }
            (Shape::Name(names), DeValue::String(text)) => {
                let known: Vec<&str> = names.iter().map(String::as_str).collect();
                if !known.contains(&text.as_ref()) {
                    let reason = unknown(&format!("value of {}", field.path), text, &known);
                    field.problem(format!("{reason}{}", path_hint(text)));
                    return None;
                }
                Value::String(text.to_string())
            }
            (Shape::Instant, DeValue::String(text)) => match Timestamp::parse(text) {
                Ok(instant) => Value::String(instant.to_string()),
                Err(reason) => return refuse(field, format!("{reason}{}", path_hint(text))),
            },
            (Shape::List(item), DeValue::Array(_)) => {
                let items = field.items();
                let list: Option<Vec<Value>> = items.iter().map(|item_field| self.constant(item_field, item)).collect();
                Value::Array(list?)
            }
            (_, DeValue::String(text)) => {
                let expected = shape.describe();
                return refuse(field, format!("{} must be {expected}, not a text{}", field.path, path_hint(text)));
            }
            (_, found) => {
                let (expected, found) = (shape.describe(), found.type_str());
                return refuse(field, format!("{} must be {expected}, not of type {found}", field.path));
            }
        };
        Some(value)
    }
}

/// What was meant as a path often lacks its first sign.
fn path_hint(text: &str) -> String {
    let looks_like_one = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    if looks_like_one { format!(" (the field of a record is written \"$.{text}\")") } else { String::new() }
}

fn refuse(field: &Field<'_>, reason: String) -> Option<Value> {
    field.problem(reason);
    None
}
