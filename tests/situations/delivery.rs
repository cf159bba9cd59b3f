//! Food that is brought home, as a good service manager would decide it: the rows F1 to F7 of the situations.

use service_recovery::events::{GestureKind, Insight, Payload, RecoveryAction};
use service_recovery::policy::presets;

use super::*;

const CARRIER: &str = "budbringer";

pub(super) fn delivery() -> Play {
    Play::with(std::sync::Arc::new(presets::delivery().unwrap()))
}

/// A pizza and two colas, worth 151 DKK, promised at the given time; told apart by their numbers.
pub(super) fn ordered(play: &mut Play, order_id: &str, customer: &str, day_offset: i64, promised: &str) {
    let lines = json!([
        {"line_id": "1", "item_id": "margherita", "name": "pizza margherita", "quantity": 1, "unit_price_minor": 9_500},
        {"line_id": "2", "item_id": "cola", "name": "cola", "quantity": 2, "unit_price_minor": 2_800}]);
    play.event(
        Contract::Orders,
        &day(day_offset, "18:15"),
        json!({"type": "placed", "order_id": order_id, "customer_id": customer, "site_id": "noerrebro",
            "touchpoint": "home_delivery", "currency": "DKK", "carrier": CARRIER, "lines": lines,
            "promised_at": day(day_offset, promised)}),
    );
}

/// What the courier reports knows the number of the order alone.
pub(super) fn reported(play: &mut Play, order_id: &str, time: &str, fields: Value) {
    let mut value = json!({"order_id": order_id, "carrier": CARRIER});
    value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    play.event(Contract::DeliveryDelays, time, value);
}

fn eta(play: &mut Play, order_id: &str, time: &str, eta: &str) {
    reported(play, order_id, time, json!({"type": "eta_changed", "eta": eta}));
}

fn late_by(play: &mut Play, order_id: &str, customer: &str, day_offset: i64, arrives: &str, blame: Value) {
    ordered(play, order_id, customer, day_offset, "19:00");
    let mut delay = json!({"type": "delay_reported", "eta": day(day_offset, arrives)});
    delay.as_object_mut().unwrap().extend(blame.as_object().unwrap().clone());
    reported(play, order_id, &day(day_offset, "18:58"), delay);
    reported(play, order_id, &day(day_offset, arrives), json!({"type": "delivered"}));
}

pub(super) fn standing_of(play: &Play, kind: ActionKind) -> Vec<RecoveryAction> {
    let is_gone = |state| matches!(state, ActionState::Superseded | ActionState::Retracted);
    play.actions(kind).into_iter().filter(|action| !is_gone(action.state)).collect()
}

fn the(play: &Play, kind: ActionKind) -> RecoveryAction {
    let actions = standing_of(play, kind);
    assert_eq!(actions.len(), 1, "{kind}: {actions:#?}");
    actions.into_iter().next().unwrap()
}

fn insights(play: &Play) -> Vec<Insight> {
    let of = |payload: &Payload| match payload {
        Payload::Insight(insight) => Some((**insight).clone()),
        _ => None,
    };
    play.outputs().iter().filter_map(|output| of(&output.payload)).collect()
}

#[test]
fn f1_an_estimate_that_moves_to_and_fro_is_no_news() {
    let mut play = delivery();
    ordered(&mut play, "o-1", "c-1", 0, "19:00");
    for (time, estimate) in [("18:30", "19:03"), ("18:40", "18:58"), ("18:50", "19:04")] {
        eta(&mut play, "o-1", &day(0, time), &day(0, estimate));
    }
    reported(&mut play, "o-1", &day(0, "19:02"), json!({"type": "delivered"}));
    play.advance(&day(1, "12:00"));
    assert!(play.all_actions().is_empty(), "{:#?}", play.all_actions());
}

#[test]
fn f1_a_real_delay_is_told_once_before_it_happens() {
    let mut play = delivery();
    ordered(&mut play, "o-1", "c-1", 0, "19:00");
    for (time, estimate) in [("18:30", "19:12"), ("18:40", "19:14"), ("18:50", "19:11")] {
        eta(&mut play, "o-1", &day(0, time), &day(0, estimate));
    }
    assert_eq!(play.actions(ActionKind::EarlyWarning).len(), 1);
    assert!(play.actions(ActionKind::Apology).is_empty());
    play.assert_sound();
}

