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
    let mut catalogues = inputs.iter().enumerate().filter(|(_, input)| input.contract == Contract::Catalogue);
    if catalogues.next().is_some() && inputs.len() == 1 {
        problems.add("inputs", "there is only a catalogue: name at least the topic of the orders");
    }
    for (index, input) in catalogues {
        let message =
            format!("a second catalogue, {:?}: there is at most one, so that each item has one last word", input.topic);
        problems.add(&format!("inputs[{index}].contract"), message);
    }
    if inputs.is_empty() {
        problems.add("inputs", "there is none: name at least the topic of the orders");
    }
}
