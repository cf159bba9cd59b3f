use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::codec::Codec;

/// A mapping of complaints, which need least, with `fields` added.
fn complaint(fields: &str) -> String {
    format!(
        "[[event]]\nname = \"e\"\ncontract = \"complaints\"\n[event.fields]\nid = \"$.id\"\ntime = \"$.at\"\n{fields}\n"
    )
}

fn compile(text: &str) -> Mapping {
    let source = Source { name: "feed.toml".to_owned(), text: text.to_owned() };
    Mapping::from_source(source).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

fn problems(text: &str) -> String {
    let source = Source { name: "feed.toml".to_owned(), text: text.to_owned() };
    Mapping::from_source(source).expect_err(text).to_string()
}

fn record<'a>(value: Option<&'a [u8]>) -> SourceRecord<'a> {
    SourceRecord {
        topic: "feed",
        partition: 3,
        offset: 42,
        timestamp: Timestamp::from_millis(1_795_439_100_000),
        key: Some(b"k-1"),
        value,
        headers: vec![("kind", "note"), ("traceparent", "00-1-2-01")],
    }
}

fn with_id(mut value: Value) -> Value {
    value.as_object_mut().unwrap().extend([("id".to_owned(), json!("1")), ("at".to_owned(), json!(0))]);
    value
}

/// What `fields` make of a record.
fn fields(fields: &str, value: Value) -> Result<Value, String> {
    let bytes = with_id(value).to_string();
    let mapped = compile(&complaint(fields)).map(&record(Some(bytes.as_bytes())));
    mapped.map_err(|error| error.to_string()).map(|mapped| mapped[0].value.clone().unwrap())
}

#[rstest]
#[case::a_number_as_a_text("order_id = '$.bill'", json!({"bill": 17}), "order_id", json!("17"))]
#[case::a_nested_path("order_id = '$.a.b[1].c'", json!({"a": {"b": [{}, {"c": "x"}]}}), "order_id", json!("x"))]
#[case::a_name_with_a_blank("order_id = \"$['bill no']\"", json!({"bill no": "x"}), "order_id", json!("x"))]
#[case::blanks_around("order_id = '$.bill'", json!({"bill": " A 1 "}), "order_id", json!("A 1"))]
#[case::the_first_that_is_there("text = ['$.a', '$.b', '$.c']\nsite_id = 's'", json!({"a": null, "b": " ", "c": "x"}), "text", json!("x"))]
#[case::the_first_of_a_filter("text = \"$.notes[?@.kind=='guest'].text\"", json!({"notes": [{"kind": "till", "text": "a"}, {"kind": "guest", "text": "b"}]}), "text", json!("b"))]
#[case::a_default("text = 't'\nchannel = { from = '$.via', default = 'till' }", json!({}), "channel", json!("till"))]
#[case::composed("order_id = '{$.site}/{$.bill}'", json!({"site": "s", "bill": 17}), "order_id", json!("s/17"))]
#[case::braces("text = '{{{$.x}}}'", json!({"x": 1}), "text", json!("{1}"))]
#[case::a_constant_with_a_sign("text = { value = '$5' }", json!({}), "text", json!("$5"))]
#[case::a_table("text = 't'\nform = { from = '$.f', table = { R = 'remark', C = 'claim' } }", json!({"f": "C"}), "form", json!("claim"))]
#[case::a_table_of_numbers("text = 't'\nform = { from = '$.f', table = { 1 = 'remark', 2 = 'claim' } }", json!({"f": 2}), "form", json!("claim"))]
#[case::otherwise("text = 't'\nform = { from = '$.f', table = { R = 'remark' }, otherwise = 'observed' }", json!({"f": "?"}), "form", json!("observed"))]
#[case::a_flag("text = 't'\napologised = '$.sorry'", json!({"sorry": "1"}), "apologised", json!(true))]
#[case::a_flag_by_a_table("text = 't'\napologised = { from = '$.sorry', table = { Y = true, N = false } }", json!({"sorry": "N"}), "apologised", json!(false))]
#[case::a_whole_number("text = 't'\ninconvenience = '$.n'", json!({"n": "3"}), "inconvenience", json!(3))]
#[case::minor_units("text = 't'\namount_minor = '$.n'", json!({"n": "1450"}), "amount_minor", json!(1450))]
#[case::money("text = 't'\namount_minor = { from = '$.n', money = 'DKK' }", json!({"n": 14.5}), "amount_minor", json!(1450))]
#[case::money_of_the_record("text = 't'\namount_minor = { from = '$.n', money = '$.c' }", json!({"n": "500", "c": "jpy"}), "amount_minor", json!(500))]
#[case::the_record_key("order_id = '$record.key'", json!({}), "order_id", json!("k-1"))]
#[case::a_header("order_id = \"$record.headers['kind']\"", json!({}), "order_id", json!("note"))]
#[case::where_it_lies("order_id = '{$record.topic}-{$record.partition}-{$record.offset}'", json!({}), "order_id", json!("feed-3-42"))]
fn a_field_is_filled(#[case] rule: &str, #[case] value: Value, #[case] field: &str, #[case] expected: Value) {
    assert_eq!(fields(rule, value).unwrap()[field], expected);
}

