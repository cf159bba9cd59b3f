//! What may come after, before or instead of the plain story, and what should come of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod play;

use play::{Play, day, order};
use serde_json::{Value, json};
use service_recovery::events::{
    ActionKind, ActionState, Contract, FailureKind, FollowUpType, IncidentStatus, RemedyKind, Severity, ids,
};
use service_recovery::policy::{Policy, Reporting, Tracking};

/// An order at the pool bar, with a promise.
fn promised(play: &mut Play, order_id: &str, promised_at: &str) {
    play.event(
        Contract::Orders,
        &day(0, "13:00"),
        json!({"type": "placed", "order_id": order_id, "customer_id": "c-1", "site_id": "strandhotellet",
            "touchpoint": "pool_bar", "party_size": 2, "currency": "DKK", "promised_at": promised_at,
            "lines": [order::salads(), espresso()]}),
    );
}

fn espresso() -> Value {
    json!({"line_id": "2", "item_id": "espresso", "name": "espresso", "quantity": 1, "unit_price_minor": 3_200})
}

/// Salads without dressing, found at 13:20.
fn bare_salads(play: &mut Play) {
    play.habits();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
}

fn any_age(policy: &mut Policy) {
    policy.default_touchpoint.max_action_age = None;
    policy.touchpoints.values_mut().for_each(|touchpoint| touchpoint.max_action_age = None);
}

fn tracking(policy: &mut Policy, tracking: Tracking) {
    policy.touchpoints.get_mut("pool_bar").unwrap().tracking = tracking;
}

fn reporting(policy: &mut Policy, reporting: Reporting) {
    policy.touchpoints.get_mut("pool_bar").unwrap().reporting = reporting;
}

mod complaints {
    use super::*;

    #[test]
    fn who_complains_confirms_what_was_only_suspected() {
        let mut play = Play::hotel_with(|policy| tracking(policy, Tracking::Unreliable));
        promised(&mut play, "o-1", &day(0, "13:30"));
        play.advance(&day(0, "13:40"));
        assert_eq!(play.only_incident().status, IncidentStatus::Suspected);
        assert_eq!(play.only(ActionKind::Check).state, ActionState::Open);
        play.remark(&day(0, "13:45"), json!({"order_id": "o-1", "text": "nobody came"}));
        assert!(!play.only_incident().shortfalls[0].suspected);
        assert_eq!(play.only(ActionKind::Apology).state, ActionState::Open);
        assert_eq!(play.only(ActionKind::Check).state, ActionState::Superseded);
        play.assert_sound();
    }

    #[test]
    fn a_second_remark_that_says_how_bad_it_was_raises_the_severity() {
        let mut play = Play::hotel();
        bare_salads(&mut play);
        play.remark(&day(0, "13:25"), json!({"order_id": "o-salads"}));
        assert_eq!(play.only_incident().severity, Severity::Minor);
        play.remark(&day(0, "13:27"), json!({"order_id": "o-salads", "inconvenience": 4}));
        assert_eq!(play.only_incident().severity, Severity::Critical);
        assert_eq!(play.actions(ActionKind::HumanContact).len(), 1, "critical: a named human");
        assert_eq!(play.only(ActionKind::Gesture).state, ActionState::Retracted, "no token");
        play.assert_sound();
    }

    #[test]
    fn after_it_was_closed_it_becomes_a_question() {
        let mut play = Play::hotel();
        promised(&mut play, "o-1", &day(0, "13:30"));
        play.fulfilled("o-1", &day(0, "13:36"), json!({}));
        play.answer(ActionKind::Apology, &day(0, "13:40"), json!({"status": "done"}));
        assert_eq!(play.only_incident().status, IncidentStatus::Closed, "six minutes: a word is enough");
        play.remark(&day(0, "14:00"), json!({"order_id": "o-1", "text": "it took so long"}));
        play.advance(&day(0, "14:01"));
        assert_eq!(play.only_follow_up().follow_up_type, FollowUpType::Due);
        assert_eq!(play.only_incident().status, IncidentStatus::FollowUpDue);
        assert_eq!(play.actions(ActionKind::Apology).len(), 1);
    }

    #[test]
    fn after_the_gesture_was_given_it_is_a_second_failure() {
        let mut play = Play::hotel();
        bare_salads(&mut play);
        play.answer(ActionKind::Apology, &day(0, "13:22"), json!({"status": "done"}));
        play.answer(ActionKind::Gesture, &day(0, "13:30"), json!({"status": "done"}));
        play.remark(&day(0, "13:50"), json!({"order_id": "o-salads", "text": "and still no dressing"}));
        assert_eq!(play.only_incident().status, IncidentStatus::Reopened);
        let apologies = play.actions(ActionKind::Apology);
        assert_eq!((apologies.len(), apologies[1].authority.name()), (2, "A2"));
        assert_eq!(play.only_follow_up().follow_up_type, FollowUpType::Cancelled, "it asks when that is done");
        play.answer_action(&apologies[1].id, &day(0, "13:55"), json!({"status": "done"}));
        assert_eq!(play.follow_ups().last().unwrap().attempt, 2);
        play.assert_sound();
    }

