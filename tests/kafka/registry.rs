//! A real schema registry beside a real broker: three framings of the same events, schemas of other versions, and a
//! registry that dies.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use service_recovery::codec::{Format, published};
use service_recovery::events::{ActionKind, Contract};

use crate::avro::datum;
use crate::support::cluster::{Received, Send};
use crate::support::events::{now, time, with};
use crate::support::outputs::Outputs;
use crate::support::registry::{Registry, changed, framed};
use crate::support::wait::{eventually, secs, throughout, until};
use crate::support::world::{Setup, World};

const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;

fn setup(registry: &Registry) -> Setup {
    Setup { registry: Some(registry.url.clone()), ..Setup::default() }
}

/// An order that came 29 s late, in the millisecond instants that Avro has.
fn late_order(order: &str) -> [Value; 2] {
    let placed = json!({
        "id": format!("{order}-placed"), "time": now() - 60_000, "type": "placed", "order_id": order, "site_id": "pool",
        "promised_at": now() - 30_000, "lines": [{"item_id": "salad", "quantity": 1}],
    });
    let fulfilled =
        json!({"id": format!("{order}-fulfilled"), "time": now() - 1_000, "type": "fulfilled", "order_id": order});
    [placed, fulfilled]
}

fn send(world: &World<'_>, partition: i32, key: &str, value: &[u8]) {
    let topic = world.topic("orders");
    let (key, value) = (Some(key.as_bytes()), Some(value));
    world.producer.send(Send { topic: &topic, partition: Some(partition), key, value, ..Send::default() });
}

/// Sends a late order to a partition with the schema that the registry knows as `id`.
fn send_late(world: &World<'_>, partition: i32, id: u32, schema: &Value, order: &str) {
    for event in late_order(order) {
        send(world, partition, order, &framed(id, &datum(schema, &event)));
    }
    world.producer.flush();
}

fn standing(outputs: &mut Outputs) -> Vec<String> {
    let standing = outputs.refresh().standing();
    let mut orders: Vec<String> = standing.iter().filter_map(|incident| incident.order_id.clone()).collect();
    orders.sort();
    orders
}

/// The golden scenario up to the gesture: two days of habits, then a salad without its cheese and its dressing.
fn golden(today: i64) -> Vec<(Contract, Value)> {
    let order = |id: &str, at: i64, lines: &Value| {
        let placed = json!({
            "id": format!("{id}-placed"), "time": time(at), "type": "placed", "order_id": id, "customer_id": "c-anna",
            "site_id": "strandhotellet", "location": "sunbed 14", "touchpoint": "pool_bar", "party_size": 2,
            "currency": "DKK", "promised_at": time(at + 25 * MINUTE), "lines": lines,
        });
        (Contract::Orders, placed)
    };
    let received = |id: &str, at: i64, lines: &Value| {
        let fulfilled = json!({
            "id": format!("{id}-fulfilled"), "time": time(at), "type": "fulfilled", "order_id": id,
            "customer_id": "c-anna", "completes": true, "lines": lines,
        });
        (Contract::Orders, fulfilled)
    };
    let smoothies = json!([{"line_id": "2", "item_id": "strawberry-smoothie", "name": "Strawberry smoothie",
        "quantity": 2, "unit_price_minor": 6_500}]);
    let salads = |modifiers: Value| {
        json!([{"line_id": "1", "item_id": "salad", "name": "Salad", "quantity": 2, "unit_price_minor": 14_500,
            "modifiers": modifiers}])
    };
    let full = json!([{"id": "blue-cheese", "name": "blue cheese", "kind": "ingredient"},
        {"id": "extra-dressing", "name": "extra dressing", "kind": "add", "price_minor": 1_500}]);
    vec![
        (Contract::Customers, json!({"customer_id": "c-anna", "name": "Anna", "language": "en"})),
        order("day-2", today - 2 * DAY, &smoothies),
        received("day-2", today - 2 * DAY + 10 * MINUTE, &smoothies),
        order("day-1", today - DAY, &smoothies),
        received("day-1", today - DAY + 10 * MINUTE, &smoothies),
        order("today", today - 15 * MINUTE, &salads(full)),
        received("today", today, &salads(json!([]))),
    ]
}

