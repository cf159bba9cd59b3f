//! `schemas`: what the contracts look like, and how they stand to the schemas of a registry.
//!
//! Inputs belong to whoever writes them: their subjects get our schema only where there is none yet. Outputs are ours.
//! A level of compatibility that somebody has chosen for a subject is left alone.

mod subjects;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Failure;
use super::asyncapi::AsyncApiArgs;
use crate::codec::Codec;
use crate::codec::registry::{RegistryClient, RegistryError};
use crate::config::Config;
use subjects::{Finding, Status, Subject};

/// The published schemas: described, compared with those of the schema registry, or registered there.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  service-recovery schemas check --config service-recovery.toml")]
pub struct SchemasArgs {
    #[command(subcommand)]
    command: SchemasCommand,
}

#[derive(Debug, Subcommand)]
enum SchemasCommand {
    /// Say for every topic whether its schemas fit.
    ///
    /// Exit code 0: everything fits. 1: a schema is missing or does not fit. 2: the configuration is wrong.
    /// 3: the registry does not answer.
    #[command(after_help = "Example:\n  service-recovery schemas check --config service-recovery.toml --json")]
    Check(Options),
    /// Register what is missing: schemas of outputs, and of inputs that have none yet.
    ///
    /// New subjects are set to BACKWARD (inputs) and FULL_TRANSITIVE (outputs) where the registry allows it.
    /// Exit codes as for `check`.
    #[command(after_help = "Example:\n  service-recovery schemas register --config service-recovery.toml")]
    Register(Options),
    Asyncapi(AsyncApiArgs),
}

#[derive(Debug, Args)]
struct Options {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "service-recovery.toml")]
    config: PathBuf,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Debug, serde::Serialize)]
struct Report {
    ok: bool,
    subjects: Vec<Finding>,
}

impl SchemasArgs {
    /// # Errors
    /// When something does not fit, or the registry does not answer.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            SchemasCommand::Check(options) => compare(&options, false),
            SchemasCommand::Register(options) => compare(&options, true),
            SchemasCommand::Asyncapi(args) => args.run(),
        }
    }
}

/// Goes through all subjects, and registers what is missing if `register`.
fn compare(options: &Options, register: bool) -> Result<(), Failure> {
    let config = Config::load(&options.config).map_err(Failure::usage)?;
    let Some(settings) = config.registry.settings() else {
        return Err(Failure::usage("no schema registry is configured: set registry.url"));
    };
    let client = RegistryClient::new(&settings).map_err(Failure::usage)?;
    let codec = Codec::new(config.schemas.dir.as_deref()).map_err(Failure::usage)?;

    let mut findings = Vec::new();
    for subject in subjects::of(&config) {
        let mut finding = subjects::check(&client, &codec, &subject).map_err(asked)?;
        if register {
            finding = subjects::register(&client, &codec, &subject, finding).map_err(asked)?;
        }
        if !options.json {
            print(&subject, &finding);
        }
        findings.push(finding);
    }
    let bad = findings.iter().filter(|finding| !finding.status.is_good()).count();
    if options.json {
        let report = Report { ok: bad == 0, subjects: findings };
        anstream::println!("{}", serde_json::to_string_pretty(&report)?);
    }
    match bad {
        0 => Ok(()),
        1 => Err(Failure::new("1 schema is missing or does not fit")),
        n => Err(Failure::new(format!("{n} schemas are missing or do not fit"))),
    }
}

/// A registry that is away may answer later; one that says no will say it again.
fn asked(error: RegistryError) -> Failure {
    if error.is_final() { Failure::new(error) } else { Failure::unavailable(error) }
}

fn print(subject: &Subject, finding: &Finding) {
    let place = match (finding.id, finding.version) {
        (Some(id), Some(version)) => format!(" (version {version}, id {id})"),
        (Some(id), None) => format!(" (id {id})"),
        _ => String::new(),
    };
    anstream::println!("{}: {}{place}: {}", finding.subject, finding.status.name(), describe(subject, finding.status));
    for message in &finding.messages {
        anstream::println!("  {message}");
    }
}

fn describe(subject: &Subject, status: Status) -> String {
    let (record, topic) = (subject.published.record, &subject.topic);
    match status {
        Status::Registered => format!("our {record} is the latest schema of {topic}"),
        Status::Readable => format!("what is written to {topic} can be read as our {record}"),
        Status::Compatible => format!("our {record} may follow; run `service-recovery schemas register`"),
        Status::Missing => format!("{topic} has no schema yet; run `service-recovery schemas register`"),
        Status::Incompatible => format!("our {record} and the latest schema of {topic} do not fit"),
    }
}
