//! What a registry may answer, and what follows: a schema, "there is none", or a reason to wait.

use std::time::Duration;

use apache_avro::Schema;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use rstest::rstest;
use serde_json::{Value, json};
use service_recovery::codec::registry::{Fetched, RegistryClient, RegistrySettings, SchemaKey};
use service_recovery::codec::{Codec, Format, RawRecord, SchemaOf, published};
use service_recovery::events::{Contract, OutputContract};

use crate::stub::Stub;
use crate::support::{Subject, codec, decode};

fn settings(urls: &[&str]) -> RegistrySettings {
    RegistrySettings {
        urls: urls.iter().map(|url| (*url).to_owned()).collect(),
        login: None,
        ca: None,
        certificate: None,
        connect_timeout: Duration::from_secs(2),
        timeout: Duration::from_secs(2),
    }
}

fn codec_of(urls: &[&str]) -> Codec {
    Codec::new(None).unwrap().with_registry(RegistryClient::new(&settings(urls)).unwrap())
}

fn schema(text: &str) -> (u16, String) {
    (200, json!({"schema": text}).to_string())
}

fn refusal(status: u16, code: i64) -> (u16, String) {
    (status, json!({"error_code": code, "message": "so it is"}).to_string())
}

fn framed(id: u32, payload: &[u8]) -> Vec<u8> {
    [&[0], &id.to_be_bytes()[..], payload].concat()
}

/// An order and its datum under the published schema.
fn order() -> (Vec<u8>, Vec<u8>) {
    let (_, example) = Subject::of_topic("orders").examples().remove(0);
    let json = example.to_string().into_bytes();
    let event = decode(codec(), Contract::Orders, &json).unwrap().event;
    let single_object = codec().encode_event(&event, Format::AvroSingleObject).unwrap().unwrap();
    (json, single_object[10..].to_vec())
}

#[rstest]
#[case::no_such_schema(refusal(404, 40_403), Some(Fetched::NotFound))]
#[case::a_proxy_knows_no_such_page((404, "<html>not found</html>".to_owned()), None)]
#[case::another_404(refusal(404, 0), None)]
#[case::not_logged_in(refusal(401, 40_101), None)]
#[case::broken(refusal(500, 50_001), None)]
#[case::busy((503, String::new()), None)]
#[case::moved((302, String::new()), None)]
#[case::something_else((200, "<html>hello</html>".to_owned()), None)]
#[case::protobuf((200, json!({"schema": "message A {}", "schemaType": "PROTOBUF"}).to_string()), Some(Fetched::Unusable))]
#[case::json((200, json!({"schema": "{}", "schemaType": "JSON", "references": null}).to_string()), Some(Fetched::Usable))]
#[case::no_avro(schema("{"), Some(Fetched::Unusable))]
#[case::ours(schema(published(Contract::Orders).text), Some(Fetched::Usable))]
fn only_the_registrys_own_word_counts(#[case] answer: (u16, String), #[case] expected: Option<Fetched>) {
    let stub = Stub::start(move |_, _| answer.clone());
    let codec = codec_of(&[&stub.url]);
    let fetched = codec.fetch_schema(SchemaKey::Id(7));
    assert_eq!(fetched.as_ref().ok(), expected.as_ref(), "{fetched:?}");
    if let Err(error) = fetched {
        assert!(error.to_string().contains(&stub.url), "{error}");
    }
    assert_eq!(*stub.asked.lock().unwrap(), ["GET /schemas/ids/7"]);
}

#[test]
fn silence_is_no_answer_and_ends_by_itself() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let slow = RegistrySettings { timeout: Duration::from_millis(200), ..settings(&[&url]) };
    let codec = Codec::new(None).unwrap().with_registry(RegistryClient::new(&slow).unwrap());
    assert!(codec.fetch_schema(SchemaKey::Id(7)).unwrap_err().to_string().contains("does not answer"));
}

#[test]
fn another_node_is_asked_where_one_fails_and_is_asked_first_from_then_on() {
    let broken = Stub::start(|_, _| refusal(500, 50_002));
    let good = Stub::start(|_, _| schema(published(Contract::Orders).text));
    let codec = codec_of(&["http://localhost:1", &broken.url, &format!("{}/", good.url)]);
    for id in [1, 2] {
        assert_eq!(codec.fetch_schema(SchemaKey::Id(id)).unwrap(), Fetched::Usable);
    }
    assert_eq!(broken.asked.lock().unwrap().len(), 1);
    assert_eq!(*good.asked.lock().unwrap(), ["GET /schemas/ids/1", "GET /schemas/ids/2"]);
}

#[test]
fn nothing_is_decoded_before_its_schema_was_fetched_and_then_without_asking() {
    let (json, datum) = order();
    let stub = Stub::start(|_, _| schema(published(Contract::Orders).text));
    let codec = codec_of(&[&stub.url]);
    let value = framed(3, &datum);
    let record = RawRecord { source: "test", value: Some(&value), ..RawRecord::default() };
    let SchemaOf::Missing(key) = codec.schema_of(&record) else { panic!("it was never fetched") };
    assert_eq!(key, SchemaKey::Id(3));
    codec.fetch_schema(key).unwrap();
    let SchemaOf::Known(schema) = codec.schema_of(&record) else { panic!("it was fetched") };
    let record = RawRecord { schema: Some(&schema), ..record };
    let read = codec.decode(Contract::Orders, &record).unwrap();
    let from_json = RawRecord { source: "test", value: Some(&json), ..RawRecord::default() };
    assert_eq!(read, codec.decode(Contract::Orders, &from_json).unwrap());
    assert_eq!(stub.asked.lock().unwrap().len(), 1);
    assert!(matches!(codec.schema_of(&from_json), SchemaOf::NotNeeded));
}

