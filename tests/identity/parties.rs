//! Companions: what is safe for one must be safe for all.

use super::*;

fn party() -> Value {
    json!({"customer_id": "c-1", "party_size": 2, "guest_ids": ["c-1", "c-2"]})
}

fn smoothie_of(play: &Play) -> Option<String> {
    let gestures = play.actions(ActionKind::Gesture);
    let open = gestures.into_iter().rfind(|action| action.state == ActionState::Open);
    open.and_then(|action| action.gesture).and_then(|gesture| gesture.item_id)
}

fn story(companion: Option<Value>) -> Play {
    let mut play = Play::hotel();
    if let Some(profile) = companion {
        play.profile_as_is("c-2", 1, &day(-3, "12:00"), Some(profile));
    }
    play.habits();
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), party());
    bare(&mut play, "o-1", &day(0, "13:10"), json!({"customer_id": "c-1"}));
    play.assert_sound();
    play
}

#[test]
fn a_companion_who_has_declared_nothing_does_not_stand_in_the_way() {
    assert_eq!(smoothie_of(&story(None)).as_deref(), Some("strawberry-smoothie"));
    assert_eq!(smoothie_of(&story(Some(json!({"name": "Mr Berg"})))).as_deref(), Some("strawberry-smoothie"));
}

#[test]
fn nothing_is_given_to_a_table_where_one_must_not_have_it() {
    for profile in [json!({"diets": ["kosher"]}), json!({"dislikes": ["strawberry"]})] {
        let play = story(Some(profile));
        assert_ne!(smoothie_of(&play).as_deref(), Some("strawberry-smoothie"));
    }
}

#[test]
fn an_allergy_that_a_companion_declares_now_takes_the_gesture_back() {
    let mut play = story(None);
    assert_eq!(smoothie_of(&play).as_deref(), Some("strawberry-smoothie"));
    play.profile_as_is("c-2", 2, &day(0, "13:12"), Some(json!({"diets": ["kosher"]})));
    assert_ne!(smoothie_of(&play).as_deref(), Some("strawberry-smoothie"));
    assert_eq!(play.actions(ActionKind::Gesture)[0].state, ActionState::Retracted);
    play.assert_sound();
}

#[test]
fn whose_companions_are_far_away_waits_for_their_answer() {
    // the same with every guest in a task of its own: nobody can be asked within one step
    let mut play = Play::with_partitions(std::sync::Arc::new(service_recovery::policy::presets::hotel().unwrap()), 64);
    play.profile_as_is("c-2", 1, &day(-3, "12:00"), Some(json!({"diets": ["kosher"]})));
    play.habits();
    order_event(&mut play, "placed", "o-1", &day(0, "13:00"), party());
    bare(&mut play, "o-1", &day(0, "13:10"), json!({"customer_id": "c-1"}));
    assert_ne!(smoothie_of(&play).as_deref(), Some("strawberry-smoothie"));
}
