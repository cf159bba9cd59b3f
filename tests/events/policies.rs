//! The policies that recordings are played with.

use std::sync::{Arc, LazyLock};

use service_recovery::events::{Millis, RemedyKind};
use service_recovery::policy::{Policy, Tracking, presets};

/// `hotel` is the preset; `shop` the same rules for parcels: promises of days, every delivery recorded,
/// goods that are sent again or paid back.
pub fn by_name(name: &str) -> Arc<Policy> {
    match name {
        "hotel" => Arc::clone(&HOTEL),
        "shop" => Arc::clone(&SHOP),
        other => panic!("no policy {other:?}: hotel or shop"),
    }
}

/// Reading a policy takes longer than most stories.
static HOTEL: LazyLock<Arc<Policy>> = LazyLock::new(|| Arc::new(presets::hotel().unwrap()));
static SHOP: LazyLock<Arc<Policy>> = LazyLock::new(|| Arc::new(shop()));

fn shop() -> Policy {
    let mut policy = presets::hotel().unwrap();
    let touchpoint = &mut policy.default_touchpoint;
    touchpoint.tracking = Tracking::Reliable;
    touchpoint.grace = Millis::hours(1);
    touchpoint.eta_margin = Millis::hours(1);
    touchpoint.max_action_age = Some(Millis::days(7));
    touchpoint.remedy_useful_for = Millis::days(7);
    touchpoint.action_expires = Millis::days(2);
    touchpoint.hands_over = false;
    // nothing is cooked again or brought over
    let is_of_use = |kind: &RemedyKind| !matches!(kind, RemedyKind::CompleteOrder | RemedyKind::Redo);
    policy.rules.iter_mut().for_each(|rule| rule.then.remedy.retain(is_of_use));
    policy
}
