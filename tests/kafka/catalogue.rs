//! The catalogue on its topic: known whole before anything is decided, followed live, never stopped by a bad record.

use serde_json::{Value, json};
use service_recovery::events::{ActionKind, Contract, RecoveryAction};

use crate::support::cluster::{Producer, Received, Send, Tail};
use crate::support::events::{now, time, with};
use crate::support::outputs::Outputs;
use crate::support::service::Service;
use crate::support::wait::{eventually, secs, throughout, until};
use crate::support::world::{Setup, World};

const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;
/// What the hotel's own file lists.
const IN_THE_FILE: f64 = 13.0;

fn world(name: &str, partitions: i32) -> World<'static> {
    let setup = Setup { policy: "hotel".to_owned(), catalogue: Some(partitions), ..Setup::default() };
    World::new(name, setup)
}

fn item(id: &str, more: Value) -> Value {
    let tags = ["allergens:none", "suits:vegetarian", "suits:vegan"];
    let item = json!({"item_id": id, "names": {"en": id}, "price_minor": 5_000, "currency": "DKK", "tags": tags});
    with(item, more)
}

fn list(world: &World<'_>, id: &str, more: Value) {
    world.publish(Contract::Catalogue, Some(id), &item(id, more));
}

fn items(service: &Service) -> f64 {
    service.metric("service_recovery_catalogue_items").unwrap_or_default()
}

/// Days ago on which a guest had each item, and today's salad without its dressing.
fn evening(world: &World<'_>, guest: &str, habits: &[(&str, &[i64])]) {
    let orders = |event: &Value| world.send_with(&world.producer, Contract::Orders, Some(guest), event);
    let today = now();
    let order = |id: &str, at: i64, line: &Value| {
        json!({"id": format!("{id}-placed"), "time": time(at), "type": "placed", "order_id": id, "customer_id": guest,
            "site_id": "strandhotellet", "touchpoint": "pool_bar", "currency": "DKK", "party_size": 2,
            "promised_at": time(at + 25 * MINUTE), "lines": [line]})
    };
    let came = |id: &str, at: i64, line: &Value| {
        json!({"id": format!("{id}-fulfilled"), "time": time(at), "type": "fulfilled", "order_id": id,
            "customer_id": guest, "completes": true, "lines": [line]})
    };
    for (item, days) in habits {
        for day in *days {
            let (id, at) = (format!("{guest}-{item}-{day}"), today - day * DAY);
            let line = json!({"line_id": "1", "item_id": item, "quantity": 2, "unit_price_minor": 5_000});
            orders(&order(&id, at, &line));
            orders(&came(&id, at + 10 * MINUTE, &line));
        }
    }
    let salad = |modifiers: Value| {
        json!({"line_id": "1", "item_id": "salad", "name": "Salad", "quantity": 2, "unit_price_minor": 14_500,
            "modifiers": modifiers})
    };
    let id = format!("{guest}-today");
    let dressing = json!([{"id": "dressing", "name": "dressing", "kind": "add", "price_minor": 1_500}]);
    orders(&order(&id, today - 15 * MINUTE, &salad(dressing)));
    orders(&came(&id, today, &salad(json!([]))));
    world.producer.flush();
}

/// The gesture that is proposed to a guest.
#[track_caller]
fn gesture(outputs: &mut Outputs, guest: &str) -> RecoveryAction {
    eventually(secs(30), &format!("the gesture for {guest}"), || {
        let gestures = outputs.refresh().of_kind(ActionKind::Gesture);
        gestures.into_iter().find(|action| action.customer_id.as_deref() == Some(guest)).cloned()
    })
}

fn given(action: &RecoveryAction) -> &str {
    action.gesture.as_ref().and_then(|gesture| gesture.item_id.as_deref()).unwrap_or_default()
}

fn why_not<'a>(action: &'a RecoveryAction, item: &str) -> Option<&'a str> {
    let candidate = action.decision.candidates.iter().find(|candidate| candidate.option.contains(item))?;
    candidate.rejected_because.as_deref()
}

