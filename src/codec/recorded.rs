//! Recorded events: one `{"topic": ..., "key": ..., "value": {...}}` a line, with `timestamp` where it matters.
//!
//! What `publish` and `backtest` read and what `backtest` writes. A value is kept as it was written; `null` erases.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::error::EncodeError;
use super::{Codec, DecodeError, Format, RawRecord, json};
use crate::events::{Contract, Input, Output, Payload, Timestamp};

/// One recorded event.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    pub topic: String,
    #[serde(default)]
    pub key: Option<String>,
    /// Must be there: leaving it out by mistake would erase a customer.
    #[serde(deserialize_with = "present")]
    pub value: Option<Box<RawValue>>,
    /// When the record was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
}

/// Without a default, an absent field is an error even where null is allowed.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    let value = Box::<RawValue>::deserialize(deserializer)?;
    Ok((value.get() != "null").then_some(value))
}

impl Recorded {
    /// An output as it would appear on its topic, in JSON.
    ///
    /// # Errors
    /// Only by a bug: see [`Codec::encode`].
    pub fn from_output(codec: &Codec, output: &Output) -> Result<Self, EncodeError> {
        let contract = output.payload.contract().name();
        let bytes = codec.encode(&output.payload, Format::Json)?;
        let value = serde_json::from_slice::<Box<RawValue>>(&bytes);
        let value = value.map_err(|error| EncodeError { contract, format: "json", reason: error.to_string() })?;
        let timestamp = match &output.payload {
            Payload::Action(action) => action.time,
            Payload::FollowUp(follow_up) => follow_up.time,
            Payload::Incident(incident) => incident.time,
            Payload::Insight(insight) => insight.time,
        };
        Ok(Self {
            topic: contract.to_owned(),
            key: Some(output.key.clone()),
            value: Some(value),
            timestamp: Some(timestamp),
        })
    }

    /// The input contract of its topic: by `names` first, else the topic is named like the contract.
    pub fn contract(&self, names: &BTreeMap<String, Contract>) -> Option<Contract> {
        names.get(&self.topic).copied().or_else(|| Contract::from_name(&self.topic))
    }

    /// Decodes it as a record of its topic. `offset` orders the records of one key, as profiles of a customer.
    ///
    /// # Errors
    /// As [`Codec::decode`].
    pub fn to_input(&self, codec: &Codec, contract: Contract, offset: i64) -> Result<Input, DecodeError> {
        codec.decode(
            contract,
            &RawRecord {
                source: &self.topic,
                key: self.key.as_deref().map(str::as_bytes),
                value: self.value.as_deref().map(|value| value.get().as_bytes()),
                timestamp: self.timestamp,
                offset,
                ..RawRecord::default()
            },
        )
    }

    /// Writes it as one line.
    ///
    /// # Errors
    /// When `out` can't be written.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// A line that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    #[error("{file}:{line}: cannot read: {source}")]
    Read { file: String, line: u64, source: io::Error },
    #[error(
        "{file}:{line}: not a recorded event: {reason}; expected {{\"topic\": ..., \"key\": ..., \"value\": ...}} on one line"
    )]
    Malformed { file: String, line: u64, reason: String },
}

/// A recorded event and where it stands.
#[derive(Debug, Clone)]
pub struct Line {
    /// From 1.
    pub number: u64,
    pub recorded: Recorded,
}

/// Reads recorded events line by line, skipping blank lines. Ends after the first error.
#[derive(Debug)]
pub struct RecordedReader<R> {
    reader: R,
    file: String,
    line: u64,
    buffer: Vec<u8>,
    failed: bool,
}

impl<R: BufRead> RecordedReader<R> {
    /// `file` is the name used in errors.
    pub fn new(reader: R, file: impl Into<String>) -> Self {
        Self { reader, file: file.into(), line: 0, buffer: Vec::new(), failed: false }
    }

    /// The next line that is not blank, or `None` at the end.
    fn read_line(&mut self) -> Result<Option<Line>, RecordedError> {
        loop {
            self.buffer.clear();
            self.line += 1;
            let read = self.reader.read_until(b'\n', &mut self.buffer);
            let read =
                read.map_err(|source| RecordedError::Read { file: self.file.clone(), line: self.line, source })?;
            if read == 0 {
                return Ok(None);
            }
            if self.buffer.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let recorded = serde_json::from_slice(&self.buffer).map_err(|_| RecordedError::Malformed {
                file: self.file.clone(),
                line: self.line,
                reason: json::explain::<Recorded>(&self.buffer).to_string(),
            })?;
            return Ok(Some(Line { number: self.line, recorded }));
        }
    }
}

impl<R: BufRead> Iterator for RecordedReader<R> {
    type Item = Result<Line, RecordedError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let result = self.read_line();
        self.failed = result.is_err();
        result.transpose()
    }
}
