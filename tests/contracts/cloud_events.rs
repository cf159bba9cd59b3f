//! Envelopes: what they say stands in where the event says nothing, and nothing else changes.

use rstest::rstest;
use serde_json::{Value, json};
use service_recovery::codec::{DecodeError, Format, RawRecord};
use service_recovery::events::{Contract, Input};

use crate::support::{codec, root};

const STRUCTURED: &str = "application/cloudevents+json; charset=utf-8";

fn example(file: &str) -> Value {
    let path = root().join("examples/cloudevents").join(file);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn read(headers: &[(&str, &str)], value: &[u8]) -> Result<Input, DecodeError> {
    let mut record = RawRecord { source: "orders", value: Some(value), ..RawRecord::default() };
    for (name, text) in headers {
        record.take_header(name, text.as_bytes());
    }
    codec().decode(Contract::Orders, &record)
}

fn structured(envelope: &Value) -> Result<Input, DecodeError> {
    read(&[("content-type", STRUCTURED)], envelope.to_string().as_bytes())
}

#[test]
fn both_examples_are_the_same_event() {
    let from_envelope = structured(&example("structured.json")).unwrap();
    let binary = example("binary.json");
    let headers: Vec<(&str, &str)> =
        binary["headers"].as_object().unwrap().iter().map(|(name, text)| (&**name, text.as_str().unwrap())).collect();
    let from_headers = read(&headers, binary["value"].to_string().as_bytes()).unwrap();
    assert_eq!(from_envelope, from_headers);
    assert_eq!(
        (from_envelope.source.as_str(), from_envelope.id()),
        ("/strandhotellet/pool-bar/till-2", "pos-7/184467")
    );
    assert_eq!(from_envelope.time().to_string(), "2026-06-03T10:40:00Z");
    assert!(from_envelope.traceparent.unwrap().starts_with("00-4bf9"));
}

#[rstest]
#[case::absent(json!({}), "e-1", "2026-06-01T10:00:00Z")]
#[case::own_id(json!({"id": "own"}), "own", "2026-06-01T10:00:00Z")]
#[case::own_time(json!({"time": "2026-05-01T10:00:00Z"}), "e-1", "2026-05-01T10:00:00Z")]
#[case::own_both(json!({"id": "own", "time": 0}), "own", "1970-01-01T00:00:00Z")]
fn the_event_own_word_counts_before_that_of_its_envelope(#[case] own: Value, #[case] id: &str, #[case] time: &str) {
    let mut event = json!({"type": "fulfilled", "order_id": "A"});
    event.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    let headers = [("ce_id", "e-1"), ("ce_time", "2026-06-01T10:00:00Z"), ("ce_source", "/a \"quoted\" source")];
    for text in [event.to_string(), format!("\u{feff}  {event}"), event.to_string().replace('{', "{ \n")] {
        let input = read(&headers, text.as_bytes()).unwrap();
        assert_eq!((input.id(), input.time().to_string().as_str()), (id, time));
        assert_eq!(input.source, "/a \"quoted\" source");
    }
}

#[test]
fn an_envelope_does_not_excuse_what_else_is_missing() {
    let headers = [("ce_id", "e-1"), ("ce_time", "2026-06-01T10:00:00Z")];
    for (value, reason) in [
        ("{}", "type is missing"),
        ("{\"type\": \"fulfilled\"}", "order_id is missing"),
        ("{\"id\": null, \"type\": \"fulfilled\", \"order_id\": \"A\"}", "id has the wrong type, expected a string"),
        ("{\"type\": \"fulfilled\", \"order_id\": 7}", "order_id has the wrong type, expected a string"),
    ] {
        assert_eq!(read(&headers, value.as_bytes()).unwrap_err().to_string(), reason, "{value}");
    }
    let error = read(&[("ce_id", "e-1"), ("ce_time", "noon")], b"{\"type\": \"fulfilled\", \"order_id\": \"A\"}");
    assert_eq!(error.unwrap_err().to_string(), "time is not an RFC 3339 date and time with an offset");
}

#[test]
fn data_may_be_an_object_a_text_or_bytes() {
    let event = json!({"type": "fulfilled", "order_id": "A", "id": "1", "time": 0});
    let input = read(&[], event.to_string().as_bytes()).unwrap();
    let avro = codec().encode_event(&input.event, Format::AvroSingleObject).unwrap().unwrap();
    let encode = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    for (name, data) in [
        ("data", event.clone()),
        ("data", event.to_string().into()),
        ("data_base64", encode(event.to_string().as_bytes()).into()),
        ("data_base64", encode(&avro).into()),
    ] {
        let mut envelope = json!({"specversion": "1.0", "id": "x", "source": "s", "type": "t"});
        envelope[name] = data;
        assert_eq!(structured(&envelope).unwrap(), Input { source: "s".to_owned(), ..input.clone() }, "{envelope}");
    }
}

#[rstest]
#[case(json!({"id": "x", "source": "s", "type": "t", "data": {}}), "invalid_field", "specversion is missing")]
#[case(json!({"specversion": "0.3", "id": "x", "source": "s", "type": "t", "data": {}}), "invalid_field", "specversion is not 1.0")]
#[case(json!({"specversion": "1.0", "id": "", "source": "s", "type": "t", "data": {}}), "invalid_field", "id or source is empty")]
#[case(json!({"specversion": "1.0", "id": "x", "source": "s", "data": {}}), "invalid_field", "type is missing")]
#[case(json!({"specversion": "1.0", "id": "x", "source": "s", "type": "t"}), "empty", "has no data")]
#[case(json!({"specversion": "1.0", "id": "x", "source": "s", "type": "t", "data": null}), "empty", "has no data")]
#[case(json!({"specversion": "1.0", "id": "x", "source": "s", "type": "t", "data_base64": "?"}), "invalid_field", "data_base64 is not base64")]
#[case(json!({"specversion": "1.0", "id": "x", "source": "s", "type": "t", "data": {}, "data_base64": ""}), "invalid_field", "both")]
#[case(json!({"specversion": "1.0", "id": 7, "source": "s", "type": "t", "data": {}}), "wrong_type", "id has the wrong type")]
#[case(json!([]), "wrong_type", "not an object")]
fn an_envelope_that_is_none_is_refused(#[case] envelope: Value, #[case] kind: &str, #[case] reason: &str) {
    let error = structured(&envelope).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().starts_with("the CloudEvents envelope") && error.to_string().contains(reason), "{error}");
}

