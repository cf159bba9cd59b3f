//! A choice of two after something serious: only once somebody has said sorry, and never two gifts.

use play::at;
use service_recovery::events::RecoveryAction;
use service_recovery::recovery::EntityKey;

use super::*;

/// Salads without dressing, found at 13:20, where that is serious; the guest has a smoothie every day.
fn serious(edit: impl FnOnce(&mut Policy)) -> Play {
    let mut play = Play::hotel_with(|policy| {
        policy.gestures.choice_of_two = true;
        policy.severity.kinds.insert(FailureKind::ItemPartial, Severity::Major);
        edit(policy);
    });
    bare_salads(&mut play);
    play
}

fn choice(play: &Play) -> RecoveryAction {
    play.only(ActionKind::ChoiceOffer)
}

fn items(action: &RecoveryAction) -> Vec<String> {
    let first = action.gesture.iter().filter_map(|gesture| gesture.item_id.clone());
    first.chain(action.alternatives.iter().filter_map(|other| other.item_id.clone())).collect()
}

fn said_sorry(edit: impl FnOnce(&mut Policy)) -> Play {
    let mut play = serious(edit);
    play.answer(ActionKind::Apology, &day(0, "13:22"), json!({"status": "done"}));
    play
}

#[test]
fn it_waits_for_the_first_step_and_names_two() {
    let mut play = serious(|_| {});
    assert!(play.all_actions().iter().all(|action| !action.kind.is_gift()), "nobody has said sorry yet");
    assert!(matches!(play.only_incident().severity, Severity::Major));
    play.answer(ActionKind::Apology, &day(0, "13:22"), json!({"status": "done"}));
    let choice = choice(&play);
    assert_eq!(items(&choice), ["strawberry-smoothie", "elderflower-lemonade"]);
    assert_eq!(choice.after, Some(play.only(ActionKind::Apology).id));
    assert_eq!(choice.due_at, at(&day(0, "13:32")));
    assert!(choice.say.contains("two strawberry smoothies or two elderflower lemonades"), "{}", choice.say);
    assert!(play.actions(ActionKind::Gesture).is_empty());
    play.assert_sound();
}

#[test]
fn what_was_chosen_counts_and_nothing_else() {
    let mut play = said_sorry(|_| {});
    let [first, second] = <[String; 2]>::try_from(items(&choice(&play))).unwrap();
    let value = choice(&play).alternatives[0].value_minor;
    assert_ne!(choice(&play).gesture.unwrap().value_minor, value);
    play.answer(ActionKind::ChoiceOffer, &day(0, "13:30"), json!({"status": "substituted", "item_id": second}));
    assert_eq!(choice(&play).state, ActionState::Substituted);
    assert_eq!(play.only_incident().given_minor, value);
    assert_eq!(play.all_actions().iter().filter(|action| action.kind.is_gift()).count(), 1);
    // next time it is not the one that they had, though they might have had the other
    let mut twin = said_sorry(|_| {});
    twin.answer(ActionKind::ChoiceOffer, &day(0, "13:30"), json!({"status": "done"}));
    assert_eq!(
        twin.only_incident().given_minor,
        choice(&twin).gesture.unwrap().value_minor,
        "the first, if none is named"
    );
    assert_ne!(first, second);
    play.assert_sound();
}

fn budget(minor: i64) -> impl FnOnce(&mut Policy) {
    move |policy| {
        let budget = [("DKK".to_owned(), minor)].into_iter().collect();
        policy.default_site.daily_budget = budget;
        let budget = policy.default_site.daily_budget.clone();
        policy.sites.values_mut().for_each(|site| site.daily_budget = budget.clone());
    }
}

/// Two smoothies cost the bar 36.00, two lemonades 18.00.
#[test]
fn the_site_reserves_for_the_dearer_and_settles_what_was_taken() {
    let refused = said_sorry(budget(3_599));
    assert!(refused.all_actions().iter().all(|action| !action.kind.is_gift()));
    let mut play = said_sorry(budget(3_600));
    let other = items(&choice(&play)).pop().unwrap();
    play.answer(ActionKind::ChoiceOffer, &day(0, "13:30"), json!({"status": "done", "item_id": other}));
    assert_eq!(choice(&play).state, ActionState::Substituted, "another one than the first");
    let site = play.entity(&EntityKey::site("strandhotellet")).unwrap();
    let site = format!("{site:?}");
    assert!(site.contains("cost_minor: 1800") && !site.contains("cost_minor: 3600"), "{site}");
}

