//! What fails again and again: counted where it can be put right, told once, and over when it is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod carriers;
mod convergence;
#[path = "../play/mod.rs"]
mod play;

use std::collections::BTreeSet;
use std::sync::Arc;

use play::{Play, at, day, order};
use serde_json::{Value, json};
use service_recovery::events::{Contract, FailureKind, Insight, InsightType, Millis, Payload, ids};
use service_recovery::policy::{Policy, presets};
use service_recovery::recovery::EntityKey;

const SITE: &str = "strandhotellet";

/// A moment so many minutes after 13:00 on day 0.
fn minute(minutes: i64) -> String {
    let time = at(&day(0, "13:00")) + Millis::minutes(minutes);
    time.to_string()
}

/// A guest of their own orders a salad with everything.
fn placed(guest: &str, minutes: i64) -> Value {
    json!({"id": format!("{guest}-placed"), "time": minute(minutes - 10), "type": "placed", "order_id": format!("o-{guest}"),
        "customer_id": guest, "site_id": SITE, "touchpoint": "pool_bar", "currency": "DKK", "lines": [order::salads()]})
}

/// It comes with the blue cheese and without the dressing.
fn without_dressing(guest: &str, minutes: i64) -> Value {
    let lines = json!([{"line_id": "1", "item_id": "salad", "quantity": 2, "modifiers": [
        {"id": "blue-cheese", "kind": "ingredient"}]}]);
    json!({"id": format!("{guest}-fulfilled"), "time": minute(minutes), "type": "fulfilled", "order_id": format!("o-{guest}"),
        "customer_id": guest, "completes": true, "lines": lines})
}

fn miss_dressing(play: &mut Play, guest: &str, minutes: i64) {
    play.event_as_is(Contract::Orders, placed(guest, minutes));
    play.event_as_is(Contract::Orders, without_dressing(guest, minutes));
}

/// Every revision, in order.
fn insights(play: &Play) -> Vec<Insight> {
    let of = |payload: &Payload| match payload {
        Payload::Insight(insight) => Some((**insight).clone()),
        _ => None,
    };
    play.outputs().iter().filter_map(|output| of(&output.payload)).collect()
}

fn types(play: &Play) -> Vec<(InsightType, i64)> {
    insights(play).iter().map(|insight| (insight.insight_type, insight.count)).collect()
}

fn dressings(count: i64) -> Play {
    let mut play = Play::hotel();
    for n in 0..count {
        miss_dressing(&mut play, &format!("g{n}"), n * 20);
    }
    play
}

/// The failures that an owner counts: cause, incident and guest.
fn counted(play: &Play, owner: &EntityKey) -> BTreeSet<String> {
    let entity = json!(play.entity(owner));
    let causes = entity.as_object().into_iter().flatten().next().map(|(_, entity)| entity["causes"].clone());
    let tracks = causes.map(|causes| causes["tracks"].as_array().unwrap().clone()).unwrap_or_default();
    let of = |track: &Value| {
        let cause = track["cause"].clone();
        track["counted"].as_array().unwrap().iter().map(move |counted| format!("{cause} {counted}")).collect::<Vec<_>>()
    };
    tracks.iter().flat_map(of).collect()
}

fn site() -> EntityKey {
    EntityKey::site(SITE)
}

fn answer(play: &mut Play, minutes: i64, fields: Value) {
    let reply_to = insights(play).last().unwrap().reply_to.clone();
    let mut value = json!({"reply_to": reply_to, "status": "fixed", "staff_id": "chef"});
    value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    play.event(Contract::RecoveryOutcomes, &minute(minutes), value);
}

