//! `[[inputs]]`: which topics are read, and what is in them: events of a contract, or records that a mapping turns into
//! such events.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::Problems;
use crate::codec::mapping::Mapping;
use crate::events::Contract;

/// As it stands in the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputSection {
    topic: String,
    contract: Option<Contract>,
    /// A mapping file; `contract` is then only a check.
    mapping: Option<PathBuf>,
    #[serde(default)]
    complete: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputConfig {
    pub topic: String,
    pub content: Content,
}

/// What the records of an input are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Contract(Contract),
    Mapped(Arc<Mapping>),
}

impl Content {
    /// The contracts of its events, each once.
    pub fn contracts(&self) -> Vec<Contract> {
        match self {
            Self::Contract(contract) => vec![*contract],
            Self::Mapped(mapping) => mapping.contracts(),
        }
    }

    /// Read whole by every instance, not by the group.
    pub fn is_catalogue(&self) -> bool {
        self.contracts().contains(&Contract::Catalogue)
    }

    /// Only the last record of a key counts.
    pub fn is_compacted(&self) -> bool {
        self.contracts().into_iter().all(Contract::is_compacted)
    }
}

impl InputConfig {
    /// Every contract in a topic of its own name, but for the catalogue: most have it in a file of the policy.
    pub(super) fn defaults() -> Vec<Self> {
        let contracts = Contract::ALL.into_iter().filter(|contract| *contract != Contract::Catalogue);
        let input =
            |contract: Contract| Self { topic: contract.name().to_owned(), content: Content::Contract(contract) };
        contracts.map(input).collect()
    }
}

/// Reads the mappings that the inputs name.
pub(super) fn resolve(sections: Vec<InputSection>, problems: &mut Problems) -> Vec<InputConfig> {
    let mut inputs = Vec::new();
    for (index, section) in sections.into_iter().enumerate() {
        let key = format!("inputs[{index}]");
        if section.complete {
            let message = "must be false: every order is registered at the order index, whether its events name their \
                           guest or not; leave it out";
            problems.add(&format!("{key}.complete"), message);
        }
        let content = match (section.mapping, section.contract) {
            (Some(path), contract) => mapped(&key, &path, contract, problems).map(Content::Mapped),
            (None, Some(contract)) => Some(Content::Contract(contract)),
            (None, None) => {
                problems.add(
                    &key,
                    "say what its records are: a `contract`, or the `mapping` file that turns them into one",
                );
                None
            }
        };
        if let Some(content) = content {
            inputs.push(InputConfig { topic: section.topic, content });
        }
    }
    inputs
}

fn mapped(key: &str, path: &Path, contract: Option<Contract>, problems: &mut Problems) -> Option<Arc<Mapping>> {
    let key = format!("{key}.mapping");
    let mapping = match Mapping::load(path) {
        Ok(mapping) => mapping,
        Err(errors) => {
            for problem in errors.problems {
                problems.add(&key, problem);
            }
            return None;
        }
    };
    let made = mapping.contracts();
    for other in made.iter().filter(|made| contract.is_some_and(|contract| contract != **made)) {
        problems
            .add(&key, format!("{mapping} makes {} too: leave the contract out, the mapping says it", other.name()));
    }
    if made.contains(&Contract::Catalogue) && made.len() > 1 {
        let message = format!(
            "{mapping} makes catalogue items and other events: every instance reads the whole catalogue, and one member \
             of the group each other record; keep them in topics of their own"
        );
        problems.add(&key, message);
    }
    Some(Arc::new(mapping))
}

pub(super) fn validate(inputs: &[InputConfig], problems: &mut Problems) {
    let mut catalogues = inputs.iter().enumerate().filter(|(_, input)| input.content.is_catalogue());
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
