//! Many guests hit by one cause at once: their gestures wait, and afterwards all get the same.
//!
//! Each guest tells its failures whole, so that reports may come doubled and in any order. While a cause is open, whoever
//! failed of it waits; it is over when few enough have failed of it for long enough, which follows from what is counted.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::GestureRequest;
use crate::events::{Cause, Timestamp, ids};
use crate::policy::BreakerPolicy;
use crate::recovery::EntityKey;

/// More failures than these, the oldest first, are forgotten: about 120 kB.
const MOST_FAILURES: usize = 4_096;

/// Guest to the watch of a site: what is wrong with one incident now. It takes the place of what was told before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    pub guest: EntityKey,
    pub incident_id: String,
    /// None: it was no failure.
    pub causes: Vec<Cause>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Breaker {
    /// Sorted.
    failures: Vec<Failure>,
    open: Vec<Open>,
    /// In the order in which they asked.
    held: Vec<Held>,
    handled_at: Option<Timestamp>,
}

/// The order of the fields is the order in which failures are kept and forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Failure {
    at: Timestamp,
    incident: u64,
    cause: u64,
    guest: u64,
}

/// A cause for which gestures wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Open {
    pub cause: Cause,
    pub since: Timestamp,
    /// The call that was made.
    pub call: String,
}

/// A gesture that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub guest: EntityKey,
    pub incident_id: String,
    pub action_id: String,
}

/// How many failed of a cause, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub guests: u32,
    pub orders: u32,
}

impl Breaker {
    /// Takes in what a guest tells. Returns the causes that have just become those of many.
    pub fn on_failed(
        &mut self,
        failed: &Failed,
        orders: u32,
        policy: &BreakerPolicy,
        now: Timestamp,
    ) -> Vec<(Cause, Extent)> {
        self.handled_at = self.handled_at.max(Some(now));
        let incident = digest(&failed.incident_id);
        let guest = digest(failed.guest.as_str());
        self.failures.retain(|failure| failure.incident != incident);
        let mut begun = Vec::new();
        for cause in &failed.causes {
            let failure = Failure { at: failed.at.min(now), incident, cause: name(cause), guest };
            let place = self.failures.partition_point(|other| *other < failure);
            self.failures.insert(place, failure);
        }
        let surplus = self.failures.len().saturating_sub(MOST_FAILURES);
        self.failures.drain(..surplus);
        for cause in &failed.causes {
            let extent = self.extent(cause, orders, policy, now);
            if !self.is_open(name(cause)) && extent.is_of_many(policy) {
                begun.push((cause.clone(), extent));
            }
        }
        begun
    }

    pub fn begin(&mut self, cause: Cause, call: String, now: Timestamp) {
        self.open.push(Open { cause, since: now, call });
    }

    fn extent(&self, cause: &Cause, orders: u32, policy: &BreakerPolicy, now: Timestamp) -> Extent {
        let cause = name(cause);
        let within = self.failures.iter().filter(|failure| failure.cause == cause && failure.at > now - policy.window);
        let guests: BTreeSet<u64> = within.map(|failure| failure.guest).collect();
        let guests = u32::try_from(guests.len()).unwrap_or(u32::MAX);
        Extent { guests, orders: orders.max(guests) }
    }

    /// Holds a gesture of somebody who failed of a cause that is open.
    pub fn hold(&mut self, request: &GestureRequest) -> bool {
        let incident = digest(&request.incident_id);
        let is_hit = self.failures.iter().any(|failure| failure.incident == incident && self.is_open(failure.cause));
        if is_hit && !self.held.iter().any(|held| held.action_id == request.action_id) {
            self.held.push(Held {
                guest: request.guest.clone(),
                incident_id: request.incident_id.clone(),
                action_id: request.action_id.clone(),
            });
        }
        is_hit
    }

    fn is_open(&self, cause: u64) -> bool {
        self.open.iter().any(|open| name(&open.cause) == cause)
    }

    /// When the failures of an open cause have been few for long enough.
    fn ends_at(&self, open: &Open, policy: &BreakerPolicy) -> Timestamp {
        let cause = name(&open.cause);
        let one_too_many = self.failures.iter().rev().filter(|failure| failure.cause == cause);
        let many_until = one_too_many
            .skip((policy.least as usize).saturating_sub(1))
            .map(|failure| failure.at + policy.window)
            .next();
        many_until.unwrap_or(open.since).max(open.since) + policy.cool_down
    }

    /// Failures are kept as long as they can make a difference.
    fn forget_at(&self, policy: &BreakerPolicy) -> Option<Timestamp> {
        let mut free = self.failures.iter().filter(|failure| !self.is_open(failure.cause));
        free.next().map(|failure| failure.at + policy.window)
    }

    pub fn next_deadline(&self, policy: Option<&BreakerPolicy>) -> Option<Timestamp> {
        let handled_at = self.handled_at?;
        let Some(policy) = policy else { return Some(handled_at) }; // the section was taken out: nothing waits any more
        let ends = self.open.iter().map(|open| self.ends_at(open, policy));
        ends.chain(self.forget_at(policy)).min().map(|deadline| deadline.max(handled_at))
    }

    /// Ends what is over, and returns it with those who need not wait any more.
    pub fn fire(
        &mut self,
        policy: Option<&BreakerPolicy>,
        has_passed: impl Fn(Timestamp) -> bool,
    ) -> (Vec<Open>, Vec<Held>) {
        let is_over =
            |breaker: &Self, open: &Open| policy.is_none_or(|policy| has_passed(breaker.ends_at(open, policy)));
        let ended: Vec<Open> = self.open.iter().filter(|open| is_over(self, open)).cloned().collect();
        self.open.retain(|open| !ended.contains(open));
        let mut free = Vec::new();
        if !ended.is_empty() {
            let (waiting, released) =
                std::mem::take(&mut self.held).into_iter().partition(|held| self.still_waits(held));
            self.held = waiting;
            free = released;
        }
        let kept: Vec<u64> = self.open.iter().map(|open| name(&open.cause)).collect();
        self.failures.retain(|failure| {
            let counts = policy.is_some_and(|policy| !has_passed(failure.at + policy.window));
            counts || kept.contains(&failure.cause)
        });
        if self.failures.is_empty() && self.open.is_empty() {
            self.handled_at = None;
        }
        (ended, free)
    }

    fn still_waits(&self, held: &Held) -> bool {
        let incident = digest(&held.incident_id);
        self.failures.iter().any(|failure| failure.incident == incident && self.is_open(failure.cause))
    }

    pub fn is_empty(&self) -> bool {
        self.failures.is_empty() && self.open.is_empty() && self.held.is_empty()
    }
}

impl Extent {
    fn is_of_many(self, policy: &BreakerPolicy) -> bool {
        let share = i64::from(self.guests) * 100;
        self.guests >= policy.least && share >= policy.share_percent.saturating_mul(i64::from(self.orders))
    }
}

fn digest(text: &str) -> u64 {
    ids::digest(text.as_bytes())
}

fn name(cause: &Cause) -> u64 {
    ids::digest(&postcard::to_stdvec(cause).expect("invariant: postcard can write what it sends"))
}
