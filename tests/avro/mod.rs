//! Events as writers with other schemas encode them.

use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{Schema, types};
use serde_json::Value;

/// An event as a writer with that schema encodes it; instants are in milliseconds.
pub fn datum(schema: &Value, event: &Value) -> Vec<u8> {
    let schema = Schema::parse(schema).unwrap();
    let value = avro_value(event).resolve(&schema).unwrap();
    let writer = GenericDatumWriter::builder(&schema).build().unwrap();
    writer.write_value_to_vec(value).unwrap()
}

fn avro_value(json: &Value) -> types::Value {
    match json {
        Value::Null => types::Value::Null,
        Value::Bool(flag) => types::Value::Boolean(*flag),
        Value::Number(number) => types::Value::Long(number.as_i64().unwrap()),
        Value::String(text) => types::Value::String(text.clone()),
        Value::Array(list) => types::Value::Array(list.iter().map(avro_value).collect()),
        Value::Object(object) => {
            types::Value::Record(object.iter().map(|(name, inner)| (name.clone(), avro_value(inner))).collect())
        }
    }
}
