//! Gestures that somebody must approve, and staff who never say anything: one gesture, never two, never nothing.

use std::collections::BTreeMap;

use service_recovery::events::{Authority, GestureKind, Millis};

use super::*;

/// The waiter may give 100 kroner alone, the shift lead 200; two smoothies are 130.
fn levels(policy: &mut Policy) {
    let dkk = |kroner: i64| BTreeMap::from([("DKK".to_owned(), kroner * 100)]);
    let levels = BTreeMap::from([(Authority::A1, dkk(100)), (Authority::A2, dkk(200))]);
    policy.default_site.may_give.clone_from(&levels);
    policy.sites.get_mut("strandhotellet").unwrap().may_give = levels;
    policy.gestures.approval_within = Millis::minutes(5);
}

fn asked() -> Play {
    let mut play = Play::hotel_with(levels);
    bare_salads(&mut play);
    play
}

/// What the guest has, or must be assumed to have.
fn given(play: &Play) -> Vec<i64> {
    let is_given = |state| matches!(state, ActionState::Done | ActionState::Substituted | ActionState::Unreported);
    let gestures = play.actions(ActionKind::Gesture).into_iter().filter(|action| is_given(action.state));
    gestures.map(|action| action.gesture.unwrap().value_minor).collect()
}

#[test]
fn what_is_worth_more_than_the_waiter_may_give_goes_to_the_shift_lead() {
    let play = asked();
    let action = play.only(ActionKind::Gesture);
    assert_eq!((action.assignee.as_str(), action.authority), ("shift_lead", Authority::A2));
    assert_eq!(
        (action.decision.facts["approval"].as_str(), action.decision.facts["approval_for"].as_str()),
        ("pending", "A1")
    );
    assert_eq!(action.expires_at, play::at(&day(0, "13:25")));
    assert!(action.due_at <= action.expires_at);
    assert!(
        action.instruction.starts_with("Please decide by 13:25: this is worth 130.00 DKK"),
        "{}",
        action.instruction
    );
    assert_eq!(play.only(ActionKind::Apology).assignee, "waiter");
    assert_eq!(play.only_incident().status, IncidentStatus::ApprovalPending);
    play.assert_sound();
}

#[test]
fn accepted_it_is_a_gesture_like_any_other() {
    let mut play = asked();
    play.answer(ActionKind::Gesture, &day(0, "13:23"), json!({"status": "accepted"}));
    let action = play.only(ActionKind::Gesture);
    assert_eq!((action.state, action.decision.facts["approval"].as_str()), (ActionState::Accepted, "granted"));
    assert!(action.instruction.starts_with("Bring two strawberry smoothies"), "{}", action.instruction);
    assert!(action.expires_at > play::at(&day(0, "14:00")));
    assert_eq!(play.only_incident().status, IncidentStatus::InProgress);
    play.advance(&day(0, "13:40"));
    assert_eq!(play.only(ActionKind::Gesture).state, ActionState::Accepted);
    play.answer(ActionKind::Gesture, &day(0, "13:41"), json!({"status": "done"}));
    assert_eq!(given(&play), [13_000]);
    play.assert_sound();
}

#[test]
fn when_nobody_says_yes_in_time_the_best_within_the_present_authority_goes_out() {
    for silence in [Reporting::Always, Reporting::Sometimes, Reporting::Never] {
        let mut play = Play::hotel_with(|policy| {
            levels(policy);
            reporting(policy, silence);
        });
        bare_salads(&mut play);
        play.advance(&day(0, "13:26"));
        let gestures = play.actions(ActionKind::Gesture);
        assert_eq!(gestures.len(), 2, "{silence:?}: {gestures:#?}");
        assert_eq!(gestures[0].state, ActionState::Expired);
        let second = &gestures[1];
        assert_eq!((second.state, second.assignee.as_str()), (ActionState::Open, "waiter"));
        assert_eq!(second.supersedes.as_deref(), Some(gestures[0].id.as_str()));
        assert_eq!(play.only_incident().status, IncidentStatus::ActionProposed);
        assert!(second.gesture.as_ref().unwrap().value_minor <= 10_000);
        let smoothie = second.decision.candidates.iter().find(|known| known.option == "strawberry-smoothie").unwrap();
        assert_eq!(smoothie.rejected_because.as_deref(), Some("over_authority"));
        assert!(second.alternatives.iter().all(|other| other.value_minor <= 10_000));
        play.assert_sound();
        // a yes that comes too late makes no second one
        play.answer_action(&gestures[0].id, &day(0, "13:30"), json!({"status": "accepted"}));
        play.answer_action(&second.id, &day(0, "13:31"), json!({"status": "done"}));
        assert_eq!(given(&play).len(), 1);
        play.assert_sound();
    }
}

