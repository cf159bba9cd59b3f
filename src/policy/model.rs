//! The validated policy: what the core reads. Every amount is in minor units, every time in milliseconds, every name
//! is known; whatever could be wrong was refused when the files were read.

use std::collections::BTreeMap;

use jiff::civil::Time;

use super::{
    AskAgain, BreakerPolicy, Catalogue, Donation, FeedWatchPolicy, GiftPermission, InsightPolicy, Keywords,
    LoyaltyPoints, Owner, OwnerCase, Phrases, Service, SitePolicy,
};
use crate::events::{Authority, FailureKind, GestureKind, Millis, RemedyKind, Responsibility, Severity};

/// Amounts by ISO 4217 currency, in minor units.
pub type Amounts = BTreeMap<String, i64>;

/// Everything a service manager decides.
#[derive(Debug, Clone)]
pub struct Policy {
    pub version: String,
    /// By site id.
    pub sites: BTreeMap<String, SitePolicy>,
    /// For a site that has no entry of its own.
    pub default_site: SitePolicy,
    /// By touchpoint name.
    pub touchpoints: BTreeMap<String, Touchpoint>,
    pub default_touchpoint: Touchpoint,
    pub severity: SeverityPolicy,
    /// First match decides; the last one has no `when`.
    pub rules: Vec<Rule>,
    pub gestures: GesturePolicy,
    pub habits: HabitPolicy,
    pub follow_up: FollowUpPolicy,
    pub insights: InsightPolicy,
    /// `None`: gestures never wait, and orders are not counted.
    pub breaker: Option<BreakerPolicy>,
    pub feed_watch: Option<FeedWatchPolicy>,
    /// First match hears of a cause; the last one has no `when`. None at all: nothing is counted.
    pub owners: Vec<Owner>,
    pub horizons: Horizons,
    pub phrases: Phrases,
    /// What words in a complaint speak of.
    pub keywords: Keywords,
    pub catalogue: Catalogue,
}

impl Policy {
    pub fn site(&self, site_id: &str) -> &SitePolicy {
        self.sites.get(site_id).unwrap_or(&self.default_site)
    }

    pub fn touchpoint(&self, name: Option<&str>) -> &Touchpoint {
        name.and_then(|name| self.touchpoints.get(name)).unwrap_or(&self.default_touchpoint)
    }

    /// When somebody asks again after a recovery by this rule; `None`: nobody does.
    pub fn asks_again(&self, rule: &Rule) -> Option<AskAgain> {
        rule.then.follow_up.map(|stated| self.follow_up.when.unwrap_or(stated))
    }

    /// The role that hears of a cause.
    pub fn owner(&self, case: &OwnerCase<'_>) -> &str {
        let owner = self.owners.iter().find(|owner| owner.when.matches(case));
        owner.map_or(&self.default_site.desk, |owner| &owner.role)
    }
}

/// Whether silence means anything at a touchpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracking {
    /// Fulfilments are not recorded: no finding by silence.
    None,
    /// They are often forgotten: a check first, an apology when confirmed.
    Unreliable,
    Reliable,
}

/// Whether staff report what they did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reporting {
    Always,
    Sometimes,
    Never,
}

#[derive(Debug, Clone)]
pub struct Touchpoint {
    pub tracking: Tracking,
    pub reporting: Reporting,
    /// The promise of an order that states none, from when it was placed.
    pub expected: Option<Millis>,
    /// After the promise, before silence or lateness counts.
    pub grace: Millis,
    /// How far past the promise an eta must be before it is a predicted lateness.
    pub eta_margin: Millis,
    /// Older news builds habits and counts, and never acts. `None`: no limit.
    pub max_action_age: Option<Millis>,
    /// A thing can be handed over here: gestures that are items make sense.
    pub hands_over: bool,
    /// For how long after the fulfilment a missing thing is still of use.
    pub remedy_useful_for: Millis,
    /// How long an apology may take.
    pub apology_due: Millis,
    /// How long staff may still act on an action past its due time.
    pub action_expires: Millis,
    /// `false`: what was bought here is never learned from, and never a reason: card payments, a pharmacy.
    pub personal: bool,
}

