//! Is it still all right? Asked once, once more when nobody was reached, and never a third time.

use play::at;
use service_recovery::events::{Band, FollowUp};

use super::*;

/// The founding case, dealt with; the question comes due at 15:35.
fn asked(edit: impl FnOnce(&mut Policy)) -> Play {
    let mut play = Play::hotel_with(edit);
    bare_salads(&mut play);
    play.answer(ActionKind::Apology, &day(0, "13:22"), json!({"status": "done"}));
    play.answer(ActionKind::Gesture, &day(0, "13:35"), json!({"status": "done"}));
    play.advance(&day(0, "15:36"));
    play
}

fn states(play: &Play) -> Vec<(FollowUpType, ActionState)> {
    play.follow_ups().iter().map(|asked| (asked.follow_up_type, asked.state)).collect()
}

fn answer(play: &mut Play, asked: &FollowUp, time: &str, fields: Value) {
    let mut answer = json!({"reply_to": asked.reply_to, "staff_id": "ida"});
    answer.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    play.event(Contract::RecoveryOutcomes, time, answer);
}

fn second(play: &Play) -> FollowUp {
    play.follow_ups().pop().unwrap()
}

const NOBODY: &str = "no_answer";

#[test]
fn who_was_not_reached_is_tried_once_more_and_never_again() {
    let mut play = asked(|_| {});
    play.answer_follow_up(&day(0, "16:00"), json!({"status": "done", "result": NOBODY}));
    let again = second(&play);
    assert_eq!((again.attempt, again.assignee.as_str()), (2, "shift_lead"), "the same role");
    assert_eq!(again.due_at, at(&day(1, "10:00")));
    let incident = play.only_incident();
    assert_eq!((incident.status, incident.band), (IncidentStatus::Recovered, None), "not over yet");
    play.advance(&day(1, "10:01"));
    assert_eq!(play.only_incident().status, IncidentStatus::FollowUpDue);
    answer(&mut play, &again, &day(1, "10:30"), json!({"status": "done", "result": NOBODY}));
    let incident = play.only_incident();
    assert_eq!((incident.status, incident.band), (IncidentStatus::Closed, Some(Band::NoAnswer)));
    assert_eq!(states(&play), [(FollowUpType::Closed, ActionState::NotPossible); 2]);
    play.advance(&day(5, "10:00"));
    assert_eq!(play.follow_ups().len(), 2);
    play.assert_sound();
}

#[test]
fn where_nobody_asked_in_time_somebody_asks_once_more() {
    let mut play = asked(|_| {});
    play.advance(&day(1, "09:00"));
    assert_eq!(states(&play)[0], (FollowUpType::Closed, ActionState::Expired));
    assert_eq!(second(&play).due_at, at(&day(1, "10:00")));
    play.advance(&day(2, "09:00"));
    let incident = play.only_incident();
    assert_eq!((incident.status, incident.band, incident.score), (IncidentStatus::Closed, Some(Band::NoAnswer), None));
    assert_eq!(states(&play), [(FollowUpType::Closed, ActionState::Expired); 2]);
    play.assert_sound();
}

#[test]
fn where_staff_never_report_their_silence_is_not_repeated() {
    let mut play = asked(|policy| reporting(policy, Reporting::Never));
    play.advance(&day(2, "12:00"));
    assert_eq!(states(&play), [(FollowUpType::Closed, ActionState::Expired)]);
    assert_eq!(play.only_incident().band, Some(Band::NoAnswer));
}

#[test]
fn without_the_line_in_the_policy_once_is_enough() {
    let mut play = asked(|policy| policy.follow_up.again_after = None);
    play.answer_follow_up(&day(0, "16:00"), json!({"status": "done", "result": NOBODY}));
    let incident = play.only_incident();
    assert_eq!((incident.status, incident.band), (IncidentStatus::Closed, Some(Band::NoAnswer)));
    assert_eq!(play.follow_ups().len(), 1);
}

#[test]
fn an_answer_to_the_first_attempt_answers_the_question() {
    let mut play = asked(|_| {});
    let first = play.only_follow_up();
    play.answer_follow_up(&day(0, "16:00"), json!({"status": "done", "result": NOBODY}));
    answer(&mut play, &first, &day(0, "18:00"), json!({"status": "done", "score": 9}));
    let incident = play.only_incident();
    assert_eq!((incident.status, incident.band), (IncidentStatus::Closed, Some(Band::VerySatisfied)));
    assert_eq!(
        states(&play),
        [(FollowUpType::Closed, ActionState::NotPossible), (FollowUpType::Closed, ActionState::Done)]
    );
    play.assert_sound();
}

#[test]
fn a_bad_score_at_the_second_attempt_reopens_and_is_asked_about_once_more() {
    let mut play = asked(|_| {});
    play.answer_follow_up(&day(0, "16:00"), json!({"status": "done", "result": NOBODY}));
    play.advance(&day(1, "10:01"));
    let asked = second(&play);
    answer(&mut play, &asked, &day(1, "10:30"), json!({"status": "done", "score": 4}));
    assert_eq!(play.only_incident().status, IncidentStatus::Reopened, "it was one question");
    let apology = play.actions(ActionKind::Apology).pop().unwrap();
    play.answer_action(&apology.id, &day(1, "10:40"), json!({"status": "done"}));
    let third = second(&play);
    assert_eq!((third.attempt, third.assignee.as_str()), (3, "duty_manager"), "one level up");
    play.advance(&day(1, "12:45"));
    answer(&mut play, &third, &day(1, "13:00"), json!({"status": "done", "result": NOBODY}));
    assert_eq!(second(&play).attempt, 4, "and this question has a second attempt as well");
    play.advance(&day(9, "12:00"));
    assert_eq!((play.follow_ups().len(), play.only_incident().status), (4, IncidentStatus::Closed));
    play.assert_sound();
}

#[test]
fn who_wants_no_contact_is_not_tried_again() {
    let mut play = asked(|_| {});
    play.profile(&day(0, "15:50"), json!({"contact_declined": true}));
    play.answer_follow_up(&day(0, "16:00"), json!({"status": "done", "result": NOBODY}));
    assert_eq!(play.follow_ups().len(), 1);
    assert_eq!(play.only_incident().status, IncidentStatus::Closed);
}

#[test]
fn a_restart_between_the_attempts_changes_nothing() {
    let mut play = asked(|_| {});
    play.answer_follow_up(&day(0, "16:00"), json!({"status": "done", "result": NOBODY}));
    play.restart();
    play.advance(&day(3, "12:00"));
    assert_eq!(states(&play)[1], (FollowUpType::Closed, ActionState::Expired));
    assert_eq!(play.only_incident().band, Some(Band::NoAnswer));
}

#[test]
fn a_party_that_nobody_knows_is_not_run_after() {
    let mut play = Play::hotel();
    let placed = json!({"type": "placed", "order_id": "o-1", "site_id": "strandhotellet", "location": "table 12",
        "touchpoint": "pool_bar", "currency": "DKK", "lines": [order::salads()], "id": "p", "time": day(0, "13:00")});
    play.event_as_is(Contract::Orders, placed);
    let fulfilled = json!({"type": "fulfilled", "order_id": "o-1", "completes": true, "lines": [order::bare_salads()],
        "id": "f", "time": day(0, "13:10")});
    play.event_as_is(Contract::Orders, fulfilled);
    play.advance(&day(3, "12:00"));
    assert_eq!(states(&play), [(FollowUpType::Closed, ActionState::Expired)]);
    assert_eq!(play.only_incident().band, Some(Band::NoAnswer));
}