#[test]
fn the_first_decision_knows_the_last_item() {
    let world = world("catalogue-whole", 3);
    for n in 0..5_000 {
        let id = format!("item-{n}");
        world.send_with(&world.producer, Contract::Catalogue, Some(&id), &item(&id, json!({})));
    }
    for n in 0..500 {
        world.send_with(&world.producer, Contract::Catalogue, Some(&format!("item-{}", n * 10)), &Value::Null);
    }
    world.producer.flush();
    list(&world, "mango-lassi", json!({}));
    // known to nobody: neither the file nor any more the topic
    evening(&world, "anna", &[("mango-lassi", &[1, 2]), ("item-10", &[1, 2])]);

    let (first, second) = (world.start("a"), world.start("b"));
    let services = [first.ready(), second.ready()];
    for service in &services {
        assert!((items(service) - (IN_THE_FILE + 4_501.0)).abs() < 0.5, "{}", items(service));
        let log = service.log();
        let (read, taken) = (log.find("the catalogue is read"), log.find("partitions are taken over"));
        assert!(read.is_some() && read < taken, "no partition before the whole catalogue:\n{log}");
        let (_, status) = service.get("/").unwrap();
        let status: Value = serde_json::from_str(&status).unwrap();
        assert_eq!(status["catalogue"]["items"], json!(4_514), "{status}");
    }
    let mut outputs = world.outputs();
    let action = gesture(&mut outputs, "anna");
    assert_eq!((given(&action), why_not(&action, "item-10")), ("mango-lassi", Some("not_in_catalogue")));

    let [mut first, second] = services;
    assert_eq!(first.terminate(), 0);
    let first = world.start("a").ready();
    assert!((items(&first) - items(&second)).abs() < 0.5, "a restart reads the same");
    assert!(first.metric("service_recovery_catalogue_read_seconds").is_some_and(|seconds| seconds > 0.0));
}

/// Situation H2, by a record on the topic.
#[test]
fn what_is_sold_out_now_is_not_offered_now() {
    let world = world("catalogue-live", 1);
    let service = world.start("a").ready();
    let mut outputs = world.outputs();
    let habits: [(&str, &[i64]); 2] = [("strawberry-smoothie", &[1, 2]), ("espresso", &[1, 3, 4, 6])];

    evening(&world, "anna", &habits);
    let before = gesture(&mut outputs, "anna");
    assert_eq!(given(&before), "strawberry-smoothie");

    list(&world, "strawberry-smoothie", json!({"available": false}));
    until(secs(10), "the update", || {
        service.metric("service_recovery_catalogue_records_total").is_some_and(|records| records > 0.5)
    });
    evening(&world, "bea", &habits);
    let sold_out = gesture(&mut outputs, "bea");
    assert_eq!((given(&sold_out), why_not(&sold_out, "strawberry-smoothie")), ("espresso", Some("not_available")));

    // without a value the topic says nothing of it any more, so the policy's own entry counts again
    world.publish(Contract::Catalogue, Some("strawberry-smoothie"), &Value::Null);
    until(secs(10), "the tombstone", || {
        service.metric("service_recovery_catalogue_records_total").is_some_and(|records| records > 1.5)
    });
    evening(&world, "cleo", &habits);
    assert_eq!(given(&gesture(&mut outputs, "cleo")), "strawberry-smoothie");

    // what was on its way when it sold out is still on its way: staff say when it is not possible
    let anna = outputs.refresh().of_kind(ActionKind::Gesture);
    let anna: Vec<_> = anna.iter().filter(|action| action.customer_id.as_deref() == Some("anna")).collect();
    assert_eq!((anna.len(), anna[0].revision, anna[0].state), (1, before.revision, before.state));
    outputs.assert_gapless();
}

fn letters(world: &World<'_>) -> Vec<Received> {
    world.dead_letters().catch_up()
}

