//! Generated histories at the hotel: neither the number of tasks nor a restart shows in what comes out.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::events::{Event, Payload};
use crate::policy::presets;

fn hotel() -> Arc<Policy> {
    Arc::new(presets::hotel().unwrap())
}

/// Minutes on the day on which everything happens.
fn at(minutes: i64) -> Timestamp {
    Timestamp::parse("2026-11-23T12:00:00Z").unwrap() + Millis::minutes(minutes)
}

fn order(fields: Value) -> Input {
    let event = Event::Order(serde_json::from_value(fields).unwrap());
    Input { source: "orders".into(), event, traceparent: None }
}

/// One order and what becomes of it.
#[derive(Debug, Clone)]
struct Story {
    guest: usize,
    placed: i64,
    promised: i64,
    /// How long after it was placed it was served, and whether something was missing.
    served: Option<(i64, bool)>,
    complains: Option<i64>,
}

fn story() -> impl Strategy<Value = Story> {
    (
        0_usize..6,
        0_i64..240,
        5_i64..60,
        proptest::option::weighted(0.7, (1_i64..90, any::<bool>())),
        proptest::option::weighted(0.2, 1_i64..120),
    )
        .prop_map(|(guest, placed, promised, served, complains)| Story {
            guest,
            placed,
            promised,
            served,
            complains,
        })
}

/// The first guests are customers, then come visits, and the last says nothing about itself.
fn references(guest: usize) -> Value {
    match guest {
        0..=2 => json!({"customer_id": format!("customer-{guest}")}),
        3..=4 => json!({"visit_id": format!("visit-{guest}")}),
        _ => json!({}),
    }
}

fn inputs(stories: &[Story]) -> Vec<Input> {
    let mut inputs = Vec::new();
    for (number, story) in stories.iter().enumerate() {
        let order_id = format!("order-{number}");
        let mut placed = references(story.guest);
        placed["id"] = json!(format!("{order_id}-placed"));
        placed["time"] = json!(at(story.placed));
        placed["type"] = json!("placed");
        placed["order_id"] = json!(order_id);
        placed["site_id"] = json!("strandhotellet");
        placed["touchpoint"] = json!("pool_bar");
        placed["promised_at"] = json!(at(story.placed + story.promised));
        placed["lines"] = json!([
            {"line_id": "1", "item_id": "salad", "unit_price_minor": 14_500},
            {"line_id": "2", "item_id": "strawberry-smoothie", "unit_price_minor": 6_500},
        ]);
        inputs.push(order(placed));
        if let Some((after, is_short)) = story.served {
            let mut served = json!({"id": format!("{order_id}-served"), "time": at(story.placed + after),
                "type": "fulfilled", "order_id": order_id, "completes": true});
            if is_short {
                served["lines"] = json!([{"line_id": "1", "item_id": "salad"}]);
            }
            inputs.push(order(served));
        }
        if let Some(after) = story.complains {
            let fields = json!({"id": format!("complaint-{number}"), "time": at(story.placed + after),
                "order_id": order_id, "text": "we waited for a long time"});
            let event = Event::Complaint(serde_json::from_value(fields).unwrap());
            inputs.push(Input { source: "complaints".into(), event, traceparent: None });
        }
    }
    inputs.sort_by(|a, b| (a.time(), a.id()).cmp(&(b.time(), b.id())));
    inputs
}

/// Everything that comes out, restarted after each of the inputs named.
fn run(partitions: u32, inputs: &[Input], restarts: &[usize]) -> Vec<Output> {
    let mut engine = InProcess::new(partitions, hotel());
    for (index, input) in inputs.iter().enumerate() {
        engine.input(input.clone()).unwrap();
        if restarts.contains(&index) {
            engine.restart(true);
        }
    }
    engine.advance(at(48 * 60));
    assert!(engine.take_undeliverable().is_empty());
    engine.take_outputs()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_number_of_tasks_does_not_show(stories in prop::collection::vec(story(), 1..12)) {
        let inputs = inputs(&stories);
        let alone = run(1, &inputs, &[]);
        prop_assert_eq!(&run(4, &inputs, &[]), &alone);
        prop_assert_eq!(&run(32, &inputs, &[]), &alone);
    }

    #[test]
    fn a_restart_does_not_show(
        stories in prop::collection::vec(story(), 1..12),
        restarts in prop::collection::vec(0_usize..24, 1..4),
    ) {
        let inputs = inputs(&stories);
        prop_assert_eq!(run(4, &inputs, &restarts), run(4, &inputs, &[]));
    }
}

