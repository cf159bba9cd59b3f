//! The commands, a file each.

mod asyncapi;
mod backtest;
mod demo;
mod explain;
mod files;
mod mapping;
mod policy;
mod publish;
mod run;
mod schemas;
mod topics;
mod why;

use std::fmt;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Makes amends before anyone complains.
#[derive(Debug, Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Demo(demo::DemoArgs),
    Topics(topics::TopicsArgs),
    Publish(publish::Publish),
    Backtest(backtest::BacktestArgs),
    Why(why::WhyArgs),
    Explain(explain::ExplainArgs),
    /// The schemas of the contracts.
    Schemas(schemas::SchemasArgs),
    /// Work on policies: what to do when something went wrong.
    Policy(policy::PolicyArgs),
    /// Work on mappings: how records of other topics and files become events.
    Mapping(mapping::MappingArgs),
}

/// Why a command failed: one message that says what happened, to what, and what to do next.
#[derive(Debug)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Something went wrong while working: exit code 1.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), code: 1 }
    }

    /// Everything worked, and the exit code is the answer.
    fn silent(code: u8) -> Self {
        Self { message: String::new(), code }
    }

    /// What the user gave is wrong (configuration, policy, input file): exit code 2.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), code: 2 }
    }

    /// Something outside does not answer, and the same command may work later: exit code 3.
    pub fn unavailable(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), code: 3 }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

/// Parses the command line, runs the command and turns a failure into one line on standard error.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result: Result<(), Failure> = match cli.command {
        Command::Run(args) => args.run(),
        Command::Demo(args) => args.run(),
        Command::Topics(args) => args.run(),
        Command::Publish(args) => args.run(),
        Command::Backtest(args) => args.run(),
        Command::Why(args) => args.run(),
        Command::Explain(args) => args.run(),
        Command::Policy(args) => args.run(),
        Command::Schemas(args) => args.run(),
        Command::Mapping(args) => args.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.message.is_empty() {
                anstream::eprintln!("error: {}", failure.message);
            }
            ExitCode::from(failure.code)
        }
    }
}
