//! What is said before, after or beside everything else.

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
fn the_second_apology_brings_the_money_once_the_price_is_known() {
    let mut play = Play::hotel();
    let mut line = order::salads();
    line.as_object_mut().unwrap().remove("unit_price_minor");
    let placed = json!({"id": "placed", "type": "placed", "order_id": "o-1", "customer_id": "c-1", "currency": "DKK",
        "site_id": "strandhotellet", "touchpoint": "pool_bar", "promised_at": day(0, "13:30"), "lines": [line]});
    play.event(Contract::Orders, &day(0, "13:00"), placed.clone());
    play.fulfilled("o-1", &day(0, "13:45"), json!({}));
    play.answer(ActionKind::Apology, &day(0, "13:47"), json!({"status": "done"}));
    for given in play.actions(ActionKind::Gesture) {
        play.answer_action(&given.id, &day(0, "13:50"), json!({"status": "done"}));
    }
    play.remark(&day(0, "14:00"), json!({"order_id": "o-1", "text": "so late and nobody cares"}));
    let second = play.actions(ActionKind::Apology).pop().unwrap();
    assert_eq!((second.decision.facts.contains_key("authority_before"), second.remedy), (true, None));
    let mut priced = placed;
    priced["id"] = json!("priced");
    priced["corrects"] = json!("placed");
    priced["lines"] = json!([order::salads()]);
    play.event(Contract::Orders, &day(0, "13:00"), priced);
    play.remark(&day(0, "14:05"), json!({"order_id": "o-1", "inconvenience": 3}));
    let second = play.actions(ActionKind::Apology).pop().unwrap();
    assert_eq!(second.remedy.map(|remedy| remedy.kind), Some(RemedyKind::Refund));
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
    play.event(Contract::Complaints, &day(60, "12:00"), json!({"order_id": "o-1", "form": "claim", "text": "broken"}));
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

#[test]
fn a_correction_of_a_correction_that_came_first_withdraws_all_of_it() {
    let mut play = Play::hotel();
    let said = |id: &str, corrects: Option<&str>, withdrawn: bool| {
        json!({"id": id, "form": "remark", "order_id": "o-nobody-knows", "text": "it was cold", "corrects": corrects,
            "withdrawn": withdrawn, "time": day(0, "12:12")})
    };
    play.hold_everything_until(&day(0, "16:20"));
    play.event_as_is(Contract::Complaints, said("e5", None, false));
    play.advance(&day(0, "16:36"));
    play.event_as_is(Contract::Complaints, said("x1", Some("x0"), true));
    play.advance(&day(0, "16:59"));
    play.event_as_is(Contract::Complaints, said("x0", Some("e5"), false));
    play.advance(&day(0, "18:00"));
    assert!(play.standing().is_empty(), "{:#?}", play.standing());
}

/// Nothing was decided yet when the guest spoke, but the order had shown it before.
#[test]
fn what_the_company_knew_first_stays_its_own_although_the_guest_spoke_before_it_was_decided() {
    let mut play = Play::hotel();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.restart_without_safe_time();
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    play.remark(&day(0, "13:21"), json!({"order_id": "o-salads", "text": "the dressing"}));
    play.release_safe_time();
    play.advance(&day(0, "13:23"));
    let incident = play.only_incident();
    assert_eq!(incident.initiated_by, service_recovery::events::InitiatedBy::Company);
    assert!(incident.complained_at.is_some());
    play.assert_sound();
}
