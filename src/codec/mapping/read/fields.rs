//! The fields of an event, and of the objects within it, against the contract.

use toml::de::DeValue;

use super::Reader;
use crate::codec::mapping::rule::{FieldRule, Fields, ObjectsRule};
use crate::codec::shape::{FieldShape, Shape};
use crate::document::{Field, Section, unknown};

/// Beside the fields of an object.
const OBJECT_KEYS: [&str; 2] = ["each", "when"];

impl<'a> Reader<'a> {
    /// The rules of `entries`, each of which must be one of `shapes`; `of` names the whole for messages, `others` the
    /// keys that may stand beside the fields.
    pub(super) fn fields(
        &self,
        entries: &[Field<'a>],
        shapes: &[FieldShape],
        (of, others): (&str, &[&str]),
        depth: usize,
    ) -> Fields {
        let mut fields = Fields::new();
        for field in entries {
            let Some(shape) = shapes.iter().find(|shape| shape.name == field.key) else {
                let known: Vec<&str> =
                    shapes.iter().map(|shape| shape.name.as_str()).chain(others.iter().copied()).collect();
                field.key_problem(unknown(&format!("field of {of}"), field.key, &known));
                continue;
            };
            if let Some(rule) = self.field(field, shape, depth) {
                fields.push((field.key.to_owned(), rule));
            }
        }
        fields
    }

    /// Reports the required fields that have no rule.
    pub(super) fn check_required(&self, section: &Section<'a>, keys: &[&str], shapes: &[FieldShape], of: &str) {
        for shape in shapes.iter().filter(|shape| shape.required && !keys.contains(&shape.name.as_str())) {
            section.problem(format!("{of} needs {}, and nothing fills it", shape.name));
        }
    }

    fn field(&self, field: &Field<'a>, shape: &FieldShape, depth: usize) -> Option<FieldRule> {
        match &shape.shape {
            Shape::List(item) if matches!(**item, Shape::Record(_)) => self.objects(field, item, shape.required, depth),
            Shape::List(_) => self.rule(field, &shape.shape, shape.required, depth).map(FieldRule::List),
            Shape::Map(_) => {
                let section = field.section()?;
                let entries = section.entries();
                let rules = entries.iter().filter_map(|entry| {
                    let rule = self.rule(entry, &Shape::Text, false, depth)?;
                    Some((entry.key.to_owned(), rule))
                });
                Some(FieldRule::TextMap(rules.collect()))
            }
            single => self.rule(field, single, shape.required, depth).map(FieldRule::Value),
        }
    }

    /// A table with `each`, or a list of tables.
    fn objects(&self, field: &Field<'a>, item: &Shape, required: bool, depth: usize) -> Option<FieldRule> {
        let Shape::Record(shapes) = item else { return None };
        if !matches!(field.value.get_ref(), DeValue::Array(_) | DeValue::Table(_)) {
            field.problem(format!(
                "{} is a list: write [event.fields.{}] with each = \"$.path.to.the.list\" and its fields",
                field.path, field.key
            ));
            return None;
        }
        let mut parts = Vec::new();
        for field in field.items() {
            let section = field.section()?;
            let each = section.get("each").and_then(|field| self.path(&field, depth));
            let inner = depth + usize::from(each.is_some());
            let when = self.condition(&section, "when", inner);
            let entries: Vec<Field<'a>> =
                section.entries().into_iter().filter(|entry| !OBJECT_KEYS.contains(&entry.key)).collect();
            let keys: Vec<&str> = entries.iter().map(|entry| entry.key).collect();
            let of = format!("an element of {}", field.key);
            self.check_required(&section, &keys, shapes, &of);
            let fields = self.fields(&entries, shapes, (&of, &OBJECT_KEYS), inner);
            parts.push(ObjectsRule { each, when, fields });
        }
        Some(FieldRule::Objects { parts, required })
    }
}
