//! Mappings as an integrator meets them: the shipped examples, `mapping check`, files in several forms, and what the
//! service says at its start about a wrong one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proptest::prelude::*;
use rstest::rstest;
use serde_json::Value;
use service_recovery::codec::Codec;
use service_recovery::codec::mapping::{Mapping, SourceRecord};

const PROGRAM: &str = env!("CARGO_BIN_EXE_service-recovery");

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/mappings").join(name)
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn check(mapping: &str, sample: &Path) -> Output {
    run(&["mapping", "check", example(mapping).to_str().unwrap(), sample.to_str().unwrap()])
}

#[rstest]
#[case::till("till.toml", "till.ndjson", "till.expected.ndjson")]
#[case::carrier("carrier.toml", "carrier.ndjson", "carrier.expected.ndjson")]
#[case::the_carriers_nightly_file("carrier.toml", "carrier.csv", "carrier-csv.expected.ndjson")]
#[case::food_delivery("food-delivery.toml", "food-delivery.ndjson", "food-delivery.expected.ndjson")]
fn the_examples_become_the_events_beside_them(#[case] mapping: &str, #[case] sample: &str, #[case] expected: &str) {
    let output = check(mapping, &example(sample));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let expected = fs::read_to_string(example(expected)).unwrap();
    assert_eq!(lines(&text(&output.stdout)), lines(&expected));
}

#[test]
fn an_array_in_one_file_is_read_like_lines() {
    let directory = tempfile::tempdir().unwrap();
    let array = directory.path().join("carrier.json");
    let records = lines(&fs::read_to_string(example("carrier.ndjson")).unwrap());
    fs::write(&array, serde_json::to_string_pretty(&records).unwrap()).unwrap();
    let by_lines = check("carrier.toml", &example("carrier.ndjson"));
    assert_eq!(text(&check("carrier.toml", &array).stdout), text(&by_lines.stdout));
}

#[test]
fn a_recorded_line_gives_its_key_time_and_headers_too() {
    let directory = tempfile::tempdir().unwrap();
    let mapping = directory.path().join("notes.toml");
    let rules = "[[event]]\nname = \"note\"\ncontract = \"complaints\"\n[event.fields]\nid = \"$record.key\"\n\
        time = \"$record.timestamp\"\nsite_id = \"$record.headers.site\"\ntext = \"{$record.topic}: {$.note}\"\n";
    fs::write(&mapping, rules).unwrap();
    let sample = directory.path().join("notes.ndjson");
    let recorded = "{\"topic\": \"notes\", \"key\": \"n-1\", \"timestamp\": \"2026-11-23T10:00:00Z\", \
        \"headers\": {\"site\": \"s\"}, \"value\": {\"note\": \"cold\"}}\n";
    fs::write(&sample, recorded).unwrap();
    let output = run(&["mapping", "check", mapping.to_str().unwrap(), sample.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let event = &lines(&text(&output.stdout))[0];
    let value = serde_json::json!({"id": "n-1", "time": "2026-11-23T10:00:00Z", "site_id": "s", "text": "notes: cold"});
    assert_eq!((&event["value"], &event["timestamp"]), (&value, &serde_json::json!("2026-11-23T10:00:00Z")));
}

#[test]
fn samples_that_cannot_be_mapped_are_named_and_the_others_shown() {
    let directory = tempfile::tempdir().unwrap();
    let sample = directory.path().join("statuses.csv");
    let header = "notification,shipper_reference,parcel,status,detail,happened_at,expected_at,remark\n";
    let good = "N1,WEB-1,P1,HELD,CUSTOMS,2026-11-23 10:00:00,,\n";
    fs::write(
        &sample,
        format!("{header}{good}N2,WEB-1,P1,HELD,secret,2026-11-23 10:00:00,,\nN3,WEB-1,P1,HELD,CUSTOMS,soon,,\n"),
    )
    .unwrap();
    let output = check("carrier.toml", &sample);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&text(&output.stdout)).len(), 1);
    let stderr = text(&output.stderr);
    let event = format!("mapping: mapping {}, event \"parcel status\"", example("carrier.toml").display());
    for part in [
        format!("statuses.csv:3: {event}, type: \"{{$.status}}/{{$.detail}}\" is not in the table"),
        format!("statuses.csv:4: {event}, time: $.happened_at is no time written as 2026-11-23T14:05:00"),
        "3 records became 1 events".to_owned(),
        "2 records cannot be used".to_owned(),
    ] {
        assert!(stderr.contains(&part), "{part:?} is missing in {stderr}");
    }
    assert!(!stderr.contains("secret") && !stderr.contains("soon"), "{stderr}");
}

