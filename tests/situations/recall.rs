//! Whether staff may say that they remember: only where the policy lets them, only what is recent, only of this stay.

use super::*;

const REMEMBERED: &str = "We remembered what you like.";

/// What the waiter says with the smoothies, whose orders were so many days ago and on these stays.
fn said(recall_within: Option<Millis>, days_ago: [i64; 2], stays: Option<[&str; 3]>) -> String {
    let mut play = Play::hotel_with(|policy| {
        policy.gestures.recall_within = recall_within;
        policy.habits.min_share = 0.3;
    });
    let order = |play: &mut Play, order_id: &str, time: &str, stay: Option<&str>, line: Value| {
        let mut value = json!({"type": "placed", "order_id": order_id, "customer_id": "c-1", "touchpoint": "pool_bar",
            "site_id": "strandhotellet", "party_size": 2, "currency": "DKK", "lines": [line]});
        if let Some(stay) = stay {
            value["visit_id"] = json!(stay);
        }
        play.event(Contract::Orders, time, value);
    };
    for (n, ago) in days_ago.into_iter().enumerate() {
        let order_id = format!("o-{n}");
        order(&mut play, &order_id, &day(-ago, "15:00"), stays.map(|stays| stays[n]), order::smoothies());
        play.fulfilled(&order_id, &day(-ago, "15:10"), json!({}));
    }
    order(&mut play, "o-salads", &day(0, "13:00"), stays.map(|stays| stays[2]), order::salads());
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let gesture = play.only(ActionKind::Gesture);
    let given = gesture.gesture.as_ref().unwrap();
    assert_eq!(given.item_id.as_deref(), Some("strawberry-smoothie"), "whatever is said, it is served");
    assert!(gesture.why.contains("1 June") || gesture.why.contains("May"), "staff read why: {}", gesture.why);
    play.assert_sound();
    gesture.say
}

#[rstest::rstest]
#[case::the_policy_says_nothing(None, [2, 1], None, false)]
#[case::recent(Some(Millis::days(3)), [2, 1], None, true)]
#[case::longer_ago_than_the_policy_lets(Some(Millis::days(3)), [9, 8], None, false)]
#[case::a_part_of_it_longer_ago(Some(Millis::days(3)), [8, 2], None, false)]
#[case::of_this_stay(Some(Millis::days(3)), [2, 1], Some(["stay-1", "stay-1", "stay-1"]), true)]
#[case::of_an_earlier_stay(Some(Millis::days(3)), [2, 1], Some(["stay-0", "stay-0", "stay-1"]), false)]
#[case::a_part_of_it_of_an_earlier_stay(Some(Millis::days(3)), [2, 1], Some(["stay-0", "stay-1", "stay-1"]), false)]
fn what_is_remembered_is_said_only_where_it_may_be(
    #[case] recall_within: Option<Millis>,
    #[case] days_ago: [i64; 2],
    #[case] stays: Option<[&str; 3]>,
    #[case] is_said: bool,
) {
    let said = said(recall_within, days_ago, stays);
    assert_eq!(said.contains(REMEMBERED), is_said, "{said}");
    for creepy in ["yesterday", "June", "May", "usual", "always", "know you"] {
        assert!(!said.contains(creepy), "{creepy}: {said}");
    }
}
