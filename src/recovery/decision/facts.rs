//! What a decision looks at, and nothing else: facts of the failure, never who the customer is or what they spend.

use std::collections::BTreeMap;

use super::usefulness::{self, Use};
use super::{Sources, money};
use crate::events::{ActionKind, DelayReason, FailureKind, InitiatedBy, Millis, RemedyKind, Responsibility, Shortfall};
use crate::recovery::detection::promise;

/// The name under which `earlier_failures` is recorded.
pub const EARLIER_FAILURES: &str = "earlier_failures";

/// The facts of one case at one moment. Amounts are in minor units of `currency`.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub site: String,
    pub touchpoint: Option<String>,
    pub currency: String,
    /// `false`: a complaint about no order that is known.
    pub order_known: bool,
    pub party_size: i64,
    pub initiated_by: InitiatedBy,
    /// A keyword named the failure: a person looks, and nothing is given for it.
    pub only_words: bool,
    /// A customer or a visit is known.
    pub guest_known: bool,
    pub shortfalls: Vec<ShortfallFacts>,
    /// Other failures of this guest within the policy's `repeat_within`.
    pub earlier_failures: u32,
    /// What failed is what this guest always takes.
    pub habit_broken: bool,
    /// What failed is what the order is about, as the policy's `central_tags` say.
    pub central: bool,
    /// It was unsafe, and somebody at the table has declared what they must not have.
    pub endangered: bool,
    /// The highest that was stated, 0-4.
    pub inconvenience: i64,
    /// Which remedies help, and why others do not; one that is not named is for another kind of loss.
    pub remedies: BTreeMap<RemedyKind, Use>,
    /// The whole price of the affected lines, where prices are known.
    pub affected_minor: Option<i64>,
    /// The price of what failed, and no more of it.
    pub refundable_minor: Option<i64>,
    /// What a complaint named, as a double charge.
    pub stated_minor: Option<i64>,
    /// What was given back for it elsewhere; `None`: nothing was done.
    pub redressed_minor: Option<i64>,
    /// What this guest was given for claims of their own within the policy's `guest_window`.
    pub claims: Claims,
    /// How many parcels the order comes in, if it is more than one.
    pub parcels: Option<i64>,
    /// What a carrier gave as the reason.
    pub delay_reason: Option<DelayReason>,
    /// Many were hit at once: everybody gets the same.
    pub equal_treatment: bool,
    /// An insight of what went wrong is open: somebody is at work on it.
    pub insight_open: bool,
}

/// What one shortfall is graded by.
#[derive(Debug, Clone, PartialEq)]
pub struct ShortfallFacts {
    pub kind: FailureKind,
    pub responsibility: Responsibility,
    pub suspected: bool,
    pub late_by: Option<Millis>,
    /// The part of the order that it affects, 0.0-1.0; `None` where that is not known.
    pub share: Option<f64>,
    pub line_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Claims {
    pub count: u32,
    pub value_minor: i64,
}

impl Facts {
    pub fn of(sources: &Sources<'_>) -> Self {
        let of_shortfall = |shortfall: &Shortfall| ShortfallFacts {
            kind: shortfall.kind,
            responsibility: shortfall.responsibility,
            suspected: shortfall.suspected,
            late_by: shortfall.late_by_seconds.map(Millis::seconds),
            share: money::affected_share(sources, shortfall),
            line_id: shortfall.line_id.clone(),
        };
        Self {
            site: sources.site_id.to_owned(),
            touchpoint: sources.touchpoint_name.map(str::to_owned),
            currency: sources.currency.to_owned(),
            order_known: sources.order.is_some(),
            party_size: sources.party_size,
            initiated_by: sources.initiated_by,
            only_words: sources.only_words,
            guest_known: sources.guest_known,
            shortfalls: sources.shortfalls.iter().map(of_shortfall).collect(),
            earlier_failures: sources.earlier_failures,
            habit_broken: breaks_a_habit(sources),
            central: is_central(sources),
            endangered: is_endangered(sources),
            inconvenience: sources.inconvenience.unwrap_or(0).clamp(0, 4),
            remedies: usefulness::of_remedies(sources),
            affected_minor: money::affected_minor(sources),
            refundable_minor: money::refundable_minor(sources),
            stated_minor: money::stated_minor(sources),
            redressed_minor: sources.redressed_minor,
            claims: claims(sources),
            parcels: sources.order.map(|order| order.parcels.total as i64).filter(|total| *total > 1),
            delay_reason: delay_reason(sources),
            equal_treatment: sources.equal_treatment,
            insight_open: sources.insight_open,
        }
    }

