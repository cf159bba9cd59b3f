//! Wrong bills: the amount is said, or somebody finds it out. The whole order is nobody's guess.

use super::*;

fn billed(complaint: &Value) -> Play {
    let mut play = Play::hotel();
    play.order("o-1", &day(0, "13:00"), &[order::salads(), espresso()]);
    play.fulfilled("o-1", &day(0, "13:15"), json!({"completes": true}));
    play.remark(&day(0, "13:30"), complaint.clone());
    play
}

fn amount(play: &Play) -> Option<i64> {
    let remedy = play.only(ActionKind::Remedy).remedy.unwrap();
    assert_eq!(remedy.kind, RemedyKind::CorrectBill);
    remedy.amount_minor
}

#[test]
fn without_an_amount_a_person_looks_and_nothing_is_paid_back() {
    let mut play = billed(&json!({"id": "m", "order_id": "o-1", "form": "claim", "failure": "billing_error"}));
    assert!(play.actions(ActionKind::Remedy).is_empty());
    let person = play.only(ActionKind::HumanContact);
    assert_eq!(person.decision.facts.get("remedy.correct_bill").map(String::as_str), Some("no_amount_known"));
    // somebody has looked, and the complaint is corrected
    play.remark(
        &day(0, "13:40"),
        json!({"corrects": "m", "order_id": "o-1", "form": "claim", "failure": "billing_error",
            "amount_minor": 4500, "currency": "DKK"}),
    );
    assert_eq!(amount(&play), Some(4500));
    play.assert_sound();
}

#[test]
fn a_line_that_should_not_be_there_is_taken_off() {
    let complaint = json!({"order_id": "o-1", "form": "claim", "failure": "billing_error", "item_id": "espresso"});
    assert_eq!(amount(&billed(&complaint)), Some(3200));
}

#[test]
fn an_amount_that_was_stated_is_the_amount() {
    let complaint = json!({"order_id": "o-1", "form": "claim", "failure": "billing_error", "amount_minor": 900,
        "currency": "DKK"});
    let play = billed(&complaint);
    assert_eq!(amount(&play), Some(900));
    assert!(play.actions(ActionKind::HumanContact).is_empty());
}
