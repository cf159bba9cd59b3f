//! Budgets by day and by shift, and what switches gestures off.

use proptest::prelude::*;
use service_recovery::policy::Shift;

use super::*;

/// Generic treats only, one after the other until the budget is used: a lemonade costs the bar 12.00.
fn with_budget(minor: i64) -> Arc<Policy> {
    hotel(|policy| policy.default_site.daily_budget = dkk(minor))
}

fn gifts(play: &Play) -> usize {
    play.actions(ActionKind::Gesture).len()
}

/// What one generic gesture costs the site.
fn cost() -> i64 {
    let policy = hotel(|_| {});
    let item = policy.catalogue.item(SITE, &policy.gestures.generic[0]).unwrap().clone();
    item.cost_minor.unwrap_or(item.price_minor)
}

#[test]
fn a_day_gives_what_its_budget_holds_and_says_why_it_gives_no_more() {
    let mut play = Play::with(with_budget(cost() * 2));
    for n in 0..4 {
        let_down(&mut play, &format!("g{n}"), n * 15);
    }
    assert_eq!((gifts(&play), play.actions(ActionKind::Apology).len()), (2, 4));
    assert_eq!(reason(&play, "g1"), None);
    assert_eq!(reason(&play, "g2").as_deref(), Some("budget_site_day"));
    // the next service day begins at four in the morning
    let_down(&mut play, "at-three", 15 * 60 - 1);
    assert_eq!(reason(&play, "at-three").as_deref(), Some("budget_site_day"));
    let_down(&mut play, "at-five", 17 * 60);
    assert_eq!(gifts(&play), 3);
    play.assert_sound();
}

#[test]
fn what_is_turned_down_is_there_for_somebody_else() {
    let mut play = Play::with(with_budget(cost()));
    let_down(&mut play, "one", 0);
    play.restart();
    let_down(&mut play, "two", 15);
    assert_eq!(reason(&play, "two").as_deref(), Some("budget_site_day"), "reserved, also after a restart");
    play.answer(ActionKind::Gesture, &minute(20), json!({"status": "declined", "declined_by": "guest"}));
    play.restart();
    let_down(&mut play, "three", 30);
    assert_eq!(gifts(&play), 2, "released");
}

#[test]
fn what_nobody_gave_is_released_when_its_time_is_up() {
    let mut play = Play::with(hotel(|policy| {
        policy.default_site.daily_budget = dkk(cost());
        policy.gestures.generic.truncate(1);
        for touchpoint in policy.touchpoints.values_mut() {
            touchpoint.reporting = service_recovery::policy::Reporting::Always;
        }
        policy.rules.iter_mut().for_each(|rule| {
            rule.then.gesture.retain(|kind| *kind == service_recovery::events::GestureKind::GenericTreat);
        });
    }));
    let_down(&mut play, "one", 0);
    let_down(&mut play, "two", 60);
    assert_eq!(gifts(&play), 1);
    play.advance(&minute(4 * 60));
    assert_eq!(play.only(ActionKind::Gesture).state, ActionState::Expired);
    let_down(&mut play, "three", 5 * 60);
    assert_eq!(gifts(&play), 2);
}

#[test]
fn a_gesture_counts_with_what_it_really_cost() {
    let story = |worth: Value| {
        let mut play = Play::with(with_budget(10_000));
        let_down(&mut play, "one", 0);
        play.answer(
            ActionKind::Gesture,
            &minute(5),
            json!({"status": "done", "value_minor": worth, "currency": "DKK"}),
        );
        for n in 0..4 {
            let_down(&mut play, &format!("g{n}"), 15 + n * 15);
        }
        (gifts(&play), calls(&play, "budget").len())
    };
    assert_eq!(story(Value::Null), (5, 0));
    assert_eq!(story(json!(9_500)), (1, 1), "staff gave something dearer");
}

#[test]
fn what_staff_give_of_their_own_accord_is_part_of_the_days_total() {
    let mut play = Play::with(with_budget(5_000));
    placed(&mut play, "one", 0, json!({}));
    let given = json!({"customer_id": "one", "order_id": "o-one", "status": "done", "kind": "gesture",
        "value_minor": 5_000, "currency": "DKK"});
    play.event(Contract::RecoveryOutcomes, &minute(5), given);
    let_down(&mut play, "two", 20);
    assert_eq!(reason(&play, "two").as_deref(), Some("budget_site_day"));
}

