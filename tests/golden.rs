//! The founding case and its variants on the core: what happened at the pool bar, and what should have come of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod play;

use play::{Play, day, order};
use serde_json::json;
use service_recovery::events::{
    ActionKind, ActionState, Band, FailureKind, FollowUpType, GestureKind, IncidentStatus, InitiatedBy, Millis,
    Payload, Severity,
};

/// Two days of smoothies, one salad, and the salads of today without what was ordered.
fn pool_bar() -> Play {
    let mut play = Play::hotel();
    play.habits();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    play
}

#[test]
fn a_one_incident_with_two_shortfalls() {
    let play = pool_bar();
    let incident = play.only_incident();
    assert_eq!(incident.status, IncidentStatus::ActionProposed);
    assert_eq!(incident.severity, Severity::Minor);
    assert_eq!(incident.initiated_by, InitiatedBy::Company);
    let named: Vec<&str> = incident.shortfalls.iter().filter_map(|shortfall| shortfall.name.as_deref()).collect();
    assert_eq!(named, ["blue cheese", "extra dressing"]);
    assert!(incident.shortfalls.iter().all(|shortfall| shortfall.kind == FailureKind::ItemPartial));
}

#[test]
fn b_an_apology_at_once_naming_both() {
    let play = pool_bar();
    let apology = play.only(ActionKind::Apology);
    assert_eq!(apology.time, play::at(&day(0, "13:20")));
    assert!(apology.say.contains("blue cheese") && apology.say.contains("extra dressing"), "{}", apology.say);
    assert!(apology.instruction.contains("sunbed 14"), "{}", apology.instruction);
    assert_eq!(apology.assignee, "waiter");
}

#[test]
fn c_one_gesture_after_it_from_the_habits_of_two_days() {
    let play = pool_bar();
    let apology = play.only(ActionKind::Apology);
    let action = play.only(ActionKind::Gesture);
    assert_eq!(action.after.as_deref(), Some(apology.id.as_str()));
    assert_eq!(action.due_at, apology.due_at + Millis::minutes(10));
    assert_eq!(action.initiated_by, InitiatedBy::Company);
    let gesture = action.gesture.as_ref().unwrap();
    assert_eq!((gesture.item_id.as_deref(), gesture.quantity), (Some("strawberry-smoothie"), 2));
    assert_eq!((gesture.value_minor, gesture.currency.as_str()), (13_000, "DKK"));
    assert!(gesture.personalised);
    let evidence: Vec<&str> = gesture.evidence.iter().map(|shown| shown.order_id.as_str()).collect();
    assert_eq!(evidence, ["o-day2", "o-day1"]);
    assert_eq!(play.position(ActionKind::Apology) + 1, play.position(ActionKind::Gesture));
}

#[test]
fn d_the_remark_joins_and_dates_the_gesture_from_the_waiters_apology() {
    let mut play = pool_bar();
    play.remark(
        &day(0, "13:32"),
        json!({"order_id": "o-salads", "apologised": true, "text": "we missed the blue cheese"}),
    );
    let incident = play.only_incident();
    assert_eq!(incident.complained_at, Some(play::at(&day(0, "13:32"))));
    assert_eq!(incident.initiated_by, InitiatedBy::Company, "the company had noticed first");
    assert_eq!(incident.shortfalls.len(), 2);
    assert_eq!(play.only(ActionKind::Apology).state, ActionState::Done);
    let gesture = play.only(ActionKind::Gesture);
    assert_eq!(gesture.due_at, play::at(&day(0, "13:42")));
    assert_eq!(gesture.state, ActionState::Open);
}

#[test]
fn e_the_follow_up_comes_due_and_a_nine_closes_it_very_satisfied() {
    let mut play = pool_bar();
    play.remark(&day(0, "13:32"), json!({"order_id": "o-salads", "apologised": true}));
    play.answer(ActionKind::Gesture, &day(0, "13:41"), json!({"status": "done"}));
    let scheduled = play.only_follow_up();
    assert_eq!(scheduled.follow_up_type, FollowUpType::Scheduled);
    assert_eq!(scheduled.due_at, play::at(&day(0, "15:41")));
    play.advance(&day(0, "15:45"));
    let due = play.only_follow_up();
    assert_eq!((due.follow_up_type, due.revision), (FollowUpType::Due, 2));
    assert_eq!(play.only_incident().status, IncidentStatus::FollowUpDue);
    play.answer_follow_up(&day(0, "16:00"), json!({"status": "done", "result": "answered", "score": 9}));
    let incident = play.only_incident();
    assert_eq!((incident.status, incident.band), (IncidentStatus::Closed, Some(Band::VerySatisfied)));
    assert_eq!((incident.score, incident.given_minor), (Some(9), 13_000));
    play.assert_sound();
}

