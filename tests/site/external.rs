//! What nobody could help is no cause that anybody at the site, or a carrier, could put an end to (R15).

use service_recovery::events::Payload;
use service_recovery::recovery::EntityKey;

use super::*;

/// Twelve guests wait for what is late, as the carrier says for this reason.
fn late(carrier: Option<&str>, report: &Value) -> Play {
    let mut play = Play::with(hotel(|_| {}));
    for n in 0..12 {
        let guest = format!("g{n}");
        let mut order = json!({"promised_at": minute(30)});
        order.as_object_mut().unwrap().extend(carrier.map(|carrier| ("carrier".to_owned(), json!(carrier))));
        placed(&mut play, &guest, n, order);
        let mut value = json!({"id": format!("{guest}-report"), "time": minute(31), "type": "delay_reported",
            "order_id": format!("o-{guest}"), "customer_id": guest});
        value.as_object_mut().unwrap().extend(report.as_object().unwrap().clone());
        play.event_as_is(Contract::DeliveryDelays, value);
    }
    for n in 0..12 {
        fulfilled(&mut play, &format!("g{n}"), 80, json!({}));
    }
    assert_eq!(play.incidents().len(), 12, "each of them is an incident all the same");
    play
}

/// Who has an insight.
fn owners(play: &Play) -> Vec<String> {
    let is_insight = |payload: &Payload| matches!(payload, Payload::Insight(_));
    let told = play.outputs().iter().filter(|output| is_insight(&output.payload));
    let mut owners: Vec<String> = told.map(|output| output.key.clone()).collect();
    owners.dedup();
    owners
}

#[rstest::rstest]
#[case::a_storm(json!({"reason": "weather"}))]
#[case::customs(json!({"reason": "customs"}))]
#[case::said_so(json!({"responsibility": "external"}))]
fn what_nobody_could_help_counts_nowhere(
    #[case] report: Value,
    #[values(None, Some("quickwheels"))] carrier: Option<&str>,
) {
    let play = late(carrier, &report);
    assert!(owners(&play).is_empty());
    assert!(play.entity(&EntityKey::carrier("quickwheels")).is_none());
}

#[rstest::rstest]
#[case::the_carriers_own_doing(Some("quickwheels"), json!({"responsibility": "partner"}), "quickwheels")]
#[case::a_storm_that_was_our_fault(Some("quickwheels"), json!({"reason": "weather", "responsibility": "company"}), SITE)]
#[case::nobody_says(None, json!({}), SITE)]
fn the_rest_counts_where_it_can_be_put_right(
    #[case] carrier: Option<&str>,
    #[case] report: Value,
    #[case] owner: &str,
) {
    assert_eq!(owners(&late(carrier, &report)), [owner]);
}
