//! Answers to rebalances: commit and let go, or find out where to begin and take over.
//!
//! Letting go: commit first, abort when the partitions are lost already; the memory of the tasks is parked. Taking
//! over: committed offsets that no pending transaction can change, then the end of each task's state, then run. Every
//! start is explicit, so what has no offset, or one that is off the log, is decided here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::Offset;
use tracing::{info, warn};

use super::clock;
use super::errors::WorkerError;
use super::member::Rebalance;
use super::observer::bounds;
use super::restore::Restoring;
use super::tasks::{FORMAT, Owned, Parked, TaskRecord};
use super::topology::{MAILBOX, Offsets, Partition};
use super::worker::Worker;
use crate::config::LostOffsets;
use crate::engine::Task;

/// One attempt to learn where to begin; until it works the member stays without partitions.
const ATTEMPT: Duration = Duration::from_secs(3);
const WARN_INTERVAL: Duration = Duration::from_secs(10);
/// After this long without an answer the clients are made anew.
const BEARINGS_PATIENCE: Duration = Duration::from_secs(20);
/// How long the markers of the last commit may take before memory is not parked but thrown away.
const PARK_PATIENCE: Duration = Duration::from_secs(1);
const RESTORE_SLICE: Duration = Duration::from_millis(20);

/// Where everything stands at the moment of an assignment.
struct Bearings {
    committed: BTreeMap<Partition, i64>,
    starts: Offsets,
    ends: Offsets,
    state_starts: Offsets,
    state_ends: Offsets,
    uncommitted_inputs: Vec<Partition>,
}

impl Worker {
    pub(super) fn answer_rebalances(&mut self) -> Result<(), WorkerError> {
        while let Some(rebalance) = self.member.next_rebalance() {
            match rebalance {
                Rebalance::Assign(list) => self.assigning = Some(list),
                Rebalance::Revoke => self.revoke()?,
            }
        }
        if let Some(list) = self.assigning.take() {
            match self.take_bearings(&list) {
                Ok(bearings) => {
                    self.bearings_lost = None;
                    self.take_over(bearings)?;
                }
                Err(error) => {
                    // a transaction of our own that was left open, or a coordinator that the client does not find
                    // again: both end with new clients
                    let lost_since = *self.bearings_lost.get_or_insert_with(Instant::now);
                    if lost_since.elapsed() > BEARINGS_PATIENCE {
                        return Err(WorkerError::Client { what: "cannot find out where to begin", source: error });
                    }
                    // heartbeats go on by themselves; a later rebalance overrides this one
                    if self.bearings_warned.is_none_or(|warned| warned.elapsed() > WARN_INTERVAL) {
                        self.bearings_warned = Some(Instant::now());
                        warn!(worker = self.index, %error, "cannot find out yet where to begin; trying again");
                    }
                    self.assigning = Some(list);
                }
            }
        }
        Ok(())
    }

    fn revoke(&mut self) -> Result<(), WorkerError> {
        let lost = self.member.consumer().assignment_lost();
        self.assigning = None;
        self.bearings_lost = None;
        self.service.metrics.rebalances.with_label_values(&[if lost { "lost" } else { "revoked" }]).inc();
        info!(worker = self.index, lost, tasks = ?self.tasks.running.keys(), "partitions are taken away");
        if lost {
            // whoever has them now may have gone on: nothing in memory is worth anything
            self.forget_open();
            self.tasks.running.clear();
        } else if self.assigned {
            self.commit()?;
            self.park()?;
        }
        self.tasks.running.clear();
        self.positions.clear();
        self.limits.clear();
        self.stopped.clear();
        self.stop_waiting()?;
        self.restorer.clear();
        self.assigned = false;
        self.member.consumer().unassign().map_err(WorkerError::client("cannot let go of partitions"))?;
        self.report_now();
        Ok(())
    }

    /// Keeps the memory of the tasks, with the ends of their state as they were while the tasks were certainly ours:
    /// a fenced commit after they were noted proves it.
    fn park(&mut self) -> Result<(), WorkerError> {
        let Some(ends) = self.settled_state_ends() else { return Ok(()) };
        let failures = self.failures;
        for task in self.tasks.running.keys() {
            self.open.touch(*task);
        }
        self.commit()?;
        if self.failures > failures {
            return Ok(());
        }
        for (task, owned) in std::mem::take(&mut self.tasks.running) {
            if let Some(state_end) = ends.get(&Partition::state(task)) {
                self.tasks.parked.insert(task, Parked { owned, state_end: *state_end });
            }
        }
        Ok(())
    }

    /// The ends of the state of all running tasks, once no marker is missing.
    fn settled_state_ends(&self) -> Option<Offsets> {
        let began = Instant::now();
        let states: Vec<Partition> = self.tasks.running.keys().copied().map(Partition::state).collect();
        let topology = &self.service.topology;
        while !states.is_empty() && began.elapsed() < PARK_PATIENCE {
            let ends = self.service.observer.ends(topology, states.clone(), PARK_PATIENCE).ok()?;
            let stable = bounds(&self.member.consumer(), topology, states.clone(), Offset::End, PARK_PATIENCE).ok()?;
            if ends == stable {
                return Some(ends);
            }
        }
        None
    }

