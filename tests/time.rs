//! Safe time: what waits for it, what does not, and what happens while it is held.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod play;

use play::{Play, day, order};
use serde_json::json;
use service_recovery::events::{ActionKind, ActionState, Contract, FailureKind, IncidentStatus};
use service_recovery::policy::Tracking;

fn promised(play: &mut Play, promised_at: &str) {
    play.event(
        Contract::Orders,
        &day(0, "13:00"),
        json!({"type": "placed", "order_id": "o-1", "customer_id": "c-1", "site_id": "strandhotellet",
            "touchpoint": "pool_bar", "party_size": 2, "currency": "DKK", "promised_at": promised_at,
            "lines": [order::salads()]}),
    );
}

fn unreliable() -> Play {
    Play::hotel_with(|policy| policy.touchpoints.get_mut("pool_bar").unwrap().tracking = Tracking::Unreliable)
}

#[test]
fn while_the_clock_is_held_it_is_suspected_and_nobody_is_sent() {
    for mut play in [Play::hotel(), unreliable()] {
        promised(&mut play, &day(0, "13:30"));
        play.advance(&day(0, "13:20"));
        play.hold_safe_time();
        play.advance(&day(0, "13:40"));
        assert_eq!(play.only_incident().status, IncidentStatus::Suspected);
        assert!(play.all_actions().is_empty(), "{:#?}", play.all_actions());
        play.fulfilled("o-1", &day(0, "13:25"), json!({}));
        play.release_safe_time();
        assert!(play.standing().is_empty());
        assert!(play.all_actions().is_empty());
        play.assert_sound();
    }
}

#[test]
fn when_the_clock_goes_on_the_suspicion_is_acted_on() {
    let mut play = Play::hotel();
    promised(&mut play, &day(0, "13:30"));
    play.hold_safe_time();
    play.advance(&day(0, "13:40"));
    play.release_safe_time();
    assert_eq!(play.only(ActionKind::Apology).state, ActionState::Open);

    let mut play = unreliable();
    promised(&mut play, &day(0, "13:30"));
    play.hold_safe_time();
    play.advance(&day(0, "13:40"));
    play.release_safe_time();
    assert_eq!(play.only(ActionKind::Check).state, ActionState::Open);
    assert!(play.actions(ActionKind::Apology).is_empty());
}

#[test]
fn held_for_too_long_the_suspicion_becomes_history_and_is_forgotten() {
    for mut play in [Play::hotel(), unreliable()] {
        promised(&mut play, &day(0, "13:30"));
        play.hold_safe_time();
        play.advance(&day(0, "19:00"));
        play.release_safe_time();
        let incident = play.only_incident();
        assert_eq!((incident.status, incident.history), (IncidentStatus::Closed, true));
        assert!(play.all_actions().is_empty());
        play.advance(&day(120, "12:00"));
        assert_eq!(play.entities(), 0, "nothing is left to remember");
        play.assert_sound();
    }
}

#[test]
fn before_the_first_safe_time_a_complaint_waits_for_patience_and_its_gesture_for_longer() {
    let mut play = Play::hotel();
    play.habits();
    play.order("o-1", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-1", &day(0, "13:10"), json!({}));
    play.advance(&day(0, "13:20"));
    play.restart_without_safe_time();
    play.remark(&day(0, "13:20"), json!({"order_id": "o-1", "failure": "item_partial", "item_id": "salad"}));
    assert!(play.all_actions().is_empty());
    play.advance(&day(0, "13:21"));
    assert_eq!(play.only(ActionKind::Apology).state, ActionState::Open);
    assert!(play.actions(ActionKind::Gesture).is_empty(), "the profile may still be on its way");
    play.release_safe_time();
    play.advance(&day(0, "13:22"));
    assert_eq!(play.only(ActionKind::Gesture).after, Some(play.only(ActionKind::Apology).id));
    play.assert_sound();
}

#[test]
fn what_our_own_people_saw_waits_no_longer_than_a_complaint() {
    let mut play = Play::hotel();
    play.order("o-1", &day(0, "13:00"), &[order::salads()]);
    play.restart_without_safe_time();
    play.remark(&day(0, "13:20"), json!({"order_id": "o-1", "form": "observed", "failure": "item_wrong"}));
    play.advance(&day(0, "13:21"));
    assert_eq!(play.actions(ActionKind::Apology).len(), 1);
}

#[test]
fn a_finding_that_went_away_before_the_first_safe_time_leaves_nothing() {
    let mut play = Play::hotel();
    promised(&mut play, &day(0, "13:30"));
    play.advance(&day(0, "13:40"));
    play.event(Contract::Orders, &day(0, "13:41"), fulfilled("e-1", "13:25", None));
    assert!(play.standing().is_empty(), "it had been there in time");
    play.restart_without_safe_time();
    // no, it had not, and then again it had
    play.event(Contract::Orders, &day(0, "13:42"), fulfilled("e-2", "13:45", Some("e-1")));
    play.event(Contract::Orders, &day(0, "13:43"), fulfilled("e-3", "13:25", Some("e-2")));
    play.release_safe_time();
    play.advance(&day(0, "14:00"));
    assert!(play.standing().is_empty(), "{:#?}", play.standing());
    assert!(play.all_actions().iter().all(|action| !action.state.is_open()));
    play.assert_sound();
}

fn fulfilled(id: &str, clock: &str, corrects: Option<&str>) -> serde_json::Value {
    json!({"id": id, "time": day(0, clock), "type": "fulfilled", "order_id": "o-1", "customer_id": "c-1",
        "corrects": corrects})
}

#[test]
fn a_promise_that_is_past_when_it_arrives_waits_for_what_is_still_on_its_way() {
    let mut play = Play::hotel();
    play.hold_everything_until(&day(0, "13:40"));
    promised(&mut play, &day(0, "13:30"));
    play.fulfilled("o-1", &day(0, "13:25"), json!({}));
    play.advance(&day(0, "14:00"));
    assert!(play.incidents().is_empty());
}

#[test]
fn lateness_is_one_shortfall_from_the_warning_to_the_arrival() {
    let mut play = Play::hotel();
    promised(&mut play, &day(0, "13:30"));
    let eta = json!({"type": "eta_changed", "order_id": "o-1", "customer_id": "c-1", "eta": day(0, "13:50")});
    play.event(Contract::DeliveryDelays, &day(0, "13:10"), eta);
    assert_eq!(play.only_incident().shortfalls[0].kind, FailureKind::DeliveryPredictedLate);
    assert_eq!(play.actions(ActionKind::EarlyWarning).len(), 1);
    play.advance(&day(0, "13:40"));
    play.fulfilled("o-1", &day(0, "13:50"), json!({}));
    let incident = play.only_incident();
    assert_eq!(incident.shortfalls.len(), 1);
    assert_eq!(incident.shortfalls[0].kind, FailureKind::DeliveryLate);
    assert_eq!(play.actions(ActionKind::EarlyWarning).len(), 1);
    assert_eq!(play.actions(ActionKind::Apology).len(), 1);
    play.assert_sound();
}
