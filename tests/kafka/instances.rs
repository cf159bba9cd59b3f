//! Two instances, one of them stopped: nothing it holds back is mistaken for silence, and nothing it does when it
//! wakes up counts.

use std::time::Duration;

use serde_json::{Value, json};
use service_recovery::events::{ActionKind, Contract};

use crate::support::cluster::{Group, Send, evict};
use crate::support::events::{fulfilled, now, placed, with};
use crate::support::wait::{secs, throughout, until};
use crate::support::world::{Setup, World};

const ORDERS: usize = 40;

/// Forty orders are kept, but what says so is `held` in a topic by a stopped instance until `beyond` seconds past their
/// promise. `fulfilment` says what is published of the n-th order, and in which of six partitions.
fn nobody_is_alarmed(name: &str, held: &str, beyond: i64, fulfilment: impl Fn(usize) -> (Value, i32)) {
    let setup = Setup {
        more_inputs: vec![("fulfilments", Contract::Orders, 6)],
        session_timeout_ms: 120_000, // the stopped instance stays a member
        ..Setup::default()
    };
    let world = World::new(name, setup);
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
        let (event, partition) = fulfilment(n);
        let (value, partition) = (event.to_string(), Some(partition));
        world.producer.send(Send { topic: &topic, partition, value: Some(value.as_bytes()), ..Send::default() });
    }
    world.producer.flush();

    let beyond = Duration::from_millis((promise + beyond * 1_000 - now()) as u64);
    throughout(beyond, "nobody is alarmed", || outputs.refresh().incidents().is_empty());
    let group = Group::new(&world.broker.bootstrap, world.group());
    let waiting = |topic| group.lag(&[&world.topic(topic)]).unwrap();
    assert!(waiting(held) > 0, "the stopped instance holds {held} back");
    assert!(held == "fulfilments" || waiting("fulfilments") == 0, "the other one has read the fulfilments");
    let lag = first.metric("service_recovery_clock_lag_seconds").unwrap();
    assert!(lag > beyond.as_secs_f64() - 2.0, "the safe time is held: {lag} s");

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
fn a_slow_forwarder_is_no_silence() {
    nobody_is_alarmed("slow-forwarder", "fulfilments", 30, |n| {
        (with(fulfilled(&format!("o{n}"), now()), json!({"customer_id": format!("c{n}")})), n as i32 % 6)
    });
}

/// The other instance reads them, but whose they are only the stopped one knows.
#[test]
fn a_slow_order_index_is_no_silence() {
    nobody_is_alarmed("slow-index", "mailbox", 10, |n| (fulfilled(&format!("o{n}"), now()), n as i32 % 3));
}

/// The owner of the only task falls asleep, another takes over, and the promise passes.
#[test]
fn an_instance_that_slept_through_its_session_changes_nothing() {
    let world = World::new("sleeper", Setup { tasks: 1, inputs: 1, session_timeout_ms: 3_000, ..Setup::default() });
    let mut outputs = world.outputs();
    let sleeper = world.start("sleeper").ready();
    let promise = now() + 12_000;
    world.publish(Contract::Orders, Some("k"), &placed("o1", promise - 60_000, promise));
    world.until_read();
    sleeper.pause();
    let successor = world.start("successor").ready();
    assert!(now() < promise, "the successor took over before the promise");
    until(secs(30), "the apology", || outputs.refresh().of_kind(ActionKind::Apology).len() == 1);

    sleeper.resume();
    throughout(secs(4), "there is one apology", || {
        outputs.refresh().actions().len() == 1 && sleeper.is_running() && successor.is_running()
    });
    drop(successor);
    sleeper.until_ready();
    world.publish(Contract::Orders, Some("k"), &placed("o2", now() - 60_000, now()));
    until(secs(30), "the apology", || outputs.refresh().of_kind(ActionKind::Apology).len() == 2);
    outputs.assert_gapless();
}

/// As above, but the sleeper does not learn that it was replaced before its own deadline is due: nothing but its
/// transaction can stop it.
#[test]
fn the_transaction_of_a_zombie_fails() {
    let world = World::new("zombie", Setup { tasks: 1, inputs: 1, session_timeout_ms: 60_000, ..Setup::default() });
    let mut outputs = world.outputs();
    let zombie = world.start_with("zombie", "[kafka.properties]\n\"heartbeat.interval.ms\" = 50000\n").ready();
    let promise = now() + 12_000;
    world.publish(Contract::Orders, Some("k"), &placed("o1", promise - 60_000, promise));
    world.until_read();
    zombie.pause();
    evict(&world.broker.bootstrap, world.group(), "zombie-0", &world.topic("orders"));
    let successor = world.start("successor").ready();
    assert!(now() < promise, "the successor took over before the promise");
    until(secs(30), "the apology", || outputs.refresh().of_kind(ActionKind::Apology).len() == 1);

    zombie.resume();
    // fenced before its commit or in the middle of it
    let has = |metric| zombie.metric(metric).is_some_and(|count| count >= 1.0);
    until(secs(20), "the zombie's transaction to fail", || {
        has("service_recovery_transactions_aborted_total") || has("service_recovery_rebuilds_total")
    });
    throughout(secs(4), "there is one apology", || {
        outputs.refresh().actions().len() == 1 && zombie.is_running() && successor.is_running()
    });
    outputs.assert_gapless();
}
