//! How each kind of client is set up: our defaults, then what the deployer passes through, then what the service owns.
//!
//! Where a default differs from librdkafka's, the reason stands beside it; all were measured against a real broker.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::producer::{DeliveryResult, ProducerContext};
use tracing::{debug, error, info, warn};

use crate::config::KafkaConfig;

/// Larger than any record we write: state of a big entity, a dead letter.
const MAX_MESSAGE_BYTES: &str = "16777216";

/// Longer than anything that a worker does between two polls while all is well.
const MAX_POLL_INTERVAL_MS: u32 = 60_000;

/// Makes the settings of clients.
#[derive(Debug, Clone)]
pub struct Clients {
    config: KafkaConfig,
    /// Distinguishes the transactional ids of unnamed instances.
    process: String,
}

impl Clients {
    /// `process` is different in every process that runs at the same time.
    pub fn new(config: KafkaConfig, process: String) -> Self {
        Self { config, process }
    }

    /// A member of the group: one per worker.
    pub fn member(&self, worker: usize) -> ClientConfig {
        let mut settings = self.consumer(&format!("worker-{worker}"));
        let session = self.config.session_timeout_ms();
        // a member that does not answer a rebalance holds up the whole group for this long
        let poll_interval = session.max(MAX_POLL_INTERVAL_MS).to_string();
        let heartbeat = (session / 4).min(3_000).to_string();
        let defaults = [("max.poll.interval.ms", poll_interval.as_str()), ("heartbeat.interval.ms", &heartbeat)];
        self.apply(&mut settings, &defaults);
        settings
            .set("isolation.level", "read_committed")
            .set("partition.assignment.strategy", "range")
            .set("session.timeout.ms", session.to_string());
        if let Some(instance) = &self.config.instance {
            settings.set("group.instance.id", format!("{instance}-{worker}"));
        }
        settings
    }

    /// Reads the state topic, and never joins the group.
    pub fn restorer(&self, worker: usize) -> ClientConfig {
        let mut settings = self.consumer(&format!("restore-{worker}"));
        settings
            .set("isolation.level", "read_committed")
            .set("queued.max.messages.kbytes", "65536")
            .set("queued.min.messages", "100000");
        settings
    }

    /// Reads the catalogue, and knows how much of it that cannot be read is reported; never joins its group.
    pub fn catalogue(&self) -> ClientConfig {
        let mut settings = self.consumer("catalogue");
        settings
            .set("group.id", self.catalogue_name())
            .set("isolation.level", "read_committed")
            .set("enable.partition.eof", "true");
        settings
    }

    /// Writes dead letters of the catalogue. All instances share its id: only one of them reports at a time.
    pub fn catalogue_reporter(&self) -> ClientConfig {
        let mut settings = self.transactional_producer("catalogue");
        settings.set("transactional.id", self.catalogue_name());
        settings
    }

    fn catalogue_name(&self) -> String {
        format!("{}-catalogue", self.config.group)
    }

    /// Asks for ends of logs and offsets of the group as they are, pending transactions or not; never joins.
    pub fn observer(&self) -> ClientConfig {
        let mut settings = self.consumer("observer");
        settings.set("isolation.level", "read_uncommitted");
        settings
    }

    pub fn admin(&self) -> ClientConfig {
        self.base("admin")
    }

    /// The transactional producer of a worker.
    pub fn producer(&self, worker: usize) -> ClientConfig {
        let mut settings = self.transactional_producer(&format!("worker-{worker}"));
        settings.set("transactional.id", self.transactional_id(worker));
        settings
    }

    fn transactional_producer(&self, role: &str) -> ClientConfig {
        let mut settings = self.base(role);
        let defaults = [
            // a commit waits for the last batch: linger is latency, but none at all makes many small batches
            ("linger.ms", "2"),
            ("compression.type", "lz4"),
            ("queue.buffering.max.messages", "1000000"),
            ("message.max.bytes", MAX_MESSAGE_BYTES),
            // librdkafka waits for a lost group coordinator until any connection changes its state, which may be never:
            // then send_offsets_to_transaction hangs for good, whatever its timeout; idle connections end that wait
            ("connections.max.idle.ms", "10000"),
        ];
        self.apply(&mut settings, &defaults);
        settings
            .set("transaction.timeout.ms", self.config.transaction_timeout_ms.to_string())
            .set("partitioner", "murmur2_random")
            // an error makes the commit fail anyway; no event per record
            .set("delivery.report.only.error", "true");
        settings
    }

    /// Writes what came by HTTP; each record is given up, and said to be, after `timeout`.
    pub fn intake(&self, timeout: Duration) -> ClientConfig {
        let mut settings = self.base("intake");
        let defaults = [("linger.ms", "2"), ("compression.type", "lz4"), ("message.max.bytes", MAX_MESSAGE_BYTES)];
        self.apply(&mut settings, &defaults);
        // another name of the one below
        settings.remove("delivery.timeout.ms");
        settings
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("message.timeout.ms", timeout.as_millis().to_string())
            .set("partitioner", "murmur2_random");
        settings
    }

