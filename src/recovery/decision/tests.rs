use rstest::rstest;

use super::facts::{Claims, Facts, ShortfallFacts};
use super::usefulness::Use;
use super::{caps, remedy, rules, severity};
use crate::events::{DelayReason, FailureKind, InitiatedBy, Millis, RemedyKind, Responsibility, Severity};
use crate::policy::{Policy, Repeat, presets};

fn hotel() -> Policy {
    presets::hotel().unwrap()
}

/// A third of the order, half an hour late.
fn facts() -> Facts {
    Facts {
        site: "strandhotellet".to_owned(),
        touchpoint: Some("pool_bar".to_owned()),
        currency: "DKK".to_owned(),
        order_known: true,
        party_size: 2,
        initiated_by: InitiatedBy::Customer,
        shortfalls: vec![
            shortfall(FailureKind::ItemMissing, Some(1.0 / 3.0), None),
            shortfall(FailureKind::DeliveryLate, None, Some(Millis::minutes(31))),
        ],
        earlier_failures: 0,
        habit_broken: false,
        central: false,
        endangered: true,
        inconvenience: 0,
        remedies: [(RemedyKind::Redo, Use::TooLate), (RemedyKind::Refund, Use::Helps)].into(),
        affected_minor: Some(10_001),
        refundable_minor: Some(10_000),
        stated_minor: Some(-1),
        redressed_minor: Some(2_500),
        claims: Claims { count: 2, value_minor: 9_000 },
        parcels: Some(3),
        delay_reason: Some(DelayReason::Weather),
        still_waiting: true,
        eta_known: true,
        equal_treatment: true,
        insight_open: true,
        guest_known: true,
        only_words: true,
    }
}

fn shortfall(kind: FailureKind, share: Option<f64>, late_by: Option<Millis>) -> ShortfallFacts {
    let line_id = share.map(|_| "line 1".to_owned());
    ShortfallFacts { kind, responsibility: Responsibility::Partner, suspected: false, late_by, share, line_id }
}

#[test]
fn facts_are_read_back_exactly() {
    let mut plain = facts();
    plain.shortfalls[0].suspected = true;
    (plain.touchpoint, plain.party_size, plain.order_known) = (None, 1, false);
    (plain.habit_broken, plain.central, plain.inconvenience, plain.earlier_failures) = (true, true, 4, 7);
    (plain.claims, plain.redressed_minor, plain.parcels) = (Claims::default(), None, None);
    for facts in [facts(), plain] {
        let record = facts.to_record();
        assert_eq!(Facts::from_record(&record), Ok(facts), "{record:?}");
    }
}

#[test]
fn a_fact_that_is_not_what_its_name_says_is_refused() {
    for (name, value) in [
        ("shortfall.1", "hunger"),
        ("party_size", "two"),
        ("order_known", "perhaps"),
        ("remedy.redo", "soon"),
        ("initiated_by", ""),
    ] {
        let mut record = facts().to_record();
        record.insert(name.to_owned(), value.to_owned());
        let error = Facts::from_record(&record).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(value), "{error}");
    }
    let mut record = facts().to_record();
    record.insert("no_gesture".to_owned(), "joined".to_owned());
    assert_eq!(Facts::from_record(&record), Ok(facts()), "a note is no fact");
}

#[test]
fn each_thing_makes_it_one_step_worse_and_what_was_stated_is_the_least() {
    let mut policy = hotel().severity;
    policy.many_people = Some(6);
    let mut facts = facts();
    facts.shortfalls.truncate(1);
    assert_eq!(severity::grade(&facts, &policy), Severity::Critical, "somebody must not have what they were served");
    facts.endangered = false;
    let base = severity::grade(&facts, &policy);
    assert_eq!(base, Severity::Minor);
    facts.earlier_failures = 3;
    assert_eq!(severity::grade(&facts, &policy), Severity::Moderate, "one step, however often");
    facts.habit_broken = true;
    assert_eq!(severity::grade(&facts, &policy), Severity::Major);
    (facts.earlier_failures, facts.habit_broken, facts.central) = (0, false, true);
    assert_eq!(severity::grade(&facts, &policy), Severity::Moderate);
    (facts.central, facts.party_size) = (false, 6);
    assert_eq!(severity::grade(&facts, &policy), Severity::Moderate);
    (facts.party_size, facts.inconvenience) = (5, 3);
    assert_eq!(severity::grade(&facts, &policy), Severity::Major);
    let because: Vec<&str> = severity::steps(&facts, &policy).iter().map(|(because, _)| because.name()).collect();
    assert_eq!(because, ["worst_shortfall", "stated_inconvenience"]);
}

#[rstest]
#[case(Repeat::First, 0, true)]
#[case(Repeat::First, 1, false)]
#[case(Repeat::AtLeast(1), 0, false)]
#[case(Repeat::AtLeast(1), 1, true)]
#[case(Repeat::AtLeast(2), 1, false)]
#[case(Repeat::AtLeast(2), 2, true)]
#[case(Repeat::AtLeast(2), 5, true)]
fn a_rule_may_be_for_the_third_time(#[case] repeat: Repeat, #[case] earlier_failures: u32, #[case] takes: bool) {
    let mut policy = hotel();
    let mut again = policy.rules[0].clone();
    "again".clone_into(&mut again.name);
    again.when = crate::policy::When { repeat: Some(repeat), ..crate::policy::When::default() };
    policy.rules.insert(0, again);
    let facts = Facts { earlier_failures, ..facts() };
    let rule = rules::decide(&facts, &policy, Severity::Minor).unwrap();
    assert_eq!(rule.name == "again", takes);
}

#[test]
fn a_remedy_is_what_helps_and_is_left_after_what_was_given_elsewhere() {
    let chosen = remedy::choose(&facts(), &[RemedyKind::Redo, RemedyKind::Refund], 50).unwrap();
    assert_eq!((chosen.kind, chosen.amount_minor), (RemedyKind::Refund, Some(2_500)), "half, less what was paid");
    assert_eq!(chosen.line_ids, ["line 1"]);
    assert_eq!(remedy::choose(&facts(), &[RemedyKind::Refund], 25), None, "all of it was paid");
    assert_eq!(remedy::choose(&facts(), &[RemedyKind::Redo], 100), None);
}

#[test]
fn only_claims_of_their_own_count_against_a_guest() {
    let mut policy = hotel();
    policy.gestures.guest_count = Some(2);
    assert!(caps::is_over_guest_cap(&facts(), &policy, 0));
    let found_by_us = Facts { initiated_by: InitiatedBy::Company, ..facts() };
    assert!(!caps::is_over_guest_cap(&found_by_us, &policy, 0));
}