    /// Asks for offsets, ends and starts. The order matters: an end of a task's state counts only when it was asked for
    /// after the task's offset was stable.
    fn take_bearings(&self, list: &TopicPartitionList) -> KafkaResult<Bearings> {
        let (topology, observer) = (&self.service.topology, &self.service.observer);
        let assigned: Vec<Partition> = topology.parse(list).into_iter().map(|(partition, _)| partition).collect();
        if assigned.is_empty() {
            return Ok(Bearings {
                committed: BTreeMap::new(),
                starts: Offsets::new(),
                ends: Offsets::new(),
                state_starts: Offsets::new(),
                state_ends: Offsets::new(),
                uncommitted_inputs: Vec::new(),
            });
        }
        // asked as a reader of committed data, it is answered only when no transaction of the group is pending
        let stable = self.member.consumer().committed_offsets(topology.list(assigned.iter().copied()), ATTEMPT)?;
        let mut committed = BTreeMap::new();
        for element in stable.elements() {
            element.error()?;
            if let (Some(topic), Offset::Offset(offset)) = (topology.topic(element.topic()), element.offset()) {
                committed.insert(Partition { topic, number: element.partition() }, offset);
            }
        }
        let tasks = assigned.iter().filter(|partition| partition.topic == MAILBOX);
        let states: Vec<Partition> = tasks.map(|mailbox| Partition::state(mailbox.number as u32)).collect();
        let state_ends = observer.ends(topology, states.iter().copied(), ATTEMPT)?;
        let state_starts = observer.starts(topology, states, ATTEMPT)?;
        let starts = observer.starts(topology, assigned.iter().copied(), ATTEMPT)?;
        let ends = observer.ends(topology, assigned, ATTEMPT)?;
        let inputs = topology.input_partitions();
        let group = observer.committed(topology, inputs.iter().copied(), ATTEMPT)?;
        let uncommitted_inputs = inputs.into_iter().filter(|input| !group.contains_key(input)).collect();
        Ok(Bearings { committed, starts, ends, state_starts, state_ends, uncommitted_inputs })
    }

    fn take_over(&mut self, bearings: Bearings) -> Result<(), WorkerError> {
        let began = Instant::now();
        let mut from = Offsets::new();
        for (partition, start) in &bearings.starts {
            let end = bearings.ends.get(partition).copied().unwrap_or(*start);
            let committed = bearings.committed.get(partition).copied();
            let next = self.begin_at(*partition, committed, *start, end)?;
            self.positions.assign(*partition, next, committed == Some(next));
            from.insert(*partition, next);
        }
        self.uncommitted_inputs = bearings.uncommitted_inputs;
        self.inputs_known = false;

        let failed = WorkerError::client;
        let list = self.service.topology.list_offsets(&from).map_err(failed("cannot take partitions over"))?;
        self.member.consumer().assign(&list).map_err(failed("cannot take partitions over"))?;
        self.assigned = true;
        self.service.safe.reset();
        self.service.metrics.rebalances.with_label_values(&["assigned"]).inc();

        let mut parked = std::mem::take(&mut self.tasks.parked);
        let mut to_restore = Offsets::new();
        for (state, end) in &bearings.state_ends {
            let task = state.number as u32;
            match parked.remove(&task).filter(|parked| parked.state_end == *end) {
                Some(kept) => self.run_again(kept),
                None => {
                    to_restore.insert(*state, *end);
                }
            }
        }
        info!(
            worker = self.index,
            partitions = from.len(),
            tasks = ?bearings.state_ends.keys().map(|state| state.number).collect::<Vec<_>>(),
            to_restore = to_restore.len(),
            took_ms = began.elapsed().as_millis() as u64,
            "partitions are taken over"
        );
        self.pause(self.kept_waiting(to_restore.keys().map(|state| state.number)))?;
        self.restorer.begin(&bearings.state_starts, &to_restore)?;
        self.run_restored()?;
        self.report_now();
        Ok(())
    }

    /// Where a partition begins: at what is committed, if the log still has it.
    fn begin_at(&self, partition: Partition, committed: Option<i64>, start: i64, end: i64) -> Result<i64, WorkerError> {
        match committed {
            None => Ok(start),
            Some(offset) if (start..=end).contains(&offset) => Ok(offset),
            Some(offset) => self.begin_off_log(partition, offset, start, end),
        }
    }

    fn begin_off_log(&self, at: Partition, committed: i64, start: i64, end: i64) -> Result<i64, WorkerError> {
        let topic = self.service.topology.name(at.topic).to_owned();
        let error = WorkerError::OffsetOffLog { topic, partition: at.number, committed, start, end };
        match self.service.config.kafka.lost_offsets {
            LostOffsets::Fail => Err(error),
            LostOffsets::Earliest => {
                warn!(worker = self.index, %error, "going on from the start of the log");
                Ok(start)
            }
        }
    }

