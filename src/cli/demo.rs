//! `demo`: a day at a hotel, without a broker.

use clap::Args;

use super::Failure;
use crate::demo;

/// Plays a day at a hotel: a small failure at noon, then a busy evening. Needs no broker and no files.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  service-recovery demo")]
pub struct DemoArgs {}

impl DemoArgs {
    pub fn run(self) -> Result<(), Failure> {
        anstream::print!("{}", demo::play()?);
        Ok(())
    }
}
