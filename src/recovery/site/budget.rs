//! What gestures may cost at a site, by service day and by shift.
//!
//! A grant is reserved when it is made, for the day and the shift of that moment; it is released when the gesture is not
//! given, and settled at what it really cost. What was given without asking counts all the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{GestureGiven, GestureRequest};
use crate::events::{Millis, Timestamp};
use crate::policy::SitePolicy;
use crate::recovery::Suppression;

/// Two days: no service day is longer, whatever the time zone does.
pub(super) const KEEP: Millis = Millis::days(2);

/// What was granted, by action id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Grants(BTreeMap<String, Grant>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Grant {
    /// The service day whose budget it draws on, as 2026-11-23.
    day: String,
    at: Timestamp,
    cost_minor: i64,
    currency: String,
}

/// How far a day's budget is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Usage {
    pub day: String,
    pub currency: String,
    pub spent_minor: i64,
    pub budget_minor: i64,
}

impl Usage {
    /// In percent, rounded down.
    pub fn percent(&self) -> i64 {
        self.spent_minor.saturating_mul(100) / self.budget_minor.max(1)
    }
}

impl Grants {
    /// Reserves what a gesture costs, once by action id.
    pub fn reserve(&mut self, site: &SitePolicy, request: &GestureRequest, now: Timestamp) -> Result<(), Suppression> {
        if self.0.contains_key(&request.action_id) {
            return Ok(());
        }
        let (currency, cost_minor) = (&request.currency, request.cost_minor);
        let day = site.service_day(now).to_string();
        let fits = |budget: Option<&i64>, spent: i64| {
            budget.is_none_or(|budget| cost_minor <= 0 || spent.saturating_add(cost_minor) <= *budget)
        };
        let of_day = self.sum(currency, |grant| grant.day == day);
        if !fits(site.daily_budget.get(currency), of_day) {
            return Err(Suppression::BudgetSiteDay);
        }
        let of_shift = self.sum(currency, |grant| site.is_same_shift(grant.at, now));
        let budget = site.shift(now).and_then(|(_, shift)| shift.budget.get(currency));
        if !fits(budget, of_shift) {
            return Err(Suppression::BudgetSiteShift);
        }
        let grant = Grant { day, at: now, cost_minor, currency: currency.clone() };
        self.0.insert(request.action_id.clone(), grant);
        Ok(())
    }

    /// It will not be given.
    pub fn release(&mut self, action_id: &str) {
        self.0.remove(action_id);
    }

    /// It was given, at this cost. What nobody had reserved is counted now.
    pub fn settle(&mut self, site: &SitePolicy, given: &GestureGiven, now: Timestamp) {
        let grant = self.0.entry(given.action_id.clone()).or_insert_with(|| Grant {
            day: site.service_day(now).to_string(),
            at: now,
            cost_minor: 0,
            currency: given.currency.clone(),
        });
        grant.cost_minor = given.cost_minor;
        grant.currency.clone_from(&given.currency);
    }

    /// Today's use of the budget in a currency, where there is one.
    pub fn usage(&self, site: &SitePolicy, currency: &str, now: Timestamp) -> Option<Usage> {
        let budget_minor = *site.daily_budget.get(currency)?;
        let day = site.service_day(now).to_string();
        let spent_minor = self.sum(currency, |grant| grant.day == day);
        Some(Usage { day, currency: currency.to_owned(), spent_minor, budget_minor })
    }

    fn sum(&self, currency: &str, is_of: impl Fn(&Grant) -> bool) -> i64 {
        let grants = self.0.values().filter(|grant| grant.currency == currency && is_of(grant));
        grants.fold(0, |sum, grant| sum.saturating_add(grant.cost_minor))
    }

    /// Grants are kept until their service day is surely over.
    pub fn forget_at(&self) -> Option<Timestamp> {
        self.0.values().map(|grant| grant.at + KEEP).min()
    }

    pub fn forget(&mut self, is_past: impl Fn(Timestamp) -> bool) {
        self.0.retain(|_, grant| !is_past(grant.at + KEEP));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
