//! Amends made of one's own accord, or in another system.

use super::*;

fn outcome(play: &mut Play, time: &str, fields: Value) {
    play.event(Contract::RecoveryOutcomes, time, fields);
}

/// A line that was paid for and did not come: worth a refund once it is of no use any more.
fn unfinished(play: &mut Play) {
    order_event(play, "placed", "o-1", &day(0, "13:00"), json!({"customer_id": "c-1"}));
}

#[test]
fn a_smoothie_that_the_waiter_brought_by_himself_is_the_gesture() {
    let mut play = Play::hotel();
    play.habits();
    unfinished(&mut play);
    bare(&mut play, "o-1", &day(0, "13:10"), json!({"customer_id": "c-1"}));
    assert_eq!(play.only(ActionKind::Gesture).state, ActionState::Open);
    let given = json!({"order_id": "o-1", "status": "done", "kind": "gesture", "item_id": "strawberry-smoothie",
        "value_minor": 6500, "currency": "DKK", "staff_id": "ida"});
    outcome(&mut play, &day(0, "13:12"), given);
    assert_eq!(play.only(ActionKind::Gesture).state, ActionState::Retracted, "there is no second one");
    assert_eq!(play.only_incident().given_minor, 6_500);
    play.advance(&day(0, "23:00"));
    assert_eq!(play.actions(ActionKind::Gesture).len(), 1);
    play.assert_sound();
}

#[test]
fn what_was_given_before_the_incident_counts_when_it_is_decided() {
    let mut play = Play::hotel();
    play.habits();
    unfinished(&mut play);
    let given = json!({"order_id": "o-1", "status": "done", "kind": "gesture", "item_id": "strawberry-smoothie",
        "value_minor": 13000, "currency": "DKK"});
    outcome(&mut play, &day(0, "13:05"), given);
    let sorry = json!({"order_id": "o-1", "status": "done", "kind": "apology"});
    outcome(&mut play, &day(0, "13:06"), sorry);
    bare(&mut play, "o-1", &day(0, "13:10"), json!({"customer_id": "c-1"}));
    assert!(play.actions(ActionKind::Gesture).is_empty());
    assert!(play.actions(ActionKind::Apology).is_empty(), "it has been said");
    assert_eq!(play.only_incident().given_minor, 13_000);
    play.assert_sound();
}

#[test]
fn an_external_refund_before_its_incident_is_not_made_again() {
    let double = json!({"order_id": "o-1", "form": "observed", "failure": "billing_error", "amount_minor": 49900,
        "currency": "DKK"});
    let refund = |value_minor: i64| json!({"order_id": "o-1", "status": "done", "kind": "remedy", "value_minor": value_minor, "currency": "DKK"});
    for (paid, left) in [(None, Some(49_900)), (Some(49_900), None), (Some(20_000), Some(29_900))] {
        for refund_first in [true, false] {
            let mut play = Play::hotel();
            if let Some(paid) = paid.filter(|_| refund_first) {
                outcome(&mut play, &day(0, "12:50"), refund(paid)); // not even the order is known
            }
            unfinished(&mut play);
            order_event(&mut play, "fulfilled", "o-1", &day(0, "13:05"), json!({"customer_id": "c-1"}));
            complaint(&mut play, &day(0, "13:30"), double.clone());
            if let Some(paid) = paid.filter(|_| !refund_first) {
                outcome(&mut play, &day(0, "13:35"), refund(paid));
            }
            let open: Vec<_> = play
                .actions(ActionKind::Remedy)
                .into_iter()
                .filter(|action| action.state.is_open())
                .filter_map(|action| action.remedy.unwrap().amount_minor)
                .collect();
            assert_eq!(open, left.into_iter().collect::<Vec<_>>(), "paid {paid:?}, before: {refund_first}");
            play.assert_sound();
        }
    }
}

#[test]
fn what_turns_out_not_to_have_been_given_counts_no_more() {
    let mut play = Play::hotel();
    play.habits();
    unfinished(&mut play);
    let given = json!({"id": "given", "order_id": "o-1", "status": "done", "kind": "gesture", "value_minor": 13000,
        "currency": "DKK", "customer_id": "c-1"});
    outcome(&mut play, &day(0, "13:05"), given.clone());
    let mut withdrawn = given;
    withdrawn["id"] = json!("not-given");
    withdrawn["corrects"] = json!("given");
    withdrawn["withdrawn"] = json!(true);
    outcome(&mut play, &day(0, "13:07"), withdrawn);
    bare(&mut play, "o-1", &day(0, "13:10"), json!({"customer_id": "c-1"}));
    assert_eq!(play.actions(ActionKind::Gesture).len(), 1);
    play.assert_sound();
}

#[test]
fn the_same_news_twice_counts_once() {
    let mut play = Play::hotel();
    unfinished(&mut play);
    bare(&mut play, "o-1", &day(0, "13:10"), json!({"customer_id": "c-1"}));
    let given = json!({"id": "given", "time": day(0, "13:12"), "order_id": "o-1", "status": "done", "kind": "gesture",
        "value_minor": 5000, "currency": "DKK"});
    play.event_as_is(Contract::RecoveryOutcomes, given.clone());
    play.event_as_is(Contract::RecoveryOutcomes, given);
    assert_eq!(play.only_incident().given_minor, 5_000);
}
