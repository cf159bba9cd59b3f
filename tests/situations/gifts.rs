//! Every kind of gesture, and what may never be one.

use std::collections::BTreeMap;

use service_recovery::events::{GestureKind, Millis};
use service_recovery::policy::{Donation, GiftPermission, LoyaltyPoints, Service};
use service_recovery::recovery::EntityKey;

use super::*;

fn dkk(kroner: i64) -> BTreeMap<String, i64> {
    BTreeMap::from([("DKK".to_owned(), kroner * 100)])
}

fn in_english(text: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("en".to_owned(), text.to_owned())])
}

/// Only these kinds, whatever the rule.
fn only(policy: &mut Policy, kinds: &[GestureKind]) {
    for rule in policy.rules.iter_mut().filter(|rule| !rule.then.gesture.is_empty()) {
        rule.then.gesture = kinds.to_vec();
    }
}

fn service(kind: GestureKind, habit: &[&str], preference: &[&str]) -> Service {
    Service {
        kind,
        names: in_english("a late checkout"),
        value: dkk(100),
        cost: dkk(10),
        touchpoints: Vec::new(),
        habit: habit.iter().map(|item| (*item).to_owned()).collect(),
        preference: preference.iter().map(|word| (*word).to_owned()).collect(),
    }
}

/// The salads fail; the guest has taken smoothies on both days before.
fn after_bare_salads(edit: impl FnOnce(&mut Policy)) -> Play {
    let mut play = Play::hotel_with(edit);
    bare_salads(&mut play);
    play.assert_sound();
    play
}

fn rejected(play: &Play, option: &str) -> Option<String> {
    let actions = play.all_actions();
    let mut candidates = actions.iter().rev().flat_map(|action| &action.decision.candidates);
    candidates.find(|candidate| candidate.option == option).and_then(|candidate| candidate.rejected_because.clone())
}

#[test]
fn a_service_that_a_habit_shows_to_be_welcome() {
    for kind in [GestureKind::HabitService, GestureKind::HabitUpgrade] {
        let play = after_bare_salads(|policy| {
            only(policy, &[kind, GestureKind::GenericTreat]);
            policy.gestures.services.insert("late-checkout".into(), service(kind, &["strawberry-smoothie"], &[]));
        });
        let action = play.only(ActionKind::Gesture);
        let gesture = action.gesture.as_ref().unwrap();
        assert_eq!((gesture.kind, gesture.item_id.as_deref(), gesture.quantity), (kind, Some("late-checkout"), 1));
        assert_eq!((gesture.value_minor, gesture.personalised, gesture.evidence.len()), (10_000, true, 2));
        assert!(action.say.contains("We have arranged a late checkout for you"), "{}", action.say);
        assert!(action.instruction.starts_with("Arrange a late checkout"), "{}", action.instruction);
        assert!(action.why.contains("strawberry smoothie") || action.why.contains("late checkout"), "{}", action.why);
    }
}

#[test]
fn a_service_that_the_guest_asked_for_comes_before_their_habits() {
    let mut play = Play::hotel_with(|policy| {
        only(policy, &[GestureKind::HabitItem, GestureKind::HabitService]);
        let late = service(GestureKind::HabitService, &[], &["late checkout"]);
        policy.gestures.services.insert("checkout".into(), late);
    });
    play.profile(&day(-5, "09:00"), json!({"preferences": ["Late-Checkout"]}));
    bare_salads(&mut play);
    let action = play.only(ActionKind::Gesture);
    assert_eq!(action.gesture.unwrap().item_id.as_deref(), Some("checkout"));
    assert_eq!(action.alternatives[0].item_id.as_deref(), Some("strawberry-smoothie"));
}

#[test]
fn nobody_gets_a_service_that_they_have_not_earned_or_that_is_not_done_there() {
    let play = after_bare_salads(|policy| {
        only(policy, &[GestureKind::HabitService, GestureKind::GenericTreat]);
        let unearned = service(GestureKind::HabitService, &["espresso"], &["late checkout"]);
        policy.gestures.services.insert("late-checkout".into(), unearned);
        let mut elsewhere = service(GestureKind::HabitService, &["strawberry-smoothie"], &[]);
        elsewhere.touchpoints = vec!["restaurant".into()];
        policy.gestures.services.insert("window-table".into(), elsewhere);
    });
    assert_eq!(play.only(ActionKind::Gesture).gesture.unwrap().kind, GestureKind::GenericTreat);
    assert_eq!(rejected(&play, "window-table").as_deref(), Some("not_at_this_touchpoint"));
    assert_eq!(rejected(&play, "late-checkout"), None, "not even considered");
}