#[test]
fn f2_twenty_five_minutes_late_by_the_partner() {
    let mut play = delivery();
    late_by(&mut play, "o-1", "c-1", 0, "19:25", json!({"responsibility": "partner", "reason": "capacity"}));
    let incident = play.only_incident();
    assert_eq!(incident.severity, Severity::Moderate);
    let apology = the(&play, ActionKind::Apology);
    assert!(apology.say.contains("25 minutes late"), "{}", apology.say);
    let refund = the(&play, ActionKind::Remedy).remedy.unwrap();
    assert_eq!((refund.kind, refund.amount_minor), (RemedyKind::Refund, Some(3_775)), "a quarter of 151.00");
    let gesture = the(&play, ActionKind::Gesture);
    let gift = gesture.gesture.as_ref().unwrap();
    assert_eq!((gift.kind, gift.value_minor), (GestureKind::Credit, 5_000));
    assert!(gesture.say.contains(" You have 50.00 DKK off the next order with us. "), "{}", gesture.say);
    assert_eq!(gesture.after.as_deref(), Some(apology.id.as_str()));
    let treats: Vec<_> = gesture.decision.candidates.iter().filter_map(|c| c.rejected_because.as_deref()).collect();
    assert!(treats.iter().all(|reason| *reason == "cannot_be_handed_over"), "{treats:?}");
    play.assert_sound();
}

#[rstest::rstest]
#[case::a_few_minutes("19:08", Severity::Trivial, None)]
#[case::the_fee("19:18", Severity::Minor, Some(1_510))]
#[case::a_quarter("19:28", Severity::Moderate, Some(3_775))]
#[case::a_half("19:40", Severity::Major, Some(7_550))]
fn what_is_paid_back_grows_with_the_wait(
    #[case] arrives: &str,
    #[case] severity: Severity,
    #[case] amount_minor: Option<i64>,
) {
    let mut play = delivery();
    late_by(&mut play, "o-1", "c-1", 0, arrives, json!({"responsibility": "company"}));
    assert_eq!(play.only_incident().severity, severity);
    let remedies = standing_of(&play, ActionKind::Remedy);
    let amounts: Vec<_> = remedies.iter().filter_map(|action| action.remedy.as_ref()?.amount_minor).collect();
    assert_eq!(amounts, Vec::from_iter(amount_minor));
    play.assert_sound();
}

#[test]
fn f2_the_fifth_counts_against_the_partner() {
    let mut play = delivery();
    for n in 0..5 {
        let blame = json!({"responsibility": "partner"});
        late_by(&mut play, &format!("o-{n}"), &format!("c-{n}"), 0, &format!("19:2{n}"), blame);
    }
    let insights = insights(&play);
    assert_eq!(insights.len(), 1, "{insights:#?}");
    let insight = &insights[0];
    assert_eq!((insight.carrier.as_deref(), insight.owner.as_str()), (Some(CARRIER), "partner_manager"));
    assert_eq!((insight.count, insight.guests), (5, 5));
    assert!(insight.advice.contains("5 times for 5 customers"), "{}", insight.advice);
}

#[test]
fn f3_a_storm_gets_an_apology_and_an_explanation_and_nothing_else() {
    let mut play = delivery();
    late_by(&mut play, "o-1", "c-1", 0, "19:40", json!({"responsibility": "external", "reason": "weather"}));
    let apology = the(&play, ActionKind::Apology);
    let explanation = the(&play, ActionKind::Explanation);
    assert_eq!(explanation.after.as_deref(), Some(apology.id.as_str()));
    assert_eq!(
        explanation.say,
        "I would like to tell you what happened: the order came 40 minutes late. The reason: bad weather. Is everything as it should be now?"
    );
    assert!(standing_of(&play, ActionKind::Gesture).is_empty() && standing_of(&play, ActionKind::Remedy).is_empty());
    assert!(play.follow_ups().is_empty());
    play.assert_sound();
}

#[test]
fn f3_five_in_a_storm_count_nowhere_and_five_of_our_own_do() {
    let mut play = delivery();
    for n in 0..5 {
        let blame = json!({"responsibility": "external", "reason": "weather"});
        late_by(&mut play, &format!("o-{n}"), &format!("c-{n}"), 0, &format!("19:4{n}"), blame);
    }
    assert_eq!(insights(&play), [], "nobody can mend the weather");
    for n in 5..10 {
        let blame = json!({"responsibility": "company", "reason": "capacity"});
        late_by(&mut play, &format!("o-{n}"), &format!("c-{n}"), 0, &format!("19:5{}", n - 5), blame);
    }
    let insights = insights(&play);
    assert_eq!(insights.len(), 1, "{insights:#?}");
    assert_eq!((insights[0].site_id.as_deref(), insights[0].owner.as_str()), (Some("noerrebro"), "dispatch"));
}

