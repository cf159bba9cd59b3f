//! The golden scenario from end to end: a salad without its blue cheese and its dressing, and nobody complained.

use serde_json::{Value, json};
use service_recovery::codec::Format;
use service_recovery::events::{
    ActionKind, ActionState, Band, Contract, FailureKind, FollowUpType, IncidentStatus, InitiatedBy, RecoveryAction,
};

use crate::support::events::{now, time};
use crate::support::outputs::Outputs;
use crate::support::wait::{eventually, secs, throughout, until};
use crate::support::world::{Setup, World};

const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;
const GUEST: &str = "c-anna";

fn order(id: &str, at: i64, lines: &Value) -> Value {
    json!({
        "id": format!("{id}-placed"), "time": time(at), "type": "placed", "order_id": id, "customer_id": GUEST,
        "site_id": "strandhotellet", "location": "sunbed 14", "touchpoint": "pool_bar", "party_size": 2,
        "currency": "DKK", "promised_at": time(at + 25 * MINUTE), "lines": lines,
    })
}

fn received(id: &str, at: i64, lines: &Value) -> Value {
    json!({
        "id": format!("{id}-fulfilled"), "time": time(at), "type": "fulfilled", "order_id": id, "customer_id": GUEST,
        "completes": true, "lines": lines,
    })
}

fn salads(count: i64, modifiers: &Value) -> Value {
    json!({"line_id": "1", "item_id": "salad", "name": "Salad", "quantity": count, "unit_price_minor": 14_500, "modifiers": modifiers})
}

fn smoothies() -> Value {
    json!([{"line_id": "2", "item_id": "strawberry-smoothie", "name": "Strawberry smoothie", "quantity": 2, "unit_price_minor": 6_500}])
}

/// The one action of a kind, once `is_so`.
#[track_caller]
fn the(outputs: &mut Outputs, kind: ActionKind, what: &str, is_so: impl Fn(&RecoveryAction) -> bool) -> RecoveryAction {
    let action = eventually(secs(20), what, || {
        outputs.refresh().of_kind(kind).into_iter().find(|action| is_so(action)).cloned()
    });
    assert_eq!(outputs.of_kind(kind).len(), 1, "one {kind}");
    action
}

