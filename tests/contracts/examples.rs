//! Every example fits its type and its schema, and together they show every field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use service_recovery::codec::{DecodeErrorKind, Format, fingerprint};
use service_recovery::events::*;

use crate::support::{SUBJECTS, codec, decode_keyed, key_of, named_types, normalised, root, without_nulls};

#[test]
fn every_example_survives_its_type_and_avro_unchanged() {
    for subject in &SUBJECTS {
        let (schema, schema_json) = (subject.schema(), subject.schema_json());
        let types = named_types(&schema_json);
        for (file, example) in subject.examples() {
            let after = (subject.through_type)(&example, &schema);
            assert_eq!(without_nulls(&after), normalised(&example, &schema_json, &types), "{file}");
        }
    }
}

#[test]
fn the_codec_reads_every_input_example_and_writes_it_back_in_both_formats() {
    let codec = codec();
    for subject in &SUBJECTS {
        let Some(contract) = subject.input() else { continue };
        let types = named_types(&subject.schema_json());
        for (file, example) in subject.examples() {
            let key = &key_of(&example);
            let input = decode_keyed(codec, contract, key, example.to_string().as_bytes()).unwrap();
            let json = codec.encode_event(&input.event, Format::Json).unwrap().unwrap();
            let avro = codec.encode_event(&input.event, Format::AvroSingleObject).unwrap().unwrap();
            let expected = normalised(&example, &subject.schema_json(), &types);
            assert_eq!(serde_json::from_slice::<Value>(&json).unwrap(), expected, "{file}");
            assert_eq!(decode_keyed(codec, contract, key, &avro).unwrap(), input, "{file}");
        }
    }
}

#[test]
fn types_and_schemas_have_the_same_fields_and_the_examples_show_each_of_them() {
    for subject in &SUBJECTS {
        let types = named_types(&subject.schema_json());
        let (mut serialised, mut shown) = (BTreeMap::new(), BTreeMap::new());
        for (_, example) in subject.examples() {
            let with_nulls = (subject.through_type)(&example, &subject.schema());
            fields_by_record(&with_nulls, subject.record, &types, &mut serialised);
            fields_by_record(&example, subject.record, &types, &mut shown);
        }
        let in_schema: BTreeMap<String, BTreeSet<String>> = types
            .iter()
            .filter(|(_, definition)| definition["type"] == "record")
            .map(|(name, definition)| (name.clone(), field_names(definition)))
            .collect();
        assert_eq!(serialised, in_schema, "the type of {} differs from its schema", subject.record);
        assert_eq!(shown, in_schema, "the examples of {} do not show every field", subject.topic);
    }
}

/// Which fields `value` has, for its record and those within it.
fn fields_by_record(
    value: &Value,
    record: &str,
    types: &Map<String, Value>,
    found: &mut BTreeMap<String, BTreeSet<String>>,
) {
    let object = value.as_object().unwrap();
    let seen = found.entry(record.to_owned()).or_default();
    seen.extend(object.keys().cloned());
    for field in types[record]["fields"].as_array().unwrap() {
        let inner = object.get(field["name"].as_str().unwrap()).unwrap_or(&Value::Null);
        let Some(name) = record_within(&field["type"], types) else { continue };
        match inner {
            Value::Array(list) => list.iter().for_each(|item| fields_by_record(item, &name, types, found)),
            Value::Object(_) => fields_by_record(inner, &name, types, found),
            _ => {}
        }
    }
}

/// The record that a field holds, or holds an array of.
fn record_within(schema: &Value, types: &Map<String, Value>) -> Option<String> {
    match schema {
        Value::String(name) => (types.get(name)?["type"] == "record").then(|| name.clone()),
        Value::Array(union) => record_within(&union[1], types),
        Value::Object(object) if object["type"] == "array" => record_within(&object["items"], types),
        Value::Object(object) if object["type"] == "record" => Some(object["name"].as_str().unwrap().to_owned()),
        _ => None,
    }
}

