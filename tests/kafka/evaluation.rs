//! Real orders that nobody on this project wrote: exactly the broken promises, however they reach the service.
//!
//! Needs `EVALUATION_DATA`, a directory with `to_events.py`, so it runs by `make evaluate` only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use service_recovery::events::IncidentEvent;

use crate::support::backtest::backtest;
use crate::support::cluster::Send;
use crate::support::events::{now, time};
use crate::support::traffic::Keyed;
use crate::support::wait::{secs, throughout, until};
use crate::support::world::{Setup, World};

struct Data {
    name: &'static str,
    lines: String,
    /// Broken when the recording ends, and what a later clock adds.
    broken: BTreeSet<String>,
    broken_by_now: BTreeSet<String>,
    /// Without silence: what the events themselves show.
    late: BTreeSet<String>,
}

impl Data {
    fn load(name: &'static str) -> Self {
        let lines = to_events(&[name]);
        let truth: BTreeMap<String, Value> = serde_json::from_str(&to_events(&["--truth", name])).unwrap();
        let ids = |field: &str| -> BTreeSet<String> {
            truth[field].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
        };
        let late = ids("fulfilled_late_orders");
        let broken = &late | &ids("never_fulfilled_orders");
        let broken_by_now = &broken | &ids("still_open_orders");
        Self { name, lines, broken, broken_by_now, late }
    }
}

fn to_events(arguments: &[&str]) -> String {
    let data =
        PathBuf::from(std::env::var("EVALUATION_DATA").expect("EVALUATION_DATA names the directory of the data"));
    let output = Command::new(data.join("to_events.py")).args(arguments).output().expect("to_events.py runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// One line of the report.
fn report(case: &str, found: &[&IncidentEvent], truth: &BTreeSet<String>, started: Instant) -> bool {
    let orders: BTreeSet<String> = found.iter().filter_map(|incident| incident.order_id.clone()).collect();
    let right = orders.intersection(truth).count();
    let share = |whole: usize| if whole == 0 { 1.0 } else { right as f64 / whole as f64 };
    println!(
        "{case:<65} {:>4} of {:>3}   precision {:.4}   recall {:.4}   {:>3} s",
        found.len(),
        truth.len(),
        share(found.len()),
        share(truth.len()),
        started.elapsed().as_secs(),
    );
    found.len() == truth.len() && orders == *truth
}

/// Published whole before the service starts, then run by today's clock.
fn on_kafka(data: &Data, policy: &str, tasks: u32, inputs: i32, instances: usize, keyed: Keyed) -> bool {
    let started = Instant::now();
    let setup = Setup { tasks, inputs, threads: 2, policy: policy.to_owned(), ..Setup::default() };
    let world = World::new("evaluation", setup);
    let topic = world.topic("orders");
    for line in data.lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let event = &line["value"];
        let key = keyed.key(event["customer_id"].as_str().unwrap(), event["order_id"].as_str().unwrap());
        let value = event.to_string();
        let key = key.map(str::as_bytes);
        world.producer.send(Send { topic: &topic, key, value: Some(value.as_bytes()), ..Send::default() });
    }
    world.producer.flush();

    let services: Vec<_> = (0..instances).map(|n| world.start(&format!("instance-{n}"))).collect();
    services.iter().for_each(|service| service.until_ready());
    world.until_read();
    let mut outputs = world.outputs();
    let expected = if policy == "evaluation" { &data.broken_by_now } else { &data.late };
    let case = format!("{} {policy} P={tasks} inputs={inputs} instances={instances} keyed {keyed:?}", data.name);
    until(secs(120), &case, || outputs.refresh().standing().len() >= expected.len());
    throughout(secs(3), "nothing more is found", || outputs.refresh().incidents().len() == expected.len());
    outputs.assert_gapless();
    let is_exact = report(&case, &outputs.standing(), expected, started);

    // the hotel's rules act on no news that is older than hours
    let actions = outputs.actions().len();
    if policy == "hotel" && actions > 0 {
        println!("{case}: {actions} actions on old news");
    }
    is_exact && (policy == "evaluation" || actions == 0)
}

#[test]
#[ignore = "needs recorded orders: make evaluate DATA=..."]
fn evaluation() {
    assert!(Path::new(&std::env::var("EVALUATION_DATA").unwrap_or_default()).is_dir(), "set EVALUATION_DATA");
    let mut wrong = Vec::new();
    for (name, at_end, by_now) in [("northwind", 37, 58), ("olist-2017", 858, 858)] {
        let data = Data::load(name);
        assert_eq!((data.broken.len(), data.broken_by_now.len()), (at_end, by_now), "the truth about {name}");

        for (until, truth) in [(None, &data.broken), (Some(time(now())), &data.broken_by_now)] {
            let started = Instant::now();
            let result = backtest(&data.lines, "evaluation", until.as_deref());
            let case =
                format!("{name} backtest, until {}", if until.is_some() { "today" } else { "the end of the data" });
            if !report(&case, &result.standing.iter().collect::<Vec<_>>(), truth, started) {
                wrong.push(case);
            }
        }
        for tasks in [1, 4] {
            for inputs in [tasks as i32, 3] {
                for instances in [1, 2] {
                    for keyed in Keyed::ALL {
                        if !on_kafka(&data, "evaluation", tasks, inputs, instances, keyed) {
                            wrong.push(format!("{name} P={tasks} inputs={inputs} instances={instances} {keyed:?}"));
                        }
                    }
                }
            }
        }
        if !on_kafka(&data, "hotel", 4, 4, 1, Keyed::ByCustomer) {
            wrong.push(format!("{name} with the hotel's rules"));
        }
    }
    assert!(wrong.is_empty(), "not exact: {wrong:#?}");
}
