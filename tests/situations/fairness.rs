//! What is decided follows from what failed: never from what the guest spends, and not from what it costs us.

use serde_json::json;
use service_recovery::events::{ActionKind, InitiatedBy, RecoveryAction};

use crate::play::{Play, day, order};

fn bare_salads(play: &mut Play) {
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
}

/// What a guest's purse must not change.
fn band(action: &RecoveryAction) -> String {
    let decision = &action.decision;
    format!("{} {} {:?} {:?}", action.severity, decision.rule, action.allowed, decision.facts)
}

#[test]
fn e4_who_spends_ten_times_as_much_has_the_same_band() {
    let mut newcomer = Play::hotel();
    bare_salads(&mut newcomer);
    let mut regular = Play::hotel();
    for ago in 3..13 {
        let dinner = json!({"item_id": format!("dinner-{ago}"), "quantity": 4, "unit_price_minor": 250_000});
        regular.order(&format!("o-{ago}"), &day(-ago, "19:00"), &[dinner]);
        regular.fulfilled(&format!("o-{ago}"), &day(-ago, "19:20"), json!({}));
    }
    bare_salads(&mut regular);
    for kind in [ActionKind::Apology, ActionKind::Gesture] {
        assert_eq!(band(&regular.only(kind)), band(&newcomer.only(kind)));
    }
    let value = |play: &Play| play.only(ActionKind::Gesture).gesture.unwrap().value_minor;
    assert_eq!(value(&regular), value(&newcomer));
}

#[test]
fn a_gesture_is_capped_at_its_price_however_little_it_costs_us() {
    let mut play = Play::hotel_with(|policy| {
        let mut cheap = policy.catalogue.item("strandhotellet", "strawberry-smoothie").unwrap().clone();
        cheap.cost_minor = Some(1);
        cheap.price_minor = 7_600;
        policy.catalogue.insert(cheap);
    });
    play.habits();
    bare_salads(&mut play);
    let action = play.only(ActionKind::Gesture);
    let smoothie = action.decision.candidates.iter().find(|candidate| candidate.option == "strawberry-smoothie");
    assert_eq!(smoothie.unwrap().rejected_because.as_deref(), Some("over_cap"), "152.00 is more than 150.00");
    assert_ne!(action.gesture.unwrap().item_id.as_deref(), Some("strawberry-smoothie"));
}

#[test]
fn nobody_says_sorry_twice_with_nothing_in_their_hands() {
    let mut play = Play::hotel_with(|policy| {
        for rule in &mut policy.rules {
            rule.then.gesture.clear();
            rule.then.remedy.clear();
            rule.then.human_contact = false;
        }
    });
    bare_salads(&mut play);
    assert_eq!(play.actions(ActionKind::HumanContact).len(), 0);
    play.order("o-again", &day(1, "13:00"), &[order::salads()]);
    play.fulfilled("o-again", &day(1, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    assert_eq!(play.actions(ActionKind::Apology).len(), 1, "the second would be bare");
    let person = play.only(ActionKind::HumanContact);
    assert_eq!(person.order_id.as_deref(), Some("o-again"));
    assert_eq!(person.decision.facts["earlier_failures"], "1");
}

#[test]
fn what_we_found_first_stays_ours_when_the_guest_speaks_up() {
    let mut play = Play::hotel();
    bare_salads(&mut play);
    play.remark(&day(0, "13:25"), json!({"order_id": "o-salads", "text": "the dressing!", "failure": "item_damaged"}));
    assert_eq!(play.only_incident().initiated_by, InitiatedBy::Company);
    for action in play.all_actions() {
        assert_eq!(action.initiated_by, InitiatedBy::Company, "{}", action.kind);
    }
    let mut told = Play::hotel();
    told.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    told.remark(&day(0, "13:15"), json!({"order_id": "o-salads", "failure": "quality_defect"}));
    assert_eq!(told.only_incident().initiated_by, InitiatedBy::Customer);
}
