//! What a gesture may be worth: a function of what failed and of who decides, never of who the guest is.
//!
//! Only what a guest's own claims have brought within a window is looked at beside it, and over that limit a person
//! decides.

use crate::events::{InitiatedBy, Severity};
use crate::policy::Rule;
use crate::recovery::decision::Case;
use crate::recovery::decision::money::affected_value_minor;

/// Who has to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The rule's authority, or somebody above who may approve it.
    Approved,
    /// The rule's authority alone.
    Alone,
}

pub(super) struct Limits {
    /// `None`: no gesture in this currency.
    cap: Option<i64>,
    /// The most that those within reach may give. `None`: whatever the cap allows.
    authority: Option<i64>,
}

impl Limits {
    pub(super) fn of(case: &Case<'_>, rule: &Rule, severity: Severity, reach: Reach) -> Self {
        let from = rule.then.authority;
        let authority = match reach {
            Reach::Alone => case.site.may_give_alone(from, case.currency),
            Reach::Approved => case.site.may_be_approved(from, case.currency),
        };
        Self { cap: cap_minor(case, rule, severity), authority }
    }

    pub(super) fn check(&self, value_minor: i64) -> Result<(), &'static str> {
        match self.cap {
            None => Err("no_cap_for_currency"),
            Some(cap) if value_minor > cap => Err("over_cap"),
            Some(_) if self.authority.is_some_and(|most| value_minor > most) => Err("over_authority"),
            Some(_) => Ok(()),
        }
    }

    /// As much of it as the limits allow.
    pub(super) fn at_most(&self, value_minor: i64) -> Result<i64, &'static str> {
        let cap = self.cap.ok_or("no_cap_for_currency")?;
        let most = self.authority.map_or(cap, |most| most.min(cap));
        let value_minor = value_minor.min(most);
        if value_minor > 0 { Ok(value_minor) } else { Err("over_cap") }
    }
}

/// The most that one incident's gesture may be worth, in minor units: of the severity's cap, the rule's cap and the
/// share of the affected price the least. `None`: no gesture in this currency.
fn cap_minor(case: &Case<'_>, rule: &Rule, severity: Severity) -> Option<i64> {
    let gestures = &case.policy.gestures;
    let by_severity = *gestures.caps.get(&severity)?.get(case.currency)?;
    let by_rule = if rule.then.cap.is_empty() { i64::MAX } else { *rule.then.cap.get(case.currency)? };
    let by_price = affected_value_minor(case)?.saturating_mul(gestures.cap_percent) / 100;
    Some(by_severity.min(by_rule).min(by_price))
}

/// Whether this guest's own claims have used up what may be given within the window. What the company found itself
/// never counts against a guest. `earlier_claims`: of this guest within the window, beside this one.
pub fn is_over_guest_cap(case: &Case<'_>, value_minor: i64, earlier_claims: usize) -> bool {
    let gestures = &case.policy.gestures;
    if case.initiated_by == InitiatedBy::Company {
        return false;
    }
    let within = case
        .given
        .iter()
        .filter(|given| given.initiated_by == InitiatedBy::Customer && case.now - given.at < gestures.guest_window);
    let mut count = 0_u32;
    let mut sum = 0_i64;
    for given in within {
        count += 1;
        if given.currency == case.currency {
            sum = sum.saturating_add(given.value_minor);
        }
    }
    let is_over_claims = gestures.guest_claims.is_some_and(|most| earlier_claims >= most as usize);
    let is_over_count = gestures.guest_count.is_some_and(|most| count >= most);
    let is_over_value =
        gestures.guest_cap.get(case.currency).is_some_and(|most| sum.saturating_add(value_minor) > *most);
    is_over_claims || is_over_count || is_over_value
}
