//! `why ORDER`: what is known of an order, what was promised, found, done and left undone, and for which reason.
//!
//! The same page for recorded events, replayed in this process, and for a running service, asked over HTTP.

mod instance;
mod ledger;
mod page;
mod words;

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::backtest;
use crate::codec::mapping::Mapping;
use crate::events::Timestamp;
use crate::policy;
use crate::recovery::view::{self, OrderLookup};

/// Tells what is known of an order and why it stands as it does, also when nothing was done.
///
/// From recorded events and a policy, or from a running service by its look-ups (docs/http.md).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  service-recovery why A-1042 --policy policies/hotel orders.ndjson deliveries.ndjson
  service-recovery why A-1042 --policy hotel events.ndjson --at 2026-11-23T14:05:00+01:00
  service-recovery why A-1042 --url http://sr-0:8080 --url http://sr-1:8080 --token-file /run/secrets/desk-token

Exit codes: 0 the order is known, 1 it is not, 2 the question is wrong, 3 no instance can answer now.")]
pub struct WhyArgs {
    /// The number of the order
    order: String,
    /// Files of recorded events, or raw records for --mapping; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "url", conflicts_with = "url")]
    files: Vec<PathBuf>,
    /// Directory of the policy, or the name of a preset
    #[arg(long, value_name = "DIR", required_unless_present = "url", conflicts_with = "url")]
    policy: Option<String>,
    /// Reads the files with this mapping: raw records in JSON or CSV become events
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    mapping: Option<PathBuf>,
    /// The moment to look from, as 2026-11-23T14:05:00+01:00; default: that of the last event
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse, conflicts_with = "url")]
    at: Option<Timestamp>,
    /// A running instance; give several, and the one that owns the order answers
    #[arg(long, value_name = "URL")]
    url: Vec<String>,
    /// File with a token for the look-ups: alone on a line, or after a name as in http.lookups.tokens_file
    #[arg(long, value_name = "FILE", requires = "url", env = "SERVICE_RECOVERY_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// Print what the look-up returns, as JSON
    #[arg(long)]
    json: bool,
}

impl WhyArgs {
    pub fn run(self) -> Result<(), Failure> {
        let found = if self.url.is_empty() { self.replay()? } else { self.ask()? };
        let text = match self.json {
            true => {
                let mut text = serde_json::to_string_pretty(&view::to_json(&found)?)?;
                text.push('\n');
                text
            }
            false => page::of(&found),
        };
        stdout().write_all(text.as_bytes())?;
        Ok(())
    }

    fn ask(&self) -> Result<OrderLookup, Failure> {
        let Some(token_file) = &self.token_file else {
            return Err(Failure::usage("a running instance asks for a token: give --token-file"));
        };
        instance::ask(&self.url, token_file, &self.order)
    }

    fn replay(&self) -> Result<OrderLookup, Failure> {
        let policy = policy::open(self.policy.as_deref().unwrap_or_default()).map_err(Failure::usage)?;
        let mapping = self.mapping.as_deref().map(Mapping::load).transpose().map_err(Failure::usage)?;
        let replayed = backtest::replay(&self.files, policy, mapping.as_ref(), self.at)
            .map_err(|error| if error.is_usage() { Failure::usage(error) } else { Failure::new(error) })?;
        let unread = match replayed.unread {
            0 => String::new(),
            unread => format!("; {unread} events could not be read or go to nobody, backtest says which"),
        };
        replayed.order(&self.order).ok_or_else(|| {
            Failure::new(format!(
                "nothing is known of order {:?} at that moment: no event names it, or it was forgotten after its horizon{unread}",
                self.order
            ))
        })
    }
}
