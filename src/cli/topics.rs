//! `topics`: creates and checks the topics that the service uses.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Failure;
use crate::config::Config;
use crate::kafka::{self, Clients};

/// Create or check the topics that the service uses.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  service-recovery topics create --config service-recovery.toml --inputs")]
pub struct TopicsArgs {
    #[command(subcommand)]
    command: TopicsCommand,
}

#[derive(Debug, Subcommand)]
enum TopicsCommand {
    /// Say what is missing or wrong, and what to do about it. Exit code 1 when there is something.
    #[command(after_help = "Example:\n  service-recovery topics check --config service-recovery.toml")]
    Check {
        #[command(flatten)]
        config: ConfigArg,
    },
    /// Create what is missing; what exists is left alone.
    #[command(after_help = "Example:\n  service-recovery topics create --config service-recovery.toml")]
    Create {
        #[command(flatten)]
        config: ConfigArg,
        /// The input topics too, with as many partitions as there are tasks.
        #[arg(long)]
        inputs: bool,
    },
}

#[derive(Debug, Args)]
struct ConfigArg {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "service-recovery.toml")]
    config: PathBuf,
}

impl TopicsArgs {
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            TopicsCommand::Check { config } => check(&load(&config)?),
            TopicsCommand::Create { config, inputs } => create(&load(&config)?, inputs),
        }
    }
}

fn load(arg: &ConfigArg) -> Result<Config, Failure> {
    Config::load(&arg.config).map_err(Failure::usage)
}

fn clients(config: &Config) -> Clients {
    Clients::new(config.kafka.clone(), "topics".to_owned())
}

fn check(config: &Config) -> Result<(), Failure> {
    let report = kafka::check(config, &clients(config))?;
    for (topic, partitions) in &report.partitions {
        anstream::println!("{topic}: {partitions} partitions");
    }
    for warning in &report.warnings {
        anstream::println!("warning: {warning}");
    }
    for problem in &report.problems {
        anstream::println!("problem: {problem}");
    }
    match report.problems.len() {
        0 => Ok(()),
        1 => Err(Failure::new("1 problem found")),
        n => Err(Failure::new(format!("{n} problems found"))),
    }
}

fn create(config: &Config, inputs: bool) -> Result<(), Failure> {
    let (created, existing) = kafka::create(config, &clients(config), inputs)?;
    for topic in &existing {
        anstream::println!("{topic}: exists already");
    }
    for topic in &created {
        anstream::println!("{topic}: created");
    }
    Ok(())
}
