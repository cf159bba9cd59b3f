//! Habits as they were measured: strength, share, streak, what does not count, and what memory may forget.

mod memory;

use std::sync::LazyLock;

use jiff::civil::Weekday;
use serde_json::json;

use super::*;
use crate::events::InitiatedBy;
use crate::policy::{Catalogue, Hours, Open, Policy, presets};
use crate::recovery::guest::Given;

static HOTEL: LazyLock<Policy> = LazyLock::new(|| {
    let mut policy = presets::hotel().unwrap();
    policy.default_site.time_zone = jiff::tz::TimeZone::UTC;
    policy.default_site.day_starts = jiff::civil::Time::midnight();
    policy.habits.other_visit_weight = 1.0;
    policy
});

fn policy(half_life_days: i64) -> Policy {
    let mut policy = HOTEL.clone();
    policy.habits.half_life = Millis::days(half_life_days);
    policy
}

/// 2024-10-04, a Friday.
const TODAY: i32 = 20_000;

fn noon(day: i32) -> Timestamp {
    Timestamp::from_millis(i64::from(day) * 86_400_000 + 12 * 3_600_000).unwrap()
}

fn today(policy: &Policy) -> Viewpoint<'_> {
    Viewpoint {
        policy,
        catalogue: &policy.catalogue,
        at: noon(TODAY),
        day: TODAY,
        site_id: "bar",
        except_order: None,
        visit: None,
        given: &[],
    }
}

fn occasion(day: i32, items: &[&str]) -> Occasion {
    let items = items.iter().map(|item| ((*item).to_owned(), 1)).collect();
    Occasion { at: noon(day), day, site_id: "bar".into(), items }
}

/// Each occasion: item, days ago; the order ids are o0, o1, ...
fn habits(occasions: &[(&str, i32)]) -> Habits {
    let mut habits = Habits::default();
    for (index, (item, ago)) in occasions.iter().enumerate() {
        habits.learn(&format!("o{index}"), occasion(TODAY - ago, &[item]));
    }
    habits
}

impl Habits {
    fn strength(&self, item_id: &str, from: Viewpoint<'_>) -> f64 {
        self.tally(from).1.get(from.kin(item_id)).map_or(0.0, |tally| tally.strength)
    }

    fn share(&self, item_id: &str, from: Viewpoint<'_>) -> f64 {
        let (total, tallies) = self.tally(from);
        tallies.get(from.kin(item_id)).map_or(0.0, |tally| tally.share(total))
    }
}

fn chosen(habits: &Habits, from: Viewpoint<'_>) -> Vec<String> {
    habits.eligible(from).into_iter().map(|habit| habit.item_id).collect()
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-12
}

/// Smoothies on the two days before, wine yesterday, and ten espressos of two months ago.
fn worked_example() -> Habits {
    let mut all = vec![("smoothie", 1), ("smoothie", 2), ("wine", 1)];
    all.extend((60..70).map(|ago| ("espresso", ago)));
    habits(&all)
}

#[test]
fn strengths_are_the_worked_numbers() {
    let habits = worked_example();
    let (week, month) = (policy(7), policy(30));
    let rounded = |item, policy: &Policy| (habits.strength(item, today(policy)) * 100.0).round() / 100.0;
    assert_eq!(rounded("smoothie", &week), 1.73);
    assert_eq!(rounded("espresso", &week), 0.02);
    assert_eq!(rounded("wine", &week), 0.91);
    assert_eq!(rounded("espresso", &month), 2.26);
    assert_eq!(rounded("smoothie", &month), 1.93);
}

#[test]
fn what_was_seen_on_one_day_is_no_habit() {
    let habits = worked_example();
    assert!(!habits.is_habit("wine", today(&policy(7))));
    let twice_on_a_day = self::habits(&[("wine", 1), ("wine", 1), ("wine", 1)]);
    assert!(twice_on_a_day.share("wine", today(&policy(7))) >= 0.40);
    assert!(!twice_on_a_day.is_habit("wine", today(&policy(7))));
}

#[test]
fn the_streak_decides_at_any_half_life() {
    let habits = worked_example();
    for half_life in [1, 7, 30, 60, 365] {
        let policy = policy(half_life);
        let first = habits.eligible(today(&policy)).into_iter().next().unwrap();
        assert_eq!((first.item_id.as_str(), first.recent_streak), ("smoothie", true), "half-life {half_life}");
    }
    // at 30 days the old espresso is stronger
    let month = policy(30);
    assert!(habits.strength("espresso", today(&month)) > habits.strength("smoothie", today(&month)));
}

#[test]
fn a_weekly_item_is_nearly_one() {
    let weekly = habits(&[("pie", 7), ("pie", 14), ("pie", 21), ("pie", 28)]);
    assert_eq!((weekly.strength("pie", today(&policy(7))) * 100.0).round() / 100.0, 0.94);
    // (0.9375 + 1) / (0.9375 + 4)
    assert!(close(weekly.share("pie", today(&policy(7))), 1.9375 / 4.9375));
    assert!(!weekly.is_habit("pie", today(&policy(7))), "0.39 is not sure enough");
    assert!(weekly.is_habit("pie", today(&policy(30))));
}

