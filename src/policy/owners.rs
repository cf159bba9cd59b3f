//! When a failure that comes again and again is told, and to whom.

use crate::events::{Cause, DelayReason, FailureKind, Millis};

#[derive(Debug, Clone)]
pub struct InsightPolicy {
    /// So many failures of one cause within the window are told.
    pub threshold: u32,
    pub window: Millis,
    /// At most this many within `resolve_after`: the rate has fallen. Less than the threshold.
    pub resolve_at: u32,
    pub resolve_after: Millis,
    /// So many different guests within `mass_window`: many at once.
    pub mass_guests: u32,
    pub mass_window: Millis,
}

#[derive(Debug, Clone)]
pub struct Owner {
    pub when: OwnerWhen,
    pub role: String,
}

/// Every part that is given must match; an empty list matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnerWhen {
    pub failure: Vec<FailureKind>,
    pub reason: Vec<DelayReason>,
    pub site: Vec<String>,
    pub touchpoint: Vec<String>,
    /// Of the item, in the catalogue.
    pub item_tag: Vec<String>,
    /// Names of carriers; [`ANY_CARRIER`] stands for all of them.
    pub carrier: Vec<String>,
}

pub const ANY_CARRIER: &str = "any";

/// What an owner is chosen by.
#[derive(Debug, Clone, Copy)]
pub struct OwnerCase<'a> {
    pub cause: &'a Cause,
    /// Where it is counted: a site, or a carrier.
    pub site_id: Option<&'a str>,
    pub carrier: Option<&'a str>,
    /// Where it happened last.
    pub touchpoint: Option<&'a str>,
    pub item_tags: &'a [String],
}

impl OwnerWhen {
    pub fn matches_all(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn matches(&self, case: &OwnerCase<'_>) -> bool {
        let names = |names: &[String], found: Option<&str>| {
            names.is_empty() || found.is_some_and(|found| names.iter().any(|name| name == found))
        };
        let is_carrier = self.carrier.is_empty()
            || case.carrier.is_some_and(|found| self.carrier.iter().any(|name| name == ANY_CARRIER || name == found));
        (self.failure.is_empty() || self.failure.contains(&case.cause.failure))
            && (self.reason.is_empty() || case.cause.reason.is_some_and(|reason| self.reason.contains(&reason)))
            && names(&self.site, case.site_id)
            && names(&self.touchpoint, case.touchpoint)
            && (self.item_tag.is_empty() || self.item_tag.iter().any(|tag| case.item_tags.contains(tag)))
            && is_carrier
    }
}
