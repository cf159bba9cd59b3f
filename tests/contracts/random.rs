//! 10,000 random valid events of every contract keep their meaning through JSON, Avro and back.
//!
//! The generators are made from the schemas, so that a new field is covered by being there. They lean on the edges: the
//! first and the last instants, empty and long texts in any script, empty lists, everything absent, everything null.

use apache_avro::reader::datum::GenericDatumReader;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use proptest::test_runner::TestRunner;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use service_recovery::codec::{Codec, Format};
use service_recovery::events::{Contract, Payload, Timestamp};

use crate::support::{SUBJECTS, Subject, codec, decode_keyed, key_of, named_types, normalised};

const CASES_PER_CONTRACT: u32 = 10_000;
/// Marker and fingerprint.
const SINGLE_OBJECT_HEADER: usize = 10;

/// What people wrote: anything goes, control characters and nothing at all too.
const FREE_TEXT: [&str; 11] =
    ["text", "reason_text", "comment", "say", "do", "why", "ask", "background", "advice", "doc", "reason"];

/// How the optional fields of an event are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Optional {
    Mixed,
    Absent,
    Null,
    Present,
}

#[rstest::rstest]
#[case::orders(0)]
#[case::delivery_delays(1)]
#[case::complaints(2)]
#[case::customers(3)]
#[case::recovery_outcomes(4)]
#[case::recovery_actions(5)]
#[case::recovery_follow_ups(6)]
#[case::recovery_incidents(7)]
#[case::recovery_insights(8)]
#[case::catalogue(9)]
fn any_valid_event_keeps_its_meaning(#[case] subject: usize) {
    let subject = &SUBJECTS[subject];
    let trial = Trial::of(subject);
    let config = ProptestConfig { cases: CASES_PER_CONTRACT, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&events(subject), |event| trial.check(&event));
    result.unwrap_or_else(|error| panic!("{}: {error}", subject.record));
}

#[test]
fn every_contract_is_tried() {
    assert_eq!(SUBJECTS.len(), 10, "a new contract needs a case above");
}

struct Trial {
    subject: &'static Subject,
    codec: &'static Codec,
    /// Reads what the codec writes, without the codec.
    reader: GenericDatumReader<'static>,
    schema: Value,
    types: Map<String, Value>,
}

impl Trial {
    fn of(subject: &'static Subject) -> Self {
        let schema = subject.schema_json();
        let types = named_types(&schema);
        let avro = Box::leak(Box::new(subject.schema()));
        let reader = GenericDatumReader::builder(avro).human_readable(false).build().unwrap();
        Self { subject, codec: codec(), reader, schema, types }
    }

    fn check(&self, event: &Value) -> Result<(), TestCaseError> {
        let back = match (self.subject.input(), self.subject.topic) {
            (Some(contract), _) => self.through_input(contract, event)?,
            (None, "recovery-actions") => self.through_output(event, |event| Payload::Action(Box::new(event)))?,
            (None, "recovery-follow-ups") => self.through_output(event, |event| Payload::FollowUp(Box::new(event)))?,
            (None, "recovery-incidents") => self.through_output(event, |event| Payload::Incident(Box::new(event)))?,
            (None, "recovery-insights") => self.through_output(event, |event| Payload::Insight(Box::new(event)))?,
            (None, other) => unreachable!("no such contract: {other}"),
        };
        let back: Value = serde_json::from_slice(&back).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(back, normalised(event, &self.schema, &self.types));
        Ok(())
    }

    fn through_input(&self, contract: Contract, event: &Value) -> Result<Vec<u8>, TestCaseError> {
        let key = &key_of(event);
        let decode = |bytes: &[u8]| {
            decode_keyed(self.codec, contract, key, bytes).map_err(|error| TestCaseError::fail(error.to_string()))
        };
        let input = decode(event.to_string().as_bytes())?;
        let avro = self.codec.encode_event(&input.event, Format::AvroSingleObject).unwrap().unwrap();
        let back = decode(&avro)?;
        prop_assert_eq!(&back, &input);
        Ok(self.codec.encode_event(&back.event, Format::Json).unwrap().unwrap())
    }

