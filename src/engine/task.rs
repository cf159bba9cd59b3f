//! One task: the entities that hash to one partition of the mailbox.
//!
//! At rest an entity is its encoded state record. The first touch in a transaction decodes it, the commit encodes it
//! again: the same bytes go to the state topic and back to rest, and undoing a transaction is forgetting what was
//! touched. Time never runs backwards in a task, and a safe time counts only when it is later than the task's start.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::at_rest::{AtRest, Resting};
use super::deadlines::{Deadlines, Sweep, reindex};
use super::{Batch, StateRecord, Undeliverable, task_of};
use crate::events::Timestamp;
use crate::policy::Policy;
use crate::recovery::{Context, Effects, Entity, EntityKey, EntityKind, Envelope, MAX_HOPS, StateError, World};

mod look;
mod marks;
mod policy;
#[cfg(test)]
mod tests;

#[derive(Debug)]
pub struct Task {
    id: u32,
    partitions: u32,
    at_rest: AtRest,
    touched: FxHashMap<EntityKey, Touched>,
    deadlines: Deadlines,
    started: Timestamp,
    now: Timestamp,
    safe: Option<Timestamp>,
    patience: Sweep,
    suspicion: Sweep,
    /// Somebody of this task may have been erased: marks are worth looking for.
    has_marks: bool,
}

/// An entity as this transaction has made it.
#[derive(Debug)]
struct Touched {
    entity: Entity,
    /// Its entry in the index of deadlines.
    deadline: Option<Timestamp>,
    /// What `changes` found, until the entity is touched again.
    written: Option<Written>,
}

#[derive(Debug)]
enum Written {
    /// The state topic has it already.
    Same,
    Changed(Box<[u8]>),
    Forgotten,
}

/// What is to be done with an entity.
#[derive(Debug)]
enum Step {
    Handle(Envelope),
    Fire,
    Suspect,
}

/// An entity whose time has come.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) deadline: Timestamp,
    pub(super) key: EntityKey,
    why: Why,
}

#[derive(Debug, Clone, Copy)]
enum Why {
    Passed,
    Patience,
    ClockHeld,
}

impl Due {
    /// In firing order.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        (self.deadline, &self.key) < (other.deadline, &other.key)
    }
}

impl Task {
    /// An empty task `id` of `partitions`, to be filled by [`Task::restore`] and then started.
    pub fn new(id: u32, partitions: u32) -> Self {
        Self {
            id,
            partitions,
            at_rest: AtRest::default(),
            touched: FxHashMap::default(),
            deadlines: Deadlines::new(),
            started: Timestamp::MIN,
            now: Timestamp::MIN,
            safe: None,
            patience: Sweep::default(),
            suspicion: Sweep::default(),
            has_marks: false,
        }
    }

    pub fn id(&self) -> u32 {
        self.id
    }

    /// Takes one record of the state topic, in order. Only the last one of a key has to be readable, by `start`.
    pub fn restore(&mut self, key: &EntityKey, value: Option<&[u8]>) -> Result<(), StateError> {
        let owner = task_of(key, self.partitions);
        if owner != self.id {
            let reason = format!("it belongs to task {owner} of {}, not to task {}", self.partitions, self.id);
            return Err(StateError::Corrupt { kind: key.kind(), reason });
        }
        self.has_marks |= key.kind() == EntityKind::Mark;
        match value {
            Some(bytes) => self.at_rest.insert(key.clone(), Resting { bytes: bytes.into(), deadline: None }),
            None => self.at_rest.remove(key),
        }
        Ok(())
    }

    /// The restore is complete: indexes the deadlines. Safe times up to `now` do not count for this task, for they were
    /// found while somebody else, or nobody, had it.
    pub fn start(&mut self, now: Timestamp, policy: &Policy) -> Result<(), StateError> {
        self.index_deadlines(policy)?;
        self.resume(now);
        Ok(())
    }

    /// Memory that was parked by a revocation is used again: as `start`, without decoding everything.
    pub fn resume(&mut self, now: Timestamp) {
        debug_assert!(self.touched.is_empty(), "a task is parked after a commit or an abort");
        self.now = self.now.max(now);
        self.started = self.now;
        self.safe = None;
        self.patience.reset();
        self.suspicion.reset();
    }

