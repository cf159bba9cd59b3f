//! What is known of a guest or an order, to be read by a person: a look that changes nothing.
//!
//! Made from an entity as it was committed, with the same functions that decide. It shows what the state shows: what
//! was forgotten after its horizon is not in it.

mod reason;
mod step;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::guest::Given;
use super::{Entity, EntityKey};
use crate::events::{
    ActionKind, ComplaintEvent, CustomerProfile, DeliveryEvent, Evidence, FollowUp, IncidentEvent, IncidentStatus,
    OrderEvent, OrderLine, RecoveryAction, Shortfall, Timestamp,
};
use crate::policy::Policy;
pub use reason::Reason;
pub use step::{MovedView, StepView};

/// From when, and by which rules, it is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    pub now: Timestamp,
    /// Up to when silence is proven.
    pub safe: Option<Timestamp>,
    pub policy: &'a Policy,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GuestView {
    /// The key of the guest: `c:` customer, `v:` visit, `o:` an order's or `m:` a complaint's unknown guest.
    pub guest: String,
    /// Whom it became when it was better known: all else is there.
    #[serde(serialize_with = "key")]
    pub became: Option<EntityKey>,
    /// Guests that became this one, or were asked to.
    pub also_known_as: Vec<String>,
    /// Customers of the same party, whose allergies count too.
    pub companions: Vec<String>,
    pub now: Timestamp,
    pub safe_time: Option<Timestamp>,
    /// When something is decided next, if nothing comes before it.
    pub next_deadline: Option<Timestamp>,
    pub profile: Option<ProfileView>,
    pub orders: Vec<OrderSummary>,
    /// Complaints that name no order.
    pub complaints: Vec<ComplaintSummary>,
    /// With their open actions and follow-ups.
    pub open_incidents: Vec<IncidentView>,
    pub past_incidents: Vec<PastIncident>,
    /// As seen today from where the guest was last.
    pub habits: Vec<HabitView>,
    /// Gestures on their way or given, newest last.
    pub gestures: Vec<Given>,
    /// Items turned down, with the moment from which they may be offered again.
    pub declined_items: BTreeMap<String, Timestamp>,
    /// What staff gave or did of their own accord.
    pub amends: Vec<AmendsView>,
}

