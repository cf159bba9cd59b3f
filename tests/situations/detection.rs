//! What counts as a failure, and for how long.

use super::*;

#[test]
fn without_tracking_an_unnamed_line_is_no_finding() {
    let mut play = Play::hotel_with(|policy| tracking(policy, Tracking::None));
    promised(&mut play, "o-1", &day(0, "13:30"));
    play.fulfilled("o-1", &day(0, "13:20"), json!({"lines": [espresso()]}));
    play.advance(&day(0, "14:00"));
    assert!(play.incidents().is_empty());
}

#[test]
fn with_unreliable_tracking_an_unnamed_line_is_asked_about_first() {
    let mut play = Play::hotel_with(|policy| tracking(policy, Tracking::Unreliable));
    promised(&mut play, "o-1", &day(0, "13:30"));
    play.fulfilled("o-1", &day(0, "13:20"), json!({"lines": [espresso()]}));
    play.advance(&day(0, "14:00"));
    assert_eq!(play.only(ActionKind::Check).shortfalls[0].kind, FailureKind::ItemMissing);
    assert!(play.actions(ActionKind::Apology).is_empty());
}

#[test]
fn who_cancels_after_waiting_in_vain_was_still_failed() {
    let mut play = Play::hotel();
    promised(&mut play, "o-1", &day(0, "13:30"));
    play.fulfilled("o-1", &day(0, "13:20"), json!({"lines": [espresso()]}));
    play.advance(&day(0, "13:40"));
    assert_eq!(play.only_incident().shortfalls[0].kind, FailureKind::ItemMissing);
    let value = json!({"type": "cancelled", "order_id": "o-1", "customer_id": "c-1", "cancelled_by": "customer"});
    play.event(Contract::Orders, &day(0, "13:45"), value);
    assert_eq!(play.only_incident().shortfalls[0].kind, FailureKind::ItemMissing);
    let remedy = play.actions(ActionKind::Remedy).pop().unwrap();
    assert_eq!(remedy.remedy.unwrap().kind, RemedyKind::Refund, "nothing more is brought");
    play.assert_sound();
}

#[test]
fn the_rest_of_the_order_is_put_right_as_well() {
    let mut play = Play::hotel();
    promised(&mut play, "o-1", &day(0, "13:30"));
    play.fulfilled("o-1", &day(0, "13:20"), json!({}));
    play.remark(&day(0, "13:22"), json!({"order_id": "o-1", "failure": "item_wrong", "item_id": "salad"}));
    play.answer(ActionKind::Remedy, &day(0, "13:26"), json!({"status": "done"}));
    play.remark(&day(0, "13:28"), json!({"order_id": "o-1", "failure": "item_missing", "item_id": "espresso"}));
    let remedies = play.actions(ActionKind::Remedy);
    assert_eq!((remedies.len(), remedies[1].state), (2, ActionState::Open));
    assert_eq!(remedies[1].remedy.as_ref().unwrap().kind, RemedyKind::CompleteOrder);
    play.assert_sound();
}

#[test]
fn a_promise_that_the_customer_moved_far_ahead_is_not_forgotten() {
    let mut play = Play::hotel();
    promised(&mut play, "o-1", &day(0, "13:30"));
    let moved = json!({"type": "changed", "order_id": "o-1", "customer_id": "c-1", "changed_by": "customer",
        "promised_at": day(70, "12:00")});
    play.event(Contract::Orders, &day(0, "13:10"), moved);
    play.event(Contract::DeliveryDelays, &day(70, "11:00"), json!({"type": "delivered", "order_id": "o-1"}));
    play.advance(&day(71, "12:00"));
    assert!(play.incidents().is_empty());
}