#[test]
fn only_a_record_without_a_value_erases() {
    let envelope = json!({"specversion": "1.0", "id": "x", "source": "s", "type": "t"}).to_string();
    let mut record = RawRecord { source: "customers", key: Some(b"c"), ..RawRecord::default() };
    record.take_header("content-type", STRUCTURED.as_bytes());
    assert!(codec().decode(Contract::Customers, &record).is_ok());
    let record = RawRecord { value: Some(envelope.as_bytes()), ..record };
    assert_eq!(codec().decode(Contract::Customers, &record).unwrap_err().kind(), "empty");
}

#[test]
fn a_source_that_could_not_be_told_from_another_is_refused() {
    let event = json!({"type": "fulfilled", "order_id": "A", "id": "1", "time": 0}).to_string();
    for source in ["", "a\u{1f}b"] {
        let error = read(&[("ce_source", source)], event.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("the source"), "{error}");
    }
}

#[test]
fn a_records_own_trace_counts_before_that_of_its_envelope() {
    let event = json!({"type": "fulfilled", "order_id": "A", "id": "1", "time": 0}).to_string();
    let trace = |headers: &[(&str, &str)]| read(headers, event.as_bytes()).unwrap().traceparent;
    assert_eq!(trace(&[("ce_traceparent", "b"), ("traceparent", "a")]).as_deref(), Some("a"));
    assert_eq!(trace(&[("traceparent", "a"), ("ce_traceparent", "b")]).as_deref(), Some("a"));
    assert_eq!(trace(&[("ce_traceparent", "b")]).as_deref(), Some("b"));
    // names are as the binding writes them
    assert_eq!(trace(&[("ce-traceparent", "b"), ("TRACEPARENT", "a")]), None);
}
