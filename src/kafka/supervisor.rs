//! Starts the threads of a process and keeps the workers alive: what a new client can heal is healed, a few times;
//! what a person has to decide, or what happens again and again, ends the process.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tracing::{error, warn};

use super::errors::WorkerError;
use super::service::Service;
use super::worker::Worker;
use super::{catalogue, clock_keeper, purge, schema_keeper};
use crate::policy::Policy;
use crate::telemetry::WorkerPhase;

/// Between the end of a worker's life and its next.
const REBUILD_PAUSE: Duration = Duration::from_secs(1);

/// Between two signs of life of a worker that waits for the catalogue.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// What a thread beside the workers does.
type Helper = fn(&Arc<Service>);

/// The threads of a running service.
#[derive(Debug)]
pub struct Running {
    service: Arc<Service>,
    threads: Vec<JoinHandle<()>>,
    failures: UnboundedReceiver<String>,
}

/// Starts all workers, the clock, the purger, the reader of the catalogue and the keeper of schemas.
pub fn start(service: Arc<Service>) -> io::Result<Running> {
    let (failed, failures) = unbounded_channel();
    let mut threads = Vec::new();
    for index in 0..service.config.worker.threads as usize {
        service.health.set_phase(index, WorkerPhase::Starting);
        let life = Life { service: Arc::clone(&service), index, failed: failed.clone() };
        threads.push(thread::Builder::new().name(format!("worker-{index}")).spawn(move || life.live())?);
    }
    let helpers: [(&str, Helper); 4] = [
        ("clock", clock_keeper::run),
        ("purge", purge::run),
        ("catalogue", catalogue::run),
        ("schemas", schema_keeper::run),
    ];
    for (name, run) in helpers {
        let guard = PanicGuard { name: name.to_owned(), failed: failed.clone() };
        let service = Arc::clone(&service);
        threads.push(thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _guard = guard;
            run(&service);
        })?);
    }
    Ok(Running { service, threads, failures })
}

impl Running {
    /// Waits for something that the process cannot go on with.
    pub async fn failure(&mut self) -> String {
        self.failures.recv().await.unwrap_or_else(|| "all workers have ended".to_owned())
    }

    /// To put another policy in force while it runs.
    pub fn reloader(&self) -> Reloader {
        Reloader { service: Arc::clone(&self.service) }
    }

    /// Lets every thread finish what it has in hand. Returns whether all did in time.
    pub fn stop(self) -> bool {
        let patience = self.service.config.worker.shutdown();
        self.service.health.set_stopping();
        self.service.stop.request(patience);
        let deadline = Instant::now() + patience;
        while self.threads.iter().any(|thread| !thread.is_finished()) {
            if Instant::now() >= deadline {
                return false;
            }
            // joining has no timeout
            thread::sleep(Duration::from_millis(5));
        }
        true
    }
}

/// Puts another policy in force.
#[derive(Debug, Clone)]
pub struct Reloader {
    service: Arc<Service>,
}

impl Reloader {
    /// Every worker decides by it from its next transaction on.
    pub fn set_policy(&self, policy: Arc<Policy>) {
        self.service.rules.set_policy(policy);
        let items = self.service.rules.get().catalogue.items().count();
        self.service.metrics.catalogue_items.set(items as i64);
    }
}

/// The successive workers of one thread.
struct Life {
    service: Arc<Service>,
    index: usize,
    failed: UnboundedSender<String>,
}

impl Life {
    fn live(self) {
        let _guard = PanicGuard { name: format!("worker {}", self.index), failed: self.failed.clone() };
        // nothing may be decided by half a catalogue
        while !self.service.rules.wait_whole(SIGN_OF_LIFE) {
            if self.service.stop.requested() {
                return;
            }
            self.service.health.beat(self.index);
        }
        let config = &self.service.config.worker;
        let mut rebuilds = Rebuilds::new(config.max_rebuilds, config.rebuild_window());
        loop {
            let ended = Worker::start(&self.service, self.index).and_then(|mut worker| worker.run());
            let Err(error) = ended else { return };
            if self.service.stop.requested() {
                warn!(worker = self.index, %error, "the worker ended with an error while stopping");
                return;
            }
            if error.needs_a_person() {
                return self.give_up(&error);
            }
            warn!(worker = self.index, %error, "the worker is made anew");
            self.service.metrics.rebuilds.with_label_values(&["worker"]).inc();
            self.service.health.set_phase(self.index, WorkerPhase::Rebuilding);
            if !rebuilds.may_go_on(Instant::now()) {
                return self.give_up(&error);
            }
            self.service.stop.wait(REBUILD_PAUSE);
        }
    }

    fn give_up(&self, error: &WorkerError) {
        error!(worker = self.index, %error, "the worker cannot go on");
        // nobody listens any more when the process is stopping already
        let _ = self.failed.send(format!("worker {}: {error}", self.index));
    }
}

/// Tells when a thread panics, which is always a bug.
struct PanicGuard {
    name: String,
    failed: UnboundedSender<String>,
}

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.failed.send(format!("{} panicked: this is a bug, please report it with the log", self.name));
        }
    }
}

/// How often a worker was made anew lately.
#[derive(Debug)]
struct Rebuilds {
    max: usize,
    window: Duration,
    times: VecDeque<Instant>,
}

impl Rebuilds {
    fn new(max: usize, window: Duration) -> Self {
        Self { max, window, times: VecDeque::new() }
    }

    /// Counts one more. Too many within the window mean that it does not help.
    fn may_go_on(&mut self, now: Instant) -> bool {
        self.times.push_back(now);
        while self.times.front().is_some_and(|first| now.duration_since(*first) > self.window) {
            self.times.pop_front();
        }
        self.times.len() <= self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_rebuilds_within_the_window_end_the_process_and_old_ones_do_not_count() {
        let mut rebuilds = Rebuilds::new(2, Duration::from_secs(60));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(rebuilds.may_go_on(at(0)));
        assert!(rebuilds.may_go_on(at(10)));
        assert!(!rebuilds.may_go_on(at(20)));
        assert!(rebuilds.may_go_on(at(75)));
    }
}
