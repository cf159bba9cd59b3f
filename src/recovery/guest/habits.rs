//! What a guest usually takes, from their own orders.
//!
//! Occasions are kept, not sums: strength is computed when it is asked for, from whole service days, so that the order
//! in which orders arrived cannot change a single bit of it, and the evidence can name them. Memory is bounded: so many
//! occasions, so many items each.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::viewpoint::{Viewpoint, date_of};
use crate::events::{Evidence, Millis, Timestamp};

/// More occasions than these, the oldest first, are forgotten.
const MAX_OCCASIONS: usize = 200;
/// More different items than these on one occasion, the fewest of them first, are not noted.
const MAX_ITEMS: usize = 50;
/// As many orders are named as evidence.
const MAX_EVIDENCE: usize = 3;

/// One order, as far as habits go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occasion {
    pub at: Timestamp,
    /// The service day, in days since 1970-01-01.
    pub day: i32,
    pub site_id: String,
    /// Item ids with how many, each once.
    pub items: BTreeMap<String, i64>,
}

/// Occasions by order id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Habits(BTreeMap<String, Occasion>);

/// A habit that is sure enough to act on.
#[derive(Debug, Clone, PartialEq)]
pub struct Habit {
    /// As it is sold here, where it is.
    pub item_id: String,
    /// Decayed occasions.
    pub strength: f64,
    pub share: f64,
    /// The item was taken on both preceding service days.
    pub recent_streak: bool,
    pub evidence: Vec<Evidence>,
}

impl Habit {
    /// The habit is of this item, under whatever name.
    pub fn is_of(&self, item_id: &str, from: Viewpoint<'_>) -> bool {
        from.kin(&self.item_id) == from.kin(item_id)
    }
}

/// What the occasions say of one item, under all of its names.
#[derive(Debug, Default)]
struct Tally<'a> {
    /// `sum over occasions of 2^(-age in days / half-life)`, an occasion in other circumstances less.
    strength: f64,
    days: BTreeSet<i32>,
    shown: Vec<(&'a str, &'a Occasion, i64)>,
}

impl Habits {
    pub fn learn(&mut self, order_id: &str, mut occasion: Occasion) {
        keep_most(&mut occasion.items);
        self.0.insert(order_id.to_owned(), occasion);
        while self.0.len() > MAX_OCCASIONS {
            let oldest = self.0.iter().min_by_key(|(id, occasion)| (occasion.at, *id)).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { return };
            self.0.remove(&oldest);
        }
    }

    /// Adds what another guest learned, who turned out to be this one.
    pub fn extend(&mut self, other: Self) {
        for (order_id, occasion) in other.0 {
            self.learn(&order_id, occasion);
        }
    }

    pub fn unlearn(&mut self, order_id: &str) {
        self.0.remove(order_id);
    }

    pub fn knows(&self, order_id: &str) -> bool {
        self.0.contains_key(order_id)
    }

    /// Forgets items by the site at which they were taken. That something was ordered there stays.
    pub fn forget_items(&mut self, is_to_go: impl Fn(&str, &str) -> bool) {
        for Occasion { site_id, items, .. } in self.0.values_mut() {
            items.retain(|item_id, _| !is_to_go(site_id, item_id));
        }
    }

    /// Forgets what weighs nothing any more.
    pub fn forget_before(&mut self, moment: Timestamp) {
        self.0.retain(|_, occasion| occasion.at >= moment);
    }

    /// When the oldest occasion may be forgotten.
    pub fn forget_at(&self, remember: Millis) -> Option<Timestamp> {
        self.0.values().map(|occasion| occasion.at + remember).min()
    }

