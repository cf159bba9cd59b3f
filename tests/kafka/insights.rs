//! A dressing that is missing again and again: the kitchen hears of it once, and once more when it is fixed.

use serde_json::{Value, json};
use service_recovery::events::{Contract, Insight, InsightType, ids};

use crate::support::cluster::Tail;
use crate::support::events::{now, time};
use crate::support::wait::{eventually, secs, throughout, until};
use crate::support::world::{Setup, World};

const SITE: &str = "strandhotellet";

/// What has come on the topic, in order, with the keys and two headers.
struct Insights {
    tail: Tail,
    seen: Vec<Insight>,
}

impl Insights {
    fn of(world: &World<'_>) -> Self {
        Self { tail: Tail::new(&world.broker.bootstrap, &[&world.topic("recovery-insights")]), seen: Vec::new() }
    }

    #[track_caller]
    fn refresh(&mut self) -> &[Insight] {
        for record in self.tail.catch_up() {
            let insight: Insight = serde_json::from_slice(record.value.as_deref().unwrap()).unwrap();
            assert_eq!(record.key.as_deref(), Some(SITE.as_bytes()));
            assert_eq!(record.header("assignee"), Some("kitchen"));
            assert_eq!(record.header("site_id"), Some(SITE));
            self.seen.push(insight);
        }
        &self.seen
    }

    fn types(&mut self) -> Vec<(InsightType, i64, i64)> {
        self.refresh().iter().map(|insight| (insight.insight_type, insight.revision, insight.count)).collect()
    }
}

/// A guest's salad, and that it came with the cheese but without the dressing.
fn miss_dressing(world: &World<'_>, guest: &str) {
    let order_id = format!("o-{guest}");
    let ordered = json!([{"id": "blue-cheese", "name": "blue cheese", "kind": "ingredient"},
        {"id": "extra-dressing", "name": "extra dressing", "kind": "add"}]);
    let came = json!([{"id": "blue-cheese", "kind": "ingredient"}]);
    let event = |kind: &str, at: i64, modifiers: &Value| {
        json!({"id": format!("{guest}-{kind}"), "time": time(at), "type": kind, "order_id": order_id, "customer_id": guest,
            "site_id": SITE, "touchpoint": "pool_bar", "currency": "DKK", "completes": kind == "fulfilled",
            "lines": [{"line_id": "1", "item_id": "salad", "quantity": 1, "modifiers": modifiers}]})
    };
    let (placed, fulfilled) = (event("placed", now() - 600_000, &ordered), event("fulfilled", now(), &came));
    for event in [&placed, &fulfilled] {
        world.publish(Contract::Orders, Some(guest), event);
    }
}

#[test]
fn five_missing_dressings_are_one_insight_until_it_is_fixed() {
    let setup = Setup { policy: "hotel".to_owned(), threads: 2, ..Setup::default() };
    let world = World::new("insights", setup);
    let mut service = world.start("a").ready();
    let mut outputs = world.outputs();
    let mut insights = Insights::of(&world);

    for n in 0..3 {
        miss_dressing(&world, &format!("g{n}"));
    }
    until(secs(30), "three incidents", || outputs.refresh().standing().len() == 3);
    world.until_read();
    service.kill();
    let mut service = world.start("a").ready();
    miss_dressing(&world, "g3");
    until(secs(30), "the fourth incident", || outputs.refresh().standing().len() == 4);
    world.until_read();
    assert!(insights.refresh().is_empty(), "four are not yet worth telling");

    miss_dressing(&world, "g4");
    let told = eventually(secs(30), "the insight", || insights.refresh().first().cloned());
    assert_eq!((told.insight_type, told.count, told.guests), (InsightType::Reported, 5, 5));
    assert_eq!((told.owner.as_str(), told.site_id.as_deref()), ("kitchen", Some(SITE)));
    assert_eq!(told.cause.modifier_id.as_deref(), Some("extra-dressing"));
    assert_eq!(told.examples[0], ids::incident_of_order("o-g4"));
    assert!(told.advice.starts_with("The salad came without extra dressing, 5 times for 5 guests since "));

    let fixed = json!({"id": "chef-1", "time": time(now()), "reply_to": told.reply_to, "insight_id": told.id,
        "staff_id": "chef", "status": "fixed"});
    // twice, and wherever the broker puts them
    for _ in 0..2 {
        world.publish(Contract::RecoveryOutcomes, None, &fixed);
    }
    until(secs(30), "the resolution", || insights.refresh().len() == 2);
    miss_dressing(&world, "g5");
    until(secs(30), "the sixth incident", || outputs.refresh().standing().len() == 6);
    world.until_read();
    throughout(secs(1), "there is nothing new to tell", || {
        insights.types() == [(InsightType::Reported, 1, 5), (InsightType::Resolved, 2, 5)]
    });
    assert_eq!(insights.seen[0].id, insights.seen[1].id);
    assert_eq!(service.metric("service_recovery_insights_total"), Some(2.0), "both since the restart");
    assert_eq!(service.terminate(), 0);
}
