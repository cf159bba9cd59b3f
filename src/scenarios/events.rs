//! The events of a scenario: `[[event]]` by `[[event]]`, repeated for many guests, or recorded in a file beside it.

use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use super::expected::Place;
use super::moment::Calendar;
use super::read::{Reader, place_of};
use super::story::{Step, What};
use super::value::Context;
use crate::codec::shape::fields_of;
use crate::codec::{Codec, Recorded, RecordedReader};
use crate::document::{Field, Section, unknown};
use crate::events::{CatalogueUpdate, Contract, Input, Millis, Timestamp};

const MAX_REPEAT: u32 = 10_000;

/// What every event of a topic holds unless it says otherwise: `[common.orders]`.
#[derive(Debug, Default)]
pub(super) struct Common<'a>(Vec<(Contract, Vec<Field<'a>>)>);

impl<'a> Common<'a> {
    pub fn read(section: Section<'a>, calendar: &Calendar) -> Self {
        let mut common = Vec::new();
        for field in section.entries() {
            let Some(contract) = contract(&field, field.key) else { continue };
            let Some(values) = field.section() else { continue };
            // read once here, so that a mistake is told even if no event takes part
            let context = Context { calendar, at: Timestamp::MIN, n: 1 };
            let shapes = fields_of(contract);
            context.record(values.entries(), &shapes, &field.path);
            common.push((contract, values.entries()));
        }
        Self(common)
    }

    fn of(&self, contract: Contract) -> &[Field<'a>] {
        let found = self.0.iter().find(|(other, _)| *other == contract);
        found.map(|(_, fields)| fields.as_slice()).unwrap_or_default()
    }
}

fn contract(field: &Field<'_>, name: &str) -> Option<Contract> {
    let contract = Contract::from_name(name);
    if contract.is_none() {
        let known: Vec<&str> = Contract::ALL.iter().map(|contract| contract.name()).collect();
        field.problem(unknown("topic", name, &known));
    }
    contract
}

/// Of an entry that happens again and again: how often, and how long after each other.
pub(super) fn repetition(section: &Section<'_>) -> (u32, Millis) {
    let repeat = section.get("repeat").and_then(|field| {
        let repeat = field.count()?;
        if !(1..=MAX_REPEAT).contains(&repeat) {
            field.problem(format!("repeat must be between 1 and {MAX_REPEAT}"));
            return None;
        }
        Some(repeat)
    });
    let every = section.get("every").and_then(|field| field.duration());
    (repeat.unwrap_or(1), every.unwrap_or(Millis::ZERO))
}

pub(super) fn read(
    section: Section<'_>,
    index: usize,
    calendar: &Calendar,
    common: &Common<'_>,
    codec: &Codec,
    steps: &mut Vec<Step>,
) {
    let topic = section.need("topic").and_then(|field| contract(&field, &field.text()?));
    let (at, key, value) = (section.get("at"), section.get("key"), section.get("value"));
    let (repeat, every) = repetition(&section);
    let place = place_of(&section);
    let Some(topic) = topic else { return };
    let start = match &at {
        Some(field) => calendar.read(field),
        // profiles and items were known all along
        None if topic.is_compacted() => Timestamp::from_millis(0),
        None => {
            section.problem("missing \"event.at\": when it happened, as \"20:15\"");
            None
        }
    };
    if value.is_none() && !topic.is_compacted() {
        section.problem("missing \"event.value\": the event itself, as value = { type = \"placed\", ... }");
        return;
    }
    let key = key.and_then(|field| field.text());
    let shapes = fields_of(topic);
    for n in 1..=repeat {
        let Some(at) = start.map(|start| start + Millis(every.0 * i64::from(n - 1))) else { break };
        let context = Context { calendar, at, n };
        let id = if repeat == 1 { format!("event-{}", index + 1) } else { format!("event-{}-{n}", index + 1) };
        let problems = section.report.count();
        let object = value.as_ref().and_then(|value| {
            let mut object = context.record(common.of(topic).to_vec(), &shapes, "common");
            let whose = format!("an event of {}", topic.name());
            object.extend(context.record(value.section()?.entries(), &shapes, &whose));
            Some(complete(object, topic, &id, at))
        });
        if section.report.count() > problems {
            break;
        }
        let known = key.as_deref().map(|key| context.text(key));
        let key = known.or_else(|| object.as_ref().and_then(|object| key_of(object, topic)));
        let recorded = Recorded {
            topic: topic.name().to_owned(),
            key,
            value: object.as_ref().and_then(raw),
            timestamp: topic.is_compacted().then_some(at),
        };
        match recorded.to_input(codec, topic, steps.len() as i64) {
            Ok(input) => steps.push(step(at, place, input)),
            Err(error) => {
                match &value {
                    Some(value) => value.problem(error.to_string()),
                    None => section.problem(error.to_string()),
                }
                break;
            }
        }
    }
    section.finish();
}

fn step(at: Timestamp, place: Place, input: Input) -> Step {
    Step { at: Some(at), place, what: What::Input(Box::new(input)) }
}

/// Fills in what an event must have and a scenario need not say. Compacted records have neither.
pub(super) fn complete(mut object: Map<String, Value>, topic: Contract, id: &str, at: Timestamp) -> Map<String, Value> {
    if !topic.is_compacted() {
        object.entry("id").or_insert_with(|| Value::from(id));
        object.entry("time").or_insert_with(|| Value::from(at.to_string()));
    }
    object
}

/// The key of a compacted record follows from its value.
fn key_of(object: &Map<String, Value>, topic: Contract) -> Option<String> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    match topic {
        Contract::Customers => text("customer_id").map(str::to_owned),
        Contract::Catalogue => Some(CatalogueUpdate::key_of(text("site_id"), text("item_id")?)),
        _ => None,
    }
}

pub(super) fn raw(object: &Map<String, Value>) -> Option<Box<RawValue>> {
    to_raw_value(object).ok()
}

/// `events = "evening.ndjson"`: recorded events of a file beside the scenario.
pub(super) fn read_recorded(field: &Field<'_>, reader: &Reader<'_>, steps: &mut Vec<Step>) {
    for name in field.items() {
        let Some(file) = name.text() else { continue };
        let Some(text) = reader.recordings.get(&file) else {
            let known: Vec<&str> = reader.recordings.keys().map(String::as_str).collect();
            name.problem(unknown("file of recorded events beside the scenarios", &file, &known));
            continue;
        };
        for line in RecordedReader::new(text.as_bytes(), &file) {
            let line = match line {
                Ok(line) => line,
                Err(error) => {
                    name.problem(error.to_string());
                    break;
                }
            };
            let Some(contract) = line.recorded.contract(&BTreeMap::new()) else { continue };
            match line.recorded.to_input(reader.codec, contract, steps.len() as i64) {
                Ok(input) => steps.push(step(input.time(), Place::of(&name), input)),
                Err(error) => name.problem(format!("{file}:{}: {error}", line.number)),
            }
        }
    }
}
