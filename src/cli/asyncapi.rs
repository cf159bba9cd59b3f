//! `schemas asyncapi`: the AsyncAPI document of the topics.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::codec::asyncapi::{Topics, asyncapi};
use crate::config::{Config, Content, DeadLetterConfig, OutputConfig};
use crate::events::{Contract, OutputContract};

/// Print the AsyncAPI 3.0 document of all topics that others write or read.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  service-recovery schemas asyncapi --config service-recovery.toml > asyncapi.json")]
pub struct AsyncApiArgs {
    /// The configuration file that names the topics. Default: the default names.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl AsyncApiArgs {
    pub fn run(self) -> Result<(), Failure> {
        let topics = match self.config {
            Some(path) => configured(&Config::load(&path).map_err(Failure::usage)?),
            None => defaults(),
        };
        let mut out = std::io::stdout().lock();
        // a reader that has seen enough closes the pipe
        match writeln!(out, "{:#}", asyncapi(&topics)) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn configured(config: &Config) -> Topics {
    // a mapped topic holds somebody else's records: its description is theirs
    let contracts = config.inputs.iter().filter_map(|input| match &input.content {
        Content::Contract(contract) => Some((input.topic.clone(), *contract)),
        Content::Mapped(_) => None,
    });
    Topics {
        inputs: contracts.collect(),
        outputs: outputs(&config.outputs),
        dead_letters: config.dead_letters.topic.clone(),
    }
}

fn defaults() -> Topics {
    Topics {
        inputs: Contract::ALL.iter().map(|contract| (contract.name().to_owned(), *contract)).collect(),
        outputs: outputs(&OutputConfig::default()),
        dead_letters: DeadLetterConfig::default().topic,
    }
}

fn outputs(config: &OutputConfig) -> Vec<(String, OutputContract)> {
    OutputContract::ALL.iter().map(|contract| (config.topic(*contract).to_owned(), *contract)).collect()
}
