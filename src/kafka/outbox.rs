//! The records that a transaction writes: outputs, mail, state and dead letters.

use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::BaseRecord;

use super::dead_letters::DeadLetter;
use super::producer::{Failure, Transactions};
use super::service::Service;
use super::tasks::TaskRecord;
use super::topology::{MAILBOX, STATE};
use crate::codec::EncodeError;
use crate::engine::{MAX_BATCH_BYTES, StateRecord, encode_batches};
use crate::events::{Output, Payload, Timestamp};
use crate::recovery::Envelope;

/// The `ce_source` of everything we publish.
const SOURCE: &str = "/service-recovery";

/// An output, ready to be sent.
#[derive(Debug)]
pub struct Encoded<'a> {
    topic: &'a str,
    key: &'a str,
    value: Vec<u8>,
    headers: OwnedHeaders,
}

/// Encodes before the transaction begins, so that a bug in a contract does not look like a failed transaction.
pub fn encode<'a>(service: &'a Service, outputs: &'a [Output]) -> Result<Vec<Encoded<'a>>, EncodeError> {
    let config = &service.config.outputs;
    outputs
        .iter()
        .map(|output| {
            Ok(Encoded {
                topic: config.topic(output.payload.contract()),
                key: &output.key,
                value: service.codec.encode(&output.payload, config.format)?,
                headers: headers(output, config.format.content_type()),
            })
        })
        .collect()
}

impl Transactions {
    /// Outputs go to the partition of their guest, as Java producers choose it.
    pub fn send_output(&self, output: Encoded<'_>) -> Result<(), Failure> {
        let record = BaseRecord::<[u8], [u8]>::to(output.topic)
            .key(output.key.as_bytes())
            .payload(&output.value)
            .headers(output.headers);
        self.send(record)
    }

    /// One record for each destination task, unless it would be too large.
    pub fn send_mail(&self, service: &Service, task: u32, envelopes: &[Envelope]) -> Result<(), Failure> {
        for batch in encode_batches(envelopes, MAX_BATCH_BYTES) {
            let record = BaseRecord::<[u8], [u8]>::to(service.topology.name(MAILBOX)).partition(task as i32);
            self.send(record.payload(&batch))?;
        }
        Ok(())
    }

    /// An entity as it is now; without a value it is forgotten.
    pub fn send_state(&self, service: &Service, task: u32, state: &StateRecord) -> Result<(), Failure> {
        let topic = service.topology.name(STATE);
        let record = BaseRecord::<[u8], [u8]>::to(topic).partition(task as i32).key(state.key.as_str().as_bytes());
        match &state.value {
            Some(value) => self.send(record.payload(value)),
            None => self.send(record),
        }
    }

    /// What a task says of itself.
    pub fn send_task_record(&self, service: &Service, task: u32, task_record: &TaskRecord) -> Result<(), Failure> {
        let (key, value) = (TaskRecord::key(task), task_record.encode());
        let topic = service.topology.name(STATE);
        let record = BaseRecord::<[u8], [u8]>::to(topic).partition(task as i32);
        self.send(record.key(key.as_bytes()).payload(&value))
    }

    pub fn send_dead_letter(&self, service: &Service, letter: &DeadLetter) -> Result<(), Failure> {
        let mut record =
            BaseRecord::<[u8], [u8]>::to(&service.config.dead_letters.topic).headers(letter.headers.clone());
        if let Some(key) = &letter.key {
            record = record.key(key);
        }
        match &letter.value {
            Some(value) => self.send(record.payload(value)),
            None => self.send(record),
        }
    }
}

/// CloudEvents 1.0 in binary mode, and what staff apps filter by without reading the value.
fn headers(output: &Output, content_type: &str) -> OwnedHeaders {
    let about = About::of(&output.payload);
    let mut headers = OwnedHeaders::new_with_capacity(12)
        .insert(text("ce_specversion", "1.0"))
        .insert(text("ce_id", &format!("{}/{}", about.id, about.revision)))
        .insert(text("ce_source", SOURCE))
        .insert(text("ce_type", &format!("recovery.{}", about.event_type)))
        .insert(text("ce_time", &about.time.to_string()))
        .insert(text("ce_subject", about.incident_id))
        .insert(text("content-type", content_type));
    let optional = [
        ("site_id", about.site_id),
        ("kind", about.kind),
        ("assignee", about.assignee),
        ("traceparent", output.traceparent.as_deref()),
    ];
    for (key, value) in optional {
        if let Some(value) = value {
            headers = headers.insert(text(key, value));
        }
    }
    headers
}

fn text<'a>(key: &'a str, value: &'a str) -> Header<'a, &'a str> {
    Header { key, value: Some(value) }
}

/// What the headers say of a payload.
struct About<'a> {
    id: &'a str,
    revision: i64,
    time: Timestamp,
    event_type: String,
    incident_id: &'a str,
    site_id: Option<&'a str>,
    kind: Option<&'a str>,
    assignee: Option<&'a str>,
}

impl<'a> About<'a> {
    fn of(payload: &'a Payload) -> Self {
        match payload {
            Payload::Action(action) => Self {
                id: &action.id,
                revision: action.revision,
                time: action.time,
                event_type: format!("action.{}", action.action_type),
                incident_id: &action.incident_id,
                site_id: Some(&action.site_id),
                kind: Some(action.kind.name()),
                assignee: Some(&action.assignee),
            },
            Payload::FollowUp(follow_up) => Self {
                id: &follow_up.id,
                revision: follow_up.revision,
                time: follow_up.time,
                event_type: format!("follow_up.{}", follow_up.follow_up_type),
                incident_id: &follow_up.incident_id,
                site_id: Some(&follow_up.site_id),
                kind: None,
                assignee: Some(&follow_up.assignee),
            },
            Payload::Incident(incident) => Self {
                id: &incident.id,
                revision: incident.revision,
                time: incident.time,
                event_type: format!("incident.{}", incident.status),
                incident_id: &incident.id,
                site_id: incident.site_id.as_deref(),
                kind: None,
                assignee: None,
            },
            Payload::Insight(insight) => Self {
                id: &insight.id,
                revision: insight.revision,
                time: insight.time,
                event_type: format!("insight.{}", insight.insight_type),
                incident_id: &insight.id,
                site_id: insight.site_id.as_deref(),
                kind: None,
                assignee: Some(&insight.owner),
            },
        }
    }
}
