//! `[[inputs]]`: which topics are read, and which contract each holds.

use serde::Deserialize;

use super::Problems;
use crate::events::Contract;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputConfig {
    pub topic: String,
    pub contract: Contract,
}

impl InputConfig {
    /// Every contract in a topic of its own name, but for the catalogue: most have it in a file of the policy.
    pub(super) fn defaults() -> Vec<Self> {
        let contracts = Contract::ALL.into_iter().filter(|contract| *contract != Contract::Catalogue);
        contracts.map(|contract| Self { topic: contract.name().to_owned(), contract }).collect()
    }
}

pub(super) fn validate(inputs: &[InputConfig], problems: &mut Problems) {
    if inputs.is_empty() {
        problems.add("inputs", "there is none: name at least the topic of the orders");
    }
}
