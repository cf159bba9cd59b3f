//! Waiting for conditions, with a deadline and a message that says what was waited for.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const PACE: Duration = Duration::from_millis(20);

pub fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Asks until there is an answer. Panics after `limit`, naming `what` never came.
#[track_caller]
pub fn eventually<T>(limit: Duration, what: &str, ask: impl FnMut() -> Option<T>) -> T {
    match within(limit, ask) {
        Some(answer) => answer,
        None => panic!("waited {limit:?} in vain for {what}"),
    }
}

/// Asks until there is an answer, for as long as `limit`.
pub fn within<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        let answer = ask();
        if answer.is_some() || started.elapsed() >= limit {
            return answer;
        }
        std::thread::sleep(PACE);
    }
}

/// As [`eventually`], for a plain condition.
#[track_caller]
pub fn until(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    eventually(limit, what, || condition().then_some(()));
}

/// Asks for as long as `span`, and panics as soon as the condition does not hold: for what must *not* happen.
#[track_caller]
pub fn throughout(span: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while started.elapsed() < span {
        assert!(condition(), "after {:?} it no longer held that {what}", started.elapsed());
        std::thread::sleep(PACE);
    }
}

/// Held by tests that measure seconds: meanwhile no other such test runs.
pub fn quiet_machine() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