    /// Handles an envelope for an entity of this task, and then, FIFO, every message that it causes to entities of
    /// this task. Messages to other tasks go to `batch.mail`. After an error the transaction must be undone.
    pub fn deliver(
        &mut self,
        envelope: Envelope,
        now: Timestamp,
        safe: Option<Timestamp>,
        world: World<'_>,
        batch: &mut Batch,
    ) -> Result<(), StateError> {
        self.set_clock(now, safe);
        self.drain(vec![envelope], world, batch)
    }

    /// Fires at most `limit` entities whose deadlines are strictly before the safe time; before the first safe time,
    /// those that cannot wait once the policy's patience is over; and while the clock is held, turns passed deadlines
    /// into suspicions. Returns how many; fewer than `limit` means that none is left.
    pub fn fire(
        &mut self,
        now: Timestamp,
        safe: Option<Timestamp>,
        world: World<'_>,
        limit: usize,
        batch: &mut Batch,
    ) -> Result<usize, StateError> {
        self.set_clock(now, safe);
        let mut fired = 0;
        while fired < limit {
            let Some(due) = self.next_due(world) else { break };
            let messages = self.fire_one(due, world, batch)?;
            self.drain(messages, world, batch)?;
            fired += 1;
        }
        Ok(fired)
    }

    /// The earliest deadline, for the caller's sleep. It may lie in the past while no safe time allows it to fire.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Changed entities, once each, to be written in the transaction. Nothing is at rest yet, and nothing may be
    /// delivered or fired before `committed` or `undo`.
    pub fn changes(&mut self) -> Vec<StateRecord> {
        let mut records = Vec::new();
        for (key, touched) in &mut self.touched {
            let before = self.at_rest.get(key).map(|resting| &resting.bytes);
            let written = if touched.entity.is_empty() {
                if before.is_some() { Written::Forgotten } else { Written::Same }
            } else {
                let bytes = touched.entity.encode().into_boxed_slice();
                if before == Some(&bytes) { Written::Same } else { Written::Changed(bytes) }
            };
            match &written {
                Written::Same => {}
                Written::Changed(bytes) => {
                    records.push(StateRecord { key: key.clone(), value: Some(bytes.clone()) });
                }
                Written::Forgotten => records.push(StateRecord { key: key.clone(), value: None }),
            }
            touched.written = Some(written);
        }
        records
    }

    /// The transaction is committed: what `changes` returned is at rest.
    pub fn committed(&mut self) {
        for (key, touched) in std::mem::take(&mut self.touched) {
            debug_assert!(touched.written.is_some(), "{key} was touched after its changes were taken");
            match touched.written {
                Some(Written::Changed(bytes)) => {
                    self.at_rest.insert(key, Resting { bytes, deadline: touched.deadline });
                }
                Some(Written::Forgotten) => self.at_rest.remove(&key),
                Some(Written::Same) | None => {
                    if let Some(resting) = self.at_rest.get_mut(&key) {
                        resting.deadline = touched.deadline;
                    }
                }
            }
        }
    }

    /// The transaction was aborted: every entity and every deadline is as it was before.
    pub fn undo(&mut self) {
        for (key, touched) in std::mem::take(&mut self.touched) {
            let before = self.at_rest.get(&key).and_then(|resting| resting.deadline);
            reindex(&mut self.deadlines, key, touched.deadline, before);
        }
        self.patience.reset();
        self.suspicion.reset();
    }

    /// The entity as it is now, uncommitted changes included.
    pub fn get(&self, key: &EntityKey) -> Option<Entity> {
        if let Some(touched) = self.touched.get(key) {
            return Some(touched.entity.clone());
        }
        Entity::decode(key, &self.at_rest.get(key)?.bytes).ok()
    }

    /// Everything that is at rest, as records of the state topic, in no particular order.
    pub fn state(&self) -> impl Iterator<Item = (&EntityKey, &[u8])> {
        self.at_rest.iter().map(|(key, resting)| (key, resting.bytes.as_ref()))
    }

    /// Moves the clock, never back: not even behind a safe time, so that a deadline born now waits for the next one.
    pub(super) fn set_clock(&mut self, now: Timestamp, safe: Option<Timestamp>) {
        if let Some(safe) = safe.filter(|safe| *safe > self.started) {
            self.safe = self.safe.max(Some(safe));
        }
        self.now = self.now.max(now).max(self.safe.unwrap_or(Timestamp::MIN));
    }

