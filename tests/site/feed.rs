//! A feed that falls silent is one dead feed, not a hundred failures; and one order that never comes is a failure.

use rstest::rstest;
use service_recovery::events::{Authority, FailureKind, IncidentStatus};
use service_recovery::policy::FeedWatchPolicy;
use service_recovery::recovery::{EntityKey, Observation};

use super::*;

fn watched() -> Arc<Policy> {
    hotel(|policy| {
        policy.feed_watch = Some(FeedWatchPolicy {
            orders: 5,
            silent_for: Millis::minutes(5),
            gaps: 3,
            catch_up: Millis::minutes(10),
            authority: Authority::A3,
        });
        policy.insights.threshold = 1_000;
    })
}

/// Room service for guest `n`, promised `n` minutes after 12:30.
fn ordered(play: &mut Play, n: i64) {
    placed(
        play,
        &format!("g{n}"),
        n - 30,
        json!({"touchpoint": "room_service", "promised_at": minute(30 + n), "lines": [order::smoothies()]}),
    );
}

fn came(play: &mut Play, n: i64, at: i64) {
    let value = json!({"id": format!("g{n}-came"), "time": minute(at), "type": "fulfilled", "order_id": format!("o-g{n}"),
        "customer_id": format!("g{n}")});
    play.event_as_is(Contract::Orders, value);
}

/// An order a minute, for an hour and a half; what is promised up to `alive` minutes after 12:30 comes in time.
fn until_it_dies(alive: i64, stop: Option<i64>) -> Play {
    let mut play = Play::with(watched());
    for n in 0..90 {
        ordered(&mut play, n);
        if n >= 30 && n - 30 <= alive {
            came(&mut play, n - 30, n);
        }
        if Some(n) == stop {
            play.restart();
        }
    }
    play
}

fn standing(play: &Play, status: IncidentStatus) -> usize {
    play.incidents().iter().filter(|incident| incident.status == status).count()
}

fn apologies(play: &Play) -> usize {
    play.actions(ActionKind::Apology).len()
}

fn feed_calls(play: &Play) -> Vec<RecoveryAction> {
    calls(play, "feed_silent")
}

#[test]
fn a_dead_feed_is_one_call_and_no_hundred_apologies() {
    let mut play = until_it_dies(20, None);
    play.advance(&minute(125));
    let calls = feed_calls(&play);
    assert_eq!(calls.len(), 1, "{calls:#?}");
    assert_eq!((calls[0].assignee.as_str(), calls[0].site_id.as_str()), ("duty_manager", SITE));
    assert_eq!(
        calls[0].why,
        "Nothing has been confirmed for any of the 5 orders promised since 12:51. Until it is clear, nobody is sent to \
         these guests."
    );
    assert_eq!((play.observed(Observation::FeedSilent), play.observed(Observation::FeedBack)), (1, 0));
    assert_eq!(apologies(&play), 4, "until it was clear");
    assert_eq!(standing(&play, IncidentStatus::Suspected), 65, "suspected, and nobody is sent");
    assert!(play.actions(ActionKind::Check).is_empty());
    play.assert_sound();
}

#[test]
fn when_it_is_back_what_came_in_time_is_forgotten_and_what_never_came_is_not() {
    let mut play = until_it_dies(20, None);
    play.advance(&minute(120));
    // what was held up comes, but for one order that nobody ever brought
    for n in (21..90).filter(|n| *n != 60) {
        let value = json!({"id": format!("g{n}-came"), "time": minute(30 + n - 1), "type": "fulfilled",
            "order_id": format!("o-g{n}"), "customer_id": format!("g{n}")});
        play.event_as_is(Contract::Orders, value);
    }
    assert_eq!(apologies(&play), 4);
    assert_eq!(standing(&play, IncidentStatus::Suspected), 1, "what came in time is none");
    play.advance(&minute(150));
    let lost: Vec<RecoveryAction> = of_guest(&play, ActionKind::Apology, "g60");
    assert_eq!(lost.len(), 1, "one real failure");
    assert_eq!(lost[0].shortfalls[0].kind, FailureKind::NeverConfirmed);
    assert_eq!(play.observed(Observation::FeedBack), 1);
    assert_eq!(feed_calls(&play)[0].state, ActionState::Superseded);
    assert_eq!(standing(&play, IncidentStatus::Suspected), 0);
    play.assert_sound();
}

