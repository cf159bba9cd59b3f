//! What may be answered to what, and what is written then.

use super::*;

fn card(example: &[u8]) -> Card {
    Card::parse(Source::Action, Some(b"guest-4711"), example).unwrap()
}

fn gesture() -> Card {
    card(include_bytes!("../../../events/recovery-actions.gesture.json"))
}

fn follow_up() -> Card {
    let example = include_bytes!("../../../events/recovery-follow-ups.due.json");
    Card::parse(Source::FollowUp, None, example).unwrap()
}

/// A tap as the page sends it, with more fields or other ones.
fn tap(fields: &Value) -> Answer {
    let mut tap = json!({"id": "6f2a7a3e-9f3c-4a53-9d3c-0d1c9a5a1b11", "card": "c", "staff": "Ida", "status": "done"});
    for (name, value) in fields.as_object().unwrap() {
        tap[name] = value.clone();
    }
    serde_json::from_value(tap).unwrap()
}

fn written(fields: &Value, card: &Card) -> Result<Value, Refusal> {
    outcome(&tap(fields), card, "2026-06-03T11:15:00Z".parse().unwrap())
}

#[test]
fn the_outcome_is_that_of_the_contract() {
    let card = gesture();
    let expected = json!({
        "id": "6f2a7a3e-9f3c-4a53-9d3c-0d1c9a5a1b11", "time": "2026-06-03T11:15:00Z", "reply_to": card.reply_to,
        "action_id": card.id, "staff_id": "Ida", "status": "done",
    });
    assert_eq!(written(&json!({"staff": " Ida "}), &card).unwrap(), expected);
}

#[test]
fn an_alternative_brings_its_value() {
    let given = written(&json!({"status": "substituted", "item_id": "espresso"}), &gesture()).unwrap();
    assert_eq!((&given["value_minor"], &given["currency"]), (&json!(6400), &json!("DKK")));
    let other = written(&json!({"status": "substituted", "item_id": "champagne"}), &gesture());
    assert_eq!(other, Err(Refusal::Invalid { field: "item_id" }));
}

#[test]
fn a_follow_up_takes_a_score() {
    let answer = json!({"result": "answered", "score": 9, "still_ok": true, "comment": " fine "});
    let outcome = written(&answer, &follow_up()).unwrap();
    assert_eq!(
        (&outcome["score"], &outcome["still_ok"], &outcome["comment"]),
        (&json!(9), &json!(true), &json!("fine"))
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |fields: Value, card: &Card, field: &'static str| {
        assert_eq!(written(&fields, card), Err(Refusal::Invalid { field }), "{fields}");
    };
    refused(json!({"staff": "  "}), &gesture(), "staff");
    refused(json!({"staff": "I\u{7}da"}), &gesture(), "staff");
    refused(json!({"staff": "a".repeat(65)}), &gesture(), "staff");
    refused(json!({"comment": "a".repeat(501)}), &gesture(), "comment");
    refused(json!({"score": 9}), &gesture(), "status");
    refused(json!({"status": "declined"}), &gesture(), "declined_by");
    refused(json!({"declined_by": "guest"}), &gesture(), "declined_by");
    refused(json!({"result": "answered", "score": 11}), &follow_up(), "score");
    refused(json!({}), &follow_up(), "status");
    refused(json!({"status": "false_alarm"}), &follow_up(), "status");
}

#[test]
fn only_one_takes_it_and_nobody_answers_what_is_over() {
    let mut card = gesture();
    assert!(written(&json!({"status": "accepted"}), &card).is_ok());
    (card.state, card.accepted_by) = ("accepted".to_owned(), Some("Bo".to_owned()));
    let taken = Err(Refusal::Taken { by: Some("Bo".to_owned()) });
    assert_eq!(written(&json!({"status": "accepted"}), &card), taken);
    assert!(written(&json!({}), &card).is_ok(), "a colleague may have helped");
    for (state, late_report) in [("unreported", true), ("expired", true), ("done", false), ("retracted", false)] {
        card.state = state.to_owned();
        assert_eq!(written(&json!({}), &card).is_ok(), late_report, "{state}");
        assert_eq!(written(&json!({"status": "accepted"}), &card), Err(Refusal::Over), "{state}");
    }
}