#[rstest]
#[case::nothing_there("text = 't'\nchannel = '$.via'", json!({}), "channel")]
#[case::null("text = 't'\nchannel = '$.via'", json!({"via": null}), "channel")]
#[case::empty("text = 't'\nchannel = '$.via'", json!({"via": "  "}), "channel")]
#[case::a_part_is_missing("text = 't'\norder_id = '{$.a}/{$.b}'", json!({"a": 1}), "order_id")]
#[case::omitted("text = 't'\nform = { from = '$.f', table = { R = 'remark' }, unlisted = 'omit' }", json!({"f": "?"}), "form")]
fn a_field_is_left_out(#[case] rule: &str, #[case] value: Value, #[case] field: &str) {
    assert_eq!(fields(rule, value).unwrap().get(field), None);
}

#[rstest]
#[case::missing("order_id = { from = '$.bill', required = true }", json!({}), "order_id: $.bill is missing")]
#[case::missing_alternatives("order_id = { from = ['$.bill', '$.no'], required = true }", json!({}), "order_id: $.bill or $.no is missing")]
#[case::the_missing_part("order_id = { from = '{$.a}/{$.b}', required = true }", json!({"a": "secret"}), "order_id: $.b is missing")]
#[case::no_single_value("order_id = '$.bill'", json!({"bill": ["secret"]}), "order_id: $.bill is a list or an object")]
#[case::no_number("text = 't'\ninconvenience = '$.n'", json!({"n": "secret"}), "inconvenience: $.n is no number")]
#[case::not_whole("text = 't'\ninconvenience = '$.n'", json!({"n": 2.5}), "inconvenience: $.n is no whole number")]
#[case::an_amount_as_minor_units("text = 't'\namount_minor = '$.n'", json!({"n": 14.5}), "amount_minor: $.n is no whole number of minor units")]
#[case::no_flag("text = 't'\napologised = '$.s'", json!({"s": "secret"}), "apologised: $.s is neither true nor false")]
#[case::not_listed("text = 't'\nform = { from = '$.f', table = { R = 'remark' } }", json!({"f": "secret"}), "form: $.f is not in the table")]
#[case::no_such_name("text = 't'\nform = '$.f'", json!({"f": "secret"}), "form: $.f is none of remark, claim, observed")]
fn a_failure_names_the_mapping_the_event_the_field_and_the_path(
    #[case] rule: &str,
    #[case] value: Value,
    #[case] expected: &str,
) {
    let message = fields(rule, value).unwrap_err();
    assert!(message.starts_with(&format!("mapping feed.toml, event \"e\", {expected}")), "{message}");
    assert!(!message.contains("secret"), "{message}");
}

