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
fn which_part_has_not_arrived_is_said_and_only_that_part_is_worth_money() {
    let mut play = Play::hotel_with(|policy| {
        policy.rules.iter_mut().for_each(|rule| rule.then.remedy = vec![RemedyKind::Refund]);
    });
    let placed = json!({"type": "placed", "order_id": "o-1", "customer_id": "c-1", "site_id": "strandhotellet",
        "touchpoint": "pool_bar", "currency": "DKK", "promised_at": day(0, "13:30"), "parcels": 4,
        "lines": [order::salads(), espresso()]});
    play.event(Contract::Orders, &day(0, "13:00"), placed);
    for parcel in ["P1", "P2"] {
        let came = json!({"type": "delivered", "order_id": "o-1", "parcel_id": parcel});
        play.event(Contract::DeliveryDelays, &day(0, "13:20"), came);
    }
    play.advance(&day(0, "13:34"));
    let incident = play.only_incident();
    assert_eq!((incident.shortfalls[0].kind, incident.shortfalls[0].quantity), (FailureKind::ItemMissing, Some(2)));
    let apology = play.only(ActionKind::Apology);
    assert!(apology.say.contains("2 of the parcels have not arrived"), "{}", apology.say);
    // half of two salads with extras and an espresso
    assert_eq!(play.only(ActionKind::Remedy).remedy.unwrap().amount_minor, Some((2 * 16_000 + 3_200) / 2));
    play.assert_sound();
}

#[test]
fn what_is_missing_is_paid_back_by_the_piece() {
    let mut play = Play::hotel_with(|policy| {
        policy.rules.iter_mut().for_each(|rule| rule.then.remedy = vec![RemedyKind::Refund]);
    });
    play.order("o-1", &day(0, "13:00"), &[json!({"item_id": "espresso", "quantity": 3, "unit_price_minor": 3_200})]);
    let two = json!({"completes": true, "lines": [{"item_id": "espresso", "quantity": 2}]});
    play.fulfilled("o-1", &day(0, "13:10"), two);
    assert_eq!(play.only(ActionKind::Remedy).remedy.unwrap().amount_minor, Some(3_200));
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
