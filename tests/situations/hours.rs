//! When somebody is there: opening hours, the next morning, and guests who leave.

use jiff::civil::time;
use play::at;
use service_recovery::policy::{AskAgain, Hours, Open};

use super::*;

fn open_from_seven_to_nine(policy: &mut Policy) {
    let hours = Hours::daily(Open { from: time(7, 0, 0, 0), until: time(21, 0, 0, 0) });
    policy.default_site.hours = hours.clone();
    policy.sites.values_mut().for_each(|site| site.hours = hours.clone());
}

/// Salads without dressing at 20:10, all of it dealt with at 20:30. The guest leaves then, if ever.
fn put_right_in_the_evening(policy: impl FnOnce(&mut Policy), leaves_at: Option<&str>) -> Play {
    let mut play = Play::hotel_with(policy);
    let placed = json!({"type": "placed", "order_id": "o-1", "customer_id": "c-1", "site_id": "strandhotellet",
        "touchpoint": "pool_bar", "currency": "DKK", "visit_ends_at": leaves_at, "lines": [order::salads()]});
    play.event(Contract::Orders, &day(0, "20:00"), placed);
    play.fulfilled("o-1", &day(0, "20:10"), json!({"completes": true, "lines": [order::bare_salads()]}));
    play.answer(ActionKind::Apology, &day(0, "20:12"), json!({"status": "done"}));
    play.answer(ActionKind::Gesture, &day(0, "20:30"), json!({"status": "done"}));
    play
}

#[test]
fn nobody_is_asked_at_night() {
    let play = put_right_in_the_evening(open_from_seven_to_nine, None);
    let follow_up = play.only_follow_up();
    assert_eq!(follow_up.due_at, at(&day(1, "07:00")), "two hours later it is closed");
    assert_eq!(follow_up.assignee, "shift_lead");
}

#[test]
fn the_next_morning_is_one_line_of_the_policy() {
    let play = put_right_in_the_evening(|policy| policy.follow_up.when = Some(AskAgain::Next(9 * 60 + 30)), None);
    assert_eq!(play.only_follow_up().due_at, at(&day(1, "09:30")));
}

#[test]
fn who_leaves_before_is_asked_before() {
    let leaves_at = day(1, "07:00");
    let play = put_right_in_the_evening(open_from_seven_to_nine, Some(&leaves_at));
    assert_eq!(play.only_follow_up().due_at, at(&day(0, "21:00")), "the last moment at which somebody is there");
}

#[test]
fn who_has_left_is_asked_by_the_desk_in_its_own_time() {
    let leaves_at = day(0, "20:15");
    let play = put_right_in_the_evening(open_from_seven_to_nine, Some(&leaves_at));
    let follow_up = play.only_follow_up();
    assert_eq!((follow_up.due_at, follow_up.assignee.as_str()), (at(&day(1, "07:00")), "front_desk"));
}

#[test]
fn what_is_found_at_night_is_due_when_somebody_is_there() {
    let mut play = Play::hotel_with(open_from_seven_to_nine);
    play.order("o-1", &day(0, "22:00"), &[order::salads()]);
    play.fulfilled("o-1", &day(0, "22:10"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let apology = play.only(ActionKind::Apology);
    assert_eq!((apology.time, apology.due_at), (at(&day(0, "22:10")), at(&day(1, "07:05"))));
    play.assert_sound();
}

#[test]
fn a_gesture_whose_time_comes_after_closing_is_due_when_it_opens() {
    let mut play = Play::hotel_with(open_from_seven_to_nine);
    play.order("o-1", &day(0, "20:40"), &[order::salads()]);
    play.fulfilled("o-1", &day(0, "20:50"), json!({"completes": true, "lines": [order::bare_salads()]}));
    play.answer(ActionKind::Apology, &day(0, "20:55"), json!({"status": "done"}));
    let gesture = play.only(ActionKind::Gesture);
    assert_eq!(gesture.due_at, at(&day(1, "07:00")), "21:05 is after closing");
    assert!(gesture.expires_at > gesture.due_at);
    play.assert_sound();
}

#[test]
fn what_is_brought_is_due_before_the_guest_leaves() {
    let leaves_at = day(0, "20:15");
    let mut play = Play::hotel();
    let placed = json!({"type": "placed", "order_id": "o-1", "customer_id": "c-1", "site_id": "strandhotellet",
        "touchpoint": "pool_bar", "currency": "DKK", "visit_ends_at": leaves_at, "lines": [order::salads()]});
    play.event(Contract::Orders, &day(0, "20:00"), placed);
    play.fulfilled("o-1", &day(0, "20:05"), json!({"completes": true, "lines": [order::bare_salads()]}));
    play.answer(ActionKind::Apology, &day(0, "20:08"), json!({"status": "done"}));
    let gesture = play.only(ActionKind::Gesture);
    assert_eq!((gesture.due_at, gesture.expires_at), (at(&leaves_at), at(&leaves_at)));
    play.advance(&day(0, "20:20"));
    assert_eq!(play.only(ActionKind::Gesture).state, ActionState::Unreported);
    play.assert_sound();
}

#[test]
fn nothing_is_brought_to_who_leaves_before_it_opens() {
    let leaves_at = day(1, "06:30");
    let mut play = Play::hotel_with(open_from_seven_to_nine);
    let placed = json!({"type": "placed", "order_id": "o-1", "customer_id": "c-1", "site_id": "strandhotellet",
        "touchpoint": "pool_bar", "currency": "DKK", "visit_ends_at": leaves_at, "lines": [order::salads()]});
    play.event(Contract::Orders, &day(0, "22:00"), placed);
    play.fulfilled("o-1", &day(0, "22:05"), json!({"completes": true, "lines": [order::bare_salads()]}));
    assert!(play.actions(ActionKind::Gesture).is_empty());
    let decision = play.only(ActionKind::Apology).decision;
    assert_eq!(decision.facts["no_gesture"], "no_candidate");
    let why: Vec<&str> = decision.candidates.iter().filter_map(|one| one.rejected_because.as_deref()).collect();
    assert_eq!(why, ["closed_until_they_leave"; 4]);
    play.assert_sound();
}
