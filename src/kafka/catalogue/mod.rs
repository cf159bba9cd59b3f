//! The catalogue on its topic: every instance reads the whole of it before it decides anything, and then follows it.
//!
//! One thread of its own reads, outside of the group; workers take what it last found, once a round. While the topic
//! cannot be read the last catalogue stays in force.

mod fold;
mod reader;
mod reports;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

pub use reader::run;

use crate::policy::Catalogue;

/// The catalogue that is in force now.
#[derive(Debug)]
pub struct LiveCatalogue {
    current: RwLock<Arc<Catalogue>>,
    /// Whether it may be used: a catalogue on a topic only once it was read whole.
    whole: Mutex<bool>,
    changed: Condvar,
}

impl LiveCatalogue {
    /// What the policy lists. With `is_whole` there is no topic to read.
    pub fn new(file: Catalogue, is_whole: bool) -> Self {
        Self { current: RwLock::new(Arc::new(file)), whole: Mutex::new(is_whole), changed: Condvar::new() }
    }

    /// One lock and one reference count: meant for once a round, so that a round decides by one catalogue.
    pub fn get(&self) -> Arc<Catalogue> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, catalogue: Arc<Catalogue>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = catalogue;
    }

    fn set_whole(&self) {
        *self.lock() = true;
        self.changed.notify_all();
    }

    /// Lets everybody look whether the process stops.
    fn wake(&self) {
        self.changed.notify_all();
    }

    /// Waits until it may be used, until it is woken for another reason, or for `timeout`. Returns whether it may.
    pub fn wait_whole(&self, timeout: Duration) -> bool {
        let whole = self.lock();
        if *whole {
            return true;
        }
        *self.changed.wait_timeout(whole, timeout).unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_decides_waits_until_it_was_read_whole() {
        assert!(LiveCatalogue::new(Catalogue::default(), true).wait_whole(Duration::ZERO));
        let live = LiveCatalogue::new(Catalogue::default(), false);
        assert!(!live.wait_whole(Duration::from_millis(1)));
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| while !live.wait_whole(Duration::from_secs(60)) {});
            live.wake();
            live.set_whole();
            waiter.join().unwrap();
        });
        assert!(live.wait_whole(Duration::ZERO));
    }
}
