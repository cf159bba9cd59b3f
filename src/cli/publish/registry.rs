//! The ids with which `publish --format avro_registry` frames what it writes.

use super::Target;
use crate::cli::Failure;
use crate::codec::registry::RegistryClient;
use crate::codec::{Codec, Format, published};

impl Target {
    /// A codec that knows the ids of all contracts whose published schema is registered for their topic.
    pub(super) fn codec(&self, format: Format) -> Result<Codec, Failure> {
        let mut codec = Codec::new(None)?;
        if format != Format::AvroRegistry {
            return Ok(codec);
        }
        let Some(settings) = self.registry.settings() else {
            return Err(Failure::usage("--format avro_registry needs --config with a registry.url"));
        };
        let client = RegistryClient::new(&settings).map_err(Failure::usage)?;
        for (topic, contract) in &self.contracts {
            let published = published(*contract);
            let subject = self.registry.subject_strategy.subject(topic, &published.full_name());
            let found = client.lookup(&subject, published.text).map_err(Failure::unavailable)?;
            if let Some(id) = found.and_then(|found| found.id) {
                codec.set_input_id(*contract, id);
            }
        }
        Ok(codec)
    }
}
