//! Policies that can be used say what their files mean.

use crate::events::{Authority, Cause, DelayReason, FailureKind, GestureKind, Millis, RemedyKind, Severity, Timestamp};
use crate::policy::*;

const POLICY: &str = include_str!("../../../policies/hotel/policy.toml");
const CATALOGUE: &str = include_str!("../../../policies/hotel/catalogue.toml");

#[test]
fn the_hotel_reads_as_it_is_meant() {
    let policy = open("hotel").unwrap();
    let site = policy.site("strandhotellet");
    assert_eq!((policy.version.as_str(), site.currency.as_str(), site.language.as_str()), ("hotel-1", "DKK", "en"));
    assert_eq!(
        [site.role(Authority::A0), site.role(Authority::A3), &site.desk],
        ["waiter", "duty_manager", "front_desk"]
    );
    assert_eq!(site.daily_budget["DKK"], 300_000);

    let pool_bar = policy.touchpoint(Some("pool_bar"));
    assert_eq!((pool_bar.tracking, pool_bar.expected), (Tracking::Reliable, Some(Millis::minutes(25))));
    assert_eq!(pool_bar.max_action_age, Some(Millis::hours(2)));
    assert_eq!(policy.touchpoint(Some("spa")).tracking, Tracking::None);

    let slip = policy.rules.iter().find(|rule| rule.name == "small_slip_strong_habit").unwrap();
    assert_eq!(slip.when.failure, [FailureKind::ItemPartial]);
    assert_eq!(slip.when.severity, [Severity::Minor]);
    let gestures = [GestureKind::HabitItem, GestureKind::GenericTreat, GestureKind::HandwrittenNote];
    assert_eq!(slip.then.gesture, gestures);
    assert_eq!((slip.then.cap["DKK"], slip.then.follow_up), (15_000, Some(AskAgain::After(Millis::hours(2)))));
    assert!(slip.then.apology && !slip.then.human_contact && slip.then.remedy.is_empty());

    let late = policy.rules.iter().find(|rule| rule.name == "far_too_late").unwrap();
    assert_eq!(late.then.remedy, [RemedyKind::Expedite, RemedyKind::Refund]);
    assert!(policy.rules.last().unwrap().when.failure.is_empty());

    assert_eq!(policy.severity.lateness[0], (Millis::minutes(10), Severity::Trivial));
    assert_eq!(policy.severity.late_beyond, Severity::Major);
    assert_eq!(policy.gestures.caps[&Severity::Minor]["DKK"], 15_000);
    assert_eq!((policy.gestures.cap_percent, policy.gestures.due_after), (150, Millis::minutes(10)));
    assert_eq!((policy.habits.half_life, policy.habits.min_share), (Millis::days(7), 0.4));
    let smoothie = policy.catalogue.item("strandhotellet", "strawberry-smoothie").unwrap();
    assert_eq!((smoothie.price_minor, smoothie.cost_minor, smoothie.giftable), (6_500, Some(1_800), true));
    assert!(policy.catalogue.item("strandhotellet", "gin-tonic").unwrap().tags.contains(&"alcohol".to_owned()));
}

#[test]
fn the_evaluation_policy_lets_nothing_pass() {
    let policy = open("evaluation").unwrap();
    let anywhere = policy.touchpoint(None);
    assert_eq!((anywhere.tracking, anywhere.grace, anywhere.max_action_age), (Tracking::Reliable, Millis::ZERO, None));
    assert_eq!(policy.horizons.max_clock_hold, None);
    for currency in ["USD", "BRL", "INR", "DKK", "EUR"] {
        assert!(policy.gestures.caps.values().all(|amounts| amounts.contains_key(currency)), "{currency}");
    }
}

#[test]
fn a_service_day_follows_the_time_zone_of_the_site_without_the_help_of_the_machine() {
    let policy = open("hotel").unwrap();
    let day = |time: &str| policy.site("strandhotellet").service_day(Timestamp::parse(time).unwrap()).to_string();
    // Summer time: 04:00 in Copenhagen is 02:00 UTC; in winter it is 03:00 UTC.
    assert_eq!(day("2026-07-10T01:59:59Z"), "2026-07-09");
    assert_eq!(day("2026-07-10T02:00:00Z"), "2026-07-10");
    assert_eq!(day("2026-12-10T02:59:59Z"), "2026-12-09");
    assert_eq!(day("2026-12-10T03:00:00Z"), "2026-12-10");
    // The night on which the clocks go forward.
    assert_eq!(day("2026-03-29T01:59:59Z"), "2026-03-28");
    assert_eq!(day("2026-03-29T02:00:00Z"), "2026-03-29");
}