fn field_names(record: &Value) -> BTreeSet<String> {
    record["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn enum_symbols_are_the_names_of_the_types() {
    fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
        all.iter().map(|value| name(*value)).collect()
    }
    let known: BTreeMap<&str, Vec<&str>> = [
        ("OrderEventType", names(OrderEventType::ALL, OrderEventType::name)),
        ("Party", names(Party::ALL, Party::name)),
        ("ModifierKind", names(ModifierKind::ALL, ModifierKind::name)),
        ("DeliveryEventType", names(DeliveryEventType::ALL, DeliveryEventType::name)),
        ("DelayReason", names(DelayReason::ALL, DelayReason::name)),
        ("Responsibility", names(Responsibility::ALL, Responsibility::name)),
        ("ComplaintForm", names(ComplaintForm::ALL, ComplaintForm::name)),
        ("FailureKind", names(FailureKind::ALL, FailureKind::name)),
        ("OutcomeStatus", names(OutcomeStatus::ALL, OutcomeStatus::name)),
        ("DeclinedBy", names(DeclinedBy::ALL, DeclinedBy::name)),
        ("FollowUpResult", names(FollowUpResult::ALL, FollowUpResult::name)),
        ("ActionKind", names(ActionKind::ALL, ActionKind::name)),
        ("ActionType", names(ActionType::ALL, ActionType::name)),
        ("ActionState", names(ActionState::ALL, ActionState::name)),
        ("Authority", names(Authority::ALL, Authority::name)),
        ("InitiatedBy", names(InitiatedBy::ALL, InitiatedBy::name)),
        ("Severity", names(Severity::ALL, Severity::name)),
        ("ShortfallSource", names(ShortfallSource::ALL, ShortfallSource::name)),
        ("RemedyKind", names(RemedyKind::ALL, RemedyKind::name)),
        ("GestureKind", names(GestureKind::ALL, GestureKind::name)),
        ("FollowUpType", names(FollowUpType::ALL, FollowUpType::name)),
        ("IncidentStatus", names(IncidentStatus::ALL, IncidentStatus::name)),
        ("Band", names(Band::ALL, Band::name)),
        ("InsightType", names(InsightType::ALL, InsightType::name)),
    ]
    .into();
    let mut seen = BTreeSet::new();
    for subject in &SUBJECTS {
        for (name, definition) in named_types(&subject.schema_json()) {
            if definition["type"] == "enum" {
                let symbols = definition["symbols"].as_array().unwrap();
                let symbols: Vec<&str> = symbols.iter().map(|symbol| symbol.as_str().unwrap()).collect();
                assert_eq!(Some(&symbols), known.get(name.as_str()), "{name} in the schema of {}", subject.record);
                seen.insert(name);
            }
        }
    }
    assert_eq!(seen.len(), known.len(), "an enum is in no schema");
}

#[test]
fn every_field_is_documented_and_nullable_fields_default_to_null() {
    for subject in &SUBJECTS {
        for (name, definition) in named_types(&subject.schema_json()) {
            assert!(definition["doc"].as_str().is_some_and(|doc| !doc.is_empty()), "{name} has no doc");
            for field in definition["fields"].as_array().into_iter().flatten() {
                let place = format!("{name}.{}", field["name"]);
                assert!(field["doc"].as_str().is_some_and(|doc| !doc.is_empty()), "{place} has no doc");
                if let Some(union) = field["type"].as_array() {
                    assert_eq!((union.len(), &union[0]), (2, &"null".into()), "{place}");
                    assert_eq!(field.get("default"), Some(&Value::Null), "{place}");
                }
            }
        }
    }
}

#[test]
fn types_that_several_schemas_define_are_the_same_in_each() {
    let mut known: BTreeMap<String, (&str, Value)> = BTreeMap::new();
    for subject in &SUBJECTS {
        let types = named_types(&subject.schema_json());
        for (name, definition) in &types {
            let mut shape = definition.clone();
            expand(&mut shape, &types);
            let first = known.entry(name.clone()).or_insert((subject.record, shape.clone()));
            assert_eq!(first.1, shape, "{name} differs between {} and {}", first.0, subject.record);
        }
    }
}

/// Replaces the name of an enum by its definition, wherever it was defined.
fn expand(node: &mut Value, types: &Map<String, Value>) {
    match node {
        Value::Object(object) => {
            for (key, inner) in object.iter_mut() {
                match inner.as_str().and_then(|name| types.get(name)) {
                    Some(definition) if key == "type" || key == "items" || key == "values" => {
                        *inner = definition.clone();
                        expand(inner, types);
                    }
                    _ => expand(inner, types),
                }
            }
        }
        Value::Array(list) => {
            for inner in list {
                match inner.as_str().and_then(|name| types.get(name)) {
                    Some(definition) if definition["type"] == "enum" => *inner = definition.clone(),
                    _ => expand(inner, types),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_contract_page_names_the_fingerprint_of_every_schema() {
    let page = std::fs::read_to_string(root().join("docs/contract.md")).unwrap();
    for subject in &SUBJECTS {
        let hex: String = fingerprint(&subject.schema()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(page.contains(&hex), "docs/contract.md does not say that {} is {hex}", subject.record);
    }
}

#[test]
fn the_ids_on_the_contract_page_are_those_that_we_write() {
    let page = std::fs::read_to_string(root().join("docs/contract.md")).unwrap();
    let incident = ids::incident_of_order("bar-1003");
    let gesture = ids::action(&incident, "gesture", 1);
    let reply_to = ids::reply_to("c:guest-4711", &gesture);
    let (apology, follow_up) = (ids::action(&incident, "apology", 1), ids::action(&incident, "follow_up", 1));
    for id in [incident, apology, gesture, follow_up, reply_to] {
        assert!(page.contains(&id), "docs/contract.md does not show {id}");
    }
}

#[test]
fn the_contract_page_lists_every_kind_of_refusal() {
    let page = std::fs::read_to_string(root().join("docs/contract.md")).unwrap();
    for kind in DecodeErrorKind::ALL {
        assert!(page.contains(&format!("`{}`", kind.name())), "docs/contract.md does not list {}", kind.name());
    }
}
