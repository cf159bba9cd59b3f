//! Complaints in free words: who is sent, and what words never do.

use super::*;

fn said(play: &mut Play, clock: &str, text: &str) {
    play.remark(clock, json!({"order_id": "o-1", "text": text}));
}

fn served(play: &mut Play) {
    play.habits();
    promised(play, "o-1", &day(0, "13:30"));
    play.fulfilled("o-1", &day(0, "13:20"), json!({}));
}

/// R3.
#[test]
fn a_cold_soup_is_made_again_and_looked_at_and_nothing_is_given_for_the_word() {
    let mut play = Play::hotel();
    served(&mut play);
    said(&mut play, &day(0, "13:25"), "The soup is cold");
    assert_eq!(play.only_incident().shortfalls[0].kind, FailureKind::QualityDefect);
    assert_eq!(play.only(ActionKind::Apology).state, ActionState::Open);
    assert_eq!(play.only(ActionKind::HumanContact).state, ActionState::Open);
    assert_eq!(play.only(ActionKind::Remedy).remedy.unwrap().kind, RemedyKind::Redo);
    play.advance(&day(0, "14:30"));
    assert!(play.actions(ActionKind::Gesture).is_empty());
    play.assert_sound();
}

#[test]
fn who_names_the_failure_is_given_what_the_policy_says() {
    let mut play = Play::hotel();
    served(&mut play);
    play.remark(&day(0, "13:25"), json!({"order_id": "o-1", "text": "cold", "failure": "quality_defect"}));
    assert_eq!(play.actions(ActionKind::Gesture).len(), 1);
    assert!(play.actions(ActionKind::HumanContact).is_empty());
}

/// H8.
#[test]
fn a_hair_in_the_soup_is_serious_and_no_token_makes_up_for_it() {
    let mut play = Play::hotel();
    served(&mut play);
    said(&mut play, &day(0, "13:25"), "There was a hair in the soup");
    let incident = play.only_incident();
    assert_eq!((incident.severity, incident.shortfalls[0].kind), (Severity::Major, FailureKind::Safety));
    assert_eq!(play.only(ActionKind::HumanContact).assignee, "shift_lead");
    assert!(play.actions(ActionKind::Gesture).is_empty());
}

#[test]
fn danger_is_never_taken_for_what_is_known_already() {
    let mut play = Play::hotel();
    bare_salads(&mut play);
    play.remark(
        &day(0, "13:25"),
        json!({"order_id": "o-salads", "language": "da", "text": "Jeg er blevet syg af den"}),
    );
    let incident = play.only_incident();
    assert!(incident.severity >= Severity::Major, "{incident:#?}");
    assert!(incident.shortfalls.iter().any(|shortfall| shortfall.kind == FailureKind::Safety));
    assert!(!play.actions(ActionKind::HumanContact).is_empty());
    play.assert_sound();
}

#[test]
fn what_is_known_already_is_not_another_failure_because_of_a_word() {
    let mut play = Play::hotel();
    bare_salads(&mut play);
    play.remark(&day(0, "13:25"), json!({"order_id": "o-salads", "text": "the dressing is missing"}));
    assert_eq!(play.only_incident().shortfalls.len(), 2);
    assert_eq!(play.only_incident().initiated_by, service_recovery::events::InitiatedBy::Company);
    assert!(play.actions(ActionKind::HumanContact).is_empty());
}

/// B1: the company found it and knows the amount; nobody has to find out anything.
#[test]
fn a_wrong_bill_of_a_known_guest_is_corrected_without_a_search() {
    let mut play = Play::hotel();
    let found = json!({"form": "observed", "customer_id": "c-9", "site_id": "strandhotellet",
        "failure": "billing_error", "amount_minor": 49_900, "currency": "DKK"});
    play.event(Contract::Complaints, &day(0, "13:30"), found);
    let apology = play.only(ActionKind::Apology);
    assert!(apology.say.contains("499.00 DKK"), "{}", apology.say);
    let remedy = play.only(ActionKind::Remedy).remedy.unwrap();
    assert_eq!((remedy.kind, remedy.amount_minor), (RemedyKind::CorrectBill, Some(49_900)));
    assert!(play.actions(ActionKind::HumanContact).is_empty());
    let gifts = play.actions(ActionKind::Gesture);
    assert!(gifts.iter().all(|action| action.gesture.as_ref().unwrap().item_id.is_none()), "a note at most");
    play.assert_sound();
}

/// H13.
#[test]
fn nobody_came_is_somebodys_at_once() {
    let mut play = Play::hotel();
    let value = json!({"site_id": "strandhotellet", "location": "room 214", "text": "nobody came"});
    play.event(Contract::Complaints, &day(0, "13:30"), value);
    let person = play.only(ActionKind::HumanContact);
    assert_eq!((person.site_id.as_str(), person.location.as_deref()), ("strandhotellet", Some("room 214")));
    assert!(person.instruction.contains("nobody came"), "{}", person.instruction);
}
