//! `mapping check`: what is wrong with a mapping, and what it makes of sample records.

use std::collections::BTreeMap;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Failure, files};
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
    /// The topic that the records would come from; else the file's name
    #[arg(long, value_name = "NAME")]
    topic: Option<String>,
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
        let (name, file) = files::open(path)?;
        let mut out = stdout().lock();
        for line in RawFileReader::new(file, name.as_str()) {
            let line = line.map_err(Failure::usage)?;
            let place = format!("{name}:{}", line.number);
            let record = line.record(self.topic.as_deref().unwrap_or(files::topic_of(&name)), tally.records);
            tally.records += 1;
            let recorded = match mapping.recorded(codec, &record) {
                Ok(recorded) => recorded,
                Err(error) => {
                    tally.failures += 1;
                    anstream::eprintln!("{place}: {}: {error}", error.kind());
                    continue;
                }
            };
            for event in recorded {
                tally.events += 1;
                if let Some(reason) = tally.repeated(&event, &place) {
                    tally.failures += 1;
                    anstream::eprintln!("{place}: {reason}");
                }
                event.write(&mut out)?;
            }
        }
        out.flush()?;
        Ok(())
    }
}

impl Tally {
    /// Another event under an id that was there before would be taken for a repetition.
    fn repeated(&mut self, event: &Recorded, place: &str) -> Option<String> {
        #[derive(serde::Deserialize)]
        struct Identity {
            id: String,
        }
        let text = event.value.as_ref()?.get().to_owned();
        let id = serde_json::from_str::<Identity>(&text).ok()?.id;
        match self.ids.get(&id) {
            Some((first, same)) if *same != text => Some(format!(
                "the event of {} has the id of another one, at {first}: it would be taken for a repetition; compose the \
                 id of more fields",
                event.topic
            )),
            Some(_) => None,
            None => {
                self.ids.insert(id, (place.to_owned(), text));
                None
            }
        }
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
