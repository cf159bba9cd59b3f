//! However a company keys and splits its topics, and however many instances run: the same incidents as the same events
//! give without Kafka.

use std::collections::BTreeSet;

use serde_json::json;
use service_recovery::events::{ActionKind, IncidentEvent, RecoveryAction};

use crate::support::backtest::backtest;
use crate::support::events::{now, time};
use crate::support::traffic::{self, Keyed, Order, orders};
use crate::support::wait::{secs, throughout, until};
use crate::support::world::{Setup, World};

/// (incident, its kinds of shortfall) of all that stand, and the incidents that were apologised for.
type Essence = (BTreeSet<(String, BTreeSet<String>)>, BTreeSet<String>);

fn essence<'a>(
    incidents: impl IntoIterator<Item = &'a IncidentEvent>,
    actions: impl IntoIterator<Item = &'a RecoveryAction>,
) -> Essence {
    let kinds = |incident: &IncidentEvent| incident.shortfalls.iter().map(|s| s.kind.to_string()).collect();
    let found = incidents.into_iter().map(|incident| (incident.id.clone(), kinds(incident))).collect();
    let apologies = actions.into_iter().filter(|action| action.kind == ActionKind::Apology);
    (found, apologies.map(|apology| apology.incident_id.clone()).collect())
}

/// What the same events lead to in one process, without a broker.
fn expected(orders: &[Order]) -> Essence {
    let mut lines = String::new();
    for order in orders {
        for event in [Some(order.placed()), order.fulfilled()].into_iter().flatten() {
            lines += &json!({"topic": "orders", "key": order.customer, "value": event}).to_string();
            lines.push('\n');
        }
    }
    let result = backtest(&lines, "evaluation", Some(&time(now())));
    essence(&result.standing, &result.actions)
}

#[rstest::rstest]
#[case::keyed_by_customer(Keyed::ByCustomer, 4, 4, 1)]
#[case::keyed_by_order(Keyed::ByOrder, 4, 4, 2)]
#[case::without_keys(Keyed::Not, 4, 3, 2)]
#[case::by_customer_in_other_partitions(Keyed::ByCustomer, 4, 6, 1)]
#[case::one_task(Keyed::Not, 1, 3, 2)]
#[case::one_partition(Keyed::ByOrder, 4, 1, 1)]
fn the_same_incidents(#[case] keyed: Keyed, #[case] tasks: u32, #[case] inputs: i32, #[case] instances: usize) {
    let start = now() - 86_400_000;
    let all = orders("d", 500, |n| start + n as i64 * 1_000);
    let expected = expected(&all);
    assert_eq!(expected.0.len(), traffic::broken(&all).len());

    let world = World::new("keyings", Setup { tasks, inputs, threads: 2, ..Setup::default() });
    traffic::publish(&world, &all, keyed);
    let services: Vec<_> = (0..instances).map(|n| world.start(&format!("instance-{n}"))).collect();
    services.iter().for_each(|service| service.until_ready());
    world.until_read();
    let mut outputs = world.outputs();
    until(secs(60), "all incidents", || outputs.refresh().standing().len() >= expected.0.len());
    throughout(secs(2), "nothing more is found", || outputs.refresh().incidents().len() == expected.0.len());
    assert_eq!(essence(outputs.standing(), outputs.actions()), expected);
    outputs.assert_gapless();
}
