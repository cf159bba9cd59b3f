//! What a carrier loses, what nobody could help, and whose it is after a correction.

use super::*;

/// An order that a carrier brings.
pub fn shipped(order_id: &str, carrier: Option<&str>) -> Value {
    json!({"id": format!("{order_id}-placed"), "time": minute(0), "type": "placed", "order_id": order_id,
        "customer_id": format!("c-{order_id}"), "site_id": SITE, "currency": "DKK", "carrier": carrier,
        "promised_at": minute(60), "lines": [order::smoothies()]})
}

pub fn report(order_id: &str, minutes: i64, fields: Value) -> Value {
    let mut value = json!({"id": format!("{order_id}-{minutes}"), "time": minute(minutes), "order_id": order_id});
    value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    value
}

#[test]
fn what_a_carrier_loses_counts_against_the_carrier() {
    let mut play = Play::hotel();
    for n in 0..5 {
        let order_id = format!("parcel{n}");
        play.event_as_is(Contract::Orders, shipped(&order_id, None));
        // with nothing but the order's number
        let lost = json!({"type": "lost", "carrier": "nordpost"});
        play.event_as_is(Contract::DeliveryDelays, report(&order_id, 30 + n, lost));
    }
    let insights = insights(&play);
    assert_eq!(insights.len(), 1, "{insights:#?}");
    let insight = &insights[0];
    assert_eq!((insight.carrier.as_deref(), &insight.site_id), (Some("nordpost"), &None));
    assert_eq!((insight.owner.as_str(), insight.cause.failure), ("purchasing", FailureKind::DeliveryLost));
    assert_eq!(
        insight.advice,
        "Nordpost: the order was lost on its way, 5 times for 5 guests since 13:30 on 3 June. \
         Ask nordpost where they were last seen, and choose another way until it is clear."
    );
    assert_eq!(play.outputs().iter().filter(|output| output.key == "nordpost").count(), 1);
    let insight = insight.clone();
    answer(&mut play, 60, json!({"insight_id": insight.id}));
    assert_eq!(types(&play).last(), Some(&(InsightType::Resolved, 5)));
}

#[rstest::rstest]
#[case::theirs(json!({"responsibility": "partner", "reason": "capacity"}), Some(EntityKey::carrier("bud")))]
#[case::nobody_says(json!({}), Some(EntityKey::carrier("bud")))]
#[case::ours(json!({"responsibility": "company"}), Some(site()))]
#[case::the_weather(json!({"reason": "weather"}), None)]
#[case::the_customers(json!({"reason": "absent"}), None)]
fn lateness_counts_where_it_can_be_changed(#[case] blame: Value, #[case] owner: Option<EntityKey>) {
    let mut play = Play::hotel();
    play.event_as_is(Contract::Orders, shipped("a", Some("bud")));
    let mut delay = json!({"type": "delay_reported", "eta": minute(90)});
    delay.as_object_mut().unwrap().extend(blame.as_object().unwrap().clone());
    play.event_as_is(Contract::DeliveryDelays, report("a", 50, delay));
    assert_eq!(counted(&play, &site()).len() + counted(&play, &EntityKey::carrier("bud")).len(), 0, "only predicted");
    play.event_as_is(Contract::DeliveryDelays, report("a", 85, json!({"type": "delivered"})));
    for candidate in [site(), EntityKey::carrier("bud")] {
        let expected = usize::from(owner.as_ref() == Some(&candidate));
        assert_eq!(counted(&play, &candidate).len(), expected, "{candidate}");
    }
}

#[test]
fn a_correction_moves_a_failure_from_one_owner_to_the_other() {
    let mut play = Play::hotel();
    play.event_as_is(Contract::Orders, shipped("a", Some("bud")));
    let late =
        |responsibility: &str| json!({"type": "delay_reported", "eta": minute(90), "responsibility": responsibility});
    play.event_as_is(Contract::DeliveryDelays, report("a", 50, late("partner")));
    play.event_as_is(Contract::DeliveryDelays, report("a", 85, json!({"type": "delivered"})));
    assert_eq!((counted(&play, &site()).len(), counted(&play, &EntityKey::carrier("bud")).len()), (0, 1));
    let mut corrected = report("a", 51, late("company"));
    corrected["corrects"] = json!("a-50");
    play.event_as_is(Contract::DeliveryDelays, corrected);
    assert_eq!((counted(&play, &site()).len(), counted(&play, &EntityKey::carrier("bud")).len()), (1, 0));
}