#[derive(Debug, Clone)]
pub struct SeverityPolicy {
    /// (up to this far past the promise, severity), ascending; beyond the last: `late_beyond`.
    pub lateness: Vec<(Millis, Severity)>,
    pub late_beyond: Severity,
    /// (up to this share of the order's value or lines, severity), ascending, shares 0.0-1.0; beyond: `share_beyond`.
    pub share: Vec<(f64, Severity)>,
    pub share_beyond: Severity,
    /// Kinds with a severity of their own, whatever the share or the lateness.
    pub kinds: BTreeMap<FailureKind, Severity>,
    /// A failure of the same guest within this time raises the severity one step.
    pub repeat_within: Millis,
    /// The failed item is a habit of the guest: one step up.
    pub habit_broken_raises: bool,
    /// An item with one of these tags of the catalogue failed: one step up.
    pub central_tags: Vec<String>,
    /// For a party of so many, one step up. `None`: for nobody.
    pub many_people: Option<i64>,
}

impl SeverityPolicy {
    /// The least that a failure of this kind can be: its own severity, else that of the lowest band.
    pub fn least(&self, kind: FailureKind) -> Severity {
        use FailureKind as K;
        let floor = match kind {
            K::Safety | K::StaffConduct => Severity::Major,
            _ => Severity::Trivial,
        };
        let least = match kind {
            _ if self.kinds.contains_key(&kind) => self.kinds[&kind],
            K::DeliveryLate | K::DeliveryPredictedLate | K::NeverConfirmed | K::SlowService => {
                self.lateness.first().map_or(self.late_beyond, |(_, severity)| *severity)
            }
            _ => self.share.first().map_or(self.share_beyond, |(_, severity)| *severity),
        };
        floor.max(least)
    }
}

#[derive(Debug, Clone)]
pub struct Rule {
    pub name: String,
    pub when: When,
    pub then: Then,
    /// The spirit of the rule, by site language; travels to staff.
    pub intent: BTreeMap<String, String>,
}

impl Rule {
    /// The spirit of the rule in a language, else in English, else in any.
    pub fn intent_in(&self, language: &str) -> &str {
        let found = self.intent.get(language).or_else(|| self.intent.get("en"));
        found.or_else(|| self.intent.values().next()).map_or("", String::as_str)
    }
}

/// Every part that is given must match; an empty list matches everything.
#[derive(Debug, Clone, Default)]
pub struct When {
    /// The worst shortfall is one of these.
    pub failure: Vec<FailureKind>,
    pub severity: Vec<Severity>,
    pub responsibility: Vec<Responsibility>,
    /// How often this guest was failed before within `repeat_within`.
    pub repeat: Option<Repeat>,
}

/// Of the same guest, within the policy's `repeat_within`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing went wrong for them before.
    First,
    /// At least so many failures before this one.
    AtLeast(u32),
}

