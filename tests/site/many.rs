//! Many guests hit by one cause at once: apologies go on, gestures wait, and afterwards everybody gets the same.

use std::collections::BTreeSet;

use rstest::rstest;
use service_recovery::events::{FailureKind, Gesture, InsightType, Payload};
use service_recovery::policy::BreakerPolicy;
use service_recovery::recovery::{EntityKey, Observation};

use super::*;

const EQUAL: i64 = 3_500;

fn breaker() -> BreakerPolicy {
    BreakerPolicy {
        share_percent: 20,
        least: 20,
        window: Millis::minutes(10),
        cool_down: Millis::minutes(15),
        orders_within: Millis::hours(2),
        sample: 1,
        equal: dkk(EQUAL),
        authority: service_recovery::events::Authority::A3,
    }
}

fn with_breaker(edit: impl FnOnce(&mut Policy)) -> Arc<Policy> {
    hotel(|policy| {
        policy.breaker = Some(breaker());
        policy.default_site.daily_budget.clear();
        edit(policy);
    })
}

/// Guests `from..to` of 500 are served 15 minutes too late, all within ten minutes, the odd ones with a habit.
fn late(play: &mut Play, from: i64, to: i64) {
    for n in from..to {
        let second = n * 2;
        let value = json!({"id": format!("f{n}"), "time": time(second), "type": "fulfilled", "order_id": format!("o-{n}"),
            "customer_id": format!("g{n}")});
        play.event_as_is(Contract::Orders, value);
    }
}

/// So many seconds after 13:15.
fn time(second: i64) -> String {
    (at(&minute(75)) + Millis::seconds(second)).to_string()
}

/// 500 orders are promised for 13:00 and the minutes after.
fn ordered(play: &mut Play, orders: i64) {
    for n in 0..orders {
        let promised_at = (at(&minute(60)) + Millis::seconds(n * 2)).to_string();
        placed(
            play,
            &format!("g{n}"),
            30,
            json!({"id": format!("p{n}"), "order_id": format!("o-{n}"),
            "touchpoint": "breakfast", "promised_at": promised_at, "lines": [order::salads()]}),
        );
    }
}

fn gifts(play: &Play) -> Vec<Gesture> {
    play.actions(ActionKind::Gesture).into_iter().filter_map(|action| action.gesture).collect()
}

fn insights(play: &Play) -> BTreeSet<String> {
    let of = |payload: &Payload| match payload {
        Payload::Insight(insight) => Some(insight.id.clone()),
        _ => None,
    };
    play.outputs().iter().filter_map(|output| of(&output.payload)).collect()
}

fn story(policy: Arc<Policy>, stop: Option<i64>) -> Play {
    let mut play = Play::with(policy);
    ordered(&mut play, 500);
    match stop {
        Some(stop) => {
            late(&mut play, 0, stop);
            play.restart();
            late(&mut play, stop, 300);
        }
        None => late(&mut play, 0, 300),
    }
    play
}

#[test]
fn three_hundred_of_five_hundred_late_within_ten_minutes() {
    let mut play = story(with_breaker(|_| {}), None);
    assert_eq!(play.actions(ActionKind::Apology).len(), 300, "every one of them hears that we are sorry");
    let before = gifts(&play).len();
    assert_eq!(before, 99, "until a fifth of the orders were late");
    assert_eq!(play.observed(Observation::BreakerOpened), 1);
    let call = calls(&play, "many_at_once");
    assert_eq!(call.len(), 1, "{call:#?}");
    assert_eq!((call[0].assignee.as_str(), &call[0].decision.facts["guests"]), ("duty_manager", &"100".to_owned()));
    assert_eq!(call[0].decision.facts["orders"], "500");
    assert_eq!(
        call[0].instruction,
        "Find out what is behind it, and decide what these guests are told: the order came late."
    );
    assert_eq!(insights(&play).len(), 1, "one insight, however often it is told");
    let held = play.actions(ActionKind::Apology).into_iter();
    let held = held.filter(|apology| apology.decision.facts.get("gesture").is_some_and(|gesture| gesture == "held"));
    assert_eq!(held.count(), 201);

    play.advance(&time(600 + 10 * 60));
    assert_eq!(gifts(&play).len(), before, "it has not been over for long enough");
    play.advance(&time(600 + 26 * 60));
    assert_eq!(play.observed(Observation::BreakerClosed), 1);
    let after = gifts(&play).split_off(before);
    assert_eq!(after.len(), 201);
    for gesture in &after {
        assert!(!gesture.personalised && gesture.evidence.is_empty(), "{gesture:?}");
        assert!(gesture.value_minor <= EQUAL);
    }
    let worth: BTreeSet<i64> = after.iter().map(|gesture| gesture.value_minor).collect();
    assert_eq!(worth.len(), 1, "the same for all");
    assert_eq!(calls(&play, "many_at_once")[0].state, ActionState::Superseded);
    play.assert_sound();
}

