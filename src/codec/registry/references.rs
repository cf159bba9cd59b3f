//! Puts the schemas that an Avro schema refers to into it, so that it stands for itself.
//!
//! Each definition goes where its name is used first, as Avro demands; later uses stay names.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Schemas by their full names.
pub(super) type Definitions = BTreeMap<String, Value>;

/// Adds `text` under its full name. What has no name can't be referred to.
pub(super) fn define(definitions: &mut Definitions, text: &str) -> serde_json::Result<()> {
    let schema: Value = serde_json::from_str(text)?;
    if let Some(name) = schema.as_object().and_then(|object| declared(object, "")) {
        definitions.insert(name, schema);
    }
    Ok(())
}

/// The schema `text` with every name of `definitions` written out once.
pub(super) fn inline(text: &str, mut definitions: Definitions) -> serde_json::Result<String> {
    let mut schema: Value = serde_json::from_str(text)?;
    write_out(&mut schema, "", &mut definitions);
    Ok(schema.to_string())
}

/// `node` stands where a type is expected.
fn write_out(node: &mut Value, namespace: &str, definitions: &mut Definitions) {
    match node {
        Value::String(name) => {
            let Some(definition) = definitions.remove(&qualified(name, namespace)) else { return };
            *node = definition;
            // from now on in its own namespace; a definition without one is in the null namespace
            write_out(node, "", definitions);
        }
        Value::Array(union) => union.iter_mut().for_each(|branch| write_out(branch, namespace, definitions)),
        Value::Object(object) => write_out_object(object, namespace, definitions),
        _ => {}
    }
}

fn write_out_object(object: &mut Map<String, Value>, namespace: &str, definitions: &mut Definitions) {
    let own = declared(object, namespace);
    let namespace = own.as_deref().map_or(namespace, |name| name.rsplit_once('.').map_or("", |(space, _)| space));
    for field in object.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(kind) = field.get_mut("type") {
            write_out(kind, namespace, definitions);
        }
    }
    for key in ["items", "values"] {
        if let Some(inner) = object.get_mut(key) {
            write_out(inner, namespace, definitions);
        }
    }
    // {"type": "com.acme.Address"} and {"type": {...}} are allowed as well
    if own.is_none()
        && let Some(kind) = object.get_mut("type")
    {
        write_out(kind, namespace, definitions);
    }
}

/// The full name that a definition declares.
fn declared(object: &Map<String, Value>, enclosing: &str) -> Option<String> {
    let name = object.get("name")?.as_str()?;
    let namespace = object.get("namespace").and_then(Value::as_str).unwrap_or(enclosing);
    Some(qualified(name, namespace))
}

fn qualified(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

#[cfg(test)]
mod tests {
    use apache_avro::Schema;
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_written_out_where_they_are_used_first() {
        let money = json!({"type": "record", "name": "Money", "namespace": "com.acme", "fields": [
            {"name": "minor", "type": "long"}, {"name": "currency", "type": "Currency"}]});
        let currency = json!({"type": "enum", "name": "com.acme.Currency", "symbols": ["DKK", "SEK"]});
        let order = json!({"type": "record", "name": "Order", "namespace": "com.acme", "fields": [
            {"name": "total", "type": ["null", "Money"], "default": null},
            {"name": "parts", "type": {"type": "array", "items": "com.acme.Money"}},
            {"name": "paid_in", "type": {"type": "Currency"}}]});
        let mut definitions = Definitions::new();
        for schema in [&money, &currency] {
            define(&mut definitions, &schema.to_string()).unwrap();
        }
        let whole = inline(&order.to_string(), definitions).unwrap();
        let parsed = Schema::parse_str(&whole).unwrap();
        assert_eq!(whole.matches("\"minor\"").count(), 1, "{whole}");
        assert_eq!(parsed.name().unwrap().to_string(), "com.acme.Order");
    }

    #[test]
    fn a_field_may_be_called_like_a_definition() {
        let mut definitions = Definitions::new();
        define(&mut definitions, r#"{"type": "enum", "name": "kind", "symbols": ["a"]}"#).unwrap();
        let order = r#"{"type":"record","name":"R","fields":[{"name":"kind","type":"string","default":"kind"}]}"#;
        assert_eq!(inline(order, definitions).unwrap(), serde_json::from_str::<Value>(order).unwrap().to_string());
    }
}
