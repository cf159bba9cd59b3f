//! Passing over deadlines that stay where they are.
//!
//! A deadline that was fired moves, so firing always takes the first one. Two cases leave it in place: patience without
//! a safe time, and suspicion while the clock is held. A sweep meets each entry once, then rests for a while.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::events::{Millis, Timestamp};
use crate::recovery::EntityKey;

/// The earliest deadline of every entity that has one, in firing order.
pub(super) type Deadlines = BTreeSet<(Timestamp, EntityKey)>;

/// Gives an entity another earliest deadline.
pub(super) fn reindex(deadlines: &mut Deadlines, key: EntityKey, before: Option<Timestamp>, next: Option<Timestamp>) {
    if before == next {
        return;
    }
    let mut key = key;
    if let Some(before) = before {
        let entry = (before, key);
        deadlines.remove(&entry);
        key = entry.1;
    }
    if let Some(next) = next {
        deadlines.insert((next, key));
    }
}

/// A sweep does not begin again sooner than this, whatever the policy says.
const SHORTEST_REST: Millis = Millis::seconds(1);

/// Where a pass over the deadlines has come to. An entity has only its earliest deadline in the list, which may hide a
/// later one: so passes repeat, and what they do must be harmless when done twice.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    began: Option<Timestamp>,
    last: Option<(Timestamp, EntityKey)>,
}

impl Sweep {
    /// Begins another pass when the last one began more than `rest` ago.
    pub(super) fn repeat_after(&mut self, rest: Millis, now: Timestamp) {
        let is_over = self.began.is_none_or(|began| now - began > rest.max(SHORTEST_REST));
        if is_over {
            *self = Self { began: Some(now), last: None };
        }
    }

    /// The next entry that is strictly earlier than `before`. New deadlines lie at or after the clock, so a pass that
    /// stays behind the clock misses none.
    pub(super) fn next<'a>(&self, deadlines: &'a Deadlines, before: Timestamp) -> Option<&'a (Timestamp, EntityKey)> {
        let start = self.last.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        deadlines.range((start, Bound::Unbounded)).next().filter(|(deadline, _)| *deadline < before)
    }

    pub(super) fn passed(&mut self, deadline: Timestamp, key: EntityKey) {
        self.last = Some((deadline, key));
    }

    /// Forgets the pass: the next one begins at once.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000).unwrap()
    }

    fn pass(sweep: &mut Sweep, deadlines: &Deadlines, now: Timestamp) -> Vec<String> {
        let mut met = Vec::new();
        while let Some((deadline, key)) = sweep.next(deadlines, now).cloned() {
            met.push(key.to_string());
            sweep.passed(deadline, key);
        }
        met
    }

    #[test]
    fn a_pass_meets_each_entry_once_and_begins_again_after_its_rest() {
        let key = EntityKey::customer;
        let mut deadlines = Deadlines::from([(at(1), key("a")), (at(2), key("b")), (at(50), key("later"))]);
        let mut sweep = Sweep::default();
        sweep.repeat_after(Millis::seconds(30), at(10));
        assert_eq!(pass(&mut sweep, &deadlines, at(10)), ["c:a", "c:b"]);

        deadlines.insert((at(10), key("born_now")));
        sweep.repeat_after(Millis::seconds(30), at(11));
        assert_eq!(pass(&mut sweep, &deadlines, at(11)), ["c:born_now"]);

        sweep.repeat_after(Millis::seconds(30), at(41));
        assert_eq!(pass(&mut sweep, &deadlines, at(41)), ["c:a", "c:b", "c:born_now"]);
    }

    #[test]
    fn without_a_rest_the_same_moment_still_has_one_pass() {
        let deadlines = Deadlines::from([(at(1), EntityKey::customer("a"))]);
        let mut sweep = Sweep::default();
        sweep.repeat_after(Millis::ZERO, at(10));
        assert_eq!(pass(&mut sweep, &deadlines, at(10)), ["c:a"]);
        sweep.repeat_after(Millis::ZERO, at(10));
        assert!(pass(&mut sweep, &deadlines, at(10)).is_empty());
    }
}
