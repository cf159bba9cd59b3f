//! Shortfalls -> what to do about them.
//!
//! Severity, then the rule, then remedy and gesture, each a pure function of the case. Nothing here changes state.

pub mod gesture;
pub mod money;
pub mod remedy;
pub mod rules;
pub mod severity;
pub mod words;

use std::collections::BTreeMap;

use crate::events::{CustomerProfile, InitiatedBy, Shortfall, Timestamp};
use crate::policy::{Catalogue, Policy, SitePolicy, Touchpoint};
use crate::recovery::detection::OrderView;
use crate::recovery::guest::{Given, Habits, Viewpoint};

/// All that a decision may look at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub policy: &'a Policy,
    pub catalogue: &'a Catalogue,
    pub now: Timestamp,
    pub site: &'a SitePolicy,
    pub site_id: &'a str,
    pub touchpoint: &'a Touchpoint,
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
    /// Another failure of this guest lies within the policy's `repeat_within`.
    pub is_repeat: bool,
    /// The highest that was stated, 0-4.
    pub inconvenience: Option<i64>,
    pub initiated_by: InitiatedBy,
}

impl Case<'_> {
    /// Where it was ordered.
    pub fn touchpoint_name(&self) -> Option<&str> {
        self.order.and_then(|order| order.placed.touchpoint.as_deref())
    }

    pub fn profiling(&self) -> bool {
        self.profile.is_none_or(|profile| profile.profiling)
    }
}
