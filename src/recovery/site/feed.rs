//! The feed of a site's fulfilments: whether silence means that nothing came, or that nobody tells.
//!
//! Guests tell what is confirmed, and ask before they believe that an order never came. What is kept are the newest
//! confirmations and the orders of which nothing was heard since, both by their own times: their order makes no
//! difference.

use serde::{Deserialize, Serialize};

use crate::events::{Millis, Timestamp};
use crate::policy::FeedWatchPolicy;

/// So many confirmations say how long it usually takes until the next.
const MOST_CONFIRMED: usize = 32;
const FEWEST_FOR_A_GAP: usize = 8;
/// As many as a policy may ask for, and some.
const MOST_UNHEARD: usize = 64;
/// A site that is not heard of for so long is forgotten.
const KEEP: Millis = Millis::days(8);

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Feed {
    /// When the newest were confirmed, sorted.
    confirmed: Vec<Timestamp>,
    /// Orders that were promised since, sorted, of which nothing was heard.
    unheard: Vec<Unheard>,
    silent: Option<Silent>,
    /// A person has said that the feed is well, when this was the newest confirmation.
    vouched: Option<Timestamp>,
    handled_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Unheard {
    promised: Timestamp,
    order: u64,
}

/// The feed has stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Silent {
    /// Since the first order of which nothing was heard.
    since: Timestamp,
    call: String,
    /// When the first word came again.
    back_at: Option<Timestamp>,
}

/// What was heard of an order whose promise has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Others are confirmed: this one did not come.
    Lives,
    /// Nothing is known: the feed is silent.
    Silent,
    /// The feed is silent, as this order shows, since then and for so many orders.
    HasFallenSilent { since: Timestamp, orders: usize },
}

impl Feed {
    pub fn on_confirmed(&mut self, at: Timestamp, now: Timestamp) {
        self.handled_at = self.handled_at.max(Some(now));
        let at = at.min(now);
        let place = self.confirmed.partition_point(|other| *other <= at);
        self.confirmed.insert(place, at);
        let surplus = self.confirmed.len().saturating_sub(MOST_CONFIRMED);
        self.confirmed.drain(..surplus);
        self.unheard.retain(|unheard| unheard.promised > at);
        if let Some(silent) = self.silent.as_mut().filter(|silent| at > silent.since) {
            silent.back_at.get_or_insert(now);
        }
    }

    /// An order that was promised then has not been heard of.
    pub fn on_unheard(&mut self, order: u64, promised: Timestamp, policy: &FeedWatchPolicy, now: Timestamp) -> Verdict {
        self.handled_at = self.handled_at.max(Some(now));
        self.unheard.retain(|unheard| unheard.order != order);
        if self.newest().is_none_or(|newest| promised > newest) {
            let unheard = Unheard { promised, order };
            let place = self.unheard.partition_point(|other| *other < unheard);
            self.unheard.insert(place, unheard);
            let surplus = self.unheard.len().saturating_sub(MOST_UNHEARD);
            self.unheard.drain(..surplus);
        }
        if self.silent.is_some() {
            return Verdict::Silent;
        }
        let since = self.unheard.first().map(|first| first.promised).filter(|_| self.is_silent(policy, now));
        let orders = self.unheard.len();
        since.map_or(Verdict::Lives, |since| Verdict::HasFallenSilent { since, orders })
    }

    fn newest(&self) -> Option<Timestamp> {
        self.confirmed.last().copied()
    }

    fn is_silent(&self, policy: &FeedWatchPolicy, now: Timestamp) -> bool {
        let Some(first) = self.unheard.first() else { return false };
        let long = policy.silent_for.max(Millis(self.usual_gap().0.saturating_mul(i64::from(policy.gaps))));
        let is_vouched = self.vouched.is_some_and(|vouched| self.newest().is_none_or(|newest| newest <= vouched));
        self.unheard.len() >= policy.orders as usize && now - first.promised >= long && !is_vouched
    }

    /// How long it takes until the next confirmation, half of the time: a night without guests is no usual gap.
    fn usual_gap(&self) -> Millis {
        if self.confirmed.len() < FEWEST_FOR_A_GAP {
            return Millis::ZERO;
        }
        let mut gaps: Vec<i64> = self.confirmed.windows(2).map(|pair| (pair[1] - pair[0]).0).collect();
        gaps.sort_unstable();
        Millis(gaps[gaps.len() / 2])
    }

    pub fn begin(&mut self, since: Timestamp, call: String) {
        self.silent = Some(Silent { since, call, back_at: None });
    }

    /// A person has looked: the feed is well, and what is not confirmed did not come. Until it is heard of again that is
    /// believed.
    pub fn vouch(&mut self, call: &str) -> bool {
        let is_about_it = self.silent.as_ref().is_some_and(|silent| silent.call == call);
        if is_about_it {
            self.vouched = Some(self.newest().unwrap_or(Timestamp::MIN));
            self.silent = None;
        }
        is_about_it
    }

    fn ends_at(&self, policy: Option<&FeedWatchPolicy>) -> Option<Timestamp> {
        let silent = self.silent.as_ref()?;
        match policy {
            Some(policy) => silent.back_at.map(|back_at| back_at + policy.catch_up),
            None => Some(Timestamp::MIN), // the section was taken out: all silence is believed again
        }
    }

    /// Ends what is over, and returns the call that is not needed any more.
    pub fn fire(&mut self, policy: Option<&FeedWatchPolicy>, has_passed: impl Fn(Timestamp) -> bool) -> Option<String> {
        let is_forgotten = policy.is_none() || self.handled_at.is_some_and(|at| has_passed(at + KEEP));
        let is_over = self.ends_at(policy).is_some_and(&has_passed);
        let ended = self.silent.take_if(|_| is_over || is_forgotten).map(|silent| silent.call);
        if is_forgotten {
            *self = Self::default();
        }
        ended
    }

    pub fn next_deadline(&self, policy: Option<&FeedWatchPolicy>) -> Option<Timestamp> {
        let handled_at = self.handled_at?;
        let forget_at = if policy.is_some() { handled_at + KEEP } else { handled_at };
        let ends_at = self.ends_at(policy).map(|at| at.max(handled_at));
        ends_at.into_iter().chain([forget_at]).min()
    }

    pub fn is_empty(&self) -> bool {
        self.handled_at.is_none()
    }
}
