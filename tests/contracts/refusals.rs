//! Each refusal has its reason, and none repeats what a field holds.

use rstest::rstest;
use serde_json::{Value, json};
use service_recovery::codec::{Format, RawRecord};
use service_recovery::events::{Contract, Event};

use crate::support::{SUBJECTS, codec, decode, decode_keyed, error_of};

fn order_with(change: Value) -> Vec<u8> {
    let base = json!({"id": "1", "time": "2026-06-01T10:00:00Z", "type": "placed", "order_id": "A", "site_id": "s"});
    with(base, change)
}

fn with(mut event: Value, change: Value) -> Vec<u8> {
    for (name, value) in change.as_object().unwrap() {
        event[name] = value.clone();
    }
    event.to_string().into_bytes()
}

#[rstest]
#[case(json!({"id": 7}), "wrong_type", "id has the wrong type, expected a string")]
#[case(json!({"id": ""}), "invalid_field", "id is empty")]
#[case(json!({"id": "x".repeat(513)}), "invalid_field", "id is longer than 512 bytes")]
#[case(json!({"id": "a\u{1f}b"}), "invalid_field", "id has a control character")]
#[case(json!({"time": "yesterday"}), "invalid_field", "time is not an RFC 3339 date and time with an offset")]
#[case(json!({"time": "2026-06-01T10:00:00"}), "invalid_field", "time is not an RFC 3339 date and time with an offset")]
#[case(json!({"time": 9_999_999_999_999_999_i64}), "invalid_field", "time is out of range")]
#[case(json!({"time": null}), "wrong_type", "time has the wrong type, expected an RFC 3339 date and time with an offset, or epoch milliseconds")]
#[case(json!({"type": "eaten"}), "invalid_field", "type is not allowed, expected one of `placed`, `changed`, `cancelled`, `fulfilled`")]
#[case(json!({"site_id": null}), "invalid_field", "site_id is missing, a placed order needs it")]
#[case(json!({"withdrawn": true}), "invalid_field", "withdrawn without corrects: it must name the event that never happened")]
#[case(json!({"corrects": "1"}), "invalid_field", "corrects names the event's own id: a correction has a new one")]
#[case(json!({"currency": "kr"}), "invalid_field", "currency is not an ISO 4217 code, expected three capital letters, as DKK")]
#[case(json!({"party_size": 0}), "invalid_field", "party_size is out of range, expected 1 to 1000000")]
#[case(json!({"lines": {}}), "wrong_type", "lines has the wrong type, expected a sequence")]
#[case(json!({"lines": [{"quantity": 1}]}), "invalid_field", "lines[0].item_id is missing")]
#[case(json!({"lines": [{"item_id": "x", "quantity": -1}]}), "invalid_field", "lines[0].quantity is out of range, expected 0 to 1000000")]
#[case(json!({"lines": [{"item_id": "x", "quantity": "two"}]}), "wrong_type", "lines[0].quantity has the wrong type, expected i64")]
#[case(json!({"lines": [{"item_id": "x", "modifiers": [{"id": "", "kind": "add"}]}]}), "invalid_field", "lines[0].modifiers[0].id is empty")]
fn an_order_is_refused_with_its_reason(#[case] change: Value, #[case] kind: &str, #[case] message: &str) {
    assert_eq!(error_of(codec(), Contract::Orders, &order_with(change)), (kind, message.to_owned()));
}

#[rstest]
#[case(json!({}), "a complaint needs customer_id, visit_id, order_id, site_id or text")]
#[case(json!({"text": "  "}), "a complaint needs customer_id, visit_id, order_id, site_id or text")]
#[case(json!({"text": "cold", "inconvenience": 5}), "inconvenience is out of range, expected 0 to 4")]
#[case(json!({"text": "cold", "amount_minor": -1}), "amount_minor is out of range, expected 0 to 100000000000")]
fn a_complaint_is_refused_with_its_reason(#[case] change: Value, #[case] message: &str) {
    let value = with(json!({"id": "1", "time": 0}), change);
    assert_eq!(error_of(codec(), Contract::Complaints, &value), ("invalid_field", message.to_owned()));
}