#[test]
fn f_the_kitchen_hears_of_it_once_it_recurs() {
    let mut play = pool_bar();
    let insights = |play: &Play| {
        let of = |payload: &Payload| match payload {
            Payload::Insight(insight) => Some((**insight).clone()),
            _ => None,
        };
        play.outputs().iter().filter_map(|output| of(&output.payload)).collect::<Vec<_>>()
    };
    for (n, time) in ["13:30", "13:45", "14:00", "14:15"].iter().enumerate() {
        assert!(insights(&play).is_empty(), "{} are no pattern", n + 1);
        let order_id = format!("o-more{n}");
        play.order(&order_id, &day(0, "13:10"), &[order::salads()]);
        play.fulfilled(&order_id, &day(0, time), json!({"completes": true, "lines": [order::bare_salads()]}));
    }
    let insights = insights(&play);
    let named: Vec<_> = insights.iter().map(|insight| insight.cause.modifier_id.as_deref().unwrap()).collect();
    assert_eq!(named, ["blue-cheese", "extra-dressing"]);
    for insight in insights {
        assert_eq!((insight.owner.as_str(), insight.count), ("kitchen", 5));
        let incidents: Vec<String> = play.incidents().into_iter().map(|incident| incident.id).collect();
        assert!(insight.examples.len() == 5 && insight.examples.iter().all(|id| incidents.contains(id)));
    }
    play.assert_sound();
}

#[test]
fn what_was_received_is_unknown_and_only_the_remark_triggers() {
    let mut play = Play::hotel();
    play.habits();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({}));
    assert!(play.incidents().is_empty());
    play.remark(
        &day(0, "13:32"),
        json!({"order_id": "o-salads", "apologised": true, "failure": "item_partial", "item_id": "salad"}),
    );
    let incident = play.only_incident();
    assert_eq!(incident.initiated_by, InitiatedBy::Customer);
    assert!(play.actions(ActionKind::Apology).is_empty(), "the waiter has apologised");
    let action = play.only(ActionKind::Gesture);
    assert_eq!(action.gesture.as_ref().unwrap().item_id.as_deref(), Some("strawberry-smoothie"));
    assert_eq!(action.due_at, play::at(&day(0, "13:42")));
    play.assert_sound();
}

#[test]
fn the_smoothie_is_sold_out_and_the_next_habit_takes_its_place() {
    let mut play = Play::hotel_with(|policy| {
        let mut sold_out = policy.catalogue.item("strandhotellet", "strawberry-smoothie").unwrap().clone();
        sold_out.available = false;
        policy.catalogue.insert(sold_out);
    });
    for ago in [5, 4, 2, 1] {
        let id = format!("o-espresso{ago}");
        play.order(&id, &day(-ago, "09:00"), &[json!({"item_id": "espresso", "name": "espresso"})]);
        play.fulfilled(&id, &day(-ago, "09:05"), json!({}));
    }
    play.habits();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let action = play.only(ActionKind::Gesture);
    let gesture = action.gesture.as_ref().unwrap();
    assert_eq!((gesture.item_id.as_deref(), gesture.quantity), (Some("espresso"), 2));
    let smoothie = action.decision.candidates.iter().find(|candidate| candidate.option == "strawberry-smoothie");
    assert_eq!(smoothie.unwrap().rejected_because.as_deref(), Some("not_available"));
}

#[test]
fn without_a_history_the_gesture_is_generic_and_says_so() {
    let mut play = Play::hotel();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let action = play.only(ActionKind::Gesture);
    let gesture = action.gesture.as_ref().unwrap();
    assert_eq!(gesture.kind, GestureKind::GenericTreat);
    assert!(!gesture.personalised && gesture.evidence.is_empty());
}

#[test]
fn with_one_of_the_two_days_removed_there_is_no_habit() {
    let mut play = Play::hotel();
    play.order("o-day1", &day(-1, "15:00"), &[order::smoothies()]);
    play.fulfilled("o-day1", &day(-1, "15:10"), json!({}));
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let gesture = play.only(ActionKind::Gesture).gesture.unwrap();
    assert!(!gesture.personalised, "one occasion is no habit: {gesture:?}");
}

#[test]
fn staff_who_report_nothing_still_lead_to_one_gesture_and_a_question() {
    let mut play = pool_bar();
    play.advance(&day(0, "23:59"));
    let gesture = play.only(ActionKind::Gesture);
    assert_eq!(gesture.state, ActionState::Unreported);
    let follow_up = play.only_follow_up();
    assert_eq!(follow_up.follow_up_type, FollowUpType::Due);
    assert!(follow_up.ask.contains("smoothie"), "it asks whether it came: {}", follow_up.ask);
    assert_eq!(play.only_incident().given_minor, 13_000, "counted as given");
    play.advance(&day(2, "12:00"));
    let incident = play.only_incident();
    assert_eq!((incident.status, incident.band), (IncidentStatus::Closed, Some(Band::NoAnswer)));
    play.assert_sound();
}