#[rstest]
#[case::before(50)]
#[case::at_the_moment(100)]
#[case::while_it_lasts(200)]
fn a_restart_changes_nothing(#[case] stop: i64) {
    let end = |mut play: Play| {
        play.advance(&time(600 + 40 * 60));
        play.outputs().to_vec()
    };
    let undisturbed = end(story(with_breaker(|_| {}), None));
    assert_eq!(undisturbed, end(story(with_breaker(|_| {}), Some(stop))));
}

#[test]
fn it_takes_a_share_of_the_orders_and_a_least_number() {
    let mut play = Play::with(with_breaker(|_| {}));
    ordered(&mut play, 500);
    late(&mut play, 0, 90);
    assert!(calls(&play, "many_at_once").is_empty(), "less than a fifth");
    let mut play = Play::with(with_breaker(|_| {}));
    ordered(&mut play, 19);
    late(&mut play, 0, 19);
    assert!(calls(&play, "many_at_once").is_empty(), "all of a few");
}

#[test]
fn spread_over_the_day_they_are_no_mass_event() {
    let mut play = Play::with(with_breaker(|_| {}));
    ordered(&mut play, 100);
    for n in 0..100 {
        let value = json!({"id": format!("f{n}"), "time": minute(75 + n), "type": "fulfilled", "order_id": format!("o-{n}"),
            "customer_id": format!("g{n}")});
        play.event_as_is(Contract::Orders, value);
    }
    assert!(calls(&play, "many_at_once").is_empty());
}

#[test]
fn another_cause_does_not_wait() {
    let mut play = story(with_breaker(|_| {}), None);
    let before = gifts(&play).len();
    placed(&mut play, "other", 76, json!({}));
    let value = json!({"id": "other-came", "time": time(599), "type": "fulfilled", "order_id": "o-other",
        "customer_id": "other", "completes": true, "lines": [order::bare_salads()]});
    play.event_as_is(Contract::Orders, value);
    assert_eq!(gifts(&play).len(), before + 1);
}

#[test]
fn without_a_breaker_nobody_waits() {
    let play = story(with_breaker(|policy| policy.breaker = None), None);
    assert_eq!((gifts(&play).len(), calls(&play, "many_at_once").len()), (300, 0));
    assert!(play.entity(&EntityKey::watch(SITE)).is_none(), "and no order is counted");
}

#[test]
fn one_in_ten_orders_stands_for_ten() {
    let mut play = Play::with(with_breaker(|policy| policy.breaker.as_mut().unwrap().sample = 10));
    ordered(&mut play, 500);
    late(&mut play, 0, 300);
    let orders: i64 = calls(&play, "many_at_once")[0].decision.facts["orders"].parse().unwrap();
    assert!((350..=650).contains(&orders), "{orders}");
}

#[test]
fn in_any_order_and_told_twice_the_same_guests_get_the_same() {
    let play = |reverse: bool| {
        let mut play = Play::with(with_breaker(|_| {}));
        ordered(&mut play, 100);
        play.hold_everything_until(&time(300));
        let mut guests: Vec<i64> = (0..60).collect();
        if reverse {
            guests.reverse();
        }
        for n in guests {
            late(&mut play, n, n + 1);
            late(&mut play, n, n + 1);
        }
        play
    };
    for reverse in [false, true] {
        let play = play(reverse);
        assert_eq!(play.actions(ActionKind::Apology).len(), 60);
        assert_eq!((gifts(&play).len(), calls(&play, "many_at_once").len()), (19, 1));
    }
}

#[test]
fn whoever_was_taken_back_waits_for_nothing() {
    let mut play = story(with_breaker(|_| {}), None);
    let before = gifts(&play).len();
    for apology in play.actions(ActionKind::Apology).into_iter().skip(200) {
        play.answer_action(&apology.id, &time(601), json!({"status": "false_alarm"}));
    }
    play.advance(&time(600 + 60 * 60));
    assert_eq!(gifts(&play).len(), before + 101);
    play.assert_sound();
}

#[test]
fn afterwards_nothing_is_remembered() {
    let mut play = story(with_breaker(|_| {}), None);
    play.advance(&time(24 * 60 * 60));
    assert!(play.entity(&EntityKey::watch(SITE)).is_none());
    let resolved =
        |payload: &Payload| matches!(payload, Payload::Insight(it) if it.insight_type == InsightType::Reported);
    assert_eq!(play.outputs().iter().filter(|output| resolved(&output.payload)).count(), 1);
    assert!(play.incidents().iter().all(|incident| incident.shortfalls[0].kind == FailureKind::DeliveryLate));
}
