//! Safe time: a moment up to which everything that was written has been handled, as the group's own offsets prove.
//!
//! A round notes the clock and where the inputs end, waits until the group has committed that far, and then follows
//! what was forwarded: the mailbox as often as an input may be passed on. Pure: it is fed with offsets, and asks for
//! more. An end that no commit reaches (a dead member, an open transaction, a slow forwarder) simply holds it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::topology::{Offsets, Partition};
use crate::events::Timestamp;
use crate::recovery::MAX_HOPS;

/// One proof under way.
#[derive(Debug)]
pub struct Round {
    started: Timestamp,
    /// Ends that the group has to reach.
    goal: Offsets,
    /// How often the mailbox was followed; 0 while the inputs are waited for.
    hops: u8,
    /// The mailbox did not grow while all of it was handled: nothing is on its way.
    quiet: bool,
}

/// What a round needs next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Committed offsets again, a little later.
    Wait(Held),
    /// The present ends of the mailbox.
    FollowMailbox,
    /// Everything written before this moment has been handled.
    Proven(Timestamp),
}

/// The partition that is furthest behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub partition: Partition,
    /// Offsets still to be committed.
    pub missing: i64,
}

impl Round {
    /// `now` was read before `ends`, the read-uncommitted ends of all partitions of all inputs, were asked for.
    pub fn begin(now: Timestamp, ends: Offsets) -> Self {
        Self { started: now, goal: ends, hops: 0, quiet: false }
    }

    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// The partitions whose committed offsets are needed.
    pub fn waits_for(&self) -> impl Iterator<Item = Partition> {
        self.goal.keys().copied()
    }

    /// How many offsets each partition is behind.
    pub fn lags(&self, committed: &Offsets) -> impl Iterator<Item = (Partition, i64)> {
        self.goal.iter().map(|(partition, end)| {
            let lag = end - committed.get(partition).copied().unwrap_or(0);
            (*partition, lag.max(0))
        })
    }

    /// `committed` are the group's offsets, asked for after the ends. What was never committed is not in it.
    pub fn observe(&self, committed: &Offsets) -> Step {
        let behind = |(partition, end): (&Partition, &i64)| {
            let missing = end - committed.get(partition).copied().unwrap_or(-1);
            (missing > 0).then_some(Held { partition: *partition, missing })
        };
        match self.goal.iter().filter_map(behind).max_by_key(|held| held.missing) {
            Some(held) => Step::Wait(held),
            None if self.quiet || self.hops >= MAX_HOPS => Step::Proven(self.started),
            None => Step::FollowMailbox,
        }
    }

    /// The read-uncommitted ends of the mailbox, asked for after `observe` said so.
    pub fn follow(&mut self, ends: Offsets) {
        self.quiet = self.hops > 0 && ends == self.goal;
        self.goal = ends;
        self.hops += 1;
    }
}

/// The safe time as the workers of this process see it.
#[derive(Debug, Default)]
pub struct SafeClock {
    state: Mutex<(u64, Option<Timestamp>)>,
}

impl SafeClock {
    /// `None`: not known since the last assignment.
    pub fn get(&self) -> Option<Timestamp> {
        self.lock().1
    }

    /// Counts assignments: a round that began in an earlier one proves nothing for this one.
    pub fn generation(&self) -> u64 {
        self.lock().0
    }

    /// A worker was given partitions.
    pub fn reset(&self) {
        let mut state = self.lock();
        *state = (state.0 + 1, None);
    }

    /// A round that began in `generation` has proven `safe`. Returns whether it still counts.
    pub fn set(&self, generation: u64, safe: Timestamp) -> bool {
        let mut state = self.lock();
        if state.0 == generation {
            state.1 = Some(safe);
        }
        state.0 == generation
    }

    fn lock(&self) -> MutexGuard<'_, (u64, Option<Timestamp>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: Partition = Partition { topic: 2, number: 0 };
    const DELAYS: Partition = Partition { topic: 3, number: 0 };
    const MAIL: Partition = Partition { topic: 0, number: 0 };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    fn offsets<const N: usize>(offsets: [(Partition, i64); N]) -> Offsets {
        Offsets::from(offsets)
    }

    fn held(partition: Partition, missing: i64) -> Step {
        Step::Wait(Held { partition, missing })
    }

    #[test]
    fn silence_everywhere_is_proven_with_two_looks_at_the_mailbox() {
        let mut round = Round::begin(at(1_000), offsets([(ORDERS, 5), (DELAYS, 0)]));
        assert_eq!(round.observe(&offsets([(ORDERS, 5), (DELAYS, 0)])), Step::FollowMailbox);
        round.follow(offsets([(MAIL, 7)]));
        assert_eq!(round.observe(&offsets([(MAIL, 7)])), Step::FollowMailbox);
        round.follow(offsets([(MAIL, 7)]));
        assert_eq!(round.observe(&offsets([(MAIL, 7)])), Step::Proven(at(1_000)));
    }

    #[test]
    fn the_partition_that_is_furthest_behind_holds_the_clock() {
        let round = Round::begin(at(1_000), offsets([(ORDERS, 5), (DELAYS, 9)]));
        assert_eq!(round.observe(&offsets([(ORDERS, 4), (DELAYS, 2)])), held(DELAYS, 7));
        assert_eq!(round.observe(&offsets([(ORDERS, 4), (DELAYS, 9)])), held(ORDERS, 1));
    }

    #[test]
    fn a_partition_that_nobody_ever_committed_holds_the_clock_even_when_it_is_empty() {
        let round = Round::begin(at(1_000), offsets([(ORDERS, 0)]));
        assert_eq!(round.observe(&offsets([])), held(ORDERS, 1));
        assert_eq!(round.observe(&offsets([(ORDERS, 0)])), Step::FollowMailbox);
    }

    #[test]
    fn what_was_forwarded_is_followed_hop_by_hop_and_no_further() {
        let mut round = Round::begin(at(1_000), offsets([(ORDERS, 1)]));
        assert_eq!(round.observe(&offsets([(ORDERS, 1)])), Step::FollowMailbox);
        for hop in 1..=i64::from(MAX_HOPS) {
            round.follow(offsets([(MAIL, hop)]));
            assert_eq!(round.observe(&offsets([(MAIL, hop - 1)])), held(MAIL, 1));
            let step = round.observe(&offsets([(MAIL, hop)]));
            let last = hop == i64::from(MAX_HOPS);
            assert_eq!(step, if last { Step::Proven(at(1_000)) } else { Step::FollowMailbox });
        }
    }

    #[test]
    fn an_equal_mailbox_proves_nothing_before_all_of_it_was_handled() {
        let mut round = Round::begin(at(1_000), offsets([(MAIL, 7)]));
        round.follow(offsets([(MAIL, 7)]));
        assert_eq!(round.observe(&offsets([(MAIL, 6)])), held(MAIL, 1));
        assert_eq!(round.observe(&offsets([(MAIL, 7)])), Step::FollowMailbox);
    }

    #[test]
    fn a_proof_from_before_an_assignment_does_not_count() {
        let clock = SafeClock::default();
        let before = clock.generation();
        assert!(clock.set(before, at(1)));
        clock.reset();
        assert_eq!(clock.get(), None);
        assert!(!clock.set(before, at(2)));
        assert_eq!(clock.get(), None);
        assert!(clock.set(clock.generation(), at(3)));
        assert_eq!(clock.get(), Some(at(3)));
    }
}
