//! Power cuts, outages and pauses: nothing is lost, nothing happens twice, nobody is alarmed without a reason.

use std::collections::BTreeSet;
use std::time::Duration;

use service_recovery::events::{ActionKind, Contract};

use crate::support::broker::Broker;
use crate::support::events::now;
use crate::support::outputs::Outputs;
use crate::support::traffic::{self, Fate, Keyed, Order, broken, orders};
use crate::support::wait::{secs, throughout, until};
use crate::support::world::{Setup, World};

/// Every broken promise has its one incident and its one apology, and no other order has either.
#[track_caller]
pub fn all_is_well(outputs: &mut Outputs, orders: &[Order], limit: Duration) {
    let expected = broken(orders);
    until(limit, &format!("{} incidents", expected.len()), || outputs.refresh().incidents().len() >= expected.len());
    throughout(secs(2), "nothing more is found", || outputs.refresh().incidents().len() == expected.len());

    let found: BTreeSet<String> = outputs.standing().iter().filter_map(|incident| incident.order_id.clone()).collect();
    assert_eq!(found, expected);
    let apologies = outputs.of_kind(ActionKind::Apology);
    let apologised: BTreeSet<&str> = apologies.iter().map(|action| action.incident_id.as_str()).collect();
    let incidents: BTreeSet<&str> = outputs.standing().iter().map(|incident| incident.id.as_str()).collect();
    assert_eq!(apologised, incidents);
    assert_eq!(apologies.len(), incidents.len(), "one apology each");
    outputs.assert_gapless();
}

#[test]
fn a_killed_instance_goes_on_where_it_was() {
    let world = World::new("kill-9", Setup { inputs: 3, ..Setup::default() });
    let mut service = world.start("a").ready();
    let mut outputs = world.outputs();

    // a stream of orders whose promises pass while the instance dies again and again
    let (mut all, mut kills) = (Vec::new(), 0);
    for batch in 0..30 {
        let promise = now() + 4_000;
        let orders = orders(&format!("batch-{batch}"), 50, |n| promise + n as i64 * 8);
        traffic::publish(&world, &orders, Keyed::ByOrder);
        all.extend(orders);
        if batch % 5 == 4 {
            service.kill();
            kills += 1;
            service = world.start("a");
            // the next time in the middle of its work: it has said something new, or has nothing to say
            let seen = outputs.refresh().records.len();
            until(secs(60), "the instance to work again", || {
                outputs.refresh().records.len() > seen || service.get("/health/ready").is_some_and(|(s, _)| s == 200)
            });
        }
    }
    assert!(kills >= 5);
    all_is_well(&mut outputs, &all, secs(300));
}

#[test]
fn a_backlog_survives_kills_in_the_middle() {
    let world = World::new("backlog", Setup { inputs: 4, ..Setup::default() });
    let all = orders("b", 4_000, |_| now() - 3_600_000);
    traffic::publish(&world, &all, Keyed::Not);
    let mut outputs = world.outputs();
    let mut kills = 0;
    while outputs.refresh().incidents().len() < broken(&all).len() && kills < 6 {
        let mut service = world.start("a");
        let seen = outputs.records.len();
        until(secs(60), "a first sign", || outputs.refresh().records.len() > seen);
        service.kill();
        kills += 1;
    }
    let _service = world.start("a");
    all_is_well(&mut outputs, &all, secs(300));
}

