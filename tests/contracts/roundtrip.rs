//! Random valid events, generated from the schemas, keep their meaning on every way through the codec.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use service_recovery::codec::{Codec, Format};

use crate::support::{SUBJECTS, Subject, codec, decode_keyed, key_of, named_types, normalised, without_nulls};

const CASES_PER_CONTRACT: u32 = 200;

#[test]
fn any_valid_event_keeps_its_meaning() {
    let codec = codec();
    for subject in &SUBJECTS {
        let config =
            ProptestConfig { cases: CASES_PER_CONTRACT, failure_persistence: None, ..ProptestConfig::default() };
        let result = TestRunner::new(config).run(&events(subject), |event| check(codec, subject, &event));
        result.unwrap_or_else(|error| panic!("{}: {error}", subject.record));
    }
}

fn check(codec: &Codec, subject: &Subject, event: &Value) -> Result<(), TestCaseError> {
    let schema_json = subject.schema_json();
    let expected = normalised(event, &schema_json, &named_types(&schema_json));
    let after = (subject.through_type)(event, &subject.schema());
    prop_assert_eq!(without_nulls(&after), expected.clone());

    let Some(contract) = subject.input() else { return Ok(()) };
    let key = &key_of(event);
    let input = decode_keyed(codec, contract, key, event.to_string().as_bytes());
    let input = input.map_err(|error| TestCaseError::fail(error.to_string()))?;
    let json = codec.encode_event(&input.event, Format::Json).unwrap().unwrap();
    prop_assert_eq!(serde_json::from_slice::<Value>(&json).unwrap(), expected);
    let avro = codec.encode_event(&input.event, Format::AvroSingleObject).unwrap().unwrap();
    prop_assert_eq!(decode_keyed(codec, contract, key, &avro).unwrap(), input);
    Ok(())
}

/// Events that fit the schema, and the few rules that a schema can't say.
fn events(subject: &Subject) -> impl Strategy<Value = Value> {
    let schema = subject.schema_json();
    let types = named_types(&schema);
    let complaint = subject.topic == "complaints";
    any_of_schema("", &schema, &types).prop_map(move |mut event| {
        if event["type"] == "placed" && event["site_id"].is_null() {
            event["site_id"] = json!("strandhotellet");
        }
        if event["withdrawn"] == true && event["corrects"].is_null() {
            event["corrects"] = json!("an earlier event");
        }
        if complaint {
            event["text"] = json!("The soup is cold.");
        }
        event
    })
}

fn any_of_schema(field: &str, schema: &Value, types: &Map<String, Value>) -> BoxedStrategy<Value> {
    match schema {
        Value::String(name) => match types.get(name) {
            Some(definition) => any_of_schema(field, definition, types),
            None => any_of_primitive(field, name),
        },
        Value::Array(union) => any_of_schema(field, &union[1], types),
        Value::Object(object) => match object["type"].as_str().unwrap() {
            "record" => any_record(object, types),
            "array" => vec(any_of_schema(field, &object["items"], types), 0..3).prop_map(Value::Array).boxed(),
            "map" => prop::collection::btree_map("[a-z_]{1,8}", any_of_schema(field, &object["values"], types), 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect()))
                .boxed(),
            "enum" => prop::sample::select(object["symbols"].as_array().unwrap().clone()).boxed(),
            "long" => (-62_135_596_800_000_i64..253_402_207_200_000).prop_map(|millis| json!(millis)).boxed(),
            other => unreachable!("no such type in our schemas: {other}"),
        },
        _ => unreachable!("not a schema: {schema}"),
    }
}

fn any_record(record: &Map<String, Value>, types: &Map<String, Value>) -> BoxedStrategy<Value> {
    let mut fields = Vec::new();
    for field in record["fields"].as_array().unwrap() {
        let name = field["name"].as_str().unwrap().to_owned();
        let present = any_of_schema(&name, &field["type"], types).prop_map(Some).boxed();
        let mut choices = vec![present];
        if field.get("default").is_some() {
            choices.push(Just(None).boxed());
        }
        if field["type"].is_array() {
            choices.push(Just(Some(Value::Null)).boxed());
        }
        let value = prop::strategy::Union::new(choices);
        fields.push(value.prop_map(move |value| (name.clone(), value)).boxed());
    }
    let present = |fields: Vec<(String, Option<Value>)>| {
        Value::Object(fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
    };
    fields.prop_map(present).boxed()
}

fn any_of_primitive(field: &str, primitive: &str) -> BoxedStrategy<Value> {
    match (primitive, field) {
        ("string", "currency") => prop::sample::select(vec!["DKK", "EUR", "JPY"]).prop_map(Value::from).boxed(),
        // it is parted from the item by a slash in the key of a catalogue item
        ("string", "site_id") => "[^/\\pC]{1,24}".prop_map(Value::from).boxed(),
        ("string", _) => "\\PC{1,24}".prop_map(Value::from).boxed(),
        ("boolean", _) => any::<bool>().prop_map(Value::from).boxed(),
        ("double", _) => (-1e12..1e12_f64).prop_map(Value::from).boxed(),
        ("long", "score") => (0..=10_i64).prop_map(Value::from).boxed(),
        ("long", "inconvenience") => (0..=4_i64).prop_map(Value::from).boxed(),
        ("long", "quantity") => (0..=1_000_i64).prop_map(Value::from).boxed(),
        ("long", _) => (1..=1_000_000_i64).prop_map(Value::from).boxed(),
        other => unreachable!("no such type in our schemas: {other:?}"),
    }
}
