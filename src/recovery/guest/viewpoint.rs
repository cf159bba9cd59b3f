//! From where, when and with what knowledge habits are looked at: what counts, and how much.
//!
//! What failed does not count for itself, nor does anything later; nor what we gave ourselves, or the engine would learn
//! from itself; nor what says something about health or belief.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan as _};

use super::Given;
use super::habits::Occasion;
use crate::events::{Millis, Timestamp};
use crate::policy::{Catalogue, Policy};

const EPOCH: Date = date(1970, 1, 1);

#[derive(Debug, Clone, Copy)]
pub struct Viewpoint<'a> {
    pub policy: &'a Policy,
    pub catalogue: &'a Catalogue,
    /// When what failed was ordered.
    pub at: Timestamp,
    /// Its service day, in days since 1970-01-01.
    pub day: i32,
    pub site_id: &'a str,
    /// The order that failed.
    pub except_order: Option<&'a str>,
    /// The orders of its visit (stay, table session), where it belongs to one.
    pub visit: Option<&'a BTreeSet<&'a str>>,
    /// What was given to the guest.
    pub given: &'a [Given],
}

impl<'a> Viewpoint<'a> {
    /// The one name of an item that is sold under several.
    pub fn kin(&self, item_id: &'a str) -> &'a str {
        self.catalogue.kin(self.site_id, item_id)
    }

    /// It had been ordered before: neither the failed order nor anything later counts.
    pub(super) fn sees(&self, order_id: &str, occasion: &Occasion) -> bool {
        Some(order_id) != self.except_order && occasion.day <= self.day
    }

    /// The guest chose it: it is no gesture of ours that was rung up, and nothing that tells of health or belief.
    pub(super) fn is_own_choice(&self, item_id: &str, occasion: &Occasion) -> bool {
        let is_sensitive = self.catalogue.is_sensitive(self.site_id, item_id);
        let is_ours = self.given.iter().any(|given| {
            let is_near = distance(occasion.at, given.at) <= self.policy.gestures.join_window;
            is_near
                && given.item_id.as_deref().is_some_and(|given| {
                    self.catalogue.kin(self.site_id, given) == self.catalogue.kin(self.site_id, item_id)
                })
        });
        !is_sensitive && !is_ours
    }

    /// `2^(-age in days / half-life)`, and less in other circumstances: an established preference differs from what one
    /// took on a journey.
    pub(super) fn weight(&self, order_id: &str, occasion: &Occasion) -> f64 {
        let policy = &self.policy.habits;
        let age_days = f64::from(self.day - occasion.day);
        let mut weight = (-age_days / policy.half_life.as_days_f64()).exp2();
        if occasion.site_id != self.site_id {
            weight *= policy.other_site_weight;
        }
        if self.visit.is_some_and(|visit| !visit.contains(order_id)) {
            weight *= policy.other_visit_weight;
        }
        if policy.other_daypart_weight < 1.0
            && self.daypart(self.site_id, self.at) != self.daypart(&occasion.site_id, occasion.at)
        {
            weight *= policy.other_daypart_weight;
        }
        if (self.day - occasion.day) % 7 != 0 {
            weight *= policy.other_weekday_weight;
        }
        weight
    }

    /// Which part of the day it is at a site; before the first part begins it is still the last one.
    fn daypart(&self, site_id: &str, at: Timestamp) -> usize {
        let parts = &self.policy.habits.dayparts;
        let time = self.policy.site(site_id).time_zone.to_datetime(at.to_jiff()).time();
        parts.iter().rposition(|begins| *begins <= time).unwrap_or(parts.len().saturating_sub(1))
    }

    /// The two service days before this one; days on which the site does not open are none.
    pub(super) fn two_days_before(&self) -> Option<[i32; 2]> {
        let hours = &self.policy.site(self.site_id).hours;
        let before = hours.day_before(date_of(self.day))?;
        Some([day_number(before), day_number(hours.day_before(before)?)])
    }
}

/// Days since 1970-01-01.
pub fn day_number(day: Date) -> i32 {
    (day - EPOCH).get_days()
}

pub(super) fn date_of(number: i32) -> Date {
    let span: Span = number.days();
    EPOCH.checked_add(span).unwrap_or(EPOCH)
}

pub(super) fn distance(one: Timestamp, other: Timestamp) -> Millis {
    if one > other { one - other } else { other - one }
}
