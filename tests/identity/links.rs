//! Guests that turn out to be the same.

use super::*;

fn visit(id: &str) -> Value {
    json!({"visit_id": id, "location": "table 4"})
}

fn both(customer: &str, id: &str) -> Value {
    json!({"customer_id": customer, "visit_id": id})
}

#[test]
fn a_visit_that_is_identified_late_becomes_its_customer() {
    let mut play = Play::hotel();
    play.profile(&day(-3, "12:00"), json!({"name": "Ms Berg", "language": "sv"}));
    play.habits();
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), visit("v-9"));
    bare(&mut play, "o-1", &day(0, "13:10"), visit("v-9"));
    let before = play.only_incident();
    assert_eq!((before.customer_id.as_deref(), before.visit_id.as_deref()), (None, Some("v-9")));
    let apology = play.only(ActionKind::Apology);
    assert_eq!((apology.guest.name.as_deref(), apology.say_language.as_str()), (None, "en"));

    order_event(&mut play, "placed", "o-2", &day(0, "13:15"), both("c-1", "v-9"));
    let after = play.only_incident();
    assert_eq!((after.id, after.customer_id.as_deref()), (before.id, Some("c-1")));
    let apology = play.only(ActionKind::Apology);
    assert_eq!((apology.guest.name.as_deref(), apology.say_language.as_str()), (Some("Ms Berg"), "sv"));
    play.answer(ActionKind::Apology, &day(0, "13:20"), json!({"status": "done"}));
    assert_eq!(play.only(ActionKind::Apology).state, ActionState::Done, "the old reply_to still leads to the guest");
    play.assert_sound();
}

#[test]
fn what_an_anonymous_visit_ordered_is_a_habit_of_its_customer() {
    let mut play = Play::hotel();
    for back in [-2, -1] {
        let order_id = format!("o-back{back}");
        let smoothies = json!({"visit_id": "v-9", "lines": [order::smoothies()]});
        order_event(&mut play, "placed", &order_id, &day(back, "15:00"), smoothies);
        order_event(&mut play, "fulfilled", &order_id, &day(back, "15:05"), json!({"visit_id": "v-9"}));
    }
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), both("c-1", "v-9"));
    bare(&mut play, "o-1", &day(0, "13:10"), json!({"customer_id": "c-1"}));
    let gesture = play.only(ActionKind::Gesture).gesture.unwrap();
    assert_eq!(gesture.item_id.as_deref(), Some("strawberry-smoothie"));
    assert_eq!(gesture.evidence.len(), 2);
}

#[test]
fn an_event_that_names_a_customer_identifies_the_guest_of_its_order() {
    for anonymous in [json!({}), json!({"visit_id": "v-9"})] {
        let mut play = Play::hotel();
        order_event(&mut play, "placed", "o-1", &day(0, "13:00"), anonymous);
        bare(&mut play, "o-1", &day(0, "13:10"), json!({"customer_id": "c-1"}));
        let incident = play.only_incident();
        assert_eq!(incident.customer_id.as_deref(), Some("c-1"));
        assert!(play.entity(&EntityKey::customer("c-1")).is_some());
        // and those that do not name the customer still find the order
        complaint(&mut play, &day(0, "13:20"), json!({"order_id": "o-1", "text": "the dressing"}));
        assert_eq!(play.only_incident().customer_id.as_deref(), Some("c-1"));
        play.assert_sound();
    }
}

#[test]
fn an_order_without_a_name_becomes_the_visit_that_claims_it() {
    let mut play = Play::hotel();
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), json!({}));
    bare(&mut play, "o-1", &day(0, "13:10"), json!({"visit_id": "v-9"}));
    assert_eq!(play.only_incident().visit_id.as_deref(), Some("v-9"));
    assert_eq!(play.incidents().len(), 1);
}

#[test]
fn a_second_customer_of_a_visit_keeps_only_their_own() {
    let mut play = Play::hotel();
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), visit("v-9"));
    order_event(&mut play, "placed", "o-2", &day(0, "13:01"), both("c-1", "v-9"));
    order_event(&mut play, "placed", "o-3", &day(0, "13:02"), both("c-2", "v-9"));
    bare(&mut play, "o-1", &day(0, "13:10"), visit("v-9"));
    assert_eq!(play.only_incident().customer_id.as_deref(), Some("c-1"), "the visit is its first customer's");
    bare(&mut play, "o-3", &day(0, "13:11"), json!({"customer_id": "c-2"}));
    let of_second: Vec<_> =
        play.standing().into_iter().filter(|incident| incident.customer_id.as_deref() == Some("c-2")).collect();
    assert_eq!(of_second.len(), 1);
    assert_eq!(of_second[0].order_id.as_deref(), Some("o-3"));
    play.assert_sound();
}

#[test]
fn one_order_that_two_customers_claim_is_recovered_once() {
    let mut play = Play::hotel();
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), json!({"customer_id": "c-1"}));
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), json!({"customer_id": "c-2"}));
    bare(&mut play, "o-1", &day(0, "13:10"), json!({"customer_id": "c-2"}));
    assert_eq!(play.only_incident().customer_id.as_deref(), Some("c-1"), "who claimed it first");
    assert_eq!(play.actions(ActionKind::Apology).len(), 1);
    play.assert_sound();
}

