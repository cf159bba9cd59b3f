//! Staff who do more or other than they were asked: counted as what it is.

use service_recovery::recovery::{Deviation, Observation};

use super::*;

/// The salad came bare, and a gesture is on its way.
fn let_down() -> Play {
    let mut play = Play::hotel();
    play.habits();
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), json!({"customer_id": "c-1"}));
    bare(&mut play, "o-1", &day(0, "13:10"), json!({"customer_id": "c-1"}));
    play
}

fn counted(play: &Play) -> Vec<(&'static str, usize)> {
    let all = [Deviation::Added, Deviation::More, Deviation::Instead, Deviation::WithReason];
    let counts = all.map(|deviation| (deviation.name(), play.observed(Observation::Deviated(deviation))));
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}

#[rstest::rstest]
#[case::something_better(json!({"status": "substituted", "item_id": "dessert", "value_minor": 20_000, "currency": "DKK"}), Some("more"))]
#[case::more_of_it(json!({"status": "done", "value_minor": 20_000, "currency": "DKK"}), Some("more"))]
#[case::something_else(json!({"status": "substituted", "item_id": "espresso", "value_minor": 3_000}), Some("instead"))]
#[case::nobody_says_what(json!({"status": "substituted"}), Some("instead"))]
#[case::another_currency_is_not_compared(json!({"status": "substituted", "value_minor": 20_000, "currency": "JPY"}), Some("instead"))]
#[case::left_with_a_reason(json!({"status": "declined", "declined_by": "staff", "reason": "they were leaving"}), Some("with_reason"))]
#[case::not_possible_with_a_reason(json!({"status": "not_possible", "reason": "sold out"}), Some("with_reason"))]
#[case::left_without_a_word(json!({"status": "declined", "declined_by": "staff"}), None)]
#[case::the_guest_said_no(json!({"status": "declined", "declined_by": "guest", "reason": "no, thank you"}), None)]
#[case::as_asked(json!({"status": "done"}), None)]
fn what_staff_do_otherwise_is_counted_as_what_it_is(#[case] answer: Value, #[case] expected: Option<&'static str>) {
    let mut play = let_down();
    play.answer(ActionKind::Gesture, &day(0, "13:20"), answer);
    assert_eq!(counted(&play), expected.map(|kind| (kind, 1)).into_iter().collect::<Vec<_>>());
    assert_eq!(play.observed(Observation::UnmatchedOutcome) + play.observed(Observation::IllegalMove), 0, "no error");
    play.assert_sound();
}

#[test]
fn what_staff_do_of_their_own_accord_is_counted_as_what_it_is() {
    let mut play = let_down();
    let given = json!({"id": "ida-1", "order_id": "o-1", "status": "done", "kind": "gesture",
        "item_id": "strawberry-smoothie", "value_minor": 6500, "currency": "DKK", "staff_id": "ida"});
    play.event(Contract::RecoveryOutcomes, &day(0, "13:12"), given.clone());
    assert_eq!(counted(&play), [("added", 1)]);
    play.event(Contract::RecoveryOutcomes, &day(0, "13:12"), given);
    assert_eq!(counted(&play), [("added", 1)], "told twice, counted once");
    assert_eq!(play.observed(Observation::UnmatchedOutcome), 0);
}

#[test]
fn an_answer_that_comes_twice_is_counted_once() {
    let mut play = let_down();
    let gesture = play.only(ActionKind::Gesture);
    let answer = json!({"id": "twice", "status": "substituted", "value_minor": 20_000, "currency": "DKK"});
    play.answer_action(&gesture.id, &day(0, "13:20"), answer.clone());
    play.answer_action(&gesture.id, &day(0, "13:21"), answer);
    let again = json!({"id": "another", "status": "substituted", "value_minor": 30_000, "currency": "DKK"});
    play.answer_action(&gesture.id, &day(0, "13:22"), again);
    assert_eq!(counted(&play), [("more", 1)]);
}
