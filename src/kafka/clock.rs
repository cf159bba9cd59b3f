//! The wall clock: the only place below the command line that reads it.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::events::Timestamp;

/// The present moment.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(millis).unwrap_or(Timestamp::MAX)
}