#[test]
fn the_kitchen_hears_of_the_fifth_missing_dressing() {
    assert!(insights(&dressings(4)).is_empty());
    let play = dressings(5);
    let insights = insights(&play);
    assert_eq!(insights.len(), 1, "{insights:#?}");
    let insight = &insights[0];
    assert_eq!((insight.insight_type, insight.revision), (InsightType::Reported, 1));
    assert_eq!((insight.owner.as_str(), insight.site_id.as_deref(), &insight.carrier), ("kitchen", Some(SITE), &None));
    let cause = &insight.cause;
    assert_eq!(cause.failure, FailureKind::ItemPartial);
    assert_eq!((cause.item_id.as_deref(), cause.modifier_id.as_deref()), (Some("salad"), Some("extra-dressing")));
    assert_eq!((insight.count, insight.guests, insight.mass_event), (5, 5, false));
    let newest: Vec<String> = (0..5).rev().map(|n| ids::incident_of_order(&format!("o-g{n}"))).collect();
    assert_eq!(insight.examples, newest);
    assert_eq!(insight.window.to - insight.window.from, Millis::hours(24));
    assert_eq!(
        insight.advice,
        "The salad came without extra dressing, 5 times for 5 guests since 13:00 on 3 June. \
         Look at where it gets lost between the order and the plate, and who checks last."
    );
    assert_eq!(insight.id, ids::insight("s:strandhotellet", cause, 1));
    let is_insight = |payload: &Payload| matches!(payload, Payload::Insight(_));
    assert_eq!(play.outputs().iter().find(|output| is_insight(&output.payload)).unwrap().key, SITE);
}

#[rstest::rstest]
#[case::danish(
    "da",
    "Salaten kom uden extra dressing, 5 gange hos 5 gæster siden den 3. juni kl. 13.00. Se på, hvor det går tabt mellem bestillingen og tallerkenen, og hvem der tjekker til sidst."
)]
#[case::swedish(
    "sv",
    "Salladen kom utan extra dressing, 5 gånger för 5 gäster sedan den 3 juni kl. 13.00. Se över var det faller bort mellan beställningen och tallriken, och vem som kontrollerar sist."
)]
fn the_advice_is_in_the_language_of_the_site(#[case] language: &str, #[case] advice: &str) {
    let mut play = Play::hotel_with(|policy| {
        policy.sites.get_mut(SITE).unwrap().language = language.to_owned();
    });
    for n in 0..5 {
        miss_dressing(&mut play, &format!("g{n}"), n * 20);
    }
    assert_eq!(insights(&play)[0].advice, advice);
}

#[test]
fn it_is_told_again_when_the_count_has_doubled() {
    let play = dressings(21);
    use InsightType::{Reported, Updated};
    assert_eq!(types(&play), [(Reported, 5), (Updated, 10), (Updated, 20)]);
    play.assert_sound();
    assert_eq!(insights(&play).iter().map(|insight| insight.id.clone()).collect::<BTreeSet<_>>().len(), 1);
}

#[test]
fn one_guest_who_is_let_down_five_times_is_one_guest() {
    let mut play = Play::hotel();
    for n in 0..5 {
        play.order(&format!("o-{n}"), &minute(n * 20 - 10), &[order::salads()]);
        let lines = json!([order::bare_salads()]);
        play.fulfilled(&format!("o-{n}"), &minute(n * 20), json!({"completes": true, "lines": lines}));
    }
    let of_dressing =
        insights(&play).into_iter().find(|insight| insight.cause.modifier_id.as_deref() == Some("extra-dressing"));
    let of_dressing = of_dressing.unwrap();
    assert_eq!((of_dressing.count, of_dressing.guests), (5, 1));
    assert!(of_dressing.advice.contains("5 times for one guest since"), "{}", of_dressing.advice);
}

#[test]
fn a_false_alarm_is_taken_back() {
    let mut play = dressings(4);
    let apology = play.all_actions().into_iter().find(|action| action.order_id.as_deref() == Some("o-g1")).unwrap();
    play.answer_action(&apology.id, &minute(70), json!({"status": "false_alarm"}));
    miss_dressing(&mut play, "later", 80);
    assert!(insights(&play).is_empty(), "four are left");
    assert_eq!(counted(&play, &site()).len(), 4);
    miss_dressing(&mut play, "last", 100);
    assert_eq!(types(&play), [(InsightType::Reported, 5)]);
}

#[test]
fn old_news_makes_no_insight() {
    let mut play = Play::hotel();
    play.hold_everything_until(&minute(24 * 60));
    for n in 0..6 {
        miss_dressing(&mut play, &format!("g{n}"), n * 20);
    }
    assert_eq!(play.standing().len(), 6);
    assert!(insights(&play).is_empty());
    assert!(play.entity(&site()).is_none(), "nothing is remembered of it");
}