    #[test]
    fn another_failure_after_all_was_done_is_not_swallowed() {
        let mut play = Play::hotel();
        bare_salads(&mut play);
        play.answer(ActionKind::Apology, &day(0, "13:22"), json!({"status": "done"}));
        play.answer(ActionKind::Gesture, &day(0, "13:30"), json!({"status": "done"}));
        play.remark(&day(0, "13:50"), json!({"order_id": "o-salads", "failure": "safety", "text": "a hair"}));
        assert_eq!(play.actions(ActionKind::Apology).len(), 2);
        assert_eq!(play.only(ActionKind::HumanContact).state, ActionState::Open, "safety: always a person");
        play.assert_sound();
    }

    #[test]
    fn the_waiters_old_apology_does_not_answer_for_the_second_failure() {
        let mut play = Play::hotel();
        bare_salads(&mut play);
        play.remark(&day(0, "13:32"), json!({"order_id": "o-salads", "apologised": true}));
        play.answer(ActionKind::Gesture, &day(0, "13:41"), json!({"status": "done"}));
        play.remark(&day(0, "14:00"), json!({"order_id": "o-salads", "failure": "quality_defect", "item_id": "salad"}));
        play.remark(&day(0, "14:05"), json!({"order_id": "o-salads", "failure": "staff_conduct"}));
        assert_eq!(play.actions(ActionKind::Apology).last().unwrap().state, ActionState::Open);
    }

    #[test]
    fn before_its_order_it_waits_then_goes_to_a_person_then_joins() {
        let mut play = Play::hotel();
        let value = json!({"order_id": "o-late", "form": "claim", "failure": "item_missing", "item_id": "salad"});
        play.event(Contract::Complaints, &day(0, "13:00"), value);
        play.advance(&day(0, "13:14"));
        assert!(play.all_actions().is_empty());
        play.advance(&day(0, "13:16"));
        let person = play.only(ActionKind::HumanContact);
        play.order("o-late", &day(0, "12:30"), &[order::salads()]);
        play.advance(&day(0, "13:20"));
        let own = play.incidents().into_iter().find(|incident| incident.id == person.incident_id).unwrap();
        assert_eq!(own.status, IncidentStatus::Merged);
        assert_eq!(own.merged_into, Some(ids::incident_of_order("o-late")));
        assert_eq!(play.only_incident().id, ids::incident_of_order("o-late"));
        assert_eq!(play.all_actions()[0].state, ActionState::Superseded);
        play.assert_sound();
    }

    #[test]
    fn withdrawn_while_it_waits_nobody_is_sent() {
        let mut play = Play::hotel();
        let complaint = json!({"id": "m-1", "order_id": "o-none", "form": "claim"});
        play.event(Contract::Complaints, &day(0, "13:00"), complaint.clone());
        let withdrawal = json!({"id": "m-2", "order_id": "o-none", "corrects": "m-1", "withdrawn": true});
        play.event(Contract::Complaints, &day(0, "13:05"), withdrawal.clone());
        play.advance(&day(0, "14:00"));
        assert!(play.outputs().is_empty());

        let mut play = Play::hotel();
        play.event(Contract::Complaints, &day(0, "13:00"), complaint);
        play.advance(&day(0, "13:20"));
        assert_eq!(play.only(ActionKind::HumanContact).state, ActionState::Open);
        play.event(Contract::Complaints, &day(0, "13:25"), withdrawal);
        play.advance(&day(0, "14:00"));
        assert_eq!(play.only(ActionKind::HumanContact).state, ActionState::Retracted);
        play.assert_sound();
    }

    #[test]
    fn a_correction_without_any_reference_goes_where_its_original_went() {
        let mut play = Play::hotel();
        play.event(Contract::Complaints, &day(0, "13:00"), json!({"id": "m-1", "form": "remark", "text": "dirty"}));
        assert_eq!(play.only(ActionKind::HumanContact).state, ActionState::Open);
        let withdrawal = json!({"id": "m-2", "form": "remark", "text": "dirty", "corrects": "m-1", "withdrawn": true});
        play.event(Contract::Complaints, &day(0, "13:05"), withdrawal);
        assert_eq!(play.only(ActionKind::HumanContact).state, ActionState::Retracted);
    }

