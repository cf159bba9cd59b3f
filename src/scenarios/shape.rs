//! What an event of a contract may hold, read from the published schema: names of fields, and what each may be.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a value may be.
#[derive(Debug, Clone)]
pub enum Shape {
    Text,
    Whole,
    Decimal,
    Flag,
    Instant,
    /// One word of a closed list.
    Name(Vec<String>),
    List(Box<Shape>),
    /// Keys are free.
    Map(Box<Shape>),
    Record(Vec<(String, Shape)>),
}

impl Shape {
    /// Of a published Avro schema.
    pub fn of_schema(text: &str) -> Self {
        let schema: Value = serde_json::from_str(text).expect("invariant: a published schema is JSON");
        read(&schema, &mut BTreeMap::new())
    }

    pub fn fields(&self) -> &[(String, Shape)] {
        match self {
            Self::Record(fields) => fields,
            _ => &[],
        }
    }
}

/// `named` are the types that stand above: later ones refer to them by name.
fn read(schema: &Value, named: &mut BTreeMap<String, Shape>) -> Shape {
    match schema {
        Value::String(name) => primitive(name).or_else(|| named.get(name).cloned()).unwrap_or(Shape::Text),
        // in our contracts a union is always null and one other type
        Value::Array(union) => {
            let other = union.iter().find(|branch| *branch != "null");
            other.map_or(Shape::Text, |other| read(other, named))
        }
        _ if schema["logicalType"] == "timestamp-millis" => Shape::Instant,
        _ => {
            let shape = match schema["type"].as_str().unwrap_or_default() {
                "record" => Shape::Record(fields(schema, named)),
                "enum" => Shape::Name(texts(&schema["symbols"])),
                "array" => Shape::List(Box::new(read(&schema["items"], named))),
                "map" => Shape::Map(Box::new(read(&schema["values"], named))),
                name => primitive(name).unwrap_or(Shape::Text),
            };
            if let Some(name) = schema["name"].as_str() {
                named.insert(name.to_owned(), shape.clone());
            }
            shape
        }
    }
}

fn fields(record: &Value, named: &mut BTreeMap<String, Shape>) -> Vec<(String, Shape)> {
    let fields = record["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
    let name = |field: &Value| field["name"].as_str().unwrap_or_default().to_owned();
    fields.iter().map(|field| (name(field), read(&field["type"], named))).collect()
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn primitive(name: &str) -> Option<Shape> {
    match name {
        "string" => Some(Shape::Text),
        "boolean" => Some(Shape::Flag),
        "int" | "long" => Some(Shape::Whole),
        "float" | "double" => Some(Shape::Decimal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::published;
    use crate::events::Contract;

    #[test]
    fn an_order_has_its_fields_with_their_types() {
        let shape = Shape::of_schema(published(Contract::Orders).text);
        let field = |name: &str| shape.fields().iter().find(|(known, _)| known == name).map(|(_, shape)| shape);
        assert!(matches!(field("promised_at"), Some(Shape::Instant)));
        assert!(matches!(field("cancelled_by"), Some(Shape::Name(words)) if words.len() == 3), "named above");
        let Some(Shape::List(line)) = field("lines") else { panic!("{shape:?}") };
        assert!(line.fields().iter().any(|(name, shape)| name == "quantity" && matches!(shape, Shape::Whole)));
        assert!(field("nonsense").is_none());
    }
}
