//! `[kafka]`: the cluster and our place in it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Problems, properties};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaConfig {
    /// Brokers to ask first, as `host:9092,host2:9092`. May also stand in `properties`.
    pub bootstrap_servers: String,
    /// The consumer group; also the prefix of transactional ids.
    pub group: String,
    /// A name of this instance that no other has and that it keeps over restarts: it comes back within the session
    /// without a rebalance. Without it, membership is dynamic.
    pub instance: Option<String>,
    /// How long a member may be silent before its partitions are given to others. Default: 10 s, with `instance` 45 s.
    pub session_timeout_ms: Option<u32>,
    /// How long a transaction of a dead process may hold up its readers.
    pub transaction_timeout_ms: u32,
    /// What to do where committed offsets have fallen off the log, or are gone although there is state.
    pub lost_offsets: LostOffsets,
    /// Any librdkafka property, given to every client.
    #[serde(deserialize_with = "properties::flat")]
    pub properties: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LostOffsets {
    /// Stop and say so: a person decides.
    Fail,
    /// Go on from the start of the log.
    Earliest,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self {
            bootstrap_servers: String::new(),
            group: "service-recovery".to_owned(),
            instance: None,
            session_timeout_ms: None,
            transaction_timeout_ms: 10_000,
            lost_offsets: LostOffsets::Fail,
            properties: BTreeMap::new(),
        }
    }
}

impl KafkaConfig {
    /// Where to find the cluster.
    pub fn brokers(&self) -> &str {
        let passed_through = || self.properties.get("bootstrap.servers").map_or("", String::as_str);
        if self.bootstrap_servers.is_empty() { passed_through() } else { &self.bootstrap_servers }
    }

    pub fn session_timeout_ms(&self) -> u32 {
        self.session_timeout_ms.unwrap_or(if self.instance.is_some() { 45_000 } else { 10_000 })
    }

    pub(super) fn validate(&self, problems: &mut Problems) {
        if self.brokers().is_empty() {
            problems.add("kafka.bootstrap_servers", "is missing: name at least one broker, as \"localhost:9092\"");
        }
        if !self.bootstrap_servers.is_empty() && self.properties.contains_key("bootstrap.servers") {
            problems.add("kafka.properties.bootstrap.servers", "is given by kafka.bootstrap_servers already");
        }
        if self.group.is_empty() {
            problems.add("kafka.group", "must not be empty");
        }
        if self.instance.as_deref() == Some("") {
            problems.add("kafka.instance", "must not be empty: leave it out for dynamic membership");
        }
        if let Some(timeout) = self.session_timeout_ms {
            problems.check_range("kafka.session_timeout_ms", timeout, 1_000..=1_800_000);
        }
        problems.check_range("kafka.transaction_timeout_ms", self.transaction_timeout_ms, 1_000..=900_000);
        properties::validate(&self.properties, problems);
    }
}
