//! What a guest reports: an incident's failures as causes.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::events::{Cause, Timestamp};
use crate::recovery::EntityKey;

/// Guest to site or carrier: everything that an incident counts for there now. It takes the place of the report before;
/// an empty one takes it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseReport {
    /// For counting different guests: only a digest of it is remembered.
    pub guest: EntityKey,
    pub incident_id: String,
    pub causes: Vec<Failing>,
}

/// A cause of one incident, at most once each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    pub cause: Cause,
    /// When it failed.
    pub at: Timestamp,
    pub touchpoint: Option<String>,
    /// As it was ordered, for an item that is in no catalogue.
    pub item_name: Option<String>,
    pub modifier_name: Option<String>,
}

impl CauseReport {
    /// The incident's id as its owner remembers it.
    pub(super) fn incident(&self) -> Uuid {
        Uuid::parse_str(&self.incident_id).unwrap_or_default()
    }
}
