//! `IncidentEvent`: our record of one failure.

use serde::{Deserialize, Serialize};

use super::common::names;
use super::{InitiatedBy, Severity, Shortfall, Timestamp};

names! {
    IncidentStatus {
        Suspected = "suspected", Confirmed = "confirmed", Acknowledged = "acknowledged",
        ActionProposed = "action_proposed", ApprovalPending = "approval_pending", InProgress = "in_progress",
        Recovered = "recovered", FollowUpDue = "follow_up_due", Closed = "closed",
        /// A false alarm.
        Retracted = "retracted",
        Merged = "merged", Escalated = "escalated", Reopened = "reopened", Expired = "expired",
    }
}
names! {
    Band { VerySatisfied = "very_satisfied", Satisfied = "satisfied", Unsatisfied = "unsatisfied", NoAnswer = "no_answer" }
}

impl Band {
    /// 9-10 very satisfied, 7-8 satisfied, below that not recovered (Temkin Group's bands).
    pub fn of_score(score: i64) -> Self {
        match score {
            9.. => Self::VerySatisfied,
            7..=8 => Self::Satisfied,
            _ => Self::Unsatisfied,
        }
    }
}

/// Every revision is a full snapshot: fold by `id`, the highest `revision` wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentEvent {
    pub id: String,
    pub revision: i64,
    pub time: Timestamp,
    pub status: IncidentStatus,
    pub shortfalls: Vec<Shortfall>,
    pub severity: Severity,
    pub initiated_by: InitiatedBy,
    pub occurred_at: Timestamp,
    pub detected_at: Timestamp,
    pub complained_at: Option<Timestamp>,
    /// Built from old events: nobody was told.
    pub history: bool,
    /// The value of gestures given so far, in minor units of `currency`.
    pub given_minor: i64,
    pub currency: Option<String>,
    pub score: Option<i64>,
    pub band: Option<Band>,
    pub customer_id: Option<String>,
    pub visit_id: Option<String>,
    pub order_id: Option<String>,
    pub complaint_id: Option<String>,
    /// Set when this incident became part of another.
    pub merged_into: Option<String>,
    pub site_id: Option<String>,
    pub location: Option<String>,
    pub touchpoint: Option<String>,
}
