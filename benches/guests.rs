//! How many bytes does a guest take, in memory and on the state topic?
//!
//! `make memory` plays two kinds of guests through the engine, as `run` would, and weighs what is left: a typical one (10
//! habits, 1 open and 3 closed orders) and a heavy one (200 orders within the horizon). The state topic is exact; memory
//! is what the process grew by (Linux), over all entities that the guests have made.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::fs;
use std::sync::Arc;

use serde_json::{Value, json};
use service_recovery::codec::{Codec, RawRecord};
use service_recovery::engine::InProcess;
use service_recovery::events::{Contract, Millis, Timestamp};
use service_recovery::policy::presets;
use service_recovery::recovery::EntityKey;

const NOW: &str = "2026-06-03T18:00:00Z";
const PAGE: u64 = 4_096;

/// What happens, and when.
#[derive(Default)]
struct Guests {
    events: Vec<(Timestamp, String)>,
}

impl Guests {
    fn order(&mut self, guest: usize, order: &str, placed: Timestamp, items: &[usize], is_closed: bool) {
        let order_id = format!("order-{guest:07}-{order}");
        let customer_id = format!("customer-{guest:07}");
        let line = |item: &usize| {
            json!({"line_id": item.to_string(), "item_id": format!("dish-number-{item}"),
            "quantity": 1, "unit_price_minor": 8_900})
        };
        let lines: Vec<Value> = items.iter().map(line).collect();
        let of = |what: &str, time: Timestamp| {
            json!({"id": format!("{order_id}-{what}"), "type": what,
            "time": time.to_string(), "order_id": order_id, "customer_id": customer_id})
        };
        let mut event = of("placed", placed);
        event["site_id"] = json!("site-17");
        event["touchpoint"] = json!("app");
        event["currency"] = json!("DKK");
        event["promised_at"] = json!((placed + Millis::minutes(45)).to_string());
        event["lines"] = json!(lines);
        self.events.push((placed, event.to_string()));
        if is_closed {
            let at = placed + Millis::minutes(40);
            self.events.push((at, of("fulfilled", at).to_string()));
        }
    }

    /// Everything in the order of its time.
    fn play(mut self, engine: &mut InProcess) {
        self.events.sort_by_key(|(time, _)| *time);
        let codec = Codec::new(None).unwrap();
        for (_, text) in self.events {
            let record = RawRecord { source: "orders", value: Some(text.as_bytes()), ..RawRecord::default() };
            engine.input(codec.decode(Contract::Orders, &record).unwrap()).unwrap();
            drop(engine.take_outputs());
        }
        engine.advance(Timestamp::parse(NOW).unwrap());
    }
}

fn main() {
    println!("| guest | guest's record | its orders' index records | on the state topic, in all | in memory, in all |");
    println!("|---|---|---|---|---|");
    weigh("typical: 10 habits, 1 open and 3 closed orders", 10_000, typical);
    weigh("heavy: 200 orders within the horizon", 200, heavy);
}

fn weigh(name: &str, guests: usize, tell: fn(&mut Guests, usize)) {
    let mut engine = InProcess::new(1, Arc::new(presets::delivery().unwrap()));
    let mut all = Guests::default();
    for guest in 0..guests {
        tell(&mut all, guest);
    }
    let before = resident();
    all.play(&mut engine);
    assert!(engine.take_undeliverable().is_empty());
    let grown = resident().saturating_sub(before);
    let record = |key: EntityKey| engine.get(&key).map_or(0, |entity| entity.encode().len() + key.as_str().len());
    let of_guest: usize = (0..guests).map(|guest| record(EntityKey::customer(&format!("customer-{guest:07}")))).sum();
    let of_orders: usize = (0..guests)
        .flat_map(|guest| (0..220).map(move |order| format!("order-{guest:07}-{order}")))
        .map(|order_id| record(EntityKey::order_index(&order_id)))
        .sum();
    println!(
        "| {name} | {} | {} | {} | {} |",
        of_guest / guests,
        of_orders / guests,
        (of_guest + of_orders) / guests,
        grown / guests as u64
    );
}

/// Older orders are forgotten but for the habits that they made.
fn typical(all: &mut Guests, guest: usize) {
    let now = Timestamp::parse(NOW).unwrap();
    for order in 0..10 {
        let placed = now - Millis::days(50 + 2 * order as i64);
        all.order(guest, &order.to_string(), placed, &[order % 5 * 2, order % 5 * 2 + 1], true);
    }
    for order in 10..13 {
        all.order(guest, &order.to_string(), now - Millis::days(order as i64), &[order % 10, 3], true);
    }
    all.order(guest, "13", now - Millis::minutes(10), &[1, 2], false);
}

fn heavy(all: &mut Guests, guest: usize) {
    let now = Timestamp::parse(NOW).unwrap();
    for order in 0..200 {
        let placed = now - Millis::hours(5 * order as i64 + 2);
        all.order(guest, &order.to_string(), placed, &[order % 17, order % 5 + 20], true);
    }
}

/// What the process holds in memory, in bytes.
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * PAGE
}
