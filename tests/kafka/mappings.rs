//! Feeds that exist already and cannot change: their raw records on a topic of their own, the right action on ours.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use service_recovery::events::{ActionKind, Contract, FailureKind, RecoveryAction, Responsibility, Timestamp};

use crate::avro::datum;
use crate::support::backtest::backtest;
use crate::support::cluster::Send;
use crate::support::events::{now, placed, time, with};
use crate::support::outputs::Outputs;
use crate::support::registry::{Registry, framed};
use crate::support::wait::{eventually, secs, until};
use crate::support::world::{Setup, World};

const MINUTE: i64 = 60_000;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/mappings").join(name)
}

/// The raw records of an example.
fn sample(name: &str) -> Vec<Value> {
    let text = fs::read_to_string(example(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A moment as clocks in Copenhagen show it.
fn local(pattern: &str, millis: i64) -> String {
    let zone = TimeZone::get("Europe/Copenhagen").unwrap();
    let moment = Timestamp::from_millis(millis).unwrap().to_jiff().to_zoned_datetime(zone);
    jiff::fmt::strtime::format(pattern, &moment).unwrap()
}

fn world(name: &str, feed: &'static str, mapping: &'static str, policy: &str) -> World<'static> {
    // three partitions: none of its records is handled where it lies
    World::new(name, Setup { mapped: vec![(feed, mapping, 3)], policy: policy.to_owned(), ..Setup::default() })
}

fn send(world: &World<'_>, feed: &str, records: &[Value]) {
    let topic = world.topic(feed);
    for record in records {
        let value = record.to_string();
        world.producer.send(Send { topic: &topic, value: Some(value.as_bytes()), ..Send::default() });
    }
    world.producer.flush();
}

#[track_caller]
fn action(outputs: &mut Outputs, kind: ActionKind, order: &str) -> RecoveryAction {
    eventually(secs(30), &format!("{kind} about {order}"), || {
        let found =
            outputs.refresh().of_kind(kind).into_iter().find(|action| action.order_id.as_deref() == Some(order));
        found.cloned()
    })
}

fn kinds(action: &RecoveryAction) -> Vec<FailureKind> {
    action.shortfalls.iter().map(|shortfall| shortfall.kind).collect()
}

#[test]
fn a_till_that_knows_only_the_table_brings_the_waiter_there() {
    let world = world("till", "tills", "examples/mappings/till.toml", "hotel");
    let _service = world.start("a").ready();
    let mut outputs = world.outputs();

    // the example's evening, as if bill 17 were being closed now
    let clock = |ago: i64| local("%d.%m.%Y %H:%M:%S", now() - ago * MINUTE);
    let mut records: Vec<Value> = sample("till.ndjson")
        .into_iter()
        .filter(|record| record["bill"]["number"] == 17 || record["bill"].is_null())
        .collect();
    let count = records.len() as i64;
    let (opened, promised) = (clock(count), clock(-20));
    for (record, left) in records.iter_mut().zip((0..count).rev()) {
        record["at"] = clock(left).into();
        if !record["bill"].is_null() {
            record["bill"]["opened"] = opened.clone().into();
            record["bill"]["promised"] = promised.clone().into();
        }
    }
    send(&world, "tills", &records);

    let day = local("%Y-%m-%d", now() - count * MINUTE - 4 * 60 * MINUTE);
    let order = format!("strandhotellet/{day}/17");
    let apology = action(&mut outputs, ActionKind::Apology, &order);
    assert_eq!((apology.site_id.as_str(), apology.location.as_deref()), ("strandhotellet", Some("table 12")));
    assert_eq!((apology.touchpoint.as_deref(), apology.guest.party_size), (Some("pool_bar"), Some(2)));
    // the wine was taken back by the guest, so only the smoothies are missing
    let [shortfall] = &apology.shortfalls[..] else { panic!("one shortfall: {:?}", apology.shortfalls) };
    assert_eq!((shortfall.kind, shortfall.quantity), (FailureKind::ItemMissing, Some(2)));
    assert_eq!(shortfall.name.as_deref(), Some("Strawberry smoothie"));
    assert!(world.dead_letters().catch_up().is_empty());
}

#[test]
fn a_carrier_that_knows_only_order_numbers_warns_the_customer_through_us() {
    let world = world("carrier", "parcels", "examples/mappings/carrier.toml", "evaluation");
    let _service = world.start("a").ready();
    let mut outputs = world.outputs();

    let promise = now() + 60 * MINUTE;
    let shop = |order: &str| with(placed(order, now() - MINUTE, promise), json!({"customer_id": "c1", "parcels": 2}));
    for order in ["WEB-1001", "WEB-1003"] {
        world.publish(Contract::Orders, Some("c1"), &shop(order));
    }
    let mut records = sample("carrier.ndjson");
    for record in &mut records {
        record["happened_at"] = local("%Y-%m-%dT%H:%M:%S%:z", now()).into();
        if !record["expected_at"].is_null() {
            record["expected_at"] = local("%Y-%m-%dT%H:%M:%S%:z", promise + 600 * MINUTE).into();
        }
    }
    send(&world, "parcels", &records);

    let warned = eventually(secs(30), "news about the held parcel", || {
        let found =
            outputs.refresh().actions().into_iter().find(|action| action.order_id.as_deref() == Some("WEB-1001"));
        found.cloned()
    });
    assert_eq!((warned.customer_id.as_deref(), kinds(&warned)), (Some("c1"), vec![FailureKind::DeliveryPredictedLate]));
    assert_eq!(warned.shortfalls[0].responsibility, Responsibility::External, "it was the weather");
    let lost = action(&mut outputs, ActionKind::Apology, "WEB-1003");
    assert_eq!(
        (kinds(&lost), lost.shortfalls[0].parcel_id.as_deref()),
        (vec![FailureKind::DeliveryLost], Some("NPK0009"))
    );
    assert_eq!(lost.shortfalls[0].responsibility, Responsibility::Partner);
}

#[test]
fn avro_of_the_carriers_own_schema_is_mapped_like_its_json() {
    let Some(registry) = Registry::shared() else { return };
    let mapped = vec![("parcels", "examples/mappings/carrier.toml", 3)];
    let world = World::new("carrier-avro", Setup { mapped, registry: Some(registry.url.clone()), ..Setup::default() });
    let _service = world.start("a").ready();
    let mut outputs = world.outputs();
    let order = with(placed("WEB-1003", now() - MINUTE, now() + 60 * MINUTE), json!({"customer_id": "c1"}));
    world.publish(Contract::Orders, Some("c1"), &order);

    let optional = |name: &str| json!({"name": name, "type": ["null", "string"], "default": null});
    let required = |name: &str| json!({"name": name, "type": "string"});
    let fields = json!([required("notification"), required("shipper_reference"), optional("parcel"), required("status"),
        required("detail"), {"name": "happened_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        optional("expected_at"), optional("remark")]);
    let schema = json!({"type": "record", "name": "ParcelStatus", "namespace": "com.nordpakke", "fields": fields});
    let id = registry.register(&format!("{}-value", world.topic("parcels")), &schema);
    let mut status = sample("carrier.ndjson").pop().unwrap();
    status["happened_at"] = now().into();
    let value = framed(id, &datum(&schema, &status));
    world.producer.send(Send { topic: &world.topic("parcels"), value: Some(&value), ..Send::default() });
    world.producer.flush();

    let lost = action(&mut outputs, ActionKind::Apology, "WEB-1003");
    assert_eq!(
        (kinds(&lost), lost.shortfalls[0].parcel_id.as_deref()),
        (vec![FailureKind::DeliveryLost], Some("NPK0009"))
    );
    assert!(world.dead_letters().catch_up().is_empty());
}

#[test]
fn a_platforms_statuses_become_orders_delivery_news_and_complaints() {
    let world = world("platform", "statuses", "examples/mappings/food-delivery.toml", "evaluation");
    let _service = world.start("a").ready();
    let mut outputs = world.outputs();

    let accepted = sample("food-delivery.ndjson")[0]["events"][1]["at"].as_i64().unwrap();
    // the whole evening lies just behind us: the promise of 35 minutes was broken, and two stars are all there is to say
    let shift = now() / 1_000 - accepted - 7_500;
    let mut records = sample("food-delivery.ndjson");
    for event in records.iter_mut().flat_map(|record| record["events"].as_array_mut().unwrap()) {
        event["at"] = (event["at"].as_f64().unwrap() + shift as f64).into();
        for limit in ["earliest", "latest"] {
            if let Some(at) = event["window"][limit].as_i64() {
                event["window"][limit] = (at + shift).into();
            }
        }
    }
    send(&world, "statuses", &records);

    let mut apology = action(&mut outputs, ActionKind::Apology, "Q7-7731");
    until(secs(30), "late, short and complained about", || {
        apology = action(&mut outputs, ActionKind::Apology, "Q7-7731");
        let found = kinds(&apology);
        found.contains(&FailureKind::DeliveryLate) && found.contains(&FailureKind::StockoutAfterOrder)
    });
    assert_eq!((apology.customer_id.as_deref(), apology.site_id.as_str()), (Some("u-88"), "vesterbro"));
    until(secs(30), "the two stars to join", || {
        let incidents = outputs.refresh().standing();
        incidents
            .iter()
            .any(|incident| incident.order_id.as_deref() == Some("Q7-7731") && incident.complained_at.is_some())
    });
}

#[test]
fn one_bad_event_makes_the_whole_record_one_dead_letter_and_the_next_record_goes_on() {
    let world = world("half-bad", "statuses", "examples/mappings/food-delivery.toml", "evaluation");
    let _service = world.start("a").ready();
    let seconds = now() / 1_000;
    let event = |uid: &str, order: &str, kitchen: &str| {
        json!({"uid": uid, "type": "order.accepted", "at": seconds - 7_200, "window": {"latest": seconds - 3_600},
            "order": {"ref": order, "kitchen": kitchen, "currency": "DKK", "eater": {"id": "u-1"}, "courses": []}})
    };
    let batch = |events: Value| json!({"platform": "quickbite", "events": events});
    let bad = batch(json!([event("b-1", "Q-1", "K-204"), event("b-2", "Q-2", "nobody's kitchen")]));
    let good = batch(json!([event("g-1", "Q-3", "K-204"), event("g-2", "Q-4", "K-311")]));
    send(&world, "statuses", &[bad.clone(), good]);

    let mut outputs = world.outputs();
    until(secs(30), "both orders of the good record", || outputs.refresh().standing().len() == 2);
    let orders: Vec<_> = outputs.standing().iter().filter_map(|incident| incident.order_id.clone()).collect();
    assert!(["Q-3", "Q-4"].iter().all(|order| orders.contains(&(*order).to_owned())), "{orders:?}");
    let letters = world.dead_letters().catch_up();
    let [letter] = &letters[..] else { panic!("one dead letter, not {}", letters.len()) };
    assert_eq!(letter.value.as_deref(), Some(bad.to_string().as_bytes()), "as it came");
    assert_eq!(letter.header("dead_letter_error_kind"), Some("mapping"));
    let message = letter.header("dead_letter_error_message").unwrap();
    assert!(message.ends_with("event \"accepted\", site_id (kitchen in [let]): @.order.kitchen is not in the table; list it, or say `otherwise` or `unlisted`"), "{message}");
}

#[test]
fn a_nightly_file_is_published_through_the_mapping_that_reads_the_webhooks() {
    let world = world("nightly", "parcels", "examples/mappings/carrier.toml", "evaluation");
    let _service = world.start("a").ready();
    let mut outputs = world.outputs();
    let promise = now() + 60 * MINUTE;
    let order = with(placed("WEB-1001", now() - MINUTE, promise), json!({"customer_id": "c1"}));
    world.publish(Contract::Orders, Some("c1"), &order);

    let stamp = |at: i64| local("%Y-%m-%d %H:%M:%S", at);
    let file = world.path("carrier.csv");
    let text = fs::read_to_string(example("carrier.csv")).unwrap();
    let first: Vec<&str> = text.lines().take(2).collect();
    let row = first[1]
        .replace("2026-11-24 07:15:00", &stamp(now()))
        .replace("2026-11-26 12:00:00", &stamp(promise + 600 * MINUTE));
    fs::write(&file, format!("{}\n{row}\n", first[0])).unwrap();
    let mapping = example("carrier.toml");
    let arguments = ["publish", "--mapping", mapping.to_str().unwrap(), file.to_str().unwrap()];
    let published = world.command(&arguments);
    assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));

    let warned = eventually(secs(30), "news about the rescheduled parcel", || {
        outputs.refresh().actions().into_iter().find(|action| action.order_id.as_deref() == Some("WEB-1001")).cloned()
    });
    assert_eq!(kinds(&warned), [FailureKind::DeliveryPredictedLate]);

    // and the backtest finds the same in the same file
    let mapped = std::process::Command::new(crate::support::service::PROGRAM)
        .args(["mapping", "check", mapping.to_str().unwrap(), file.to_str().unwrap()])
        .output()
        .unwrap();
    let order = json!({"topic": "orders", "key": "c1", "value": order}).to_string();
    let lines = format!("{order}\n{}", String::from_utf8(mapped.stdout).unwrap());
    let found = backtest(&lines, "evaluation", Some(&time(now())));
    assert_eq!(found.standing.len(), 1);
    assert_eq!(found.standing[0].shortfalls[0].kind, FailureKind::DeliveryPredictedLate);
}

#[test]
fn a_price_list_becomes_the_catalogue() {
    let rules = tempfile::NamedTempFile::new().unwrap();
    let mapping = r#"
[[event]]
name     = "article"
contract = "catalogue"
erase    = { "$.sold" = false }
[event.fields]
item_id     = ["$.article", "$record.key"]
price_minor = { from = "$.price", money = "DKK" }
currency    = "DKK"
tags        = { from = "$.marks", split = ",", table = { V = "suits:vegetarian", N = "contains:nuts" } }
[event.fields.names]
en = "$.name_en"
da = "$.name_da"
"#;
    fs::write(rules.path(), mapping).unwrap();
    let mapped = vec![("articles", &*rules.path().to_str().unwrap().to_owned().leak(), 1)];
    let world = World::new("price-list", Setup { mapped, policy: "hotel".to_owned(), ..Setup::default() });
    let topic = world.topic("articles");
    let send = |key: &str, value: Option<Value>| {
        let value = value.map(|value| value.to_string());
        let value = value.as_deref().map(str::as_bytes);
        world.producer.send(Send { topic: &topic, key: Some(key.as_bytes()), value, ..Send::default() });
        world.producer.flush();
    };
    let article = |id: &str, price: &str| json!({"article": id, "price": price, "name_en": id, "marks": "V, N"});
    for id in ["tea", "cake", "soup"] {
        send(id, Some(article(id, "25.00")));
    }
    let service = world.start("a").ready();
    let known = || service.metric("service_recovery_catalogue_items").unwrap_or_default();
    let of_the_file = known() - 3.0;
    send("tea", None);
    send("cake", Some(json!({"article": "cake", "sold": false})));
    send("bread", Some(article("bread", "12.50")));
    send("free", Some(article("free", "for nothing")));
    until(secs(20), "tea and cake to go, bread to come", || (known() - of_the_file - 2.0).abs() < 0.5);
    let letter = eventually(secs(20), "the article without a price", || world.dead_letters().catch_up().pop());
    let message = letter.header("dead_letter_error_message").unwrap();
    assert!(message.ends_with("event \"article\", price_minor: $.price is no amount"), "{message}");
}
