//! Invariants over generated histories: whatever comes in whatever order, facts converge and commitments are safe.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod play;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, LazyLock};

use play::{Play, at, day};
use proptest::prelude::*;
use serde_json::{Value, json};
use service_recovery::events::{ActionKind, ActionState, Contract, FailureKind, IncidentStatus, Millis, Timestamp};
use service_recovery::policy::{Policy, presets};

/// One event, and how long after the one before it arrives.
#[derive(Clone)]
struct Step {
    contract: Contract,
    value: Value,
    pause_minutes: i64,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{} min {} {}", self.pause_minutes, self.contract.name(), self.value)
    }
}

/// Events arrive when all of them have happened; promises may still be open.
const DELIVERY_STARTS: i64 = 260;
const ORDERS: usize = 3;
const GUESTS: usize = 2;

fn clock(minutes: i64) -> String {
    (at(&day(0, "12:00")) + Millis::minutes(minutes)).to_string()
}

/// Order `n` belongs to a fixed guest, was placed at a fixed time and has fixed lines: what varies is what follows.
fn placed(order: usize, promised_after: i64) -> Value {
    json!({"type": "placed", "order_id": format!("o{order}"), "customer_id": format!("c{}", order % GUESTS),
        "site_id": "strandhotellet", "touchpoint": "pool_bar", "party_size": 2, "currency": "DKK",
        "time": clock(order as i64 * 7), "promised_at": clock(order as i64 * 7 + promised_after),
        "lines": [play::order::salads(), {"line_id": "2", "item_id": "espresso", "quantity": 1, "unit_price_minor": 3200}]})
}

/// Some know the guest, some only the order number.
fn reference(order: usize, knows_guest: bool) -> Value {
    if knows_guest {
        json!({"order_id": format!("o{order}"), "customer_id": format!("c{}", order % GUESTS)})
    } else {
        json!({"order_id": format!("o{order}")})
    }
}

fn with(mut base: Value, fields: Value) -> Value {
    base.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    base
}

fn later_event() -> impl Strategy<Value = (Contract, Value)> {
    let minute = 0..240_i64;
    (0..ORDERS, any::<bool>(), minute, 0..9_u8).prop_map(|(order, knows_guest, minute, what)| {
        let base = with(reference(order, knows_guest), json!({"time": clock(order as i64 * 7 + minute)}));
        let of = |contract, fields| (contract, with(base.clone(), fields));
        match what {
            0 => of(Contract::Orders, json!({"type": "fulfilled"})),
            1 => of(
                Contract::Orders,
                json!({"type": "fulfilled", "completes": true, "lines": [play::order::bare_salads()]}),
            ),
            2 => of(Contract::Orders, json!({"type": "fulfilled", "lines": [{"line_id": "2", "item_id": "espresso"}]})),
            3 => of(
                Contract::Orders,
                json!({"type": "cancelled", "cancelled_by": if minute % 2 == 0 { "customer" } else { "company" }}),
            ),
            4 => of(Contract::DeliveryDelays, json!({"type": "delivered"})),
            5 => of(Contract::DeliveryDelays, json!({"type": "eta_changed", "eta": clock(minute * 2)})),
            6 => of(Contract::DeliveryDelays, json!({"type": "lost"})),
            7 => of(Contract::Complaints, json!({"form": "remark", "failure": "item_missing", "item_id": "espresso"})),
            _ => of(Contract::Complaints, json!({"form": "claim", "apologised": minute % 2 == 0})),
        }
    })
}

fn loose_complaint() -> impl Strategy<Value = (Contract, Value)> {
    (0..GUESTS, 0..240_i64).prop_map(|(guest, minute)| {
        let value = json!({"customer_id": format!("c{guest}"), "site_id": "strandhotellet", "form": "remark",
            "text": "it was cold", "time": clock(minute)});
        (Contract::Complaints, value)
    })
}

/// All events of a history, each with its id, in the order of their generation.
fn history() -> impl Strategy<Value = Vec<(Contract, Value)>> {
    let orders = prop::collection::vec(prop_oneof![3 => 10..90_i64, 1 => 250..500_i64], ORDERS);
    let later = prop::collection::vec(prop_oneof![6 => later_event(), 1 => loose_complaint()], 0..7);
    (orders, later).prop_map(|(promises, later)| {
        let mut events: Vec<(Contract, Value)> =
            promises.into_iter().enumerate().map(|(order, after)| (Contract::Orders, placed(order, after))).collect();
        events.extend(later);
        for (index, (_, value)) in events.iter_mut().enumerate() {
            value["id"] = json!(format!("e{index}"));
        }
        events
    })
}

/// The history in some order, some events twice, with pauses in which the clock and the safe time go on.
fn disorder(events: Vec<(Contract, Value)>) -> impl Strategy<Value = Vec<Step>> {
    let count = events.len();
    let doubled = prop::collection::vec(0..count, 0..4);
    let twice = doubled.prop_map(move |again| {
        let mut all = events.clone();
        all.extend(again.into_iter().map(|index| events[index].clone()));
        all
    });
    twice.prop_flat_map(|all| {
        let pauses = prop::collection::vec(0..20_i64, all.len());
        (Just(all).prop_shuffle(), pauses).prop_map(|(all, pauses)| {
            let paused = all.into_iter().zip(pauses);
            paused.map(|((contract, value), pause_minutes)| Step { contract, value, pause_minutes }).collect()
        })
    })
}