/// A claim, so many minutes after everything came as ordered.
fn claim(play: &mut Play, order_id: &str, customer: &str, day_offset: i64, time: &str) {
    play.event(
        Contract::Complaints,
        &day(day_offset, time),
        json!({"form": "claim", "customer_id": customer, "order_id": order_id, "failure": "item_missing",
            "item_id": "cola", "text": "The colas were not in the bag."}),
    );
}

fn missing_drinks(play: &mut Play, order_id: &str, customer: &str, day_offset: i64, time: &str) {
    ordered(play, order_id, customer, day_offset, "19:00");
    reported(play, order_id, &day(day_offset, "18:55"), json!({"type": "delivered"}));
    claim(play, order_id, customer, day_offset, time);
}

#[test]
fn f4_drinks_that_were_missed_much_later_are_paid_back() {
    let mut play = delivery();
    missing_drinks(&mut play, "o-1", "c-1", 0, "19:45");
    let remedy = the(&play, ActionKind::Remedy).remedy.unwrap();
    assert_eq!((remedy.kind, remedy.amount_minor), (RemedyKind::Refund, Some(5_600)), "both colas, whole");
    assert!(the(&play, ActionKind::Apology).say.contains("cola"));
    let gift = the(&play, ActionKind::Gesture).gesture.unwrap();
    assert_eq!((gift.kind, gift.value_minor), (GestureKind::Credit, 4_000), "with the next order, within its cap");
    play.assert_sound();
}

#[test]
fn f4_drinks_that_are_missed_at_once_are_brought() {
    let mut play = delivery();
    missing_drinks(&mut play, "o-1", "c-1", 0, "19:05");
    assert_eq!(the(&play, ActionKind::Remedy).remedy.unwrap().kind, RemedyKind::CompleteOrder);
}

#[test]
fn f5_a_kitchen_that_stands_still_is_one_insight_and_apologies_for_all() {
    let mut play = delivery();
    for n in 0..40 {
        let mut order = json!({"id": format!("p{n}"), "time": day(0, "18:15"), "type": "placed", "order_id": format!("o-{n}"),
            "customer_id": format!("c-{n}"), "site_id": "noerrebro", "touchpoint": "home_delivery", "currency": "DKK"});
        order["promised_at"] = json!(day(0, &format!("19:0{}", n % 10)));
        play.event_as_is(Contract::Orders, order);
    }
    // what left the kitchen before is still brought: the news is well, and it is the kitchen that stands still
    for n in 0..30 {
        let order_id = format!("o-before-{n}");
        ordered(&mut play, &order_id, &format!("c-before-{n}"), 0, &format!("19:{n:02}"));
        reported(&mut play, &order_id, &day(0, &format!("19:{n:02}")), json!({"type": "delivered"}));
    }
    play.advance(&day(0, "19:30"));
    assert_eq!(play.actions(ActionKind::Apology).len(), 40);
    let insights = insights(&play);
    let ids: std::collections::BTreeSet<&str> = insights.iter().map(|insight| insight.id.as_str()).collect();
    assert_eq!(ids.len(), 1, "{insights:#?}");
    let last = insights.last().unwrap();
    assert!(last.mass_event && last.advice.contains("Many at once"), "{last:#?}");
    assert_eq!(last.count, 40);
}

#[test]
fn f6_the_sixth_claim_is_put_right_as_the_first_and_a_person_decides_about_the_gesture() {
    let mut play = delivery();
    for n in 0..6 {
        missing_drinks(&mut play, &format!("o-{n}"), "c-1", 4 * n, "19:45");
        let gifts = play.actions(ActionKind::Gesture);
        if let Some(gift) = gifts.iter().find(|gift| gift.state == ActionState::Open) {
            play.answer_action(&gift.id, &day(4 * n, "20:00"), json!({"status": "done"}));
        }
    }
    let of_order = |kind| {
        let actions = standing_of(&play, kind).into_iter();
        move |order_id: &str| actions.clone().filter(|action| action.order_id.as_deref() == Some(order_id)).count()
    };
    let (apologies, remedies) = (of_order(ActionKind::Apology), of_order(ActionKind::Remedy));
    let (gifts, people) = (of_order(ActionKind::Gesture), of_order(ActionKind::HumanContact));
    for n in 0..6 {
        let order_id = format!("o-{n}");
        assert_eq!((apologies(&order_id), remedies(&order_id)), (1, 1), "{order_id}");
        let expected = if n < 3 { (1, 0) } else { (0, 1) };
        assert_eq!((gifts(&order_id), people(&order_id)), expected, "{order_id}");
    }
    let refunds: Vec<_> = standing_of(&play, ActionKind::Remedy)
        .iter()
        .map(|action| action.remedy.clone().unwrap().amount_minor)
        .collect();
    assert!(refunds.iter().all(|amount| *amount == Some(5_600)), "{refunds:?}");
    play.assert_sound();
}

