//! `mapping check`: what is wrong with a mapping, and what it makes of sample records.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write, stdin, stdout};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::value::to_raw_value;

use super::Failure;
use crate::codec::mapping::{Mapping, RawFileReader};
use crate::codec::{Codec, Recorded};
use crate::document::{DocumentErrors, Problem};

#[derive(Debug, Args)]
pub struct MappingArgs {
    #[command(subcommand)]
    command: MappingCommand,
}

#[derive(Debug, Subcommand)]
enum MappingCommand {
    Check(Check),
}

/// Reads a mapping, lists every problem with its file, line and column, and shows what sample records become.
///
/// The events go to standard output, one recorded event a line, as `publish` and `backtest` read them; what is wrong
/// with a record goes to standard error. Exit code 0: all is well. 1: a sample cannot be mapped, or two samples become
/// different events of one id. 2: the mapping or a file is wrong.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  service-recovery mapping check examples/mappings/till.toml
  service-recovery mapping check examples/mappings/till.toml examples/mappings/till.ndjson > events.ndjson
  service-recovery backtest events.ndjson --policy hotel --out found")]
struct Check {
    /// The mapping file
    #[arg(value_name = "FILE")]
    mapping: PathBuf,
    /// Raw records: JSON, one a line or an array, or CSV with the names in its first line; - is standard input
    #[arg(value_name = "SAMPLE")]
    samples: Vec<PathBuf>,
    /// The topic that the records would come from
    #[arg(long, value_name = "NAME", default_value = "samples")]
    topic: String,
    /// Without samples: print one JSON object instead of text
    #[arg(long, conflicts_with = "samples")]
    json: bool,
}

/// What `--json` prints.
#[derive(Debug, serde::Serialize)]
struct Verdict<'a> {
    ok: bool,
    events: Vec<&'a str>,
    problems: &'a [Problem],
}

/// What the samples came to.
#[derive(Debug, Default)]
struct Tally {
    records: i64,
    events: u64,
    failures: u64,
    /// Where each id was seen first, and the event.
    ids: BTreeMap<String, (String, String)>,
}

impl MappingArgs {
    /// # Errors
    /// The problems of the mapping or of the samples.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            MappingCommand::Check(check) => check.run(),
        }
    }
}

impl Check {
    fn run(self) -> Result<(), Failure> {
        let outcome = Mapping::load(&self.mapping);
        if self.json {
            print_verdict(&outcome)?;
        }
        let mapping = outcome.map_err(|errors| Failure::usage(complaint(&errors, self.json)))?;
        if self.samples.is_empty() {
            if !self.json {
                let events: Vec<&str> = mapping.event_names().collect();
                anstream::println!(
                    "OK: {mapping}\n  events     {}\n  contracts  {}",
                    events.join(", "),
                    contracts(&mapping)
                );
            }
            return Ok(());
        }
        let mut tally = Tally::default();
        let codec = Codec::new(None)?;
        for path in &self.samples {
            self.try_file(&mapping, &codec, path, &mut tally)?;
        }
        anstream::eprintln!("{} records became {} events", tally.records, tally.events);
        match tally.failures {
            0 => Ok(()),
            1 => Err(Failure::new("1 record cannot be used as it is")),
            more => Err(Failure::new(format!("{more} records cannot be used as they are"))),
        }
    }

    fn try_file(&self, mapping: &Mapping, codec: &Codec, path: &Path, tally: &mut Tally) -> Result<(), Failure> {
        let (name, file) = open(path)?;
        let mut out = stdout().lock();
        for line in RawFileReader::new(file, name.as_str()) {
            let line = line.map_err(Failure::usage)?;
            let place = format!("{name}:{}", line.number);
            let record = line.record(&self.topic, tally.records);
            tally.records += 1;
            // both: what is shown is what the mapping says, and it must be right
            let mapped = mapping.inputs(codec, &record).and_then(|_| mapping.map(&record));
            let mapped = match mapped {
                Ok(mapped) => mapped,
                Err(error) => {
                    tally.failures += 1;
                    anstream::eprintln!("{place}: {}: {error}", error.kind());
                    continue;
                }
            };
            for event in mapped {
                tally.events += 1;
                if let Some(reason) = tally.repeated(&event, &place) {
                    tally.failures += 1;
                    anstream::eprintln!("{place}: {reason}");
                }
                let value = event.value.map(|value| to_raw_value(&value)).transpose()?;
                let topic = event.contract.name().to_owned();
                let recorded = Recorded { topic, key: event.key, value, timestamp: record.timestamp };
                recorded.write(&mut out)?;
            }
        }
        out.flush()?;
        Ok(())
    }
}

impl Tally {
    /// Another event under an id that was there before would be taken for a repetition.
    fn repeated(&mut self, event: &crate::codec::mapping::Mapped, place: &str) -> Option<String> {
        let value = event.value.as_ref()?;
        let id = value.get("id")?.as_str()?.to_owned();
        let text = value.to_string();
        match self.ids.get(&id) {
            Some((first, same)) if *same != text => Some(format!(
                "event {:?} has the id of another event, at {first}: it would be taken for a repetition; compose the id of \
                 more fields",
                event.event
            )),
            Some(_) => None,
            None => {
                self.ids.insert(id, (place.to_owned(), text));
                None
            }
        }
    }
}

/// A file, or standard input, and its name for messages.
pub(super) fn open(path: &Path) -> Result<(String, Box<dyn Read>), Failure> {
    if path == Path::new("-") {
        return Ok(("<stdin>".to_owned(), Box::new(stdin().lock())));
    }
    let name = path.display().to_string();
    match File::open(path) {
        Ok(file) => Ok((name, Box::new(file))),
        Err(error) => Err(Failure::usage(format!("cannot open {name}: {error}"))),
    }
}

fn contracts(mapping: &Mapping) -> String {
    mapping.contracts().iter().map(|contract| contract.name()).collect::<Vec<_>>().join(", ")
}

fn print_verdict(outcome: &Result<Mapping, DocumentErrors>) -> Result<(), Failure> {
    let verdict = match outcome {
        Ok(mapping) => Verdict { ok: true, events: mapping.event_names().collect(), problems: &[] },
        Err(errors) => Verdict { ok: false, events: Vec::new(), problems: &errors.problems },
    };
    anstream::println!("{}", serde_json::to_string_pretty(&verdict)?);
    Ok(())
}

/// The problems for people; only their number when a program has read them from standard output.
fn complaint(errors: &DocumentErrors, json: bool) -> String {
    let count = errors.problems.len();
    let noun = if count == 1 { "problem" } else { "problems" };
    if json { format!("{count} {noun} in the mapping") } else { format!("{count} {noun} in the mapping\n{errors}") }
}
