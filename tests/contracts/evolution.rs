//! Writers of other versions, by way of the schemas directory.

use std::fs;
use std::path::Path;

use apache_avro::Schema;
use apache_avro::rabin::Rabin;
use serde_json::{Value, json};
use service_recovery::codec::{Codec, fingerprint};
use service_recovery::events::{Contract, DelayReason, Event, Input};

use crate::avro::datum;
use crate::support::{Subject, codec, decode, error_of};

/// An Avro schema that another writer uses, made from ours.
fn changed(topic: &str, change: impl FnOnce(&mut Vec<Value>)) -> Value {
    let mut schema = Subject::of_topic(topic).schema_json();
    change(schema["fields"].as_array_mut().unwrap());
    schema
}

fn field<'a>(fields: &'a mut [Value], name: &str) -> &'a mut Value {
    fields.iter_mut().find(|field| field["name"] == name).unwrap()
}

fn codec_with(directory: &Path, schema: &Value) -> Result<Codec, String> {
    fs::write(directory.join("other.avsc"), schema.to_string()).unwrap();
    Codec::new(Some(directory)).map_err(|error| error.to_string())
}

/// A single object as that writer would write it.
fn written(schema: &Value, event: &Value) -> Vec<u8> {
    written_with(fingerprint, schema, event)
}

fn written_with(fingerprint: fn(&Schema) -> [u8; 8], schema: &Value, event: &Value) -> Vec<u8> {
    let parsed = Schema::parse(schema).unwrap();
    [&[0xC3, 0x01], fingerprint(&parsed).as_slice(), &datum(schema, event)].concat()
}

fn order() -> Value {
    json!({"id": "1", "time": 1_780_000_000_000_i64, "type": "placed", "order_id": "A", "site_id": "s",
        "lines": [{"item_id": "salad", "quantity": 2}], "currency": "DKK"})
}

fn delivery(reason: &str) -> Value {
    json!({"id": "1", "time": 1_780_000_000_000_i64, "type": "delay_reported", "order_id": "A", "reason": reason})
}

/// What the same event means in JSON.
fn as_json(contract: Contract, event: &Value) -> Input {
    decode(codec(), contract, event.to_string().as_bytes()).unwrap()
}

#[test]
fn an_older_writer_that_lacks_fields_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let schema = changed("orders", |fields| {
        fields.retain(|field| {
            !["visit_ends_at", "completes", "withdrawn", "corrects"].contains(&field["name"].as_str().unwrap())
        });
    });
    let codec = codec_with(directory.path(), &schema).unwrap();
    let input = decode(&codec, Contract::Orders, &written(&schema, &order())).unwrap();
    assert_eq!(input, as_json(Contract::Orders, &order()));
}

#[test]
fn a_writer_that_uses_the_apache_avro_crate_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let schema = changed("orders", |fields| fields.retain(|field| field["name"] != "completes"));
    let codec = codec_with(directory.path(), &schema).unwrap();
    let crates_own = |schema: &Schema| schema.fingerprint::<Rabin>().bytes.try_into().unwrap();
    for schema in [&schema, &Subject::of_topic("orders").schema_json()] {
        let value = written_with(crates_own, schema, &order());
        assert_ne!(value, written(schema, &order()));
        assert_eq!(decode(&codec, Contract::Orders, &value).unwrap(), as_json(Contract::Orders, &order()));
    }
}

#[test]
fn a_newer_writer_that_adds_a_field_and_orders_them_differently_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let schema = changed("orders", |fields| {
        let tier = json!({"type": "enum", "name": "Tier", "symbols": ["gold"]});
        fields.insert(1, json!({"name": "loyalty_tier", "type": tier}));
        fields.swap(0, 2);
    });
    let codec = codec_with(directory.path(), &schema).unwrap();
    let mut event = order();
    event["loyalty_tier"] = json!("gold");
    let value = written(&schema, &event);
    assert_eq!(decode(&codec, Contract::Orders, &value).unwrap(), as_json(Contract::Orders, &order()));

    for end in 2..value.len() {
        assert_eq!(error_of(&codec, Contract::Orders, &value[..end]).0, "truncated", "{end}");
    }
    let longer = [&value[..], &[0]].concat();
    assert_eq!(error_of(&codec, Contract::Orders, &longer).0, "malformed_avro");
}

#[test]
fn a_symbol_that_we_do_not_know_falls_back_to_the_default_of_its_enum() {
    let directory = tempfile::tempdir().unwrap();
    let schema = changed("delivery-delays", |fields| {
        let symbols = &mut field(fields, "reason")["type"][1]["symbols"];
        symbols.as_array_mut().unwrap().insert(0, json!("strike"));
    });
    let codec = codec_with(directory.path(), &schema).unwrap();
    for (reason, read) in [("strike", DelayReason::Other), ("weather", DelayReason::Weather)] {
        let input = decode(&codec, Contract::DeliveryDelays, &written(&schema, &delivery(reason))).unwrap();
        let Event::Delivery(event) = input.event else { panic!("not a delivery: {input:?}") };
        assert_eq!(event.reason, Some(read));
    }
}

#[test]
fn a_symbol_without_a_default_is_refused_record_by_record() {
    let directory = tempfile::tempdir().unwrap();
    let schema = changed("delivery-delays", |fields| {
        field(fields, "type")["type"]["symbols"].as_array_mut().unwrap().push(json!("stolen"));
    });
    let codec = codec_with(directory.path(), &schema).unwrap();
    let mut event = delivery("weather");
    assert!(decode(&codec, Contract::DeliveryDelays, &written(&schema, &event)).is_ok());
    event["type"] = json!("stolen");
    let (kind, message) = error_of(&codec, Contract::DeliveryDelays, &written(&schema, &event));
    assert_eq!(kind, "invalid_field", "{message}");
}

#[test]
fn a_schema_that_cannot_be_read_is_refused_at_start() {
    let incompatible = [
        changed("orders", |fields| field(fields, "order_id")["type"] = json!("long")),
        changed("orders", |fields| fields.retain(|field| field["name"] != "order_id")),
        changed("orders", |fields| field(fields, "time")["type"]["logicalType"] = json!("timestamp-micros")),
    ];
    for schema in &incompatible[..] {
        let directory = tempfile::tempdir().unwrap();
        let message = codec_with(directory.path(), schema).unwrap_err();
        assert!(message.contains("other.avsc") && message.contains("OrderEvent"), "{message}");
    }
}

#[test]
fn what_is_no_schema_is_refused_at_start() {
    let directory = tempfile::tempdir().unwrap();
    let message = codec_with(directory.path(), &json!({"type": "record"})).unwrap_err();
    assert!(message.contains("other.avsc is not an Avro schema"), "{message}");
    let message = Codec::new(Some(&directory.path().join("missing"))).unwrap_err().to_string();
    assert!(message.contains("cannot read the schemas directory"), "{message}");
}

#[test]
fn a_schema_of_something_else_is_the_wrong_type() {
    let directory = tempfile::tempdir().unwrap();
    let schema = json!({"type": "record", "name": "Invoice", "fields": [{"name": "id", "type": "string"}]});
    let codec = codec_with(directory.path(), &schema).unwrap();
    let (kind, message) = error_of(&codec, Contract::Orders, &written(&schema, &json!({"id": "1"})));
    assert_eq!((kind, message.as_str()), ("wrong_type", "the value is a record Invoice, expected OrderEvent"));
}