const ORDERS: &str = r#"
time_zone = "Europe/Copenhagen"
unmatched = "dead_letter"
[let]
day = { from = "$.opened", day_starts = "04:00" }
order = "{$.shop}/{day}/{$.no}"
[[event]]
name = "opened"
contract = "orders"
when = { "$.kind" = "open" }
[event.fields]
id = "{order}/{$.kind}"
time = "$.at"
type = "placed"
order_id = "{order}"
site_id = "$.shop"
guest_ids = { from = "$.guests", split = ";" }
[event.fields.lines]
each = "$.items"
when = { "@.void" = { not = true } }
line_id = "{position}"
item_id = "@.sku"
[event.fields.lines.modifiers]
each = "@.extras"
id = "{@@.sku}-{@.code}"
kind = "add"
[[event]]
name = "a word with it"
contract = "complaints"
when = [{ "$.kind" = "open", "$.note" = { present = true } }, { "$.kind" = "note" }]
[event.fields]
id = "{order}/note"
time = "$.at"
order_id = "{order}"
text = "$.note"
"#;

fn orders(value: Value) -> Result<Vec<Mapped>, String> {
    let mut record_value = json!({"shop": "s", "no": 17, "kind": "open", "at": "2026-11-23T18:00:00+01:00",
        "opened": "2026-11-23T18:00:00"});
    record_value.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
    let bytes = record_value.to_string();
    compile(ORDERS).map(&record(Some(bytes.as_bytes()))).map_err(|error| error.to_string())
}

#[test]
fn numbers_that_start_again_every_day_are_told_apart_by_the_service_day() {
    let order = |opened: &str| orders(json!({"opened": opened})).unwrap()[0].value.clone().unwrap()["order_id"].clone();
    assert_eq!(order("2026-11-23T18:00:00"), "s/2026-11-23/17");
    assert_eq!(order("2026-11-24T03:59:59"), "s/2026-11-23/17", "still the evening before");
    assert_eq!(order("2026-11-24T04:00:00"), "s/2026-11-24/17");
    assert_eq!(order("2026-11-24T03:30:00Z"), "s/2026-11-24/17", "04:30 where the shop is");
}

#[test]
fn lists_become_lists_of_objects_within_objects() {
    let items = json!([{"sku": "a", "extras": [{"code": "x"}, {"code": "y"}]}, {"sku": "b", "void": true},
        {"sku": "c", "extras": []}, {"sku": "d"}]);
    let mapped = orders(json!({"items": items})).unwrap();
    let lines = json!([
        {"line_id": "1", "item_id": "a", "modifiers": [{"id": "a-x", "kind": "add"}, {"id": "a-y", "kind": "add"}]},
        {"line_id": "3", "item_id": "c", "modifiers": []},
        {"line_id": "4", "item_id": "d"},
    ]);
    assert_eq!(mapped[0].value.as_ref().unwrap()["lines"], lines);
    assert_eq!(orders(json!({"items": []})).unwrap()[0].value.as_ref().unwrap()["lines"], json!([]));
    assert_eq!(orders(json!({})).unwrap()[0].value.as_ref().unwrap().get("lines"), None);

    let message = orders(json!({"items": [{"sku": "a"}, {"name": "secret"}]})).unwrap_err();
    assert_eq!(message, "mapping feed.toml, event \"opened\", lines[1].item_id: @.sku is missing");
}

#[test]
fn a_list_of_texts_comes_from_a_list_or_from_one_text() {
    let guests =
        |value: Value| orders(json!({"guests": value})).unwrap()[0].value.as_ref().unwrap()["guest_ids"].clone();
    assert_eq!(guests(json!(["a", 7, null])), json!(["a", "7"]));
    assert_eq!(guests(json!("a; b;")), json!(["a", "b"]));
    assert_eq!(guests(json!([])), json!([]));
}

