//! `policy diff`: what an edit of the policy would have changed.

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::backtest::Comparison;
use crate::cli::Failure;
use crate::codec::mapping::Mapping;
use crate::events::Timestamp;
use crate::policy;

/// Runs recorded events through two policies, and tells which decisions differ.
///
/// By incident: rule, severity, authority, actions, gesture and follow-up, old -> new; then the totals of actions,
/// gestures and their value. Versions, ids and wording are no difference. Exit code 0 whether or not they differ (see
/// --exit-code); 2: a policy or a file cannot be read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  service-recovery policy diff policies/hotel my-hotel examples/hotel-evening.ndjson
  service-recovery policy diff hotel my-hotel *.ndjson --until 2026-06-05T00:00:00+02:00 --summary")]
pub(super) struct Diff {
    /// The policy as it is: its directory, or the name of a preset
    #[arg(value_name = "OLD")]
    old: String,
    /// The policy as it would be
    #[arg(value_name = "NEW")]
    new: String,
    /// Files of recorded events, or raw records for --mapping; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Reads the files with this mapping: raw records in JSON or CSV become events
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Run the clock on to this moment after the last event, as 2026-11-23T18:00:00+01:00
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    until: Option<Timestamp>,
    /// Only the totals
    #[arg(long)]
    summary: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// End with 1 when a decision differs
    #[arg(long)]
    exit_code: bool,
}

impl Diff {
    pub(super) fn run(self) -> Result<(), Failure> {
        let old = Arc::new(policy::open(&self.old).map_err(Failure::usage)?);
        let new = Arc::new(policy::open(&self.new).map_err(Failure::usage)?);
        let mapping = self.mapping.as_deref().map(Mapping::load).transpose().map_err(Failure::usage)?;
        let files = &self.files;
        let comparison = Comparison { old, new, files, mapping: mapping.as_ref(), until: self.until };
        let mut difference = comparison
            .run()
            .map_err(|error| if error.is_usage() { Failure::usage(error) } else { Failure::new(error) })?;
        let differs = !difference.changed.is_empty();
        let text = match (self.json, self.summary) {
            (true, summary) => {
                if summary {
                    difference.changed.clear();
                }
                serde_json::to_string_pretty(&difference)?
            }
            (false, true) => difference.totals(),
            (false, false) => difference.to_string(),
        };
        writeln!(stdout(), "{}", text.trim_end())?;
        if self.exit_code && differs { Err(Failure::silent(1)) } else { Ok(()) }
    }
}
