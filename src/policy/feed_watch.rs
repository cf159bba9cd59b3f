//! When it is believed that the news has stopped, and not the kitchen.

use crate::events::{Authority, Millis};

#[derive(Debug, Clone)]
pub struct FeedWatchPolicy {
    /// So many orders in a row of which nothing was heard, ...
    pub orders: u32,
    /// ... for at least this long, ...
    pub silent_for: Millis,
    /// ... and for this many times as long as it usually takes until the next one is confirmed.
    pub gaps: u32,
    /// What was held up on its way may come within this time after the first word.
    pub catch_up: Millis,
    /// Who is called.
    pub authority: Authority,
}
