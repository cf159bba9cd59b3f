//! `DeliveryEvent`: what a carrier or a courier reports.

use serde::{Deserialize, Serialize};

use super::common::names;
use super::{Responsibility, Timestamp};

names! {
    DeliveryEventType {
        DelayReported = "delay_reported",
        EtaChanged = "eta_changed",
        AttemptFailed = "attempt_failed",
        Lost = "lost",
        Delivered = "delivered",
    }
}
names! {
    DelayReason {
        Weather = "weather", Customs = "customs", Address = "address", Refused = "refused", Absent = "absent",
        Capacity = "capacity", Other = "other",
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeliveryEvent {
    pub id: String,
    pub time: Timestamp,
    #[serde(default)]
    pub corrects: Option<String>,
    #[serde(default)]
    pub withdrawn: bool,
    #[serde(rename = "type")]
    pub event_type: DeliveryEventType,
    pub order_id: String,
    #[serde(default)]
    pub customer_id: Option<String>,
    #[serde(default)]
    pub visit_id: Option<String>,
    #[serde(default)]
    pub site_id: Option<String>,
    /// `delivered` without one means all parcels.
    #[serde(default)]
    pub parcel_id: Option<String>,
    /// The new expected time of arrival.
    #[serde(default)]
    pub eta: Option<Timestamp>,
    #[serde(default)]
    pub reason: Option<DelayReason>,
    #[serde(default)]
    pub reason_text: Option<String>,
    #[serde(default = "Responsibility::unknown")]
    pub responsibility: Responsibility,
    #[serde(default)]
    pub carrier: Option<String>,
}
