//! Events come late, doubled and in any order: the same incidents. And an answer finds its way with `reply_to` alone.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use service_recovery::events::{ActionKind, ActionState, Contract, IncidentEvent};

use crate::support::events::{fulfilled, now, placed, remark, with};
use crate::support::outputs::Outputs;
use crate::support::wait::{eventually, secs, throughout, until};
use crate::support::world::{Setup, World};

/// (contract, key, event): three guests, each with one failure.
fn story(start: i64) -> Vec<(Contract, String, Value)> {
    let mut events = Vec::new();
    let mut add = |contract, key: &str, event| events.push((contract, key.to_owned(), event));
    let customer = |event, id: &str| with(event, json!({"customer_id": id}));

    // late, and the carrier knows only the order number
    add(Contract::Customers, "c1", json!({"customer_id": "c1", "name": "Ida", "language": "en"}));
    add(Contract::Orders, "c1", customer(placed("late", start, start + 60_000), "c1"));
    let delivered = json!({"id": "d1", "time": start + 120_000, "type": "delivered", "order_id": "late"});
    add(Contract::DeliveryDelays, "late", delivered);
    // short, and remarked on
    add(Contract::Orders, "c2", customer(placed("short", start, start + 60_000), "c2"));
    let nothing_came = json!({"completes": true, "lines": []});
    add(Contract::Orders, "c2", customer(with(fulfilled("short", start + 30_000), nothing_came), "c2"));
    let about = json!({"order_id": "short", "customer_id": "c2", "failure": "item_missing", "item_id": "salad"});
    add(Contract::Complaints, "c2", with(remark("m1", start + 40_000, "where is my salad?"), about));
    // nothing at all, by nobody known
    add(Contract::Orders, "silent", placed("silent", start, start + 60_000));
    // kept
    add(Contract::Orders, "c3", customer(placed("kept", start, start + 60_000), "c3"));
    add(Contract::Orders, "kept", fulfilled("kept", start + 50_000));
    events
}

/// What every order of arrival must lead to.
fn essence(incidents: &[&IncidentEvent]) -> BTreeSet<(String, BTreeSet<String>)> {
    let kinds =
        |incident: &IncidentEvent| incident.shortfalls.iter().map(|shortfall| shortfall.kind.to_string()).collect();
    incidents.iter().map(|incident| (incident.order_id.clone().unwrap_or_default(), kinds(incident))).collect()
}

fn play(name: &str, events: &[(Contract, String, Value)]) -> Outputs {
    let world = World::new(name, Setup { inputs: 3, ..Setup::default() });
    let _service = world.start("a").ready();
    for (contract, key, event) in events {
        world.publish(*contract, Some(key), event);
    }
    world.until_read();
    let mut outputs = world.outputs();
    until(secs(20), "three incidents", || outputs.refresh().standing().len() == 3);
    throughout(secs(2), "there are three incidents", || outputs.refresh().standing().len() == 3);
    outputs.assert_gapless();
    outputs
}

#[test]
fn every_order_of_arrival_leads_to_the_same_incidents() {
    let events = story(now() - 600_000);
    let straight = play("straight", &events);
    let expected = essence(&straight.standing());
    assert_eq!(expected.iter().map(|(order, _)| order.as_str()).collect::<Vec<_>>(), ["late", "short", "silent"]);

    let backwards: Vec<_> = events.iter().rev().cloned().collect();
    let twice: Vec<_> = events.iter().flat_map(|event| [event.clone(), event.clone()]).collect();
    let again: Vec<_> = [events.clone(), backwards.clone()].concat();
    for (name, events) in [("backwards", backwards), ("twice", twice), ("again", again)] {
        let outputs = play(name, &events);
        assert_eq!(essence(&outputs.standing()), expected, "{name}");
        for incident in outputs.standing() {
            let of_incident = |kind| outputs.of_kind(kind).iter().filter(|a| a.incident_id == incident.id).count();
            assert!(of_incident(ActionKind::Apology) <= 1, "{name}: {incident:?}");
            assert!(of_incident(ActionKind::Gesture) <= 1, "{name}: {incident:?}");
        }
    }
}

#[test]
fn an_answer_with_only_reply_to_finds_its_anonymous_order() {
    let world = World::new("reply-to", Setup { inputs: 3, ..Setup::default() });
    let _service = world.start("a").ready();
    let mut outputs = world.outputs();
    world.publish(Contract::Orders, None, &placed("o1", now() - 60_000, now() - 1_000));
    let apology = eventually(secs(20), "the apology", || {
        outputs.refresh().of_kind(ActionKind::Apology).first().map(|action| (*action).clone())
    });
    assert_eq!((&apology.customer_id, &apology.visit_id), (&None, &None));

    let done = json!({"id": "r1", "time": now(), "reply_to": apology.reply_to, "status": "done"});
    world.publish(Contract::RecoveryOutcomes, None, &done);
    until(secs(20), "the apology to be done", || {
        outputs.refresh().actions().iter().any(|action| action.id == apology.id && action.state == ActionState::Done)
    });
}