/// What was decided, without the moments at which it was.
fn decided(outputs: &Outputs) -> BTreeMap<String, Value> {
    let moments = ["time", "due_at", "expires_at", "age_seconds", "detected_at", "revision", "decision"];
    let without_moments = |mut value: Value| {
        for moment in moments {
            value.as_object_mut().unwrap().remove(moment);
        }
        // it fades with every moment
        if let Some(strength) = value.pointer_mut("/gesture/strength") {
            *strength = json!((strength.as_f64().unwrap() * 1e6).round());
        }
        value
    };
    let actions = outputs.actions().into_iter().map(|action| serde_json::to_value(action).unwrap());
    let incidents = outputs.incidents().into_iter().map(|incident| serde_json::to_value(incident).unwrap());
    let all = actions.chain(incidents).map(without_moments);
    all.map(|value| (value["id"].as_str().unwrap().to_owned(), value)).collect()
}

#[test]
fn three_framings_of_the_same_events_lead_to_the_same_decisions() {
    let Some(registry) = Registry::shared() else { return };
    let events = golden(now());
    let mut all = Vec::new();
    for (name, format) in [
        ("framing-json", Format::Json),
        ("framing-single", Format::AvroSingleObject),
        ("framing-registry", Format::AvroRegistry),
    ] {
        let setup = Setup { policy: "hotel".to_owned(), format, ..setup(registry) };
        let world = World::new(name, setup);
        if format == Format::AvroRegistry {
            let registered = world.command(&["schemas", "register"]);
            assert!(registered.status.success(), "{}", String::from_utf8_lossy(&registered.stderr));
        }
        let service = world.start("a").ready();
        for (contract, event) in &events {
            world.publish(*contract, Some("c-anna"), event);
        }
        let mut outputs = world.outputs();
        until(secs(30), "the gesture", || !outputs.refresh().of_kind(ActionKind::Gesture).is_empty());
        assert_eq!(outputs.of_kind(ActionKind::Apology).len(), 1);
        let first = outputs.records[0].value.as_deref().unwrap();
        assert_eq!(first[0] == 0, format == Format::AvroRegistry);
        assert!(
            format != Format::AvroRegistry || id_of(&registry.url, &outputs.records[0]).contains("service_recovery")
        );
        assert_eq!(world.dead_letters().catch_up().len(), 0);
        if format == Format::AvroRegistry {
            // orders and customers, each asked for once
            assert_eq!(service.metric("service_recovery_registry_requests_total"), Some(2.0));
        }
        all.push(decided(&outputs));
    }
    assert!(all[0].len() >= 3, "an incident, an apology and a gesture");
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
}

/// The schema that the registry has under the id in front of a value.
fn id_of(url: &str, record: &Received) -> String {
    let value = record.value.as_deref().unwrap();
    let id = u32::from_be_bytes(value[1..5].try_into().unwrap());
    let mut answer = ureq::get(format!("{url}/schemas/ids/{id}")).call().unwrap();
    answer.body_mut().read_to_string().unwrap()
}

#[test]
fn a_registry_that_dies_in_the_middle_costs_nothing_but_time() {
    let Some(registry) = Registry::to_kill() else { return };
    let known = changed(Contract::Orders, |_| {});
    let newer = changed(Contract::Orders, |fields| {
        fields.push(json!({"name": "loyalty", "type": ["null", "string"], "default": null}));
    });
    let known_id = registry.register("known", &known);
    let newer_id = registry.register("newer", &newer);
    let world = World::new("outage", setup(&registry));
    let mut service = world.start("a").ready();
    let mut outputs = world.outputs();
    send_late(&world, 0, known_id, &known, "before");
    until(secs(30), "the first late order", || standing(&mut outputs) == ["before"]);

    registry.kill();
    // what is known goes on without it
    send_late(&world, 1, known_id, &known, "known-in-the-outage");
    until(secs(30), "what is known", || standing(&mut outputs).len() == 2);
    // what is not known waits, and only where it is
    send_late(&world, 0, newer_id, &newer, "waits-1");
    send_late(&world, 0, known_id, &known, "waits-behind-it");
    until(secs(30), "a partition to wait", || service.metric("service_recovery_registry_waiting") == Some(1.0));
    send_late(&world, 2, known_id, &known, "elsewhere");
    until(secs(30), "another partition to go on", || standing(&mut outputs).len() == 3);
    let reason = eventually(secs(30), "the service to say so", || {
        service.get("/health/ready").filter(|(status, _)| *status == 503).map(|(_, reason)| reason)
    });
    assert!(reason.contains("schema registry") && reason.contains(&newer_id.to_string()), "{reason}");
    // silence proves nothing while records wait
    until(secs(20), "the safe time to be held", || service.metric("service_recovery_clock_holder") == Some(1.0));
    assert_eq!(service.get("/health/live").map(|(status, _)| status), Some(200));
    throughout(secs(3), "nothing is taken for unreadable", || {
        standing(&mut outputs).len() == 3 && world.dead_letters().catch_up().is_empty()
    });

    // whoever comes instead knows no schema at all, and waits as well
    service.kill();
    let service = world.start("a");
    send_late(&world, 3, known_id, &known, "waits-2");
    until(secs(60), "both partitions to wait", || service.metric("service_recovery_registry_waiting") == Some(2.0));
    registry.restart();
    let expected = ["before", "elsewhere", "known-in-the-outage", "waits-1", "waits-2", "waits-behind-it"];
    until(secs(60), "everything to be handled", || standing(&mut outputs) == expected);
    service.until_ready();
    world.until_read();
    assert_eq!(standing(&mut outputs), expected);
    outputs.assert_gapless();
    assert_eq!(world.dead_letters().catch_up().len(), 0);
    assert_eq!(service.metric("service_recovery_registry_waiting"), Some(0.0));
}

