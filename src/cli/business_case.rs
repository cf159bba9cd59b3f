//! `business-case`: what recovery was worth, seen and estimated.

use std::fs::{self, File};
use std::io::{BufReader, Write, stdout};
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::business_case::{Assumptions, Observed, Report};
use crate::codec::{Codec, RecordedReader};
use crate::document::field;
use crate::events::{Contract, Event, IncidentEvent, Millis, OutputContract};

/// What the recoveries were worth: what was seen, and what that may mean by the numbers of others.
///
/// Reads recorded recovery-incidents, and orders for who came back. What is estimated names its assumption and whose it is.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  service-recovery business-case found/recovery-incidents.ndjson orders.ndjson --sector bank")]
pub struct BusinessCaseArgs {
    /// Files of recorded events, one {"topic": ..., "key": ..., "value": ...} a line, as `backtest` writes them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Whose recommendations to count with: bank, auto_dealer, or one of the file with the assumptions
    #[arg(long)]
    sector: Option<String>,
    /// A file with your own numbers, as policies/business-case.toml
    #[arg(long, value_name = "FILE")]
    assumptions: Option<PathBuf>,
    /// Within which time ordering again counts as having come back
    #[arg(long, value_name = "TIME", default_value = "30 d", value_parser = duration)]
    window: Millis,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

impl BusinessCaseArgs {
    pub fn run(self) -> Result<(), Failure> {
        let assumptions = match &self.assumptions {
            None => Assumptions::shipped(),
            Some(path) => {
                let file = path.display().to_string();
                let text = fs::read_to_string(path)
                    .map_err(|error| Failure::usage(format!("{file}: cannot read the assumptions: {error}")))?;
                Assumptions::parse(&file, &text)
            }
        };
        let assumptions = assumptions.map_err(Failure::usage)?;
        let mut observed = Observed::default();
        for path in &self.files {
            read(path, &mut observed)?;
        }
        let report =
            Report::new(&observed, &assumptions, self.sector.as_deref(), self.window).map_err(Failure::usage)?;
        if report.incidents == 0 {
            return Err(Failure::usage(
                "no incident in these files: give recovery-incidents, as `backtest --out` writes them or as you recorded them",
            ));
        }
        let text = if self.json { serde_json::to_string_pretty(&report)? } else { report.to_string() };
        writeln!(stdout(), "{}", text.trim_end())?;
        Ok(())
    }
}

fn duration(text: &str) -> Result<Millis, String> {
    field::parse_duration(text).ok_or_else(|| "write a time as 30 d, 12 h or 90 min".to_owned())
}

fn read(path: &PathBuf, observed: &mut Observed) -> Result<(), Failure> {
    let file = path.display().to_string();
    let opened = File::open(path).map_err(|error| Failure::usage(format!("cannot open {file}: {error}")))?;
    let codec = Codec::new(None)?;
    for line in RecordedReader::new(BufReader::new(opened), file.clone()) {
        let line = line.map_err(Failure::usage)?;
        let place = format!("{file}:{}", line.number);
        if line.recorded.topic == OutputContract::Incidents.name() {
            let Some(value) = &line.recorded.value else { continue };
            let incident: IncidentEvent = serde_json::from_str(value.get())
                .map_err(|error| Failure::usage(format!("{place}: not an incident: {error}")))?;
            observed.incident(incident);
        } else if line.recorded.topic == Contract::Orders.name() {
            let input = line.recorded.to_input(&codec, Contract::Orders, 0);
            let input = input.map_err(|error| Failure::usage(format!("{place}: {error}")))?;
            if let Event::Order(order) = &input.event {
                observed.order(order);
            }
        }
    }
    Ok(())
}
