//! What staff and guests report back: late, twice, or not at all.

use super::*;

#[test]
fn a_false_alarm_stays_one_whatever_else_arrives() {
    let mut play = Play::hotel();
    bare_salads(&mut play);
    play.answer(ActionKind::Apology, &day(0, "13:22"), json!({"status": "false_alarm"}));
    assert_eq!(play.incidents()[0].status, IncidentStatus::Retracted);
    let value = json!({"type": "delivered", "order_id": "o-salads", "customer_id": "c-1"});
    play.event(Contract::DeliveryDelays, &day(0, "13:25"), value);
    assert_eq!(play.incidents()[0].status, IncidentStatus::Retracted);
    assert_eq!(play.actions(ActionKind::Apology).len(), 1);
    play.remark(&day(0, "13:30"), json!({"order_id": "o-salads", "text": "the dressing"}));
    assert_eq!(play.actions(ActionKind::Apology).len(), 2, "the guest knows better");
    play.assert_sound();
}

#[test]
fn who_takes_a_follow_up_has_not_answered_it() {
    let mut play = follow_up_due();
    play.answer_follow_up(&day(0, "15:50"), json!({"status": "accepted"}));
    assert_eq!(play.only_incident().status, IncidentStatus::FollowUpDue);
    play.answer_follow_up(&day(0, "16:00"), json!({"status": "done", "score": 10}));
    assert_eq!(play.only_incident().score, Some(10));
    play.assert_sound();
}

#[test]
fn a_score_that_comes_after_the_follow_up_expired_still_counts() {
    let mut play = follow_up_due();
    play.advance(&day(3, "12:00"));
    assert!(play.follow_ups().iter().all(|asked| asked.state == ActionState::Expired));
    play.answer_follow_up(&day(3, "12:10"), json!({"status": "done", "score": 3}));
    let incident = play.only_incident();
    assert_eq!((incident.score, incident.status), (Some(3), IncidentStatus::Reopened));
    play.assert_sound();
}

#[test]
fn done_with_a_score_is_both() {
    let mut play = Play::hotel();
    bare_salads(&mut play);
    play.answer(ActionKind::Apology, &day(0, "13:22"), json!({"status": "done"}));
    play.answer(ActionKind::Gesture, &day(0, "13:30"), json!({"status": "done", "score": 9}));
    assert_eq!(play.only(ActionKind::Gesture).state, ActionState::Done);
    assert_eq!(play.only_incident().score, Some(9));
}

#[test]
fn a_gesture_that_never_came_counts_towards_nothing() {
    let mut play = Play::hotel();
    bare_salads(&mut play);
    play.advance(&day(0, "23:00"));
    assert_eq!(play.only_incident().given_minor, 13_000, "assumed to be given");
    play.answer_follow_up(&day(0, "23:05"), json!({"status": "done", "result": "gesture_not_received"}));
    let incident = play.only_incident();
    assert_eq!((incident.given_minor, incident.status), (0, IncidentStatus::Reopened));
}

#[test]
fn a_withdrawn_answer_is_none_even_when_it_comes_before_it() {
    let mut play = Play::hotel();
    bare_salads(&mut play);
    play.answer(
        ActionKind::Apology,
        &day(0, "13:21"),
        json!({"id": "a-2", "status": "done", "corrects": "a-1", "withdrawn": true}),
    );
    assert_eq!(play.only(ActionKind::Apology).state, ActionState::Open);
    play.answer(ActionKind::Apology, &day(0, "13:22"), json!({"id": "a-1", "status": "done"}));
    assert_eq!(play.only(ActionKind::Apology).state, ActionState::Open);
}

#[test]
fn given_late_after_the_next_one_was_offered_there_is_still_one() {
    let mut play = Play::hotel_with(|policy| reporting(policy, Reporting::Always));
    bare_salads(&mut play);
    play.advance(&day(0, "15:45"));
    let gestures = play.actions(ActionKind::Gesture);
    assert_eq!((gestures.len(), gestures[0].state), (2, ActionState::Expired));
    play.answer_action(&gestures[0].id, &day(0, "15:50"), json!({"status": "done"}));
    let gestures = play.actions(ActionKind::Gesture);
    assert_eq!((gestures[0].state, gestures[1].state), (ActionState::Done, ActionState::Retracted));
    play.assert_sound();
}

#[test]
fn a_check_that_is_confirmed_late_is_news_of_its_own() {
    let mut play = Play::hotel_with(|policy| tracking(policy, Tracking::Unreliable));
    promised(&mut play, "o-1", &day(0, "13:30"));
    play.advance(&day(0, "15:35"));
    let confirmed = json!({"status": "confirmed"});
    play.answer(ActionKind::Check, &day(0, "15:36"), confirmed);
    assert_eq!(play.only(ActionKind::Apology).state, ActionState::Open);
    assert!(!play.only_incident().history);
}

#[test]
fn a_check_that_nobody_answers_ends_and_the_order_is_forgotten() {
    let mut play = Play::hotel_with(|policy| tracking(policy, Tracking::Unreliable));
    promised(&mut play, "o-1", &day(0, "13:30"));
    play.advance(&day(0, "20:00"));
    assert_eq!(play.only_incident().status, IncidentStatus::Expired);
    play.advance(&day(120, "12:00"));
    assert_eq!(play.entities(), 0, "nothing is left to remember");
}

fn follow_up_due() -> Play {
    let mut play = Play::hotel();
    bare_salads(&mut play);
    play.answer(ActionKind::Apology, &day(0, "13:22"), json!({"status": "done"}));
    play.answer(ActionKind::Gesture, &day(0, "13:41"), json!({"status": "done"}));
    play.advance(&day(0, "15:45"));
    assert_eq!(play.only_follow_up().follow_up_type, FollowUpType::Due);
    play
}
