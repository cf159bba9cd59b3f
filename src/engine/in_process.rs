//! All tasks in one process, without a broker: for the backtest, the demo and tests.
//!
//! Time is recorded time: `now` and the safe time are the time of what is being handled, so silence proves itself. One
//! FIFO over all tasks is drained after every input and every deadline, hence neither the order nor the content of the
//! outputs depends on how many tasks there are. Every step is committed, so state is always encoded and read back.

use std::collections::VecDeque;
use std::mem::take;
use std::sync::Arc;

use super::{Batch, Task, Undeliverable, Unroutable, route, task_of};
use crate::events::{Event, Input, Millis, Output, Timestamp};
use crate::policy::{Catalogue, Policy};
use crate::recovery::{Entity, EntityKey, Envelope, Observation, Privacy, World};

#[cfg(test)]
mod tests;

const UNREADABLE: &str = "invariant: state that this process wrote can be read";

#[derive(Debug)]
pub struct InProcess {
    tasks: Vec<Task>,
    partitions: u32,
    policy: Arc<Policy>,
    /// The policy's, overlaid with what came in since.
    catalogue: Arc<Catalogue>,
    privacy: Arc<Privacy>,
    now: Timestamp,
    /// The safe time follows the clock, unless it is withheld.
    withheld: Option<Option<Timestamp>>,
    batch: Batch,
}

impl InProcess {
    /// Nothing has happened yet, and the safe time is known from the beginning.
    pub fn new(partitions: u32, policy: Arc<Policy>) -> Self {
        let tasks = (0..partitions).map(|id| Task::new(id, partitions)).collect();
        let catalogue = Arc::new(policy.catalogue.clone());
        let privacy = Arc::new(Privacy::default());
        Self {
            tasks,
            partitions,
            policy,
            catalogue,
            privacy,
            now: Timestamp::MIN,
            withheld: None,
            batch: Batch::default(),
        }
    }

    /// Runs the clock to the input's time, unless it is there already, and handles it. At equal times inputs come
    /// before deadlines.
    pub fn input(&mut self, input: Input) -> Result<(), Unroutable> {
        self.advance(input.time());
        self.handle(input)
    }

    /// Handles an input at the present time, whatever its own.
    pub fn handle(&mut self, input: Input) -> Result<(), Unroutable> {
        if let Event::Catalogue(update) = &input.event {
            Arc::make_mut(&mut self.catalogue).apply(update);
            return Ok(());
        }
        let envelope = route(&input, &self.policy)?.carry(input);
        self.drain(vec![envelope]);
        Ok(())
    }

    /// Runs the clock to `to`: every deadline before it fires at its own time, in (deadline, key) order.
    pub fn advance(&mut self, to: Timestamp) {
        if self.withheld.is_none() {
            while let Some(deadline) = self.next_deadline().filter(|deadline| *deadline < to) {
                self.now = self.now.max(deadline + Millis(1));
                if !self.fire_next() {
                    self.now = self.now + Millis(1); // a task that starts at this very moment: its safe time lies later
                }
            }
        }
        self.now = self.now.max(to);
        while self.fire_next() {}
    }

    /// From now on the safe time stays where it is while the clock goes on, as when a member of the group is stuck.
    pub fn hold_safe_time(&mut self) {
        self.withheld = Some(Some(self.now));
    }

    /// The safe time follows the clock again; what was waiting for it fires.
    pub fn release_safe_time(&mut self) {
        self.withheld = None;
        while self.fire_next() {}
    }

    /// Stops, and starts again from the state records alone. With `knows_safe_time` nothing changes; without, the tasks
    /// wait for their first safe time until it is released.
    pub fn restart(&mut self, knows_safe_time: bool) {
        let started = if knows_safe_time { Timestamp::MIN } else { self.now };
        if !knows_safe_time {
            self.withheld = Some(None);
        }
        let mut tasks: Vec<Task> = (0..self.partitions).map(|id| Task::new(id, self.partitions)).collect();
        for (before, task) in self.tasks.iter().zip(&mut tasks) {
            for (key, bytes) in before.state() {
                task.restore(key, Some(bytes)).expect(UNREADABLE);
            }
            task.start(started, &self.policy).expect(UNREADABLE);
        }
        self.tasks = tasks;
    }

    /// Every state record, as on the state topic.
    pub fn state(&self) -> impl Iterator<Item = (&EntityKey, &[u8])> {
        self.tasks.iter().flat_map(Task::state)
    }

    /// From now on another policy decides; what came in on the catalogue topic stays.
    pub fn set_policy(&mut self, policy: Arc<Policy>) {
        self.catalogue = Arc::new(self.catalogue.over(&policy.catalogue));
        for task in &mut self.tasks {
            task.adopt(&policy).expect(UNREADABLE);
        }
        self.policy = policy;
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The earliest deadline of all tasks.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.tasks.iter().filter_map(Task::next_deadline).min()
    }

    /// The outputs since the last call, in order.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        take(&mut self.batch.outputs)
    }

    pub fn take_observations(&mut self) -> Vec<Observation> {
        take(&mut self.batch.observations)
    }

    pub fn take_undeliverable(&mut self) -> Vec<Undeliverable> {
        take(&mut self.batch.undeliverable)
    }

    pub fn get(&self, key: &EntityKey) -> Option<Entity> {
        self.tasks[task_of(key, self.partitions) as usize].get(key)
    }

    /// How many entities all tasks hold.
    pub fn entities(&self) -> usize {
        self.tasks.iter().map(Task::entities).sum()
    }

    fn safe(&self) -> Option<Timestamp> {
        self.withheld.unwrap_or(Some(self.now))
    }

    /// Fires the first entity of all tasks that may fire now, and everything that follows from it.
    fn fire_next(&mut self) -> bool {
        let (now, safe) = (self.now, self.safe());
        let (policy, catalogue, privacy) =
            (Arc::clone(&self.policy), Arc::clone(&self.catalogue), Arc::clone(&self.privacy));
        let world = World { policy: &policy, catalogue: &catalogue, privacy: &privacy };
        let mut first = None;
        for (index, task) in self.tasks.iter_mut().enumerate() {
            task.set_clock(now, safe);
            let Some(due) = task.next_due(world) else { continue };
            if first.as_ref().is_none_or(|(_, earliest)| due.is_before(earliest)) {
                first = Some((index, due));
            }
        }
        let Some((index, due)) = first else { return false };
        let messages = self.tasks[index].fire_one(due, world, &mut self.batch).expect(UNREADABLE);
        self.drain(messages);
        true
    }

    fn drain(&mut self, messages: Vec<Envelope>) {
        let (now, safe) = (self.now, self.safe());
        let (policy, catalogue, privacy) =
            (Arc::clone(&self.policy), Arc::clone(&self.catalogue), Arc::clone(&self.privacy));
        let world = World { policy: &policy, catalogue: &catalogue, privacy: &privacy };
        let mut queue = VecDeque::from(messages);
        while let Some(envelope) = queue.pop_front() {
            let task = &mut self.tasks[task_of(&envelope.to, self.partitions) as usize];
            task.set_clock(now, safe);
            queue.extend(task.handle_one(envelope, world, &mut self.batch).expect(UNREADABLE));
        }
        for task in &mut self.tasks {
            task.changes();
            task.committed();
        }
    }
}
