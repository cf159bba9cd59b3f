//! `Insight`: a root cause on its way to whoever can fix it.

use serde::{Deserialize, Serialize};

use super::common::names;
use super::{DelayReason, FailureKind, Timestamp};

names! {
    InsightType {
        Reported = "reported",
        /// The count has doubled since the last revision, or a mass event began.
        Updated = "updated",
        /// The rate has fallen, or somebody answered `fixed`.
        Resolved = "resolved",
    }
}

/// What failed again and again. Every part that is given narrows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    pub failure: FailureKind,
    #[serde(default)]
    pub item_id: Option<String>,
    #[serde(default)]
    pub modifier_id: Option<String>,
    #[serde(default)]
    pub reason: Option<DelayReason>,
}

/// The time that was counted, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsightWindow {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// Every revision is a full snapshot: fold by `id`, the highest `revision` wins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Insight {
    pub id: String,
    pub revision: i64,
    pub time: Timestamp,
    #[serde(rename = "type")]
    pub insight_type: InsightType,
    /// Opaque: copied into the outcome that says `fixed`.
    pub reply_to: String,
    /// The role that can do something about it.
    pub owner: String,
    /// Where it is counted: a site, or a carrier.
    pub site_id: Option<String>,
    pub carrier: Option<String>,
    pub cause: Cause,
    /// Failures of this cause within the window.
    pub count: i64,
    /// How many different guests they hit.
    pub guests: i64,
    pub window: InsightWindow,
    /// Incidents, the newest first.
    pub examples: Vec<String>,
    /// Many guests at once.
    pub mass_event: bool,
    /// What to look at, in the site's language.
    pub advice: String,
}