impl Repeat {
    pub fn matches(self, earlier_failures: u32) -> bool {
        match self {
            Self::First => earlier_failures == 0,
            Self::AtLeast(least) => earlier_failures >= least,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Then {
    /// Say sorry at once. With `human_contact` the apology is that person's.
    pub apology: bool,
    /// A named person takes over, at `authority` or above.
    pub human_contact: bool,
    /// Tell the customer what was behind it, after the apology.
    pub explanation: bool,
    /// While it is still late, tell the customer when it comes; where nobody knows that, why. Never both (R13).
    pub status_update: bool,
    /// In order of preference; the first that helps is taken.
    pub remedy: Vec<RemedyKind>,
    /// How much of the price a refund pays back, in percent.
    pub refund_percent: i64,
    /// Which kinds of gesture may be chosen; empty: none.
    pub gesture: Vec<GestureKind>,
    /// Caps of this rule, beside the severity's and the share of the price.
    pub cap: Amounts,
    pub authority: Authority,
    /// When somebody asks again, after the last action has closed. `None`: no follow-up.
    pub follow_up: Option<AskAgain>,
}

#[derive(Debug, Clone)]
pub struct GesturePolicy {
    /// `false`: apologies and remedies only, everywhere.
    pub enabled: bool,
    /// The most one incident's gesture may be worth, by severity and currency. A missing currency: no gesture.
    pub caps: BTreeMap<Severity, Amounts>,
    /// Of the whole price of the affected lines, in percent (150 after Haesevoets et al. 2017).
    pub cap_percent: i64,
    /// The affected value where no price is known.
    pub assumed_value: Amounts,
    /// At major severity, once somebody has said sorry, the guest chooses between two.
    pub choice_of_two: bool,
    /// From the acknowledgement (the founding case: eight to ten minutes).
    pub due_after: Millis,
    /// The same item is not given again within this time.
    pub repeat_after: Millis,
    /// Failures of one visit within this time share one gesture.
    pub join_window: Millis,
    /// Item ids for guests without a usable habit, in order.
    pub generic: Vec<String>,
    /// What a credit is worth, where nothing can be handed over, by currency. Absent: no credit.
    pub credit: Amounts,
    /// An item that the guest turned down is not offered again for this long.
    pub dislike_for: Millis,
    /// Services and upgrades, by id.
    pub services: BTreeMap<String, Service>,
    pub points: Option<LoyaltyPoints>,
    pub donation: Option<Donation>,
    /// How long a gesture waits for somebody who may approve it, before something smaller goes out.
    pub approval_within: Millis,
    /// Restricted beside [`RESTRICTED_TAGS`](super::RESTRICTED_TAGS): only for adults, only where permitted.
    pub adult_tags: Vec<String>,
    /// The country table: where something restricted may be given. What it does not name is denied.
    pub permitted: Vec<GiftPermission>,
    /// Items with one of these tags are never given and never a reason.
    pub never_tags: Vec<String>,
    /// Discretionary value per guest within `guest_window`, by currency. Absent: no limit.
    pub guest_cap: Amounts,
    /// Staff may tell the guest that they had it so recently. `None`: it is just served.
    pub recall_within: Option<Millis>,
    /// Gestures per guest within `guest_window`. `None`: no limit.
    pub guest_count: Option<u32>,
    /// Claims of one guest within `guest_window` from which on a person decides. `None`: no limit.
    pub guest_claims: Option<u32>,
    pub guest_window: Millis,
}

#[derive(Debug, Clone)]
pub struct HabitPolicy {
    /// Half-life of an occasion's weight.
    pub half_life: Millis,
    /// The least share that makes a habit: (strength + 1) / (strength of all orders + 4).
    pub min_share: f64,
    /// The least number of distinct service days.
    pub min_days: usize,
    /// The weight of an occasion at another site.
    pub other_site_weight: f64,
    /// The weight of an occasion on another visit (a stay, a trip) than the one that failed; 1.0: all the same.
    pub other_visit_weight: f64,
    /// The weight of an occasion at another part of the day; 1.0: all the same.
    pub other_daypart_weight: f64,
    /// The weight of an occasion on another day of the week; 1.0: all the same.
    pub other_weekday_weight: f64,
    /// When the parts of a day begin, local time, ascending.
    pub dayparts: Vec<Time>,
    /// Occasions older than this weigh nothing and are forgotten.
    pub remember: Millis,
}

#[derive(Debug, Clone)]
pub struct FollowUpPolicy {
    /// Instead of what the rules say, where they ask at all.
    pub when: Option<AskAgain>,
    /// How long an answer is waited for.
    pub expires: Millis,
    /// Before the visit ends, at least this long.
    pub before_visit_ends: Millis,
    /// When somebody tries once more where nobody was reached. `None`: once is enough.
    pub again_after: Option<AskAgain>,
    pub authority: Authority,
}

#[derive(Debug, Clone)]
pub struct Horizons {
    /// Duplicates and late events of an order are recognised for this long since it was last handled.
    pub dedupe_horizon: Millis,
    /// A complaint joins an order for this long after it was settled.
    pub complaint_window: Millis,
    /// Complaints wait this long for a task's first safe time.
    pub patience: Millis,
    /// A complaint that matches nothing goes to a person after this long.
    pub unmatched_complaint: Millis,
    /// Silence becomes a suspicion when the clock is held for this long. `None`: never.
    pub max_clock_hold: Option<Millis>,
    /// Event times further ahead of the clock than this are not believed.
    pub future_tolerance: Millis,
}