#[test]
fn a_customer_who_was_entered_twice_becomes_one() {
    let mut play = Play::hotel();
    play.habits();
    play.profile_as_is("c-1", 1, &day(0, "12:00"), Some(json!({"merged_into": "c-9"})));
    let salads = json!({"customer_id": "c-9"});
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), salads.clone());
    bare(&mut play, "o-1", &day(0, "13:10"), salads);
    let gesture = play.only(ActionKind::Gesture);
    assert_eq!(gesture.customer_id.as_deref(), Some("c-9"));
    assert_eq!(gesture.gesture.unwrap().item_id.as_deref(), Some("strawberry-smoothie"), "the habits came along");

    // whoever still writes the old number means the same guest
    order_event(&mut play, "placed", "o-2", &day(0, "14:00"), json!({"customer_id": "c-1"}));
    bare(&mut play, "o-2", &day(0, "14:10"), json!({"customer_id": "c-1"}));
    assert!(play.standing().iter().all(|incident| incident.customer_id.as_deref() == Some("c-9")));
    assert_eq!(play.standing().len(), 2);
    play.assert_sound();
}

/// Two that were taken for one: what was handed over stays where it is, whatever is repeated or answered under the old name.
#[test]
fn a_merge_that_is_taken_back_repeats_nothing() {
    let mut play = Play::hotel();
    let said = json!({"id": "m-1", "customer_id": "c-1", "form": "remark", "text": "it was cold"});
    play.event(Contract::Complaints, &day(0, "13:00"), said.clone());
    let person = play.only(ActionKind::HumanContact);
    play.profile_as_is("c-1", 1, &day(0, "13:05"), Some(json!({"merged_into": "c-9"})));
    play.profile_as_is("c-1", 2, &day(0, "13:10"), Some(json!({})));
    play.answer_action(&person.id, &day(0, "13:15"), json!({"status": "done"}));
    assert_eq!(play.only(ActionKind::HumanContact).state, ActionState::Done, "the answer under the old name arrives");
    play.event(Contract::Complaints, &day(0, "13:00"), said);
    assert_eq!(play.only(ActionKind::HumanContact).state, ActionState::Done, "said once, answered once");

    // from now on they are two
    order_event(&mut play, "placed", "o-2", &day(0, "14:00"), json!({"customer_id": "c-1"}));
    bare(&mut play, "o-2", &day(0, "14:10"), json!({"customer_id": "c-1"}));
    let of_order = play.standing().into_iter().find(|incident| incident.order_id.is_some()).unwrap();
    assert_eq!(of_order.customer_id.as_deref(), Some("c-1"));
    // and if they were one after all, everything follows
    play.profile_as_is("c-1", 3, &day(0, "14:12"), Some(json!({"merged_into": "c-9"})));
    assert!(play.standing().iter().all(|incident| incident.customer_id.as_deref() == Some("c-9")));
    play.assert_sound();
}

#[test]
fn visits_of_a_merged_customer_follow() {
    let mut play = Play::hotel();
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), both("c-1", "v-9"));
    play.profile_as_is("c-1", 1, &day(0, "13:05"), Some(json!({"merged_into": "c-9"})));
    bare(&mut play, "o-1", &day(0, "13:10"), json!({"visit_id": "v-9"}));
    assert_eq!(play.only_incident().customer_id.as_deref(), Some("c-9"));
    play.assert_sound();
}

#[test]
fn a_customer_who_was_merged_before_anything_was_known_still_brings_the_visit() {
    let mut play = Play::hotel();
    play.profile_as_is("c-1", 1, &day(0, "12:00"), Some(json!({"merged_into": "c-9"})));
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), visit("v-9"));
    order_event(&mut play, "placed", "o-2", &day(0, "13:05"), both("c-1", "v-9"));
    bare(&mut play, "o-1", &day(0, "13:10"), visit("v-9"));
    assert_eq!(play.only_incident().customer_id.as_deref(), Some("c-9"));
    play.assert_sound();
}

#[test]
fn two_customers_that_are_merged_into_each_other_lose_nothing() {
    let mut play = Play::hotel();
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), json!({"customer_id": "c-1"}));
    order_event(&mut play, "placed", "o-2", &day(0, "13:00"), json!({"customer_id": "c-2"}));
    play.profile_as_is("c-1", 1, &day(0, "13:05"), Some(json!({"merged_into": "c-2"})));
    play.profile_as_is("c-2", 2, &day(0, "13:06"), Some(json!({"merged_into": "c-1"})));
    bare(&mut play, "o-1", &day(0, "13:10"), json!({"customer_id": "c-2"}));
    bare(&mut play, "o-2", &day(0, "13:10"), json!({"customer_id": "c-1"}));
    let customers: std::collections::BTreeSet<_> =
        play.standing().into_iter().map(|incident| incident.customer_id.unwrap()).collect();
    assert_eq!((play.standing().len(), customers.len()), (2, 1), "{customers:?}");
    play.assert_sound();
}

#[test]
fn an_answer_with_the_customer_of_now_finds_the_action_of_before() {
    let mut play = Play::hotel();
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), visit("v-9"));
    bare(&mut play, "o-1", &day(0, "13:10"), visit("v-9"));
    play.answer(ActionKind::Apology, &day(0, "13:12"), json!({"status": "accepted", "customer_id": "c-7"}));
    assert_eq!(play.only(ActionKind::Apology).state, ActionState::Accepted);
}

#[test]
fn a_restart_in_the_middle_changes_nothing() {
    let mut stories: Vec<Vec<_>> = Vec::new();
    for restarts in [false, true] {
        let mut play = Play::hotel();
        play.habits();
        order_event(&mut play, "placed", "o-1", &day(0, "13:00"), visit("v-9"));
        if restarts {
            play.restart();
        }
        order_event(&mut play, "changed", "o-1", &day(0, "13:05"), both("c-1", "v-9"));
        if restarts {
            play.restart();
        }
        bare(&mut play, "o-1", &day(0, "13:10"), visit("v-9"));
        stories.push(play.all_actions());
    }
    assert!(!stories[0].is_empty());
    assert_eq!(stories[0], stories[1]);
}
