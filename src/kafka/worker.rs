//! A worker: one OS thread with one consumer, one transactional producer and the tasks that it owns.
//!
//! It goes round: answer a rebalance, restore a little, take records in, fire deadlines, commit. No step blocks for
//! long, but for a commit while the brokers are away; then nothing else could go on either.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::topic_partition_list::Offset;
use tracing::info;

use super::clock;
use super::dead_letters::Limits;
use super::errors::WorkerError;
use super::lookup::Asked;
use super::member::Member;
use super::open::Open;
use super::positions::Positions;
use super::producer::Transactions;
use super::restore::Restorer;
use super::rules::Rules;
use super::service::Service;
use super::tasks::Tasks;
use super::topology::Partition;
use crate::codec::registry::SchemaKey;
use crate::telemetry::{WorkerHealth, WorkerPhase, worker_gauge};

/// The longest that records are taken in before deadlines and commits have their turn.
const SLICE: Duration = Duration::from_millis(20);
/// Between two looks for due deadlines.
const FIRE_INTERVAL: Duration = Duration::from_millis(10);
/// Deadlines handled before records and commits have their turn again.
const FIRE_LIMIT: usize = 500;
/// Between two looks for positions that moved without a record.
const POSITIONS_INTERVAL: Duration = Duration::from_millis(100);
/// The longest wait for records when nothing else is to be done.
const IDLE_POLL: Duration = Duration::from_millis(50);
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

pub struct Worker {
    pub(super) service: Arc<Service>,
    pub(super) index: usize,
    pub(super) tasks: Tasks,
    pub(super) restorer: Restorer,
    pub(super) positions: Positions,
    pub(super) open: Open,
    /// What this round decides by.
    pub(super) rules: Rules,
    pub(super) limits: Limits,
    /// Partitions that stopped at too many dead letters, and why.
    pub(super) stopped: Vec<(Partition, String)>,
    /// Partitions that wait for a schema of the registry.
    pub(super) waiting: BTreeMap<Partition, SchemaKey>,
    /// An assignment that is not answered yet.
    pub(super) assigning: Option<TopicPartitionList>,
    /// Since when it cannot be, and when that was last said.
    pub(super) bearings_lost: Option<Instant>,
    pub(super) bearings_warned: Option<Instant>,
    pub(super) assigned: bool,
    /// Inputs of which a partition has no committed offset.
    pub(super) uncommitted_inputs: Vec<Partition>,
    /// The task records name the present inputs.
    pub(super) inputs_known: bool,
    /// Transactions that failed in a row.
    pub(super) failures: u32,
    pub(super) member: Member,
    pub(super) transactions: Transactions,
    /// Questions about what it knows.
    pub(super) desk: Receiver<Asked>,
    looks: Looks,
}

/// When things that are not done in every round were last done.
struct Looks {
    fired: Instant,
    positions: Instant,
    reported: Instant,
    /// Deadlines are left over from the last look.
    backlog: bool,
}

impl Worker {
    /// Makes the clients and joins the group. The producer comes first: it ends what an earlier life of this worker
    /// left open, on which the offsets depend that are asked for next.
    pub fn start(service: &Arc<Service>, index: usize) -> Result<Self, WorkerError> {
        let transactions = Transactions::open(service, index)?;
        service.wanted_schemas.set(index, BTreeSet::new());
        worker_gauge(&service.metrics.registry_waiting, index).set(0);
        let member = Member::join(service, index).map_err(WorkerError::client("cannot join the group"))?;
        let now = Instant::now();
        Ok(Self {
            service: Arc::clone(service),
            index,
            tasks: Tasks::default(),
            restorer: Restorer::new(Arc::clone(service), index),
            positions: Positions::default(),
            open: Open::default(),
            rules: service.rules.get(),
            limits: Limits::new(&service.config.dead_letters),
            stopped: Vec::new(),
            waiting: BTreeMap::new(),
            assigning: None,
            bearings_lost: None,
            bearings_warned: None,
            assigned: false,
            uncommitted_inputs: Vec::new(),
            inputs_known: false,
            failures: 0,
            member,
            transactions,
            desk: service.lookups.open(index),
            looks: Looks { fired: now, positions: now, reported: now, backlog: false },
        })
    }

    /// Works until the process stops or an error ends this life of the worker.
    pub fn run(&mut self) -> Result<(), WorkerError> {
        let mut restored_something = false;
        while !self.service.stop.requested() {
            self.take_rules()?;
            self.answer_rebalances()?;
            self.resume_waiting()?;
            let patience = self.poll_patience(restored_something);
            self.take_in(patience, SLICE)?;
            restored_something = self.restore_slice()?;
            self.fire_deadlines()?;
            self.commit_if_due()?;
            self.answer_lookups();
            self.report();
        }
        // finish what is in hand; whatever is not committed is rolled back and read again
        self.commit()
    }

