//! Recorded events in files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;

use service_recovery::codec::{Recorded, RecordedReader};
use service_recovery::events::{Contract, Event, Output, Payload, RecoveryAction, ids};

use crate::support::{Subject, codec, root};

fn read(text: &str) -> Vec<Result<Recorded, String>> {
    let reader = RecordedReader::new(text.as_bytes(), "events.ndjson");
    reader.map(|line| line.map(|line| line.recorded).map_err(|error| error.to_string())).collect()
}

#[test]
fn the_golden_scenario_is_readable_and_its_answers_find_their_actions() {
    let codec = codec();
    let file = BufReader::new(File::open(root().join("examples/golden.ndjson")).unwrap());
    let mut answered = Vec::new();
    let mut count = 0;
    for line in RecordedReader::new(file, "golden.ndjson") {
        let line = line.unwrap();
        let contract = line.recorded.contract(&BTreeMap::new()).unwrap();
        let input = line.recorded.to_input(codec, contract, line.number as i64).unwrap();
        assert_eq!(input.source, line.recorded.topic);
        count += 1;
        if let Event::Outcome(outcome) = input.event {
            answered.push(ids::parse_reply_to(&outcome.reply_to.unwrap()).unwrap());
        }
    }
    let incident = ids::incident_of_order("bar-1003");
    let address = |kind| ("c:guest-4711".to_owned(), ids::action(&incident, kind, 1));
    assert_eq!((count, answered), (10, vec![address("gesture"), address("follow_up")]));
}

#[test]
fn an_output_is_written_as_one_line_and_read_back() {
    let (_, example) = Subject::of_topic("recovery-actions").examples().remove(0);
    let action: RecoveryAction = serde_json::from_value(example.clone()).unwrap();
    let output = Output { key: "guest-4711".into(), payload: Payload::Action(Box::new(action)), traceparent: None };
    let mut bytes = Vec::new();
    Recorded::from_output(codec(), &output).unwrap().write(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text.matches('\n').count(), 1);
    let line: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(line["value"], example);
    assert_eq!((&line["topic"], &line["key"]), (&"recovery-actions".into(), &"guest-4711".into()));
    assert_eq!(line["timestamp"], example["time"]);
    assert!(read(&text)[0].is_ok());
}

#[test]
fn a_null_value_erases_and_a_missing_one_is_an_error() {
    let lines =
        read("{\"topic\":\"customers\",\"key\":\"42\",\"value\":null}\n\n{\"topic\":\"customers\",\"key\":\"42\"}\n");
    let recorded = lines[0].as_ref().unwrap();
    assert!(recorded.value.is_none());
    let input = recorded.to_input(codec(), Contract::Customers, 1).unwrap();
    let Event::Customer(update) = input.event else { panic!("{input:?}") };
    assert_eq!(update.profile, None);
    let message = lines[1].as_ref().unwrap_err();
    assert!(message.starts_with("events.ndjson:3: not a recorded event: value is missing"), "{message}");
}

#[test]
fn a_bad_line_is_named_and_nothing_is_read_after_it() {
    let good = "{\"topic\":\"orders\",\"key\":null,\"value\":{}}";
    let lines = read(&format!("{good}\nnot json\n{good}\n"));
    assert_eq!(lines.len(), 2);
    assert!(lines[0].as_ref().unwrap().key.is_none());
    assert!(lines[1].as_ref().unwrap_err().starts_with("events.ndjson:2: "));
}

#[test]
fn a_topic_with_another_name_is_mapped() {
    let recorded = read("{\"topic\":\"pos.orders\",\"key\":null,\"value\":{}}").remove(0).unwrap();
    assert_eq!(recorded.contract(&BTreeMap::new()), None);
    let names = BTreeMap::from([("pos.orders".to_owned(), Contract::Orders)]);
    assert_eq!(recorded.contract(&names), Some(Contract::Orders));
}
