//! Avro schemas as JSON Schemas: what the JSON form of an event looks like.
//!
//! Named types become shared schemas of their name. What may be absent is not required; what is nullable may be null.

use serde_json::{Map, Value, json};

/// The shared schema of instants.
pub(super) const INSTANT: &str = "Instant";

/// Adds the JSON Schema of an Avro record, and of every named type in it, to `schemas`.
pub(super) fn add(avro: &Value, schemas: &mut Map<String, Value>) {
    schemas.entry(INSTANT).or_insert_with(|| {
        json!({
            "description": "RFC 3339 with an offset, as it is written, or milliseconds since 1970, which is read as well.",
            "oneOf": [{"type": "string", "format": "date-time"}, {"type": "integer"}],
        })
    });
    schema_of(avro, schemas);
}

pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn schema_of(avro: &Value, schemas: &mut Map<String, Value>) -> Value {
    match avro {
        Value::String(name) => primitive(name).unwrap_or_else(|| reference(name)),
        // in our contracts a union is always null and one other type
        Value::Array(union) => {
            let other =
                union.iter().find(|branch| *branch != "null").map_or(Value::Null, |one| schema_of(one, schemas));
            json!({"oneOf": [other, {"type": "null"}]})
        }
        Value::Object(object) => match avro["type"].as_str().unwrap_or_default() {
            "record" => named(object, schemas, record),
            "enum" => named(object, schemas, |object, _| json!({"type": "string", "enum": object["symbols"]})),
            "array" => json!({"type": "array", "items": schema_of(&avro["items"], schemas)}),
            "map" => json!({"type": "object", "additionalProperties": schema_of(&avro["values"], schemas)}),
            _ if avro["logicalType"] == "timestamp-millis" => reference(INSTANT),
            name => primitive(name).unwrap_or_else(|| reference(name)),
        },
        _ => Value::Null,
    }
}

fn primitive(name: &str) -> Option<Value> {
    let json_type = match name {
        "string" => "string",
        "boolean" => "boolean",
        "int" | "long" => "integer",
        "float" | "double" => "number",
        "null" => "null",
        _ => return None,
    };
    Some(json!({"type": json_type}))
}

fn named(
    object: &Map<String, Value>,
    schemas: &mut Map<String, Value>,
    make: fn(&Map<String, Value>, &mut Map<String, Value>) -> Value,
) -> Value {
    let name = object.get("name").and_then(Value::as_str).unwrap_or_default();
    if !schemas.contains_key(name) {
        let mut made = make(object, schemas);
        if let Some(doc) = object.get("doc") {
            made["description"] = doc.clone();
        }
        schemas.insert(name.to_owned(), made);
    }
    reference(name)
}

fn record(object: &Map<String, Value>, schemas: &mut Map<String, Value>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in object.get("fields").and_then(Value::as_array).into_iter().flatten() {
        let mut property = schema_of(&field["type"], schemas);
        if let Some(doc) = field.get("doc") {
            // beside a reference nothing counts
            if property.get("$ref").is_some() {
                property = json!({"allOf": [property]});
            }
            property["description"] = doc.clone();
        }
        match field.get("default") {
            None => required.push(field["name"].clone()),
            Some(Value::Null) => {}
            Some(default) => property["default"] = default.clone(),
        }
        properties.insert(field["name"].as_str().unwrap_or_default().to_owned(), property);
    }
    json!({"type": "object", "properties": properties, "required": required})
}
