//! The configuration as it is in effect, for the log. Values of secret properties are hidden.

use std::fmt;

use super::{Config, Content, properties};

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kafka,
            inputs,
            outputs,
            internal,
            dead_letters,
            worker,
            http,
            policy,
            privacy,
            schemas,
            registry,
            logging,
        } = self;
        write!(f, "kafka.bootstrap_servers={} kafka.group={}", kafka.brokers(), kafka.group)?;
        write!(f, " kafka.instance={}", kafka.instance.as_deref().unwrap_or("(dynamic)"))?;
        write!(f, " kafka.session_timeout_ms={}", kafka.session_timeout_ms())?;
        write!(f, " kafka.transaction_timeout_ms={}", kafka.transaction_timeout_ms)?;
        write!(f, " kafka.lost_offsets={:?}", kafka.lost_offsets)?;
        for (property, value) in kafka.properties.iter().filter(|(key, _)| *key != "bootstrap.servers") {
            let shown = if properties::is_secret(property) { "(hidden)" } else { value };
            write!(f, " kafka.properties.{property}={shown}")?;
        }
        for input in inputs {
            let what = match &input.content {
                Content::Contract(contract) => contract.name(),
                Content::Mapped(mapping) => mapping.name(),
            };
            write!(f, " input={}:{what}", input.topic)?;
        }
        write!(f, " outputs.actions={} outputs.follow_ups={}", outputs.actions, outputs.follow_ups)?;
        write!(f, " outputs.incidents={} outputs.format={}", outputs.incidents, outputs.format)?;
        write!(f, " internal.mailbox={} internal.state={}", internal.mailbox, internal.state)?;
        write!(f, " dead_letters.topic={} dead_letters.max_ratio={}", dead_letters.topic, dead_letters.max_ratio)?;
        write!(f, " dead_letters.max_consecutive={}", dead_letters.max_consecutive)?;
        write!(f, " worker.threads={} worker.commit_interval_ms={}", worker.threads, worker.commit_interval_ms)?;
        write!(f, " worker.idle_ms={} worker.max_events={}", worker.idle_ms, worker.max_events)?;
        write!(f, " worker.max_bytes={} worker.shutdown_ms={}", worker.max_bytes, worker.shutdown_ms)?;
        write!(f, " {http} policy.path={} {privacy}", policy.path)?;
        if let Some(dir) = &schemas.dir {
            write!(f, " schemas.dir={}", dir.display())?;
        }
        write!(f, " {registry} logging.level={}", logging.level)
    }
}
