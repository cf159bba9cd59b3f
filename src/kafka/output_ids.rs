//! The ids under which the registry knows the schemas of our outputs, found before anything is read.
//!
//! A registry that is away is waited for, loudly. One that lacks a schema is a reason not to start, unless the
//! configuration lets the service register it.

use tracing::{info, warn};

use super::schema_keeper::backoff;
use super::start::StartError;
use crate::codec::registry::{RegistryClient, RegistryError};
use crate::codec::{Codec, Format, Published, published_output};
use crate::config::Config;
use crate::events::OutputContract;
use crate::telemetry::Health;

/// Looks up the ids that the codec writes with, if the format of the outputs asks for them.
pub fn find(config: &Config, codec: &mut Codec, health: &Health) -> Result<(), StartError> {
    if config.outputs.format != Format::AvroRegistry {
        return Ok(());
    }
    let mut missing = Vec::new();
    for contract in OutputContract::ALL {
        let Some(registry) = codec.registry() else { return Ok(()) };
        let published = published_output(contract);
        let subject = config.registry.subject_strategy.subject(config.outputs.topic(contract), &published.full_name());
        match patiently(health, || id_of(config, registry.client(), &subject, &published))? {
            Some(id) => {
                info!(subject, id, "outputs are written with this schema of the registry");
                codec.set_output_id(contract, id);
            }
            None => missing.push(format!("{} is not registered under {subject}", published.record)),
        }
    }
    health.set_registry(None);
    if missing.is_empty() { Ok(()) } else { Err(StartError::Schemas(missing)) }
}

fn id_of(
    config: &Config,
    client: &RegistryClient,
    subject: &str,
    published: &Published,
) -> Result<Option<u32>, RegistryError> {
    if let Some(found) = client.lookup(subject, published.text)?.and_then(|found| found.id) {
        return Ok(Some(found));
    }
    if config.registry.auto_register { client.register(subject, published.text).map(Some) } else { Ok(None) }
}

/// Asks until there is an answer that will not change by itself.
fn patiently<T>(health: &Health, ask: impl Fn() -> Result<T, RegistryError>) -> Result<T, StartError> {
    let mut pauses = backoff();
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(error) if error.is_final() => return Err(StartError::Registry(error)),
            Err(error) => {
                warn!(%error, "the start waits for the schema registry; asking again until it answers");
                health.set_registry(Some(format!("the start waits for it: {error}")));
                // nothing runs yet, and a signal ends the process from outside
                std::thread::sleep(pauses.next().unwrap_or_default());
            }
        }
    }
}