#[test]
fn two_events_of_one_id_are_noticed_and_a_repetition_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let sample = directory.path().join("statuses.csv");
    let header = "notification,shipper_reference,parcel,status,detail,happened_at,expected_at,remark\n";
    let row = |reference: &str| format!("N1,{reference},P1,HELD,CUSTOMS,2026-11-23 10:00:00,,\n");
    fs::write(&sample, format!("{header}{}{}", row("WEB-1"), row("WEB-1"))).unwrap();
    assert!(check("carrier.toml", &sample).status.success());
    fs::write(&sample, format!("{header}{}{}", row("WEB-1"), row("WEB-2"))).unwrap();
    let output = check("carrier.toml", &sample);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("statuses.csv:3: the event of delivery-delays has the id of another one, at")
    );
}

/// The till's mapping with a field misspelt and a name that is none.
fn wrong_mapping(directory: &Path) -> (PathBuf, [String; 2]) {
    let path = directory.join("till.toml");
    let right = fs::read_to_string(example("till.toml")).unwrap();
    let wrong = right.replace("party_size ", "party_sise ").replace("\"fulfilled\"", "\"fullfilled\"");
    fs::write(&path, &wrong).unwrap();
    let line = |text: &str| wrong.lines().position(|line| line.starts_with(text)).unwrap() + 1;
    let problems = [
        format!(
            "{}:{}:1: unknown field of orders \"party_sise\"; did you mean \"party_size\"?",
            path.display(),
            line("party_sise")
        ),
        format!(
            "{}:{}:13: unknown value of event.fields.type \"fullfilled\"; did you mean \"fulfilled\"?",
            path.display(),
            line("type      = \"full")
        ),
    ];
    (path, problems)
}