#[test]
fn five_within_two_days_are_no_insight() {
    let mut play = Play::hotel();
    for n in 0..5 {
        miss_dressing(&mut play, &format!("g{n}"), n * 12 * 60);
    }
    assert!(insights(&play).is_empty());
    play.advance(&day(9, "12:00"));
    assert_eq!(counted(&play, &site()).len(), 0, "what is over is forgotten");
}

#[test]
fn it_is_over_when_it_has_become_rare() {
    let mut play = dressings(5);
    play.advance(&minute(23 * 60));
    assert_eq!(types(&play).len(), 1);
    // all but the last one are a day ago then
    play.advance(&minute(60 + 24 * 60 + 1));
    let insight = insights(&play).pop().unwrap();
    assert_eq!((insight.insight_type, insight.revision, insight.count), (InsightType::Resolved, 2, 1));
    assert_eq!(
        insight.advice,
        "This has become rare: the salad came without extra dressing. Thank those who saw to it."
    );
    assert_eq!(insight.examples, [ids::incident_of_order("o-g4")]);
    play.assert_sound();
}

#[test]
fn one_now_and_then_keeps_nothing_open_and_what_came_before_is_not_counted_again() {
    let mut play = dressings(5);
    miss_dressing(&mut play, "next-day", 20 * 60);
    play.advance(&day(2, "13:00"));
    assert_eq!(types(&play), [(InsightType::Reported, 5), (InsightType::Resolved, 1)]);
    for n in 0..4 {
        miss_dressing(&mut play, &format!("again{n}"), 48 * 60 + n * 10);
    }
    assert_eq!(types(&play).len(), 2, "four new ones");
    miss_dressing(&mut play, "again4", 48 * 60 + 50);
    let insights = insights(&play);
    let (first, second) = (&insights[0], &insights[2]);
    assert_eq!((second.insight_type, second.count, second.revision), (InsightType::Reported, 5, 1));
    assert_ne!(first.id, second.id);
    play.assert_sound();
}

#[test]
fn somebody_answers_that_it_is_fixed() {
    let mut play = dressings(6);
    answer(&mut play, 110, json!({}));
    let insight = insights(&play).pop().unwrap();
    assert_eq!((insight.insight_type, insight.revision, insight.count), (InsightType::Resolved, 2, 6));
    assert_eq!(
        insight.advice,
        "Reported as fixed: the salad came without extra dressing. Only what happens from now on counts."
    );
    miss_dressing(&mut play, "after", 130);
    assert_eq!(types(&play).len(), 2, "one more is no news");
    for n in 0..4 {
        miss_dressing(&mut play, &format!("again{n}"), 150 + n * 20);
    }
    let again = insights(&play).pop().unwrap();
    assert_eq!((again.insight_type, again.count, again.revision), (InsightType::Reported, 5, 1));
    assert_eq!(again.id, ids::insight("s:strandhotellet", &again.cause, 2));
    play.assert_sound();
}

#[test]
fn only_its_own_answer_ends_it() {
    let mut play = dressings(5);
    answer(&mut play, 90, json!({"insight_id": "another"}));
    answer(&mut play, 91, json!({"status": "accepted"}));
    answer(&mut play, 92, json!({"reply_to": ids::reply_to("s:strandhotellet", "another")}));
    let id = insights(&play)[0].id.clone();
    answer(&mut play, 93, json!({"reply_to": ids::reply_to("s:elsewhere", &id)}));
    assert_eq!(types(&play).len(), 1);
    answer(&mut play, 94, json!({"insight_id": id}));
    answer(&mut play, 95, json!({"insight_id": id}));
    assert_eq!(types(&play), [(InsightType::Reported, 5), (InsightType::Resolved, 5)], "twice is once");
}