fn two_schedules() -> impl Strategy<Value = (Vec<Step>, Vec<Step>)> {
    history().prop_flat_map(|events| (disorder(events.clone()), disorder(events)))
}

fn play_out(policy: Arc<Policy>, steps: &[Step]) -> Play {
    let mut play = Play::with(policy);
    let mut minutes = DELIVERY_STARTS;
    play.hold_everything_until(&clock(DELIVERY_STARTS));
    for step in steps {
        minutes += step.pause_minutes;
        play.advance(&clock(minutes));
        play.event_as_is(step.contract, step.value.clone());
    }
    play.advance(&clock(20 * 60));
    play
}

/// Incidents that stand: order or complaint, and the kinds of their shortfalls.
fn standing(play: &Play) -> BTreeMap<String, BTreeSet<(String, FailureKind)>> {
    play.standing()
        .into_iter()
        .map(|incident| {
            let kinds = incident.shortfalls.iter().map(|shortfall| (shortfall.id.clone(), shortfall.kind)).collect();
            (incident.id, kinds)
        })
        .collect()
}

/// The hotel, acting on news of any age.
static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let mut policy = presets::hotel().unwrap();
    policy.default_touchpoint.max_action_age = None;
    for touchpoint in policy.touchpoints.values_mut() {
        touchpoint.max_action_age = None;
    }
    Arc::new(policy)
});

fn policy() -> Arc<Policy> {
    Arc::clone(&POLICY)
}

fn cases() -> u32 {
    std::env::var("HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(300)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn facts_converge_whatever_the_order((one, other) in two_schedules()) {
        let one = play_out(policy(), &one);
        let other = play_out(policy(), &other);
        prop_assert_eq!(standing(&one), standing(&other));
    }

    #[test]
    fn commitments_are_safe_in_every_schedule(steps in history().prop_flat_map(disorder)) {
        let play = play_out(policy(), &steps);
        play.assert_sound();
        assert_amends_are_bounded(&play);
    }

    #[test]
    fn a_restart_anywhere_changes_nothing(steps in history().prop_flat_map(disorder), stop in 0_usize..10) {
        let undisturbed = play_out(policy(), &steps);
        let mut play = Play::with(policy());
        let mut minutes = DELIVERY_STARTS;
        play.hold_everything_until(&clock(DELIVERY_STARTS));
        for (index, step) in steps.iter().enumerate() {
            if index == stop {
                play.restart();
            }
            minutes += step.pause_minutes;
            play.advance(&clock(minutes));
            play.event_as_is(step.contract, step.value.clone());
        }
        play.advance(&clock(20 * 60));
        prop_assert_eq!(undisturbed.outputs(), play.outputs());
    }

    #[test]
    fn the_number_of_tasks_changes_nothing(steps in history().prop_flat_map(disorder)) {
        let four = play_out(policy(), &steps);
        let mut one = Play::with_partitions(policy(), 1);
        let mut minutes = DELIVERY_STARTS;
        one.hold_everything_until(&clock(DELIVERY_STARTS));
        for step in &steps {
            minutes += step.pause_minutes;
            one.advance(&clock(minutes));
            one.event_as_is(step.contract, step.value.clone());
        }
        one.advance(&clock(20 * 60));
        prop_assert_eq!(four.outputs(), one.outputs());
    }
}

/// At most one apology and one gesture an incident unless a double deviation; values within the caps; every complaint
/// ends in an incident.
fn assert_amends_are_bounded(play: &Play) {
    let policy = policy();
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    let mut gifts: BTreeMap<String, usize> = BTreeMap::new();
    for action in play.all_actions() {
        let is_taken_back = matches!(action.state, ActionState::Retracted | ActionState::Superseded);
        if is_taken_back {
            continue;
        }
        match action.kind {
            ActionKind::Apology => *words.entry(action.incident_id.clone()).or_default() += 1,
            ActionKind::Gesture => {
                *gifts.entry(action.incident_id.clone()).or_default() += 1;
                let gesture = action.gesture.as_ref().unwrap();
                let cap = policy.gestures.caps[&action.severity]["DKK"];
                assert!(gesture.value_minor <= cap, "{gesture:?} above {cap}");
            }
            _ => {}
        }
    }
    for incident in play.incidents() {
        let is_reopened = play.revisions_of(&incident.id).contains(&IncidentStatus::Reopened);
        let most = if is_reopened { 2 } else { 1 };
        assert!(words.get(&incident.id).copied().unwrap_or(0) <= most, "two apologies for {incident:#?}");
        assert!(gifts.get(&incident.id).copied().unwrap_or(0) <= 1, "two gestures for {incident:#?}");
    }
}

#[test]
fn the_generated_times_are_what_they_seem() {
    assert_eq!(at(&clock(60)), at(&day(0, "13:00")));
    assert!(at(&clock(0)) > Timestamp::MIN);
}
