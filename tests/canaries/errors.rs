//! No error of reading or routing an event repeats what the event holds.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::{Value, json};
use service_recovery::codec::mapping::{Mapping, SourceRecord};
use service_recovery::codec::{Codec, Format, RawRecord, RecordedReader};
use service_recovery::engine::route;
use service_recovery::events::{Contract, Timestamp};
use service_recovery::policy::{Policy, presets};

use crate::story::{BIRDS, birds_in, unusable};
use crate::{LOGGED, assert_the_log_is_clean};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every place in a document at which a value stands, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(index, item)| places(item, &format!("{at}/{index}"), found))
        }
        Value::Object(fields) => fields.iter().for_each(|(name, item)| places(item, &format!("{at}/{name}"), found)),
        _ => {}
    }
}

/// The document with something that does not belong there in each of its places.
fn spoiled(document: &Value) -> Vec<Value> {
    let wrong = [
        json!("canary"),
        json!("canary \u{1}"),
        json!("canary".repeat(200)),
        json!({"canary": "canary", "parrot": 1}),
        json!(["canary", {"canary": null}]),
        json!(-7.25),
        Value::Null,
    ];
    let mut places_of = Vec::new();
    places(document, "", &mut places_of);
    let mut all = Vec::new();
    for place in &places_of {
        for value in &wrong {
            let mut copy = document.clone();
            *copy.pointer_mut(place).unwrap() = value.clone();
            all.push(copy);
        }
        let mut copy = document.clone();
        if let Some(object) = copy.pointer_mut(place).and_then(Value::as_object_mut) {
            object.insert("canary".to_owned(), json!("parrot"));
            all.push(copy);
        }
    }
    all
}

/// The document with a canary in each of its texts that may be any text.
fn inhabited(codec: &Codec, contract: Contract, document: &Value) -> Value {
    let mut places_of = Vec::new();
    places(document, "", &mut places_of);
    let mut inhabited = document.clone();
    for place in places_of {
        let mut copy = inhabited.clone();
        let Some(text @ Value::String(_)) = copy.pointer_mut(&place) else { continue };
        *text = json!(format!("canary{}", place.replace('/', "-")));
        if try_to_read(codec, contract, &copy.to_string().into_bytes(), key_of(&copy).as_bytes(), None).is_none() {
            inhabited = copy;
        }
    }
    inhabited
}

fn key_of(document: &Value) -> String {
    document["customer_id"].as_str().unwrap_or("canary").to_owned()
}

/// Why it cannot be read, or goes nowhere.
fn try_to_read(
    codec: &Codec,
    contract: Contract,
    value: &[u8],
    key: &[u8],
    content_type: Option<&str>,
) -> Option<String> {
    static POLICY: LazyLock<Policy> = LazyLock::new(|| presets::hotel().unwrap());
    let record =
        RawRecord { source: contract.name(), key: Some(key), value: Some(value), content_type, ..RawRecord::default() };
    match codec.decode(contract, &record) {
        Err(error) => Some(format!("{}: {error}", error.kind())),
        Ok(input) => route(&input, &POLICY).err().map(|error| error.to_string()),
    }
}

#[track_caller]
fn assert_clean(reason: &str, of: &Value) {
    assert_eq!(birds_in(reason.as_bytes(), &BIRDS), Vec::<String>::new(), "{of}");
}

/// The examples of each contract that tells of guests, with canaries in them.
fn documents(codec: &Codec) -> Vec<(Contract, Value)> {
    let mut documents = Vec::new();
    for entry in fs::read_dir(root().join("examples/events")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(contract) = Contract::from_name(name.split('.').next().unwrap()) else { continue };
        if contract == Contract::Catalogue {
            continue; // of things: errors name the language of a name
        }
        let document: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        documents.push((contract, inhabited(codec, contract, &document)));
    }
    assert!(documents.len() > 10);
    documents
}

