//! What a policy says of one site: its clock, its people, its places, and what may be given away there.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::{Amounts, Hours, SiteLimits};
use crate::events::{Authority, Millis, Timestamp};

#[derive(Debug, Clone)]
pub struct SitePolicy {
    pub time_zone: TimeZone,
    /// ISO 3166-1 alpha-2: whose rules on gifts apply. `None`: nothing restricted is given.
    pub country: Option<String>,
    /// ISO 4217; for orders that name none.
    pub currency: String,
    /// Of `do`, `why` and `intent`.
    pub language: String,
    /// When a service day begins, local time.
    pub day_starts: Time,
    /// Staff are there: actions and follow-ups fall due within.
    pub hours: Hours,
    /// The role that holds each authority level, as A1 = "waiter", A2 = "shift_lead", A3 = "duty_manager".
    pub roles: BTreeMap<Authority, String>,
    /// Who gets what belongs to nobody: complaints without a guest.
    pub desk: String,
    /// What gestures may cost (else: are priced at) in a service day, by currency. Absent: no limit.
    pub daily_budget: Amounts,
    /// What each level may give without asking anybody, by currency. A level that is not named, or a currency, has no
    /// limit but the caps.
    pub may_give: BTreeMap<Authority, Amounts>,
    /// Food goes only to people whose allergies are known, unless it has none to declare.
    pub allergy_check: bool,
    /// What else bounds what is given away here.
    pub limits: SiteLimits,
    /// Other names of places, as "t12" for "table 12"; both in the form of [`place_name`].
    pub place_aliases: BTreeMap<String, String>,
    /// How long a place is taken to be the same party's after it ordered there, unless the order says when the visit
    /// ends.
    pub party_stays: Millis,
}

/// How a place is compared: without regard to case or to how many spaces there are.
pub fn place_name(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl SitePolicy {
    /// The one name of a place, whatever it was called.
    pub fn place(&self, location: &str) -> String {
        let name = place_name(location);
        self.place_aliases.get(&name).cloned().unwrap_or(name)
    }

    /// Two names of the same place.
    pub fn is_same_place(&self, one: &str, other: &str) -> bool {
        self.place(one) == self.place(other)
    }

    /// The service day of an instant: the local date, counted from `day_starts`.
    pub fn service_day(&self, at: Timestamp) -> Date {
        let local = self.time_zone.to_datetime(at.to_jiff());
        let date = local.date();
        if local.time() < self.day_starts { date.yesterday().unwrap_or(date) } else { date }
    }

    /// The most that a level may give alone; `None`: no limit.
    pub fn may_give_alone(&self, authority: Authority, currency: &str) -> Option<i64> {
        self.may_give.get(&authority)?.get(currency).copied()
    }

    /// The lowest level from this one on that may give so much alone and that somebody holds.
    pub fn who_may_give(&self, from: Authority, value_minor: i64, currency: &str) -> Option<Authority> {
        let holds = |authority: Authority| self.roles.keys().any(|held| *held >= authority);
        let may =
            |authority: Authority| self.may_give_alone(authority, currency).is_none_or(|most| value_minor <= most);
        Authority::ALL.iter().copied().find(|authority| *authority >= from && holds(*authority) && may(*authority))
    }

    /// The most that anybody from this level on may give, the level itself included; `None`: no limit.
    pub fn may_be_approved(&self, from: Authority, currency: &str) -> Option<i64> {
        let highest = self.roles.keys().copied().max().unwrap_or(from);
        let mut most = self.may_give_alone(from, currency)?;
        for authority in Authority::ALL.iter().copied().filter(|authority| (from..=highest).contains(authority)) {
            most = most.max(self.may_give_alone(authority, currency)?);
        }
        Some(most)
    }

    /// The role for an authority level: that level's, else the nearest one above, else the desk.
    pub fn role(&self, authority: Authority) -> &str {
        self.roles.range(authority..).next().map_or(&self.desk, |(_, role)| role)
    }
}
