//! `schemas`: what the contracts look like.

use clap::{Args, Subcommand};

use super::Failure;
use super::asyncapi::AsyncApiArgs;

#[derive(Debug, Args)]
pub struct SchemasArgs {
    #[command(subcommand)]
    command: SchemasCommand,
}

#[derive(Debug, Subcommand)]
enum SchemasCommand {
    Asyncapi(AsyncApiArgs),
}

impl SchemasArgs {
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            SchemasCommand::Asyncapi(args) => args.run(),
        }
    }
}
