use serde_json::json;

use super::{Assumptions, Observed, Report};
use crate::events::{IncidentEvent, Millis, OrderEvent, Timestamp};

const DAY: &str = "2026-06-03T12:00:00Z";

fn day(days: i64) -> Timestamp {
    Timestamp::parse(DAY).unwrap() + Millis::days(days)
}

fn incident(id: &str, customer_id: &str, score: i64, given_minor: i64) -> IncidentEvent {
    let band = crate::events::Band::of_score(score);
    serde_json::from_value(json!({"id": id, "revision": 3, "time": day(0), "status": "closed", "shortfalls": [],
        "severity": "minor", "initiated_by": if score > 8 { "company" } else { "customer" }, "occurred_at": day(0),
        "detected_at": day(0), "history": false, "given_minor": given_minor, "currency": "DKK", "score": score,
        "band": band, "customer_id": customer_id}))
    .unwrap()
}

fn order(customer_id: &str, at: Timestamp) -> OrderEvent {
    let id = format!("{customer_id}-{at}");
    serde_json::from_value(json!({"id": id, "type": "placed", "order_id": id, "time": at, "customer_id": customer_id}))
        .unwrap()
}

fn report(observed: &Observed, sector: &str) -> Report {
    Report::new(observed, &Assumptions::shipped().unwrap(), Some(sector), Millis::days(30)).unwrap()
}

/// Two that ended very satisfied, one satisfied, one not; 200.00 in all.
fn four() -> Observed {
    let mut observed = Observed::default();
    for (id, score) in [("a", 9), ("b", 10), ("c", 7), ("d", 3)] {
        observed.incident(incident(id, id, score, 5_000));
    }
    observed
}

#[rstest::rstest]
#[case::bank("bank", 2.0 * 1.3, "+108 %")]
#[case::auto_dealer("auto_dealer", 2.0 * 2.1, "+72 %")]
fn each_lifted_customer_recommends_more(#[case] sector: &str, #[case] more: f64, #[case] percent: &str) {
    let report = report(&four(), sector);
    assert!((report.estimates[0].low - more).abs() < 1e-9, "{:?}", report.estimates[0]);
    assert!(report.estimates[0].assumption.contains(percent), "{}", report.estimates[0].assumption);
    assert!(report.estimates[0].source.contains("Temkin"));
}

#[test]
fn the_numbers_of_one_sector_are_never_used_for_another() {
    let assumptions = Assumptions::shipped().unwrap();
    let error = Report::new(&four(), &assumptions, Some("hotel"), Millis::days(30)).unwrap_err().to_string();
    assert!(error.contains("\"hotel\"") && error.contains("auto_dealer, bank"), "{error}");
    let without = Report::new(&four(), &assumptions, None, Millis::days(30)).unwrap();
    assert!(without.estimates.iter().all(|estimate| !estimate.what.contains("recommendations")));
}

#[test]
fn what_the_founding_texts_claim_is_a_labelled_input() {
    let report = report(&four(), "bank");
    let estimate = |what: &str| report.estimates.iter().find(|estimate| estimate.what.contains(what)).unwrap();
    let left = estimate("would have left");
    assert!((left.low - 3.0 * 0.67).abs() < 1e-9);
    let heard = estimate("heard of it");
    assert!((heard.low - 3.0 * 0.95 * 9.0).abs() < 1e-9 && (heard.high - 3.0 * 0.95 * 15.0).abs() < 1e-9);
    let replaced = estimate("to replace");
    assert!((replaced.low - 3.0 * 0.67 * 5_000.0 * 10.0).abs() < 1e-6, "{replaced:?}");
    assert_eq!(replaced.currency.as_deref(), Some("DKK"));
    assert!(report.estimates.iter().all(|estimate| !estimate.source.is_empty()));
    assert!(report.estimates.iter().all(|estimate| !estimate.what.contains("pay")), "nobody gave a number");
    let text = report.to_string();
    assert!(text.contains("Seen") && text.contains("Estimated, by claims of others"), "{text}");
}

#[test]
fn what_others_pay_more_counts_only_with_a_number_of_ones_own() {
    let shipped = include_str!("../../policies/business-case.toml");
    let own = format!("{shipped}\n[willing_to_pay_more]\nvalue = 0.05\nsource = \"our survey\"\n");
    let assumptions = Assumptions::parse("own.toml", &own).unwrap();
    let report = Report::new(&four(), &assumptions, None, Millis::days(30)).unwrap();
    assert!(report.estimates.iter().any(|estimate| estimate.what.contains("pay") && estimate.source == "our survey"));
    let wrong = own.replace("value  = 0.67", "value  = 67");
    assert!(Assumptions::parse("own.toml", &wrong).unwrap_err().to_string().contains("between 0 and 1"));
}

#[test]
fn loyalty_is_measured_beside_customers_whom_nothing_happened_to() {
    let mut observed = four();
    // very satisfied: one of two came back; nothing happened: two of three did; the last order is too young to tell
    for (customer_id, days) in [
        ("a", 0),
        ("a", 20),
        ("b", 0),
        ("b", 31),
        ("x", 0),
        ("x", 9),
        ("y", 1),
        ("y", 30),
        ("z", 2),
        ("young", 39),
        ("end", 40),
    ] {
        observed.order(&order(customer_id, day(days)));
    }
    let loyalty = report(&observed, "bank").loyalty;
    assert_eq!((loyalty.very_satisfied.came_back, loyalty.very_satisfied.customers), (1, 2));
    assert_eq!((loyalty.nothing_happened.came_back, loyalty.nothing_happened.customers), (2, 3));
}

#[test]
fn only_the_newest_revision_of_what_really_happened_counts() {
    let mut observed = four();
    let mut older = incident("a", "a", 2, 0);
    older.revision = 1;
    observed.incident(older);
    let mut history = incident("h", "h", 9, 5_000);
    history.history = true;
    observed.incident(history);
    let mut retracted = incident("r", "r", 9, 5_000);
    retracted.status = crate::events::IncidentStatus::Retracted;
    observed.incident(retracted);
    let report = report(&observed, "bank");
    assert_eq!((report.incidents, report.very_satisfied, report.found_by_the_company), (4, 2, 2));
    assert_eq!(report.spent["DKK"], 20_000);
}
