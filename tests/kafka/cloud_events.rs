//! CloudEvents in and out, as the Kafka protocol binding has them.

use serde_json::{Value, json};
use service_recovery::codec::Format;
use service_recovery::events::Contract;

use crate::support::cluster::{Received, Send};
use crate::support::events::{fulfilled, now, placed, time, with};
use crate::support::outputs::Outputs;
use crate::support::service::Service;
use crate::support::wait::{secs, throughout, until};
use crate::support::world::{Setup, World};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const SOURCE: &str = "/till/2";

fn send(world: &World<'_>, headers: &[(&str, &str)], value: &[u8]) {
    let topic = world.topic("orders");
    let (key, value) = (Some(&b"k"[..]), Some(value));
    world.producer.send(Send { topic: &topic, key, value, headers, ..Send::default() });
    world.producer.flush();
}

fn envelope(id: &str, fields: Value) -> Vec<u8> {
    let envelope = json!({"specversion": "1.0", "id": id, "source": SOURCE, "type": "com.example.order",
        "traceparent": TRACE});
    with(envelope, fields).to_string().into_bytes()
}

/// An order of which nothing came: evident at once, long before its promise.
fn short(order: &str) -> [Value; 2] {
    let nothing = json!({"completes": true, "lines": []});
    [placed(order, now() - 60_000, now() + 3_600_000), with(fulfilled(order, now() - 1_000), nothing)]
}

/// The same without ids and times of their own.
fn bare(order: &str) -> [Value; 2] {
    short(order).map(|mut event| {
        event.as_object_mut().unwrap().retain(|name, _| name != "id" && name != "time");
        event
    })
}

/// Before the first safe time decisions wait for it, and then it is the time that causes them.
fn until_safe(service: &Service) {
    until(secs(20), "the first safe time", || {
        service.metric("service_recovery_clock_lag_seconds").is_some_and(f64::is_finite)
    });
}

/// What an event has caused by itself, and not a later moment or the answer of a site.
fn is_direct(value: &Value) -> bool {
    value["revision"] == 1 && value["kind"] != "gesture"
}

/// What the orders of a name have caused directly.
fn of_order<'a>(outputs: &'a Outputs, order: &str) -> Vec<&'a Received> {
    let about = |record: &&Received| {
        let value: Value = serde_json::from_slice(record.value.as_ref().unwrap()).unwrap();
        value["order_id"] == order && is_direct(&value)
    };
    outputs.records.iter().filter(about).collect()
}

#[test]
fn structured_and_binary_events_are_read_and_their_trace_goes_on() {
    let world = World::new("cloud-events", Setup { inputs: 1, ..Setup::default() });
    let service = world.start("a").ready();
    until_safe(&service);
    let structured = ("content-type", "Application/CloudEvents+JSON; charset=UTF-8");
    let ago = |millis: i64| time(now() - millis);

    let [order, received] = bare("structured");
    send(&world, &[structured], &envelope("1", json!({"time": ago(60_000), "data": order})));
    send(&world, &[structured], &envelope("2", json!({"time": ago(1_000), "data": received})));

    let [order, received] = bare("binary");
    for (id, at, event) in [("3", ago(60_000), order), ("4", ago(1_000), received)] {
        let headers = [
            ("ce_specversion", "1.0"),
            ("ce_id", id),
            ("ce_source", SOURCE),
            ("ce_type", "com.example.order"),
            ("ce_time", &at),
            ("content-type", "application/json"),
            ("traceparent", TRACE),
        ];
        send(&world, &headers, event.to_string().as_bytes());
    }

    // Avro within an envelope
    for event in short("avro") {
        let avro = world.encode_as(Format::AvroSingleObject, Contract::Orders, None, &event).unwrap();
        let data = base64(&avro);
        send(&world, &[structured], &envelope("5", json!({"datacontenttype": "avro/binary", "data_base64": data})));
    }

    let mut outputs = world.outputs();
    until(secs(30), "all three", || outputs.refresh().standing().len() == 3);
    for order in ["structured", "binary", "avro"] {
        let about = of_order(&outputs, order);
        assert!(about.len() >= 2, "an incident and an action of {order}");
        for output in about {
            assert_eq!(output.header("traceparent"), Some(TRACE), "{order} on {}", output.topic);
        }
    }

    // the same source and id again, in the other mode: nothing happens twice, and the first word stands
    let [order, _] = bare("another");
    let at = ago(60_000);
    let headers = [("ce_id", "1"), ("ce_source", SOURCE), ("ce_time", &*at)];
    send(&world, &headers, with(order, json!({"order_id": "structured"})).to_string().as_bytes());
    world.until_read();
    throughout(secs(1), "no incident is added", || outputs.refresh().standing().len() == 3);

    // refused, each with a reason
    send(
        &world,
        &[structured],
        b"{\"specversion\": \"0.3\", \"id\": \"a\", \"source\": \"s\", \"type\": \"t\", \"data\": {}}",
    );
    send(&world, &[structured], &envelope("6", json!({})));
    send(&world, &[("content-type", "application/cloudevents+avro")], b"whatever");
    send(&world, &[structured], b"{\"id\": \"a\"}");
    let tail = world.dead_letters();
    let mut letters = Vec::new();
    until(secs(20), "the dead letters", || {
        letters.extend(tail.catch_up());
        letters.len() >= 4
    });
    let kinds: Vec<&str> = letters.iter().map(|letter| letter.header("dead_letter_error_kind").unwrap()).collect();
    assert_eq!(kinds, ["invalid_field", "empty", "wrong_type", "invalid_field"]);
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn outputs_carry_every_attribute_and_what_staff_apps_filter_by() {
    let world = World::new("cloud-events-out", Setup { policy: "hotel".to_owned(), ..Setup::default() });
    let service = world.start("a").ready();
    until_safe(&service);
    let order = with(
        placed("o1", now() - 30 * 60_000, now() - 20 * 60_000),
        json!({"site_id": "strandhotellet", "touchpoint": "pool_bar", "customer_id": "c1"}),
    );
    let headers = [("traceparent", TRACE)];
    send(&world, &headers, order.to_string().as_bytes());
    send(&world, &headers, with(fulfilled("o1", now()), json!({"customer_id": "c1"})).to_string().as_bytes());
    let mut outputs = world.outputs();
    until(secs(30), "an action", || !outputs.refresh().actions().is_empty());

    for record in &outputs.records {
        let value: Value = serde_json::from_slice(record.value.as_ref().unwrap()).unwrap();
        let header = |name| record.header(name).unwrap_or_else(|| panic!("no {name} on {}", record.topic));
        assert_eq!(header("ce_specversion"), "1.0");
        assert_eq!(header("ce_id"), format!("{}/{}", value["id"].as_str().unwrap(), value["revision"]));
        assert_eq!(header("ce_source"), "/service-recovery");
        assert_eq!(header("ce_time"), value["time"]);
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(header("site_id"), "strandhotellet");
        assert!(!is_direct(&value) || header("traceparent") == TRACE);
        assert!(!header("ce_subject").is_empty());
        if record.topic.ends_with("recovery-actions") {
            let (kind, state) = (value["kind"].as_str().unwrap(), value["type"].as_str().unwrap());
            assert_eq!(header("kind"), kind);
            assert_eq!(header("ce_type"), format!("recovery.action.{state}"));
            assert_eq!(header("assignee"), value["assignee"]);
        }
    }
}