#[test]
fn instances_that_come_and_go_lose_nothing() {
    let world = World::new("come-and-go", Setup { inputs: 4, session_timeout_ms: 3_000, ..Setup::default() });
    let mut outputs = world.outputs();
    let mut first = world.start("first").ready();
    let mut second = None;
    let mut all = Vec::new();
    for batch in 0..24 {
        let promise = now() + 8_000;
        let orders = orders(&format!("batch-{batch}"), 50, |n| promise + n as i64 * 8);
        traffic::publish(&world, &orders, if batch % 2 == 0 { Keyed::ByCustomer } else { Keyed::Not });
        all.extend(orders);
        match batch {
            2 | 14 => second = Some(world.start("second").ready()),
            6 => assert_eq!(first.terminate(), 0),
            10 => first = world.start("first").ready(),
            18 => first.kill(),
            _ => {}
        }
        if batch == 12 {
            second.take().unwrap().kill();
        }
        // time for a little work under each of these conditions
        std::thread::sleep(secs(1) / 2);
    }
    all_is_well(&mut outputs, &all, secs(300));
    assert!(second.is_some_and(|second| second.is_running()), "one is left and has gone on");
}

/// Orders are in, fulfilments are acknowledged and perhaps not read, then the broker is away while promises pass.
fn an_outage(name: &str, broker: Option<Broker>, outage: impl FnOnce(&Broker)) {
    let Some(broker) = broker else { return };
    let world = World::on(&broker, name, Setup { inputs: 3, threads: 2, ..Setup::default() });
    let service = world.start("a").ready();
    let mut outputs = world.outputs();

    let promise = now() + 12_000;
    let mut all = orders("before", 300, |n| promise + n as i64 * 20);
    traffic::publish_placed(&world, &all, Keyed::ByCustomer);
    world.until_read();
    traffic::publish_fulfilled(&world, &all, Keyed::ByCustomer);
    outage(&broker);
    all_is_well(&mut outputs, &all, secs(300));

    let promise = now() + 5_000;
    let after = orders("after", 100, |_| promise);
    traffic::publish(&world, &after, Keyed::Not);
    all.extend(after);
    all_is_well(&mut outputs, &all, secs(300));
    assert!(service.is_running(), "the process went on by itself");
    service.until_ready();
}

#[test]
fn a_killed_broker_is_waited_for() {
    an_outage("broker-killed", Broker::to_kill(1), |broker| {
        broker.kill(1);
        std::thread::sleep(secs(5));
        broker.restart(1);
    });
}

#[test]
fn a_paused_broker_is_waited_for() {
    an_outage("broker-paused", Broker::to_pause(), |broker| {
        broker.pause(1);
        std::thread::sleep(secs(20));
        broker.resume(1);
    });
}

#[test]
fn the_loss_of_one_node_of_three_is_got_over() {
    an_outage("node-killed", Broker::to_kill(3), |broker| broker.kill(1));
}

/// The broker stops again and again in the middle of transactions, for longer than they may take.
#[test]
fn a_failed_transaction_is_undone_and_done_again() {
    let Some(broker) = Broker::to_pause() else { return };
    let setup = Setup { transaction_timeout_ms: 1_000, session_timeout_ms: 30_000, ..Setup::default() };
    let world = World::on(&broker, "aborts", setup);
    let service = world.start("a").ready();
    let mut outputs = world.outputs();

    let mut all = orders("o", 6_000, |_| now() + 4_000);
    // no promise is broken only because its fulfilment was held up
    let kept = all.iter_mut().filter(|order| order.fate == Fate::Kept);
    kept.for_each(|order| order.promise += 120_000);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..4 {
                std::thread::sleep(secs(2));
                broker.pause(1);
                std::thread::sleep(secs(3));
                broker.resume(1);
            }
        });
        for few in all.chunks(10) {
            for order in few {
                for event in [Some(order.placed()), order.fulfilled()].into_iter().flatten() {
                    world.send_with(&world.producer, Contract::Orders, Some(&order.customer), &event);
                }
            }
            std::thread::sleep(secs(1) / 40);
        }
    });
    world.producer.flush();
    all_is_well(&mut outputs, &all, secs(300));
    let aborted = service.metric("service_recovery_transactions_aborted_total");
    assert!(aborted.is_some_and(|aborted| aborted >= 1.0), "a transaction was hit: {aborted:?}");
}