#[test]
fn f7_what_we_found_ourselves_is_not_held_against_the_customer() {
    let mut play = delivery();
    for n in 0..3 {
        late_by(&mut play, &format!("o-{n}"), "c-1", 5 * n, "19:15", json!({"responsibility": "company"}));
    }
    let last = |kind| standing_of(&play, kind).into_iter().filter(|a| a.order_id.as_deref() == Some("o-2")).count();
    assert_eq!(last(ActionKind::Apology), 1);
    assert_eq!(last(ActionKind::HumanContact), 1, "somebody calls: no third bare apology");
    assert_eq!((last(ActionKind::Remedy), last(ActionKind::Gesture)), (1, 1));
    play.assert_sound();
}

#[rstest::rstest]
#[case::danish(
    "vesterbro",
    "DKK",
    "Du får 50 kr. i rabat på næste bestilling.",
    "Giv kunden 50 kr. i rabat på næste bestilling, og sig det selv, efter undskyldningen. Sig endnu en gang undskyld: bestillingen kom 25 minutter for sent."
)]
#[case::swedish(
    "malmo",
    "SEK",
    "Du får 70 kr i rabatt på nästa beställning.",
    "Ge kunden 70 kr i rabatt på nästa beställning, och säg det själv, efter ursäkten. Be än en gång om ursäkt: beställningen kom 25 minuter för sent."
)]
fn each_site_speaks_its_language_and_pays_in_its_money(
    #[case] site: &str,
    #[case] currency: &str,
    #[case] said: &str,
    #[case] instruction: &str,
) {
    let mut play = delivery();
    play.event(
        Contract::Orders,
        &day(0, "18:15"),
        json!({"type": "placed", "order_id": "o-1", "customer_id": "c-1", "site_id": site, "touchpoint": "home_delivery",
            "promised_at": day(0, "19:00"), "lines": [{"item_id": "margherita", "quantity": 2, "unit_price_minor": 12_900}]}),
    );
    reported(&mut play, "o-1", &day(0, "19:25"), json!({"type": "delivered"}));
    let gesture = the(&play, ActionKind::Gesture);
    assert_eq!(gesture.gesture.as_ref().unwrap().currency, currency);
    assert!(gesture.say.contains(said), "{}", gesture.say);
    assert_eq!(gesture.instruction, instruction);
}

#[test]
fn where_we_meet_the_customer_the_usual_can_be_handed_over() {
    let mut play = delivery();
    let fetch = |play: &mut Play, order_id: &str, day_offset: i64, lines: Value| {
        let value = json!({"type": "placed", "order_id": order_id, "customer_id": "c-1", "site_id": "noerrebro",
            "touchpoint": "pick_up", "currency": "DKK", "promised_at": day(day_offset, "19:00"), "lines": lines});
        play.event(Contract::Orders, &day(day_offset, "18:15"), value);
    };
    let cola = json!([{"item_id": "cola", "name": "cola", "quantity": 1, "unit_price_minor": 2_800}]);
    for ago in [9, 6, 3] {
        fetch(&mut play, &format!("o-{ago}"), -ago, cola.clone());
        play.fulfilled(&format!("o-{ago}"), &day(-ago, "18:30"), json!({}));
    }
    fetch(
        &mut play,
        "o-1",
        0,
        json!([{"item_id": "burger", "name": "burger", "quantity": 1, "unit_price_minor": 11_900}]),
    );
    play.fulfilled("o-1", &day(0, "19:25"), json!({}));
    let gift = the(&play, ActionKind::Gesture).gesture.unwrap();
    assert_eq!((gift.kind, gift.item_id.as_deref()), (GestureKind::HabitItem, Some("cola")));
}