    /// Takes the rules in force. Another policy only between transactions: every deadline is derived anew by it, also
    /// those of tasks that wait for their partition to come back.
    fn take_rules(&mut self) -> Result<(), WorkerError> {
        let rules = self.service.rules.get();
        if Arc::ptr_eq(&rules.policy, &self.rules.policy) {
            self.rules = rules;
            return Ok(());
        }
        if self.open.age().is_some() {
            return Ok(());
        }
        self.rules = rules;
        let began = Instant::now();
        for (id, task) in self.tasks.all() {
            task.adopt(&self.rules.policy).map_err(|source| self.service.state_error(id, source))?;
        }
        let (version, took_ms) = (&self.rules.policy.version, began.elapsed().as_millis() as u64);
        info!(worker = self.index, %version, took_ms, "the worker decides by another policy");
        Ok(())
    }

    /// How long to wait for a record.
    fn poll_patience(&self, restored_something: bool) -> Duration {
        if restored_something || self.looks.backlog {
            return Duration::ZERO;
        }
        if !self.restorer.is_idle() {
            return Duration::from_millis(5);
        }
        match self.open.age() {
            // shorter than a millisecond is no wait at all to librdkafka
            Some(age) => self.service.config.worker.idle().saturating_sub(age).max(Duration::from_millis(1)),
            None => IDLE_POLL,
        }
    }

    fn fire_deadlines(&mut self) -> Result<(), WorkerError> {
        if self.tasks.running.is_empty() || (!self.looks.backlog && self.looks.fired.elapsed() < FIRE_INTERVAL) {
            return Ok(());
        }
        self.looks.fired = Instant::now();
        self.looks.backlog = false;
        let safe = self.service.safe.get();
        let world = self.rules.world(&self.service.privacy);
        let mut left = FIRE_LIMIT;
        for (id, owned) in &mut self.tasks.running {
            let now = clock::now();
            let fired = owned.task.fire(now, safe, world, left, &mut self.open.batch);
            let fired = fired.map_err(|source| self.service.state_error(*id, source))?;
            if fired > 0 {
                self.open.touch(*id);
                self.open.fired(fired);
            }
            left -= fired.min(left);
            if left == 0 {
                self.looks.backlog = true;
                break;
            }
        }
        Ok(())
    }

    fn commit_if_due(&mut self) -> Result<(), WorkerError> {
        let config = &self.service.config.worker;
        let due = match self.open.age() {
            Some(age) => {
                age >= config.commit_interval()
                    || self.open.is_full(config)
                    || (self.open.poll_was_empty && age >= config.idle())
            }
            // positions that moved past markers only, first positions, and task records
            None if self.looks.positions.elapsed() >= POSITIONS_INTERVAL => {
                self.looks.positions = Instant::now();
                self.know_inputs();
                self.pass_positions();
                self.positions.changed() || self.tasks.pending().next().is_some()
            }
            None => false,
        };
        if due { self.commit() } else { Ok(()) }
    }

    /// Lets the positions follow the consumer, which passes transaction markers.
    pub(super) fn pass_positions(&mut self) {
        let Ok(list) = self.member.consumer().position() else { return };
        for (partition, position) in self.service.topology.parse(&list) {
            if let Offset::Offset(next) = position {
                self.positions.pass(partition, next);
            }
        }
    }

    /// The first safe time after an assignment proves that every partition of every input has a committed offset:
    /// from now on a missing one is a loss.
    fn know_inputs(&mut self) {
        if self.inputs_known || !self.assigned || self.service.safe.get().is_none() {
            return;
        }
        self.inputs_known = true;
        let inputs = self.service.topology.inputs().map(|(_, name, count)| (name.to_owned(), count)).collect();
        self.tasks.know_inputs(&inputs);
    }

    fn report(&mut self) {
        if self.looks.reported.elapsed() < REPORT_INTERVAL {
            self.service.health.beat(self.index);
            return;
        }
        self.report_now();
    }

    pub(super) fn report_now(&mut self) {
        self.looks.reported = Instant::now();
        let running = || self.tasks.running.values().map(|owned| &owned.task);
        let entities: usize = running().map(|task| task.entities()).sum();
        let metrics = &self.service.metrics;
        let set = |gauge, value: usize| worker_gauge(gauge, self.index).set(i64::try_from(value).unwrap_or(i64::MAX));
        set(&metrics.tasks, running().count());
        set(&metrics.entities, entities);
        set(&metrics.state_bytes, running().map(|task| task.bytes()).sum());
        set(&metrics.deadlines, running().map(|task| task.deadlines()).sum());
        set(&metrics.stopped_partitions, self.stopped.len());
        worker_gauge(&metrics.restore_remaining, self.index).set(self.restorer.remaining());
        let stopped = self
            .stopped
            .iter()
            .map(|(partition, reason)| format!("{} stopped: {reason}", self.service.topology.describe(*partition)));
        let health = WorkerHealth {
            phase: if self.assigned { WorkerPhase::Running } else { WorkerPhase::Starting },
            tasks: self.tasks.running.len(),
            restoring: self.restorer.tasks(),
            stopped: stopped.collect(),
            entities,
            ..WorkerHealth::default()
        };
        self.service.health.set_worker(self.index, health);
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("index", &self.index).finish_non_exhaustive()
    }
}