#[test]
fn a_mapping_reads_what_the_registry_describes() {
    let Some(registry) = Registry::shared() else { return };
    let text = |name: &str| json!({"name": name, "type": "string"});
    let long = |name: &str| json!({"name": name, "type": "long"});
    let bill = json!({"type": "record", "name": "Bill", "namespace": "com.till", "fields":
        [long("number"), text("state"), long("at"), long("promised")]});
    let setup = Setup { mapped: vec![("bills", "tests/kafka/registry-bills.toml", 1)], ..setup(registry) };
    let world = World::new("mapped", setup);
    let id = registry.register(&format!("{}-bills", world.group()), &bill);
    let _service = world.start("a").ready();
    let topic = world.topic("bills");
    for (state, at) in [("opened", now() - 60_000), ("served", now() - 1_000)] {
        let record = json!({"number": 17, "state": state, "at": at, "promised": now() - 30_000});
        let value = framed(id, &datum(&bill, &record));
        world.producer.send(Send { topic: &topic, value: Some(&value), ..Send::default() });
    }
    world.producer.flush();
    let mut outputs = world.outputs();
    until(secs(30), "the late bill", || standing(&mut outputs) == ["bill-17"]);
    assert_eq!(world.dead_letters().catch_up().len(), 0);
}

#[test]
fn the_catalogue_waits_for_its_schemas_too() {
    let Some(registry) = Registry::to_kill() else { return };
    let setup = Setup { policy: "hotel".to_owned(), catalogue: Some(1), ..setup(&registry) };
    let world = World::new("catalogue-registry", setup);
    let id = registry.client.register("catalogue", published(Contract::Catalogue).text).unwrap();
    let item = json!({"item_id": "tea", "names": {"en": "tea"}, "price_minor": 4_000, "currency": "DKK"});
    let avro = world.encode_as(Format::AvroSingleObject, Contract::Catalogue, Some("tea"), &item).unwrap();
    let (topic, value) = (world.topic("catalogue"), framed(id, &avro[10..]));
    world.producer.send(Send { topic: &topic, key: Some(b"tea"), value: Some(&value), ..Send::default() });
    world.producer.flush();

    registry.kill();
    let service = world.start("a");
    until(secs(60), "the service to say what it waits for", || {
        service.get("/health/ready").is_some_and(|(_, reason)| reason.contains("records wait for schema"))
    });
    registry.restart();
    service.until_ready();
    let listed = service.metric("service_recovery_catalogue_items").unwrap();
    assert_eq!(service.metric("service_recovery_catalogue_unreadable_items"), Some(0.0));
    drop(service);
    // one more than without the topic's
    let alone =
        World::new("catalogue-file", Setup { policy: "hotel".to_owned(), catalogue: Some(1), ..Setup::default() });
    let without = alone.start("a").ready().metric("service_recovery_catalogue_items").unwrap();
    assert_eq!(listed, without + 1.0);
}

/// The dead letters of a world by the key of the record: (kind, message).
fn letters(world: &World<'_>, count: usize) -> BTreeMap<String, (String, String)> {
    let tail = world.dead_letters();
    let mut letters = Vec::new();
    until(secs(30), "the dead letters", || {
        letters.extend(tail.catch_up());
        letters.len() >= count
    });
    let text = |letter: &Received, name: &str| letter.header(name).unwrap().to_owned();
    let by_key = letters.iter().map(|letter| {
        let key = String::from_utf8(letter.key.clone().unwrap()).unwrap();
        (key, (text(letter, "dead_letter_error_kind"), text(letter, "dead_letter_error_message")))
    });
    by_key.collect()
}

