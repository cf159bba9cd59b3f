//! Shortfalls -> what to do about them, in two stages.
//!
//! First the facts of a case are taken from everything that is known of the guest; then severity, rule, remedy, caps and
//! who does it follow from those facts and the policy alone. The facts travel with every action, so that anybody can
//! come to the same decision again. Nothing here changes state.

pub mod caps;
pub mod circumstances;
pub mod facts;
pub mod gesture;
pub mod measures;
pub mod money;
mod naming;
pub mod record;
pub mod remedy;
pub mod rules;
pub mod severity;
pub mod usefulness;
pub mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Deref;

use crate::events::{CustomerProfile, InitiatedBy, Severity, Shortfall, Timestamp};
use crate::policy::{Catalogue, Policy, Rule, SitePolicy, Touchpoint};
use crate::recovery::detection::OrderView;
use crate::recovery::guest::{Given, Habits, Viewpoint};

pub use facts::Facts;

/// Where facts are taken from: everything that may be known when something is decided.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    pub policy: &'a Policy,
    pub catalogue: &'a Catalogue,
    pub now: Timestamp,
    pub site: &'a SitePolicy,
    pub site_id: &'a str,
    pub touchpoint: &'a Touchpoint,
    pub touchpoint_name: Option<&'a str>,
    pub shortfalls: &'a [Shortfall],
    /// `None` where no order is known.
    pub order: Option<&'a OrderView<'a>>,
    pub currency: &'a str,
    pub party_size: i64,
    pub habits: &'a Habits,
    pub viewpoint: Viewpoint<'a>,
    pub profile: Option<&'a CustomerProfile>,
    /// What the others at the table have declared, each if anything; `None` while that is not known.
    pub companions: Option<&'a [Option<&'a CustomerProfile>]>,
    pub given: &'a [Given],
    /// Items turned down, with the moment from which they may be offered again.
    pub declined: &'a BTreeMap<String, Timestamp>,
    /// Other failures of this guest in the policy's `repeat_within` before this one.
    pub earlier_failures: u32,
    /// The highest that was stated, 0-4.
    pub inconvenience: Option<i64>,
    pub initiated_by: InitiatedBy,
    /// All of it was read from what somebody wrote, and nobody has looked.
    pub only_words: bool,
    /// A customer or a visit, not only an order or a place.
    pub guest_known: bool,
    /// What was given back for this elsewhere; `None`: nothing was done.
    pub redressed_minor: Option<i64>,
    /// Many were hit at once: everybody gets the same, and nobody anything personal.
    pub equal_treatment: bool,
    /// Somebody is at work on what went wrong: an insight of it is open.
    pub insight_open: bool,
}

impl Sources<'_> {
    /// What the guest does by habit may be a reason here: the guest has not objected, and the place is not one whose
    /// data nobody may be judged by.
    pub fn profiling(&self) -> bool {
        let is_place_personal = self.site.limits.personal && self.touchpoint.personal;
        is_place_personal && !self.equal_treatment && self.profile.is_none_or(|profile| profile.profiling)
    }
}

/// The facts of an incident, beside what they were taken from.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    sources: Sources<'a>,
    pub facts: Facts,
}

impl<'a> Case<'a> {
    pub fn new(sources: Sources<'a>) -> Self {
        Self { facts: Facts::of(&sources), sources }
    }

    /// The same, had other things been given to the guest before.
    pub fn with_given(&self, given: &'a [Given]) -> Self {
        Self::new(Sources { given, ..self.sources })
    }

    /// How bad it is, on its facts.
    pub fn severity(&self) -> Severity {
        severity::grade(&self.facts, &self.policy.severity)
    }

    /// The rule that decides it at a severity.
    pub fn rule(&self, severity: Severity) -> Option<&'a Rule> {
        rules::decide(&self.facts, self.sources.policy, severity)
    }
}

impl<'a> Deref for Case<'a> {
    type Target = Sources<'a>;

    fn deref(&self) -> &Self::Target {
        &self.sources
    }
}