    fn through_output<T: DeserializeOwned>(
        &self,
        event: &Value,
        payload: fn(T) -> Payload,
    ) -> Result<Vec<u8>, TestCaseError> {
        let typed = serde_json::from_str(&event.to_string()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let written = payload(typed);
        let avro = self.codec.encode(&written, Format::AvroSingleObject).unwrap();
        let mut datum = &avro[SINGLE_OBJECT_HEADER..];
        let read = self.reader.read_deser(&mut datum).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(datum.is_empty());
        let back = payload(read);
        prop_assert_eq!(&back, &written);
        Ok(self.codec.encode(&back, Format::Json).unwrap())
    }
}

/// Events that fit the schema, and the few rules that a schema can't say.
fn events(subject: &'static Subject) -> impl Strategy<Value = Value> {
    let schema = subject.schema_json();
    let types = named_types(&schema);
    let is_input = subject.input().is_some();
    let of = |optional| Generator { types: &types, is_input, optional }.value("", &schema);
    let any = Union::new_weighted(vec![
        (7, of(Optional::Mixed)),
        (1, of(Optional::Absent)),
        (1, of(Optional::Null)),
        (1, of(Optional::Present)),
    ]);
    any.prop_map(move |mut event| {
        if is_input {
            obey_the_rules(subject.topic, &mut event);
        }
        event
    })
}

fn obey_the_rules(topic: &str, event: &mut Value) {
    if event["type"] == "placed" && event["site_id"].is_null() {
        event["site_id"] = json!("strandhotellet");
    }
    if event["withdrawn"] == true && event["corrects"].is_null() || event["corrects"] == event["id"] {
        event["corrects"] = json!("an earlier event");
    }
    if event["corrects"].is_null() {
        event.as_object_mut().unwrap().remove("corrects");
    }
    if topic == "complaints" && event["site_id"].is_null() {
        event["site_id"] = json!("strandhotellet");
    }
    // it parts site and item in the record key
    if let Some(site_id) = event["site_id"].as_str().filter(|site_id| topic == "catalogue" && site_id.contains('/')) {
        event["site_id"] = json!(site_id.replace('/', "-"));
    }
}

struct Generator<'a> {
    types: &'a Map<String, Value>,
    /// Inputs are checked beyond their types.
    is_input: bool,
    optional: Optional,
}

impl Generator<'_> {
    fn value(&self, field: &str, schema: &Value) -> BoxedStrategy<Value> {
        match schema {
            Value::String(name) => match self.types.get(name) {
                Some(definition) => self.value(field, definition),
                None => self.primitive(field, name),
            },
            Value::Array(union) => self.value(field, &union[1]),
            Value::Object(object) => match object["type"].as_str().unwrap() {
                "record" => self.record(object),
                "array" => vec(self.value(field, &object["items"]), 0..3).prop_map(Value::Array).boxed(),
                "map" => btree_map("[a-z_]{1,8}", self.value(field, &object["values"]), 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect()))
                    .boxed(),
                "enum" => select(object["symbols"].as_array().unwrap().clone()).boxed(),
                "long" => instant(),
                other => unreachable!("no such type in our schemas: {other}"),
            },
            _ => unreachable!("not a schema: {schema}"),
        }
    }

    fn record(&self, record: &Map<String, Value>) -> BoxedStrategy<Value> {
        let mut fields = Vec::new();
        for field in record["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap().to_owned();
            let present = self.value(&name, &field["type"]).prop_map(Some).boxed();
            let absent = Just(None).boxed();
            let null = Just(Some(Value::Null)).boxed();
            let (may_be_absent, is_nullable) = (field.get("default").is_some(), field["type"].is_array());
            let value = match self.optional {
                Optional::Absent if may_be_absent => absent,
                Optional::Null if is_nullable => null,
                Optional::Mixed => {
                    let mut choices = vec![present];
                    choices.extend(may_be_absent.then_some(absent));
                    choices.extend(is_nullable.then_some(null));
                    Union::new(choices).boxed()
                }
                _ => present,
            };
            fields.push(value.prop_map(move |value| (name.clone(), value)).boxed());
        }
        let object = |fields: Vec<(String, Option<Value>)>| {
            Value::Object(fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
        };
        fields.prop_map(object).boxed()
    }

    fn primitive(&self, field: &str, primitive: &str) -> BoxedStrategy<Value> {
        match (primitive, field) {
            ("string", "currency") if self.is_input => select(vec!["DKK", "EUR", "JPY"]).prop_map(Value::from).boxed(),
            ("string", field) => text(!self.is_input || FREE_TEXT.contains(&field)),
            ("boolean", _) => any::<bool>().prop_map(Value::from).boxed(),
            ("double", _) => number(),
            ("long", _) if !self.is_input => integer(i64::MIN, i64::MAX),
            ("long", "score") => integer(0, 10),
            ("long", "inconvenience") => integer(0, 4),
            ("long", "quantity") => integer(0, 1_000_000),
            ("long", field) if field.ends_with("_minor") => integer(0, 100_000_000_000),
            ("long", _) => integer(1, 1_000_000),
            other => unreachable!("no such type in our schemas: {other:?}"),
        }
    }
}

