//! `backtest`: recorded events in, what would have been done about them out.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::backtest::{Backtest, BacktestError};
use crate::codec::mapping::Mapping;
use crate::events::Timestamp;
use crate::policy;

/// How many events go by between two signs of life.
const PROGRESS_EVERY: usize = 10_000;

/// Replays recorded events: which promises were broken, and what would have been done about them.
///
/// Writes recovery-actions.ndjson, recovery-follow-ups.ndjson, recovery-incidents.ndjson and
/// recovery-dead-letters.ndjson into the directory given with --out, and a summary to standard output.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  service-recovery backtest orders.ndjson deliveries.ndjson --policy policies/hotel --out found
  zcat 2025-*.ndjson.gz | service-recovery backtest - --policy hotel --out found --json")]
pub struct BacktestArgs {
    /// Files of recorded events, one {"topic": ..., "key": ..., "value": ...} a line, or raw records for --mapping; - is
    /// standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Reads the files with this mapping: raw records in JSON or CSV become events
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Directory of the policy, or the name of a preset: hotel, delivery, evaluation
    #[arg(long, value_name = "DIR")]
    policy: String,
    /// Directory for the files with the results; those of an earlier run are replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Run the clock on to this moment after the last event, as 2026-11-23T18:00:00+01:00
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    until: Option<Timestamp>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

impl BacktestArgs {
    pub fn run(self) -> Result<(), Failure> {
        let policy = policy::open(&self.policy).map_err(Failure::usage)?;
        let mapping = self.mapping.as_deref().map(Mapping::load).transpose().map_err(Failure::usage)?;
        let backtest =
            Backtest { files: &self.files, policy, mapping: mapping.as_ref(), out: &self.out, until: self.until };
        let mut progress = Progress { is_shown: stderr().is_terminal(), is_dirty: false };
        let result = backtest.run(&mut |done, total| progress.show(done, total));
        progress.clear();
        let summary = result.map_err(failure)?;
        let text = match self.json {
            true => serde_json::to_string_pretty(&summary)?,
            false => format!("{summary}\n\nwritten to {}", self.out.display()),
        };
        writeln!(stdout(), "{text}")?;
        Ok(())
    }
}

fn failure(error: BacktestError) -> Failure {
    if error.is_usage() { Failure::usage(error) } else { Failure::new(error) }
}

/// A line on a terminal that is overwritten.
struct Progress {
    is_shown: bool,
    is_dirty: bool,
}

impl Progress {
    fn show(&mut self, done: usize, total: usize) {
        if self.is_shown && done.is_multiple_of(PROGRESS_EVERY) {
            self.is_dirty = true;
            // A terminal that went away is no reason to stop.
            let _ = write!(stderr(), "\r{done} of {total} events");
        }
    }

    fn clear(&mut self) {
        if self.is_dirty {
            let _ = write!(stderr(), "\r\u{1b}[K");
        }
    }
}
