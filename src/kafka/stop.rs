//! The wish to stop, seen by every thread, and the moment by which they must have.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug, Default)]
pub struct Stop {
    /// Set once stopping is wished for.
    deadline: Mutex<Option<Instant>>,
    changed: Condvar,
}

impl Stop {
    /// Asks every thread to finish what it has in hand within `patience`.
    pub fn request(&self, patience: Duration) {
        self.lock().get_or_insert_with(|| Instant::now() + patience);
        self.changed.notify_all();
    }

    pub fn requested(&self) -> bool {
        self.lock().is_some()
    }

    /// No time is left for anything.
    pub fn overdue(&self) -> bool {
        self.lock().is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Waits, but not longer than until a stop is requested. Returns whether it is.
    pub fn wait(&self, timeout: Duration) -> bool {
        let deadline = self.lock();
        let waited = self.changed.wait_timeout_while(deadline, timeout, |deadline| deadline.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_is_woken_and_the_first_deadline_counts() {
        let stop = Stop::default();
        assert!(!stop.wait(Duration::from_millis(1)) && !stop.overdue());
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| stop.wait(Duration::from_secs(60)));
            stop.request(Duration::ZERO);
            assert!(waiter.join().unwrap());
        });
        stop.request(Duration::from_secs(60));
        assert!(stop.requested() && stop.overdue());
    }
}