#[test]
fn a_complaint_with_no_more_than_a_text_or_a_place_is_read() {
    for change in [json!({"text": "nobody came"}), json!({"site_id": "s"}), json!({"order_id": "A"})] {
        assert!(decode(codec(), Contract::Complaints, &with(json!({"id": "1", "time": 0}), change)).is_ok());
    }
}

#[test]
fn a_score_beyond_ten_is_refused() {
    let value = with(json!({"id": "1", "time": 0, "status": "done", "reply_to": "x"}), json!({"score": 11}));
    let expected = ("invalid_field", "score is out of range, expected 0 to 10".to_owned());
    assert_eq!(error_of(codec(), Contract::RecoveryOutcomes, &value), expected);
}

#[rstest]
#[case(b"", "empty")]
#[case(b"\x00\x00\x00\x00\x07abc", "registry_not_configured")]
#[case(b"\xC3\x01\x01\x02\x03\x04\x05\x06\x07\x08abc", "unknown_schema")]
#[case(b"\xC3\x01\x01", "truncated")]
#[case(b"{\"id\": \"1\",", "truncated")]
#[case(b"{\"id\": \"1\"]", "malformed_json")]
#[case(b"{\"id\": \"\xFF\"}", "invalid_utf8")]
#[case(b"{\"id\": \"1\", \"id\": \"2\"}", "invalid_field")]
#[case(b"[]", "wrong_type")]
#[case(b"null", "wrong_type")]
#[case(b"id=1;time=2", "malformed_json")]
fn bytes_are_refused_with_their_kind(#[case] value: &[u8], #[case] kind: &str) {
    for contract in Contract::ALL {
        assert_eq!(error_of(codec(), contract, value).0, kind, "{contract:?}");
    }
}

#[test]
fn a_byte_order_mark_and_white_space_before_json_are_skipped() {
    let value = [b"\xEF\xBB\xBF \r\n\t", &order_with(json!({}))[..]].concat();
    assert!(decode(codec(), Contract::Orders, &value).is_ok());
}

#[test]
fn a_record_of_another_contract_is_the_wrong_type() {
    let codec = codec();
    let order = decode(codec, Contract::Orders, &order_with(json!({}))).unwrap();
    let avro = codec.encode_event(&order.event, Format::AvroSingleObject).unwrap().unwrap();
    let expected = ("wrong_type", "the value is a record OrderEvent, expected ComplaintEvent".to_owned());
    assert_eq!(error_of(codec, Contract::Complaints, &avro), expected);
}

#[test]
fn no_value_erases_a_customer_takes_an_item_off_the_list_and_is_refused_everywhere_else() {
    let codec = codec();
    for contract in Contract::ALL {
        let record = RawRecord { source: "test", key: Some(b"42"), offset: 7, ..RawRecord::default() };
        match codec.decode(contract, &record) {
            Ok(input) => {
                let (key, is_forgotten) = match &input.event {
                    Event::Customer(update) => (&update.customer_id, update.offset == 7 && update.profile.is_none()),
                    Event::Catalogue(update) => (&update.item_id, update.site_id.is_none() && update.item.is_none()),
                    _ => panic!("{contract:?}"),
                };
                assert!(key == "42" && is_forgotten, "{contract:?}");
            }
            Err(error) => {
                assert!(!contract.is_compacted());
                assert_eq!(error.kind(), "empty");
            }
        }
    }
}