#[test]
fn one_record_becomes_events_of_several_contracts() {
    let contracts = |value: Value| orders(value).unwrap().iter().map(|mapped| mapped.contract).collect::<Vec<_>>();
    assert_eq!(contracts(json!({})), [Contract::Orders]);
    assert_eq!(contracts(json!({"note": "cold"})), [Contract::Orders, Contract::Complaints]);
    assert_eq!(contracts(json!({"kind": "note", "note": "cold"})), [Contract::Complaints]);
    let message = orders(json!({"kind": "secret"})).unwrap_err();
    assert_eq!(message, "mapping feed.toml: no event takes the record");
}

#[test]
fn a_record_is_mapped_whole_or_not_at_all() {
    let codec = Codec::new(None).unwrap();
    let mapping = compile(ORDERS);
    let inputs = |note: Value| {
        let value = json!({"shop": "s", "no": 1, "kind": "open", "at": 0, "opened": 0, "note": note}).to_string();
        mapping.inputs(&codec, &record(Some(value.as_bytes())))
    };
    let both = inputs(json!("cold")).unwrap();
    assert_eq!(both.len(), 2);
    assert!(both.iter().all(|input| input.source == "feed" && input.traceparent.as_deref() == Some("00-1-2-01")));
    let error = inputs(json!({"by": "secret"})).unwrap_err();
    assert_eq!(error.kind(), "mapping");
    assert_eq!(
        error.to_string(),
        "mapping feed.toml, event \"a word with it\", text: $.note is a list or an object, expected a single value"
    );
}

#[test]
fn what_the_contract_refuses_is_refused_with_the_events_name() {
    let value = with_id(json!({"n": 9})).to_string();
    let mapping = compile(&complaint("text = 't'\ninconvenience = '$.n'"));
    let error = mapping.inputs(&Codec::new(None).unwrap(), &record(Some(value.as_bytes()))).unwrap_err();
    assert_eq!(error.kind(), "invalid_field");
    assert_eq!(error.to_string(), "mapping feed.toml, event \"e\": inconvenience is out of range, expected 0 to 4");
}

#[test]
fn two_events_of_one_record_must_not_have_one_id() {
    let twice = complaint("text = 't'").replace("name = \"e\"", "name = \"e\"\neach = \"$.items\"");
    let message = |items: Value| {
        let value = with_id(json!({ "items": items })).to_string();
        compile(&format!("unmatched = \"ignore\"\n{twice}")).map(&record(Some(value.as_bytes())))
    };
    assert_eq!(message(json!([1])).unwrap().len(), 1);
    assert_eq!(message(json!([])).unwrap().len(), 0);
    let error = message(json!([1, 2])).unwrap_err().to_string();
    assert!(error.contains("is the same as that of \"e\" from the same record"), "{error}");
}

#[test]
fn a_record_that_is_ignored_on_purpose_is_no_dead_letter() {
    let mapping =
        compile(&complaint("text = 't'\nform = { from = '$.f', table = { R = 'remark' }, ignore = ['T', 'U'] }"));
    let map = |form: &str| {
        let value = with_id(json!({ "f": form })).to_string();
        mapping.map(&record(Some(value.as_bytes()))).map(|mapped| mapped.len()).map_err(|error| error.kind())
    };
    assert_eq!((map("R"), map("T"), map("?")), (Ok(1), Ok(0), Err("mapping")));
}

const PROFILES: &str = r#"
[[event]]
name = "profile"
contract = "customers"
erase = { "$.deleted" = true }
[event.fields]
customer_id = ["$.id", "$record.key"]
name = "$.name"
allergies = { from = "$.allergens[*]", table = { A = "nuts", G = "milk" }, unlisted = "omit" }
"#;