#[test]
fn the_lead_who_brought_it_without_a_word_takes_the_smaller_one_back() {
    let mut play = asked();
    play.advance(&day(0, "13:26"));
    let gestures = play.actions(ActionKind::Gesture);
    play.answer_action(&gestures[0].id, &day(0, "13:27"), json!({"status": "done"}));
    let states: Vec<ActionState> = play.actions(ActionKind::Gesture).iter().map(|action| action.state).collect();
    assert_eq!(states, [ActionState::Done, ActionState::Retracted]);
    assert_eq!(given(&play), [13_000]);
}

#[test]
fn a_no_of_the_lead_brings_the_smaller_one_and_a_no_of_the_guest_none() {
    let mut play = asked();
    play.answer(ActionKind::Gesture, &day(0, "13:22"), json!({"status": "declined", "declined_by": "staff"}));
    let gestures = play.actions(ActionKind::Gesture);
    assert_eq!((gestures.len(), gestures[1].assignee.as_str()), (2, "waiter"));
    // the waiter, too, gets the next candidate once
    play.answer_action(&gestures[1].id, &day(0, "13:24"), json!({"status": "not_possible"}));
    assert_eq!(play.actions(ActionKind::Gesture).len(), 3);
    let mut play = asked();
    play.answer(ActionKind::Gesture, &day(0, "13:22"), json!({"status": "declined", "declined_by": "guest"}));
    play.advance(&day(1, "13:00"));
    assert_eq!(play.only(ActionKind::Gesture).state, ActionState::Declined);
}

#[test]
fn never_nothing_when_all_is_beyond_the_present_authority() {
    let mut play = Play::hotel_with(|policy| {
        levels(policy);
        let nothing = BTreeMap::from([("DKK".to_owned(), 0)]);
        policy.sites.get_mut("strandhotellet").unwrap().may_give.insert(Authority::A1, nothing);
        policy.rules.iter_mut().for_each(|rule| rule.then.gesture.retain(|kind| *kind == GestureKind::HabitItem));
    });
    bare_salads(&mut play);
    play.advance(&day(0, "13:26"));
    let second = play.actions(ActionKind::Gesture).pop().unwrap();
    assert_eq!(second.gesture.unwrap().kind, GestureKind::HandwrittenNote);
}

#[test]
fn the_apology_of_the_waiter_does_not_stretch_the_time_for_a_yes() {
    let mut play = asked();
    play.answer(ActionKind::Apology, &day(0, "13:22"), json!({"status": "done"}));
    assert_eq!(play.only(ActionKind::Gesture).expires_at, play::at(&day(0, "13:25")));
    play.advance(&day(0, "13:26"));
    assert_eq!(play.actions(ActionKind::Gesture).len(), 2);
    let second = play.actions(ActionKind::Gesture).pop().unwrap();
    assert_eq!(second.due_at, play::at(&day(0, "13:32")), "ten minutes after the apology");
}

#[test]
fn nobody_may_approve_more_than_the_highest_level_may_give() {
    let mut play = Play::hotel_with(|policy| {
        let ten = BTreeMap::from([("DKK".to_owned(), 1_000)]);
        let levels: BTreeMap<Authority, _> = Authority::ALL.iter().map(|level| (*level, ten.clone())).collect();
        policy.sites.get_mut("strandhotellet").unwrap().may_give = levels;
    });
    bare_salads(&mut play);
    let action = play.only(ActionKind::Gesture);
    assert_eq!(action.gesture.unwrap().kind, GestureKind::HandwrittenNote);
    assert!(!action.decision.facts.contains_key("approval"));
    assert_eq!(action.allowed.unwrap().max_value_minor, 1_000);
}

#[test]
fn approval_survives_a_restart_between_question_and_time_out() {
    let mut play = asked();
    play.restart();
    play.advance(&day(0, "13:26"));
    assert_eq!(play.actions(ActionKind::Gesture).len(), 2);
    play.assert_sound();
}

#[test]
fn an_allergy_that_comes_before_it_is_brought_takes_even_an_accepted_gesture_back() {
    let mut play = Play::hotel();
    bare_salads(&mut play);
    play.answer(ActionKind::Gesture, &day(0, "13:22"), json!({"status": "accepted"}));
    play.profile(&day(0, "13:24"), json!({"dislikes": ["strawberry"]}));
    let gestures = play.actions(ActionKind::Gesture);
    assert_eq!(gestures[0].state, ActionState::Retracted);
    assert_eq!((gestures.len(), gestures[1].state), (2, ActionState::Open));
    play.assert_sound();
}

