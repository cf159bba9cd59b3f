//! What memory may forget: so many occasions, so many items, and the choice is the same.

use super::*;
use crate::recovery::guest::viewpoint::day_number;

#[test]
fn memory_keeps_the_newest_occasions_and_of_each_what_there_was_most_of() {
    let mut habits = Habits::default();
    for ago in 0..i32::try_from(MAX_OCCASIONS).unwrap() + 20 {
        habits.learn(&format!("o{ago}"), occasion(TODAY - ago, &["tea"]));
    }
    assert_eq!(habits.0.len(), MAX_OCCASIONS);
    assert_eq!(habits.0.values().map(|occasion| occasion.day).min(), Some(TODAY - 199));
    let mut large = occasion(TODAY, &[]);
    large.items = (0..300).map(|number| (format!("i{number:03}"), i64::from(number))).collect();
    habits.learn("large", large);
    let kept = &habits.0["large"].items;
    assert_eq!((kept.len(), kept.contains_key("i299"), kept.contains_key("i249")), (MAX_ITEMS, true, false));
}

/// What would be chosen at each order from all of the orders before it, and from what memory has kept of them.
fn choices(orders: &[(String, Occasion)], policy: &Policy) -> Vec<[Vec<String>; 2]> {
    let (mut bounded, mut whole) = (Habits::default(), Habits::default());
    let mut choices = Vec::new();
    for (order_id, occasion) in orders {
        let from = Viewpoint {
            at: occasion.at,
            day: occasion.day,
            site_id: &occasion.site_id,
            except_order: Some(order_id),
            ..today(policy)
        };
        let best = |habits: &Habits| habits.eligible(from).into_iter().map(|habit| habit.item_id).take(1).collect();
        for habits in [&mut bounded, &mut whole] {
            habits.forget_before(occasion.at - policy.habits.remember); // nothing weighs anything after that
        }
        choices.push([best(&bounded), best(&whole)]);
        bounded.learn(order_id, occasion.clone());
        whole.0.insert(order_id.clone(), occasion.clone());
    }
    choices
}

/// A regular who comes several times a day for two years, with tastes that change.
#[test]
fn bounded_memory_does_not_change_the_choice_of_a_busy_guest() {
    let mut random = 12_345_u64;
    let mut below = |limit: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % limit
    };
    let mut orders = Vec::new();
    for day in 0..500_i32 {
        for _ in 0..below(4) {
            let favourite = day as u64 / 90;
            let items: Vec<String> = (0..=below(2))
                .map(|_| if below(10) < 6 { format!("f{favourite}") } else { format!("x{}", below(12)) })
                .collect();
            let items: Vec<&str> = items.iter().map(String::as_str).collect();
            orders.push((format!("o{:05}", orders.len()), occasion(TODAY + day, &items)));
        }
    }
    assert!(orders.len() > 3 * MAX_OCCASIONS);
    for half_life in [7, 30] {
        let mut policy = policy(half_life);
        policy.habits.remember = Millis::days(half_life * 5);
        let choices = choices(&orders, &policy);
        let chosen = choices.iter().filter(|[bounded, _]| !bounded.is_empty()).count();
        let differ = choices.iter().filter(|[bounded, whole]| bounded != whole).count();
        assert!(chosen * 2 > choices.len(), "a busy guest has habits: {chosen} of {}", choices.len());
        // what is beyond the bound has lost nearly all of its weight; it may still tip a taste that is just changing
        let most = if half_life == 7 { 0 } else { choices.len() / 200 };
        assert!(differ <= most, "half-life {half_life}: {differ} of {}", choices.len());
    }
}

/// The real orders of a restaurant group, where they are at hand.
#[test]
fn bounded_memory_does_not_change_the_choice_on_real_orders() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/restaurants");
    let Ok(lines) = std::fs::read_to_string(directory.join("lines.csv")) else { return };
    let Ok(orders) = std::fs::read_to_string(directory.join("orders.csv")) else { return };
    let mut items: BTreeMap<&str, BTreeMap<String, i64>> = BTreeMap::new();
    for line in lines.lines().skip(1) {
        let (order, rest) = line.split_once(',').unwrap();
        let (item, quantity) = rest.rsplit_once(',').unwrap();
        *items.entry(order).or_default().entry(item.to_owned()).or_default() += quantity.parse::<i64>().unwrap();
    }
    let mut guests: BTreeMap<&str, Vec<(String, Occasion)>> = BTreeMap::new();
    for line in orders.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [order, guest, site, placed, ..] = fields.as_slice() else { panic!("{line}") };
        let at = Timestamp::parse(placed).unwrap();
        let day = day_number(placed[..10].parse().unwrap());
        let items = items.remove(order).unwrap_or_default();
        let occasion = Occasion { at, day, site_id: (*site).to_owned(), items };
        guests.entry(guest).or_default().push(((*order).to_owned(), occasion));
    }
    let mut policy = policy(60);
    policy.habits.remember = Millis::days(300);
    let (mut chosen, mut hits, mut all) = (0, 0, 0);
    for orders in guests.values_mut() {
        orders.sort_by_key(|(order_id, occasion)| (occasion.at, order_id.clone()));
        for ([bounded, whole], (_, occasion)) in choices(orders, &policy).iter().zip(orders.iter()).skip(1) {
            assert_eq!(bounded, whole);
            all += 1;
            chosen += bounded.len();
            hits += bounded.iter().filter(|item| occasion.items.contains_key(*item)).count();
        }
    }
    // knowing when one knows: what is chosen is in the next order more often than not
    assert!(chosen * 3 > all, "chosen for {chosen} of {all}");
    assert!(hits * 100 > chosen * 65, "{hits} of {chosen} hit");
}
