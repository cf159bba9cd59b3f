//! What protects a guest from us, and us from a guest who asks for too much.

use service_recovery::policy::{RESTRICTED_TAGS, presets};
use service_recovery::recovery::EntityKey;

use super::*;

/// Items that are known as taken by the guest: nothing where nothing is remembered.
fn is_anything_learned(play: &Play) -> bool {
    let guest = play.entity(&EntityKey::customer("c-1"));
    guest.is_some_and(|guest| format!("{guest:?}").contains("Occasion {"))
}

/// A claim about a salad, so many days ago.
fn claim(play: &mut Play, number: i64, back: i64) {
    let order_id = format!("o-{number}");
    play.order(&order_id, &day(-back, "13:00"), &[order::salads()]);
    play.fulfilled(&order_id, &day(-back, "13:10"), json!({}));
    play.remark(
        &day(-back, "13:20"),
        json!({"form": "claim", "order_id": order_id, "failure": "item_partial", "item_id": "salad"}),
    );
}

#[test]
fn who_has_claimed_too_often_is_a_guest_like_any_other_once_the_window_has_passed() {
    let claimed = |last: i64| {
        let mut play = Play::hotel_with(|policy| {
            policy.gestures.guest_count = None;
            policy.gestures.guest_cap.clear();
            policy.gestures.guest_claims = Some(2);
            policy.gestures.guest_window = Millis::days(20);
            policy.gestures.repeat_after = Millis::ZERO;
            policy.rules.iter_mut().for_each(|rule| rule.when.repeat = None);
        });
        for (number, back) in [(1, 40), (2, 38), (3, last)] {
            claim(&mut play, number, back);
        }
        play.actions(ActionKind::Gesture).len()
    };
    assert_eq!((claimed(30), claimed(5)), (2, 3));
}

/// R17 and domain 6: a function of the failure, never of who it is, what they speak and how they put it.
#[test]
fn neither_name_nor_language_nor_tone_changes_what_is_given() {
    let given = |name: &str, language: &str, text: &str| {
        let mut play = Play::hotel();
        play.profile(&day(-5, "09:00"), json!({"name": name, "language": language}));
        play.habits();
        play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
        play.fulfilled("o-salads", &day(0, "13:20"), json!({}));
        let said = json!({"order_id": "o-salads", "failure": "item_partial", "item_id": "salad", "text": text});
        play.remark(&day(0, "13:25"), said);
        let action = play.only(ActionKind::Gesture);
        let gesture = action.gesture.unwrap();
        let allowed = action.allowed.unwrap();
        (action.severity, allowed.max_value_minor, gesture.item_id, gesture.quantity, gesture.value_minor)
    };
    let quiet = given("Anna Holm", "da", "the dressing was not there");
    assert_eq!(quiet, given("Mohammed Al-Sayed", "ar", "the dressing was not there"));
    assert_eq!(quiet, given("Prof. Dr. von Hohenstein", "de", "THE DRESSING WAS NOT THERE!!! I WANT EVERYTHING BACK!"));
}

#[test]
fn what_is_restricted_is_no_gift_even_to_an_adult_where_no_country_permits_it() {
    for tag in RESTRICTED_TAGS {
        let mut play = Play::hotel_with(|policy| policy.gestures.permitted.clear());
        let item = json!({"item_id": "strawberry-smoothie", "names": {"en": "strawberry smoothie"},
            "price_minor": 6_500, "currency": "DKK", "tags": [tag, "allergens:none"]});
        play.event(Contract::Catalogue, &day(-9, "08:00"), item);
        play.profile(&day(-5, "09:00"), json!({"adult": true}));
        let mut alone = order::salads();
        alone["quantity"] = json!(1);
        play.habits();
        let placed = json!({"type": "placed", "order_id": "o-salads", "customer_id": "c-1", "site_id": "strandhotellet",
            "touchpoint": "pool_bar", "location": "sunbed 14", "party_size": 1, "currency": "DKK", "lines": [alone]});
        play.event(Contract::Orders, &day(0, "13:00"), placed);
        let bare =
            json!({"completes": true, "lines": [{"line_id": "1", "item_id": "salad", "quantity": 1, "modifiers": []}]});
        play.fulfilled("o-salads", &day(0, "13:20"), bare);
        let action = play.only(ActionKind::Gesture);
        assert_ne!(action.gesture.unwrap().item_id.as_deref(), Some("strawberry-smoothie"), "{tag}");
        let rejected = action.decision.candidates.iter().find(|candidate| candidate.option.contains("smoothie"));
        assert_eq!(rejected.unwrap().rejected_because.as_deref(), Some("not_permitted"), "{tag}");
    }
}

#[test]
fn whoever_objects_is_forgotten_at_once_and_nothing_is_learned_after_that() {
    let mut play = Play::hotel();
    play.habits();
    assert!(is_anything_learned(&play));
    play.profile(&day(0, "09:00"), json!({"profiling": false}));
    assert!(!is_anything_learned(&play));
    play.order("o-later", &day(0, "12:00"), &[order::smoothies()]);
    play.restart();
    assert!(!is_anything_learned(&play));
}

#[test]
fn habits_that_weigh_nothing_any_more_are_forgotten() {
    let mut play = Play::hotel();
    play.habits();
    let remember = presets::hotel().unwrap().habits.remember;
    play.advance(&day(-1 + (remember.as_days_f64() as i64) / 2, "12:00"));
    assert!(is_anything_learned(&play));
    play.advance(&day(1 + remember.as_days_f64().ceil() as i64, "12:00"));
    assert!(!is_anything_learned(&play));
}

#[test]
fn an_order_from_the_future_is_not_believed_before_its_time() {
    let mut play = Play::hotel();
    play.hold_everything_until(&day(0, "12:00"));
    play.order("o-future", &day(3, "13:00"), &[order::salads()]);
    play.fulfilled("o-future", &day(3, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    assert!(play.all_actions().is_empty() && !is_anything_learned(&play));
}

#[test]
fn who_wants_no_contact_is_asked_nothing_and_gets_everything_else() {
    let mut play = Play::hotel();
    play.profile(&day(-5, "09:00"), json!({"contact_declined": true}));
    bare_salads(&mut play);
    play.advance(&day(2, "12:00"));
    assert!(play.follow_ups().is_empty(), "{:#?}", play.follow_ups());
    play.only(ActionKind::Apology);
    play.only(ActionKind::Gesture);
}
