//! How many orders a site has about now: counted by when they are due, never kept one by one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::events::{Millis, Timestamp};

/// By the moment at which each step of time begins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Orders(BTreeMap<Timestamp, u32>);

/// As many steps as the time that counts is divided into.
const STEPS: i64 = 60;
const SHORTEST_STEP: Millis = Millis::minutes(1);
/// Orders that are due after the time that counts: one step of their own each hour.
const FAR_STEP: Millis = Millis::hours(1);
/// Nothing is counted that is due later than this.
const FARTHEST: Millis = Millis::days(60);

impl Orders {
    /// `weight`: it stands for so many.
    pub fn add(&mut self, due: Timestamp, weight: u32, now: Timestamp, within: Millis) {
        if due <= now - within || due > now + FARTHEST {
            return;
        }
        let near_step = Millis(within.0 / STEPS).max(SHORTEST_STEP);
        // an order of later counts for the end of its hour, never before it is near
        let is_near = due <= now + within;
        let (step, ahead) = if is_near { (near_step, 0) } else { (FAR_STEP, FAR_STEP.0) };
        let begins = due.as_millis().div_euclid(step.0) * step.0 + ahead;
        let begins = Timestamp::from_millis(begins).unwrap_or(due);
        let count = self.0.entry(begins).or_default();
        *count = count.saturating_add(weight);
        self.forget(now, within);
    }

    /// Orders due less than `within` before or after now.
    pub fn about(&self, now: Timestamp, within: Millis) -> u32 {
        self.0.range(now - within..=now + within).fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    pub fn forget(&mut self, now: Timestamp, within: Millis) {
        self.0 = self.0.split_off(&(now - within));
    }

    /// When the last of them counts no more.
    pub fn forget_at(&self, within: Millis) -> Option<Timestamp> {
        self.0.keys().next_back().map(|last| *last + within)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(1_750_000_000_000).unwrap() + Millis::minutes(minutes)
    }

    #[test]
    fn only_orders_about_now_count_and_memory_is_bounded() {
        let within = Millis::hours(2);
        let mut orders = Orders::default();
        for minute in 0..20_000 {
            orders.add(at(minute), 3, at(0), within);
        }
        let about = orders.about(at(0), within);
        assert!((350..=370).contains(&about), "{about}");
        assert!(orders.0.len() < 500, "{}", orders.0.len());
        orders.add(at(600), 1, at(600), within);
        assert!(orders.0.keys().all(|step| *step >= at(479)), "what is over is forgotten");
    }
}
