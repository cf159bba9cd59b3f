//! Traffic that never stops while everything around it fails in turn.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::faults::all_is_well;
use crate::support::broker::Broker;
use crate::support::events::now;
use crate::support::traffic::{self, Keyed, Order, orders};
use crate::support::wait::secs;
use crate::support::world::{Setup, World};

/// Publishes while `trouble` goes on; every order is promised for a few seconds later.
fn under_traffic(world: &World<'_>, name: &str, trouble: impl FnOnce() + std::marker::Send) -> Vec<Order> {
    let over = AtomicBool::new(false);
    let mut all = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            trouble();
            over.store(true, Ordering::Release);
        });
        let mut batch = 0;
        while !over.load(Ordering::Acquire) {
            let promise = now() + 5_000;
            let keyed = Keyed::ALL[batch % 3];
            let orders = orders(&format!("{name}-{batch}"), 60, |n| promise + n as i64 * 5);
            traffic::publish(world, &orders, keyed);
            all.extend(orders);
            batch += 1;
            std::thread::sleep(Duration::from_millis(150));
        }
    });
    all
}

fn setup() -> Setup {
    Setup { tasks: 6, inputs: 3, threads: 2, session_timeout_ms: 6_000, ..Setup::default() }
}

#[test]
fn instances_come_and_go_under_traffic() {
    let world = World::new("chaos-instances", setup());
    let mut outputs = world.outputs();
    let first = world.start("a").ready();
    let mut second = world.start("b").ready();
    let all = under_traffic(&world, "i", || {
        for _ in 0..2 {
            std::thread::sleep(secs(4));
            second.kill();
            std::thread::sleep(secs(3));
            second = world.start("b").ready();
            std::thread::sleep(secs(3));
            first.pause();
            std::thread::sleep(secs(9));
            first.resume();
            std::thread::sleep(secs(4));
            assert_eq!(second.terminate(), 0);
            std::thread::sleep(secs(8));
            second = world.start("b").ready();
        }
    });
    all_is_well(&mut outputs, &all, secs(300));
    first.until_ready();
    assert!(first.is_running() && second.is_running());
}

/// Killed only: a pause is a test of its own.
#[test]
fn the_broker_comes_and_goes_under_traffic() {
    let Some(broker) = Broker::to_kill(1) else { return };
    let world = World::on(&broker, "chaos-broker", setup());
    let mut outputs = world.outputs();
    let first = world.start("a").ready();
    let second = world.start("b").ready();
    let all = under_traffic(&world, "b", || {
        for _ in 0..2 {
            std::thread::sleep(secs(8));
            broker.kill(1);
            std::thread::sleep(secs(3));
            broker.restart(1);
        }
        std::thread::sleep(secs(10));
    });
    all_is_well(&mut outputs, &all, secs(300));
    first.until_ready();
    second.until_ready();
}

#[test]
fn one_node_of_three_dies_under_traffic() {
    let Some(broker) = Broker::to_kill(3) else { return };
    let world = World::on(&broker, "chaos-nodes", setup());
    let mut outputs = world.outputs();
    let _first = world.start("a").ready();
    let _second = world.start("b").ready();
    let all = under_traffic(&world, "n", || {
        for node in [2, 3, 1] {
            std::thread::sleep(secs(5));
            broker.kill(node);
            std::thread::sleep(secs(8));
            broker.restart(node);
            std::thread::sleep(secs(8));
        }
    });
    all_is_well(&mut outputs, &all, secs(300));
}