#[test]
fn profiles_are_keyed_by_the_customer_and_erased_by_a_tombstone_or_a_flag() {
    let mapping = compile(PROFILES);
    let codec = Codec::new(None).unwrap();
    let profile = |value: Option<Value>| {
        let bytes = value.map(|value| value.to_string());
        let record = record(bytes.as_deref().map(str::as_bytes));
        mapping.inputs(&codec, &record).unwrap();
        mapping.map(&record).unwrap().remove(0)
    };
    let kept = profile(Some(json!({"id": 7, "name": "Ada", "allergens": ["A", "Z", "G"]})));
    assert_eq!(kept.key.as_deref(), Some("7"));
    assert_eq!(kept.value, Some(json!({"customer_id": "7", "name": "Ada", "allergies": ["nuts", "milk"]})));
    let gone = profile(Some(json!({"id": 7, "deleted": true})));
    assert_eq!((gone.key.as_deref(), gone.value), (Some("7"), None));
    let tombstone = profile(None);
    assert_eq!((tombstone.key.as_deref(), tombstone.value), (Some("k-1"), None), "the record's own key");
}

#[rstest]
#[case::no_value(None, "empty")]
#[case::empty(Some(&b""[..]), "empty")]
#[case::cut_off(Some(&b"{\"id\": 1,"[..]), "truncated")]
#[case::noise(Some(&b"~~~"[..]), "malformed_json")]
#[case::not_utf8(Some(&b"{\"id\": \"\xff\"}"[..]), "invalid_utf8")]
#[case::avro_of_a_registry(Some(&b"\x00\x00\x00\x00\x07\x02ab"[..]), "wrong_type")]
fn what_is_no_json_is_a_dead_letter_with_its_reason(#[case] value: Option<&[u8]>, #[case] kind: &str) {
    assert_eq!(compile(&complaint("text = 't'")).map(&record(value)).unwrap_err().kind(), kind);
}

#[test]
fn json_within_the_framing_of_a_registry_is_read() {
    let framed = [&b"\x00\x00\x00\x00\x07"[..], with_id(json!({})).to_string().as_bytes()].concat();
    assert_eq!(compile(&complaint("text = 't'")).map(&record(Some(&framed))).unwrap().len(), 1);
}

#[test]
fn the_last_resort_for_an_id_is_the_same_for_the_same_record() {
    let id = |offset: i64| {
        let text = complaint("text = 't'").replace("$.id", "$record.id");
        let value = with_id(json!({})).to_string();
        let record = SourceRecord { offset, ..record(Some(value.as_bytes())) };
        compile(&text).map(&record).unwrap()[0].value.as_ref().unwrap()["id"].clone()
    };
    assert_eq!(id(42), id(42));
    assert_ne!(id(42), id(43));
}

