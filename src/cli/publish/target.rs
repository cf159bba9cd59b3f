//! Where `publish` sends events: which Kafka, and what the topics of the contracts are called there.

use std::collections::{BTreeMap, BTreeSet};

use super::{Failure, Publish};
use crate::config::{Config, Content, RegistryConfig};
use crate::events::Contract;

/// Which Kafka, and what its topics are called.
#[derive(Debug, Default)]
pub(super) struct Target {
    pub servers: String,
    pub properties: BTreeMap<String, String>,
    /// What the topics of the service hold, where they are not named like their contract.
    pub contracts: BTreeMap<String, Contract>,
    pub registry: RegistryConfig,
    /// The topics whose records a mapping reads.
    pub raw: BTreeSet<String>,
}

impl Target {
    pub fn of(options: &Publish) -> Result<Self, Failure> {
        let mut target = Self::default();
        if let Some(path) = &options.config {
            let config = Config::load(path).map_err(Failure::usage)?;
            target.servers = config.kafka.brokers().to_owned();
            for input in config.inputs {
                match input.content {
                    Content::Contract(contract) => {
                        target.contracts.insert(input.topic, contract);
                    }
                    Content::Mapped(_) => {
                        target.raw.insert(input.topic);
                    }
                }
            }
            target.properties = config.kafka.properties;
            target.registry = config.registry;
        }
        if let Some(servers) = &options.bootstrap_servers {
            target.servers = servers.clone();
        } else if target.servers.is_empty() {
            target.servers = std::env::var("KAFKA_BOOTSTRAP_SERVERS").unwrap_or_default();
        }
        if target.servers.is_empty() {
            let message = "no Kafka given; use --bootstrap-servers, --config or set KAFKA_BOOTSTRAP_SERVERS";
            return Err(Failure::usage(message));
        }
        Ok(target)
    }

    /// The topic that a recorded event goes to: its own, or the configured one of the contract that it is named after.
    pub fn topic<'a>(&'a self, recorded: &'a str) -> &'a str {
        if self.contracts.contains_key(recorded) {
            return recorded;
        }
        let contract = Contract::from_name(recorded);
        let configured = self.contracts.iter().find(|(_, held)| Some(**held) == contract);
        configured.map_or(recorded, |(topic, _)| topic)
    }
}