#[test]
fn an_unknown_id_is_a_reason_only_once_it_is_believed() {
    let codec = codec_of(&["http://localhost:1"]);
    let value = framed(3, b"x");
    let record = RawRecord { source: "test", value: Some(&value), ..RawRecord::default() };
    assert!(matches!(codec.schema_of(&record), SchemaOf::Missing(_)));
    codec.registry().unwrap().believe_unknown(SchemaKey::Id(3));
    let error = codec.decode(Contract::Orders, &record).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), ("unknown_schema", "the schema registry knows no schema 3"));
}

#[test]
fn a_schema_may_be_named_by_its_guid_in_a_header() {
    let (json, datum) = order();
    let stub = Stub::start(|asked, _| match asked {
        "GET /schemas/guids/4bf92f35-77b3-4da6-a3ce-929d0e0e4736" => schema(published(Contract::Orders).text),
        _ => refusal(404, 0),
    });
    let codec = codec_of(&[&stub.url]);
    let guid = b"\x01\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d\x0e\x0e\x47\x36";
    let mut record = RawRecord { source: "test", value: Some(&datum), ..RawRecord::default() };
    record.take_header("__value_schema_id", guid);
    let SchemaOf::Missing(key) = codec.schema_of(&record) else { panic!("it was never fetched") };
    assert_eq!(codec.fetch_schema(key).unwrap(), Fetched::Usable);
    let from_json = RawRecord { source: "test", value: Some(&json), ..RawRecord::default() };
    let expected = codec.decode(Contract::Orders, &from_json).unwrap();
    assert_eq!(codec.decode(Contract::Orders, &record).unwrap(), expected);
}

#[test]
fn references_that_lead_nowhere_or_in_circles_are_refused() {
    let refers = |subject: &str| {
        json!({"schema": "{\"type\": \"record\", \"name\": \"A\", \"fields\": []}",
            "references": [{"name": "x", "subject": subject, "version": 1}]})
        .to_string()
    };
    let circle = refers("a b/c");
    let stub = Stub::start(move |_, _| (200, circle.clone()));
    assert_eq!(codec_of(&[&stub.url]).fetch_schema(SchemaKey::Id(1)).unwrap(), Fetched::Unusable);
    assert_eq!(stub.asked.lock().unwrap()[1], "GET /subjects/a%20b%2Fc/versions/1");

    let nowhere = refers("gone");
    let stub =
        Stub::start(move |asked, _| if asked.contains("gone") { refusal(404, 40_402) } else { (200, nowhere.clone()) });
    let codec = codec_of(&[&stub.url]);
    assert_eq!(codec.fetch_schema(SchemaKey::Id(1)).unwrap(), Fetched::Unusable);
    let value = framed(1, b"");
    let record = RawRecord { source: "test", value: Some(&value), ..RawRecord::default() };
    let error = codec.decode(Contract::Orders, &record).unwrap_err();
    assert!(error.kind() == "incompatible_schema" && error.to_string().contains("gone"), "{error}");
}

#[test]
fn what_is_none_of_ours_is_refused_as_ours_and_still_there_for_a_mapping() {
    let till = json!({"type": "record", "name": "OrderEvent", "namespace": "com.till", "fields": [
        {"name": "no", "type": "long"},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["open", "paid"]}},
        {"name": "lines", "type": {"type": "array", "items": "string"}}]});
    let parsed = Schema::parse(&till).unwrap();
    let value = Avro::Record(vec![
        ("no".to_owned(), Avro::Long(17)),
        ("state".to_owned(), Avro::Enum(1, "paid".to_owned())),
        ("lines".to_owned(), Avro::Array(vec![Avro::String("tea".to_owned())])),
    ]);
    let datum = GenericDatumWriter::builder(&parsed).build().unwrap().write_value_to_vec(value).unwrap();
    let stub = Stub::start(move |_, _| schema(&till.to_string()));
    let codec = codec_of(&[&stub.url]);
    assert_eq!(codec.fetch_schema(SchemaKey::Id(1)).unwrap(), Fetched::Unusable);
    let whole = framed(1, &datum);
    let record = RawRecord { source: "test", value: Some(&whole), ..RawRecord::default() };
    assert_eq!(codec.decode(Contract::Orders, &record).unwrap_err().kind(), "incompatible_schema");
    let json: Value = serde_json::from_slice(&codec.unframed(&record).unwrap().unwrap()).unwrap();
    assert_eq!(json, json!({"no": 17, "state": "paid", "lines": ["tea"]}));
    for end in 5..whole.len() {
        let record = RawRecord { value: Some(&whole[..end]), ..record };
        assert_eq!(codec.unframed(&record).unwrap_err().kind(), "truncated", "{end}");
    }
}

#[test]
fn outputs_are_framed_with_the_id_of_their_schema_and_only_once_it_is_known() {
    let mut codec = Codec::new(None).unwrap();
    let (_, example) = Subject::of_topic("recovery-follow-ups").examples().remove(0);
    let payload = service_recovery::events::Payload::FollowUp(serde_json::from_value(example).unwrap());
    assert!(codec.encode(&payload, Format::AvroRegistry).is_err());
    codec.set_output_id(OutputContract::FollowUps, 258);
    let single_object = codec.encode(&payload, Format::AvroSingleObject).unwrap();
    assert_eq!(codec.encode(&payload, Format::AvroRegistry).unwrap(), framed(258, &single_object[10..]));
}
