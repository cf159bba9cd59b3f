//! What can go wrong on the way to and from Kafka, and what follows from it.
//!
//! librdkafka's rule is total: retry when it says so, abort when it says so, and whatever is fatal or neither means
//! that the client must be made anew.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use thiserror::Error;

use crate::codec::EncodeError;
use crate::engine::MailboxError;
use crate::recovery::StateError;

/// What to do about a failed call of the transactional producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The same call again.
    Retry,
    /// The transaction is lost; the producer is not.
    Abort,
    /// The producer is lost.
    Fatal,
}

/// Sorts an error of a transactional call.
pub fn triage(error: &KafkaError) -> Verdict {
    match error {
        KafkaError::Transaction(inner) => {
            judge(inner.code(), inner.is_fatal(), inner.txn_requires_abort(), inner.is_retriable())
        }
        KafkaError::Flush(_) => Verdict::Retry,
        KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => Verdict::Retry,
        KafkaError::MessageProduction(code) if is_fatal_code(*code) => Verdict::Fatal,
        KafkaError::MessageProduction(_) => Verdict::Abort,
        _ => Verdict::Fatal,
    }
}

fn judge(code: RDKafkaErrorCode, fatal: bool, requires_abort: bool, retriable: bool) -> Verdict {
    if fatal {
        Verdict::Fatal
    } else if requires_abort {
        Verdict::Abort
    } else if retriable || code == RDKafkaErrorCode::OperationTimedOut {
        Verdict::Retry
    } else if is_membership(code) {
        // the group has moved on without us: the transaction is lost, membership heals by itself
        Verdict::Abort
    } else {
        Verdict::Fatal
    }
}

fn is_membership(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::UnknownMemberId | RDKafkaErrorCode::IllegalGeneration | RDKafkaErrorCode::RebalanceInProgress
    )
}

fn is_fatal_code(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::Fatal | RDKafkaErrorCode::Fenced | RDKafkaErrorCode::State)
}

/// Why a worker ends.
#[derive(Debug, Error)]
pub enum WorkerError {
    #[error("{what}: {source}")]
    Client { what: &'static str, source: KafkaError },
    #[error("a transaction ended without an answer ({source}): its outcome is read back from the topics")]
    OutcomeUnknown { source: KafkaError },
    #[error("{count} transactions in a row failed, the last one at {step}: {source}")]
    NeverCommits { count: u32, step: &'static str, source: KafkaError },

    #[error(
        "{topic}-{partition}: {source}; restore a readable state topic, or start with a new group and new internal topics"
    )]
    State { topic: String, partition: i32, source: StateError },
    #[error(
        "{topic}-{partition} at offset {offset}: {source}; restore a readable state topic, or start with a new group and \
         new internal topics"
    )]
    StateRecord { topic: String, partition: i32, offset: i64, source: StateError },
    #[error("{topic}-{partition} at offset {offset}: {source}; only this service may write to its mailbox")]
    Mailbox { topic: String, partition: i32, offset: i64, source: MailboxError },
    #[error(
        "{topic}-{partition}: committed offset {committed} is outside of the log, which holds {start} to {end}: events are \
         lost; set kafka.lost_offsets = \"earliest\" to go on from the start of the log"
    )]
    OffsetOffLog { topic: String, partition: i32, committed: i64, start: i64, end: i64 },
    #[error(
        "{topic}-{partition} has no committed offset, but the state of task {task} says that it was read before: the \
         group's offsets are lost; set them by hand, or set kafka.lost_offsets = \"earliest\" to read the topic again from \
         its start (events that are still remembered are recognised)"
    )]
    OffsetsLost { topic: String, partition: i32, task: u32 },
    #[error(
        "the state of task {task} was written with {found} partitions, the mailbox has {actual}: the number of tasks is fixed \
         at creation; go back to {found} partitions, or start with a new group and new internal topics"
    )]
    PartitionsChanged { task: u32, found: u32, actual: u32 },
    #[error("the state of task {task} has format {found}, this program reads up to {known}: run a newer release")]
    Format { task: u32, found: u32, known: u32 },
    #[error("{topic}-{partition} at offset {offset}: the record of task {task} cannot be read: {reason}")]
    TaskRecord { topic: String, partition: i32, offset: i64, task: u32, reason: String },
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

impl WorkerError {
    /// Making the clients anew would not help: a person has to decide.
    pub fn needs_a_person(&self) -> bool {
        !matches!(self, Self::Client { .. } | Self::OutcomeUnknown { .. } | Self::NeverCommits { .. })
    }

    pub(super) fn client(what: &'static str) -> impl FnOnce(KafkaError) -> Self {
        move |source| Self::Client { what, source }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::fatal_wins(RDKafkaErrorCode::Fenced, true, true, true, Verdict::Fatal)]
    #[case::abort_wins_over_retry(RDKafkaErrorCode::UnknownProducerId, false, true, true, Verdict::Abort)]
    #[case::retriable(RDKafkaErrorCode::CoordinatorLoadInProgress, false, false, true, Verdict::Retry)]
    #[case::timeout(RDKafkaErrorCode::OperationTimedOut, false, false, false, Verdict::Retry)]
    #[case::left_behind(RDKafkaErrorCode::UnknownMemberId, false, false, false, Verdict::Abort)]
    #[case::old_generation(RDKafkaErrorCode::IllegalGeneration, false, false, false, Verdict::Abort)]
    #[case::neither_is_fatal(RDKafkaErrorCode::InvalidArgument, false, false, false, Verdict::Fatal)]
    fn the_three_ways_are_total(
        #[case] code: RDKafkaErrorCode,
        #[case] fatal: bool,
        #[case] requires_abort: bool,
        #[case] retriable: bool,
        #[case] verdict: Verdict,
    ) {
        assert_eq!(judge(code, fatal, requires_abort, retriable), verdict);
    }

    #[test]
    fn a_full_queue_is_waited_for() {
        assert_eq!(triage(&KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)), Verdict::Retry);
        assert_eq!(triage(&KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge)), Verdict::Abort);
        assert_eq!(triage(&KafkaError::MessageProduction(RDKafkaErrorCode::Fenced)), Verdict::Fatal);
    }
}
