//! A worker's place in the group: its consumer, and the rebalances that it still has to answer.
//!
//! The callback only notes what is asked; the worker answers from its loop, after it has committed. Once closing, the
//! callback answers at once, or the consumer could never be dropped.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;

use super::client;
use super::service::Service;

/// What the group coordinator wants.
#[derive(Debug)]
pub enum Rebalance {
    /// These partitions are ours, once we say so.
    Assign(TopicPartitionList),
    /// All partitions are taken away, once we let go.
    Revoke,
}

#[derive(Debug, Default)]
pub struct MemberContext {
    asked: Mutex<VecDeque<Rebalance>>,
    closing: AtomicBool,
}

impl ClientContext for MemberContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        client::log_error(&error, reason);
    }
}

impl ConsumerContext for MemberContext {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, list: &mut TopicPartitionList) {
        if self.closing.load(Ordering::Acquire) {
            // the consumer is being dropped: there is nobody left to tell
            let _ = consumer.unassign();
            return;
        }
        let asked = match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Rebalance::Assign(list.clone()),
            _ => Rebalance::Revoke,
        };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push_back(asked);
    }
}

/// Joins the group when made, leaves it when dropped; a named member may come back within its session.
pub struct Member {
    /// Shared only for the length of a call, so that a record may be held while the worker changes.
    consumer: Arc<BaseConsumer<MemberContext>>,
}

impl Member {
    pub fn join(service: &Service, worker: usize) -> KafkaResult<Self> {
        let consumer: BaseConsumer<MemberContext> =
            service.clients.member(worker).create_with_context(MemberContext::default())?;
        consumer.subscribe(&service.topology.subscription())?;
        Ok(Self { consumer: Arc::new(consumer) })
    }

    pub fn consumer(&self) -> Arc<BaseConsumer<MemberContext>> {
        Arc::clone(&self.consumer)
    }

    pub fn next_rebalance(&self) -> Option<Rebalance> {
        self.consumer.context().asked.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    pub fn has_rebalance(&self) -> bool {
        !self.consumer.context().asked.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.consumer.context().closing.store(true, Ordering::Release);
        // whatever was asked and not answered yet would keep the consumer from closing
        if self.has_rebalance() {
            let _ = self.consumer.unassign();
        }
    }
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member").finish_non_exhaustive()
    }
}
