//! One NDJSON file of recorded events an output topic.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::BacktestError;
use crate::codec::{Codec, Recorded};
use crate::events::{Output, OutputContract};

/// The topic, and the file, of what could not be used.
const DEAD_LETTERS: &str = "recovery-dead-letters";

/// Where an event was read.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Origin {
    pub(super) file: String,
    /// From 1.
    pub(super) line: u64,
}

/// An event that could not be used, and why.
#[derive(Debug, Serialize)]
pub(super) struct DeadLetter {
    #[serde(flatten)]
    pub(super) origin: Option<Origin>,
    pub(super) topic: Option<String>,
    pub(super) key: Option<String>,
    pub(super) value: Option<Box<RawValue>>,
    /// One of a closed list, as on the topic.
    pub(super) error: &'static str,
    pub(super) message: String,
}

impl DeadLetter {
    /// A message between entities that was passed on too often.
    pub(super) fn message(key: String, message: String) -> Self {
        Self { origin: None, topic: None, key: Some(key), value: None, error: "too_many_hops", message }
    }
}

#[derive(Debug)]
struct OutputFile {
    path: PathBuf,
    writer: BufWriter<File>,
    records: u64,
}

impl OutputFile {
    fn create(directory: &Path, topic: &str) -> Result<Self, BacktestError> {
        let path = directory.join(format!("{topic}.ndjson"));
        match File::create(&path) {
            Ok(file) => Ok(Self { path, writer: BufWriter::new(file), records: 0 }),
            Err(source) => Err(BacktestError::Write { file: path.display().to_string(), source }),
        }
    }

    fn write(&mut self, recorded: &Recorded) -> Result<(), BacktestError> {
        self.records += 1;
        recorded.write(&mut self.writer).map_err(|source| self.failure(source))
    }

    fn finish(&mut self) -> Result<(), BacktestError> {
        self.writer.flush().map_err(|source| self.failure(source))
    }

    fn failure(&self, source: std::io::Error) -> BacktestError {
        BacktestError::Write { file: self.path.display().to_string(), source }
    }
}

#[derive(Debug)]
pub(super) struct OutputFiles {
    outputs: Vec<(OutputContract, OutputFile)>,
    dead_letters: OutputFile,
}

impl OutputFiles {
    pub(super) fn create(directory: &Path) -> Result<Self, BacktestError> {
        fs::create_dir_all(directory)
            .map_err(|source| BacktestError::Write { file: directory.display().to_string(), source })?;
        let mut outputs = Vec::new();
        for contract in OutputContract::ALL {
            outputs.push((contract, OutputFile::create(directory, contract.name())?));
        }
        Ok(Self { outputs, dead_letters: OutputFile::create(directory, DEAD_LETTERS)? })
    }

    pub(super) fn write(&mut self, codec: &Codec, output: &Output) -> Result<(), BacktestError> {
        let recorded = Recorded::from_output(codec, output)?;
        let contract = output.payload.contract();
        let file = self.outputs.iter_mut().find(|(other, _)| *other == contract);
        let (_, file) = file.expect("invariant: every output contract has a file");
        file.write(&recorded)
    }

    pub(super) fn write_dead_letter(&mut self, letter: &DeadLetter) -> Result<(), BacktestError> {
        let value = to_raw_value(letter).map_err(|error| self.dead_letters.failure(error.into()))?;
        let topic = DEAD_LETTERS.to_owned();
        let recorded = Recorded { topic, key: letter.key.clone(), value: Some(value), timestamp: None };
        self.dead_letters.write(&recorded)
    }

    /// Everything is on disk. Returns how many dead letters there are.
    pub(super) fn finish(mut self) -> Result<u64, BacktestError> {
        for (_, file) in &mut self.outputs {
            file.finish()?;
        }
        self.dead_letters.finish()?;
        Ok(self.dead_letters.records)
    }
}
