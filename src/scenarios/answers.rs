//! What staff answer in a scenario: `[[answer]]` finds the action that is meant when its time comes.

use serde_json::{Map, Value};

use super::events::{complete, raw, repetition};
use super::moment::Calendar;
use super::read::place_of;
use super::story::{Step, What};
use super::value::Context;
use crate::codec::shape::fields_of;
use crate::codec::{Codec, Recorded};
use crate::document::{Field, Section, unknown};
use crate::events::{ActionKind, Contract, Millis};

const FOLLOW_UP: &str = "follow_up";
const INSIGHT: &str = "insight";
/// Keys of an answer that are no fields of the event.
const OWN: [&str; 6] = ["at", "to", "of", "closed", "repeat", "every"];

/// What an answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressee {
    Action(ActionKind),
    FollowUp,
    Insight,
}

impl std::fmt::Display for Addressee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Action(kind) => kind.name(),
            Self::FollowUp => FOLLOW_UP,
            Self::Insight => INSIGHT,
        })
    }
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub to: Addressee,
    /// The order that it is about, where several guests are served.
    pub of: Option<String>,
    /// It may be closed already.
    pub closed: bool,
    pub fields: Map<String, Value>,
}

pub(super) fn read(section: Section<'_>, index: usize, calendar: &Calendar, codec: &Codec, steps: &mut Vec<Step>) {
    let start = section.need("at").and_then(|field| calendar.read(&field));
    let to = section.need("to").and_then(|field| addressee(&field));
    let of = section.get("of").and_then(|field| field.text());
    let closed = section.get("closed").and_then(|field| field.flag()).unwrap_or(false);
    let (repeat, every) = repetition(&section);
    let place = place_of(&section);
    let shapes = fields_of(Contract::RecoveryOutcomes);
    for n in 1..=repeat {
        let (Some(start), Some(to)) = (start, to) else { break };
        let at = start + Millis(every.0 * i64::from(n - 1));
        let context = Context { calendar, at, n };
        let entries = section.entries().into_iter().filter(|entry| !OWN.contains(&entry.key)).collect();
        let problems = section.report.count();
        let id = format!("answer-{}-{n}", index + 1);
        let fields = context.record(entries, &shapes, "an answer");
        let fields = complete(fields, Contract::RecoveryOutcomes, &id, at);
        if section.report.count() > problems {
            break;
        }
        let answer = Answer { to, of: of.as_deref().map(|of| context.text(of)), closed, fields };
        if let Err(error) = answer.addressed("x", None, Some("x")).to_input(codec, Contract::RecoveryOutcomes, 0) {
            section.problem(error.to_string());
            break;
        }
        steps.push(Step { at: Some(at), place, what: What::Answer(Box::new(answer)) });
    }
}

fn addressee(field: &Field<'_>) -> Option<Addressee> {
    let text = field.text()?;
    match text.as_str() {
        FOLLOW_UP => return Some(Addressee::FollowUp),
        INSIGHT => return Some(Addressee::Insight),
        _ => {}
    }
    let Ok(kind) = text.parse() else {
        let kinds = ActionKind::ALL.iter().map(|kind| kind.name());
        let known: Vec<&str> = kinds.chain([FOLLOW_UP, INSIGHT]).collect();
        field.problem(unknown("addressee", &text, &known));
        return None;
    };
    Some(Addressee::Action(kind))
}

impl Answer {
    /// The event, now that it is known what it answers.
    pub(super) fn addressed(&self, reply_to: &str, action_id: Option<&str>, insight_id: Option<&str>) -> Recorded {
        let mut object = self.fields.clone();
        let ids = [("reply_to", Some(reply_to)), ("action_id", action_id), ("insight_id", insight_id)];
        for (name, id) in ids {
            if let Some(id) = id {
                object.entry(name).or_insert_with(|| Value::from(id));
            }
        }
        let topic = Contract::RecoveryOutcomes.name().to_owned();
        Recorded { topic, key: None, value: raw(&object), timestamp: None }
    }
}
