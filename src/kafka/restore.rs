//! Fills tasks from the state topic, in slices, while other tasks go on.
//!
//! The end is the read-*un*committed one, asked for after the mailbox's offset was stable: every transaction that
//! wrote the task is decided by then, and reading committed up to there waits for its markers. A position, unlike "the
//! last record + 1", passes markers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::Offset;
use tracing::debug;

use super::client::Logged;
use super::errors::WorkerError;
use super::service::Service;
use super::tasks::TaskRecord;
use super::topology::{Offsets, Partition, STATE};
use crate::engine::Task;
use crate::recovery::{EntityKey, StateError};

/// A task on its way into memory.
#[derive(Debug)]
pub struct Restoring {
    pub task: Task,
    pub record: Option<TaskRecord>,
    next: i64,
    end: i64,
}

/// Reads the state of all tasks that a worker has to restore.
pub struct Restorer {
    service: Arc<Service>,
    worker: usize,
    consumer: Option<BaseConsumer<Logged>>,
    jobs: BTreeMap<u32, Restoring>,
}

impl Restorer {
    pub fn new(service: Arc<Service>, worker: usize) -> Self {
        Self { service, worker, consumer: None, jobs: BTreeMap::new() }
    }

    pub fn tasks(&self) -> Vec<u32> {
        self.jobs.keys().copied().collect()
    }

    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Offsets still to be read.
    pub fn remaining(&self) -> i64 {
        self.jobs.values().map(|job| (job.end - job.next).max(0)).sum()
    }

    /// Gives up what is under way: the partitions are no longer ours.
    pub fn clear(&mut self) {
        self.jobs.clear();
        self.consumer = None;
    }

    /// Begins to restore tasks from `starts` to `ends` of their state partitions.
    pub fn begin(&mut self, starts: &Offsets, ends: &Offsets) -> Result<(), WorkerError> {
        self.clear();
        let partitions = self.service.topology.tasks();
        let mut from = Offsets::new();
        for (partition, end) in ends {
            let task = partition.number as u32;
            let next = starts.get(partition).copied().unwrap_or(0);
            if next < *end {
                from.insert(*partition, next);
            }
            self.jobs.insert(task, Restoring { task: Task::new(task, partitions), record: None, next, end: *end });
        }
        if from.is_empty() {
            return Ok(());
        }
        let failed = WorkerError::client;
        let consumer: BaseConsumer<Logged> = self
            .service
            .clients
            .restorer(self.worker)
            .create_with_context(Logged)
            .map_err(failed("cannot make a consumer for the state topic"))?;
        let list = self.service.topology.list_offsets(&from).map_err(failed("cannot read the state topic"))?;
        consumer.assign(&list).map_err(failed("cannot read the state topic"))?;
        self.consumer = Some(consumer);
        Ok(())
    }

    /// Reads for at most `budget`, or until nothing more is there for the moment. Returns whether anything was read.
    pub fn slice(&mut self, budget: Duration) -> Result<bool, WorkerError> {
        let Some(consumer) = self.consumer.take() else { return Ok(false) };
        let began = Instant::now();
        let mut records: u64 = 0;
        let result = loop {
            match consumer.poll(Duration::ZERO) {
                Some(Ok(record)) => {
                    records += 1;
                    if let Err(error) = self.apply(&record) {
                        break Err(error);
                    }
                }
                Some(Err(source @ KafkaError::MessageConsumptionFatal(_))) => {
                    break Err(WorkerError::Client { what: "cannot read the state topic any more", source });
                }
                Some(Err(error)) => debug!(worker = self.worker, %error, "the state topic cannot be read right now"),
                None => break Ok(()),
            }
            // the clock is asked now and then only: a record takes less than a microsecond
            if records.is_multiple_of(64) && began.elapsed() > budget {
                break Ok(());
            }
        };
        self.service.metrics.restored.inc_by(records);
        result?;
        self.advance(&consumer)?;
        self.consumer = Some(consumer);
        Ok(records > 0)
    }

    /// The tasks that are complete.
    pub fn take_complete(&mut self) -> Vec<Restoring> {
        let complete: Vec<u32> =
            self.jobs.iter().filter(|(_, job)| job.next >= job.end).map(|(task, _)| *task).collect();
        let restored = complete.iter().filter_map(|task| self.jobs.remove(task)).collect();
        if self.jobs.is_empty() {
            self.consumer = None;
        }
        restored
    }

    fn apply(&mut self, record: &BorrowedMessage<'_>) -> Result<(), WorkerError> {
        let partition = record.partition();
        let Some(job) = self.jobs.get_mut(&(partition as u32)) else { return Ok(()) };
        // what lies beyond the end is somebody else's, or our own from before this assignment: it does not exist yet
        if record.offset() >= job.end {
            return Ok(());
        }
        let topic = || self.service.topology.name(STATE).to_owned();
        let key = record.key().unwrap_or_default();
        if TaskRecord::is_key(key) {
            let decoded = record.payload().map(TaskRecord::decode).transpose();
            job.record = decoded.map_err(|reason| WorkerError::TaskRecord {
                topic: topic(),
                partition,
                offset: record.offset(),
                task: partition as u32,
                reason,
            })?;
            return Ok(());
        }
        let unreadable =
            |source| WorkerError::StateRecord { topic: topic(), partition, offset: record.offset(), source };
        let parsed = std::str::from_utf8(key).ok().and_then(EntityKey::parse);
        let key = parsed.ok_or_else(|| unreadable(StateError::Key))?;
        job.task.restore(&key, record.payload()).map_err(unreadable)
    }

    /// Notes how far the consumer is; positions pass markers. Tasks that are complete are not read any further.
    fn advance(&mut self, consumer: &BaseConsumer<Logged>) -> Result<(), WorkerError> {
        let positions = consumer.position().map_err(WorkerError::client("cannot tell how far the restore is"))?;
        let mut complete = Vec::new();
        for (Partition { number, .. }, position) in self.service.topology.parse(&positions) {
            let Some(job) = self.jobs.get_mut(&(number as u32)) else { continue };
            if let Offset::Offset(next) = position {
                job.next = job.next.max(next);
            }
            if job.next >= job.end {
                complete.push(Partition { topic: STATE, number });
            }
        }
        if !complete.is_empty() && complete.len() < self.jobs.len() {
            let list = self.service.topology.list(complete);
            consumer.pause(&list).map_err(WorkerError::client("cannot pause the state topic"))?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Restorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Restorer").field("jobs", &self.jobs.keys()).finish_non_exhaustive()
    }
}
