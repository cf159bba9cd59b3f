//! Records that nobody can read: each is kept as it was, with the reason, and the next good one is handled.

use serde_json::{Value, json};
use service_recovery::codec::Format;
use service_recovery::events::Contract;

use crate::support::cluster::Send;
use crate::support::events::{fulfilled, now, placed, with};
use crate::support::wait::{eventually, secs, until};
use crate::support::world::{Setup, World};

/// Bytes that look like nothing, the same in every run.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    let mut bytes: Vec<u8> = (0..length).map(|_| next()).collect();
    bytes[0] = b'~'; // no framing byte by chance
    bytes
}

/// Its key, its bytes, and the reasons that would be right.
type Unreadable = (&'static str, Option<Vec<u8>>, &'static [&'static str]);

#[test]
fn too_many_in_a_row_stop_their_partition_and_nothing_else() {
    let world = World::new("too-many", Setup { inputs: 4, ..Setup::default() });
    let service = world.start("a").ready();
    until(secs(20), "the first safe time", || {
        service.metric("service_recovery_clock_lag_seconds").is_some_and(f64::is_finite)
    });
    let topic = world.topic("orders");
    for _ in 0..150 {
        let noise = Some(&b"noise"[..]);
        world.producer.send(Send { topic: &topic, partition: Some(0), value: noise, ..Send::default() });
    }
    world.producer.flush();
    let reason = eventually(secs(20), "the partition to be stopped", || {
        service.get("/health/ready").filter(|(status, _)| *status == 503).map(|(_, reason)| reason)
    });
    assert!(reason.contains(&format!("{topic}-0")) && reason.contains("stopped"), "{reason}");
    let letters = world.dead_letters();
    let mut count = 0;
    until(secs(20), "what was read before the stop to be committed", || {
        count += letters.catch_up().len();
        count >= 50
    });
    assert!(count < 150, "{count} dead letters, not all of them");

    // silence proves nothing now, but what is evident is acted on
    let late = [placed("o1", now() - 60_000, now() - 30_000), fulfilled("o1", now() - 1_000)];
    for event in late {
        let value = event.to_string();
        let value = Some(value.as_bytes());
        world.producer.send(Send { topic: &topic, partition: Some(1), value, ..Send::default() });
    }
    world.producer.flush();
    let mut outputs = world.outputs();
    until(secs(20), "the late order", || outputs.refresh().standing().len() == 1);
}

#[test]
fn each_is_a_dead_letter_with_its_reason_and_its_bytes() {
    let world = World::new("unreadable", Setup { inputs: 1, ..Setup::default() });
    let avro = |contract, event: &Value| world.encode_as(Format::AvroSingleObject, contract, None, event).unwrap();
    let _service = world.start("a").ready();
    let order = placed("o1", now() - 60_000, now() - 1_000);
    let whole = avro(Contract::Orders, &order);
    let mut unknown_schema = whole.clone();
    unknown_schema[2..10].fill(0x5A);
    let of_another_contract =
        avro(Contract::RecoveryOutcomes, &json!({"id": "x", "time": now(), "reply_to": "r", "status": "done"}));
    let mut not_utf8 = order.to_string().into_bytes();
    let place = not_utf8.windows(5).position(|window| window == b"Salad").unwrap();
    not_utf8[place] = 0xFF;

    let records: Vec<Unreadable> = vec![
        ("no value", None, &["empty"]),
        ("empty", Some(Vec::new()), &["empty"]),
        ("truncated avro", Some(whole[..whole.len() - 3].to_vec()), &["truncated"]),
        ("unknown schema", Some(unknown_schema), &["unknown_schema"]),
        ("another contract", Some(of_another_contract), &["wrong_type"]),
        ("a list", Some(b"[1,2]".to_vec()), &["wrong_type"]),
        (
            "bad date",
            Some(with(order.clone(), json!({"time": "the 5th"})).to_string().into_bytes()),
            &["invalid_field"],
        ),
        ("noise", Some(noise(1024 * 1024)), &["malformed_json", "invalid_utf8", "too_large"]),
        ("not UTF-8", Some(not_utf8), &["invalid_utf8"]),
        ("half an object", Some(b"{\"id\": \"a\",".to_vec()), &["truncated", "malformed_json"]),
    ];
    let topic = world.topic("orders");
    for (key, value, _) in &records {
        let headers = [("x-from", "till 4")];
        let key = Some(key.as_bytes());
        world.producer.send(Send { topic: &topic, key, value: value.as_deref(), headers: &headers, ..Send::default() });
    }
    world.producer.flush();
    world.publish(Contract::Orders, Some("c1"), &order);

    let mut outputs = world.outputs();
    until(secs(20), "the good record to be handled", || outputs.refresh().standing().len() == 1);
    let tail = world.dead_letters();
    let mut letters = Vec::new();
    until(secs(10), "the dead letters", || {
        letters.extend(tail.catch_up());
        letters.len() >= records.len()
    });
    assert_eq!(letters.len(), records.len());
    for (offset, (key, value, reasons)) in records.iter().enumerate() {
        let letter = eventually(secs(0), key, || letters.iter().find(|l| l.key.as_deref() == Some(key.as_bytes())));
        assert_eq!(&letter.value, value, "the bytes of {key}");
        assert_eq!(letter.header("x-from"), Some("till 4"), "the headers of {key}");
        let header = |name| letter.header(name).unwrap_or_else(|| panic!("{key} has no {name}: {:?}", letter.headers));
        assert_eq!(header("dead_letter_topic"), topic);
        assert_eq!(header("dead_letter_partition"), "0");
        assert_eq!(header("dead_letter_offset"), offset.to_string());
        assert!(header("dead_letter_timestamp").parse::<i64>().is_ok_and(|at| (now() - at).abs() < 60_000));
        assert!(reasons.contains(&header("dead_letter_error_kind")), "{key}: {}", header("dead_letter_error_kind"));
        assert!(!header("dead_letter_error_message").is_empty());
        assert_eq!(header("dead_letter_app_version"), env!("CARGO_PKG_VERSION"));
    }
}
