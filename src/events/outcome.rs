//! `OutcomeEvent`: what staff report back.

use serde::{Deserialize, Serialize};

use super::common::names;
use super::{ActionKind, Timestamp};

names! {
    OutcomeStatus {
        Accepted = "accepted", Done = "done", Substituted = "substituted", Declined = "declined",
        NotPossible = "not_possible", Confirmed = "confirmed", FalseAlarm = "false_alarm", Fixed = "fixed",
    }
}
names! { DeclinedBy { Guest = "guest", Staff = "staff" } }
names! {
    FollowUpResult {
        Answered = "answered", NoAnswer = "no_answer", DeclinedContact = "declined_contact",
        GestureNotReceived = "gesture_not_received", NoLongerRelevant = "no_longer_relevant",
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomeEvent {
    pub id: String,
    pub time: Timestamp,
    #[serde(default)]
    pub corrects: Option<String>,
    #[serde(default)]
    pub withdrawn: bool,
    /// Copied from the action or the follow-up; enough on its own.
    #[serde(default)]
    pub reply_to: Option<String>,
    #[serde(default)]
    pub incident_id: Option<String>,
    #[serde(default)]
    pub order_id: Option<String>,
    #[serde(default)]
    pub customer_id: Option<String>,
    #[serde(default)]
    pub visit_id: Option<String>,
    #[serde(default)]
    pub action_id: Option<String>,
    #[serde(default)]
    pub insight_id: Option<String>,
    #[serde(default)]
    pub staff_id: Option<String>,
    pub status: OutcomeStatus,
    #[serde(default)]
    pub declined_by: Option<DeclinedBy>,
    /// What was really given, when it differs from the action or there was none.
    #[serde(default)]
    pub kind: Option<ActionKind>,
    #[serde(default)]
    pub item_id: Option<String>,
    #[serde(default)]
    pub value_minor: Option<i64>,
    #[serde(default)]
    pub currency: Option<String>,
    #[serde(default)]
    pub result: Option<FollowUpResult>,
    /// How satisfied, 0-10.
    #[serde(default)]
    pub score: Option<i64>,
    #[serde(default)]
    pub still_ok: Option<bool>,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub comment: Option<String>,
}
