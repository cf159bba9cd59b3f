//! What a contract's fields hold, read from the published schemas, so that a mapping is checked against the same text
//! that producers see.

use serde_json::Value;

use crate::codec::published;
use crate::events::Contract;

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Text,
    Integer,
    /// An integer that counts minor units of a currency.
    Money,
    Flag,
    Time,
    /// One of these names.
    Name(Vec<String>),
    List(Box<Shape>),
    Object(Vec<FieldShape>),
    /// Texts by names that the sender chooses.
    TextMap,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct FieldShape {
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
            Self::Integer | Self::Money => "a whole number".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Time => "a time".to_owned(),
            Self::Name(names) => format!("one of {}", names.join(", ")),
            Self::List(_) => "a list".to_owned(),
            Self::Object(_) | Self::TextMap => "a table".to_owned(),
        }
    }
}

/// The fields of a contract.
pub(super) fn fields_of(contract: Contract) -> Vec<FieldShape> {
    let schema: Value = serde_json::from_str(published(contract).text)
        .expect("invariant: every contract has an embedded schema that is JSON");
    read_fields(&schema, &mut Vec::new())
}

/// `names` are the enums that were defined so far: Avro writes each out once.
fn read_fields(record: &Value, names: &mut Vec<(String, Shape)>) -> Vec<FieldShape> {
    let mut fields = Vec::new();
    for field in record["fields"].as_array().into_iter().flatten() {
        let name = field["name"].as_str().unwrap_or_default().to_owned();
        let required = field.get("default").is_none();
        let shape = match read_type(&field["type"], names) {
            Shape::Integer if name.ends_with("_minor") => Shape::Money,
            shape => shape,
        };
        fields.push(FieldShape { name, shape, required });
    }
    fields
}

fn read_type(avro: &Value, names: &mut Vec<(String, Shape)>) -> Shape {
    match avro {
        Value::Array(branches) => {
            let given = branches.iter().find(|branch| *branch != "null");
            given.map_or(Shape::Text, |branch| read_type(branch, names))
        }
        Value::Object(object) if object.contains_key("logicalType") => Shape::Time,
        Value::Object(object) => match object["type"].as_str().unwrap_or_default() {
            "enum" => {
                let symbols = object["symbols"].as_array().into_iter().flatten();
                let shape = Shape::Name(symbols.filter_map(Value::as_str).map(str::to_owned).collect());
                names.push((object["name"].as_str().unwrap_or_default().to_owned(), shape.clone()));
                shape
            }
            "array" => Shape::List(Box::new(read_type(&object["items"], names))),
            "record" => Shape::Object(read_fields(avro, names)),
            "map" => Shape::TextMap,
            _ => read_type(&object["type"], names),
        },
        _ => match avro.as_str().unwrap_or_default() {
            "boolean" => Shape::Flag,
            "int" | "long" => Shape::Integer,
            "string" => Shape::Text,
            known => names.iter().find(|(name, _)| name == known).map_or(Shape::Text, |(_, shape)| shape.clone()),
        },
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
        assert_eq!(field(Contract::Orders, "promised_at").shape, Shape::Time);
        let party = Shape::Name(["customer", "company", "unknown"].map(str::to_owned).to_vec());
        assert_eq!(field(Contract::Orders, "changed_by").shape, party, "written out");
        assert_eq!(field(Contract::Orders, "cancelled_by").shape, party, "by its name");
        let Shape::List(line) = field(Contract::Orders, "lines").shape else { panic!("lines are a list") };
        let Shape::Object(line) = *line else { panic!("of objects") };
        let price = line.iter().find(|field| field.name == "unit_price_minor").unwrap();
        assert_eq!(price.shape, Shape::Money);
        assert_eq!(field(Contract::Customers, "allergies").shape, Shape::List(Box::new(Shape::Text)));
        assert_eq!(field(Contract::Catalogue, "names").shape, Shape::TextMap);
    }
}