    /// Stable for a named instance: its restart ends its own dangling transaction at once.
    fn transactional_id(&self, worker: usize) -> String {
        let name = self.config.instance.as_deref().unwrap_or(&self.process);
        format!("{}-{name}-{worker}", self.config.group)
    }

    fn consumer(&self, role: &str) -> ClientConfig {
        let mut settings = self.base(role);
        let defaults = [
            ("queued.max.messages.kbytes", "16384"),
            ("queued.min.messages", "20000"),
            // the default of a second stalls whoever catches up
            ("fetch.queue.backoff.ms", "10"),
        ];
        self.apply(&mut settings, &defaults);
        settings
            .set("group.id", &self.config.group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // starting points are always explicit, so what has no offset is an error
            .set("auto.offset.reset", "error");
        settings
    }

    fn base(&self, role: &str) -> ClientConfig {
        let mut settings = ClientConfig::new();
        settings.set("client.id", format!("{}-{role}", self.config.group));
        let defaults = [
            // back-to-back transactions are told to wait: the default of 100 ms each costs ten times the throughput
            ("retry.backoff.ms", "5"),
            ("retry.backoff.max.ms", "1000"),
            ("reconnect.backoff.max.ms", "1000"),
            // new partitions of an input hold the safe time until they are assigned
            ("topic.metadata.refresh.interval.ms", "10000"),
            ("log.connection.close", "false"),
        ];
        self.apply(&mut settings, &defaults);
        settings.set("bootstrap.servers", self.config.brokers());
        settings
    }

    /// Sets defaults, and then again whatever the deployer passes through.
    fn apply(&self, settings: &mut ClientConfig, defaults: &[(&str, &str)]) {
        for (property, value) in defaults {
            settings.set(*property, *value);
        }
        for (property, value) in &self.config.properties {
            settings.set(property, value);
        }
    }
}

/// Sends librdkafka's log lines and errors to our log.
#[derive(Debug, Clone, Copy, Default)]
pub struct Logged;

impl ClientContext for Logged {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        log_error(&error, reason);
    }
}
impl ConsumerContext for Logged {}
impl ProducerContext for Logged {
    type DeliveryOpaque = ();
    fn delivery(&self, _result: &DeliveryResult<'_>, (): ()) {}
}

pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    // every client gets every property, and says of those of the other kind that it ignores them
    if facility == "CONFWARN" {
        return;
    }
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            error!(target: "librdkafka", facility, "{message}");
        }
        RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => warn!(target: "librdkafka", facility, "{message}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => info!(target: "librdkafka", facility, "{message}"),
        RDKafkaLogLevel::Debug => debug!(target: "librdkafka", facility, "{message}"),
    }
}

/// What matters comes back from the call that failed; this is only news, as "all brokers are down".
pub(super) fn log_error(error: &KafkaError, reason: &str) {
    debug!(target: "librdkafka", %error, "{reason}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(instance: Option<&str>) -> Clients {
        let mut config = KafkaConfig { bootstrap_servers: "b:1".into(), ..KafkaConfig::default() };
        config.instance = instance.map(str::to_owned);
        config.properties.insert("linger.ms".into(), "7".into());
        config.properties.insert("security.protocol".into(), "ssl".into());
        Clients::new(config, "host-1".into())
    }

    #[test]
    fn what_is_passed_through_wins_over_our_defaults() {
        let producer = clients(None).producer(1);
        assert_eq!(producer.get("linger.ms"), Some("7"));
        assert_eq!(producer.get("security.protocol"), Some("ssl"));
        assert_eq!(producer.get("transactional.id"), Some("service-recovery-host-1-1"));
    }

    #[test]
    fn a_name_makes_membership_and_transactions_stable() {
        let named = clients(Some("a"));
        assert_eq!(named.member(2).get("group.instance.id"), Some("a-2"));
        assert_eq!(named.producer(2).get("transactional.id"), Some("service-recovery-a-2"));
        assert_eq!(clients(None).member(2).get("group.instance.id"), None);
    }

    #[test]
    fn the_catalogue_keeps_its_books_apart_and_all_instances_together() {
        assert_eq!(clients(None).catalogue().get("group.id"), Some("service-recovery-catalogue"));
        let ids = [clients(Some("a")), clients(Some("b"))]
            .map(|c| c.catalogue_reporter().get("transactional.id").map(str::to_owned));
        assert_eq!(ids, [Some("service-recovery-catalogue".to_owned()), Some("service-recovery-catalogue".to_owned())]);
    }

    #[test]
    fn only_members_join_the_group() {
        for settings in [clients(Some("a")).restorer(0), clients(Some("a")).observer(), clients(Some("a")).catalogue()]
        {
            assert_eq!(settings.get("group.instance.id"), None);
        }
    }
}