#[test]
fn stopped_and_restored_between_any_two_events_it_goes_on_the_same() {
    let undisturbed = full_story(|_| {});
    for stop in 0..8 {
        let mut step = 0;
        let disturbed = full_story(|play| {
            if step == stop {
                play.restart();
            }
            step += 1;
        });
        assert_eq!(undisturbed.outputs(), disturbed.outputs(), "stopped before step {stop}");
    }
}

fn full_story(mut between: impl FnMut(&mut Play)) -> Play {
    let mut play = Play::hotel();
    play.habits();
    between(&mut play);
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    between(&mut play);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    between(&mut play);
    play.remark(&day(0, "13:32"), json!({"order_id": "o-salads", "apologised": true}));
    between(&mut play);
    play.answer(ActionKind::Gesture, &day(0, "13:41"), json!({"status": "done"}));
    between(&mut play);
    play.advance(&day(0, "15:45"));
    between(&mut play);
    play.answer_follow_up(&day(0, "16:00"), json!({"status": "done", "result": "answered", "score": 9}));
    between(&mut play);
    play.advance(&day(1, "16:00"));
    between(&mut play);
    play
}

#[test]
fn replayed_as_history_it_teaches_and_acts_on_nothing() {
    let mut play = Play::hotel();
    play.hold_everything_until(&day(30, "12:00"));
    play.habits();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    play.advance(&day(31, "12:00"));
    assert!(play.all_actions().is_empty());
    let incident = play.only_incident();
    assert!(incident.history);
    assert_eq!(incident.status, IncidentStatus::Closed);
}

#[test]
fn a_five_reopens_one_level_up_with_apology_and_redress_in_one() {
    let mut play = pool_bar();
    play.remark(&day(0, "13:32"), json!({"order_id": "o-salads", "apologised": true}));
    play.answer(ActionKind::Gesture, &day(0, "13:41"), json!({"status": "done"}));
    play.advance(&day(0, "15:45"));
    play.answer_follow_up(&day(0, "16:00"), json!({"status": "done", "result": "answered", "score": 5}));
    assert_eq!(play.only_incident().status, IncidentStatus::Reopened);
    let apologies = play.actions(ActionKind::Apology);
    let second = apologies.last().unwrap();
    assert_eq!(apologies.len(), 2);
    assert_eq!(second.authority.name(), "A2");
    assert!(second.remedy.is_some());
    play.answer_action(&second.id, &day(0, "16:10"), json!({"status": "done"}));
    let follow_ups = play.follow_ups();
    assert_eq!(follow_ups.last().unwrap().attempt, 2);
    play.assert_sound();
}

#[test]
fn no_thank_you_ends_it() {
    let mut play = pool_bar();
    play.answer(ActionKind::Gesture, &day(0, "13:25"), json!({"status": "declined", "declined_by": "guest"}));
    play.advance(&day(1, "12:00"));
    assert_eq!(play.actions(ActionKind::Gesture).len(), 1);
    assert_eq!(play.only_incident().given_minor, 0);
}

#[test]
fn a_waiter_who_cannot_gets_the_next_candidate_once() {
    let mut play = pool_bar();
    play.answer(ActionKind::Gesture, &day(0, "13:25"), json!({"status": "not_possible", "reason": "blender broken"}));
    let gestures = play.actions(ActionKind::Gesture);
    assert_eq!(gestures.len(), 2);
    assert_eq!(gestures[1].supersedes.as_deref(), Some(gestures[0].id.as_str()));
    play.answer_action(&gestures[1].id, &day(0, "13:27"), json!({"status": "not_possible"}));
    play.advance(&day(1, "12:00"));
    assert_eq!(play.actions(ActionKind::Gesture).len(), 2, "once");
    play.assert_sound();
}

#[test]
fn a_dislike_or_an_allergy_that_arrives_before_it_is_brought_takes_it_back() {
    let mut play = pool_bar();
    play.profile(&day(0, "13:22"), json!({"dislikes": ["strawberry"]}));
    let gestures = play.actions(ActionKind::Gesture);
    assert_eq!(gestures[0].state, ActionState::Retracted);
    assert_eq!(gestures.len(), 2);
    assert_ne!(gestures[1].gesture.as_ref().unwrap().item_id.as_deref(), Some("strawberry-smoothie"));
    play.assert_sound();
}
