//! One cause at one owner: the failures that count, and how far its insight has come.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::report::Failing;
use crate::events::{Cause, Millis, Timestamp, ids};
use crate::policy::InsightPolicy;
use crate::recovery::EntityKey;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    pub cause: Cause,
    /// Of the report that came last.
    pub touchpoint: Option<String>,
    pub item_name: Option<String>,
    pub modifier_name: Option<String>,
    /// Sorted; an incident counts once.
    pub counted: Vec<Counted>,
    /// How many insights there were about it.
    pub ordinal: u32,
    pub open: Option<Open>,
    /// Failures up to then belong to an insight that is over.
    pub since: Option<Timestamp>,
    /// Identities of the answers that were handled.
    pub answers: Vec<String>,
}

/// The order of the fields is the order in which failures are kept and forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Counted {
    pub at: Timestamp,
    pub incident: Uuid,
    pub guest: u64,
}

/// An insight that was told and is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    pub revision: i64,
    /// The count that was told last.
    pub told: i64,
    pub mass_event: bool,
}

/// What the window shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    pub failures: i64,
    pub guests: i64,
    pub from: Timestamp,
    pub to: Timestamp,
    /// The first failure of them.
    pub first_at: Option<Timestamp>,
}

impl Track {
    pub fn new(cause: Cause) -> Self {
        Self {
            cause,
            touchpoint: None,
            item_name: None,
            modifier_name: None,
            counted: Vec::new(),
            ordinal: 0,
            open: None,
            since: None,
            answers: Vec::new(),
        }
    }

    pub fn count(&mut self, counted: Counted, failing: &Failing) {
        let place = self.counted.partition_point(|other| *other < counted);
        self.counted.insert(place, counted);
        self.touchpoint.clone_from(&failing.touchpoint);
        self.item_name = failing.item_name.clone().or(self.item_name.take());
        self.modifier_name = failing.modifier_name.clone().or(self.modifier_name.take());
    }

    pub fn take_back(&mut self, incident: Uuid) {
        self.counted.retain(|counted| counted.incident != incident);
    }

    /// The id of its insight: the one that is open, else the last one.
    pub fn insight_id(&self, key: &EntityKey) -> Option<String> {
        (self.ordinal > 0).then(|| ids::insight(key.as_str(), &self.cause, self.ordinal))
    }

    /// Failures that no insight has dealt with.
    fn alive(&self) -> &[Counted] {
        let first = self.since.map_or(0, |since| self.counted.partition_point(|counted| counted.at <= since));
        &self.counted[first..]
    }

    /// When the `n`-th newest of them happened, from 0.
    fn newest(&self, n: usize) -> Option<Timestamp> {
        self.alive().iter().rev().nth(n).map(|counted| counted.at)
    }

    /// When so few failures are left that the rate has fallen.
    pub fn resolves_at(&self, policy: &InsightPolicy, handled_at: Timestamp) -> Timestamp {
        let one_too_many = self.newest(policy.resolve_at as usize);
        one_too_many.map_or(handled_at, |at| handled_at.max(at + policy.resolve_after))
    }

    pub fn within(&self, policy: &InsightPolicy, now: Timestamp) -> Count {
        let after_the_last = self.since.map(|since| since + Millis(1));
        let from = (now - policy.window).max(after_the_last.unwrap_or(Timestamp::MIN));
        let counted = &self.counted[self.counted.partition_point(|counted| counted.at < from)..];
        let guests: BTreeSet<u64> = counted.iter().map(|counted| counted.guest).collect();
        Count {
            failures: counted.len() as i64,
            guests: guests.len() as i64,
            from: from.min(now),
            to: counted.last().map_or(now, |last| last.at.max(now)), // clocks of two instances differ a little
            first_at: counted.first().map(|first| first.at),
        }
    }

    /// Incidents of the window, the newest first.
    pub fn examples(&self, count: &Count, most: usize) -> Vec<String> {
        let within = self.counted.iter().rev().take_while(|counted| counted.at >= count.from);
        within.take(most).map(|counted| counted.incident.to_string()).collect()
    }

    /// Many different guests within a short time, at any time of the window.
    pub fn is_mass_event(&self, policy: &InsightPolicy, count: &Count) -> bool {
        let most = policy.mass_guests as usize;
        if usize::try_from(count.guests).is_ok_and(|guests| guests < most) {
            return false;
        }
        let within = &self.counted[self.counted.partition_point(|counted| counted.at < count.from)..];
        let mut first = 0;
        let mut present: BTreeMap<u64, usize> = BTreeMap::new();
        for counted in within {
            *present.entry(counted.guest).or_default() += 1;
            while within[first].at < counted.at - policy.mass_window {
                let gone = within[first].guest;
                let left = present.get(&gone).map_or(0, |count| count - 1);
                if left == 0 {
                    present.remove(&gone);
                } else {
                    present.insert(gone, left);
                }
                first += 1;
            }
            if present.len() >= most {
                return true;
            }
        }
        false
    }

    /// When the next failure can make no difference any more, or the whole cause.
    pub fn forget_at(&self, keep: Millis) -> Option<Timestamp> {
        let of_counted = self.counted.first().map(|counted| counted.at + keep);
        let of_answer = self.since.filter(|_| self.open.is_none()).map(|since| since + keep);
        of_counted.into_iter().chain(of_answer).min()
    }

    /// Lets go of what happened at such a time.
    pub fn forget(&mut self, is_past: impl Fn(Timestamp) -> bool) {
        let gone = self.counted.partition_point(|counted| is_past(counted.at));
        self.counted.drain(..gone);
        if self.open.is_none() && self.since.is_some_and(is_past) {
            self.since = None;
            self.answers.clear();
        }
    }

    /// Nothing counts, nothing is open, and nothing needs to be told apart.
    pub fn is_idle(&self) -> bool {
        self.counted.is_empty() && self.open.is_none() && self.since.is_none()
    }
}
