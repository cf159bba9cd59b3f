//! When so many guests fail of one cause at once that gestures wait.

use super::Amounts;
use crate::events::{Authority, Millis};

#[derive(Debug, Clone)]
pub struct BreakerPolicy {
    /// Of the orders that are open or recent, in percent.
    pub share_percent: i64,
    /// And at least this many guests.
    pub least: u32,
    /// Failures within this time are counted together.
    pub window: Millis,
    /// It is over when fewer than `least` have failed within the window for this long.
    pub cool_down: Millis,
    /// An order is open or recent when it is due (else placed) within this time, before or after.
    pub orders_within: Millis,
    /// Orders are counted by one in this many.
    pub sample: u32,
    /// What everybody who waited gets afterwards is worth at most this, by currency.
    pub equal: Amounts,
    /// Who is called.
    pub authority: Authority,
}