    /// The next entity that `fire_one` would take at the present clock.
    pub(super) fn next_due(&mut self, world: World<'_>) -> Option<Due> {
        let context = self.context(world);
        let (found, why) = match self.safe {
            Some(safe) => {
                let first = self.deadlines.first().filter(|(deadline, _)| *deadline < safe);
                match (first, world.policy.horizons.max_clock_hold) {
                    (Some(first), _) => (Some(first), Why::Passed),
                    (None, Some(hold)) if self.now - safe > hold => {
                        self.suspicion.repeat_after(hold, self.now);
                        (self.suspicion.next(&self.deadlines, self.now), Why::ClockHeld)
                    }
                    _ => return None,
                }
            }
            None if context.patience_is_over() => {
                self.patience.repeat_after(world.policy.horizons.patience, self.now);
                (self.patience.next(&self.deadlines, self.now), Why::Patience)
            }
            None => return None,
        };
        found.map(|(deadline, key)| Due { deadline: *deadline, key: key.clone(), why })
    }

    /// Fires one entity, and returns the messages that this causes, to whichever task.
    pub(super) fn fire_one(
        &mut self,
        due: Due,
        world: World<'_>,
        batch: &mut Batch,
    ) -> Result<Vec<Envelope>, StateError> {
        let Due { deadline, key, why } = due;
        let step = match why {
            Why::Passed => Step::Fire,
            Why::Patience => {
                self.patience.passed(deadline, key.clone());
                Step::Fire
            }
            Why::ClockHeld => {
                self.suspicion.passed(deadline, key.clone());
                Step::Suspect
            }
        };
        self.step(key, step, world, batch)
    }

    /// Handles one envelope, and returns the messages that this causes, to whichever task.
    pub(super) fn handle_one(
        &mut self,
        envelope: Envelope,
        world: World<'_>,
        batch: &mut Batch,
    ) -> Result<Vec<Envelope>, StateError> {
        if envelope.hops > MAX_HOPS {
            batch.undeliverable.push(Undeliverable { envelope });
            return Ok(Vec::new());
        }
        self.step(envelope.to.clone(), Step::Handle(envelope), world, batch)
    }

    fn drain(&mut self, messages: Vec<Envelope>, world: World<'_>, batch: &mut Batch) -> Result<(), StateError> {
        let mut queue = VecDeque::from(messages);
        while let Some(envelope) = queue.pop_front() {
            let owner = task_of(&envelope.to, self.partitions);
            if owner == self.id {
                queue.extend(self.handle_one(envelope, world, batch)?);
            } else {
                batch.mail.entry(owner).or_default().push(envelope);
            }
        }
        Ok(())
    }

    fn step(
        &mut self,
        key: EntityKey,
        step: Step,
        world: World<'_>,
        batch: &mut Batch,
    ) -> Result<Vec<Envelope>, StateError> {
        let mut context = self.context(world);
        context.erased = self.erasure_of(&key, world)?;
        let touched = match self.touched.entry(key.clone()) {
            Entry::Occupied(slot) => slot.into_mut(),
            Entry::Vacant(slot) => slot.insert(match self.at_rest.get(&key) {
                Some(resting) => {
                    Touched { entity: Entity::decode(&key, &resting.bytes)?, deadline: resting.deadline, written: None }
                }
                None => Touched { entity: Entity::new(&key), deadline: None, written: None },
            }),
        };
        touched.written = None;

        let is_firing = matches!(step, Step::Fire);
        let mut effects = Effects::default();
        match step {
            Step::Handle(envelope) => touched.entity.handle(envelope, &context, &mut effects),
            Step::Fire => touched.entity.fire(&key, &context, &mut effects),
            Step::Suspect => touched.entity.suspect(&key, &context, &mut effects),
        }
        batch.outputs.append(&mut effects.outputs);
        batch.observations.append(&mut effects.observations);

        let mut next = touched.entity.next_deadline(world.policy);
        // A deadline that has passed and did not move would fire for ever: it waits until something touches the entity.
        if is_firing && next.is_some_and(|deadline| context.has_passed(deadline)) {
            debug_assert!(false, "{key} still has the passed deadline {next:?} after it fired");
            next = None;
        }
        let before = std::mem::replace(&mut touched.deadline, next);
        if let Some(erasure) = effects.erased {
            self.mark(&key, erasure, world)?;
        }
        reindex(&mut self.deadlines, key, before, next);
        Ok(effects.messages)
    }

    fn context<'a>(&self, world: World<'a>) -> Context<'a> {
        Context {
            policy: world.policy,
            catalogue: world.catalogue,
            now: self.now,
            safe: self.safe,
            started: self.started,
            erased: None,
        }
    }
}