    /// Nothing is known of it but what somebody said: a person finds out. A wrong bill of a known guest, with its
    /// amount, needs no finding out.
    pub fn is_unknown(&self) -> bool {
        let is_bill = |shortfall: &ShortfallFacts| shortfall.kind == FailureKind::BillingError;
        let is_clear_bill = self.guest_known && self.stated_minor.is_some() && !self.only_words;
        let is_clear = is_clear_bill && self.shortfalls.iter().all(is_bill);
        !(self.order_known || is_clear)
    }

    /// The bill is wrong, and nobody knows by how much.
    pub fn is_bill_unclear(&self) -> bool {
        self.remedies.get(&RemedyKind::CorrectBill) == Some(&Use::NoAmountKnown)
    }

    pub fn is_repeat(&self) -> bool {
        self.earlier_failures > 0
    }

    /// Whether staff may say that it will be better: to somebody who was failed before, while that is being seen to (R10).
    pub fn promises_improvement(&self, kind: ActionKind) -> bool {
        let is_word = matches!(kind, ActionKind::Apology | ActionKind::HumanContact);
        is_word && self.is_repeat() && self.insight_open && !self.is_unknown()
    }
}

/// The founding case's other half: what failed is what this guest always takes.
fn breaks_a_habit(sources: &Sources<'_>) -> bool {
    let is_habit = |item_id| sources.habits.is_habit(item_id, sources.viewpoint);
    sources.profiling() && sources.shortfalls.iter().filter_map(|shortfall| shortfall.item_id.as_deref()).any(is_habit)
}

/// Nuts for somebody who must not have them: what was declared counts, not what the catalogue knows of the dish.
fn is_endangered(sources: &Sources<'_>) -> bool {
    let is_unsafe = sources.shortfalls.iter().any(|shortfall| shortfall.kind == FailureKind::Safety);
    let companions = sources.companions.unwrap_or_default().iter().copied();
    let mut party = std::iter::once(sources.profile).chain(companions).flatten();
    is_unsafe && party.any(|profile| !profile.allergies.is_empty())
}

/// The main course, not the garnish.
fn is_central(sources: &Sources<'_>) -> bool {
    let tags = &sources.policy.severity.central_tags;
    let mut items = sources.shortfalls.iter().filter_map(|shortfall| shortfall.item_id.as_deref());
    !tags.is_empty()
        && items.any(|item_id| {
            let item = sources.catalogue.item(sources.site_id, item_id);
            item.is_some_and(|item| item.tags.iter().any(|tag| tags.contains(tag)))
        })
}

fn delay_reason(sources: &Sources<'_>) -> Option<DelayReason> {
    let order = sources.order?;
    sources.shortfalls.iter().find_map(|shortfall| promise::reason(order, shortfall.kind))
}

/// What the company found itself never counts against a guest.
fn claims(sources: &Sources<'_>) -> Claims {
    let window = sources.policy.gestures.guest_window;
    let mut claims = Claims::default();
    for given in sources.given {
        if given.initiated_by == InitiatedBy::Customer && sources.now - given.at < window {
            claims.count += 1;
            let is_comparable = given.currency == sources.currency;
            claims.value_minor = claims.value_minor.saturating_add(if is_comparable { given.value_minor } else { 0 });
        }
    }
    claims
}
