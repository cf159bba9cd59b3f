//! Staff promise that it will be better only while somebody is at work on it (R10).

use service_recovery::events::{Insight, Payload};
use service_recovery::recovery::{EntityKey, explain::explain};

use super::*;

const PROMISE: &str = "We have found out why this keeps happening, and we are putting an end to it.";

/// The salads of this guest come without the dressing, once more.
fn no_dressing(play: &mut Play, guest: &str, order_id: &str, minutes: i64) {
    placed(play, guest, minutes - 10, json!({"id": format!("{order_id}-placed"), "order_id": order_id}));
    let lines = json!([{"line_id": "1", "item_id": "salad", "quantity": 2, "modifiers": [
        {"id": "blue-cheese", "kind": "ingredient"}]}]);
    let fields = json!({"id": format!("{order_id}-came"), "order_id": order_id, "completes": true, "lines": lines});
    fulfilled(play, guest, minutes, fields);
}

/// What staff are to say about one order: the apology, and whoever calls.
fn words(play: &Play, order_id: &str) -> Vec<RecoveryAction> {
    let kinds = [ActionKind::Apology, ActionKind::HumanContact];
    let actions = kinds.into_iter().flat_map(|kind| play.actions(kind));
    actions.filter(|action| action.order_id.as_deref() == Some(order_id)).collect()
}

fn promises(play: &Play, order_id: &str) -> bool {
    let words = words(play, order_id);
    assert!(!words.is_empty(), "{order_id}: nobody says anything");
    let promising = words.iter().filter(|action| action.say.contains(PROMISE)).count();
    assert!(promising == 0 || promising == words.len(), "{words:#?}");
    for action in &words {
        let is_open = action.decision.facts.contains_key("insight_open");
        assert_eq!(is_open, promising > 0, "{:?}", action.decision.facts);
        let explained = explain(action, &hotel(|_| {})).unwrap();
        assert!(explained.is_identical(), "{:?}", explained.differences);
        assert_eq!(explained.same.contains(&"promise"), promising > 0);
    }
    promising > 0
}

fn insight(play: &Play) -> Insight {
    let of = |payload: &Payload| match payload {
        Payload::Insight(insight) => Some((**insight).clone()),
        _ => None,
    };
    play.outputs().iter().rev().find_map(|output| of(&output.payload)).expect("an insight")
}

fn answer_fixed(play: &mut Play, minutes: i64) {
    let fixed = json!({"reply_to": insight(play).reply_to, "status": "fixed", "staff_id": "chef"});
    play.event(Contract::RecoveryOutcomes, &minute(minutes), fixed);
}

/// Ms Berg is failed once, then others are; then she is failed again.
fn failed_again(others: i64) -> Play {
    let mut play = Play::with(hotel(|_| {}));
    no_dressing(&mut play, "berg", "first", 0);
    for n in 0..others {
        no_dressing(&mut play, &format!("g{n}"), &format!("o-{n}"), 5 + n * 10);
    }
    no_dressing(&mut play, "berg", "second", 120);
    play
}

#[test]
fn nothing_is_promised_while_nobody_is_at_work_on_it() {
    let play = failed_again(1);
    assert!(!promises(&play, "first") && !promises(&play, "second"));
    play.assert_sound();
}

#[test]
fn while_an_insight_is_open_it_may_be_promised_to_whoever_was_failed_before() {
    let play = failed_again(4);
    assert!(promises(&play, "second"));
    assert!(!promises(&play, "first"), "nobody knew of it then");
    assert!(!promises(&play, "o-3"), "it happened to them once");
    play.assert_sound();
}

#[test]
fn the_failure_that_makes_it_an_insight_is_promised_about_too() {
    let play = failed_again(3);
    assert_eq!(insight(&play).count, 5);
    assert!(promises(&play, "second"));
}

#[test]
fn an_insight_about_something_else_promises_nothing() {
    let mut play = failed_again(4);
    placed(&mut play, "berg", 130, json!({"id": "late", "order_id": "late", "promised_at": minute(140)}));
    fulfilled(&mut play, "berg", 190, json!({"id": "late-came", "order_id": "late"}));
    assert!(!promises(&play, "late"));
}

#[test]
fn once_it_is_fixed_nothing_is_promised_any_more() {
    let mut play = failed_again(4);
    answer_fixed(&mut play, 125);
    no_dressing(&mut play, "berg", "third", 140);
    assert!(!promises(&play, "third"));
    assert!(promises(&play, "second"), "what was said while it was so stays said");
    play.assert_sound();
}

#[test]
fn once_it_has_become_rare_nothing_is_promised_any_more() {
    let mut play = failed_again(4);
    no_dressing(&mut play, "berg", "third", 3 * 24 * 60);
    assert!(!promises(&play, "third"));
}

#[test]
fn a_restart_changes_nothing() {
    let mut play = Play::with(hotel(|_| {}));
    no_dressing(&mut play, "berg", "first", 0);
    for n in 0..4 {
        no_dressing(&mut play, &format!("g{n}"), &format!("o-{n}"), 5 + n * 10);
        play.restart();
    }
    no_dressing(&mut play, "berg", "second", 120);
    assert_eq!(play.outputs(), failed_again(4).outputs());
    assert!(play.entity(&EntityKey::site(SITE)).is_some());
}

#[test]
fn without_owners_nobody_is_asked_and_nothing_is_promised() {
    let mut play = Play::with(hotel(|policy| policy.owners.clear()));
    for n in 0..8 {
        no_dressing(&mut play, "berg", &format!("o-{n}"), n * 30);
    }
    assert!((0..8).all(|n| words(&play, &format!("o-{n}")).iter().all(|action| !action.say.contains(PROMISE))));
}
