//! Profiles that come late, change or go.

use super::*;

#[test]
fn habits_do_not_depend_on_when_the_profile_arrives() {
    let mut play = Play::hotel();
    play.habits();
    play.profile(&day(0, "10:00"), json!({"profiling": false}));
    play.profile(&day(0, "11:00"), json!({"profiling": true}));
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let gesture = play.only(ActionKind::Gesture).gesture.unwrap();
    assert_eq!(gesture.item_id.as_deref(), Some("strawberry-smoothie"));
}

#[test]
fn an_erased_guest_is_recovered_without_habits() {
    let mut play = Play::hotel();
    play.habits();
    play.erase(&day(0, "10:00"));
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let gesture = play.only(ActionKind::Gesture).gesture.unwrap();
    assert!(!gesture.personalised && gesture.evidence.is_empty());
}
