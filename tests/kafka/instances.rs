//! Two instances, one of them stopped: nothing it holds back is mistaken for silence, and nothing it does when it
//! wakes up counts.

use std::time::Duration;

use serde_json::json;
use service_recovery::events::{ActionKind, Contract};

use crate::support::cluster::{Group, Send};
use crate::support::events::{fulfilled, now, placed, with};
use crate::support::wait::{secs, throughout, until};
use crate::support::world::{Setup, World};

#[test]
fn a_slow_forwarder_is_no_silence() {
    const ORDERS: usize = 40;
    let setup = Setup {
        more_inputs: vec![("fulfilments", Contract::Orders, 6)],
        session_timeout_ms: 120_000, // the stopped instance stays a member
        ..Setup::default()
    };
    let world = World::new("slow-forwarder", setup);
    let first = world.start("a");
    let second = world.start("b").ready();
    first.until_ready();
    let mut outputs = world.outputs();

    let promise = now() + 10_000;
    for n in 0..ORDERS {
        let (order, customer) = (format!("o{n}"), format!("c{n}"));
        let order = with(placed(&order, promise - 60_000, promise), json!({"customer_id": customer}));
        world.send_with(&world.producer, Contract::Orders, Some(&customer), &order);
    }
    world.producer.flush();
    world.until_read();
    second.pause();

    let topic = world.topic("fulfilments");
    for n in 0..ORDERS {
        let event = with(fulfilled(&format!("o{n}"), now()), json!({"customer_id": format!("c{n}")}));
        let value = event.to_string();
        let partition = Some(n as i32 % 6);
        world.producer.send(Send { topic: &topic, partition, value: Some(value.as_bytes()), ..Send::default() });
    }
    world.producer.flush();

    let beyond = Duration::from_millis((promise + 30_000 - now()).max(0) as u64);
    throughout(beyond, "nobody is alarmed", || outputs.refresh().incidents().is_empty());
    let held = Group::new(&world.broker.bootstrap, world.group()).lag(&[&topic]).unwrap();
    assert!(held > 0 && held < ORDERS as i64, "the stopped instance holds back some of them, not {held} of {ORDERS}");

    let lag = first.metric("service_recovery_clock_lag_seconds").unwrap();
    assert!(lag > 30.0, "the safe time is held: {lag} s");

    second.resume();
    world.until_read();
    throughout(secs(2), "nobody is alarmed", || outputs.refresh().incidents().is_empty());

    // and yet both are awake
    let broken = 8;
    for n in 0..broken {
        let order = placed(&format!("broken{n}"), now() - 60_000, now() - 1_000);
        world.send_with(&world.producer, Contract::Orders, None, &order);
    }
    world.producer.flush();
    until(secs(20), "the broken promises", || outputs.refresh().standing().len() == broken);
    assert_eq!(outputs.incidents().len(), broken);
}

#[test]
fn a_zombie_changes_nothing() {
    const ROUNDS: usize = 3;
    let world = World::new("zombie", Setup { tasks: 1, inputs: 1, session_timeout_ms: 3_000, ..Setup::default() });
    let mut outputs = world.outputs();
    let mut instances = vec![world.start("a").ready()];

    for round in 0..ROUNDS {
        let promise = now() + 12_000;
        let order = placed(&format!("o{round}"), promise - 60_000, promise);
        world.publish(Contract::Orders, Some("k"), &order);
        world.until_read();

        // the owner of the only task falls asleep, another takes over, and the promise passes
        let sleeper = instances.pop().unwrap();
        sleeper.pause();
        let successor = world.start(&format!("successor{round}")).ready();
        assert!(now() < promise, "the successor took over before the promise");
        until(secs(30), "the apology", || outputs.refresh().of_kind(ActionKind::Apology).len() == round + 1);

        // the sleeper wakes: its deadline is due and its inputs are silent
        sleeper.resume();
        throughout(secs(4), "there is one apology each", || {
            outputs.refresh().of_kind(ActionKind::Apology).len() == round + 1 && sleeper.is_running()
        });
        drop(successor);
        sleeper.until_ready();
        instances.push(sleeper);
    }
    assert_eq!(outputs.standing().len(), ROUNDS);
    outputs.assert_gapless();
}
