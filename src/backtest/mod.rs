//! Recorded events through the engine: what would have been noticed, said and given.
//!
//! Time is recorded time, and inputs come in (time, topic, key, id) order, at one moment the catalogue first, so the
//! outputs are the same to the byte on every run and every machine.

mod difference;
mod reading;
mod replay;
mod summary;
#[cfg(test)]
mod tests;
mod writing;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::codec::mapping::{Mapping, RawFileError};
use crate::codec::{Codec, CodecError, EncodeError, RecordedError};
use crate::engine::InProcess;
use crate::events::Timestamp;
use crate::policy::Policy;
pub use difference::{About, Change, Changed, Comparison, Difference};
use reading::{Reading, RecordedInput};
pub use replay::{Replayed, replay};
pub use summary::Summary;
use summary::Tally;
use writing::{DeadLetter, OutputFiles};

/// What to run, over which files.
#[derive(Debug)]
pub struct Backtest<'a> {
    /// NDJSON files of recorded events; `-` is standard input.
    pub files: &'a [PathBuf],
    pub policy: Policy,
    /// Reads the files: raw records become events.
    pub mapping: Option<&'a Mapping>,
    /// Directory for the output files, which are replaced.
    pub out: &'a Path,
    /// Runs the clock on to this moment after the last event.
    pub until: Option<Timestamp>,
}

#[derive(Debug, Error)]
pub enum BacktestError {
    #[error(
        "cannot open {file}: {source}; give the path of an NDJSON file of recorded events, or - for standard input"
    )]
    Open { file: String, source: io::Error },
    #[error(transparent)]
    Recorded(#[from] RecordedError),
    #[error(transparent)]
    Raw(#[from] RawFileError),
    #[error("no event in {files}: a recorded event has one of the topics {topics}")]
    NoEvents { files: String, topics: String },
    #[error("--until {until} is before the last event, which happened at {last}: give a later moment or leave it out")]
    Until { until: Timestamp, last: Timestamp },
    #[error("cannot write {file}: {source}")]
    Write { file: String, source: io::Error },
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl BacktestError {
    /// What the user gave is wrong, rather than something on the way.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Open { .. } | Self::Recorded(_) | Self::Raw(_) | Self::NoEvents { .. } | Self::Until { .. }
        )
    }
}

impl Backtest<'_> {
    /// Reads, replays and writes everything. `progress` hears (events done, events in all) now and then.
    ///
    /// # Errors
    /// When a file cannot be read or written, or holds no event. An event that cannot be read is a dead letter.
    pub fn run(self, progress: &mut dyn FnMut(usize, usize)) -> Result<Summary, BacktestError> {
        let codec = Codec::new(None)?;
        let Reading { events, dead, skipped } = reading::read(self.files, self.mapping, &codec)?;
        let Some(last) = events.last().map(|event| event.input.time()) else {
            return Err(reading::no_events(self.files));
        };
        // Profiles and items of a file have no time of their own.
        let is_dated = |event: &&RecordedInput| !event.input.contract().is_compacted();
        let from = events.iter().find(is_dated).map_or(last, |event| event.input.time());
        if let Some(until) = self.until.filter(|until| *until < last) {
            return Err(BacktestError::Until { until, last });
        }

        let mut files = OutputFiles::create(self.out)?;
        let mut tally = Tally::new(&self.policy.version, from, self.until.unwrap_or(last));
        for letter in dead {
            files.write_dead_letter(&letter)?;
        }
        tally.skipped = skipped;

        let total = events.len();
        let mut engine = InProcess::new(1, Arc::new(self.policy));
        for (index, event) in events.into_iter().enumerate() {
            tally.input(&event.input);
            let unroutable = engine.input(event.input.clone()).err();
            drain(&mut engine, &codec, &mut files, &mut tally)?;
            if let Some(reason) = unroutable {
                files.write_dead_letter(&event.dead_letter(&codec, "unroutable", reason.to_string())?)?;
            }
            progress(index + 1, total);
        }
        if let Some(until) = self.until {
            engine.advance(until);
            drain(&mut engine, &codec, &mut files, &mut tally)?;
        }
        tally.dead_letters = files.finish()?;
        Ok(tally.summary())
    }
}

/// Writes what the engine has to say.
fn drain(
    engine: &mut InProcess,
    codec: &Codec,
    files: &mut OutputFiles,
    tally: &mut Tally,
) -> Result<(), BacktestError> {
    for output in engine.take_outputs() {
        files.write(codec, &output)?;
        tally.output(&output);
    }
    for lost in engine.take_undeliverable() {
        let key = lost.envelope.to.to_string();
        files.write_dead_letter(&DeadLetter::message(key, lost.to_string()))?;
    }
    Ok(())
}
