//! `FollowUp`: somebody asks the guest whether it is *still* all right.

use serde::{Deserialize, Serialize};

use super::common::names;
use super::{ActionState, Authority, GuestCard, Severity, Timestamp};

names! { FollowUpType { Scheduled = "scheduled", Due = "due", Closed = "closed", Cancelled = "cancelled" } }

/// Every revision is a full snapshot: fold by `id`, the highest `revision` wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowUp {
    pub id: String,
    pub revision: i64,
    pub time: Timestamp,
    #[serde(rename = "type")]
    pub follow_up_type: FollowUpType,
    pub state: ActionState,
    pub incident_id: String,
    /// Opaque; copy it to the outcome.
    pub reply_to: String,
    pub customer_id: Option<String>,
    pub visit_id: Option<String>,
    pub order_id: Option<String>,
    pub site_id: String,
    pub location: Option<String>,
    pub touchpoint: Option<String>,
    pub guest: GuestCard,
    pub assignee: String,
    pub authority: Authority,
    pub due_at: Timestamp,
    pub expires_at: Timestamp,
    /// What to ask, in the guest's language.
    pub ask: String,
    pub say_language: String,
    /// What happened and what was done, in the site's language.
    pub background: String,
    pub severity: Severity,
    /// From 1.
    pub attempt: i64,
}
