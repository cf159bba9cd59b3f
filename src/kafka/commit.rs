//! The transaction of a worker: positions, outputs, mail, changed entities and dead letters, all or nothing.
//!
//! It is begun, written and committed in one go, so that it is open for milliseconds. Every transaction that touches
//! task p sends mailbox p's position, also when only a deadline touched it: that is what fences a member whose tasks
//! were given to another. What does not go through is undone in memory, and its records are read again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use tracing::{debug, warn};

use super::dead_letters::DeadLetter;
use super::errors::WorkerError;
use super::outbox;
use super::producer::{Failure, Transactions};
use super::tasks::FORMAT;
use super::topology::{MAILBOX, Offsets, Partition, Topology};
use super::worker::Worker;
use crate::engine::{MAX_BATCH_BYTES, encode_batches};

/// So many failures in a row are no bad luck.
const MAX_FAILURES: u32 = 20;
const SEEK_TIMEOUT: Duration = Duration::from_secs(10);

impl Worker {
    /// Commits what is in hand, or rolls it back. An error ends this life of the worker.
    pub(super) fn commit(&mut self) -> Result<(), WorkerError> {
        self.pass_positions();
        let always: Vec<Partition> = self
            .open
            .touched
            .iter()
            .copied()
            .chain(self.tasks.pending().map(|(task, _)| task))
            .map(Partition::mailbox)
            .collect();
        let offsets = self.positions.to_commit(always);
        if offsets.is_empty() {
            // positions always move with records, and a touched task always has one: nothing can be in hand
            debug_assert!(self.open.age().is_none(), "changes without a position: {:?}", self.open);
            return Ok(());
        }
        self.bury_undeliverable();

        let began = Instant::now();
        match self.transact(&offsets)? {
            Ok(()) => {
                self.service.metrics.commit_latency.observe(began.elapsed().as_secs_f64());
                self.conclude(&offsets);
                Ok(())
            }
            Err(failure) => self.roll_back(failure),
        }
    }

    /// Writes and commits. The outer error is one of ours, before anything was begun.
    fn transact(&mut self, offsets: &Offsets) -> Result<Result<(), Failure>, WorkerError> {
        let service = Arc::clone(&self.service);
        let outputs = outbox::encode(&service, &self.open.batch.outputs)?;
        let positions = offset_list(&service.topology, offsets)
            .map_err(WorkerError::client("cannot write down the positions to commit"))?;
        let write = || {
            self.transactions.begin()?;
            for output in outputs {
                self.transactions.send_output(output)?;
            }
            for (task, envelopes) in &self.open.batch.mail {
                self.transactions.send_mail(&service, *task, envelopes)?;
            }
            for task in &self.open.touched {
                let Some(owned) = self.tasks.running.get_mut(task) else { continue };
                for state in owned.task.changes() {
                    self.transactions.send_state(&service, *task, &state)?;
                }
            }
            for (task, record) in self.tasks.pending() {
                self.transactions.send_task_record(&service, task, record)?;
            }
            for letter in &self.open.dead_letters {
                self.transactions.send_dead_letter(&service, letter)?;
            }
            // asked for now and not earlier: it carries the generation that this member belongs to
            let Some(group) = self.member.consumer().group_metadata() else {
                let source = KafkaError::Global(RDKafkaErrorCode::UnknownGroup);
                return Err(Failure::NotCommitted { step: "group_metadata", source, producer_lost: false });
            };
            self.transactions.commit(&positions, &group)
        };
        Ok(write())
    }

    /// The transaction is committed: memory follows, and what it did is counted.
    fn conclude(&mut self, offsets: &Offsets) {
        self.failures = 0;
        self.positions.committed(offsets);
        self.tasks.records_committed();
        let open = std::mem::take(&mut self.open);
        for task in &open.touched {
            if let Some(owned) = self.tasks.running.get_mut(task) {
                owned.task.committed();
            }
        }
        let (metrics, topology) = (&self.service.metrics, &self.service.topology);
        for (topic, (handled, forwarded)) in &open.records {
            metrics.processed.with_label_values(&[topology.name(*topic)]).inc_by(*handled);
            metrics.forwarded.with_label_values(&[topology.name(*topic)]).inc_by(*forwarded);
        }
        for letter in &open.dead_letters {
            metrics.dead_letters.with_label_values(&[topology.name(letter.topic), letter.reason]).inc();
        }
        metrics.mail.inc_by(open.batch.mail.values().map(|envelopes| envelopes.len() as u64).sum());
        metrics.fired.inc_by(open.deadlines);
        self.service.business.count(&self.rules.policy, &open.batch.outputs, &open.batch.observations);
    }