#[test]
fn a_service_that_the_catalogue_says_is_taken_today_is_not_offered() {
    let mut play = Play::hotel_with(|policy| {
        only(policy, &[GestureKind::HabitService, GestureKind::GenericTreat]);
        let late = service(GestureKind::HabitService, &["strawberry-smoothie"], &[]);
        policy.gestures.services.insert("late-checkout".into(), late);
    });
    play.event(
        Contract::Catalogue,
        &day(0, "08:00"),
        json!({"item_id": "late-checkout", "names": {"en": "late checkout"}, "price_minor": 0, "currency": "DKK", "available": false}),
    );
    bare_salads(&mut play);
    assert_eq!(play.only(ActionKind::Gesture).gesture.unwrap().kind, GestureKind::GenericTreat);
    assert_eq!(rejected(&play, "late-checkout").as_deref(), Some("not_available"));
}

#[test]
fn points_go_on_the_account_of_a_known_guest_only() {
    let edit = |policy: &mut Policy| {
        only(policy, &[GestureKind::LoyaltyPoints, GestureKind::HandwrittenNote]);
        policy.gestures.points = Some(LoyaltyPoints { points: 500, value: dkk(50) });
    };
    let mut play = Play::hotel_with(edit);
    play.profile(&day(-5, "09:00"), json!({"name": "Ms Holm"}));
    bare_salads(&mut play);
    let action = play.only(ActionKind::Gesture);
    let gesture = action.gesture.unwrap();
    assert_eq!((gesture.kind, gesture.quantity, gesture.value_minor), (GestureKind::LoyaltyPoints, 500, 5_000));
    assert!(action.say.contains("We have put 500 points on your account"), "{}", action.say);
    assert!(action.instruction.contains("500 points"), "{}", action.instruction);
    let unknown = after_bare_salads(edit);
    assert_eq!(unknown.only(ActionKind::Gesture).gesture.unwrap().kind, GestureKind::HandwrittenNote);
    assert_eq!(rejected(&unknown, "loyalty_points").as_deref(), Some("no_account"));
}

fn donates(policy: &mut Policy) {
    let causes = in_english("the lifeboats");
    policy.gestures.donation = Some(Donation { causes, amount: dkk(200), for_opted_out: true });
}

#[test]
fn a_donation_where_the_rule_allows_it_is_worth_no_more_than_the_cap() {
    let play = after_bare_salads(|policy| {
        only(policy, &[GestureKind::Donation]);
        donates(policy);
    });
    let action = play.only(ActionKind::Gesture);
    let gesture = action.gesture.unwrap();
    assert_eq!((gesture.kind, gesture.value_minor, gesture.personalised), (GestureKind::Donation, 15_000, false));
    assert!(action.say.contains("we are giving 150.00 DKK to the lifeboats"), "{}", action.say);
    assert!(action.instruction.contains("to the lifeboats"), "{}", action.instruction);
}

#[test]
fn who_is_opted_out_of_profiling_may_see_something_good_come_of_it() {
    let mut play = Play::hotel_with(|policy| {
        donates(policy);
        policy.gestures.generic.clear();
    });
    play.profile(&day(-5, "09:00"), json!({"profiling": false}));
    bare_salads(&mut play);
    let gesture = play.only(ActionKind::Gesture).gesture.unwrap();
    assert_eq!((gesture.kind, gesture.evidence.len()), (GestureKind::Donation, 0));
    // for anybody else the rule does not allow it
    let known = after_bare_salads(donates);
    assert_eq!(known.only(ActionKind::Gesture).gesture.unwrap().kind, GestureKind::HabitItem);
    assert_eq!(rejected(&known, "donation"), None);
}

