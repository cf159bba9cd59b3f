//! `OrderEvent`: what a customer was promised, and what they got.

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::common::names;

names! { OrderEventType { Placed = "placed", Changed = "changed", Cancelled = "cancelled", Fulfilled = "fulfilled" } }
names! { Party { Customer = "customer", Company = "company", Unknown = "unknown" } }
names! {
    ModifierKind {
        /// Ordered on top of the item.
        Add = "add",
        /// Part of the item as it is sold.
        Ingredient = "ingredient",
        /// To be left out.
        Remove = "remove",
    }
}

/// On `placed` and `changed`, `lines` is all that is ordered. On `fulfilled` it is what was received: absent means
/// everything as ordered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderEvent {
    pub id: String,
    /// When it happened.
    pub time: Timestamp,
    /// The id of an earlier event that this one replaces.
    #[serde(default)]
    pub corrects: Option<String>,
    /// The corrected event never happened.
    #[serde(default)]
    pub withdrawn: bool,
    #[serde(rename = "type")]
    pub event_type: OrderEventType,
    /// Unique in a deployment.
    pub order_id: String,
    #[serde(default)]
    pub customer_id: Option<String>,
    /// A stay or a table session.
    #[serde(default)]
    pub visit_id: Option<String>,
    /// Companions known by name.
    #[serde(default)]
    pub guest_ids: Option<Vec<String>>,
    /// Required on `placed`.
    #[serde(default)]
    pub site_id: Option<String>,
    /// Where in the site, as "table 12".
    #[serde(default)]
    pub location: Option<String>,
    #[serde(default)]
    pub touchpoint: Option<String>,
    /// The latest time promised.
    #[serde(default)]
    pub promised_at: Option<Timestamp>,
    #[serde(default)]
    pub visit_ends_at: Option<Timestamp>,
    #[serde(default)]
    pub party_size: Option<i64>,
    /// ISO 4217.
    #[serde(default)]
    pub currency: Option<String>,
    #[serde(default)]
    pub carrier: Option<String>,
    /// How many parcels it comes in.
    #[serde(default)]
    pub parcels: Option<i64>,
    #[serde(default)]
    pub changed_by: Option<Party>,
    #[serde(default)]
    pub cancelled_by: Option<Party>,
    /// A present, or a round for the office: no habit of this customer.
    #[serde(default)]
    pub for_others: Option<bool>,
    #[serde(default)]
    pub lines: Option<Vec<OrderLine>>,
    /// This fulfilment is the last: what none has named is missing now.
    #[serde(default)]
    pub completes: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderLine {
    #[serde(default)]
    pub line_id: Option<String>,
    pub item_id: String,
    #[serde(default)]
    pub name: Option<String>,
    /// 0 adds modifiers only.
    #[serde(default = "one")]
    pub quantity: i64,
    /// In minor units of the order's currency, for one.
    #[serde(default)]
    pub unit_price_minor: Option<i64>,
    /// The `line_id` that this one was delivered instead of.
    #[serde(default)]
    pub replaces: Option<String>,
    /// The customer agreed to the replacement.
    #[serde(default)]
    pub agreed: Option<bool>,
    /// On a fulfilment: absent means as ordered, an empty list means none came.
    #[serde(default)]
    pub modifiers: Option<Vec<Modifier>>,
}

fn one() -> i64 {
    1
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modifier {
    pub id: String,
    #[serde(default)]
    pub name: Option<String>,
    pub kind: ModifierKind,
    /// In minor units of the order's currency.
    #[serde(default)]
    pub price_minor: Option<i64>,
}