/// The hotel with other deadlines of every kind.
fn another_hotel() -> Arc<Policy> {
    let mut policy = presets::hotel().unwrap();
    for touchpoint in policy.touchpoints.values_mut() {
        touchpoint.grace = Millis::minutes(20);
        touchpoint.action_expires = Millis::minutes(30);
    }
    policy.version = "another".to_owned();
    Arc::new(policy)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Deadlines that were derived anew are those that a start finds.
    #[test]
    fn another_policy_decides_as_after_a_restart_with_it(
        stories in prop::collection::vec(story(), 1..12),
        from in 0_usize..24,
        to in 0_usize..24,
    ) {
        let run = |is_restarted: bool| {
            let mut engine = InProcess::new(4, hotel());
            for (index, input) in inputs(&stories).iter().enumerate() {
                engine.input(input.clone()).unwrap();
                if index == from || index == to {
                    engine.set_policy(if index == from { another_hotel() } else { hotel() });
                    if is_restarted {
                        engine.restart(true);
                    }
                }
            }
            engine.advance(at(48 * 60));
            engine.take_outputs()
        };
        prop_assert_eq!(run(false), run(true));
    }
}

#[test]
fn what_another_policy_would_have_found_earlier_is_found_at_once() {
    let story = Story { guest: 0, placed: 0, promised: 30, served: None, complains: None };
    let mut engine = InProcess::new(2, another_hotel());
    engine.input(inputs(&[story]).remove(0)).unwrap();
    engine.advance(at(45));
    assert_eq!(engine.take_outputs(), []);
    engine.set_policy(hotel());
    engine.advance(at(46));
    let outputs = engine.take_outputs();
    let Payload::Incident(incident) = &outputs[0].payload else { panic!("{outputs:?}") };
    assert!((at(45)..at(46)).contains(&incident.time), "{incident:?}");
    let versions = outputs.iter().filter_map(|output| match &output.payload {
        Payload::Action(action) => Some(action.decision.policy_version.as_str()),
        _ => None,
    });
    assert_eq!(versions.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>(), ["hotel-1"]);
}

#[test]
fn what_the_catalogue_topic_says_stays_under_another_policy() {
    let update = json!({"item_id": "mango-lassi", "site_id": null, "time": at(0), "item": {"item_id": "mango-lassi",
        "names": {"en": "mango lassi"}, "price_minor": 5_000, "currency": "DKK"}});
    let event = Event::Catalogue(serde_json::from_value(update).unwrap());
    let mut engine = InProcess::new(1, hotel());
    engine.input(Input { source: "catalogue".into(), event, traceparent: None }).unwrap();
    engine.set_policy(another_hotel());
    assert!(engine.catalogue.item("strandhotellet", "mango-lassi").is_some());
    assert!(engine.catalogue.item("strandhotellet", "salad").is_some());
}

#[test]
fn an_input_comes_before_a_deadline_of_the_same_moment() {
    let story = Story { guest: 0, placed: 0, promised: 30, served: None, complains: None };
    let placed = inputs(&[story]).remove(0);
    let grace = hotel().touchpoint(Some("pool_bar")).grace;
    let served = order(json!({"id": "served", "time": at(30) + grace, "type": "fulfilled", "order_id": "order-0",
        "customer_id": "customer-0"}));

    let mut engine = InProcess::new(2, hotel());
    engine.input(placed).unwrap();
    assert_eq!(engine.next_deadline(), Some(at(30) + grace));
    engine.input(served).unwrap();
    engine.advance(at(600));
    assert_eq!(engine.take_outputs(), []);
}

#[test]
fn deadlines_fire_at_their_own_time() {
    let story = Story { guest: 0, placed: 0, promised: 30, served: None, complains: None };
    let mut engine = InProcess::new(2, hotel());
    engine.input(inputs(&[story]).remove(0)).unwrap();
    engine.advance(at(600));
    assert_eq!(engine.now(), at(600));
    let outputs = engine.take_outputs();
    let Payload::Incident(incident) = &outputs[0].payload else { panic!("{outputs:?}") };
    assert_eq!(incident.time, at(33) + Millis(1));
}

#[test]
fn while_the_safe_time_is_held_nothing_is_found_by_silence() {
    let story = Story { guest: 0, placed: 0, promised: 30, served: None, complains: None };
    let placed = inputs(&[story]).remove(0);
    let apologies = |engine: &mut InProcess| {
        let is_action = |output: &Output| matches!(output.payload, Payload::Action(_));
        engine.take_outputs().into_iter().filter(is_action).count()
    };
    let mut engine = InProcess::new(2, hotel());
    engine.input(placed.clone()).unwrap();
    engine.hold_safe_time();
    engine.advance(at(34));
    assert_eq!(apologies(&mut engine), 0);
    engine.release_safe_time();
    assert!(apologies(&mut engine) > 0);

    let mut restarted = InProcess::new(2, hotel());
    restarted.input(placed).unwrap();
    restarted.restart(false);
    restarted.advance(at(34));
    assert_eq!(apologies(&mut restarted), 0);
    restarted.release_safe_time();
    assert!(apologies(&mut restarted) > 0);
}

#[test]
fn an_input_for_nobody_is_refused() {
    let fields = json!({"id": "o-1", "time": at(0), "status": "done"});
    let event = Event::Outcome(serde_json::from_value(fields).unwrap());
    let input = Input { source: "recovery-outcomes".into(), event, traceparent: None };
    let mut engine = InProcess::new(1, hotel());
    assert!(matches!(engine.input(input), Err(Unroutable::NoReference { .. })));
    assert_eq!(engine.now(), at(0), "time goes on all the same");
}