#[test]
fn opted_out_the_recovery_is_the_same_with_a_generic_gesture() {
    let mut play = Play::hotel_with(donates);
    play.profile(&day(-5, "09:00"), json!({"profiling": false}));
    bare_salads(&mut play);
    let gesture = play.only(ActionKind::Gesture).gesture.unwrap();
    assert_eq!((gesture.kind, gesture.personalised), (GestureKind::GenericTreat, false));
    assert!(gesture.evidence.is_empty());
    play.only(ActionKind::Apology);
}

#[test]
fn what_anybody_likes_comes_in_the_order_of_the_rule() {
    let play = after_bare_salads(|policy| only(policy, &[GestureKind::HandwrittenNote, GestureKind::GenericTreat]));
    let action = play.only(ActionKind::Gesture);
    assert_eq!(action.gesture.unwrap().kind, GestureKind::HandwrittenNote);
    assert_eq!(action.alternatives[0].kind, GestureKind::GenericTreat);
}

/// The habit is a gin and tonic on both evenings before.
fn gin_and_tonic(profile: Option<Value>, companions: Value, edit: impl FnOnce(&mut Policy)) -> Play {
    let mut play = Play::hotel_with(edit);
    if let Some(profile) = profile {
        play.profile(&day(-5, "09:00"), profile);
    }
    let gin = json!({"item_id": "gin-tonic", "quantity": 1, "unit_price_minor": 11_000});
    let party = 1 + companions.as_array().map_or(0, Vec::len);
    for (order_id, back, line) in [("o-2", -2, &gin), ("o-1", -1, &gin), ("o-salads", 0, &order::salads())] {
        let order = json!({"type": "placed", "order_id": order_id, "customer_id": "c-1", "site_id": "strandhotellet",
            "touchpoint": "pool_bar", "party_size": party, "guest_ids": companions, "currency": "DKK", "lines": [line]});
        play.event(Contract::Orders, &day(back, "18:00"), order);
        let fields = if back == 0 { json!({"completes": true, "lines": [order::bare_salads()]}) } else { json!({}) };
        play.fulfilled(order_id, &day(back, "18:20"), fields);
    }
    play.assert_sound();
    play
}

fn permitted(touchpoints: &[&str]) -> impl Fn(&mut Policy) {
    let touchpoints: Vec<String> = touchpoints.iter().map(|name| (*name).to_owned()).collect();
    move |policy: &mut Policy| {
        policy.gestures.permitted = vec![GiftPermission {
            country: "DK".into(),
            tags: vec!["alcohol".into()],
            touchpoints: touchpoints.clone(),
            min_age: 18,
        }];
    }
}

fn is_gin(play: &Play) -> bool {
    play.only(ActionKind::Gesture).gesture.unwrap().item_id.as_deref() == Some("gin-tonic")
}

#[test]
fn alcohol_is_no_present_unless_everybody_is_an_adult_and_the_country_allows_it_there() {
    let nobody = json!([]);
    let adult = || Some(json!({"adult": true}));
    let reason = |play: &Play| rejected(play, "gin-tonic").unwrap_or_default();

    let unknown = gin_and_tonic(None, nobody.clone(), |_| {});
    assert_eq!((is_gin(&unknown), reason(&unknown).as_str()), (false, "adult_unknown"));
    let unknown = gin_and_tonic(None, nobody.clone(), permitted(&[]));
    assert_eq!((is_gin(&unknown), reason(&unknown).as_str()), (false, "adult_unknown"));
    let minor = gin_and_tonic(Some(json!({"adult": false})), nobody.clone(), permitted(&[]));
    assert_eq!((is_gin(&minor), reason(&minor).as_str()), (false, "adult_unknown"));
    let no_table = gin_and_tonic(adult(), nobody.clone(), |_| {});
    assert_eq!((is_gin(&no_table), reason(&no_table).as_str()), (false, "not_permitted"));
    let elsewhere = gin_and_tonic(adult(), nobody.clone(), permitted(&["restaurant"]));
    assert_eq!((is_gin(&elsewhere), reason(&elsewhere).as_str()), (false, "not_permitted"));
    let abroad = gin_and_tonic(adult(), nobody.clone(), |policy| {
        permitted(&[])(policy);
        policy.sites.get_mut("strandhotellet").unwrap().country = Some("SE".into());
    });
    assert_eq!((is_gin(&abroad), reason(&abroad).as_str()), (false, "not_permitted"));
    let nowhere = gin_and_tonic(adult(), nobody.clone(), |policy| {
        permitted(&[])(policy);
        policy.sites.get_mut("strandhotellet").unwrap().country = None;
    });
    assert_eq!((is_gin(&nowhere), reason(&nowhere).as_str()), (false, "not_permitted"));
    let forbidden = gin_and_tonic(adult(), nobody.clone(), |policy| {
        permitted(&[])(policy);
        policy.gestures.never_tags.push("alcohol".into());
    });
    assert_eq!((is_gin(&forbidden), reason(&forbidden).as_str()), (false, "not_permitted"));
    let companion = gin_and_tonic(adult(), json!(["c-2"]), permitted(&["pool_bar"]));
    assert_eq!((is_gin(&companion), reason(&companion).as_str()), (false, "adult_unknown"));

    assert!(is_gin(&gin_and_tonic(adult(), nobody, permitted(&["pool_bar"]))));
}

