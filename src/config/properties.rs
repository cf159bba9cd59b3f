//! librdkafka properties that pass through, and those that the service must own.

use std::collections::BTreeMap;

use config::{Value, ValueKind};
use serde::{Deserialize, Deserializer};

use super::Problems;

/// Property and why it may not be set by hand.
const OWNED: [(&str, &str); 18] = [
    ("enable.auto.commit", "offsets are committed in the transactions of the results"),
    ("enable.auto.offset.store", "offsets are committed in the transactions of the results"),
    ("auto.commit.interval.ms", "offsets are committed in the transactions of the results"),
    ("isolation.level", "only committed records are handled; safe time needs both views"),
    ("auto.offset.reset", "starting points are chosen explicitly: use kafka.lost_offsets"),
    ("transactional.id", "each worker has its own, made of kafka.group and kafka.instance"),
    ("enable.idempotence", "transactions need it"),
    ("acks", "transactions need all"),
    ("group.id", "use kafka.group"),
    ("group.instance.id", "each worker has its own: use kafka.instance"),
    ("session.timeout.ms", "use kafka.session_timeout_ms"),
    ("transaction.timeout.ms", "use kafka.transaction_timeout_ms"),
    ("group.protocol", "only the classic protocol restarts a named instance within its session"),
    ("group.remote.assignor", "only the classic protocol is used"),
    ("partition.assignment.strategy", "only range keeps equal partition numbers of all topics together"),
    ("partitioner", "outputs are spread as Java producers do: murmur2_random"),
    ("delivery.report.only.error", "a failed delivery fails its transaction"),
    ("enable.partition.eof", "ends are found by offset"),
];

/// Reads a table of properties: `"socket.timeout.ms" = 6000`, also without quotes (nested tables), and from the
/// environment, where `_` stands for `.`, as no librdkafka property has an underscore.
pub(super) fn flat<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let mut flat = BTreeMap::new();
    for (key, value) in BTreeMap::<String, Value>::deserialize(deserializer)? {
        flatten(key.replace('_', "."), value, &mut flat).map_err(serde::de::Error::custom)?;
    }
    Ok(flat)
}

fn flatten(key: String, value: Value, flat: &mut BTreeMap<String, String>) -> Result<(), String> {
    match value.kind {
        ValueKind::Table(table) => {
            for (part, value) in table {
                flatten(format!("{key}.{}", part.replace('_', ".")), value, flat)?;
            }
        }
        ValueKind::Array(_) | ValueKind::Nil => return Err(format!("{key} needs a text, a number or true/false")),
        _ => {
            let text = value.into_string().map_err(|e| e.to_string())?;
            flat.insert(key, text);
        }
    }
    Ok(())
}

pub(super) fn validate(properties: &BTreeMap<String, String>, problems: &mut Problems) {
    for (property, reason) in OWNED {
        if properties.contains_key(property) {
            problems.add(&format!("kafka.properties.{property}"), format!("is owned by the service: {reason}"));
        }
    }
    // librdkafka itself knows its properties and their ranges best
    for (property, value) in properties.iter().filter(|(key, _)| OWNED.iter().all(|(owned, _)| owned != key)) {
        let mut probe = rdkafka::ClientConfig::new();
        probe.set(property, value);
        if let Err(error) = probe.create_native_config() {
            let reason = match error {
                rdkafka::error::KafkaError::ClientConfig(_, reason, ..) => reason,
                other => other.to_string(),
            };
            problems.add(&format!("kafka.properties.{property}"), reason);
        }
    }
}

/// A property whose value must not be printed.
pub(super) fn is_secret(property: &str) -> bool {
    ["password", "secret", "token", "credential", "jaas", "key.pem", "oauthbearer.config", "username"]
        .iter()
        .any(|word| property.contains(word))
}