#[rstest]
#[case::unknown_field("txt = '$.t'", "feed.toml:7:1: unknown field of complaints \"txt\"; did you mean \"text\"?")]
#[case::unknown_name(
    "text = 't'\nform = 'remarks'",
    "feed.toml:8:8: unknown value of event.fields.form \"remarks\"; did you mean \"remark\"?"
)]
#[case::unknown_name_in_a_table(
    "text = 't'\nform = { from = '$.f', table = { C = 'clam' } }",
    "feed.toml:8:38: unknown value of event.fields.form.table.C \"clam\"; did you mean \"claim\"?"
)]
#[case::a_path_without_its_sign("text = 't'\nform = 'form'", "(the field of a record is written \"$.form\")")]
#[case::no_path_in_from(
    "text = { from = 'note' }",
    "feed.toml:7:17: \"note\" is no path; the field of a record is written \"$.note\""
)]
#[case::wrong_type(
    "text = 't'\ninconvenience = true",
    "feed.toml:8:17: event.fields.inconvenience must be a whole number, not of type boolean"
)]
#[case::broken_path("text = '$.a['", "feed.toml:7:9: \"$.a[\" is no path")]
#[case::a_constant_id("order_id = 'bill'", "feed.toml:7:12: order_id is the same for every record")]
#[case::unknown_zone(
    "text = 't'\nchannel = { from = '$.x', day_starts = '04:00', zone = 'Europe/Copenhagn' }",
    "unknown time zone \"Europe/Copenhagn\"; did you mean \"Europe/Copenhagen\"?"
)]
#[case::a_day_without_a_place("text = 't'\nchannel = { from = '$.x', day_starts = '04:00' }", "a day needs a place")]
#[case::unknown_key(
    "text = { from = '$.t', defualt = 'x' }",
    "unknown key in event.fields.text \"defualt\"; did you mean \"default\"?"
)]
#[case::unknown_table("text = 't'\nform = { from = '$.f', table = 'forms' }", "unknown table \"forms\"")]
#[case::otherwise_without_a_table("text = { from = '$.t', otherwise = 'x' }", "otherwise says what to do")]
#[case::unknown_currency("text = 't'\namount_minor = { from = '$.n', money = 'DKR' }", "unknown currency \"DKR\"")]
#[case::no_reference("channel = 'till'", "a complaint needs one of")]
#[case::list_without_a_table("text = 't'\nform = ['$.a', 'b']", "\"b\" is no path")]
#[case::a_misspelt_key_beside_fields("text = 't'\n[event.fields.lines]", "unknown field of complaints \"lines\"")]
#[case::not_toml("text = ", "not valid TOML")]
fn a_wrong_mapping_is_refused_with_its_place(#[case] rule: &str, #[case] expected: &str) {
    let found = problems(&complaint(rule));
    assert!(found.contains(expected), "{found}");
}

#[rstest]
#[case::nothing("", "there is no [[event]]")]
#[case::a_required_field(
    "[[event]]\nname = 'e'\ncontract = 'delivery-delays'\n[event.fields]\nid = '$.i'\ntime = '$.t'\ntype = 'lost'",
    "4:8: delivery-delays needs order_id, and nothing fills it"
)]
#[case::a_site(
    "[[event]]\nname = 'e'\ncontract = 'orders'\n[event.fields]\nid = '$.i'\ntime = '$.t'\ntype = 'placed'\norder_id = '$.o'",
    "a placed order needs site_id"
)]
#[case::unknown_contract(
    "[[event]]\nname = 'e'\ncontract = 'order'\n[event.fields]\n",
    "3:12: unknown contract \"order\"; did you mean \"orders\"?"
)]
#[case::no_name("[[event]]\ncontract = 'orders'\n[event.fields]\n", "missing \"event.name\"")]
#[case::unmatched_is_not_said(
    "[[event]]\nname = 'e'\ncontract = 'complaints'\nwhen = { '$.k' = 1 }\n[event.fields]\nid = '$.i'\ntime = '$.t'\ntext = '$.x'",
    "missing \"unmatched\""
)]
#[case::a_condition_on_a_word(
    "unmatched = 'ignore'\n[[event]]\nname = 'e'\ncontract = 'complaints'\nwhen = { k = 1 }\n[event.fields]\nid = '$.i'\ntime = '$.t'\ntext = '$.x'",
    "5:10: \"k\" is no path; the field of a record is written \"$.k\""
)]
#[case::local_times_of_nowhere("time_format = '%d.%m.%Y %H:%M'", "time_format is a local time: say where")]
#[case::a_let_below("[let]\na = '{b}'\nb = '$.b'", "2:7: unknown name in braces \"b\"")]
fn a_mapping_that_lacks_something_is_refused(#[case] text: &str, #[case] expected: &str) {
    let found = problems(text);
    assert!(found.contains(expected), "{found}");
}

#[test]
fn every_problem_is_named_at_once() {
    let found = problems(&complaint("txt = 'x'\nform = 'remarks'\nsite_id = '$.a['"));
    assert_eq!(found.lines().count(), 3, "{found}");
}
