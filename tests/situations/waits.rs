//! A wait that goes on, and estimates that go up and down.

use super::*;

fn room_service(play: &mut Play) {
    play.habits();
    play.event(
        Contract::Orders,
        &day(0, "18:20"),
        json!({"type": "placed", "order_id": "o-1", "customer_id": "c-1", "site_id": "strandhotellet",
            "touchpoint": "room_service", "party_size": 2, "currency": "DKK", "promised_at": day(0, "19:00"),
            "lines": [order::salads()]}),
    );
}

fn arrives(play: &mut Play, clock: &str) {
    let value = json!({"type": "delivered", "order_id": "o-1", "customer_id": "c-1"});
    play.event(Contract::DeliveryDelays, clock, value);
}

/// H6: it is serious when it is, not only when the dish comes.
#[test]
fn a_wait_gets_worse_while_nothing_comes() {
    let mut play = Play::hotel();
    room_service(&mut play);
    play.advance(&day(0, "19:04"));
    assert_eq!(play.only_incident().severity, Severity::Trivial);
    assert!(play.actions(ActionKind::Gesture).is_empty());
    play.advance(&day(0, "19:11"));
    assert_eq!(play.only_incident().severity, Severity::Minor);
    play.advance(&day(0, "19:21"));
    assert_eq!(play.only_incident().severity, Severity::Moderate);
    play.advance(&day(0, "19:31"));
    let incident = play.only_incident();
    assert_eq!((incident.severity, incident.shortfalls[0].kind), (Severity::Major, FailureKind::NeverConfirmed));
    let apology = play.only(ActionKind::Apology);
    assert!(apology.say.contains("has not arrived, 30 minutes after the time we promised"), "{}", apology.say);
    assert_eq!(play.only(ActionKind::HumanContact).assignee, "duty_manager");
    play.assert_sound();

    arrives(&mut play, &day(0, "19:35"));
    assert_eq!(play.only_incident().shortfalls[0].kind, FailureKind::DeliveryLate);
    let remedies = play.actions(ActionKind::Remedy);
    let kinds: Vec<_> = remedies.iter().map(|action| (action.remedy.as_ref().unwrap().kind, action.state)).collect();
    assert_eq!(kinds, [(RemedyKind::Expedite, ActionState::Superseded), (RemedyKind::Refund, ActionState::Open)]);
    assert_eq!(play.actions(ActionKind::Apology).len(), 1, "nobody says sorry twice");
    play.assert_sound();
}

#[test]
fn the_apology_that_was_said_is_not_said_again_when_the_wait_gets_worse() {
    let mut play = Play::hotel();
    room_service(&mut play);
    play.advance(&day(0, "19:04"));
    play.answer(ActionKind::Apology, &day(0, "19:06"), json!({"status": "done"}));
    play.advance(&day(0, "19:31"));
    assert_eq!(play.actions(ActionKind::Apology).len(), 1);
    assert_eq!(play.actions(ActionKind::Gesture).len(), 1);
    assert_eq!(play.actions(ActionKind::HumanContact).len(), 1);
    play.assert_sound();
}

#[test]
fn what_comes_a_quarter_late_was_never_serious() {
    let mut play = Play::hotel();
    room_service(&mut play);
    play.advance(&day(0, "19:12"));
    arrives(&mut play, &day(0, "19:15"));
    play.advance(&day(0, "19:59"));
    assert_eq!(play.only_incident().severity, Severity::Minor);
    assert!(play.actions(ActionKind::HumanContact).is_empty());
}

#[test]
fn a_silence_that_is_only_suspected_gets_no_worse() {
    let mut play = Play::hotel_with(|policy| {
        policy.touchpoints.get_mut("room_service").unwrap().tracking = Tracking::Unreliable;
    });
    room_service(&mut play);
    play.advance(&day(0, "19:50"));
    let incident = play.only_incident();
    assert_eq!((incident.severity, incident.status), (Severity::Trivial, IncidentStatus::Suspected));
}

/// What had been given up comes after days: what was asked for then helps no longer, and money is left.
#[test]
fn what_comes_days_late_is_dealt_with_although_the_incident_was_over() {
    let mut play = Play::hotel();
    room_service(&mut play);
    play.advance(&day(3, "12:00"));
    assert_eq!(play.only_incident().status, IncidentStatus::Closed);
    arrives(&mut play, &day(4, "10:00"));
    let remedy = play.actions(ActionKind::Remedy).pop().unwrap();
    assert_eq!((remedy.remedy.unwrap().kind, remedy.state), (RemedyKind::Refund, ActionState::Open));
    assert_eq!(play.only_incident().status, IncidentStatus::ActionProposed);
    assert_eq!(play.actions(ActionKind::Apology).len(), 1);
    play.assert_sound();
}

/// It came days ago, and we hear of it only now: too old to send anybody.
#[test]
fn what_came_late_long_ago_is_left_alone() {
    let mut play = Play::hotel();
    room_service(&mut play);
    play.advance(&day(2, "19:00"));
    let before = play.all_actions().len();
    arrives(&mut play, &day(0, "21:00"));
    assert_eq!(play.all_actions().len(), before);
}

fn eta(play: &mut Play, clock: &str, eta: &str) {
    let value = json!({"type": "eta_changed", "order_id": "o-1", "customer_id": "c-1", "eta": day(0, eta)});
    play.event(Contract::DeliveryDelays, &day(0, clock), value);
}

/// F1.
#[test]
fn estimates_that_hover_around_the_promise_warn_nobody() {
    let mut play = Play::hotel();
    room_service(&mut play);
    eta(&mut play, "18:30", "19:03");
    eta(&mut play, "18:35", "18:58");
    eta(&mut play, "18:40", "19:04");
    assert!(play.incidents().is_empty());
}

#[test]
fn estimates_that_jump_over_the_margin_and_back_warn_once() {
    let mut play = Play::hotel();
    room_service(&mut play);
    for (clock, estimate) in [("18:25", "19:08"), ("18:30", "18:58"), ("18:35", "19:09"), ("18:40", "19:12")] {
        eta(&mut play, clock, estimate);
        play.assert_sound();
    }
    assert_eq!(play.actions(ActionKind::EarlyWarning).len(), 1);
    play.advance(&day(0, "19:04"));
    assert_eq!(play.actions(ActionKind::Apology).len(), 1, "late for certain");
    assert_eq!(play.actions(ActionKind::EarlyWarning).len(), 1);
    play.assert_sound();
}