#[test]
fn the_share_counts_every_order() {
    // tea on three of four days
    let habits = habits(&[("tea", 2), ("tea", 3), ("tea", 4), ("cake", 5)]);
    let policy = policy(1_000_000);
    assert!((habits.share("tea", today(&policy)) - 4.0 / 8.0).abs() < 1e-4);
    assert_eq!(chosen(&habits, today(&policy)), ["tea"]);
    let mut strict = policy.clone();
    strict.habits.min_share = 0.51;
    assert!(habits.eligible(today(&strict)).is_empty());
}

#[test]
fn one_order_counts_once_however_many_it_had() {
    let mut habits = habits(&[("tea", 1)]);
    let mut many = occasion(TODAY - 2, &["tea"]);
    many.items.insert("tea".into(), 7);
    habits.learn("many", many);
    let half_lives = |days: f64| (-days / 7.0).exp2();
    assert!(close(habits.strength("tea", today(&policy(7))), half_lives(1.0) + half_lives(2.0)));
}

#[test]
fn the_order_of_learning_does_not_matter() {
    let forth = habits(&[("tea", 1), ("tea", 5), ("cake", 3)]);
    let mut back = Habits::default();
    for (order_id, occasion) in forth.0.iter().rev() {
        back.learn(order_id, occasion.clone());
    }
    let week = policy(7);
    assert_eq!(forth.share("tea", today(&week)).to_bits(), back.share("tea", today(&week)).to_bits());
}

#[test]
fn another_site_counts_half_and_the_failed_order_not_at_all() {
    let habits = habits(&[("tea", 1), ("tea", 2)]);
    let week = policy(7);
    let elsewhere = Viewpoint { site_id: "other", ..today(&week) };
    let one = habits.strength("tea", today(&week));
    assert!(close(habits.strength("tea", elsewhere), one / 2.0));
    let without = Viewpoint { except_order: Some("o0"), ..today(&week) };
    assert!(!habits.is_habit("tea", without));
}

#[test]
fn what_came_later_does_not_count() {
    let habits = habits(&[("tea", 1), ("tea", -1)]);
    assert!(!habits.is_habit("tea", today(&policy(7))));
}

#[test]
fn another_stay_counts_half_where_the_policy_says_so() {
    let habits = habits(&[("tea", 1), ("tea", 9)]);
    let mut week = policy(7);
    let visit = BTreeSet::from(["o0"]);
    fn from<'a>(policy: &'a Policy, visit: &'a BTreeSet<&'a str>) -> Viewpoint<'a> {
        Viewpoint { visit: Some(visit), ..today(policy) }
    }
    let all = habits.strength("tea", from(&week, &visit));
    week.habits.other_visit_weight = 0.5;
    let half_lives = |days: f64| (-days / 7.0).exp2();
    assert!(close(all, half_lives(1.0) + half_lives(9.0)));
    assert!(close(habits.strength("tea", from(&week, &visit)), half_lives(1.0) + half_lives(9.0) / 2.0));
    assert!(close(habits.strength("tea", today(&week)), all), "an order without a visit knows no other one");
}

#[test]
fn the_part_of_the_day_and_the_weekday_count_only_where_the_policy_says_so() {
    let mut habits = Habits::default();
    let evening = Timestamp::from_millis(noon(TODAY - 7).as_millis() + 8 * 3_600_000).unwrap();
    habits.learn("evening", Occasion { at: evening, ..occasion(TODAY - 7, &["wine"]) });
    habits.learn("thursday", occasion(TODAY - 1, &["wine"]));
    let mut policy = policy(7);
    let half_lives = |days: f64| (-days / 7.0).exp2();
    assert!(close(habits.strength("wine", today(&policy)), half_lives(7.0) + half_lives(1.0)));
    policy.habits.other_daypart_weight = 0.25;
    assert!(close(habits.strength("wine", today(&policy)), half_lives(7.0) / 4.0 + half_lives(1.0)));
    policy.habits.other_daypart_weight = 1.0;
    policy.habits.other_weekday_weight = 0.1;
    assert!(close(habits.strength("wine", today(&policy)), half_lives(7.0) + half_lives(1.0) / 10.0));
}

#[test]
fn before_the_first_part_of_the_day_it_is_still_night() {
    let mut policy = policy(7);
    policy.habits.other_daypart_weight = 0.0;
    let at = |day: i32, hour: i64| Timestamp::from_millis(i64::from(day) * 86_400_000 + hour * 3_600_000).unwrap();
    let mut habits = Habits::default();
    habits.learn("late", Occasion { at: at(TODAY - 2, 23), ..occasion(TODAY - 2, &["wine"]) });
    let small_hours = Viewpoint { at: at(TODAY, 3), ..today(&policy) };
    assert!(habits.strength("wine", small_hours) > 0.0);
    assert!(close(habits.strength("wine", today(&policy)), 0.0));
}