    /// The consumer has no valid position on some partition: the log lost it while we were reading.
    pub(super) fn reposition(&mut self) -> Result<(), WorkerError> {
        let service = Arc::clone(&self.service);
        let assigned: Vec<Partition> = self.positions.partitions().collect();
        let asked = service
            .observer
            .starts(&service.topology, assigned.iter().copied(), ATTEMPT)
            .and_then(|starts| Ok((starts, service.observer.ends(&service.topology, assigned, ATTEMPT)?)));
        let (starts, ends) = asked.map_err(WorkerError::client("cannot find out where the log begins"))?;
        for (partition, start) in starts {
            let (Some(next), Some(end)) = (self.positions.next(partition), ends.get(&partition).copied()) else {
                continue;
            };
            if (start..=end).contains(&next) {
                continue;
            }
            // what is in hand was read before
            self.commit()?;
            let begin = self.begin_off_log(partition, next, start, end)?;
            self.positions.restart(partition, begin);
            let topic = service.topology.name(partition.topic);
            let sought = self.member.consumer().seek(topic, partition.number, Offset::Offset(begin), ATTEMPT);
            sought.map_err(WorkerError::client("cannot go to the start of the log"))?;
        }
        Ok(())
    }

    /// What waits for tasks that are being restored: their mailbox, and inputs that are aligned with them.
    pub(super) fn kept_waiting(&self, tasks: impl Iterator<Item = i32>) -> Vec<Partition> {
        let tasks: Vec<i32> = tasks.collect();
        let topology = &self.service.topology;
        self.positions
            .partitions()
            .filter(|partition| tasks.contains(&partition.number))
            .filter(|partition| partition.topic == MAILBOX || topology.is_aligned(partition.topic))
            .collect()
    }

    /// Goes on with the restore. Returns whether there was something to read.
    pub(super) fn restore_slice(&mut self) -> Result<bool, WorkerError> {
        if self.restorer.is_idle() {
            return Ok(false);
        }
        let read = self.restorer.slice(RESTORE_SLICE)?;
        self.run_restored()?;
        Ok(read)
    }

    fn run_restored(&mut self) -> Result<(), WorkerError> {
        let complete = self.restorer.take_complete();
        if complete.is_empty() {
            return Ok(());
        }
        let mut numbers = Vec::new();
        for Restoring { mut task, record, .. } in complete {
            let id = task.id();
            self.check(&task, record.as_ref())?;
            task.start(clock::now(), &self.rules.policy).map_err(|source| self.service.state_error(id, source))?;
            let pending = record.is_none().then(|| TaskRecord {
                format: FORMAT,
                partitions: self.service.topology.tasks(),
                inputs: BTreeMap::new(),
            });
            info!(worker = self.index, task = id, entities = task.entities(), "task restored");
            self.tasks.running.insert(id, Owned { task, record, pending });
            numbers.push(id as i32);
        }
        let stopped: Vec<Partition> = self.stopped.iter().map(|(partition, _)| *partition).collect();
        let mut waiting = self.kept_waiting(numbers.into_iter());
        waiting.retain(|partition| !stopped.contains(partition) && !self.waiting.contains_key(partition));
        let list = self.service.topology.list(waiting);
        if list.count() > 0 {
            self.member.consumer().resume(&list).map_err(WorkerError::client("cannot resume partitions"))?;
        }
        self.report_now();
        Ok(())
    }

    fn run_again(&mut self, parked: Parked) {
        let mut owned = parked.owned;
        owned.task.resume(clock::now());
        self.tasks.running.insert(owned.task.id(), owned);
    }

    /// Refuses state that was written under other conditions, or whose inputs have forgotten how far they were.
    fn check(&self, task: &Task, record: Option<&TaskRecord>) -> Result<(), WorkerError> {
        let Some(record) = record else { return Ok(()) };
        let (id, topology) = (task.id(), &self.service.topology);
        if record.format > FORMAT {
            return Err(WorkerError::Format { task: id, found: record.format, known: FORMAT });
        }
        if record.partitions != topology.tasks() {
            return Err(WorkerError::PartitionsChanged {
                task: id,
                found: record.partitions,
                actual: topology.tasks(),
            });
        }
        let is_known = |input: &&Partition| {
            record.inputs.get(topology.name(input.topic)).is_some_and(|count| input.number < *count)
        };
        let mailbox = Partition::mailbox(id);
        let fresh_mailbox = self.positions.is_fresh(mailbox).then_some(mailbox);
        let Some(lost) = self.uncommitted_inputs.iter().find(is_known).copied().or(fresh_mailbox) else {
            return Ok(());
        };
        let error =
            WorkerError::OffsetsLost { topic: topology.name(lost.topic).to_owned(), partition: lost.number, task: id };
        match self.service.config.kafka.lost_offsets {
            LostOffsets::Fail => Err(error),
            LostOffsets::Earliest => {
                warn!(worker = self.index, %error, "going on from the start of the log");
                Ok(())
            }
        }
    }
}