#[test]
fn a_policy_is_opened_by_directory_or_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("policy.toml", &POLICY.replacen("hotel-1", "mine-7", 1));
    write("catalogue.toml", CATALOGUE);
    write("phrases.en.toml", "[list]\nand = \" & \"\n");
    write("notes.txt", "not read");
    let path = directory.path().to_str().unwrap();
    let policy = open(path).unwrap();
    assert_eq!(policy.version, "mine-7");
    assert_eq!(policy.phrases.join(&["en"], &["a".into(), "b".into()]), "a & b");

    write("phrases.en.toml", "[list]\nund = \" & \"\n");
    let errors = open(path).unwrap_err().to_string();
    assert!(errors.starts_with(&format!("{path}/phrases.en.toml:2:1: unknown phrase \"list.und\"")), "{errors}");

    std::fs::remove_file(directory.path().join("policy.toml")).unwrap();
    assert!(open(path).unwrap_err().to_string().contains("policy.toml: cannot be read: "));
    let errors = open("hotell").unwrap_err().to_string();
    assert_eq!(
        errors,
        "hotell: is neither a directory nor a preset; the presets are hotel, restaurant, delivery, retail, bank, evaluation"
    );
}

#[test]
fn delivery_reads_as_it_is_meant() {
    let policy = open("delivery").unwrap();
    assert_eq!(policy.site("malmo").currency, "SEK");
    assert_eq!((policy.site("vesterbro").currency.as_str(), policy.site("vesterbro").language.as_str()), ("DKK", "da"));
    let rule = |name: &str| policy.rules.iter().find(|rule| rule.name == name).unwrap();
    assert_eq!((rule("late").then.refund_percent, rule("cold_by_now").then.refund_percent), (10, 25));
    assert_eq!(rule("something_is_missing").then.refund_percent, 100);
    assert!(rule("nobody_could_help_it").then.explanation && !rule("late").then.explanation);
    assert_eq!(policy.gestures.credit["SEK"], 7_000);
}

#[test]
fn the_first_owner_that_fits_hears_of_a_cause() {
    let toml = r#"
[[owner]]
when = { carrier = ["bud", "nordpost"], reason = "capacity" }
role = "the contract"
[[owner]]
when = { carrier = "any" }
role = "any carrier"
[[owner]]
when = { item_tag = "alcohol", touchpoint = "pool_bar" }
role = "the bar"
[[owner]]
when = { site = "strandhotellet", failure = ["item_missing", "safety"] }
role = "the kitchen"
"#;
    let at = POLICY.find("[[owner]]").unwrap();
    let text = format!("{}{}\n{}", &POLICY[..at], toml, &POLICY[at..]);
    let source = |name: &str, text: &str| Source { name: name.to_owned(), text: text.to_owned() };
    let sources = Sources { policy: source("p", &text), catalogue: Some(source("c", CATALOGUE)), phrases: Vec::new() };
    let policy = from_sources(&sources).unwrap();
    let cause = |failure, reason| Cause { failure, item_id: None, modifier_id: None, reason };
    let late = cause(FailureKind::DeliveryLate, Some(DelayReason::Capacity));
    let missing = cause(FailureKind::ItemMissing, None);
    let tags = ["alcohol".to_owned()];
    let base = OwnerCase { cause: &late, site_id: None, carrier: Some("bud"), touchpoint: None, item_tags: &[] };
    assert_eq!(policy.owner(&base), "the contract");
    assert_eq!(policy.owner(&OwnerCase { carrier: Some("post"), ..base }), "any carrier");
    let at_site = OwnerCase { cause: &missing, site_id: Some("strandhotellet"), carrier: None, ..base };
    let at_the_bar = OwnerCase { touchpoint: Some("pool_bar"), item_tags: &tags, ..at_site };
    assert_eq!(policy.owner(&at_the_bar), "the bar");
    assert_eq!(policy.owner(&OwnerCase { touchpoint: Some("restaurant"), ..at_the_bar }), "the kitchen");
    assert_eq!(policy.owner(&OwnerCase { site_id: Some("elsewhere"), ..at_site }), "kitchen", "the hotel's own list");
}
