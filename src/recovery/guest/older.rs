//! Records of a guest as earlier versions wrote them, and what they mean now.
//!
//! Up to version 2 an incident was written in line with its guest, so a new field inside it moves all that follows: the old
//! shape is kept here. What an older record does not say says nothing.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::amends::Amends;
use super::companions::Companion;
use super::incident::{GestureProgress, Heard, Subject};
use super::links::Alias;
use super::{Facts, Given, Guest, Habits, Incident, Order, Profile, causes};
use crate::events::{ActionKind, FollowUp, IncidentEvent, Millis, RecoveryAction, Timestamp};
use crate::policy::AskAgain;
use crate::recovery::EntityKey;
use crate::recovery::decision::gesture::Offer;
use crate::recovery::life_cycle::Ledger;

/// A guest of version 1 or 2; what version 1 lacks is read from zeros.
#[derive(Debug, Deserialize)]
pub struct Version2 {
    orders: BTreeMap<String, Order>,
    incidents: BTreeMap<String, IncidentOfVersion2>,
    loose: Facts,
    talked_at: Option<Timestamp>,
    bound: BTreeMap<String, String>,
    habits: Habits,
    profile: Option<Profile>,
    given: Vec<Given>,
    declined: BTreeMap<String, Timestamp>,
    alias: Option<Alias>,
    linked: BTreeMap<EntityKey, Timestamp>,
    companions: BTreeMap<String, Companion>,
    in_party_of: BTreeMap<EntityKey, Timestamp>,
    amends: Vec<Amends>,
    told: BTreeMap<String, causes::Told>,
}

#[derive(Debug, Deserialize)]
struct IncidentOfVersion2 {
    event: IncidentEvent,
    subject: Subject,
    undecided_since: Option<Timestamp>,
    news_at: Timestamp,
    actions: Vec<RecoveryAction>,
    follow_ups: Vec<FollowUp>,
    gesture: GestureProgress,
    offers: Vec<Offer>,
    acknowledged_at: Option<Timestamp>,
    rule: Option<String>,
    follow_up_after: Option<Millis>,
    text: Option<String>,
    language: Option<String>,
    answers: Vec<String>,
    overdue: Vec<String>,
    confirmed: bool,
    denied: bool,
    heard: Heard,
    requests: u32,
}

impl From<Version2> for Guest {
    fn from(before: Version2) -> Self {
        let incidents = before.incidents.into_iter().map(|(id, incident)| (id, incident.into())).collect();
        Self {
            orders: before.orders,
            incidents,
            loose: before.loose,
            talked_at: before.talked_at,
            bound: before.bound,
            habits: before.habits,
            profile: before.profile,
            given: before.given,
            declined: before.declined,
            alias: before.alias,
            linked: before.linked,
            companions: before.companions,
            in_party_of: before.in_party_of,
            amends: before.amends,
            told: before.told,
            asked: BTreeMap::new(),
            erased: None,
            insights: BTreeMap::new(),
            feed: BTreeMap::new(),
        }
    }
}

impl From<IncidentOfVersion2> for Incident {
    fn from(before: IncidentOfVersion2) -> Self {
        // each apology after the first was for a recovery that had failed
        let apologies = before.actions.iter().filter(|action| action.kind == ActionKind::Apology).count();
        Self {
            event: before.event,
            subject: before.subject,
            undecided_since: before.undecided_since,
            news_at: before.news_at,
            actions: before.actions,
            follow_ups: before.follow_ups,
            gesture: before.gesture,
            offers: before.offers,
            acknowledged_at: before.acknowledged_at,
            rule: before.rule,
            ask_again: before.follow_up_after.map(AskAgain::After),
            text: before.text,
            language: before.language,
            answers: before.answers,
            overdue: before.overdue,
            confirmed: before.confirmed,
            denied: before.denied,
            heard: before.heard,
            requests: before.requests,
            ledger: Ledger::default(),
            only_words: false,
            failed_again: u32::try_from(apologies.saturating_sub(1)).unwrap_or(0),
            told_watch: 0,
            equal_treatment: false,
        }
    }
}
