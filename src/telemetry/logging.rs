//! Logs on standard error: text for people, JSON for machines. librdkafka's lines come through with target `librdkafka`.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;

use crate::config::{LogFormat, LoggingConfig};

/// Starts logging for the whole process. A second call changes nothing.
pub fn init(config: &LoggingConfig) {
    let filter = EnvFilter::try_new(&config.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = SubscriberBuilder::default().with_env_filter(filter).with_writer(std::io::stderr);
    // the only error is that a subscriber is already there
    let _ = match config.format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
