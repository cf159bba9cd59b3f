//! `[outputs]`: where results go, and in which format.

use serde::{Deserialize, Deserializer};

use crate::codec::Format;
use crate::events::OutputContract;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutputConfig {
    pub actions: String,
    pub follow_ups: String,
    pub incidents: String,
    pub insights: String,
    /// `json`, `avro` in single-object encoding, or `avro_registry` framed for a schema registry.
    #[serde(deserialize_with = "format")]
    pub format: Format,
}

impl Default for OutputConfig {
    fn default() -> Self {
        Self {
            actions: OutputContract::Actions.name().to_owned(),
            follow_ups: OutputContract::FollowUps.name().to_owned(),
            incidents: OutputContract::Incidents.name().to_owned(),
            insights: OutputContract::Insights.name().to_owned(),
            format: Format::Json,
        }
    }
}

impl OutputConfig {
    pub fn topic(&self, contract: OutputContract) -> &str {
        match contract {
            OutputContract::Actions => &self.actions,
            OutputContract::FollowUps => &self.follow_ups,
            OutputContract::Incidents => &self.incidents,
            OutputContract::Insights => &self.insights,
        }
    }
}

fn format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Format, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}
