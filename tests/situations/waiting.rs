//! While it is late: when it comes, or why, and never both (R13).

use delivery::{delivery, ordered, reported, standing_of};
use service_recovery::events::RecoveryAction;

use super::*;

/// Late since 19:00, with this word from the courier at 19:02.
fn late_with(word: Value) -> Play {
    let mut play = delivery();
    ordered(&mut play, "o-1", "c-1", 0, "19:00");
    let mut report = json!({"type": "delay_reported", "responsibility": "partner"});
    report.as_object_mut().unwrap().extend(word.as_object().unwrap().clone());
    reported(&mut play, "o-1", &day(0, "19:02"), report);
    play.advance(&day(0, "19:18"));
    play
}

fn told(play: &Play) -> Vec<RecoveryAction> {
    let kinds = [ActionKind::StatusUpdate, ActionKind::Explanation];
    kinds.iter().flat_map(|kind| standing_of(play, *kind)).collect()
}

#[test]
fn when_it_comes_is_said_where_that_is_known() {
    let play = late_with(json!({"eta": day(0, "19:40"), "reason": "capacity"}));
    let told = told(&play);
    assert_eq!(told.iter().map(|action| action.kind).collect::<Vec<_>>(), [ActionKind::StatusUpdate]);
    assert!(told[0].say.contains("19:40"), "{}", told[0].say);
    assert!(told[0].after.is_some(), "after the word of apology");
    play.assert_sound();
}

#[test]
fn where_only_the_reason_is_known_that_is_said() {
    let play = late_with(json!({"reason": "capacity"}));
    let told = told(&play);
    assert_eq!(told.iter().map(|action| action.kind).collect::<Vec<_>>(), [ActionKind::Explanation]);
}

#[test]
fn where_nobody_knows_anything_nothing_is_made_up() {
    assert!(told(&late_with(json!({}))).is_empty());
}

#[test]
fn a_reason_that_is_heard_after_the_time_was_told_adds_nothing() {
    let mut play = late_with(json!({"eta": day(0, "19:40")}));
    let update = told(&play).remove(0);
    play.answer_action(&update.id, &day(0, "19:20"), json!({"status": "done"}));
    let word = json!({"type": "delay_reported", "responsibility": "external", "reason": "weather"});
    reported(&mut play, "o-1", &day(0, "19:25"), word);
    reported(&mut play, "o-1", &day(0, "19:45"), json!({"type": "delivered"}));
    play.advance(&day(1, "12:00"));
    assert_eq!(told(&play).len(), 1, "{:#?}", told(&play));
    play.assert_sound();
}

#[test]
fn a_new_time_brings_the_open_update_up_to_date_and_the_meal_ends_it() {
    let mut play = late_with(json!({"eta": day(0, "19:40")}));
    reported(&mut play, "o-1", &day(0, "19:19"), json!({"type": "eta_changed", "eta": day(0, "19:50")}));
    let told_now = told(&play);
    assert_eq!((told_now.len(), told_now[0].say.contains("19:50")), (1, true), "{}", told_now[0].say);
    reported(&mut play, "o-1", &day(0, "19:22"), json!({"type": "delivered"}));
    assert!(told(&play).is_empty(), "it is here: nobody needs to be told when");
    play.assert_sound();
}
