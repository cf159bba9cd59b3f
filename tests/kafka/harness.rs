//! The harness itself: brokers that can be killed and paused, transactions that can be left open.

use std::time::{Duration, Instant};

use crate::support::broker::Broker;
use crate::support::cluster::{Admin, Producer, Send, Tail};
use crate::support::wait::{secs, until};

fn send(producer: &Producer, topic: &str, value: &str) {
    producer.send(Send { topic, value: Some(value.as_bytes()), ..Send::default() });
    producer.flush();
}

fn values(tail: &Tail) -> Vec<String> {
    tail.catch_up().into_iter().map(|record| String::from_utf8(record.value.unwrap()).unwrap()).collect()
}

#[test]
fn an_open_transaction_hides_what_comes_after_it() {
    let broker = Broker::shared();
    let topic = format!("harness-transactions-{}", std::process::id());
    Admin::new(&broker.bootstrap).create(&[(&topic, 1)], &[]);
    let tail = Tail::new(&broker.bootstrap, &[&topic]);
    let open = Producer::transactional(&broker.bootstrap, &topic);

    open.begin();
    send(&open, &topic, "in the transaction");
    send(&Producer::new(&broker.bootstrap), &topic, "after it");
    assert_eq!(values(&tail), Vec::<String>::new());
    open.commit();
    // the markers follow the commit within moments
    let mut seen = Vec::new();
    until(secs(10), "both records", || {
        seen.extend(values(&tail));
        seen.len() >= 2
    });
    assert_eq!(seen, ["in the transaction", "after it"]);

    open.begin();
    send(&open, &topic, "never");
    open.abort();
    assert_eq!(values(&tail), Vec::<String>::new());
}

#[test]
fn a_killed_broker_comes_back_with_what_it_had() {
    let Some(broker) = Broker::to_kill(1) else { return };
    Admin::new(&broker.bootstrap).create(&[("t", 2)], &[]);
    send(&Producer::new(&broker.bootstrap), "t", "before");
    broker.kill(1);
    assert!(std::net::TcpStream::connect(&broker.bootstrap).is_err(), "nobody listens");
    broker.restart(1);
    assert_eq!(values(&Tail::new(&broker.bootstrap, &["t"])), ["before"]);
}

#[test]
fn a_paused_broker_answers_when_it_is_resumed() {
    let Some(broker) = Broker::to_pause() else { return };
    Admin::new(&broker.bootstrap).create(&[("t", 1)], &[]);
    let producer = Producer::new(&broker.bootstrap);
    send(&producer, "t", "before");
    broker.pause(1);
    producer.send(Send { topic: "t", value: Some(b"during"), ..Send::default() });
    let asked = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_secs(2));
            broker.resume(1);
        });
        producer.flush();
    });
    assert!(asked.elapsed() >= secs(2), "nobody answered in between");
    assert_eq!(values(&Tail::new(&broker.bootstrap, &["t"])), ["before", "during"]);
}

#[test]
fn three_nodes_survive_the_loss_of_one() {
    let Some(broker) = Broker::to_kill(3) else { return };
    Admin::new(&broker.bootstrap).create(&[("t", 3)], &[]);
    let producer = Producer::new(&broker.bootstrap);
    broker.kill(2);
    send(&producer, "t", "without it");
    assert_eq!(values(&Tail::new(&broker.bootstrap, &["t"])), ["without it"]);
}
