//! What a site may give away: its budgets by day and by shift, and whether it gives anything at all.

use jiff::civil::{Date, Time};

use super::{Amounts, SitePolicy};
use crate::events::Timestamp;

#[derive(Debug, Clone)]
pub struct SiteLimits {
    /// Sorted by their start; none at all: only the day counts.
    pub shifts: Vec<Shift>,
    /// Somebody is told when this much of the day's budget is used, in percent.
    pub budget_alarm_percent: i64,
    /// `false`: apologies and remedies only.
    pub gestures: bool,
    /// `false`: what guests bought here is never learned from, and never a reason.
    pub personal: bool,
}

impl Default for SiteLimits {
    fn default() -> Self {
        Self { shifts: Vec::new(), budget_alarm_percent: 80, gestures: true, personal: true }
    }
}

/// It lasts until the next one starts.
#[derive(Debug, Clone)]
pub struct Shift {
    /// Local time.
    pub starts: Time,
    /// What gestures may cost in it, by currency. A missing currency: no limit of its own.
    pub budget: Amounts,
}

impl SitePolicy {
    /// The shift of an instant, and the local date on which it started.
    pub fn shift(&self, at: Timestamp) -> Option<(Date, &Shift)> {
        let local = self.time_zone.to_datetime(at.to_jiff());
        let (date, time) = (local.date(), local.time());
        let shifts = &self.limits.shifts;
        match shifts.iter().rev().find(|shift| shift.starts <= time) {
            Some(shift) => Some((date, shift)),
            // before the first one of today: the last one of yesterday
            None => shifts.last().map(|shift| (date.yesterday().unwrap_or(date), shift)),
        }
    }

    /// Two instants of the same shift.
    pub fn is_same_shift(&self, one: Timestamp, other: Timestamp) -> bool {
        let start = |at| self.shift(at).map(|(date, shift)| (date, shift.starts));
        start(one) == start(other)
    }
}