#[test]
fn a_wrong_mapping_is_listed_with_every_place() {
    let directory = tempfile::tempdir().unwrap();
    let (path, problems) = wrong_mapping(directory.path());
    let output = run(&["mapping", "check", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    assert!(stderr.starts_with("error: 2 problems in the mapping\n"), "{stderr}");
    assert!(problems.iter().all(|problem| stderr.contains(problem)), "{stderr}");

    let output = run(&["mapping", "check", path.to_str().unwrap(), "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&verdict["ok"], verdict["problems"].as_array().unwrap().len()), (&Value::Bool(false), 2));
}

#[test]
fn the_service_does_not_start_with_a_wrong_mapping() {
    let directory = tempfile::tempdir().unwrap();
    let (path, problems) = wrong_mapping(directory.path());
    let config = directory.path().join("service-recovery.toml");
    let inputs = format!(
        "[kafka]\nbootstrap_servers = \"127.0.0.1:1\"\n[[inputs]]\ntopic = \"tills\"\nmapping = {path:?}\n\
         [[inputs]]\ntopic = \"parcels\"\ncontract = \"orders\"\nmapping = {:?}\n\
         [[inputs]]\ntopic = \"more\"\n[[inputs]]\ntopic = \"other\"\nmapping = \"no-such.toml\"\n",
        example("carrier.toml")
    );
    fs::write(&config, inputs).unwrap();
    let output = run(&["run", "--config", config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = text(&output.stderr);
    for problem in problems {
        assert!(stderr.contains(&format!("inputs[0].mapping: {problem}")), "{stderr}");
    }
    for part in [
        "carrier.toml makes delivery-delays too",
        "inputs[2]: say what its records are",
        "inputs[3].mapping: no-such.toml: cannot be read",
    ] {
        assert!(stderr.contains(part), "{part:?} is missing in {stderr}");
    }
}

#[test]
fn a_backtest_reads_raw_records_and_finds_what_the_carrier_did() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let sample = directory.path().join("till.ndjson");
    // and one that no event takes
    let records = fs::read_to_string(example("till.ndjson")).unwrap();
    fs::write(&sample, format!("{records}{{\"kind\": \"REFUND\"}}\n")).unwrap();
    let mapping = example("till.toml");
    let arguments = ["backtest", sample.to_str().unwrap(), "--mapping", mapping.to_str().unwrap(), "--policy"];
    let output = run(&[&arguments[..], &["evaluation", "--out", out.to_str().unwrap(), "--json"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&summary["orders"], &summary["dead_letters"]), (&Value::from(2), &Value::from(1)));
    let kinds = &summary["incidents"]["by_kind"];
    assert_eq!((&kinds["item_missing"], &kinds["delivery_late"]), (&Value::from(1), &Value::from(1)), "{summary}");

    let letters = lines(&fs::read_to_string(out.join("recovery-dead-letters.ndjson")).unwrap());
    assert_eq!((letters.len(), &letters[0]["value"]["error"]), (1, &Value::from("unmapped")));
    assert_eq!(letters[0]["value"]["value"], serde_json::json!({"kind": "REFUND"}));
}

/// The TOML of a page, block by block.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
fn the_guide_shows_mappings_that_work_and_what_the_till_really_has() {
    let page = include_str!("../docs/mappings.md");
    let till = fs::read_to_string(example("till.toml")).unwrap();
    let line = |line: &str| line.split("     #").next().unwrap().trim_end().to_owned();
    let till: Vec<String> = till.lines().map(line).collect();
    let directory = tempfile::tempdir().unwrap();
    let (mut whole, mut parts) = (0, 0);
    for block in blocks(page) {
        if let Some(part) = block.strip_prefix("# examples/mappings/till.toml\n") {
            for shown in part.lines() {
                assert!(till.contains(&line(shown)), "the till's mapping has no line {shown:?}");
            }
            parts += 1;
        } else if block.contains("[[event]]") {
            let path = directory.path().join("guide.toml");
            fs::write(&path, block).unwrap();
            let output = run(&["mapping", "check", path.to_str().unwrap()]);
            assert!(output.status.success(), "{}", text(&output.stderr));
            whole += 1;
        }
    }
    assert_eq!((whole, parts), (2, 4));
}

/// A sample record with some of its parts replaced by something that nobody expects there.
fn disturbed() -> impl Strategy<Value = (&'static str, Value)> {
    let odd = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(|text| Value::from(format!("s3cr3t{text}"))),
        Just(Value::Array(Vec::new())),
        Just(serde_json::json!([{"s3cr3t": "s3cr3t"}, 7])),
    ];
    let samples: Vec<(&str, Value)> = ["till", "carrier", "food-delivery"]
        .into_iter()
        .flat_map(|name| {
            let records = lines(&fs::read_to_string(example(&format!("{name}.ndjson"))).unwrap());
            records.into_iter().map(move |record| (name, record))
        })
        .collect();
    (prop::sample::select(samples), prop::collection::vec((any::<prop::sample::Index>(), odd), 1..4)).prop_map(
        |((name, mut record), changes)| {
            for (place, odd) in changes {
                let mut paths = Vec::new();
                pointers(&record, String::new(), &mut paths);
                let path: &String = place.get(&paths);
                *record.pointer_mut(path).unwrap() = odd;
            }
            (name, record)
        },
    )
}

fn pointers(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, inner)| pointers(inner, format!("{path}/{name}"), paths))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, inner)| pointers(inner, format!("{path}/{index}"), paths));
        }
        _ => {}
    }
    paths.push(path);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_record_is_too_odd_and_no_message_repeats_what_is_in_it((name, record) in disturbed()) {
        thread_local! {
            static CODEC: Codec = Codec::new(None).unwrap();
            static MAPPINGS: std::collections::BTreeMap<&'static str, Mapping> = ["till", "carrier", "food-delivery"]
                .into_iter()
                .map(|name| (name, Mapping::load(&example(&format!("{name}.toml"))).unwrap()))
                .collect();
        }
        let bytes = record.to_string();
        let source = SourceRecord { topic: "feed", value: Some(bytes.as_bytes()), ..SourceRecord::default() };
        let inputs = CODEC.with(|codec| MAPPINGS.with(|mappings| mappings[name].inputs(codec, &source)));
        if let Err(error) = inputs {
            prop_assert!(!error.to_string().contains("s3cr3t"), "{error}");
            prop_assert!(error.to_string().contains(name), "{error}");
        }
    }
}
