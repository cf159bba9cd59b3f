//! `[logging]`: how much is said, and how.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::Problems;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoggingConfig {
    pub format: LogFormat,
    /// A level, or a filter as `info,librdkafka=debug`.
    pub level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

impl LoggingConfig {
    pub(super) fn validate(&self, problems: &mut Problems) {
        if let Err(error) = EnvFilter::try_new(&self.level) {
            problems.add("logging.level", format!("{:?} is no level or filter: {error}", self.level));
        }
    }
}