#[test]
fn where_allergies_must_be_known_food_goes_only_to_those_whose_are() {
    let strict = |policy: &mut Policy| {
        policy.sites.get_mut("strandhotellet").unwrap().allergy_check = true;
        policy.gestures.generic = vec!["ice-cream".into(), "elderflower-lemonade".into()];
        only(policy, &[GestureKind::GenericTreat]);
    };
    let gift = |play: &Play| play.only(ActionKind::Gesture).gesture.unwrap().item_id.unwrap();
    // two at the table, one of them known: lemonade has nothing to declare
    let mut play = Play::hotel_with(strict);
    play.profile(&day(-5, "09:00"), json!({"name": "Ms Holm"}));
    bare_salads(&mut play);
    assert_eq!(gift(&play), "elderflower-lemonade");
    assert_eq!(rejected(&play, "ice-cream").as_deref(), Some("allergies_unknown"));
    // nobody is known
    let unknown = after_bare_salads(strict);
    assert_eq!(
        (gift(&unknown).as_str(), rejected(&unknown, "ice-cream").as_deref()),
        ("elderflower-lemonade", Some("allergies_unknown"))
    );
    // where the house does not ask for it, what nobody has objected to is welcome
    let lax = after_bare_salads(|policy| {
        strict(policy);
        policy.sites.get_mut("strandhotellet").unwrap().allergy_check = false;
    });
    assert_eq!(gift(&lax), "ice-cream");
}

#[test]
fn a_sensitive_item_is_neither_given_nor_named_as_a_reason() {
    let mut play = Play::hotel_with(|policy| {
        only(policy, &[GestureKind::HabitItem, GestureKind::HabitService, GestureKind::GenericTreat]);
        let late = service(GestureKind::HabitService, &["strawberry-smoothie"], &[]);
        policy.gestures.services.insert("late-checkout".into(), late);
    });
    play.event(
        Contract::Catalogue,
        &day(-9, "08:00"),
        json!({"item_id": "strawberry-smoothie", "names": {"en": "strawberry smoothie"}, "price_minor": 6_500,
            "currency": "DKK", "tags": ["sensitive", "allergens:none"]}),
    );
    play.profile(&day(-5, "09:00"), json!({"preferences": ["strawberry-smoothie"]}));
    bare_salads(&mut play);
    let action = play.only(ActionKind::Gesture);
    assert_eq!(action.gesture.as_ref().unwrap().kind, GestureKind::GenericTreat);
    let told = serde_json::to_string(&play.all_actions()).unwrap();
    assert!(!told.contains("strawberry"), "{told}");
}

/// The items that the guest is known to take, one order after the other.
fn learned(play: &Play) -> Vec<String> {
    let guest = format!("{:?}", play.entity(&EntityKey::customer("c-1")).unwrap());
    let occasions = guest.split("items: {").skip(1);
    occasions.map(|items| items.split('}').next().unwrap().to_owned()).collect()
}

