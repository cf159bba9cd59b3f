//! Promises that break without a word, and silence that proves nothing while something is still on its way.

use std::time::Duration;

use serde_json::json;
use service_recovery::events::{ActionKind, Contract, InitiatedBy, ShortfallSource};

use crate::support::cluster::Producer;
use crate::support::events::{fulfilled, now, placed, with};
use crate::support::wait::{eventually, quiet_machine, secs, throughout, until};
use crate::support::world::{Setup, World};

#[test]
fn silence_brings_the_apology_within_two_seconds() {
    let _alone = quiet_machine();
    let world = World::new("silence", Setup::default());
    let _service = world.start("a").ready();
    let mut outputs = world.outputs();

    let promise = now() + 5_000;
    let order = with(placed("o1", promise - 60_000, promise), json!({"customer_id": "c1"}));
    world.publish(Contract::Orders, Some("c1"), &order);

    let seen =
        eventually(secs(30), "the apology", || (!outputs.refresh().of_kind(ActionKind::Apology).is_empty()).then(now));
    assert!((promise..promise + 2_000).contains(&seen), "seen {} ms after the promise", seen - promise);
    let apology = outputs.of_kind(ActionKind::Apology)[0];
    assert_eq!(apology.initiated_by, InitiatedBy::Company);
    assert_eq!(apology.shortfalls[0].source, ShortfallSource::Silence);
    assert_eq!(outputs.standing().len(), 1);
    throughout(secs(2), "there is one apology", || outputs.refresh().of_kind(ActionKind::Apology).len() == 1);
    outputs.assert_gapless();
}

#[test]
fn a_deadline_born_late_waits_for_what_is_on_its_way() {
    let world = World::new("born-late", Setup::default());
    let _service = world.start("a").ready();
    let mut outputs = world.outputs();

    // the fulfilment lies in another partition than its order and is forwarded, while safe time is current
    for round in 0..10 {
        let (order, customer) = (format!("o{round}"), format!("c{round}"));
        let promise = now() - 5_000;
        let event = with(placed(&order, promise - 60_000, promise), json!({"customer_id": customer}));
        world.send_with(&world.producer, Contract::Orders, Some(&customer), &event);
        let event = with(fulfilled(&order, promise - 1_000), json!({"customer_id": customer}));
        world.send_with(&world.producer, Contract::Orders, Some("somewhere else"), &event);
        world.producer.flush();
        throughout(Duration::from_millis(600), "nobody is alarmed", || outputs.refresh().incidents().is_empty());
    }

    // and yet the service is awake
    world.publish(Contract::Orders, Some("c"), &placed("broken", now() - 60_000, now() - 5_000));
    until(secs(10), "the broken promise", || outputs.refresh().standing().len() == 1);
    assert_eq!(outputs.incidents().len(), 1);
}

#[test]
fn an_open_transaction_that_hides_a_fulfilment_raises_no_alarm() {
    let world = World::new("open-transaction", Setup { inputs: 1, ..Setup::default() });
    let service = world.start("a").ready();
    let mut outputs = world.outputs();

    let promise = now() + 3_000;
    world.publish(Contract::Orders, Some("c1"), &placed("kept", promise - 60_000, promise));
    world.publish(Contract::Orders, Some("c2"), &placed("broken", promise - 60_000, promise));
    world.until_read();

    let other = Producer::transactional(&world.broker.bootstrap, &world.topic("other"));
    other.begin();
    world.send_with(&other, Contract::Orders, Some("c3"), &placed("unrelated", now(), now() + 3_600_000));
    other.flush();
    // acknowledged, but behind the open transaction: nobody can read it yet
    world.publish(Contract::Orders, Some("c1"), &fulfilled("kept", now()));

    throughout(Duration::from_millis((promise + 5_000 - now()) as u64), "nobody is alarmed", || {
        outputs.refresh().incidents().is_empty()
    });
    let lag = service.metric("service_recovery_clock_lag_seconds").unwrap();
    assert!(lag > 5.0, "the safe time is held: {lag} s");
    other.commit();
    until(secs(10), "the broken promise", || outputs.refresh().standing().len() == 1);
    world.until_read();
    throughout(secs(1), "the kept promise is no incident", || outputs.refresh().incidents().len() == 1);
    assert_eq!(outputs.incidents()[0].order_id.as_deref(), Some("broken"));
}