#[test]
fn a_record_that_cannot_be_read_is_reported_once_and_hides_only_its_own_item() {
    let world = world("catalogue-bad", 2);
    let topic = world.topic("catalogue");
    let bad = |key: &str, value: &[u8]| {
        let send = Send { topic: &topic, key: Some(key.as_bytes()), value: Some(value), ..Send::default() };
        world.producer.send(send);
        world.producer.flush();
    };
    list(&world, "mango-lassi", json!({}));
    bad("mango-lassi", b"{\"item_id\": ");
    bad("ginger-ale", item("ginger-ale", json!({"price_minor": -1})).to_string().as_bytes());
    bad("cola", item("tonic", json!({})).to_string().as_bytes());
    bad("espresso", b"[]");
    list(&world, "water", json!({}));
    let reasons = |letters: &[Received]| {
        let reason = |letter: &Received| letter.header("dead_letter_error_kind").unwrap().to_owned();
        let mut reasons: Vec<String> = letters.iter().map(reason).collect();
        reasons.sort();
        reasons
    };

    // two instances at once, and after a restart: one letter for each
    let mut services = [world.start("a"), world.start("b")];
    services.iter().for_each(Service::until_ready);
    until(secs(20), "the letters", || letters(&world).len() == 4);
    throughout(secs(2), "each is reported once", || letters(&world).len() == 4);
    for service in &mut services {
        // espresso is the policy's too, but whatever changed about it is unknown
        assert!((items(service) - IN_THE_FILE).abs() < 0.5, "{}", items(service));
        assert!(service.metric("service_recovery_catalogue_unreadable_items").is_some_and(|n| (n - 4.0).abs() < 0.5));
        assert_eq!(service.terminate(), 0);
    }
    let service = world.start("a").ready();
    throughout(secs(3), "a restart reports nothing anew", || letters(&world).len() == 4);

    let all = letters(&world);
    assert_eq!(reasons(&all), ["invalid_field", "invalid_key", "truncated", "wrong_type"]);
    let cola = all.iter().find(|letter| letter.key.as_deref() == Some(b"cola")).unwrap();
    assert_eq!(cola.header("dead_letter_topic"), Some(topic.as_str()));
    assert!(cola.header("dead_letter_offset").is_some() && cola.value.is_some());

    // live, and what was bad is mended
    bad("late", b"?");
    until(secs(20), "the fifth letter", || letters(&world).len() == 5);
    list(&world, "mango-lassi", json!({}));
    list(&world, "espresso", json!({}));
    until(secs(10), "the mended items", || (items(&service) - (IN_THE_FILE + 2.0)).abs() < 0.5);
    assert!((service.metric("service_recovery_dead_letters_total").unwrap() - 1.0).abs() < 0.5);
}

#[test]
fn new_partitions_are_read_too() {
    let world = world("catalogue-grown", 1);
    let service = world.start("a").ready();
    list(&world, "mango-lassi", json!({}));
    until(secs(10), "the first item", || (items(&service) - (IN_THE_FILE + 1.0)).abs() < 0.5);
    let topic = world.topic("catalogue");
    world.admin.grow(&topic, 3);
    until(secs(20), "the new partitions", || Tail::new(&world.broker.bootstrap, &[&topic]).partitions() == 3);
    let producer = Producer::new(&world.broker.bootstrap);
    for partition in 0..3 {
        let id = format!("item-{partition}");
        let value = item(&id, json!({})).to_string();
        let send = Send { topic: &topic, partition: Some(partition), key: Some(id.as_bytes()), ..Send::default() };
        producer.send(Send { value: Some(value.as_bytes()), ..send });
    }
    producer.flush();
    until(secs(30), "all partitions", || (items(&service) - (IN_THE_FILE + 4.0)).abs() < 0.5);
    assert!(service.get("/health/ready").is_some_and(|(status, _)| status == 200));
}

#[test]
fn its_topic_must_be_there_and_is_made_as_it_should_be() {
    let mut world = world("catalogue-missing", 1);
    let topic = world.topic("catalogue");
    world.admin.delete(&[&topic]);
    let mut service = eventually(secs(30), "the deletion", || {
        let check = world.command(&["topics", "check"]);
        let said = String::from_utf8_lossy(&check.stdout).into_owned();
        said.contains(&format!("input topic {topic} does not exist")).then(|| world.start("a"))
    });
    assert_eq!(service.wait(secs(30)), 1);
    assert!(service.log().contains("does not exist: correct [[inputs]]"), "{}", service.log());

    let created = world.command(&["topics", "create", "--inputs"]);
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
    let check = world.command(&["topics", "check"]);
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(check.status.success() && !said.contains("warning"), "{said}");
    assert!(said.contains(&format!("{topic}: 1 partitions")), "{said}");

    // a topic that forgets old items works, with a warning
    world.setup.catalogue = None;
    let plain = world.command(&["topics", "check"]);
    assert!(!String::from_utf8_lossy(&plain.stdout).contains(&topic), "without the input nobody asks for its topic");
}
