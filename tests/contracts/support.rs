//! The table of contracts, and JSON as a schema sees it.

use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use service_recovery::codec::{Codec, DecodeError, RawRecord};
use service_recovery::events::{
    CatalogueItem, ComplaintEvent, Contract, CustomerProfile, DeliveryEvent, FollowUp, IncidentEvent, Input, Insight,
    OrderEvent, OutcomeEvent, RecoveryAction, Timestamp,
};

/// One contract: its topic, its record and what its Rust type makes of a JSON value.
pub struct Subject {
    pub topic: &'static str,
    pub record: &'static str,
    file: &'static str,
    /// JSON -> type -> Avro -> type -> JSON with its nulls.
    pub through_type: fn(&Value, &Schema) -> Value,
}

pub const SUBJECTS: [Subject; 10] = [
    Subject::of::<OrderEvent>("orders", "OrderEvent", "order-event"),
    Subject::of::<DeliveryEvent>("delivery-delays", "DeliveryEvent", "delivery-event"),
    Subject::of::<ComplaintEvent>("complaints", "ComplaintEvent", "complaint-event"),
    Subject::of::<CustomerProfile>("customers", "CustomerProfile", "customer-profile"),
    Subject::of::<OutcomeEvent>("recovery-outcomes", "OutcomeEvent", "outcome-event"),
    Subject::of::<RecoveryAction>("recovery-actions", "RecoveryAction", "recovery-action"),
    Subject::of::<FollowUp>("recovery-follow-ups", "FollowUp", "follow-up"),
    Subject::of::<IncidentEvent>("recovery-incidents", "IncidentEvent", "incident-event"),
    Subject::of::<Insight>("recovery-insights", "Insight", "insight"),
    Subject::of::<CatalogueItem>("catalogue", "CatalogueItem", "catalogue-item"),
];

impl Subject {
    const fn of<T>(topic: &'static str, record: &'static str, file: &'static str) -> Self
    where
        T: DeserializeOwned + Serialize + PartialEq + Debug,
    {
        Self { topic, record, file, through_type: through_type::<T> }
    }

    pub fn of_topic(topic: &str) -> &'static Self {
        SUBJECTS.iter().find(|subject| subject.topic == topic).unwrap()
    }

    pub fn schema_text(&self) -> String {
        fs::read_to_string(root().join(format!("schemas/{}.avsc", self.file))).unwrap()
    }

    pub fn schema(&self) -> Schema {
        Schema::parse_str(&self.schema_text()).unwrap()
    }

    pub fn schema_json(&self) -> Value {
        serde_json::from_str(&self.schema_text()).unwrap()
    }

    pub fn input(&self) -> Option<Contract> {
        Contract::from_name(self.topic)
    }

    /// The example events, by file name.
    pub fn examples(&self) -> Vec<(String, Value)> {
        let mut examples = Vec::new();
        for entry in fs::read_dir(root().join("examples/events")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.split('.').next() == Some(self.topic) {
                examples.push((name, serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap()));
            }
        }
        examples.sort_by(|a, b| a.0.cmp(&b.0));
        assert!(!examples.is_empty(), "no example of {}", self.topic);
        examples
    }
}

fn through_type<T>(json: &Value, schema: &Schema) -> Value
where
    T: DeserializeOwned + Serialize + PartialEq + Debug,
{
    let typed: T = serde_json::from_value(json.clone()).unwrap();
    let writer = GenericDatumWriter::builder(schema).human_readable(false).build().unwrap();
    let datum = writer.write_ser_to_vec(&typed).unwrap();
    let reader = GenericDatumReader::builder(schema).human_readable(false).build().unwrap();
    let mut rest = &datum[..];
    let read: T = reader.read_deser(&mut rest).unwrap();
    assert!(rest.is_empty());
    assert_eq!(read, typed);
    serde_json::to_value(read).unwrap()
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn codec() -> &'static Codec {
    static CODEC: LazyLock<Codec> = LazyLock::new(|| Codec::new(None).unwrap());
    &CODEC
}

/// Decodes bytes as a record of the golden scenario's customer.
pub fn decode(codec: &Codec, contract: Contract, value: &[u8]) -> Result<Input, DecodeError> {
    decode_keyed(codec, contract, "guest-4711", value)
}

/// The key of its record, where the contract asks for one.
pub fn key_of(event: &Value) -> String {
    let text = |field: &str| event[field].as_str();
    match (text("customer_id"), text("site_id"), text("item_id")) {
        (Some(customer), ..) => customer.to_owned(),
        (None, Some(site), Some(item)) => format!("{site}/{item}"),
        (None, _, item) => item.unwrap_or("none").to_owned(),
    }
}

pub fn decode_keyed(codec: &Codec, contract: Contract, key: &str, value: &[u8]) -> Result<Input, DecodeError> {
    let key = Some(key.as_bytes());
    codec.decode(contract, &RawRecord { source: "test", key, value: Some(value), ..RawRecord::default() })
}

pub fn error_of(codec: &Codec, contract: Contract, value: &[u8]) -> (&'static str, String) {
    let error = decode(codec, contract, value).unwrap_err();
    (error.kind(), error.to_string())
}

/// The named types of a schema: name -> definition.
pub fn named_types(schema: &Value) -> Map<String, Value> {
    fn collect(node: &Value, found: &mut Map<String, Value>) {
        match node {
            Value::Array(list) => list.iter().for_each(|entry| collect(entry, found)),
            Value::Object(object) => {
                if let (Some(Value::String(name)), Some("record" | "enum")) =
                    (object.get("name"), object.get("type").and_then(Value::as_str))
                {
                    found.insert(name.clone(), node.clone());
                }
                for key in ["type", "fields", "items", "values"] {
                    object.get(key).iter().for_each(|inner| collect(inner, found));
                }
            }
            _ => {}
        }
    }
    let mut found = Map::new();
    collect(schema, &mut found);
    found
}

/// What the service would write for `value`: defaults filled in, instants in UTC, no nulls.
pub fn normalised(value: &Value, schema: &Value, types: &Map<String, Value>) -> Value {
    match schema {
        Value::String(name) => match types.get(name) {
            Some(definition) => normalised(value, definition, types),
            None => value.clone(),
        },
        Value::Array(_) if value.is_null() => Value::Null,
        Value::Array(union) => normalised(value, &union[1], types),
        Value::Object(object) => match object["type"].as_str() {
            Some("record") => normalised_record(value, object, types),
            Some("array") => {
                value.as_array().unwrap().iter().map(|item| normalised(item, &object["items"], types)).collect()
            }
            Some("long") => {
                let instant: Timestamp = serde_json::from_value(value.clone()).unwrap();
                instant.to_string().into()
            }
            _ => value.clone(),
        },
        _ => unreachable!("not a schema: {schema}"),
    }
}

fn normalised_record(value: &Value, record: &Map<String, Value>, types: &Map<String, Value>) -> Value {
    let mut out = Map::new();
    for field in record["fields"].as_array().unwrap() {
        let name = field["name"].as_str().unwrap();
        let given = value.get(name).or_else(|| field.get("default"));
        let given = given.unwrap_or_else(|| panic!("{name} is missing and has no default"));
        let inner = normalised(given, &field["type"], types);
        if !inner.is_null() {
            out.insert(name.to_owned(), inner);
        }
    }
    Value::Object(out)
}

/// Leaves out the members that are null.
pub fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .filter(|(_, inner)| !inner.is_null())
            .map(|(name, inner)| (name.clone(), without_nulls(inner)))
            .collect(),
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