#[test]
fn producers_of_other_versions_are_read_and_the_rest_is_refused_with_a_reason() {
    let Some(registry) = Registry::shared() else { return };
    let world = World::new("versions", Setup { inputs: 1, ..setup(registry) });
    let subject = |name: &str| format!("{}-{name}", world.group());
    let older = changed(Contract::Orders, |fields| {
        fields.retain(|field| !["visit_ends_at", "completes", "withdrawn"].contains(&field["name"].as_str().unwrap()));
    });
    let newer = changed(Contract::Orders, |fields| {
        let tier = json!({"type": "enum", "name": "Tier", "symbols": ["gold"]});
        fields.insert(1, json!({"name": "loyalty_tier", "type": tier, "default": "gold"}));
    });
    let lines = |fields: &mut Vec<Value>, kind: Value| {
        fields.iter_mut().find(|field| field["name"] == "lines").unwrap()["type"] = kind;
    };
    // the lines are a schema of their own, to which the order's refers
    let line = json!({"type": "record", "name": "OrderLine", "namespace": "service_recovery", "fields": [
        {"name": "item_id", "type": "string"}, {"name": "quantity", "type": "int"}]});
    registry.register(&subject("line"), &line);
    let list = json!(["null", {"type": "array", "items": "service_recovery.OrderLine"}]);
    let referring = changed(Contract::Orders, |fields| lines(fields, list));
    let whole = changed(Contract::Orders, |fields| lines(fields, json!(["null", {"type": "array", "items": line}])));
    let references = json!([{"name": "service_recovery.OrderLine", "subject": subject("line"), "version": 1}]);
    let referring = registry.register_as("AVRO", &subject("referring"), &referring.to_string(), &references);

    let incompatible = changed(Contract::Orders, |fields| {
        fields.iter_mut().find(|field| field["name"] == "order_id").unwrap()["type"] = json!("long");
    });
    let foreign = json!({"type": "record", "name": "Invoice", "fields": [{"name": "id", "type": "string"}]});
    let proto = "syntax = \"proto3\"; message Order { string id = 1; }";
    let proto = registry.register_as("PROTOBUF", &subject("proto"), proto, &json!([]));
    let json_schema = json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}).to_string();
    let json_schema = registry.register_as("JSON", &subject("json"), &json_schema, &json!([]));

    let _service = world.start("a").ready();
    let unknown = 999_999_u32;
    send(&world, 0, "unknown", &framed(unknown, b"anything"));
    send(&world, 0, "protobuf", &framed(proto, b"\0\x0a\x01a"));
    let numbered = with(late_order("n")[0].clone(), json!({"order_id": 7}));
    let id = registry.register(&subject("incompatible"), &incompatible);
    send(&world, 0, "incompatible", &framed(id, &datum(&incompatible, &numbered)));
    let id = registry.register(&subject("foreign"), &foreign);
    send(&world, 0, "foreign", &framed(id, &datum(&foreign, &json!({"id": "1"}))));
    send(&world, 0, "short", &[0, 0, 0]);
    let id = registry.register(&subject("older"), &older);
    let whole_order = datum(&older, &late_order("cut")[0]);
    send(&world, 0, "cut", &framed(id, &whole_order[..whole_order.len() - 2]));
    send_late(&world, 0, id, &older, "older");
    send_late(&world, 0, registry.register(&subject("newer"), &newer), &newer, "newer");
    send_late(&world, 0, referring, &whole, "referring");
    for event in late_order("json") {
        send(&world, 0, "json", &framed(json_schema, event.to_string().as_bytes()));
    }
    world.producer.flush();

    let mut outputs = world.outputs();
    until(secs(30), "the orders of every readable version", || {
        standing(&mut outputs) == ["json", "newer", "older", "referring"]
    });
    let letters = letters(&world, 6);
    let kinds: BTreeMap<&str, &str> = letters.iter().map(|(key, (kind, _))| (&**key, &**kind)).collect();
    let expected = [
        ("cut", "truncated"),
        ("foreign", "wrong_type"),
        ("incompatible", "incompatible_schema"),
        ("protobuf", "unsupported_schema_type"),
        ("short", "truncated"),
        ("unknown", "unknown_schema"),
    ];
    assert_eq!(kinds, BTreeMap::from(expected));
    for (key, part) in [("incompatible", "order_id"), ("protobuf", "PROTOBUF"), ("unknown", "999999")] {
        assert!(letters[key].1.contains(part), "{key}: {}", letters[key].1);
    }
}