#[test]
fn an_answer_that_was_withdrawn_first_ends_nothing() {
    let mut play = dressings(5);
    answer(&mut play, 90, json!({"id": "w", "corrects": "f", "withdrawn": true}));
    answer(&mut play, 91, json!({"id": "f"}));
    assert_eq!(types(&play).len(), 1);
    answer(&mut play, 92, json!({"id": "g"}));
    assert_eq!(types(&play).len(), 2);
}

#[test]
fn many_guests_at_once_are_one_insight_long_before_they_are_told_one_by_one() {
    let mut play = Play::hotel_with(|policy| {
        policy.insights.threshold = 50;
        policy.insights.mass_guests = 8;
        policy.feed_watch = None; // else one call would be all: nothing at all is confirmed here
    });
    let placed_at = minute(0);
    for n in 0..30 {
        let value = json!({"id": format!("p{n}"), "time": placed_at, "type": "placed", "order_id": format!("o-{n}"),
            "customer_id": format!("g{n}"), "site_id": SITE, "touchpoint": "room_service", "currency": "DKK",
            "promised_at": (at(&placed_at) + Millis::seconds(20 * n)).to_string(), "lines": [order::smoothies()]});
        play.event_as_is(Contract::Orders, value);
    }
    play.advance(&minute(60));
    let insights = insights(&play);
    let insight = &insights[0];
    assert_eq!((insight.insight_type, insight.count, insight.mass_event), (InsightType::Reported, 8, true));
    assert_eq!(insight.cause.failure, FailureKind::DeliveryLate);
    assert!(insight.advice.contains("Many at once: see to it now."), "{}", insight.advice);
    assert_eq!(types(&play).len(), 2, "told once more at sixteen: {:?}", types(&play));
    for n in 0..30 {
        let value = json!({"id": format!("f{n}"), "time": minute(61 + n), "type": "fulfilled", "order_id": format!("o-{n}"),
            "customer_id": format!("g{n}")});
        play.event_as_is(Contract::Orders, value);
    }
    assert_eq!(types(&play).len(), 2, "that they came at last is no new cause: {:?}", types(&play));
    assert_eq!(counted(&play, &site()).len(), 30);
}

#[test]
fn a_guest_who_is_recognised_later_is_still_one() {
    let mut play = Play::hotel();
    let mut anonymous = placed("x", 0);
    anonymous["customer_id"] = Value::Null;
    anonymous["visit_id"] = json!("table-7");
    let mut came = without_dressing("x", 0);
    came["customer_id"] = Value::Null;
    came["visit_id"] = json!("table-7");
    play.event_as_is(Contract::Orders, anonymous);
    play.event_as_is(Contract::Orders, came);
    let before = counted(&play, &site());
    assert_eq!(before.len(), 1);
    let named = json!({"type": "changed", "order_id": "o-x", "customer_id": "c-1", "visit_id": "table-7"});
    play.event(Contract::Orders, &minute(5), named);
    let after = counted(&play, &site());
    assert_eq!(after.len(), 1);
    assert_ne!(before, after, "it is the customer's now");
    let apology = play.all_actions().into_iter().next().unwrap();
    play.answer_action(&apology.id, &minute(10), json!({"status": "false_alarm"}));
    assert!(counted(&play, &site()).is_empty(), "and the customer's to take back");
}

#[test]
fn a_policy_without_owners_counts_nothing() {
    let mut play = Play::hotel_with(|policy| policy.owners.clear());
    for n in 0..6 {
        miss_dressing(&mut play, &format!("g{n}"), n * 20);
    }
    assert!(insights(&play).is_empty());
    assert!(counted(&play, &site()).is_empty());
}

#[test]
fn stopped_and_restored_anywhere_it_goes_on_the_same() {
    let story = |stop: Option<i64>| {
        let mut play = Play::hotel();
        for n in 0..12 {
            if stop == Some(n) {
                play.restart();
            }
            miss_dressing(&mut play, &format!("g{n}"), n * 20);
        }
        answer(&mut play, 250, json!({}));
        play.advance(&day(4, "12:00"));
        play
    };
    let undisturbed = story(None);
    assert_eq!(types(&undisturbed).len(), 3);
    for stop in 0..12 {
        assert!(undisturbed.outputs() == story(Some(stop)).outputs(), "stopped before the {stop}th");
    }
}