    fn roll_back(&mut self, failure: Failure) -> Result<(), WorkerError> {
        let (step, source, mut producer_lost) = match failure {
            Failure::Unknown { source } => return Err(WorkerError::OutcomeUnknown { source }),
            Failure::NotCommitted { step, source, producer_lost } => (step, source, producer_lost),
        };
        self.failures += 1;
        self.service.metrics.aborted.with_label_values(&[step]).inc();
        warn!(worker = self.index, step, error = %source, failures = self.failures, "a transaction is rolled back");
        if !producer_lost {
            producer_lost = !self.transactions.abort();
        }
        self.forget_open();
        if self.failures > MAX_FAILURES {
            return Err(WorkerError::NeverCommits { count: self.failures, step, source });
        }
        if self.service.stop.requested() {
            return Ok(());
        }
        if producer_lost {
            warn!(worker = self.index, "the producer is lost and made anew");
            self.service.metrics.rebuilds.with_label_values(&["producer"]).inc();
            self.transactions = Transactions::open(&self.service, self.index)?;
        }
        self.rewind()?;
        // whatever it is gets a moment to pass
        self.service.stop.wait(Duration::from_millis(20) * self.failures);
        Ok(())
    }

    /// Everything in memory is as it was at the last commit.
    pub(super) fn forget_open(&mut self) {
        let open = std::mem::take(&mut self.open);
        for task in &open.touched {
            if let Some(owned) = self.tasks.running.get_mut(task) {
                owned.task.undo();
            }
        }
        self.limits.clear();
    }

    /// The consumer goes back to what is committed, wherever records were handled since.
    fn rewind(&mut self) -> Result<(), WorkerError> {
        let offsets = self.positions.rewind();
        if offsets.is_empty() {
            return Ok(());
        }
        debug!(worker = self.index, partitions = offsets.len(), "back to the committed positions");
        let failed = WorkerError::client;
        let list = self.service.topology.list_offsets(&offsets).map_err(failed("cannot go back"))?;
        let sought = self.member.consumer().seek_partitions(list, SEEK_TIMEOUT).map_err(failed("cannot go back"))?;
        for element in sought.elements() {
            element.error().map_err(failed("cannot go back on a partition"))?;
        }
        Ok(())
    }

    /// Messages that were passed on too often are bugs, kept for a person.
    fn bury_undeliverable(&mut self) {
        for undeliverable in std::mem::take(&mut self.open.batch.undeliverable) {
            let message = undeliverable.to_string();
            warn!(worker = self.index, message, "dead letter");
            let to = undeliverable.envelope.to.to_string();
            let mail = encode_batches(&[undeliverable.envelope], MAX_BATCH_BYTES).concat();
            self.open.dead_letters.push(DeadLetter::undeliverable(&to, &message, mail, MAILBOX));
        }
    }
}

/// Mailbox offsets carry the number of tasks, so that a start with another number is refused before anything is read.
fn offset_list(topology: &Topology, offsets: &Offsets) -> KafkaResult<TopicPartitionList> {
    let list = topology.list_offsets(offsets)?;
    let note = mailbox_note(topology.tasks());
    for partition in offsets.keys().filter(|partition| partition.topic == MAILBOX) {
        if let Some(mut element) = list.find_partition(topology.name(MAILBOX), partition.number) {
            element.set_metadata(&note);
        }
    }
    Ok(list)
}

/// What is written beside the mailbox's offsets.
pub fn mailbox_note(tasks: u32) -> String {
    format!("format={FORMAT} tasks={tasks}")
}

/// The number of tasks in such a note.
pub fn tasks_of_note(note: &str) -> Option<u32> {
    note.split(' ').find_map(|part| part.strip_prefix("tasks="))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_beside_an_offset_tells_the_number_of_tasks() {
        assert_eq!(tasks_of_note(&mailbox_note(32)), Some(32));
        // offsets that were set by hand carry no note
        assert_eq!(tasks_of_note(""), None);
        assert_eq!(tasks_of_note("tasks=many"), None);
    }
}
