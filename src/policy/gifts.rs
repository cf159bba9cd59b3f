//! Gestures that are no item of the menu: services, upgrades, points, a donation; and what may only be given where a
//! country allows it.
//!
//! What is restricted is denied unless a row of the country table permits it: no row, no country, no gift.

use std::collections::BTreeMap;

use super::SitePolicy;
use super::model::{Amounts, GesturePolicy};
use crate::events::GestureKind;

/// What may never be given away without a country's leave, whatever else a policy restricts.
pub const RESTRICTED_TAGS: [&str; 5] = ["alcohol", "nicotine", "medicine", "gambling", "age_rated"];

/// Items that say something about health or belief: no habit, no gesture, no reason.
pub const SENSITIVE_TAG: &str = "sensitive";

/// The age that `adult: true` in a profile proves.
pub const ADULT_AGE: u32 = 18;

/// A favourite table, a late checkout, a better room: something that is done rather than handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// `habit_service` or `habit_upgrade`.
    pub kind: GestureKind,
    /// By language, as they stand in a sentence: "a late checkout".
    pub names: BTreeMap<String, String>,
    /// What it is worth to the guest, for the whole party.
    pub value: Amounts,
    /// What it costs us; its value where no currency is named.
    pub cost: Amounts,
    /// Where it can be done; empty: everywhere.
    pub touchpoints: Vec<String>,
    /// Items that, taken by habit, show that the guest would like it.
    pub habit: Vec<String>,
    /// Declared preferences that ask for it.
    pub preference: Vec<String>,
}

impl Service {
    pub fn is_done_at(&self, touchpoint: Option<&str>) -> bool {
        self.touchpoints.is_empty() || touchpoint.is_some_and(|name| self.touchpoints.iter().any(|known| known == name))
    }
}

/// Points on the guest's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoyaltyPoints {
    pub points: u32,
    /// What they are worth together.
    pub value: Amounts,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Donation {
    /// To whom, by language: "the lifeboats".
    pub causes: BTreeMap<String, String>,
    pub amount: Amounts,
    /// Also under rules that do not name it, for guests who do not want their habits to be used.
    pub for_opted_out: bool,
}

/// A row of the country table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftPermission {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub tags: Vec<String>,
    /// Where it may be given; empty: at every touchpoint.
    pub touchpoints: Vec<String>,
    /// At most [`ADULT_AGE`]: nothing more can be proven.
    pub min_age: u32,
}

impl GesturePolicy {
    /// Only for those who are known to be adults, and only where the country table permits it.
    pub fn is_restricted(&self, tag: &str) -> bool {
        RESTRICTED_TAGS.contains(&tag) || self.adult_tags.iter().any(|known| known == tag)
    }

    /// Whether the country table has a row for a restricted tag at this site and touchpoint.
    pub fn is_permitted(&self, tag: &str, site: &SitePolicy, touchpoint: Option<&str>) -> bool {
        let Some(country) = &site.country else { return false };
        self.permitted.iter().any(|row| {
            let is_here = row.touchpoints.is_empty()
                || touchpoint.is_some_and(|name| row.touchpoints.iter().any(|known| known == name));
            row.country == *country && is_here && row.tags.iter().any(|known| known == tag)
        })
    }
}