    #[test]
    fn an_unknown_order_in_a_visit_does_not_share_an_id_with_the_visits_own_complaint() {
        let mut play = Play::hotel();
        let base = json!({"visit_id": "v-1", "site_id": "strandhotellet", "form": "remark"});
        let mut unknown = base.clone();
        unknown["order_id"] = json!("o-none");
        play.event(Contract::Complaints, &day(0, "13:00"), unknown);
        play.event(Contract::Complaints, &day(0, "13:01"), base);
        play.advance(&day(0, "13:30"));
        assert_eq!(play.standing().len(), 2);
        play.assert_sound();
    }

    #[test]
    fn about_an_order_long_forgotten_it_still_goes_to_a_person() {
        let mut play = Play::hotel_with(any_age);
        // promised far ahead, delivered at once: the index remembers it for longer than the guest
        promised(&mut play, "o-1", &day(40, "12:00"));
        play.fulfilled("o-1", &day(0, "13:30"), json!({}));
        play.advance(&day(60, "12:00"));
        play.event(
            Contract::Complaints,
            &day(60, "12:00"),
            json!({"order_id": "o-1", "form": "claim", "text": "broken"}),
        );
        assert_eq!(play.only(ActionKind::HumanContact).state, ActionState::Open);
    }

    #[test]
    fn taken_apart_from_its_order_again_it_is_not_forgotten() {
        let mut play = Play::hotel();
        play.remark(&day(0, "13:10"), json!({"failure": "quality_defect", "text": "cold"}));
        play.event(
            Contract::Orders,
            &day(0, "13:00"),
            json!({"id": "e-placed", "type": "placed", "order_id": "o-1", "customer_id": "c-1", "site_id": "strandhotellet",
                "touchpoint": "pool_bar", "lines": [order::salads()]}),
        );
        assert_eq!(play.only_incident().id, ids::incident_of_order("o-1"));
        play.event(
            Contract::Orders,
            &day(0, "13:20"),
            json!({"type": "placed", "order_id": "o-1", "customer_id": "c-1", "site_id": "strandhotellet",
                "corrects": "e-placed", "withdrawn": true}),
        );
        let incident = play.only_incident();
        assert_ne!(incident.id, ids::incident_of_order("o-1"));
        let open = play.all_actions().into_iter().filter(|action| action.state == ActionState::Open);
        assert!(
            open.into_iter().any(|action| action.kind == ActionKind::HumanContact && action.incident_id == incident.id)
        );
        play.assert_sound();
    }

    #[test]
    fn about_an_order_that_never_happened_it_goes_to_a_person() {
        let mut play = Play::hotel();
        let placed = json!({"id": "e-2", "corrects": "e-1", "withdrawn": true, "type": "placed", "order_id": "o-1",
            "customer_id": "c-1", "site_id": "strandhotellet"});
        play.event(Contract::Orders, &day(0, "13:00"), placed);
        play.remark(&day(0, "13:10"), json!({"order_id": "o-1", "text": "where is it?"}));
        assert_eq!(play.only(ActionKind::HumanContact).state, ActionState::Open);
        play.assert_sound();
    }

    #[test]
    fn what_is_forgotten_does_not_come_back_as_new() {
        let mut play = Play::hotel_with(any_age);
        play.remark(&day(0, "13:00"), json!({"text": "noisy"}));
        play.order("o-far", &day(20, "13:00"), &[order::smoothies()]);
        play.fulfilled("o-far", &day(20, "13:10"), json!({}));
        play.remark(&day(51, "13:00"), json!({"text": "noisy again"}));
        play.assert_sound();
        assert_eq!(play.incidents().len(), 2);
    }
}

mod outcomes {
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
        play.advance(&day(1, "12:00"));
        assert_eq!(play.only_follow_up().state, ActionState::Expired);
        play.answer_follow_up(&day(1, "12:10"), json!({"status": "done", "score": 3}));
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
}

mod gestures {
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
}

mod profiles {
    use super::*;

    #[test]
    fn habits_do_not_depend_on_when_the_profile_arrives() {
        let mut play = Play::hotel();
        play.habits();
        play.profile(&day(0, "10:00"), json!({"profiling": false}));
        play.profile(&day(0, "11:00"), json!({"profiling": true}));
        play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
        play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
        let gesture = play.only(ActionKind::Gesture).gesture.unwrap();
        assert_eq!(gesture.item_id.as_deref(), Some("strawberry-smoothie"));
    }

    #[test]
    fn an_erased_guest_is_recovered_without_habits() {
        let mut play = Play::hotel();
        play.habits();
        play.erase(&day(0, "10:00"));
        play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
        play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
        let gesture = play.only(ActionKind::Gesture).gesture.unwrap();
        assert!(!gesture.personalised && gesture.evidence.is_empty());
    }
}

mod detection {
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
}
