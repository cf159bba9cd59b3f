//! What is to be said, and done, about one subject of the registry.

use serde::Serialize;

use crate::codec::registry::{Registered, RegistryClient, RegistryError};
use crate::codec::{Codec, Published, published, published_output};
use crate::config::{Config, Content};
use crate::events::OutputContract;

/// Readers first: a new schema of an input must read what was written before.
const INPUT_LEVEL: &str = "BACKWARD";
/// Outputs are kept, and read by programs of any age.
const OUTPUT_LEVEL: &str = "FULL_TRANSITIVE";

/// A topic of the service and its schema's place in the registry.
#[derive(Debug)]
pub struct Subject {
    name: String,
    pub topic: String,
    pub published: Published,
    is_input: bool,
}

/// How the registry's schema and ours go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Ours is the latest.
    Registered,
    /// Of an input: the latest is another one, and what is written with it can be read.
    Readable,
    /// Of an output: the registry would take ours as the next.
    Compatible,
    Missing,
    Incompatible,
}

impl Status {
    pub fn is_good(self) -> bool {
        matches!(self, Self::Registered | Self::Readable)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Readable => "readable",
            Self::Compatible => "compatible",
            Self::Missing => "missing",
            Self::Incompatible => "incompatible",
        }
    }
}

/// What was found out about a subject, as `--json` prints it.
#[derive(Debug, Serialize)]
pub struct Finding {
    pub subject: String,
    topic: String,
    record: &'static str,
    direction: &'static str,
    pub status: Status,
    /// Of our schema, where it is registered.
    pub id: Option<u32>,
    pub version: Option<i64>,
    /// Why it does not fit, and what could not be done.
    pub messages: Vec<String>,
}

/// Every topic of the configuration; a subject that several of them share comes once.
pub fn of(config: &Config) -> Vec<Subject> {
    // what is mapped holds something else, which is its writers' business
    let inputs = config.inputs.iter().filter_map(|input| match &input.content {
        Content::Contract(contract) => Some((input.topic.as_str(), published(*contract), true)),
        Content::Mapped(_) => None,
    });
    let outputs = OutputContract::ALL.iter().map(|contract| {
        let topic = config.outputs.topic(*contract);
        (topic, published_output(*contract), false)
    });
    let mut subjects: Vec<Subject> = Vec::new();
    for (topic, published, is_input) in inputs.chain(outputs) {
        let name = config.registry.subject_strategy.subject(topic, &published.full_name());
        if subjects.iter().all(|known| known.name != name) {
            subjects.push(Subject { name, topic: topic.to_owned(), published, is_input });
        }
    }
    subjects
}

/// Compares ours with the latest.
pub fn check(client: &RegistryClient, codec: &Codec, subject: &Subject) -> Result<Finding, RegistryError> {
    let finding = |status, messages| Finding {
        subject: subject.name.clone(),
        topic: subject.topic.clone(),
        record: subject.published.record,
        direction: if subject.is_input { "input" } else { "output" },
        status,
        id: None,
        version: None,
        messages,
    };
    let text = subject.published.text;
    let Some(latest) = client.latest(&subject.name)? else {
        return Ok(finding(Status::Missing, Vec::new()));
    };
    if let Some(ours) = client.lookup(&subject.name, text)? {
        let is_latest = ours.version == latest.version;
        // old outputs that were written with a later schema of ours are no matter: theirs is the id that we look up
        if is_latest || !subject.is_input {
            let found = finding(Status::Registered, Vec::new());
            return Ok(Finding { id: ours.id, version: ours.version, ..found });
        }
    }
    if subject.is_input {
        return Ok(match readable(codec, subject, &latest) {
            Ok(()) => {
                let found = finding(Status::Readable, Vec::new());
                Finding { id: latest.id, version: latest.version, ..found }
            }
            Err(reason) => finding(Status::Incompatible, vec![reason]),
        });
    }
    Ok(match client.compatibility(&subject.name, text)? {
        Some(verdict) if !verdict.is_compatible => finding(Status::Incompatible, verdict.messages),
        _ => finding(Status::Compatible, Vec::new()),
    })
}

/// What counts for an input: that we can read what is written with its latest schema.
fn readable(codec: &Codec, subject: &Subject, latest: &Registered) -> Result<(), String> {
    match latest.schema_type.as_deref() {
        Some("JSON") => Ok(()),
        None | Some("AVRO") => codec.can_read(&latest.schema, subject.published.record),
        Some(other) => Err(format!("its latest schema is of type {other}, expected AVRO or JSON")),
    }
}

/// Registers ours where `check` found it missing.
pub fn register(
    client: &RegistryClient,
    codec: &Codec,
    subject: &Subject,
    found: Finding,
) -> Result<Finding, RegistryError> {
    if !matches!(found.status, Status::Missing | Status::Compatible) {
        return Ok(found);
    }
    client.register(&subject.name, subject.published.text)?;
    let mut finding = check(client, codec, subject)?;
    let level = if subject.is_input { INPUT_LEVEL } else { OUTPUT_LEVEL };
    match set_level(client, subject, level) {
        Ok(Some(other)) => finding.messages.push(format!("its compatibility is {other} and was left so")),
        Ok(None) => {}
        Err(error) => finding.messages.push(format!("its compatibility could not be set to {level}: {error}")),
    }
    Ok(finding)
}

/// Sets the subject's own level, unless it has another one already, which is returned.
fn set_level(client: &RegistryClient, subject: &Subject, level: &str) -> Result<Option<String>, RegistryError> {
    match client.level(&subject.name)? {
        Some(own) => Ok((own != level).then_some(own)),
        None => client.set_level(&subject.name, level).map(|()| None),
    }
}
