//! A guest who was erased: nothing of them stays, nowhere, and nothing older comes back.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the message")]

mod play;

use play::{Play, at, day, order};
use serde_json::{Value, json};
use service_recovery::events::{ActionKind, ActionState, Contract, IncidentStatus, Payload};
use service_recovery::recovery::EntityKey;

/// The customer, what they are called, what they said, and whatever else could tell of them.
const CANARIES: [&str; 8] =
    ["c-canary", "Canary Holm", "canary soup", "v-canary", "sunbed 14", "canarium", "o-today", "o-day1"];

fn anna() -> EntityKey {
    EntityKey::customer("c-1")
}

fn erase_canary(play: &mut Play) {
    play.profile_as_is("c-canary", 7, &day(0, "14:00"), None);
}

fn placed(order_id: &str, time: &str, fields: &Value) -> (String, Value) {
    let mut event = json!({"type": "placed", "order_id": order_id, "site_id": "strandhotellet", "touchpoint": "pool_bar",
        "location": "sunbed 14", "currency": "DKK", "lines": [order::salads()]});
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    (time.to_owned(), event)
}

/// A guest with a history, a stay, a companion, a remark and an incident in which staff are asked to act.
fn busy_guest() -> (Play, Vec<(Contract, String, Value)>) {
    let mut events: Vec<(Contract, String, Value)> = Vec::new();
    let mut order = |contract, (time, event): (String, Value)| events.push((contract, time, event));
    order(Contract::Orders, placed("o-day1", &day(-1, "15:00"), &json!({"customer_id": "c-canary"})));
    order(Contract::Orders, placed("o-stay", &day(0, "11:00"), &json!({"visit_id": "v-canary"})));
    order(
        Contract::Orders,
        placed(
            "o-today",
            &day(0, "13:00"),
            &json!({"customer_id": "c-canary", "visit_id": "v-canary", "guest_ids": ["bea"]}),
        ),
    );
    order(
        Contract::Orders,
        placed("o-bea", &day(0, "13:05"), &json!({"customer_id": "bea", "guest_ids": ["c-canary"]})),
    );
    let fulfilled = json!({"type": "fulfilled", "order_id": "o-today", "customer_id": "c-canary", "completes": true,
        "lines": [order::bare_salads()]});
    order(Contract::Orders, (day(0, "13:20"), fulfilled));
    let remark = |fields: Value| {
        let mut said = json!({"form": "remark", "text": "canary soup"});
        said.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        said
    };
    order(Contract::Complaints, (day(0, "13:30"), remark(json!({"customer_id": "c-canary", "order_id": "o-today"}))));
    order(Contract::Complaints, (day(0, "13:31"), remark(json!({"customer_id": "c-canary", "order_id": "o-nobody"}))));
    order(Contract::Complaints, (day(0, "13:32"), remark(json!({"customer_id": "c-canary"}))));
    // Bea sits there, too, and came last: it is hers
    let of_bea = json!({"form": "remark", "text": "too salty", "site_id": "strandhotellet", "location": "sunbed 14"});
    order(Contract::Complaints, (day(0, "13:33"), of_bea));

    let mut play = Play::hotel();
    play.profile_as_is(
        "c-canary",
        1,
        &day(-2, "09:00"),
        Some(json!({"name": "Canary Holm", "allergies": ["canarium"]})),
    );
    for (index, (contract, time, event)) in events.iter_mut().enumerate() {
        event["id"] = json!(format!("b{index}"));
        event["time"] = json!(time);
        play.event_as_is(*contract, event.clone());
    }
    play.advance(&day(0, "13:50"));
    (play, events)
}

/// The live records of the state topic that tell of the guest, by key.
fn leaks(play: &Play, canaries: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (key, record) in play.state() {
        for canary in canaries {
            let is_inside = record.windows(canary.len()).any(|window| window == canary.as_bytes());
            if is_inside || key.as_str().contains(canary) {
                found.push(format!("{canary} in {key}"));
            }
        }
    }
    found
}

#[test]
fn nothing_of_an_erased_guest_stays_anywhere() {
    let (mut play, _) = busy_guest();
    assert!(!leaks(&play, &CANARIES).is_empty(), "there was something to forget");
    erase_canary(&mut play);
    // Bea sits at sunbed 14, too
    let canaries: Vec<&str> = CANARIES.into_iter().filter(|canary| *canary != "sunbed 14").collect();
    assert_eq!(leaks(&play, &canaries), Vec::<String>::new());
    assert!(play.entity(&EntityKey::customer("c-canary")).is_none());
    assert!(play.entity(&EntityKey::order_index("o-today")).is_none());
    assert!(play.entity(&EntityKey::customer("bea")).is_some(), "others stay");
    play.restart();
    assert_eq!(leaks(&play, &canaries), Vec::<String>::new());
    play.assert_sound();
}

