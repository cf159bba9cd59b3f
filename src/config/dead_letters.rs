//! `[dead_letters]`: where unreadable records go, and how many are too many.

use serde::Deserialize;

use super::Problems;

/// Above either limit the partition stops: then not the records are wrong, but something around them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeadLetterConfig {
    pub topic: String,
    /// Share of a partition's recent records (0.0-1.0), judged from the hundredth on.
    pub max_ratio: f64,
    /// Records of a partition in a row.
    pub max_consecutive: u32,
}

impl Default for DeadLetterConfig {
    fn default() -> Self {
        Self { topic: "recovery-dead-letters".to_owned(), max_ratio: 0.5, max_consecutive: 100 }
    }
}

impl DeadLetterConfig {
    pub(super) fn validate(&self, problems: &mut Problems) {
        problems.check_range("dead_letters.max_ratio", self.max_ratio, 0.0..=1.0);
        problems.check_range("dead_letters.max_consecutive", self.max_consecutive, 1..=1_000_000);
    }
}
