//! Scenarios: small stories beside a policy, and what should be decided in each. `policy test` plays them.
//!
//! One TOML file a story, read with places for every mistake. The format is described in docs/scenarios.md.

mod answers;
mod card;
mod compare;
mod events;
mod expected;
mod fields;
mod files;
mod moment;
mod presets;
mod read;
mod story;
mod told;
mod value;

#[cfg(test)]
mod tests;

pub use compare::{Difference, Failure};
pub use expected::Place;
pub use fields::Sort;
pub use files::{ScenarioFiles, beside};
pub use presets::of_preset;
pub use read::ScenarioFile;
pub use story::{Finding, Scenario};

use crate::codec::Codec;
use crate::document::{DocumentErrors, Report};
use crate::policy::Policy;

/// Reads all scenarios of a policy, in the order of their names.
///
/// # Errors
/// Everything that is wrong with any of them, each with its place.
pub fn read_all(files: &ScenarioFiles, policy: &Policy, codec: &Codec) -> Result<Vec<Scenario>, DocumentErrors> {
    let report = Report::default();
    let reader = read::Reader { policy, codec, recordings: &files.recordings };
    let scenarios = files.scenarios.iter().map(|file| reader.read(file, &report)).collect();
    report.finish()?;
    Ok(scenarios)
}