#[test]
fn staff_hear_that_it_is_over_and_nothing_of_whom_it_was() {
    let (mut play, _) = busy_guest();
    let before = play.outputs().len();
    erase_canary(&mut play);
    // Bea's own gesture may be chosen again: who is at her table has changed
    let told: Vec<_> = play.outputs()[before..].iter().filter(|output| output.key != "bea").collect();
    assert!(!told.is_empty());
    for output in told {
        let text = match &output.payload {
            Payload::Action(action) => serde_json::to_string(action).unwrap(),
            Payload::FollowUp(follow_up) => serde_json::to_string(follow_up).unwrap(),
            Payload::Incident(incident) => serde_json::to_string(incident).unwrap(),
            Payload::Insight(insight) => serde_json::to_string(insight).unwrap(),
        };
        for canary in CANARIES {
            assert!(!text.contains(canary), "{canary} in {text}");
        }
    }
    assert!(play.all_actions().iter().filter(|action| action.customer_id.is_none()).count() >= 3);
    let is_open = |state: ActionState| state.is_open();
    let open: Vec<_> = play.all_actions().into_iter().filter(|action| is_open(action.state)).collect();
    assert_eq!(open.iter().filter(|action| action.order_id.as_deref() != Some("o-bea")).count(), 0, "{open:#?}");
}

#[test]
fn older_inputs_do_not_bring_an_erased_guest_back() {
    let (mut play, events) = busy_guest();
    erase_canary(&mut play);
    play.restart();
    let said = play.outputs().len();
    for (contract, _, event) in
        events.iter().filter(|(_, _, event)| event["order_id"] != "o-bea" && event["text"] != "too salty")
    {
        play.handle_as_is(*contract, event.clone());
    }
    play.profile_as_is("c-canary", 1, &day(-2, "09:00"), Some(json!({"name": "Canary Holm"})));
    play.advance(&day(1, "12:00"));
    let canaries: Vec<&str> = CANARIES.into_iter().filter(|canary| *canary != "sunbed 14").collect();
    assert_eq!(leaks(&play, &canaries), Vec::<String>::new());
    let news: Vec<_> = play.outputs()[said..].iter().filter(|output| output.key != "bea").collect();
    assert!(news.is_empty(), "{news:#?}");
}

/// E3.
#[test]
fn a_guest_who_was_erased_and_orders_again_is_recovered_in_full_and_remembered_for_nothing() {
    let mut play = Play::hotel();
    play.habits();
    play.erase(&day(0, "09:00"));
    let again = |play: &mut Play, order_id: &str, clock: [&str; 2], offset: i64| {
        play.order(order_id, &day(offset, clock[0]), &[order::salads()]);
        let bare = json!({"completes": true, "lines": [order::bare_salads()]});
        play.fulfilled(order_id, &day(offset, clock[1]), bare);
    };
    again(&mut play, "o-again", ["13:00", "13:20"], 0);
    let gesture = play.only(ActionKind::Gesture).gesture.unwrap();
    assert!(!gesture.personalised && gesture.evidence.is_empty(), "{gesture:?}");
    assert_eq!(play.actions(ActionKind::Apology).len(), 1);

    // what they take from now on is not learned either, until they say that it may be
    let is_learned = |play: &Play| format!("{:?}", play.entity(&anna()).unwrap()).contains("Occasion");
    play.order("o-next", &day(1, "13:00"), &[order::smoothies()]);
    assert!(!is_learned(&play));
    play.profile(&day(1, "13:30"), json!({}));
    assert!(is_learned(&play));
    play.assert_sound();
}

#[test]
fn what_comes_later_about_an_erased_order_leaves_nothing_and_a_complaint_is_heard() {
    let mut play = Play::hotel();
    play.order("o-1", &day(0, "13:00"), &[order::salads()]);
    play.erase(&day(0, "13:10"));
    play.fulfilled("o-1", &day(0, "13:20"), json!({}));
    let carrier = json!({"type": "delivered", "order_id": "o-1"});
    play.event(Contract::DeliveryDelays, &day(0, "13:21"), carrier);
    assert!(play.entity(&anna()).is_none());
    assert!(play.entity(&EntityKey::order_index("o-1")).is_none());
    assert!(play.outputs().is_empty());

    play.remark(&day(0, "13:40"), json!({"order_id": "o-1", "text": "it never came"}));
    play.advance(&day(0, "14:30"));
    assert_eq!(play.actions(ActionKind::HumanContact).len(), 1);
    play.assert_sound();
}

/// Which of the two is heard first makes no difference.
#[test]
fn an_order_from_after_the_erasure_stays_though_the_erasure_comes_late() {
    let mut play = Play::hotel();
    play.order("o-old", &day(0, "12:00"), &[order::salads()]);
    play.order("o-new", &day(0, "13:00"), &[order::salads()]);
    play.hold_everything_until(&day(0, "13:05"));
    play.erase(&day(0, "12:30"));
    let index = |id: &str| play.entity(&EntityKey::order_index(id));
    assert!(index("o-old").is_none() && index("o-new").is_some());
    play.fulfilled("o-new", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    assert_eq!(play.only_incident().status, IncidentStatus::ActionProposed);
    assert!(at(&day(0, "12:30")) < play.now());
}

/// The complaint was waiting for its order when that turned out to be an erased one.
#[test]
fn what_was_asked_about_an_erased_order_is_forgotten_by_whoever_asked() {
    let mut play = Play::hotel();
    play.hold_everything_until(&day(0, "14:00"));
    play.erase(&day(0, "13:10"));
    play.remark(&day(0, "13:40"), json!({"order_id": "o-1", "text": "it never came"}));
    assert!(play.entity(&anna()).is_some(), "it waits for an answer of the index");
    play.order("o-1", &day(0, "13:00"), &[order::salads()]);
    assert!(play.entity(&anna()).is_none());
    assert_eq!(play.actions(ActionKind::HumanContact).len(), 1, "and is heard");
    play.assert_sound();
}
