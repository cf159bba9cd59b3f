//! Partitions that wait for a schema of the registry: paused at the record that names it, until it has been fetched.
//!
//! Waiting never blocks the worker and never moves a position: the record is not handled, so the safe time is held and
//! nothing behind it overtakes it. Other partitions go on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::consumer::Consumer;
use tracing::debug;

use super::errors::WorkerError;
use super::service::Service;
use super::topology::Partition;
use super::worker::Worker;
use crate::codec::registry::{KnownSchema, SchemaKey};
use crate::codec::{RawRecord, SchemaOf};

/// The longest wait without a look at whether the process stops.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// The schemas that workers wait for, by worker.
#[derive(Debug, Default)]
pub struct WantedSchemas {
    wants: Mutex<Wants>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Wants {
    by_worker: BTreeMap<usize, BTreeSet<SchemaKey>>,
    /// How often they have changed.
    changes: u64,
}

impl WantedSchemas {
    /// From now on, this is what a worker waits for. Returns whether it is something else than before.
    pub fn set(&self, worker: usize, keys: BTreeSet<SchemaKey>) -> bool {
        let mut wants = self.lock();
        if wants.by_worker.get(&worker) == Some(&keys) {
            return false;
        }
        wants.by_worker.insert(worker, keys);
        wants.changes += 1;
        self.changed.notify_all();
        true
    }

    /// What is wanted, and a number to wait for a change with.
    pub fn all(&self) -> (BTreeSet<SchemaKey>, u64) {
        let wants = self.lock();
        (wants.by_worker.values().flatten().copied().collect(), wants.changes)
    }

    /// Waits until the workers want something else than when [`WantedSchemas::all`] said `seen`, or for `timeout`.
    pub fn wait(&self, seen: u64, timeout: Duration) {
        drop(self.changed.wait_timeout_while(self.lock(), timeout, |wants| wants.changes == seen));
    }

    /// A schema has come: whoever waits looks again.
    pub fn nudge(&self) {
        self.lock().changes += 1;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Wants> {
        self.wants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stands for the reader of the catalogue among the workers.
const CATALOGUE_READER: usize = usize::MAX;

impl Service {
    /// What the reader of the catalogue needs to decode a record. It has nothing else to do meanwhile, so it blocks, also
    /// while the registry is away. `None`: the process stops.
    pub(super) fn await_schema(&self, raw: &RawRecord<'_>) -> Option<Option<KnownSchema>> {
        loop {
            let (_, seen) = self.wanted_schemas.all();
            match self.codec.schema_of(raw) {
                SchemaOf::NotNeeded => return Some(None),
                SchemaOf::Known(schema) => {
                    self.wanted_schemas.set(CATALOGUE_READER, BTreeSet::new());
                    return Some(Some(schema));
                }
                SchemaOf::Missing(_) if self.stop.requested() => return None,
                SchemaOf::Missing(key) => {
                    if self.wanted_schemas.set(CATALOGUE_READER, BTreeSet::from([key])) {
                        continue;
                    }
                    self.wanted_schemas.wait(seen, LOOK_INTERVAL);
                }
            }
        }
    }
}

impl Worker {
    /// The record at `offset` comes again once the schema is there.
    pub(super) fn wait_for_schema(&mut self, at: Partition, offset: i64, key: SchemaKey) -> Result<(), WorkerError> {
        debug!(partition = %self.service.topology.describe(at), offset, schema = %key, "waiting for a schema");
        self.seek_back(at, offset)?;
        self.pause([at])?;
        self.waiting.insert(at, key);
        self.say_what_is_wanted();
        Ok(())
    }

    /// Lets the partitions go on whose schema is there.
    pub(super) fn resume_waiting(&mut self) -> Result<(), WorkerError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let Some(registry) = self.service.codec.registry() else { return Ok(()) };
        let mut ready: Vec<Partition> = Vec::new();
        self.waiting.retain(|partition, key| {
            let is_there = registry.known(*key).is_some();
            if is_there {
                ready.push(*partition);
            }
            !is_there
        });
        if ready.is_empty() {
            return Ok(());
        }
        self.say_what_is_wanted();
        // those of a task that is still being restored go on with it
        let restoring = self.kept_waiting(self.restorer.tasks().into_iter().map(|task| task as i32));
        ready.retain(|partition| !restoring.contains(partition));
        self.resume(ready)
    }

    /// Partitions are taken away, and whoever gets them begins anew.
    pub(super) fn stop_waiting(&mut self) -> Result<(), WorkerError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let waiting: Vec<Partition> = std::mem::take(&mut self.waiting).into_keys().collect();
        self.say_what_is_wanted();
        // a pause may outlive an assignment
        self.resume(waiting)
    }

    fn resume(&self, partitions: Vec<Partition>) -> Result<(), WorkerError> {
        let list = self.service.topology.list(partitions);
        if list.count() == 0 {
            return Ok(());
        }
        self.member.consumer().resume(&list).map_err(WorkerError::client("cannot resume partitions"))
    }

    fn say_what_is_wanted(&self) {
        self.service.wanted_schemas.set(self.index, self.waiting.values().copied().collect());
        crate::telemetry::worker_gauge(&self.service.metrics.registry_waiting, self.index)
            .set(self.waiting.len() as i64);
    }
}
