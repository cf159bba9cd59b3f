//! Facts -> shortfalls.
//!
//! A pure function of what is known of an order and of how long its silence is proven: recomputed whenever either
//! changes, compared with what was found before. Silence, reconciliation, reports and complaints have a file each.

pub mod complaints;
pub mod parcels;
pub mod promise;
mod reconciliation;
pub mod view;

pub use view::OrderView;

use crate::events::{FailureKind, Responsibility, Shortfall, ShortfallSource, Timestamp};

/// A shortfall, and when what shows it happened: the age of the news decides whether anybody is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub shortfall: Shortfall,
    /// The time of the event that showed it, or the deadline that passed.
    pub news_at: Timestamp,
}

/// Up to when it is proven, or suspected, that nothing else is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Silence {
    pub proven_until: Option<Timestamp>,
    pub suspected_until: Option<Timestamp>,
}

/// All that is wrong with an order, worst kinds not sorted: the order is that of detection.
pub fn detect(view: &OrderView<'_>, silence: Silence) -> Vec<Finding> {
    let mut findings = Vec::new();
    promise::detect(view, silence, &mut findings);
    reconciliation::detect(view, silence, &mut findings);
    complaints::detect(view, &mut findings);
    findings
}

/// A shortfall with nothing but its kind: the detectors fill in what they know.
fn shortfall(id: String, kind: FailureKind, source: ShortfallSource) -> Shortfall {
    Shortfall {
        id,
        kind,
        line_id: None,
        item_id: None,
        name: None,
        modifier_id: None,
        quantity: None,
        parcel_id: None,
        late_by_seconds: None,
        amount_minor: None,
        currency: None,
        source,
        suspected: false,
        responsibility: Responsibility::Unknown,
    }
}