#[rstest::rstest]
#[case::in_json("golden-json", Format::Json)]
#[case::in_avro("golden-avro", Format::AvroSingleObject)]
fn nobody_complained(#[case] name: &str, #[case] format: Format) {
    let mut world = World::new(name, Setup { format, ..Setup::default() });
    world.setup.policy = world.adapted_policy("hotel", &[("follow_up = \"2 h\"", "follow_up = \"3 s\"")]);
    let _service = world.start("a").ready();
    let mut outputs = world.outputs();
    let orders = |event: &Value| world.publish(Contract::Orders, Some(GUEST), event);

    // two days of habits
    let profile = json!({"customer_id": GUEST, "name": "Anna", "language": "en"});
    world.publish(Contract::Customers, Some(GUEST), &profile);
    let today = now();
    let full = json!([{"id": "blue-cheese", "name": "blue cheese", "kind": "ingredient"},
                      {"id": "extra-dressing", "name": "extra dressing", "kind": "add", "price_minor": 1_500}]);
    for (id, at) in [("day-2", today - 2 * DAY), ("day-1", today - DAY)] {
        orders(&order(id, at, &smoothies()));
        orders(&received(id, at + 10 * MINUTE, &smoothies()));
    }
    orders(&order("day-2-salad", today - 2 * DAY, &json!([salads(1, &full)])));
    orders(&received("day-2-salad", today - 2 * DAY + 15 * MINUTE, &json!([salads(1, &full)])));

    // today
    orders(&order("today", today - 15 * MINUTE, &json!([salads(2, &full)])));
    orders(&received("today", today, &json!([salads(2, &json!([]))])));

    // (a) one incident, (b) an apology that names both
    let apology = the(&mut outputs, ActionKind::Apology, "the apology", |_| true);
    assert!(apology.say.contains("blue cheese") && apology.say.contains("extra dressing"), "{}", apology.say);
    let missing = apology.shortfalls.iter().map(|shortfall| (shortfall.kind, shortfall.modifier_id.as_deref()));
    assert_eq!(
        missing.collect::<Vec<_>>(),
        [(FailureKind::ItemPartial, Some("blue-cheese")), (FailureKind::ItemPartial, Some("extra-dressing"))]
    );
    assert_eq!((apology.state, apology.initiated_by), (ActionState::Open, InitiatedBy::Company));
    assert_eq!(apology.guest.name.as_deref(), Some("Anna"));

    // (c) their own smoothies, after the apology
    let given = the(&mut outputs, ActionKind::Gesture, "the gesture", |_| true);
    let smoothie = given.gesture.clone().unwrap();
    assert_eq!(smoothie.item_id.as_deref(), Some("strawberry-smoothie"));
    assert_eq!((smoothie.quantity, smoothie.value_minor, smoothie.personalised), (2, 13_000, true));
    let evidence: Vec<&str> = smoothie.evidence.iter().map(|evidence| evidence.order_id.as_str()).collect();
    assert!(evidence.contains(&"day-1") && evidence.contains(&"day-2"), "{evidence:?}");
    assert_eq!(given.after.as_deref(), Some(apology.id.as_str()));
    assert_eq!(given.allowed.as_ref().unwrap().max_value_minor, 15_000);
    assert_eq!(given.due_at.as_millis(), apology.due_at.as_millis() + 10 * MINUTE);
    assert_eq!(outputs.standing().len(), 1);

    // (d) the waiter hears a remark and says sorry
    let remarked = now();
    let remark = json!({"id": "m1", "time": time(remarked), "form": "remark", "order_id": "today", "customer_id": GUEST,
        "site_id": "strandhotellet", "text": "No cheese, but never mind", "failure": "item_partial",
        "recorded_by": "waiter-7", "apologised": true});
    world.publish(Contract::Complaints, Some(GUEST), &remark);
    let given = the(&mut outputs, ActionKind::Gesture, "the gesture to be dated anew", |action| action.revision > 1);
    assert_eq!(given.due_at.as_millis(), remarked + 10 * MINUTE);
    until(secs(10), "the remark to join", || outputs.refresh().standing()[0].complained_at.is_some());
    assert_eq!(outputs.standing().len(), 1);

    // (e) what was done, and whether it was enough
    the(&mut outputs, ActionKind::Apology, "the apology to count as said", |action| action.state == ActionState::Done);
    let done =
        json!({"id": "r1", "time": time(now()), "reply_to": given.reply_to, "status": "done", "staff_id": "waiter-7"});
    world.publish(Contract::RecoveryOutcomes, None, &done);
    let follow_up = eventually(secs(30), "the follow-up to come due", || {
        let due = |f: &&service_recovery::events::FollowUp| f.follow_up_type == FollowUpType::Due;
        outputs.refresh().follow_ups().into_iter().find(due).cloned()
    });
    let answer = json!({"id": "r2", "time": time(now()), "reply_to": follow_up.reply_to, "status": "done",
        "result": "answered", "score": 9, "still_ok": true});
    world.publish(Contract::RecoveryOutcomes, None, &answer);
    until(secs(20), "the incident to be closed", || outputs.refresh().standing()[0].status == IncidentStatus::Closed);
    let incident = outputs.standing()[0];
    assert_eq!((incident.score, incident.band), (Some(9), Some(Band::VerySatisfied)));
    assert_eq!(incident.given_minor, 13_000);
    assert_eq!(incident.initiated_by, InitiatedBy::Company);

    throughout(secs(1), "there is one gesture", || outputs.refresh().of_kind(ActionKind::Gesture).len() == 1);
    assert_eq!(outputs.of_kind(ActionKind::Apology).len(), 1);
    assert_eq!(outputs.follow_ups().len(), 1);
    outputs.assert_gapless();
}

#[test]
fn old_orders_teach_habits_and_send_nobody_running() {
    let world = World::new("history", Setup { policy: "hotel".to_owned(), ..Setup::default() });
    let _service = world.start("a").ready();
    let mut outputs = world.outputs();
    let orders = |event: &Value| world.send_with(&world.producer, Contract::Orders, Some(GUEST), event);
    for day in 1..=34 {
        let (id, at) = (format!("old-{day}"), now() - day * DAY);
        orders(&order(&id, at, &smoothies()));
        let came = if day > 30 { json!([]) } else { smoothies() };
        orders(&received(&id, at + 10 * MINUTE, &came));
    }
    world.producer.flush();
    until(secs(30), "the four old failures", || outputs.refresh().standing().len() == 4);
    assert!(outputs.standing().iter().all(|incident| incident.history));
    throughout(secs(2), "there is no action", || outputs.refresh().actions().is_empty());

    let plain = json!([{"id": "blue-cheese", "kind": "ingredient"}]);
    orders(&order("today", now() - 10 * MINUTE, &json!([salads(1, &plain)])));
    orders(&received("today", now(), &json!([salads(1, &json!([]))])));
    world.producer.flush();
    let given = the(&mut outputs, ActionKind::Gesture, "the gesture", |_| true).gesture.unwrap();
    assert_eq!((given.item_id.as_deref(), given.personalised), (Some("strawberry-smoothie"), true));
}
