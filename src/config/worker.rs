//! `[worker]`: threads and transactions.

use std::time::Duration;

use serde::Deserialize;

use super::Problems;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorkerConfig {
    /// OS threads, each with a consumer, a producer and its tasks. Default: one per core, at most four.
    pub threads: u32,
    /// A transaction is committed at the latest after this time,
    pub commit_interval_ms: u64,
    /// or when nothing more comes and this time has passed,
    pub idle_ms: u64,
    /// or after this many records and deadlines,
    pub max_events: usize,
    /// or this many bytes of records.
    pub max_bytes: usize,
    /// On SIGTERM the work in hand is finished within this time.
    pub shutdown_ms: u64,
    /// This many rebuilds of one worker
    pub max_rebuilds: usize,
    /// within this time end the process.
    pub rebuild_window_ms: u64,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            threads: cores.min(4) as u32,
            commit_interval_ms: 100,
            idle_ms: 20,
            max_events: 10_000,
            max_bytes: 16 * 1024 * 1024,
            shutdown_ms: 15_000,
            max_rebuilds: 10,
            rebuild_window_ms: 300_000,
        }
    }
}

impl WorkerConfig {
    pub fn commit_interval(&self) -> Duration {
        Duration::from_millis(self.commit_interval_ms)
    }
    pub fn idle(&self) -> Duration {
        Duration::from_millis(self.idle_ms)
    }
    pub fn shutdown(&self) -> Duration {
        Duration::from_millis(self.shutdown_ms)
    }
    pub fn rebuild_window(&self) -> Duration {
        Duration::from_millis(self.rebuild_window_ms)
    }

    pub(super) fn validate(&self, problems: &mut Problems) {
        problems.check_range("worker.threads", self.threads, 1..=256);
        problems.check_range("worker.commit_interval_ms", self.commit_interval_ms, 1..=5_000);
        problems.check_range("worker.idle_ms", self.idle_ms, 1..=1_000);
        problems.check_range("worker.max_events", self.max_events, 1..=1_000_000);
        problems.check_range("worker.max_bytes", self.max_bytes, 1_024..=1_073_741_824);
        problems.check_range("worker.shutdown_ms", self.shutdown_ms, 1_000..=600_000);
        problems.check_range("worker.max_rebuilds", self.max_rebuilds, 1..=10_000);
        problems.check_range("worker.rebuild_window_ms", self.rebuild_window_ms, 1_000..=86_400_000);
    }
}