#[test]
fn a_shift_has_a_budget_of_its_own() {
    let shift = |hour, minor| Shift { starts: jiff::civil::time(hour, 0, 0, 0), budget: dkk(minor) };
    let mut play = Play::with(hotel(|policy| {
        policy.default_site.limits.shifts = vec![shift(7, cost()), shift(15, cost() * 2), shift(22, 0)];
    }));
    for n in 0..3 {
        let_down(&mut play, &format!("early{n}"), n * 15);
    }
    assert_eq!(gifts(&play), 1);
    assert_eq!(reason(&play, "early1").as_deref(), Some("budget_site_shift"));
    for n in 0..3 {
        let_down(&mut play, &format!("late{n}"), 181 + n * 15);
    }
    assert_eq!(gifts(&play), 3);
    let_down(&mut play, "night", 10 * 60 + 1);
    let_down(&mut play, "after-midnight", 13 * 60);
    assert_eq!(gifts(&play), 3, "the night shift goes on after midnight");
    assert_eq!(reason(&play, "after-midnight").as_deref(), Some("budget_site_shift"));
    play.assert_sound();
}

#[test]
fn one_person_is_told_once_a_day_that_the_budget_is_nearly_used() {
    let mut play = Play::with(with_budget(cost() * 10));
    for n in 0..12 {
        let_down(&mut play, &format!("g{n}"), n * 15);
        let expected = usize::from(n >= 7);
        assert_eq!(calls(&play, "budget").len(), expected, "after {}", n + 1);
    }
    let call = calls(&play, "budget").remove(0);
    assert_eq!((call.assignee.as_str(), call.site_id.as_str()), ("duty_manager", SITE));
    assert_eq!(call.decision.facts["percent"], "80");
    assert!(call.why.starts_with("80 % of the day's budget is used."), "{}", call.why);
    play.answer_action(&call.id, &minute(200), json!({"status": "accepted"}));
    play.answer_action(&call.id, &minute(201), json!({"status": "done"}));
    play.answer_action(&call.id, &minute(202), json!({"status": "done"}));
    let call = calls(&play, "budget").remove(0);
    assert_eq!((call.state, call.revision, call.accepted_by.as_deref()), (ActionState::Done, 3, Some("ida")));
    for n in 0..12 {
        let_down(&mut play, &format!("next{n}"), 24 * 60 + n * 15);
    }
    assert_eq!(calls(&play, "budget").len(), 2, "another day");
    play.advance(&minute(48 * 60));
    assert_eq!(calls(&play, "budget")[1].state, ActionState::Unreported);
    play.assert_sound();
}

#[test]
fn switched_off_there_are_apologies_only() {
    for policy in
        [hotel(|policy| policy.gestures.enabled = false), hotel(|policy| policy.default_site.limits.gestures = false)]
    {
        let mut play = Play::with(policy);
        let_down(&mut play, "one", 0);
        assert_eq!((gifts(&play), play.actions(ActionKind::Apology).len()), (0, 1));
        assert_eq!(reason(&play, "one").as_deref(), Some("apology_only"));
    }
}

#[test]
fn the_second_time_no_apology_is_left_bare_for_want_of_budget() {
    let mut play = Play::with(with_budget(0));
    play.habits();
    for n in 0..2 {
        let order_id = format!("o-{n}");
        play.order(&order_id, &minute(n * 300), &[order::salads()]);
        play.fulfilled(&order_id, &minute(n * 300 + 10), json!({"completes": true, "lines": [order::bare_salads()]}));
    }
    let of_order = |order_id: &str| {
        let actions = play.all_actions().into_iter();
        actions
            .filter(|action| action.order_id.as_deref() == Some(order_id))
            .map(|action| action.kind)
            .collect::<Vec<_>>()
    };
    assert!(!of_order("o-0").contains(&ActionKind::HumanContact));
    assert!(of_order("o-1").contains(&ActionKind::HumanContact), "{:?}", of_order("o-1"));
}

