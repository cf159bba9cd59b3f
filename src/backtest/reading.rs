//! Files of recorded events to inputs in replay order.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use super::BacktestError;
use super::writing::{DeadLetter, Origin};
use crate::codec::{Codec, Format, RecordedReader};
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

pub(super) fn read(files: &[PathBuf], codec: &Codec) -> Result<Reading, BacktestError> {
    let mut reading = Reading::default();
    for path in files {
        let name = path.display().to_string();
        if path == Path::new("-") {
            read_file(stdin().lock(), "standard input", codec, &mut reading)?;
        } else {
            let file = File::open(path).map_err(|source| BacktestError::Open { file: name.clone(), source })?;
            read_file(BufReader::new(file), &name, codec, &mut reading)?;
        }
    }
    reading.events.sort_by(|a, b| a.place().cmp(&b.place()));
    Ok(reading)
}

fn read_file(file: impl BufRead, name: &str, codec: &Codec, reading: &mut Reading) -> Result<(), BacktestError> {
    let no_other_names = BTreeMap::new();
    for line in RecordedReader::new(file, name) {
        let line = line?;
        let recorded = line.recorded;
        let Some(contract) = recorded.contract(&no_other_names) else {
            *reading.skipped.entry(recorded.topic).or_default() += 1;
            continue;
        };
        let origin = Origin { file: name.to_owned(), line: line.number };
        // Records of one key are ordered by where they stand, as on a topic.
        let offset = (reading.events.len() + reading.dead.len()) as i64;
        match recorded.to_input(codec, contract, offset) {
            Ok(input) => {
                reading.events.push(RecordedInput { input, topic: recorded.topic, key: recorded.key, origin });
            }
            Err(error) => reading.dead.push(DeadLetter {
                origin: Some(origin),
                topic: Some(recorded.topic),
                key: recorded.key,
                value: recorded.value,
                error: error.kind(),
                message: error.to_string(),
            }),
        }
    }
    Ok(())
}

pub(super) fn no_events(files: &[PathBuf]) -> BacktestError {
    let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let topics: Vec<&str> = Contract::ALL.iter().map(|contract| contract.name()).collect();
    BacktestError::NoEvents { files: files.join(", "), topics: topics.join(", ") }
}
