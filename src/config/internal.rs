//! `[internal]`: the topics that only this service writes and reads.

use serde::Deserialize;

use super::Problems;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InternalConfig {
    /// Messages between entities.
    pub mailbox: String,
    /// What every entity remembers; compacted.
    pub state: String,
    /// Partitions of both, used by `topics create`. Fixed once created: it decides which task owns whom.
    pub partitions: u32,
    /// Of the topics that `topics create` creates. -1: the broker's default.
    pub replication_factor: i32,
}

impl Default for InternalConfig {
    fn default() -> Self {
        Self {
            mailbox: "service-recovery.mailbox".to_owned(),
            state: "service-recovery.state".to_owned(),
            partitions: 32,
            replication_factor: -1,
        }
    }
}

impl InternalConfig {
    pub(super) fn validate(&self, problems: &mut Problems) {
        problems.check_range("internal.partitions", self.partitions, 1..=4_096);
        if self.replication_factor != -1 {
            problems.check_range("internal.replication_factor", self.replication_factor, 1..=100);
        }
    }
}