#[test]
fn where_nothing_personal_may_be_used_nothing_personal_is() {
    let mut play = Play::with(hotel(|policy| policy.default_site.limits.personal = false));
    play.habits();
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let gesture = play.only(ActionKind::Gesture).gesture.unwrap();
    assert!(!gesture.personalised && gesture.evidence.is_empty(), "{gesture:?}");
    assert_ne!(gesture.item_id.as_deref(), Some("strawberry-smoothie"));
}

#[derive(Debug, Clone)]
enum Step {
    LetDown,
    Decline(usize),
    Done(usize, Option<i64>),
    Restart,
    Later(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::LetDown),
        2 => any::<usize>().prop_map(Step::Decline),
        2 => (any::<usize>(), proptest::option::of(0..4_000_i64)).prop_map(|(index, worth)| Step::Done(index, worth)),
        1 => Just(Step::Restart),
        1 => (1..200_i64).prop_map(Step::Later),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is granted, declined, given dearer or cheaper, with restarts: a day's and a shift's gestures were within
    /// their budgets when each of them was granted.
    #[test]
    fn budgets_hold_in_every_history(steps in proptest::collection::vec(step(), 1..40), budget in 0..8_000_i64) {
        let shift = |hour, minor| Shift { starts: jiff::civil::time(hour, 0, 0, 0), budget: dkk(minor) };
        let policy = hotel(|policy| {
            policy.default_site.daily_budget = dkk(budget);
            policy.default_site.limits.shifts = vec![shift(7, budget / 2), shift(16, budget)];
        });
        let mut play = Play::with(Arc::clone(&policy));
        let mut now = 0;
        let mut stated: BTreeMap<String, i64> = BTreeMap::new();
        for (n, step) in steps.iter().enumerate() {
            now += 11;
            let open: Vec<RecoveryAction> =
                play.actions(ActionKind::Gesture).into_iter().filter(|action| action.state.is_open()).collect();
            let pick = |index: usize| (!open.is_empty()).then(|| open[index % open.len()].id.clone());
            match step {
                Step::LetDown => let_down(&mut play, &format!("g{n}"), now),
                Step::Decline(index) => {
                    if let Some(id) = pick(*index) {
                        play.answer_action(&id, &minute(now), json!({"status": "declined", "declined_by": "guest"}));
                    }
                }
                Step::Done(index, worth) => {
                    if let Some(id) = pick(*index) {
                        let answer = json!({"status": "done", "value_minor": worth, "currency": "DKK"});
                        play.answer_action(&id, &minute(now), answer);
                        stated.extend(worth.map(|worth| (id, worth)));
                    }
                }
                Step::Restart => play.restart(),
                Step::Later(minutes) => now += minutes,
            }
        }
        let site = &policy.default_site;
        let mut by_day: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for action in play.actions(ActionKind::Gesture) {
            if matches!(action.state, ActionState::Declined | ActionState::Expired | ActionState::Retracted) {
                continue;
            }
            let gesture = action.gesture.unwrap();
            let item = gesture.item_id.as_deref().and_then(|id| policy.catalogue.item(SITE, id));
            let reserved = item.map_or(0, |item| item.cost_minor.unwrap_or(item.price_minor) * gesture.quantity);
            let real = stated.get(&action.id).copied().filter(|worth| *worth != gesture.value_minor).unwrap_or(reserved);
            let day = site.service_day(first_said(&play, &action.id)).to_string();
            let (spent, dearer) = by_day.entry(day).or_default();
            *spent += real;
            *dearer += (real - reserved).max(0); // staff may: it is what is granted afterwards that is less
        }
        for (day, (spent, dearer)) in by_day {
            prop_assert!(spent <= budget + dearer, "{spent} of {budget} and {dearer} on {day}");
        }
        let days: std::collections::BTreeSet<String> =
            (0..=now).step_by(30).map(|minutes| site.service_day(at(&minute(minutes))).to_string()).collect();
        prop_assert!(calls(&play, "budget").len() <= days.len(), "once a day");
        play.assert_sound();
    }
}

fn first_said(play: &Play, id: &str) -> service_recovery::events::Timestamp {
    let of_action = |output: &service_recovery::events::Output| match &output.payload {
        service_recovery::events::Payload::Action(action) if action.id == id => Some(action.time),
        _ => None,
    };
    play.outputs().iter().find_map(of_action).unwrap()
}
