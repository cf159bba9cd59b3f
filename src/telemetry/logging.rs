//! Logs on standard error: text for people, JSON for machines. librdkafka's lines come through with target `librdkafka`.
//! Nothing of a customer is in them, whatever the level.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::{MakeWriter, SubscriberBuilder};

use crate::config::{LogFormat, LoggingConfig};

/// Starts logging for the whole process. A second call changes nothing.
pub fn init(config: &LoggingConfig) {
    init_to(config, std::io::stderr, std::io::stderr().is_terminal());
}

/// The same to somewhere else.
pub fn init_to<W>(config: &LoggingConfig, writer: W, ansi: bool)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = SubscriberBuilder::default().with_env_filter(filter(&config.level)).with_writer(writer);
    // the only error is that a subscriber is already there
    let _ = match config.format {
        LogFormat::Text => builder.with_ansi(ansi).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}

/// What is logged. Never what the Avro library says of its own accord: it quotes the values that it could not use.
fn filter(level: &str) -> EnvFilter {
    let quotes_values = "apache_avro=off".parse().expect("invariant: a directive");
    EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info")).add_directive(quotes_values)
}
