//! Offers that no longer fit, or that nobody may make alone.

use super::*;

#[test]
fn the_next_offer_is_checked_against_an_allergy_that_came_meanwhile() {
    let mut play = Play::hotel_with(|policy| {
        policy.gestures.generic = vec!["elderflower-lemonade".into(), "ice-cream".into()];
    });
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let first = play.only(ActionKind::Gesture);
    assert_eq!(first.alternatives[0].item_id.as_deref(), Some("ice-cream"));
    play.profile(&day(0, "13:22"), json!({"allergies": ["Milk"]}));
    let first = play.only(ActionKind::Gesture);
    assert!(first.alternatives.iter().all(|other| other.item_id.as_deref() != Some("ice-cream")), "{first:#?}");
    play.answer(ActionKind::Gesture, &day(0, "13:25"), json!({"status": "not_possible"}));
    let second = play.actions(ActionKind::Gesture).pop().unwrap();
    assert_eq!(second.gesture.unwrap().item_id, None, "a note");
    play.assert_sound();
}

#[test]
fn over_the_guests_cap_a_person_decides() {
    let mut play = Play::hotel_with(|policy| policy.gestures.guest_count = Some(0));
    play.order("o-1", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-1", &day(0, "13:20"), json!({}));
    play.remark(&day(0, "13:30"), json!({"order_id": "o-1", "failure": "item_partial", "item_id": "salad"}));
    assert!(play.actions(ActionKind::Gesture).is_empty());
    assert_eq!(play.actions(ActionKind::Apology).len(), 1);
    assert_eq!(play.actions(ActionKind::HumanContact).len(), 1);
}

#[test]
fn a_rule_that_forgot_the_apology_still_says_sorry_before_it_gives() {
    let mut play = Play::hotel_with(|policy| policy.rules.iter_mut().for_each(|rule| rule.then.apology = false));
    bare_salads(&mut play);
    assert_eq!(play.position(ActionKind::Apology) + 1, play.position(ActionKind::Gesture));
    play.assert_sound();
}