#[test]
fn a_streak_goes_over_days_on_which_the_site_is_closed() {
    // today is Friday; the house is closed on Thursdays
    let habits = habits(&[("tea", 2), ("tea", 3), ("a", 20), ("b", 21), ("c", 22), ("d", 23), ("e", 24), ("f", 25)]);
    let mut policy = policy(60);
    assert!(!habits.is_habit("tea", today(&policy)));
    let open = Open { from: jiff::civil::Time::midnight(), until: jiff::civil::Time::midnight() };
    policy.default_site.hours = Hours::daily(open);
    policy.default_site.hours.set(Weekday::Thursday, None);
    assert_eq!(chosen(&habits, today(&policy)), ["tea"]);
    assert!(habits.eligible(today(&policy))[0].recent_streak);
}

fn with_items(items: serde_json::Value) -> Catalogue {
    let mut catalogue = Catalogue::default();
    for item in items.as_array().unwrap() {
        let mut whole = json!({"names": {"en": item["item_id"]}, "price_minor": 100, "currency": "DKK"});
        whole.as_object_mut().unwrap().extend(item.as_object().unwrap().clone());
        catalogue.insert(serde_json::from_value(whole).unwrap());
    }
    catalogue
}

#[test]
fn an_item_under_two_names_is_one_habit() {
    let habits = habits(&[("smoothie", 1), ("smoothie-xl", 2)]);
    let policy = policy(7);
    let alone = with_items(json!([{"item_id": "smoothie"}, {"item_id": "smoothie-xl"}]));
    assert!(habits.eligible(Viewpoint { catalogue: &alone, ..today(&policy) }).is_empty());
    let same = with_items(json!([{"item_id": "smoothie"}, {"item_id": "smoothie-xl", "same_as": "smoothie"}]));
    let from = Viewpoint { catalogue: &same, ..today(&policy) };
    let habit = habits.eligible(from).into_iter().next().unwrap();
    assert_eq!((habit.item_id.as_str(), habit.recent_streak, habit.evidence.len()), ("smoothie", true, 2));
    assert!(habits.is_habit("smoothie-xl", from));
    // what was taken is not sold here, but the same thing is
    let elsewhere = with_items(json!([{"item_id": "sm2", "same_as": "smoothie"}, {"item_id": "smoothie"}]));
    let taken = self::habits(&[("sm2", 1), ("sm2", 2)]);
    assert_eq!(chosen(&taken, Viewpoint { catalogue: &elsewhere, ..today(&policy) }), ["sm2"]);
    let gone = with_items(json!([{"item_id": "old", "same_as": "new"}, {"item_id": "new", "same_as": "old"}]));
    let circle = self::habits(&[("old", 1), ("new", 2)]);
    assert_eq!(chosen(&circle, Viewpoint { catalogue: &gone, ..today(&policy) }), ["old"]);
}

#[test]
fn what_tells_of_health_or_belief_is_no_habit() {
    let habits = habits(&[("pills", 1), ("pills", 2)]);
    let policy = policy(7);
    let catalogue = with_items(json!([{"item_id": "pills", "tags": ["sensitive"]}]));
    let from = Viewpoint { catalogue: &catalogue, ..today(&policy) };
    assert!(habits.eligible(from).is_empty() && !habits.is_habit("pills", from));
}

#[test]
fn a_gesture_that_was_rung_up_is_no_choice_of_the_guest() {
    let habits = habits(&[("smoothie", 1), ("smoothie", 2)]);
    let policy = policy(7);
    let given = |at: Timestamp| Given {
        action_id: "a".into(),
        incident_id: "i".into(),
        item_id: Some("smoothie".into()),
        value_minor: 6_500,
        currency: "DKK".into(),
        at,
        initiated_by: InitiatedBy::Company,
    };
    let with = |given: &[Given]| chosen(&habits, Viewpoint { given, ..today(&policy) });
    assert_eq!(with(&[]), ["smoothie"]);
    assert!(with(&[given(noon(TODAY - 1) - Millis::minutes(10))]).is_empty());
    assert_eq!(
        with(&[given(noon(TODAY - 1) - Millis::hours(5))]),
        ["smoothie"],
        "that evening they ordered it themselves"
    );
}

#[test]
fn evidence_names_the_latest_three_orders() {
    let habits = habits(&[("tea", 1), ("tea", 2), ("tea", 3), ("tea", 4)]);
    let policy = policy(7);
    let evidence = habits.eligible(today(&policy)).remove(0).evidence;
    let named: Vec<(&str, &str)> =
        evidence.iter().map(|shown| (shown.order_id.as_str(), shown.date.as_str())).collect();
    assert_eq!(named, [("o2", "2024-10-01"), ("o1", "2024-10-02"), ("o0", "2024-10-03")]);
}
