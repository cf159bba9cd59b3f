//! Whether the service is alive and ready, and what it is doing: written by the workers, read by the HTTP pages.
//!
//! Alive: every worker has gone round its loop lately. Ready: every worker is in the group, has its tasks in memory,
//! no partition was stopped, and the catalogue was read whole.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::events::{Millis, Timestamp};

/// A worker that has not gone round its loop for this long is stuck: the longest single wait is far shorter.
const STUCK_AFTER: Duration = Duration::from_secs(60);

/// A cheap handle; all clones speak of the same service.
#[derive(Debug, Clone, Default)]
pub struct Health {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Set while the process is coming up or going down.
    trouble: Option<String>,
    workers: BTreeMap<usize, WorkerHealth>,
    /// `None` where it is on no topic.
    catalogue: Option<CatalogueHealth>,
    catalogue_is_whole: bool,
    clock_lag: Option<Millis>,
    safe: Option<Timestamp>,
    clock_holder: Option<String>,
    /// What waits for a schema registry that does not answer.
    registry: Option<String>,
    stopping: bool,
}

/// What a worker last said of itself.
#[derive(Debug, Clone)]
pub struct WorkerHealth {
    pub phase: WorkerPhase,
    pub seen: Instant,
    /// Tasks it owns and that are in memory.
    pub tasks: usize,
    pub restoring: Vec<u32>,
    /// Partitions that were stopped, and why.
    pub stopped: Vec<String>,
    pub entities: usize,
}

/// How far the catalogue topic is read.
#[derive(Debug, Clone, Default)]
pub struct CatalogueHealth {
    pub topic: String,
    /// Items listed, those of the policy among them.
    pub items: usize,
    /// Items whose last record cannot be read.
    pub unreadable: usize,
    /// Offsets still to read before it may be used; `None` once it is whole.
    pub remaining: Option<i64>,
    /// Why it is not followed right now.
    pub trouble: Option<String>,
}

impl CatalogueHealth {
    pub fn new(topic: &str) -> Self {
        Self { topic: topic.to_owned(), ..Self::default() }
    }

    /// Why nothing can be decided yet.
    fn reason(&self) -> String {
        match (&self.trouble, self.remaining) {
            (Some(trouble), _) => format!("the catalogue is not read yet: {trouble}"),
            (None, Some(remaining)) => {
                format!("the catalogue is being read from {}: {remaining} records to go", self.topic)
            }
            (None, None) => "the catalogue is not read yet".to_owned(),
        }
    }
}

impl Default for WorkerHealth {
    fn default() -> Self {
        Self {
            phase: WorkerPhase::Starting,
            seen: Instant::now(),
            tasks: 0,
            restoring: Vec::new(),
            stopped: Vec::new(),
            entities: 0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerPhase {
    /// Waiting for the brokers or for its first assignment.
    Starting,
    Running,
    /// Its clients failed for good and are made anew.
    Rebuilding,
}

impl WorkerPhase {
    const fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Rebuilding => "rebuilding",
        }
    }
}

impl Health {
    /// `Err` says what is stuck: the process should be restarted.
    pub fn live(&self) -> Result<(), String> {
        let state = self.lock();
        let stuck = state.workers.iter().find(|(_, worker)| worker.seen.elapsed() > STUCK_AFTER);
        match stuck {
            Some((index, worker)) if !state.stopping => {
                Err(format!("worker {index} has been stuck for {} s", worker.seen.elapsed().as_secs()))
            }
            _ => Ok(()),
        }
    }

    /// `Err` lists what is still missing.
    pub fn ready(&self) -> Result<(), String> {
        let state = self.lock();
        let mut reasons: Vec<String> = state.trouble.iter().chain(&state.registry).cloned().collect();
        if state.stopping {
            reasons.push("shutting down".to_owned());
        } else if state.workers.is_empty() {
            reasons.push("the workers have not started yet".to_owned());
        }
        let unread = state.catalogue.iter().filter(|_| !state.catalogue_is_whole);
        reasons.extend(unread.map(CatalogueHealth::reason));
        for (index, worker) in &state.workers {
            match worker.phase {
                WorkerPhase::Starting => reasons.push(format!("worker {index} waits for its partitions")),
                WorkerPhase::Rebuilding => reasons.push(format!("worker {index} is being rebuilt")),
                WorkerPhase::Running if !worker.restoring.is_empty() => {
                    reasons.push(format!("worker {index} restores tasks {:?}", worker.restoring));
                }
                WorkerPhase::Running => {}
            }
            reasons.extend(worker.stopped.iter().cloned());
        }
        if reasons.is_empty() { Ok(()) } else { Err(reasons.join("; ")) }
    }