#[test]
fn the_key_of_a_profile_is_its_customer() {
    let codec = codec();
    let profile = br#"{"customer_id": "42"}"#;
    assert!(decode_keyed(codec, Contract::Customers, "42", profile).is_ok());
    for key in [None, Some(&b""[..]), Some(b"43"), Some(b"\xFF"), Some(b"4\x1F2")] {
        let record = RawRecord { source: "test", key, value: Some(profile), ..RawRecord::default() };
        assert_eq!(codec.decode(Contract::Customers, &record).unwrap_err().kind(), "invalid_key", "{key:?}");
    }
}

#[test]
fn the_key_of_a_catalogue_item_is_its_id_after_its_site() {
    let codec = codec();
    let item =
        |more: &str| format!(r#"{{"item_id": "tea", "names": {{}}, "price_minor": 1, "currency": "DKK"{more}}}"#);
    let (general, of_site) = (item(""), item(r#", "site_id": "pool""#));
    assert!(decode_keyed(codec, Contract::Catalogue, "tea", general.as_bytes()).is_ok());
    assert!(decode_keyed(codec, Contract::Catalogue, "pool/tea", of_site.as_bytes()).is_ok());
    // a file may leave it out, a compacted topic cannot
    let record = RawRecord { source: "test", value: Some(general.as_bytes()), ..RawRecord::default() };
    assert!(codec.decode(Contract::Catalogue, &record).is_ok());
    for (key, value) in [("pool/tea", &general), ("tea", &of_site), ("cake", &general), ("pool/cake", &of_site)] {
        let error = decode_keyed(codec, Contract::Catalogue, key, value.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), "invalid_key", "{key}");
    }
    let slashed = item(r#", "site_id": "po/ol""#);
    let error = decode_keyed(codec, Contract::Catalogue, "po/ol/tea", slashed.as_bytes()).unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("parts site and item")), ("invalid_field", true));
    for key in [None, Some(&b""[..]), Some(b"\xFF"), Some(b"4\x1F2")] {
        let record = RawRecord { source: "test", key, value: None, ..RawRecord::default() };
        assert!(codec.decode(Contract::Catalogue, &record).is_err(), "{key:?}");
    }
}

#[test]
fn the_source_is_the_header_where_there_is_one() {
    let codec = codec();
    let value = order_with(json!({}));
    let mut record =
        RawRecord { source: "pos", value: Some(&value), traceparent: Some("00-a-b-01"), ..RawRecord::default() };
    let input = codec.decode(Contract::Orders, &record).unwrap();
    assert_eq!((input.source.as_str(), input.traceparent.as_deref()), ("pos", Some("00-a-b-01")));
    record.ce_source = Some("/kitchen/3");
    assert_eq!(codec.decode(Contract::Orders, &record).unwrap().source, "/kitchen/3");
}

/// Puts something that does not belong there in the place of every leaf of every example.
#[test]
fn no_refusal_repeats_what_a_field_holds() {
    let codec = codec();
    let mut refused = 0;
    for subject in &SUBJECTS {
        let Some(contract) = subject.input() else { continue };
        for (_, example) in subject.examples() {
            let mut pointers = Vec::new();
            leaves(&example, String::new(), &mut pointers);
            for pointer in pointers {
                let secrets = [
                    json!("SECRET, expected SECRET"),
                    json!("SECRET\u{1}"),
                    json!({"SECRET": 1}),
                    json!(["SECRET"]),
                    json!(-4711471147114711_i64),
                ];
                for secret in secrets {
                    let mut event = example.clone();
                    *event.pointer_mut(&pointer).unwrap() = secret;
                    let Err(error) = decode(codec, contract, event.to_string().as_bytes()) else { continue };
                    let message = error.to_string();
                    assert!(!message.contains("SECRET") && !message.contains("4711"), "{pointer}: {message}");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 500, "only {refused} refusals");
}

fn leaves(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, inner)| leaves(inner, format!("{pointer}/{name}"), found))
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, inner)| leaves(inner, format!("{pointer}/{at}"), found))
        }
        _ => found.push(pointer),
    }
}