fn listed(play: &mut Play, time: &str, item_id: &str, fields: Value) {
    let mut item = json!({"item_id": item_id, "names": {"en": item_id}, "price_minor": 9_900, "currency": "DKK"});
    item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    play.event(Contract::Catalogue, time, item);
}

#[test]
fn what_tells_of_health_or_belief_is_not_even_learned() {
    let mut play = Play::hotel();
    listed(&mut play, &day(-9, "08:00"), "pills", json!({"tags": ["sensitive"]}));
    listed(&mut play, &day(-9, "08:00"), "pills-again", json!({"same_as": "pills"}));
    let taken = ["pills", "pills-again", "espresso"].map(|item| json!({"item_id": item, "quantity": 1}));
    play.order("o-1", &day(-2, "15:00"), &taken);
    play.fulfilled("o-1", &day(-2, "15:10"), json!({}));
    assert_eq!(learned(&play), ["\"espresso\": 1"]);
    // a profile that allows habits is no consent to this
    play.profile(&day(-2, "16:00"), json!({"profiling": true, "preferences": ["pills"]}));
    play.restart();
    assert_eq!(learned(&play), ["\"espresso\": 1"]);
}

#[test]
fn what_turns_out_to_tell_of_health_or_belief_is_forgotten_with_the_next_order() {
    let mut play = Play::hotel();
    let taken = ["pills", "espresso"].map(|item| json!({"item_id": item, "quantity": 1}));
    play.order("o-1", &day(-3, "15:00"), &taken);
    play.order("o-2", &day(-2, "15:00"), &taken);
    assert_eq!(learned(&play).concat().matches("pills").count(), 2);
    listed(&mut play, &day(-2, "16:00"), "pills", json!({"tags": ["sensitive"]}));
    play.order("o-3", &day(-1, "15:00"), &[order::smoothies()]);
    assert_eq!(learned(&play), ["\"espresso\": 1", "\"espresso\": 1", "\"strawberry-smoothie\": 2"]);
}

#[test]
fn who_has_left_gets_nothing_handed_over() {
    let mut play = Play::hotel_with(|_| {});
    play.event(
        Contract::Orders,
        &day(0, "13:00"),
        json!({"type": "placed", "order_id": "o-salads", "customer_id": "c-1", "site_id": "strandhotellet",
            "touchpoint": "pool_bar", "currency": "DKK", "visit_ends_at": day(0, "13:10"), "lines": [order::salads()]}),
    );
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    assert!(play.actions(ActionKind::Gesture).is_empty());
    assert_eq!(rejected(&play, "espresso").as_deref(), Some("cannot_be_handed_over"));
}

#[test]
fn the_value_band_is_the_same_for_a_guest_who_spends_ten_times_as_much() {
    let worth = |times: i64| {
        let mut play = Play::hotel();
        for back in 3..20 {
            let line = json!({"item_id": "club-sandwich", "quantity": times, "unit_price_minor": 15_500});
            play.order(&format!("o-before-{back}"), &day(-back, "12:00"), &[line]);
            play.fulfilled(&format!("o-before-{back}"), &day(-back, "12:10"), json!({}));
        }
        bare_salads(&mut play);
        let action = play.only(ActionKind::Gesture);
        (action.severity, action.allowed.unwrap().max_value_minor, action.gesture.unwrap().value_minor)
    };
    assert_eq!(worth(1), worth(10));
}

#[test]
fn a_complaint_that_is_corrected_to_a_cheaper_dish_brings_a_cheaper_gesture() {
    let mut play = Play::hotel_with(|policy| policy.gestures.cap_percent = 100);
    play.habits();
    play.order("o-1", &day(0, "13:00"), &[order::salads(), espresso()]);
    play.fulfilled("o-1", &day(0, "13:10"), json!({}));
    let complaint = |id: &str, item: &str, corrects: Option<&str>| {
        json!({"id": id, "time": day(0, "13:20"), "form": "remark", "customer_id": "c-1", "order_id": "o-1",
            "failure": "quality_defect", "item_id": item, "corrects": corrects})
    };
    play.event_as_is(Contract::Complaints, complaint("said", "salad", None));
    let first = play.only(ActionKind::Gesture);
    assert_eq!(first.gesture.as_ref().unwrap().value_minor, 13_000);
    // it was the espresso of 32 kroner that was cold: two smoothies of 130 are too much now
    play.event_as_is(Contract::Complaints, complaint("meant", "espresso", Some("said")));
    let gestures = play.actions(ActionKind::Gesture);
    assert_eq!(gestures[0].state, ActionState::Retracted, "{gestures:#?}");
    let worth = gestures[1].gesture.as_ref().unwrap().value_minor;
    assert!(worth <= 3_200 && gestures.len() == 2, "{worth}");
    play.assert_sound();
}

