//! The contracts: what the service reads and writes, as types.
//!
//! One file per event. The Rust types, `schemas/*.avsc` and `examples/events/*.json` say the same
//! thing three times, and a test holds them together. Nullable fields are `Option`s and may be absent
//! in JSON. Nothing here encodes or decodes bytes: that is `codec`.

mod action;
mod catalogue;
mod common;
mod complaint;
mod customer;
mod delivery;
mod follow_up;
pub mod ids;
mod incident;
mod insight;
pub mod money;
mod order;
mod outcome;
mod time;

pub use action::{
    ActionKind, ActionState, ActionType, Alternative, Authority, Candidate, Decision, Evidence, Gesture, GestureKind,
    GuestCard, RecoveryAction, Remedy, RemedyKind,
};
pub use catalogue::CatalogueItem;
pub(crate) use common::names;
pub use common::{
    Allowed, FailureKind, InitiatedBy, Responsibility, Severity, Shortfall, ShortfallSource, UnknownName,
};
pub use complaint::{ComplaintEvent, ComplaintForm};
pub use customer::CustomerProfile;
pub use delivery::{DelayReason, DeliveryEvent, DeliveryEventType};
pub use follow_up::{FollowUp, FollowUpType};
pub use incident::{Band, IncidentEvent, IncidentStatus};
pub use insight::{Cause, Insight, InsightType, InsightWindow};
pub use order::{Modifier, ModifierKind, OrderEvent, OrderEventType, OrderLine, Party};
pub use outcome::{DeclinedBy, FollowUpResult, OutcomeEvent, OutcomeStatus};
pub use time::{Millis, Timestamp};

use serde::{Deserialize, Serialize};

/// The input contracts, by the name of their schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contract {
    Orders,
    DeliveryDelays,
    Complaints,
    Customers,
    RecoveryOutcomes,
    Catalogue,
}

impl Contract {
    pub const ALL: [Contract; 6] = [
        Self::Orders,
        Self::DeliveryDelays,
        Self::Complaints,
        Self::Customers,
        Self::RecoveryOutcomes,
        Self::Catalogue,
    ];

    /// The name of the contract, which is also the default name of its topic.
    pub fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::DeliveryDelays => "delivery-delays",
            Self::Complaints => "complaints",
            Self::Customers => "customers",
            Self::RecoveryOutcomes => "recovery-outcomes",
            Self::Catalogue => "catalogue",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|contract| contract.name() == name)
    }

    /// A compacted topic: a record without a value is a tombstone, not an error.
    pub fn is_compacted(self) -> bool {
        matches!(self, Self::Customers | Self::Catalogue)
    }
}

/// The output contracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OutputContract {
    Actions,
    FollowUps,
    Incidents,
    Insights,
}

impl OutputContract {
    pub const ALL: [OutputContract; 4] = [Self::Actions, Self::FollowUps, Self::Incidents, Self::Insights];

    /// The name of the contract, which is also the default name of its topic.
    pub fn name(self) -> &'static str {
        match self {
            Self::Actions => "recovery-actions",
            Self::FollowUps => "recovery-follow-ups",
            Self::Incidents => "recovery-incidents",
            Self::Insights => "recovery-insights",
        }
    }
}

/// One decoded input event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    Order(Box<OrderEvent>),
    Delivery(Box<DeliveryEvent>),
    Complaint(Box<ComplaintEvent>),
    Outcome(Box<OutcomeEvent>),
    Customer(Box<CustomerUpdate>),
    /// Goes to no entity: every instance reads the whole catalogue.
    Catalogue(Box<CatalogueUpdate>),
}

/// A record of the compacted customers topic: its key, and the profile, or `None` for "erase".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomerUpdate {
    pub customer_id: String,
    /// When the record was written: the topic has no event time of its own.
    pub time: Timestamp,
    /// Records of one key are ordered by their offset; the highest one wins.
    pub offset: i64,
    pub profile: Option<CustomerProfile>,
}

/// A record of the compacted catalogue topic: its key, and the item, or `None` for "no longer listed".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CatalogueUpdate {
    pub item_id: String,
    /// `None`: the entry for every site.
    pub site_id: Option<String>,
    /// When the record was written: the topic has no event time of its own.
    pub time: Timestamp,
    pub item: Option<CatalogueItem>,
}

/// An input event with its identity: what the engine routes and the core handles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// The identity of the event: (`ce_source`, else the configured name of its input; `id`).
    pub source: String,
    pub event: Event,
    /// W3C trace context of the record, passed on to what it causes.
    pub traceparent: Option<String>,
}

impl Input {
    /// The event's own id. A compacted record has none: its topic, partition and offset stand for it.
    pub fn id(&self) -> &str {
        match &self.event {
            Event::Order(e) => &e.id,
            Event::Delivery(e) => &e.id,
            Event::Complaint(e) => &e.id,
            Event::Outcome(e) => &e.id,
            Event::Customer(e) => &e.customer_id,
            Event::Catalogue(e) => &e.item_id,
        }
    }

    /// The id of the event that this one replaces.
    pub fn corrects(&self) -> Option<&str> {
        match &self.event {
            Event::Order(e) => e.corrects.as_deref(),
            Event::Delivery(e) => e.corrects.as_deref(),
            Event::Complaint(e) => e.corrects.as_deref(),
            Event::Outcome(e) => e.corrects.as_deref(),
            Event::Customer(_) | Event::Catalogue(_) => None,
        }
    }

    /// It says something else about the same, on behalf of the same system.
    pub fn is_correction_of(&self, original: &Self) -> bool {
        self.source == original.source && self.corrects() == Some(original.id())
    }

    /// The event that it corrects never happened.
    pub fn is_withdrawn(&self) -> bool {
        match &self.event {
            Event::Order(e) => e.withdrawn,
            Event::Delivery(e) => e.withdrawn,
            Event::Complaint(e) => e.withdrawn,
            Event::Outcome(e) => e.withdrawn,
            Event::Customer(_) | Event::Catalogue(_) => false,
        }
    }

    /// When it happened.
    pub fn time(&self) -> Timestamp {
        match &self.event {
            Event::Order(e) => e.time,
            Event::Delivery(e) => e.time,
            Event::Complaint(e) => e.time,
            Event::Outcome(e) => e.time,
            Event::Customer(e) => e.time,
            Event::Catalogue(e) => e.time,
        }
    }

    pub fn contract(&self) -> Contract {
        match &self.event {
            Event::Order(_) => Contract::Orders,
            Event::Delivery(_) => Contract::DeliveryDelays,
            Event::Complaint(_) => Contract::Complaints,
            Event::Outcome(_) => Contract::RecoveryOutcomes,
            Event::Customer(_) => Contract::Customers,
            Event::Catalogue(_) => Contract::Catalogue,
        }
    }
}

/// One event on its way out, with the guest it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The record key: the guest's id (an insight: its site's or carrier's), so that what belongs together stays in order.
    pub key: String,
    pub payload: Payload,
    pub traceparent: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    Action(Box<RecoveryAction>),
    FollowUp(Box<FollowUp>),
    Incident(Box<IncidentEvent>),
    Insight(Box<Insight>),
}

impl Payload {
    pub fn contract(&self) -> OutputContract {
        match self {
            Self::Action(_) => OutputContract::Actions,
            Self::FollowUp(_) => OutputContract::FollowUps,
            Self::Incident(_) => OutputContract::Incidents,
            Self::Insight(_) => OutputContract::Insights,
        }
    }
}
