//! `policy`: what a service manager does with a policy before it is used.

mod check;
mod diff;
mod test;

use clap::{Args, Subcommand};

use super::Failure;

#[derive(Debug, Args)]
pub struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    Check(check::Check),
    Test(test::Test),
    Diff(diff::Diff),
}

impl PolicyArgs {
    /// # Errors
    /// What is wrong with the policy, or with what it decides.
    pub fn run(self) -> Result<(), Failure> {
        match self.command {
            PolicyCommand::Check(check) => check.run(),
            PolicyCommand::Test(test) => test.run(),
            PolicyCommand::Diff(diff) => diff.run(),
        }
    }
}
