//! What the published schemas are called in a registry.

use serde::Deserialize;

/// How a schema's subject is named. The words are those of Confluent's serializers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectStrategy {
    /// By the topic: `orders-value`.
    #[default]
    TopicName,
    /// By the record: `service_recovery.OrderEvent`.
    RecordName,
    /// By both: `orders-service_recovery.OrderEvent`.
    TopicRecordName,
}

impl SubjectStrategy {
    /// The subject of values of `topic` that are records called `record` in full.
    pub fn subject(self, topic: &str, record: &str) -> String {
        match self {
            Self::TopicName => format!("{topic}-value"),
            Self::RecordName => record.to_owned(),
            Self::TopicRecordName => format!("{topic}-{record}"),
        }
    }

    /// As in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TopicName => "topic_name",
            Self::RecordName => "record_name",
            Self::TopicRecordName => "topic_record_name",
        }
    }
}