/// Amends that no action asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AmendsView {
    pub kind: ActionKind,
    pub at: Timestamp,
    pub order_id: Option<String>,
    pub incident_id: Option<String>,
    pub value_minor: i64,
    pub currency: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProfileView {
    /// When the customers topic last said something of them.
    pub since: Timestamp,
    /// Their profile was erased.
    pub erased: bool,
    pub declared: Option<CustomerProfile>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderSummary {
    pub order_id: String,
    pub site_id: Option<String>,
    pub location: Option<String>,
    pub touchpoint: Option<String>,
    pub placed_at: Option<Timestamp>,
    /// The latest time promised, stated or expected.
    pub promised_at: Option<Timestamp>,
    pub settled_at: Option<Timestamp>,
    pub cancelled_at: Option<Timestamp>,
    /// When its silence is judged, or an order from the future believed.
    pub judged_at: Option<Timestamp>,
    /// When it is forgotten, if nothing more is heard of it.
    pub forgotten_at: Option<Timestamp>,
    pub incident_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComplaintSummary {
    pub id: String,
    pub time: Timestamp,
    pub text: Option<String>,
    /// The order that it was found to be about.
    pub order_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentView {
    /// As last published; revision 0 was not published yet.
    pub incident: IncidentEvent,
    /// The evidence waits for its decision.
    pub undecided: bool,
    /// The rule that decided.
    pub rule: Option<String>,
    pub gesture: GestureView,
    pub acknowledged_at: Option<Timestamp>,
    pub actions: Vec<RecoveryAction>,
    pub follow_ups: Vec<FollowUp>,
    /// How it came to stand so, oldest first; empty where an instance of an older version answers.
    #[serde(default)]
    pub steps: Vec<StepView>,
    /// How many steps before these are not kept.
    #[serde(default)]
    pub steps_forgotten: u32,
    pub next_deadline: Option<Timestamp>,
}

/// Where the gesture stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GestureView {
    /// `none`, `waiting` (for the first safe time), `companions` (for their allergies), `requested`, `proposed` or
    /// `suppressed`.
    pub state: Cow<'static, str>,
    /// Why there is none.
    pub suppressed_because: Option<Cow<'static, str>>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PastIncident {
    pub id: String,
    pub order_id: Option<String>,
    pub status: IncidentStatus,
    pub occurred_at: Timestamp,
    pub score: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HabitView {
    pub item_id: String,
    /// Occasions, each half as strong after the policy's half-life.
    pub strength: f64,
    pub share: f64,
    /// Taken on both preceding service days.
    pub recent_streak: bool,
    pub evidence: Vec<Evidence>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderDetails {
    pub guest: String,
    pub now: Timestamp,
    pub safe_time: Option<Timestamp>,
    #[serde(flatten)]
    pub order: OrderSummary,
    /// All that is ordered now.
    pub lines: Vec<OrderLine>,
    /// Up to when it is proven, or suspected, that nothing else came.
    pub silence_proven_until: Option<Timestamp>,
    pub silence_suspected_until: Option<Timestamp>,
    /// What is wrong with it, as the facts tell now.
    pub findings: Vec<FindingView>,
    /// With all its actions and follow-ups.
    pub incident: Option<IncidentView>,
    /// By the time they happened.
    pub facts: Vec<FactView>,
    /// What staff gave or did for it of their own accord.
    pub amends: Vec<AmendsView>,
    /// Why it stands as it does, also where nothing was done.
    pub reasons: Vec<Reason>,
    /// The site's, by its name in the time zone database.
    pub time_zone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingView {
    #[serde(flatten)]
    pub shortfall: Shortfall,
    pub news_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactView {
    pub contract: Cow<'static, str>,
    pub source: String,
    /// `false`: corrected, withdrawn, or from a future that has not come yet.
    pub holds: bool,
    pub event: EventView,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EventView {
    Order(Box<OrderEvent>),
    Delivery(Box<DeliveryEvent>),
    Complaint(Box<ComplaintEvent>),
}

/// What the index of an order knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexView {
    pub order_id: String,
    pub now: Timestamp,
    pub safe_time: Option<Timestamp>,
    /// Whose order it is; `None`: nobody has placed it yet, its events are parked.
    #[serde(serialize_with = "key")]
    pub owner: Option<EntityKey>,
    pub parked: Vec<ParkedView>,
    /// When a person is told of a parked complaint, or something is forgotten, if nothing comes before it.
    pub next_deadline: Option<Timestamp>,
}

/// What a look-up of an order finds: the order itself, or only its index while nobody has placed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OrderLookup {
    Order(Box<OrderDetails>),
    Index(Box<IndexView>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ParkedView {
    pub contract: Cow<'static, str>,
    pub source: String,
    pub id: String,
    pub time: Timestamp,
    pub since: Timestamp,
    /// A complaint that a person has been told about.
    pub told: bool,
}

fn key<S: serde::Serializer>(key: &Option<EntityKey>, serializer: S) -> Result<S::Ok, S::Error> {
    key.as_ref().map(EntityKey::as_str).serialize(serializer)
}

/// As JSON, without nulls: absent means unknown or none, as in the contracts.
///
/// # Errors
/// When a view holds what JSON cannot write, which is a bug.
pub fn to_json(view: &impl Serialize) -> serde_json::Result<Value> {
    serde_json::to_value(view).map(without_nulls)
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, inner)| !inner.is_null());
            kept.map(|(name, inner)| (name, without_nulls(inner))).collect()
        }
        Value::Array(entries) => entries.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// A guest; `None` for an entity that is no guest.
pub fn guest(key: &EntityKey, entity: &Entity, moment: Moment<'_>) -> Option<GuestView> {
    match entity {
        Entity::Guest(guest) => Some(guest.look(key, moment)),
        _ => None,
    }
}

/// One order of a guest; `None` when the guest does not know it.
pub fn order(key: &EntityKey, order_id: &str, entity: &Entity, moment: Moment<'_>) -> Option<OrderDetails> {
    match entity {
        Entity::Guest(guest) => guest.look_at_order(key, order_id, moment),
        _ => None,
    }
}

/// The index of an order; `None` for an entity that is none.
pub fn index(order_id: &str, entity: &Entity, moment: Moment<'_>) -> Option<IndexView> {
    match entity {
        Entity::OrderIndex(index) => Some(index.look(order_id, moment)),
        _ => None,
    }
}