#[test]
fn what_is_accepted_stays_when_the_complaint_is_corrected() {
    let mut play = Play::hotel_with(|policy| policy.gestures.cap_percent = 100);
    play.habits();
    play.order("o-1", &day(0, "13:00"), &[order::salads(), espresso()]);
    play.fulfilled("o-1", &day(0, "13:10"), json!({}));
    let complaint = |id: &str, item: &str, corrects: Option<&str>| {
        json!({"id": id, "time": day(0, "13:20"), "form": "remark", "customer_id": "c-1", "order_id": "o-1",
            "failure": "quality_defect", "item_id": item, "corrects": corrects})
    };
    play.event_as_is(Contract::Complaints, complaint("said", "salad", None));
    play.answer(ActionKind::Gesture, &day(0, "13:22"), json!({"status": "accepted"}));
    play.event_as_is(Contract::Complaints, complaint("meant", "espresso", Some("said")));
    assert_eq!(play.only(ActionKind::Gesture).state, ActionState::Accepted);
}

#[test]
fn a_sixth_claim_within_a_month_goes_to_a_person_but_is_put_right_at_once() {
    let mut play = Play::hotel_with(|policy| {
        policy.gestures.guest_count = None;
        policy.gestures.guest_cap.clear();
        policy.gestures.guest_claims = Some(5);
        for rule in &mut policy.rules {
            rule.when.repeat = None;
            rule.then.human_contact = false; // whoever comes, comes for the claims
        }
    });
    let claim = |play: &mut Play, number: i64| {
        let (order_id, back) = (format!("o-{number}"), -30 + number * 4);
        play.order(&order_id, &day(back, "13:00"), &[order::salads()]);
        play.fulfilled(&order_id, &day(back, "13:10"), json!({}));
        play.remark(
            &day(back, "13:20"),
            json!({"form": "claim", "order_id": order_id, "failure": "item_partial", "item_id": "salad"}),
        );
    };
    for number in 1..=5 {
        claim(&mut play, number);
    }
    let given = play.actions(ActionKind::Gesture).len();
    assert!(given > 0 && play.actions(ActionKind::HumanContact).is_empty());
    claim(&mut play, 6);
    assert_eq!(play.actions(ActionKind::Gesture).len(), given);
    assert_eq!(play.actions(ActionKind::Apology).len(), 6);
    let person = play.only(ActionKind::HumanContact);
    assert_eq!(person.decision.facts["no_gesture"], "cap_guest_window");
    play.assert_sound();
}

#[test]
fn what_the_company_found_is_never_held_against_a_guest() {
    let mut play = Play::hotel_with(|policy| {
        policy.gestures.guest_count = Some(1);
        policy.gestures.guest_claims = Some(1);
        policy.gestures.repeat_after = Millis::ZERO;
    });
    for number in 1..=4_i64 {
        let (order_id, back) = (format!("o-{number}"), -20 + number * 4);
        play.order(&order_id, &day(back, "13:00"), &[order::salads()]);
        let bare = json!({"completes": true, "lines": [order::bare_salads()]});
        play.fulfilled(&order_id, &day(back, "13:20"), bare);
    }
    assert_eq!(play.actions(ActionKind::Gesture).len(), 4);
}

#[test]
fn off_the_next_order_where_nothing_can_be_handed_over() {
    let play = after_bare_salads(|policy| {
        only(policy, &[GestureKind::HabitItem, GestureKind::GenericTreat, GestureKind::Credit]);
        policy.gestures.credit = dkk(75);
        policy.touchpoints.get_mut("pool_bar").unwrap().hands_over = false;
    });
    let action = play.only(ActionKind::Gesture);
    assert_eq!(action.gesture.unwrap().kind, GestureKind::Credit);
    assert!(action.say.contains("75.00 DKK off the next order"), "{}", action.say);
    assert_eq!(rejected(&play, "strawberry-smoothie").as_deref(), Some("cannot_be_handed_over"));
}

