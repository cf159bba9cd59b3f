//! What a contract's fields hold, read from the published schemas, so that mappings and scenarios are checked against the
//! same text that producers see.

use std::collections::BTreeMap;

use serde_json::Value;

use super::published;
use crate::events::Contract;

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Text,
    Whole,
    /// A whole number that counts minor units of a currency.
    Money,
    Decimal,
    Flag,
    Instant,
    /// One of these names.
    Name(Vec<String>),
    List(Box<Shape>),
    Record(Vec<FieldShape>),
    /// By names that the sender chooses.
    Map(Box<Shape>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct FieldShape {
    pub name: String,
    pub shape: Shape,
    /// Neither nullable nor with a default.
    pub required: bool,
}

impl Shape {
    /// For messages.
    pub fn describe(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Whole | Self::Money => "a whole number".to_owned(),
            Self::Decimal => "a number".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Instant => "a time".to_owned(),
            Self::Name(names) => format!("one of {}", names.join(", ")),
            Self::List(_) => "a list".to_owned(),
            Self::Record(_) | Self::Map(_) => "a table".to_owned(),
        }
    }
}

/// The fields of a contract.
pub fn fields_of(contract: Contract) -> Vec<FieldShape> {
    let schema: Value = serde_json::from_str(published(contract).text)
        .expect("invariant: every contract has an embedded schema that is JSON");
    read_fields(&schema, &mut BTreeMap::new())
}

/// `named` are the types that stand above: Avro writes each out once, and later ones refer to it by name.
fn read_fields(record: &Value, named: &mut BTreeMap<String, Shape>) -> Vec<FieldShape> {
    let mut fields = Vec::new();
    for field in record["fields"].as_array().into_iter().flatten() {
        let name = field["name"].as_str().unwrap_or_default().to_owned();
        let required = field.get("default").is_none();
        let shape = match read_type(&field["type"], named) {
            Shape::Whole if name.ends_with("_minor") => Shape::Money,
            shape => shape,
        };
        fields.push(FieldShape { name, shape, required });
    }
    fields
}

fn read_type(avro: &Value, named: &mut BTreeMap<String, Shape>) -> Shape {
    match avro {
        // in our contracts a union is always null and one other type
        Value::Array(union) => {
            let other = union.iter().find(|branch| *branch != "null");
            other.map_or(Shape::Text, |other| read_type(other, named))
        }
        Value::String(name) => primitive(name).or_else(|| named.get(name).cloned()).unwrap_or(Shape::Text),
        _ if avro["logicalType"] == "timestamp-millis" => Shape::Instant,
        _ => {
            let shape = match avro["type"].as_str().unwrap_or_default() {
                "record" => Shape::Record(read_fields(avro, named)),
                "enum" => {
                    let symbols = avro["symbols"].as_array().into_iter().flatten();
                    Shape::Name(symbols.filter_map(Value::as_str).map(str::to_owned).collect())
                }
                "array" => Shape::List(Box::new(read_type(&avro["items"], named))),
                "map" => Shape::Map(Box::new(read_type(&avro["values"], named))),
                name => primitive(name).unwrap_or(Shape::Text),
            };
            if let Some(name) = avro["name"].as_str() {
                named.insert(name.to_owned(), shape.clone());
            }
            shape
        }
    }
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

    fn field(contract: Contract, name: &str) -> FieldShape {
        fields_of(contract).into_iter().find(|field| field.name == name).unwrap()
    }

    #[test]
    fn shapes_are_those_of_the_published_schemas() {
        assert_eq!(field(Contract::Orders, "order_id").shape, Shape::Text);
        assert!(field(Contract::Orders, "order_id").required && !field(Contract::Orders, "lines").required);
        assert_eq!(field(Contract::Orders, "promised_at").shape, Shape::Instant);
        let party = Shape::Name(["customer", "company", "unknown"].map(str::to_owned).to_vec());
        assert_eq!(field(Contract::Orders, "changed_by").shape, party, "written out");
        assert_eq!(field(Contract::Orders, "cancelled_by").shape, party, "by its name");
        let Shape::List(line) = field(Contract::Orders, "lines").shape else { panic!("lines are a list") };
        let Shape::Record(line) = *line else { panic!("of records") };
        let price = line.iter().find(|field| field.name == "unit_price_minor").unwrap();
        assert_eq!(price.shape, Shape::Money);
        assert_eq!(field(Contract::Customers, "allergies").shape, Shape::List(Box::new(Shape::Text)));
        assert_eq!(field(Contract::Catalogue, "names").shape, Shape::Map(Box::new(Shape::Text)));
    }
}
