//! What a backtest found, for a manager to read and for a program.
//!
//! Outputs are folded by id, the highest revision wins. Incidents that were retracted or merged do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::events::{
    ActionKind, ActionState, Event, FollowUpType, IncidentEvent, IncidentStatus, InitiatedBy, Input, OrderEventType,
    Output, Payload, RecoveryAction, Timestamp,
};
use crate::policy::money;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    pub policy_version: String,
    pub from: Timestamp,
    pub until: Timestamp,
    pub events: u64,
    /// Events of topics that are no input, by topic.
    pub skipped: BTreeMap<String, u64>,
    pub dead_letters: u64,
    /// Distinct orders that were placed.
    pub orders: u64,
    pub incidents: Incidents,
    /// Distinct actions by kind, retracted ones left out.
    pub actions: BTreeMap<&'static str, u64>,
    pub gestures: Gestures,
    pub follow_ups: FollowUps,
    /// Root causes reported.
    pub insights: u64,
}

/// Distinct incidents that were neither retracted nor merged.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Incidents {
    pub total: u64,
    /// An incident counts under each kind of shortfall that it has.
    pub by_kind: BTreeMap<&'static str, u64>,
    pub by_status: BTreeMap<&'static str, u64>,
    pub by_severity: BTreeMap<&'static str, u64>,
    /// Noticed before the customer said a word.
    pub company_initiated: u64,
    /// Of the total, 0 to 1.
    pub company_initiated_share: Option<f64>,
    /// Too old to act on.
    pub history: u64,
    pub retracted: u64,
    pub merged: u64,
}

/// Values are in minor units by currency.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Gestures {
    pub offered: u64,
    pub personalised: u64,
    pub offered_minor: BTreeMap<String, i64>,
    pub given_minor: BTreeMap<String, i64>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FollowUps {
    pub scheduled: u64,
    pub by_band: BTreeMap<&'static str, u64>,
}

/// Collects while the outputs go by.
#[derive(Debug)]
pub(super) struct Tally {
    policy_version: String,
    from: Timestamp,
    until: Timestamp,
    events: u64,
    pub(super) skipped: BTreeMap<String, u64>,
    pub(super) dead_letters: u64,
    orders: BTreeSet<String>,
    incidents: BTreeMap<String, Box<IncidentEvent>>,
    actions: BTreeMap<String, ActionNews>,
    /// By id: was it cancelled?
    follow_ups: BTreeMap<String, bool>,
    insights: BTreeSet<String>,
}

/// What counts of an action's last revision.
#[derive(Debug)]
struct ActionNews {
    kind: ActionKind,
    state: ActionState,
    gesture: Option<(bool, i64, String)>,
}

impl ActionNews {
    fn of(action: &RecoveryAction) -> Self {
        let gesture = action.gesture.as_ref();
        Self {
            kind: action.kind,
            state: action.state,
            gesture: gesture.map(|gesture| (gesture.personalised, gesture.value_minor, gesture.currency.clone())),
        }
    }
}

impl Tally {
    pub(super) fn new(policy_version: &str, from: Timestamp, until: Timestamp) -> Self {
        Self {
            policy_version: policy_version.to_owned(),
            from,
            until,
            events: 0,
            skipped: BTreeMap::new(),
            dead_letters: 0,
            orders: BTreeSet::new(),
            incidents: BTreeMap::new(),
            actions: BTreeMap::new(),
            follow_ups: BTreeMap::new(),
            insights: BTreeSet::new(),
        }
    }

    pub(super) fn input(&mut self, input: &Input) {
        self.events += 1;
        if let Event::Order(order) = &input.event
            && order.event_type == OrderEventType::Placed
            && !self.orders.contains(&order.order_id)
        {
            self.orders.insert(order.order_id.clone());
        }
    }

    /// Revisions of one id come in order.
    pub(super) fn output(&mut self, output: &Output) {
        match &output.payload {
            Payload::Incident(incident) => {
                self.incidents.insert(incident.id.clone(), incident.clone());
            }
            Payload::Action(action) => {
                self.actions.insert(action.id.clone(), ActionNews::of(action));
            }
            Payload::FollowUp(follow_up) => {
                let is_cancelled = follow_up.follow_up_type == FollowUpType::Cancelled;
                self.follow_ups.insert(follow_up.id.clone(), is_cancelled);
            }
            Payload::Insight(insight) => {
                self.insights.insert(insight.id.clone());
            }
        }
    }