#[test]
fn a_gesture_that_was_rung_up_is_not_learned_as_a_habit() {
    let mut play = Play::hotel();
    play.order("o-salads", &day(-2, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(-2, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let gift = play.only(ActionKind::Gesture).gesture.unwrap().item_id.unwrap();
    play.answer(ActionKind::Gesture, &day(-2, "13:25"), json!({"status": "done"}));
    let line = json!({"item_id": gift, "quantity": 2, "unit_price_minor": 0});
    play.order("o-gift", &day(-2, "13:26"), std::slice::from_ref(&line));
    play.fulfilled("o-gift", &day(-2, "13:27"), json!({}));
    play.order("o-own", &day(-1, "13:26"), &[line]);
    play.fulfilled("o-own", &day(-1, "13:27"), json!({}));
    play.order("o-bare", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-bare", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let second = play.actions(ActionKind::Gesture).pop().unwrap().gesture.unwrap();
    assert!(!second.personalised && second.evidence.is_empty(), "{second:#?}");
    assert!(play.all_actions().iter().flat_map(|action| &action.decision.candidates).all(|known| known.score == 0.0));
}

#[test]
fn a_streak_counts_service_days_so_a_late_drink_belongs_to_the_evening_before() {
    let mut play = Play::hotel();
    for (order_id, clock) in [("o-night", "01:00"), ("o-afternoon", "15:00")] {
        play.order(order_id, &day(-1, clock), &[order::smoothies()]);
        play.fulfilled(order_id, &day(-1, &clock.replace(":00", ":10")), json!({}));
    }
    play.order("o-salads", &day(0, "13:00"), &[order::salads()]);
    play.fulfilled("o-salads", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    let gesture = play.only(ActionKind::Gesture).gesture.unwrap();
    assert_eq!((gesture.item_id.as_deref(), gesture.personalised), (Some("strawberry-smoothie"), true));
    let dates: Vec<&str> = gesture.evidence.iter().map(|shown| shown.date.as_str()).collect();
    assert_eq!(dates, ["2026-06-01", "2026-06-02"]);
}

#[test]
fn an_item_whose_allergens_nobody_declared_is_not_for_somebody_with_an_allergy() {
    let mut play = Play::hotel_with(|policy| {
        only(policy, &[GestureKind::GenericTreat]);
        policy.gestures.generic = vec!["house-cake".into(), "elderflower-lemonade".into()];
    });
    let cake = json!({"item_id": "house-cake", "names": {"en": "cake"}, "price_minor": 4_000, "currency": "DKK"});
    play.event(Contract::Catalogue, &day(-9, "08:00"), cake);
    play.profile(&day(-5, "09:00"), json!({"allergies": ["nuts"]}));
    bare_salads(&mut play);
    assert_eq!(play.only(ActionKind::Gesture).gesture.unwrap().item_id.as_deref(), Some("elderflower-lemonade"));
    assert_eq!(rejected(&play, "house-cake").as_deref(), Some("unsafe"));
}

#[test]
fn a_gesture_that_staff_decline_gives_its_budget_back() {
    let mut play = Play::hotel_with(|policy| {
        // two smoothies cost 36 kroner, two lemonades 18: both at once would be too much
        let budget = BTreeMap::from([("DKK".to_owned(), 4_000)]);
        policy.sites.get_mut("strandhotellet").unwrap().daily_budget = budget;
        policy.gestures.generic = vec!["elderflower-lemonade".into()];
    });
    bare_salads(&mut play);
    play.answer(ActionKind::Gesture, &day(0, "13:22"), json!({"status": "declined", "declined_by": "staff"}));
    let gestures = play.actions(ActionKind::Gesture);
    assert_eq!(gestures.len(), 2);
    assert_eq!(gestures[1].gesture.as_ref().unwrap().item_id.as_deref(), Some("elderflower-lemonade"));
}