fn instant() -> BoxedStrategy<Value> {
    let (first, last) = (Timestamp::MIN.as_millis(), Timestamp::MAX.as_millis());
    let millis = prop_oneof![
        6 => first..=last,
        3 => 1_600_000_000_000_i64..1_900_000_000_000,
        2 => select(vec![first, last, -1, 0, 1, 999, -62_135_596_800_000, -62_135_596_800_001]),
    ];
    // as a number or as text, with an offset
    (millis, 0..3_u8)
        .prop_map(|(millis, form)| match (form, Timestamp::from_millis(millis)) {
            (0, Some(instant)) => json!(instant.to_string()),
            _ => json!(millis),
        })
        .boxed()
}

fn integer(least: i64, most: i64) -> BoxedStrategy<Value> {
    let edges = select(vec![least, most, least + 1, most - 1]);
    prop_oneof![3 => least..=most, 1 => edges].prop_map(Value::from).boxed()
}

fn number() -> BoxedStrategy<Value> {
    let edges = select(vec![0.0, -0.5, 1.0 / 3.0, 1e-300, 1.797_693_134_862_315_7e308, f64::MIN_POSITIVE]);
    prop_oneof![3 => -1e12..1e12_f64, 1 => edges].prop_map(Value::from).boxed()
}

/// Ids and names have at least one character and no control characters; what people wrote may have any.
fn text(is_free: bool) -> BoxedStrategy<Value> {
    let mut edges = vec![
        "smørrebrød",
        "ünï-c0de",
        "寿司",
        "مرحبا بكم",
        "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467} family",
        "e\u{301}",
        "\"quoted\" \\ and / slashed",
        "null",
        "{}",
        "\u{2028}\u{FEFF}",
        " ",
        "0",
        "\u{10FFFF}",
    ];
    if is_free {
        edges.extend(["", "\u{0}", "line\nbreak\ttab\r", "\u{7f}\u{80}\u{1b}[0m"]);
    }
    let edges = select(edges).prop_map(str::to_owned);
    // a strategy for each character would take most of the time
    let short = (any::<u64>(), 1..16_usize).prop_map(|(seed, length)| {
        let alphabet: [char; 16] = ['a', 'b', 'c', 'k', 'x', 'z', '0', '9', '-', '_', '.', ' ', 'ø', 'é', 'ß', 'ж'];
        (0..length).map(|at| alphabet[(seed >> (4 * at)) as usize & 0xf]).collect::<String>()
    });
    let long = (1..=512_usize).prop_map(|length| "x".repeat(length));
    prop_oneof![8 => short, 4 => edges, 1 => long].prop_map(Value::from).boxed()
}
