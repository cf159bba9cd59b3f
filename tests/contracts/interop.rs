//! Another implementation of Avro writes the same bytes.
//!
//! `fastavro/*.hex` are the examples of the same name as single objects, written by Python's fastavro with our schemas.

use std::fs;

use serde_json::Value;
use service_recovery::codec::{Format, fingerprint};
use service_recovery::events::Payload;

use crate::support::{SUBJECTS, Subject, codec, decode_keyed, key_of, root};

fn fixtures(subject: &Subject) -> Vec<(Value, Vec<u8>)> {
    let mut fixtures = Vec::new();
    for (file, example) in subject.examples() {
        let path = root().join("tests/contracts/fastavro").join(file.replace(".json", ".hex"));
        let Ok(hex) = fs::read_to_string(path) else { continue };
        let digits: Vec<u8> = hex.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
        fixtures.push((example, digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()));
    }
    assert!(!fixtures.is_empty(), "no fixture of {}", subject.topic);
    fixtures
}

#[test]
fn its_inputs_mean_the_same_and_ours_are_the_same_bytes() {
    let codec = codec();
    for subject in &SUBJECTS {
        let Some(contract) = subject.input() else { continue };
        for (example, theirs) in fixtures(subject) {
            assert_eq!(theirs[2..10], fingerprint(&subject.schema()), "{}", subject.record);
            let key = key_of(&example);
            let input = decode_keyed(codec, contract, &key, &theirs).unwrap();
            assert_eq!(input, decode_keyed(codec, contract, &key, example.to_string().as_bytes()).unwrap());
            let ours = codec.encode_event(&input.event, Format::AvroSingleObject).unwrap().unwrap();
            assert_eq!(ours, theirs, "{}", subject.record);
        }
    }
}

#[test]
fn our_outputs_are_the_bytes_that_it_writes() {
    let codec = codec();
    for subject in SUBJECTS.iter().filter(|subject| subject.input().is_none()) {
        for (example, theirs) in fixtures(subject) {
            let typed = |json: Value| match subject.record {
                "RecoveryAction" => Payload::Action(serde_json::from_value(json).unwrap()),
                "FollowUp" => Payload::FollowUp(serde_json::from_value(json).unwrap()),
                "Insight" => Payload::Insight(serde_json::from_value(json).unwrap()),
                _ => Payload::Incident(serde_json::from_value(json).unwrap()),
            };
            let ours = codec.encode(&typed(example), Format::AvroSingleObject).unwrap();
            assert_eq!(ours, theirs, "{}", subject.record);
        }
    }
}