#[test]
fn no_reason_repeats_what_a_json_event_holds() {
    LazyLock::force(&LOGGED);
    let codec = Codec::new(None).unwrap();
    let mut refused = 0;
    for (contract, document) in documents(&codec) {
        assert!(document.to_string().contains("canary-"), "{document}");
        for spoiled in spoiled(&document) {
            let key = key_of(&spoiled);
            let bytes = spoiled.to_string().into_bytes();
            let envelope = json!({"specversion": "1.0", "id": "canary", "source": "/canary", "type": "canary",
                "time": "canary", "data": spoiled});
            let structured = Some("application/cloudevents+json");
            let readings = [
                (&bytes, key.as_bytes(), None),
                (&bytes, &b"canary"[..], None),
                (&bytes[..bytes.len() * 2 / 3].to_vec(), key.as_bytes(), None),
                (&envelope.to_string().into_bytes(), key.as_bytes(), structured),
                (&bytes, key.as_bytes(), structured),
            ];
            for (value, key, content_type) in readings {
                if let Some(reason) = try_to_read(&codec, contract, value, key, content_type) {
                    refused += 1;
                    assert_clean(&reason, &spoiled);
                }
            }
        }
    }
    assert!(refused > 1_000, "{refused} events were refused");
    for (contract, key, value) in unusable("2026-06-03T12:00:00Z") {
        let reason = try_to_read(&codec, contract, &value, key, None);
        let what = String::from_utf8_lossy(&value).into_owned();
        assert_clean(&reason.unwrap_or_else(|| panic!("{what} can be used")), &json!(what));
    }
    assert_the_log_is_clean();
}

#[test]
fn no_reason_repeats_what_an_avro_event_holds() {
    LazyLock::force(&LOGGED);
    let codec = Codec::new(None).unwrap();
    let mut refused = 0;
    for (contract, document) in documents(&codec) {
        let key = key_of(&document);
        let record = RawRecord {
            key: Some(key.as_bytes()),
            value: Some(&document.to_string().into_bytes()),
            source: "canary",
            ..RawRecord::default()
        };
        let event = codec.decode(contract, &record).unwrap().event;
        let whole = codec.encode_event(&event, Format::AvroSingleObject).unwrap().unwrap();
        for at in 10..whole.len() {
            let mut values = vec![whole[..at].to_vec()];
            values.extend([0x01, 0x80, 0xff].map(|bits| {
                let mut value = whole.clone();
                value[at] ^= bits;
                value
            }));
            for value in values {
                if let Some(reason) = try_to_read(&codec, contract, &value, key.as_bytes(), None) {
                    refused += 1;
                    assert_clean(&reason, &document);
                }
            }
        }
    }
    assert!(refused > 1_000, "{refused} events were refused");
    assert_the_log_is_clean();
}

#[test]
fn no_reason_repeats_what_a_mapped_record_holds() {
    let codec = Codec::new(None).unwrap();
    let mut refused = 0;
    for name in ["till", "carrier", "food-delivery"] {
        let mapping = Mapping::load(&root().join(format!("examples/mappings/{name}.toml"))).unwrap();
        let lines = fs::read_to_string(root().join(format!("examples/mappings/{name}.ndjson"))).unwrap();
        for line in lines.lines().take(6) {
            for spoiled in spoiled(&serde_json::from_str(line).unwrap()) {
                let value = spoiled.to_string().into_bytes();
                let source = SourceRecord {
                    topic: "raw",
                    partition: 0,
                    offset: 1,
                    timestamp: Timestamp::from_millis(0),
                    key: Some(b"canary"),
                    value: Some(&value),
                    headers: Vec::new(),
                };
                if let Err(error) = mapping.inputs(&codec, &source) {
                    refused += 1;
                    assert_clean(&error.to_string(), &spoiled);
                }
            }
        }
    }
    assert!(refused > 100, "{refused} records were refused");
}

#[test]
fn no_error_about_a_file_of_recorded_events_repeats_what_a_line_holds() {
    let good =
        json!({"topic": "orders", "key": "canary", "value": {"id": "canary"}, "timestamp": "2026-06-03T12:00:00Z"});
    let mut refused = 0;
    for line in spoiled(&good).iter().map(Value::to_string).chain([good.to_string()[..40].to_owned()]) {
        for read in RecordedReader::new(line.as_bytes(), "events.ndjson") {
            if let Err(error) = read {
                refused += 1;
                assert_clean(&error.to_string(), &json!(line));
            }
        }
    }
    assert!(refused > 10, "{refused} lines were refused");
}