/// Every way in which staff may answer, or not, to the first gesture and to the second, sooner or later.
#[test]
fn however_staff_answer_or_not_the_guest_never_gets_two() {
    let answers = [
        None,
        Some(json!({"status": "accepted"})),
        Some(json!({"status": "done"})),
        Some(json!({"status": "substituted", "item_id": "espresso", "value_minor": 3_200})),
        Some(json!({"status": "declined", "declined_by": "staff"})),
        Some(json!({"status": "declined", "declined_by": "guest"})),
        Some(json!({"status": "not_possible"})),
    ];
    let times = ["13:21", "15:50"];
    let mut plays = 0;
    for silence in [Reporting::Always, Reporting::Sometimes, Reporting::Never] {
        for with_levels in [false, true] {
            for first in &answers {
                for second in &answers {
                    for time in times {
                        let mut play = Play::hotel_with(|policy| {
                            reporting(policy, silence);
                            if with_levels {
                                levels(policy);
                            }
                        });
                        bare_salads(&mut play);
                        plays += 1;
                        let told = format!("{silence:?} {with_levels} {first:?} {second:?} {time}");
                        play.advance(&day(0, time));
                        for (position, answer) in [first, second].into_iter().enumerate() {
                            let actions = play.actions(ActionKind::Gesture);
                            let is_given = !given(&play).is_empty(); // staff who know of one bring no second
                            if let (Some(action), Some(answer), false) = (actions.get(position), answer, is_given) {
                                play.answer_action(&action.id.clone(), &day(0, time), answer.clone());
                            }
                            check(&play, &told);
                        }
                        play.advance(&day(2, "18:00"));
                        check(&play, &told);
                        play.assert_sound();
                    }
                }
            }
        }
    }
    assert_eq!(plays, 3 * 2 * 7 * 7 * 2);
}

fn check(play: &Play, told: &str) {
    let gestures = play.actions(ActionKind::Gesture);
    let states: Vec<ActionState> = gestures.iter().map(|action| action.state).collect();
    assert!(given(play).len() <= 1, "two gestures: {told}: {states:?}");
    let overdue = |action: &service_recovery::events::RecoveryAction| play.overdue(&action.id);
    assert!(gestures.iter().all(|action| overdue(action) <= 1), "overdue twice: {told}");
    let open = gestures.iter().filter(|action| action.state.is_open()).count();
    assert!(open + given(play).len() <= 1, "one given and one on its way: {told}: {states:?}");
}

/// Guests whose staff report nothing, two times in five, or always.
#[test]
fn with_any_share_of_answers_no_incident_has_two_gestures() {
    for (silence, percent) in [
        (Reporting::Never, 0),
        (Reporting::Sometimes, 0),
        (Reporting::Sometimes, 40),
        (Reporting::Sometimes, 100),
        (Reporting::Always, 40),
        (Reporting::Always, 100),
        (Reporting::Always, 0),
    ] {
        let mut play = Play::hotel_with(|policy| {
            reporting(policy, silence);
            policy.gestures.repeat_after = Millis::ZERO;
            policy.sites.values_mut().for_each(|site| site.daily_budget.clear());
            levels(policy);
        });
        let mut random = 7_u64;
        let mut below = |limit: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 33) % limit
        };
        for number in 0..20_i64 {
            let order_id = format!("o-{number}");
            play.order(&order_id, &day(number, "13:00"), &[order::salads(), order::smoothies()]);
            play.fulfilled(
                &order_id,
                &day(number, "13:20"),
                json!({"completes": true, "lines": [order::bare_salads(), order::smoothies()]}),
            );
            for minute in [22, 27, 40] {
                play.advance(&day(number, &format!("13:{minute}")));
                for action in play.all_actions().into_iter().filter(|action| action.state.is_open()) {
                    if below(100) < percent {
                        let answers = ["accepted", "done", "not_possible", "declined", "substituted"];
                        let status = answers[below(5) as usize];
                        play.answer_action(
                            &action.id,
                            &day(number, &format!("13:{minute}")),
                            json!({"status": status}),
                        );
                    }
                }
            }
            play.advance(&day(number, "23:00"));
        }
        play.assert_sound();
        let mut gestures: BTreeMap<String, usize> = BTreeMap::new();
        let is_given = |state| matches!(state, ActionState::Done | ActionState::Substituted | ActionState::Unreported);
        for action in play.actions(ActionKind::Gesture).iter().filter(|action| is_given(action.state)) {
            *gestures.entry(action.incident_id.clone()).or_default() += 1;
        }
        assert!(gestures.values().all(|count| *count == 1), "{silence:?} {percent} %: {gestures:?}");
        if percent == 0 && silence != Reporting::Always {
            assert!(!gestures.is_empty(), "{silence:?} {percent} %: nobody said anything, and it counts as given");
        }
    }
}