    /// For the status page.
    pub fn status(&self) -> Value {
        let ready = self.ready();
        let state = self.lock();
        let workers: Vec<Value> = state
            .workers
            .iter()
            .map(|(index, worker)| {
                json!({
                    "worker": index,
                    "phase": worker.phase.name(),
                    "tasks": worker.tasks,
                    "restoring": worker.restoring,
                    "stopped": worker.stopped,
                    "entities": worker.entities,
                })
            })
            .collect();
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "ready": ready.is_ok(),
            "reason": ready.err(),
            "safe_time": state.safe,
            "clock_lag_seconds": state.clock_lag.map(|lag| lag.0 as f64 / 1_000.0),
            "clock_held_by": state.clock_holder,
            "catalogue": state.catalogue.as_ref().map(|catalogue| json!({
                "topic": catalogue.topic,
                "items": catalogue.items,
                "unreadable": catalogue.unreadable,
                "remaining": catalogue.remaining,
                "trouble": catalogue.trouble,
            })),
            "workers": workers,
        })
    }

    /// Something outside of the workers that keeps the service from being ready, or `None` when it is over.
    pub fn set_trouble(&self, trouble: Option<String>) {
        self.lock().trouble = trouble;
    }

    /// What waits for a schema registry that does not answer, or `None` when nothing does.
    pub fn set_registry(&self, waiting: Option<String>) {
        self.lock().registry = waiting;
    }

    pub fn set_stopping(&self) {
        self.lock().stopping = true;
    }

    pub fn set_worker(&self, index: usize, worker: WorkerHealth) {
        self.lock().workers.insert(index, worker);
    }

    /// What was read of the catalogue topic. Once it was whole, it is good enough even while it is read again.
    pub fn set_catalogue(&self, catalogue: CatalogueHealth) {
        let mut state = self.lock();
        state.catalogue_is_whole |= catalogue.remaining.is_none();
        state.catalogue = Some(catalogue);
    }

    /// The catalogue topic cannot be followed right now.
    pub fn set_catalogue_trouble(&self, trouble: String) {
        self.lock().catalogue.get_or_insert_default().trouble = Some(trouble);
    }

    /// A sign of life in the middle of something long.
    pub fn beat(&self, index: usize) {
        if let Some(worker) = self.lock().workers.get_mut(&index) {
            worker.seen = Instant::now();
        }
    }

    pub fn set_phase(&self, index: usize, phase: WorkerPhase) {
        let mut state = self.lock();
        let worker = state.workers.entry(index).or_default();
        worker.phase = phase;
        worker.seen = Instant::now();
    }

    /// The safe time, how far the clock is ahead of it, and the partition that holds it.
    pub fn set_clock(&self, safe: Option<Timestamp>, lag: Option<Millis>, holder: Option<String>) {
        let mut state = self.lock();
        state.safe = safe;
        state.clock_lag = lag;
        state.clock_holder = holder;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(restoring: &[u32]) -> WorkerHealth {
        WorkerHealth { phase: WorkerPhase::Running, restoring: restoring.to_vec(), ..WorkerHealth::default() }
    }

    #[test]
    fn it_is_ready_when_every_worker_has_its_tasks_in_memory() {
        let health = Health::default();
        assert_eq!(health.ready(), Err("the workers have not started yet".to_owned()));
        health.set_worker(0, running(&[]));
        health.set_worker(1, running(&[3, 4]));
        assert_eq!(health.ready(), Err("worker 1 restores tasks [3, 4]".to_owned()));
        health.set_worker(1, running(&[]));
        assert_eq!(health.ready(), Ok(()));
        health.set_stopping();
        assert_eq!(health.ready(), Err("shutting down".to_owned()));
    }

    #[test]
    fn it_is_ready_once_the_catalogue_was_read_whole_and_stays_so() {
        let health = Health::default();
        health.set_worker(0, running(&[]));
        health.set_catalogue(CatalogueHealth { remaining: Some(7), ..CatalogueHealth::new("items") });
        assert_eq!(health.ready(), Err("the catalogue is being read from items: 7 records to go".to_owned()));
        health.set_catalogue_trouble("no broker".to_owned());
        assert_eq!(health.ready(), Err("the catalogue is not read yet: no broker".to_owned()));
        health.set_catalogue(CatalogueHealth { items: 3, ..CatalogueHealth::new("items") });
        assert_eq!((health.ready(), &health.status()["catalogue"]["items"]), (Ok(()), &json!(3)));
        health.set_catalogue_trouble("no broker".to_owned());
        health.set_catalogue(CatalogueHealth { remaining: Some(7), ..CatalogueHealth::new("items") });
        assert_eq!(health.ready(), Ok(()));
    }

    #[test]
    fn a_worker_that_does_not_go_round_is_not_alive() {
        let health = Health::default();
        let Some(long_ago) = Instant::now().checked_sub(STUCK_AFTER + Duration::from_secs(1)) else { return };
        health.set_worker(2, WorkerHealth { seen: long_ago, ..running(&[]) });
        assert!(health.live().unwrap_err().starts_with("worker 2 has been stuck"));
        health.beat(2);
        assert_eq!(health.live(), Ok(()));
    }
}
