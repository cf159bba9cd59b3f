//! In whatever order the news comes, the owners count the same.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::carriers::report;
use super::*;

/// A recorded event: when it arrives is for the property to choose.
#[derive(Debug, Clone)]
struct Arrival(Contract, Value);

/// Six guests whose orders fail in one way or another, some of them corrected.
fn failures() -> impl Strategy<Value = Vec<Arrival>> {
    prop::collection::vec((0..6_u8, any::<bool>()), 6).prop_map(|kinds| {
        let mut arrivals = Vec::new();
        for (guest, (kind, is_withdrawn)) in kinds.into_iter().enumerate() {
            let (guest, at) = (format!("g{guest}"), 20 * guest as i64);
            let mut order = placed(&guest, at);
            order["carrier"] = json!("bud");
            order["promised_at"] = json!(minute(at + 5));
            let order_id = order["order_id"].as_str().unwrap().to_owned();
            arrivals.push(Arrival(Contract::Orders, order));
            let came = |minutes| {
                json!({"id": format!("{guest}-came"), "time": minute(minutes), "type": "fulfilled", "order_id": order_id,
                    "customer_id": guest})
            };
            let failure = match kind {
                0 | 1 => Arrival(Contract::Orders, without_dressing(&guest, at)),
                2 => Arrival(Contract::Orders, came(at + 30)),
                3 => Arrival(Contract::DeliveryDelays, report(&order_id, at + 1, json!({"type": "lost"}))),
                4 => Arrival(
                    Contract::Complaints,
                    json!({"id": format!("{guest}-said"), "time": minute(at + 20), "customer_id": guest,
                        "failure": "quality_defect", "item_id": "salad", "text": "limp"}),
                ),
                _ => Arrival(Contract::Orders, came(at)),
            };
            if is_withdrawn && kind < 2 {
                let mut withdrawn = failure.1.clone();
                withdrawn["corrects"] = withdrawn["id"].clone();
                withdrawn["id"] = json!(format!("{guest}-withdrawn"));
                withdrawn["withdrawn"] = json!(true);
                arrivals.push(Arrival(Contract::Orders, withdrawn));
                arrivals.push(Arrival(Contract::Orders, came(at + 2)));
            }
            arrivals.push(failure);
        }
        arrivals
    })
}

/// Shuffled, some of them twice.
fn disorder(arrivals: Vec<Arrival>) -> impl Strategy<Value = Vec<Arrival>> {
    let doubled = prop::collection::vec(any::<bool>(), arrivals.len());
    doubled.prop_flat_map(move |doubled| {
        let mut all = arrivals.clone();
        all.extend(arrivals.iter().zip(&doubled).filter(|(_, is)| **is).map(|(arrival, _)| arrival.clone()));
        Just(all).prop_shuffle()
    })
}

/// Reading the policy takes longer than most plays.
static AT_ANY_AGE: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let mut policy = presets::hotel().unwrap();
    policy.touchpoints.values_mut().for_each(|touchpoint| touchpoint.max_action_age = None);
    Arc::new(policy)
});

/// Everything arrives within an hour, three hours after the first order.
fn arrive(arrivals: &[Arrival]) -> Play {
    let mut play = Play::with(Arc::clone(&AT_ANY_AGE));
    play.hold_everything_until(&minute(180));
    for Arrival(contract, value) in arrivals {
        play.event_as_is(*contract, value.clone());
    }
    play.advance(&minute(200));
    play
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_converge_whatever_the_order(
        (one, other) in failures().prop_flat_map(|all| (disorder(all.clone()), disorder(all)))
    ) {
        let (one, other) = (arrive(&one), arrive(&other));
        for owner in [site(), EntityKey::carrier("bud")] {
            prop_assert_eq!(counted(&one, &owner), counted(&other, &owner), "{}", owner);
        }
        other.assert_sound();
    }
}