#[test]
fn who_wants_neither_is_offered_neither_again() {
    let mut play = said_sorry(|_| {});
    let tried = items(&choice(&play));
    let no = json!({"status": "declined", "declined_by": "guest"});
    play.answer(ActionKind::ChoiceOffer, &day(0, "13:30"), no);
    assert_eq!(play.all_actions().iter().filter(|action| action.kind.is_gift()).count(), 1, "that is the end of it");
    play.order("o-2", &day(1, "13:00"), &[order::salads(), espresso()]);
    play.fulfilled("o-2", &day(1, "13:20"), json!({"completes": true, "lines": [order::salads()]}));
    play.advance(&day(1, "14:00"));
    let again: Vec<RecoveryAction> =
        play.all_actions().into_iter().filter(|action| action.order_id.as_deref() == Some("o-2")).collect();
    assert!(again.iter().flat_map(items).all(|item| !tried.contains(&item)), "{again:#?}");
    let mut candidates = again.iter().flat_map(|action| &action.decision.candidates);
    let lemonade = candidates.find(|one| one.option == "elderflower-lemonade").unwrap();
    assert_eq!(lemonade.rejected_because.as_deref(), Some("turned_down"));
}

#[test]
fn where_staff_cannot_there_is_one_gesture_and_no_second_choice() {
    let mut play = said_sorry(|_| {});
    let tried = items(&choice(&play));
    play.answer(ActionKind::ChoiceOffer, &day(0, "13:30"), json!({"status": "not_possible"}));
    let next = play.only(ActionKind::Gesture);
    assert_eq!(next.supersedes, Some(choice(&play).id));
    assert!(!tried.contains(&items(&next)[0]));
    play.assert_sound();
}

#[test]
fn where_nobody_reports_the_apology_it_is_one_gesture() {
    let mut play = serious(|_| {});
    let due_at = play.only(ActionKind::Apology).due_at;
    play.advance(&due_at.to_string());
    assert!(play.actions(ActionKind::Gesture).is_empty());
    play.advance(&day(0, "13:40"));
    let gesture = play.only(ActionKind::Gesture);
    assert_eq!(items(&gesture)[0], "strawberry-smoothie");
    assert!(gesture.due_at >= due_at);
    // said late: it stays what it was
    play.answer(ActionKind::Apology, &day(0, "13:41"), json!({"status": "done"}));
    assert!(play.actions(ActionKind::ChoiceOffer).is_empty());
    play.assert_sound();
}

#[test]
fn less_than_serious_or_off_in_the_policy_it_is_one_gesture_at_once() {
    let play = serious(|policy| policy.gestures.choice_of_two = false);
    assert_eq!(play.actions(ActionKind::Gesture).len(), 1);
    let minor = serious(|policy| policy.severity.kinds.clear());
    assert_eq!(minor.actions(ActionKind::Gesture).len(), 1);
}

#[test]
fn an_allergy_to_the_second_takes_the_choice_back() {
    let mut play = said_sorry(|_| {});
    let before = items(&choice(&play));
    let disliked = before[1].clone();
    play.profile(&day(0, "13:24"), json!({"dislikes": [disliked.split('-').next().unwrap()]}));
    let gifts: Vec<RecoveryAction> = play.all_actions().into_iter().filter(|action| action.kind.is_gift()).collect();
    assert_eq!(gifts[0].state, ActionState::Retracted);
    let open: Vec<&RecoveryAction> = gifts.iter().filter(|action| action.state.is_open()).collect();
    assert_eq!(open.len(), 1);
    assert!(!items(open[0]).contains(&disliked), "{:?}", items(open[0]));
    play.assert_sound();
}

#[test]
fn a_restart_while_it_waits_changes_nothing() {
    let mut play = serious(|_| {});
    play.restart();
    play.answer(ActionKind::Apology, &day(0, "13:22"), json!({"status": "done"}));
    assert_eq!(items(&choice(&play)).len(), 2);
    play.assert_sound();
}
