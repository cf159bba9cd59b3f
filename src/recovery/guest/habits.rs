//! What a guest usually takes, from their own orders.
//!
//! Occasions are kept, not sums: strength is computed when it is asked for, from whole service days, so that the order
//! in which orders arrived cannot change a single bit of it, and the evidence can name them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::events::{Evidence, Millis, Timestamp};
use crate::policy::HabitPolicy;

const EPOCH: Date = date(1970, 1, 1);
/// More occasions than these, the oldest first, are forgotten.
const MAX_OCCASIONS: usize = 200;
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
    pub item_id: String,
    /// Decayed occasions.
    pub strength: f64,
    /// The item was taken on both preceding service days.
    pub recent_streak: bool,
    pub evidence: Vec<Evidence>,
}

/// From where and when habits are looked at: the order that failed does not count for itself.
#[derive(Debug, Clone, Copy)]
pub struct Viewpoint<'a> {
    pub day: i32,
    pub site_id: &'a str,
    pub except_order: Option<&'a str>,
}

impl Habits {
    pub fn learn(&mut self, order_id: &str, occasion: Occasion) {
        self.0.insert(order_id.to_owned(), occasion);
        while self.0.len() > MAX_OCCASIONS {
            let oldest = self.0.iter().min_by_key(|(id, occasion)| (occasion.at, (*id).clone()));
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else { return };
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

    /// `strength(item) = sum over occasions of 2^(-age in days / half-life)`.
    pub fn strength(&self, item_id: &str, from: Viewpoint<'_>, policy: &HabitPolicy) -> f64 {
        self.seen_from(from)
            .filter(|(_, occasion)| occasion.items.contains_key(item_id))
            .map(|(_, occasion)| weight(occasion, from, policy))
            .sum()
    }

    /// How sure we are that this is what the guest takes: `(strength + 1) / (strength of all orders + 4)`.
    pub fn share(&self, item_id: &str, from: Viewpoint<'_>, policy: &HabitPolicy) -> f64 {
        let total: f64 = self.seen_from(from).map(|(_, occasion)| weight(occasion, from, policy)).sum();
        (self.strength(item_id, from, policy) + 1.0) / (total + 4.0)
    }

    /// Whether the item is a habit: a recent streak, or distinct days and a sure share.
    pub fn is_habit(&self, item_id: &str, from: Viewpoint<'_>, policy: &HabitPolicy) -> bool {
        self.has_streak(item_id, from)
            || (self.days(item_id, from).len() >= policy.min_days
                && self.share(item_id, from, policy) >= policy.min_share)
    }

    /// Everything that is a habit: streaks first, then the strongest, ties by item id.
    pub fn eligible(&self, from: Viewpoint<'_>, policy: &HabitPolicy) -> Vec<Habit> {
        let items: BTreeSet<&str> =
            self.seen_from(from).flat_map(|(_, occasion)| occasion.items.keys().map(String::as_str)).collect();
        let mut habits: Vec<Habit> = items
            .into_iter()
            .filter(|item_id| self.is_habit(item_id, from, policy))
            .map(|item_id| Habit {
                item_id: item_id.to_owned(),
                strength: self.strength(item_id, from, policy),
                recent_streak: self.has_streak(item_id, from),
                evidence: self.evidence(item_id, from),
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

    fn has_streak(&self, item_id: &str, from: Viewpoint<'_>) -> bool {
        let days = self.days(item_id, from);
        days.contains(&(from.day - 1)) && days.contains(&(from.day - 2))
    }

    fn days(&self, item_id: &str, from: Viewpoint<'_>) -> BTreeSet<i32> {
        self.seen_from(from)
            .filter(|(_, occasion)| occasion.items.contains_key(item_id))
            .map(|(_, occasion)| occasion.day)
            .collect()
    }

    /// The latest orders that show it, oldest first.
    fn evidence(&self, item_id: &str, from: Viewpoint<'_>) -> Vec<Evidence> {
        let mut shown: Vec<(Timestamp, Evidence)> = self
            .seen_from(from)
            .filter_map(|(order_id, occasion)| {
                let quantity = *occasion.items.get(item_id)?;
                let date = date_of(occasion.day).to_string();
                Some((occasion.at, Evidence { order_id: order_id.to_owned(), date, quantity }))
            })
            .collect();
        shown.sort_by(|a, b| (a.0, &a.1.order_id).cmp(&(b.0, &b.1.order_id)));
        let skipped = shown.len().saturating_sub(MAX_EVIDENCE);
        shown.into_iter().skip(skipped).map(|(_, evidence)| evidence).collect()
    }

    /// What had been ordered before: neither the failed order nor anything later counts.
    fn seen_from<'a>(&'a self, from: Viewpoint<'a>) -> impl Iterator<Item = (&'a str, &'a Occasion)> {
        self.0
            .iter()
            .map(|(order_id, occasion)| (order_id.as_str(), occasion))
            .filter(move |(order_id, occasion)| Some(*order_id) != from.except_order && occasion.day <= from.day)
    }
}

fn weight(occasion: &Occasion, from: Viewpoint<'_>, policy: &HabitPolicy) -> f64 {
    let age_days = f64::from(from.day - occasion.day);
    let place = if occasion.site_id == from.site_id { 1.0 } else { policy.other_site_weight };
    place * (-age_days / policy.half_life.as_days_f64()).exp2()
}

/// Days since 1970-01-01.
pub fn day_number(day: Date) -> i32 {
    (day - EPOCH).get_days()
}

fn date_of(number: i32) -> Date {
    let span: Span = number.days();
    EPOCH.checked_add(span).unwrap_or(EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(half_life_days: i64) -> HabitPolicy {
        HabitPolicy {
            half_life: Millis::days(half_life_days),
            min_share: 0.40,
            min_days: 2,
            other_site_weight: 0.5,
            remember: Millis::days(half_life_days * 5),
        }
    }

    const TODAY: i32 = 20_000;

    fn here() -> Viewpoint<'static> {
        Viewpoint { day: TODAY, site_id: "bar", except_order: None }
    }

    /// Each occasion: item, days ago.
    fn habits(occasions: &[(&str, i32)]) -> Habits {
        let mut habits = Habits::default();
        for (index, (item, ago)) in occasions.iter().enumerate() {
            let day = TODAY - ago;
            let at = Timestamp::from_millis(i64::from(day) * 86_400_000).unwrap();
            let items = BTreeMap::from([((*item).to_owned(), 1)]);
            habits.learn(&format!("o{index}"), Occasion { at, day, site_id: "bar".into(), items });
        }
        habits
    }

    #[test]
    fn strengths_are_the_worked_numbers() {
        let old_espresso: Vec<(&str, i32)> = (60..70).map(|ago| ("espresso", ago)).collect();
        let mut all = vec![("smoothie", 1), ("smoothie", 2), ("wine", 1)];
        all.extend(old_espresso);
        let habits = habits(&all);
        let week = policy(7);
        let month = policy(30);
        let rounded = |item, policy: &HabitPolicy| (habits.strength(item, here(), policy) * 100.0).round() / 100.0;
        assert_eq!(rounded("smoothie", &week), 1.73);
        assert_eq!(rounded("espresso", &week), 0.02);
        assert_eq!(rounded("wine", &week), 0.91);
        assert_eq!(rounded("espresso", &month), 2.26);
        assert_eq!(rounded("smoothie", &month), 1.93);
        assert!(!habits.is_habit("wine", here(), &week), "seen on one day only");
        // at a half-life of 30 days the old espresso is stronger, but the streak decides
        let first = habits.eligible(here(), &month).into_iter().next().unwrap();
        assert_eq!(first.item_id, "smoothie");
    }

    #[test]
    fn a_weekly_item_is_nearly_one() {
        let weekly = habits(&[("pie", 7), ("pie", 14), ("pie", 21), ("pie", 28)]);
        assert_eq!((weekly.strength("pie", here(), &policy(7)) * 100.0).round() / 100.0, 0.94);
    }

    #[test]
    fn the_order_of_learning_does_not_matter() {
        let forth = habits(&[("tea", 1), ("tea", 5), ("cake", 3)]);
        let mut back = Habits::default();
        for (order_id, occasion) in forth.0.iter().rev() {
            back.learn(order_id, occasion.clone());
        }
        assert_eq!(forth.share("tea", here(), &policy(7)).to_bits(), back.share("tea", here(), &policy(7)).to_bits());
    }

    #[test]
    fn another_site_counts_half_and_the_failed_order_not_at_all() {
        let habits = habits(&[("tea", 1), ("tea", 2)]);
        let elsewhere = Viewpoint { site_id: "other", ..here() };
        let one = habits.strength("tea", here(), &policy(7));
        assert!((habits.strength("tea", elsewhere, &policy(7)) - one / 2.0).abs() < 1e-12);
        let without = Viewpoint { except_order: Some("o0"), ..here() };
        assert!(!habits.is_habit("tea", without, &policy(7)));
    }
}