    /// Where the latest occasion was.
    pub fn last_site(&self) -> Option<&str> {
        let (_, latest) = self.0.iter().max_by_key(|(id, occasion)| (occasion.at, *id))?;
        Some(&latest.site_id)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether the item is a habit: a recent streak, or distinct days and a sure share.
    pub fn is_habit(&self, item_id: &str, from: Viewpoint<'_>) -> bool {
        let (total, tallies) = self.tally(from);
        tallies.get(from.kin(item_id)).is_some_and(|tally| tally.is_habit(total, from))
    }

    /// Everything that is a habit: streaks first, then the strongest, ties by item id.
    pub fn eligible(&self, from: Viewpoint<'_>) -> Vec<Habit> {
        let (total, tallies) = self.tally(from);
        let mut habits: Vec<Habit> = tallies
            .into_iter()
            .filter(|(_, tally)| tally.is_habit(total, from))
            .map(|(kin, tally)| Habit {
                item_id: tally.sold_here_as(kin, from).to_owned(),
                strength: tally.strength,
                share: tally.share(total),
                recent_streak: tally.has_streak(from),
                evidence: tally.evidence(),
            })
            .collect();
        habits.sort_by(|a, b| {
            b.recent_streak
                .cmp(&a.recent_streak)
                .then(b.strength.total_cmp(&a.strength))
                .then_with(|| a.item_id.cmp(&b.item_id))
        });
        habits
    }

    /// The strength of all orders, and what they say of each item.
    fn tally<'a>(&'a self, from: Viewpoint<'a>) -> (f64, BTreeMap<&'a str, Tally<'a>>) {
        let mut total = 0.0;
        let mut tallies: BTreeMap<&str, Tally<'_>> = BTreeMap::new();
        let seen = self.0.iter().filter(|(order_id, occasion)| from.sees(order_id, occasion));
        for (order_id, occasion) in seen {
            let weight = from.weight(order_id, occasion);
            total += weight;
            let mut taken: BTreeMap<&str, i64> = BTreeMap::new();
            for (item_id, quantity) in
                occasion.items.iter().filter(|(item_id, _)| from.is_own_choice(item_id, occasion))
            {
                *taken.entry(from.kin(item_id)).or_default() += quantity;
            }
            for (kin, quantity) in taken {
                let tally = tallies.entry(kin).or_default();
                tally.strength += weight;
                tally.days.insert(occasion.day);
                tally.shown.push((order_id, occasion, quantity));
            }
        }
        (total, tallies)
    }
}

impl Tally<'_> {
    /// How sure we are that this is what the guest takes: `(strength + 1) / (strength of all orders + 4)`.
    fn share(&self, total: f64) -> f64 {
        (self.strength + 1.0) / (total + 4.0)
    }

    fn is_habit(&self, total: f64, from: Viewpoint<'_>) -> bool {
        let policy = &from.policy.habits;
        self.has_streak(from) || (self.days.len() >= policy.min_days && self.share(total) >= policy.min_share)
    }

    fn has_streak(&self, from: Viewpoint<'_>) -> bool {
        from.two_days_before().is_some_and(|days| days.iter().all(|day| self.days.contains(day)))
    }

    /// The name under which it is sold at the site: as it was taken last, else its one name, else however it was taken.
    fn sold_here_as<'a>(&'a self, kin: &'a str, from: Viewpoint<'a>) -> &'a str {
        let mut names: Vec<(Timestamp, &str)> = Vec::new();
        for (_, occasion, _) in &self.shown {
            let of_kin = occasion.items.keys().filter(|item_id| from.kin(item_id) == kin);
            names.extend(of_kin.map(|item_id| (occasion.at, item_id.as_str())));
        }
        names.sort_unstable_by(|a, b| b.cmp(a));
        let is_listed = |name: &&str| from.catalogue.item(from.site_id, name).is_some();
        let taken = names.iter().map(|(_, name)| *name);
        taken
            .clone()
            .find(is_listed)
            .or_else(|| Some(kin).filter(is_listed))
            .or_else(|| taken.clone().next())
            .unwrap_or(kin)
    }

    /// The latest orders that show it, oldest first.
    fn evidence(&self) -> Vec<Evidence> {
        let mut shown: Vec<_> = self.shown.iter().collect();
        shown.sort_by_key(|(order_id, occasion, _)| (occasion.at, *order_id));
        let skipped = shown.len().saturating_sub(MAX_EVIDENCE);
        let evidence = shown.into_iter().skip(skipped).map(|(order_id, occasion, quantity)| Evidence {
            order_id: (*order_id).to_owned(),
            date: date_of(occasion.day).to_string(),
            quantity: *quantity,
        });
        evidence.collect()
    }
}

/// Of an order of very many different things, those it had most of.
fn keep_most(items: &mut BTreeMap<String, i64>) {
    if items.len() <= MAX_ITEMS {
        return;
    }
    let mut ranked: Vec<(i64, &String)> = items.iter().map(|(item_id, quantity)| (*quantity, item_id)).collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let kept: BTreeSet<String> = ranked.into_iter().take(MAX_ITEMS).map(|(_, item_id)| item_id.clone()).collect();
    items.retain(|item_id, _| kept.contains(item_id));
}

#[cfg(test)]
mod tests;