#[test]
fn it_waits_for_what_is_held_up_before_it_believes_the_silence() {
    let mut play = until_it_dies(20, None);
    play.advance(&minute(120));
    came(&mut play, 89, 121);
    play.advance(&minute(130));
    assert_eq!(apologies(&play), 4, "the rest may be on its way");
    play.advance(&minute(150));
    assert_eq!(apologies(&play), 4 + 64, "and now every one of them is a failure");
}

#[test]
fn a_person_says_that_it_is_the_kitchen() {
    let mut play = until_it_dies(20, None);
    play.advance(&minute(120));
    let call = feed_calls(&play)[0].clone();
    let value = json!({"reply_to": call.reply_to, "status": "false_alarm", "staff_id": "jens"});
    play.event(Contract::RecoveryOutcomes, &minute(121), value);
    play.advance(&minute(140));
    assert_eq!(apologies(&play), 69, "nobody is forgotten");
    assert_eq!((feed_calls(&play).len(), play.observed(Observation::FeedBack)), (1, 1), "and nobody is called again");
}

#[test]
fn one_order_that_never_comes_is_made_up_for_at_once() {
    let mut play = Play::with(watched());
    for n in 0..90 {
        ordered(&mut play, n);
        if n >= 30 && n != 50 {
            came(&mut play, n - 30, n);
        }
    }
    assert_eq!(of_guest(&play, ActionKind::Apology, "g20").len(), 1);
    assert_eq!(apologies(&play), 1);
    assert!(feed_calls(&play).is_empty());
}

#[test]
fn the_only_order_of_a_quiet_day_is_believed() {
    let mut play = Play::with(watched());
    ordered(&mut play, 0);
    play.advance(&minute(60));
    assert_eq!((apologies(&play), feed_calls(&play).len()), (1, 0));
}

#[test]
fn where_few_orders_come_it_takes_longer() {
    let mut play = Play::with(watched());
    // one in twenty minutes
    for n in 0..12 {
        ordered(&mut play, n * 20);
        came(&mut play, n * 20, n * 20 + 20);
    }
    for n in 240..246 {
        ordered(&mut play, n); // a party of six, forgotten
    }
    play.advance(&minute(290));
    assert_eq!((apologies(&play), feed_calls(&play).len()), (6, 0), "an hour of silence would be strange here");
}

#[test]
fn without_the_section_all_silence_is_believed() {
    let mut play = Play::with(hotel(|policy| policy.feed_watch = None));
    (0..20).for_each(|n| ordered(&mut play, n));
    play.advance(&minute(120));
    assert_eq!((apologies(&play), feed_calls(&play).len()), (20, 0));
    assert!(play.entity(&EntityKey::watch(SITE)).is_none());
}

#[rstest]
#[case::while_it_lives(40)]
#[case::when_it_dies(53)]
#[case::while_it_is_silent(80)]
fn a_restart_changes_nothing(#[case] stop: i64) {
    let end = |mut play: Play| {
        play.advance(&minute(120));
        came(&mut play, 80, 121);
        play.restart();
        play.advance(&minute(170));
        play.outputs().to_vec()
    };
    assert_eq!(end(until_it_dies(20, None)), end(until_it_dies(20, Some(stop))));
}

#[test]
fn in_any_order_the_same_is_found() {
    let play = |reverse: bool| {
        let mut play = Play::with(watched());
        (0..60).for_each(|n| ordered(&mut play, n));
        play.hold_everything_until(&minute(28));
        let mut heard: Vec<i64> = (0..=20).collect();
        if reverse {
            heard.reverse();
        }
        for n in heard {
            let value = json!({"id": format!("g{n}-came"), "time": minute(28 + n / 20), "type": "fulfilled",
                "order_id": format!("o-g{n}"), "customer_id": format!("g{n}")});
            play.event_as_is(Contract::Orders, value);
        }
        play.advance(&minute(110));
        let found: Vec<_> = play.incidents().into_iter().map(|incident| (incident.id, incident.status)).collect();
        (found, feed_calls(&play).len())
    };
    assert_eq!(play(false), play(true));
}

#[test]
fn when_nobody_ever_looks_it_ends_as_old_news() {
    let mut play = until_it_dies(20, None);
    play.advance(&minute(3 * 24 * 60));
    assert_eq!(apologies(&play), 4, "nobody is sent to a guest of three days ago");
    let history = play.incidents().into_iter().filter(|incident| incident.history).count();
    assert_eq!(history, 65, "but every one of them is known");
    play.advance(&minute(20 * 24 * 60));
    assert!(play.entity(&EntityKey::watch(SITE)).is_none());
}