    pub(super) fn summary(self) -> Summary {
        let mut incidents = Incidents::default();
        let mut gestures = Gestures::default();
        let mut follow_ups = FollowUps {
            scheduled: self.follow_ups.values().filter(|is_cancelled| !**is_cancelled).count() as u64,
            by_band: BTreeMap::new(),
        };
        for incident in self.incidents.values() {
            count_incident(incident, &mut incidents);
            if let (Some(currency), 1..) = (&incident.currency, incident.given_minor) {
                *gestures.given_minor.entry(currency.clone()).or_default() += incident.given_minor;
            }
            if let Some(band) = incident.band {
                *follow_ups.by_band.entry(band.name()).or_default() += 1;
            }
        }
        if incidents.total > 0 {
            incidents.company_initiated_share = Some(incidents.company_initiated as f64 / incidents.total as f64);
        }
        let mut actions = BTreeMap::new();
        for action in self.actions.values().filter(|action| action.state != ActionState::Retracted) {
            *actions.entry(action.kind.name()).or_default() += 1;
            if let Some((is_personalised, value_minor, currency)) = &action.gesture {
                gestures.offered += 1;
                gestures.personalised += u64::from(*is_personalised);
                *gestures.offered_minor.entry(currency.clone()).or_default() += value_minor;
            }
        }
        Summary {
            policy_version: self.policy_version,
            from: self.from,
            until: self.until,
            events: self.events,
            skipped: self.skipped,
            dead_letters: self.dead_letters,
            orders: self.orders.len() as u64,
            incidents,
            actions,
            gestures,
            follow_ups,
            insights: self.insights.len() as u64,
        }
    }
}

fn count_incident(incident: &IncidentEvent, counts: &mut Incidents) {
    match incident.status {
        IncidentStatus::Retracted => {
            counts.retracted += 1;
            return;
        }
        IncidentStatus::Merged => {
            counts.merged += 1;
            return;
        }
        _ => counts.total += 1,
    }
    let kinds: BTreeSet<&'static str> = incident.shortfalls.iter().map(|shortfall| shortfall.kind.name()).collect();
    for kind in kinds {
        *counts.by_kind.entry(kind).or_default() += 1;
    }
    *counts.by_status.entry(incident.status.name()).or_default() += 1;
    *counts.by_severity.entry(incident.severity.name()).or_default() += 1;
    counts.company_initiated += u64::from(incident.initiated_by == InitiatedBy::Company);
    counts.history += u64::from(incident.history);
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let incidents = &self.incidents;
        writeln!(f, "{} to {}, policy {}", self.from, self.until, self.policy_version)?;
        writeln!(f)?;
        writeln!(f, "events        {:>8}", self.events)?;
        writeln!(f, "orders        {:>8}", self.orders)?;
        write!(f, "incidents     {:>8}", incidents.total)?;
        if let Some(share) = incidents.company_initiated_share {
            let (before, percent) = (incidents.company_initiated, share * 100.0);
            write!(f, "   {before} of them ({percent:.1} %) noticed before the customer spoke")?;
        }
        writeln!(f)?;
        writeln!(f, "  by kind              {}", list(&incidents.by_kind))?;
        writeln!(f, "  by severity          {}", list(&incidents.by_severity))?;
        writeln!(f, "  by status            {}", list(&incidents.by_status))?;
        let (history, retracted, merged) = (incidents.history, incidents.retracted, incidents.merged);
        writeln!(f, "  too old to act on    {history}, beside them {retracted} retracted and {merged} merged")?;
        writeln!(f, "actions       {:>8}   {}", self.actions.values().sum::<u64>(), list(&self.actions))?;
        let gestures = &self.gestures;
        write!(f, "gestures      {:>8}   ", gestures.offered)?;
        writeln!(
            f,
            "{} from habits, offered {}, given {}",
            gestures.personalised,
            amounts(&gestures.offered_minor),
            amounts(&gestures.given_minor)
        )?;
        let follow_ups = &self.follow_ups;
        writeln!(f, "follow-ups    {:>8}   {}", follow_ups.scheduled, list(&follow_ups.by_band))?;
        writeln!(f, "insights      {:>8}", self.insights)?;
        write!(f, "dead letters  {:>8}", self.dead_letters)?;
        if !self.skipped.is_empty() {
            let skipped: Vec<String> = self.skipped.iter().map(|(topic, count)| format!("{topic} {count}")).collect();
            write!(f, "\nskipped, for their topics are no input: {}", skipped.join(", "))?;
        }
        Ok(())
    }
}

/// "never_confirmed 12, delivery_late 3": the most frequent first.
fn list(counts: &BTreeMap<&'static str, u64>) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    let mut entries: Vec<(&str, u64)> = counts.iter().map(|(name, count)| (*name, *count)).collect();
    entries.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let parts: Vec<String> = entries.iter().map(|(name, count)| format!("{name} {count}")).collect();
    parts.join(", ")
}

fn amounts(by_currency: &BTreeMap<String, i64>) -> String {
    if by_currency.is_empty() {
        return "nothing".to_owned();
    }
    let parts: Vec<String> = by_currency.iter().map(|(currency, minor)| money::format(*minor, currency)).collect();
    parts.join(", ")
}
