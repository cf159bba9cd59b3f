//! What a gesture may be worth: a function of what failed and of who decides, never of who the guest is.

use crate::events::Severity;
use crate::policy::Rule;
use crate::recovery::decision::Case;
use crate::recovery::decision::caps::{self, Caps};

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
        Self { cap: caps::of_incident(&case.facts, case.policy, rule, severity).map(Caps::least), authority }
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
