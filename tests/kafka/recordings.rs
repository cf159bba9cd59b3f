//! Every recording of `tests/events` at once, each with guests, orders and tables of its own, through the broker: the
//! same incidents, of the same guests, as the same events give without Kafka.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use service_recovery::events::{Contract, IncidentEvent};

use crate::support::backtest::backtest;
use crate::support::events::{now, time};
use crate::support::wait::{secs, throughout, until};
use crate::support::world::{Setup, World};

/// A line of a recording, with names that no other recording has.
struct Recorded {
    contract: Contract,
    key: Option<String>,
    value: Value,
}

fn recordings() -> Vec<Recorded> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events");
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "ndjson"));
    files.sort();
    assert!(files.len() > 40, "{} recordings", files.len());
    let mut all = Vec::new();
    for file in files {
        let story = file.file_stem().unwrap().to_string_lossy().into_owned();
        for line in fs::read_to_string(&file).unwrap().lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let contract = Contract::from_name(line["topic"].as_str().unwrap()).unwrap();
            if contract == Contract::Catalogue {
                continue; // every instance reads it, whatever the story
            }
            let key = line["key"].as_str().map(|key| format!("{key} of {story}"));
            let mut value = line["value"].take();
            make_unique(&mut value, &story);
            all.push(Recorded { contract, key, value });
        }
    }
    all
}

fn make_unique(value: &mut Value, story: &str) {
    let names = ["id", "corrects", "order_id", "customer_id", "visit_id", "location", "merged_into"];
    for name in names {
        if let Some(Value::String(text)) = value.get_mut(name) {
            *text = format!("{text} of {story}");
        }
    }
    for guest in value.get_mut("guest_ids").and_then(Value::as_array_mut).into_iter().flatten() {
        *guest = json!(format!("{} of {story}", guest.as_str().unwrap()));
    }
}

/// (incident, its guest, its kinds of shortfall) of all that stand.
fn essence<'a>(
    incidents: impl IntoIterator<Item = &'a IncidentEvent>,
) -> BTreeSet<(String, Option<String>, Vec<String>)> {
    let of = |incident: &IncidentEvent| {
        let kinds = incident.shortfalls.iter().map(|shortfall| shortfall.kind.to_string()).collect();
        let order = incident.order_id.clone().or(incident.complaint_id.clone()).unwrap_or(incident.id.clone());
        (order, incident.customer_id.clone(), kinds)
    };
    incidents.into_iter().map(of).collect()
}

#[test]
fn every_recording_has_the_same_outcome_on_the_broker() {
    let setup = Setup { inputs: 3, ..Setup::default() };
    let mut world = World::new("recordings", setup);
    // everything happened long ago, and is to be acted on all the same
    world.setup.policy =
        world.adapted_policy("hotel", &[("max_action_age     = \"2 h\"", "max_action_age = \"none\"")]);
    let events = recordings();
    let lines: String = events
        .iter()
        .map(|event| {
            let line = json!({"topic": event.contract.name(), "key": event.key, "value": event.value});
            format!("{line}\n")
        })
        .collect();
    let offline = backtest(&lines, &world.setup.policy, Some(&time(now())));
    let expected = essence(&offline.standing);
    assert!(expected.len() > 20, "{expected:#?}");

    let _services = [world.start("a").ready(), world.start("b").ready()];
    for event in &events {
        world.send_with(&world.producer, event.contract, event.key.as_deref(), &event.value);
    }
    world.producer.flush();
    world.until_read();
    let mut outputs = world.outputs();
    until(secs(60), "every outcome", || essence(outputs.refresh().standing()) == expected);
    throughout(secs(2), "the outcome stays", || essence(outputs.refresh().standing()) == expected);
    outputs.assert_gapless();
    assert_eq!(world.dead_letters().catch_up().len(), 0);
}
