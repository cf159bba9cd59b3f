//! Files of recorded events to inputs in replay order.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use super::BacktestError;
use super::writing::{DeadLetter, Origin};
use crate::codec::mapping::{Mapping, RawFileReader};
use crate::codec::{Codec, Format, Recorded, RecordedReader};
use crate::events::{Contract, Input, Timestamp};

/// An event that can be read, and where it stands.
#[derive(Debug)]
pub(super) struct RecordedInput {
    pub(super) input: Input,
    topic: String,
    key: Option<String>,
    origin: Origin,
}

impl RecordedInput {
    /// Its place in the replay. Of what happens at one moment the catalogue comes first: it is what was known already.
    fn place(&self) -> (Timestamp, bool, &str, Option<&str>, &str) {
        let is_catalogue = self.input.contract() == Contract::Catalogue;
        (self.input.time(), !is_catalogue, &self.topic, self.key.as_deref(), self.input.id())
    }

    /// The event as a dead letter, because nothing could be done with it.
    pub(super) fn dead_letter(
        &self,
        codec: &Codec,
        error: &'static str,
        message: String,
    ) -> Result<DeadLetter, BacktestError> {
        let bytes = codec.encode_event(&self.input.event, Format::Json)?;
        let value: Option<Box<RawValue>> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(DeadLetter {
            origin: Some(self.origin.clone()),
            topic: Some(self.topic.clone()),
            key: self.key.clone(),
            value,
            error,
            message,
        })
    }
}

#[derive(Debug, Default)]
pub(super) struct Reading {
    /// In replay order: time, the catalogue before all else, topic, key, id. Records of one key stay in the order of
    /// the file. A compacted record without a timestamp was known all along.
    pub(super) events: Vec<RecordedInput>,
    /// Events that no contract can read.
    pub(super) dead: Vec<DeadLetter>,
    /// Events of topics that are no input, by topic.
    pub(super) skipped: BTreeMap<String, u64>,
}

/// Reads every file; with a mapping they hold raw records.
pub(super) fn read(files: &[PathBuf], mapping: Option<&Mapping>, codec: &Codec) -> Result<Reading, BacktestError> {
    let mut reading = Reading::default();
    for path in files {
        let name = path.display().to_string();
        let file: Box<dyn Read> = if path == Path::new("-") {
            Box::new(stdin().lock())
        } else {
            Box::new(File::open(path).map_err(|source| BacktestError::Open { file: name.clone(), source })?)
        };
        let name = if path == Path::new("-") { "standard input" } else { name.as_str() };
        match mapping {
            None => reading.read_recorded(BufReader::new(file), name, codec)?,
            Some(mapping) => reading.read_raw(file, name, mapping, codec)?,
        }
    }
    reading.events.sort_by(|a, b| a.place().cmp(&b.place()));
    Ok(reading)
}

impl Reading {
    fn read_recorded(&mut self, file: impl BufRead, name: &str, codec: &Codec) -> Result<(), BacktestError> {
        for line in RecordedReader::new(file, name) {
            let line = line?;
            self.add(line.recorded, Origin { file: name.to_owned(), line: line.number }, codec);
        }
        Ok(())
    }

    fn read_raw(&mut self, file: impl Read, name: &str, mapping: &Mapping, codec: &Codec) -> Result<(), BacktestError> {
        let topic = Path::new(name).file_name().and_then(OsStr::to_str).unwrap_or(name);
        for (offset, line) in RawFileReader::new(file, name).enumerate() {
            let line = line?;
            let origin = Origin { file: name.to_owned(), line: line.number };
            match mapping.recorded(codec, &line.record(topic, offset as i64)) {
                Ok(events) => events.into_iter().for_each(|event| self.add(event, origin.clone(), codec)),
                Err(error) => self.dead.push(DeadLetter {
                    origin: Some(origin),
                    topic: Some(topic.to_owned()),
                    key: line.key().map(str::to_owned),
                    value: line.value().and_then(|value| serde_json::from_str(value).ok()),
                    error: error.kind(),
                    message: error.to_string(),
                }),
            }
        }
        Ok(())
    }

    fn add(&mut self, recorded: Recorded, origin: Origin, codec: &Codec) {
        let Some(contract) = recorded.contract(&BTreeMap::new()) else {
            *self.skipped.entry(recorded.topic).or_default() += 1;
            return;
        };
        // Records of one key are ordered by where they stand, as on a topic.
        let offset = (self.events.len() + self.dead.len()) as i64;
        match recorded.to_input(codec, contract, offset) {
            Ok(input) => {
                self.events.push(RecordedInput { input, topic: recorded.topic, key: recorded.key, origin });
            }
            Err(error) => self.dead.push(DeadLetter {
                origin: Some(origin),
                topic: Some(recorded.topic),
                key: recorded.key,
                value: recorded.value,
                error: error.kind(),
                message: error.to_string(),
            }),
        }
    }
}

pub(super) fn no_events(files: &[PathBuf]) -> BacktestError {
    let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let topics: Vec<&str> = Contract::ALL.iter().map(|contract| contract.name()).collect();
    BacktestError::NoEvents { files: files.join(", "), topics: topics.join(", ") }
}
