//! The policy is loaded again on SIGHUP: every worker decides by it, and one with a mistake changes nothing.

use std::fs;
use std::path::Path;

use serde_json::json;
use service_recovery::events::{ActionKind, Contract, RecoveryAction};

use crate::support::events::{now, placed, with};
use crate::support::outputs::Outputs;
use crate::support::service::Service;
use crate::support::wait::{eventually, secs, throughout, until};
use crate::support::world::{Setup, World};

/// The hotel's policy under a version, with a grace after each promise.
fn write_policy(directory: &Path, version: &str, grace: &str) {
    for file in fs::read_dir("policies/hotel").unwrap().map(|entry| entry.unwrap().path()) {
        if !file.is_file() {
            continue;
        }
        let mut text = fs::read_to_string(&file).unwrap();
        if file.ends_with("policy.toml") {
            let edited = text
                .replace("version = \"hotel-1\"", &format!("version = \"{version}\""))
                .replace("grace              = \"3 min\"", &format!("grace = {grace}"));
            assert!(
                edited.contains(version) && edited.contains(&format!("grace = {grace}")),
                "the edits change nothing"
            );
            text = edited;
        }
        fs::write(directory.join(file.file_name().unwrap()), text).unwrap();
    }
}

fn broken_promise(world: &World<'_>, order: &str) {
    let event = with(
        placed(order, now() - 120_000, now() - 20_000),
        json!({"customer_id": format!("c-{order}"), "site_id": "strandhotellet", "touchpoint": "pool_bar"}),
    );
    world.publish(Contract::Orders, Some(order), &event);
}

#[track_caller]
fn apology(outputs: &mut Outputs, order: &str) -> RecoveryAction {
    eventually(secs(20), &format!("the apology for {order}"), || {
        let apologies = outputs.refresh().of_kind(ActionKind::Apology);
        apologies.into_iter().find(|action| action.order_id.as_deref() == Some(order)).cloned()
    })
}

fn metric(service: &Service, line: &str) -> bool {
    let text = service.get("/metrics").map(|(_, text)| text).unwrap_or_default();
    text.lines().any(|other| other == format!("service_recovery_{line}"))
}

#[test]
fn another_policy_comes_into_force_and_one_with_a_mistake_does_not() {
    let policy = tempfile::tempdir().unwrap();
    write_policy(policy.path(), "patient", "\"10 min\"");
    let setup = Setup {
        policy: policy.path().to_str().unwrap().to_owned(),
        catalogue: Some(1),
        threads: 2,
        ..Setup::default()
    };
    let world = World::new("reload", setup);
    let item =
        json!({"item_id": "mango-lassi", "names": {"en": "mango lassi"}, "price_minor": 5_000, "currency": "DKK"});
    world.publish(Contract::Catalogue, Some("mango-lassi"), &item);
    let mut service = world.start("a").ready();
    let items = service.metric("service_recovery_catalogue_items").unwrap();
    assert!(metric(&service, "policy_info{version=\"patient\"} 1"));
    let mut outputs = world.outputs();
    let orders: Vec<String> = (0..8).map(|n| format!("early-{n}")).collect();
    for order in &orders {
        broken_promise(&world, order);
    }
    throughout(secs(3), "everybody is patient", || outputs.refresh().incidents().is_empty());

    // what waits for its time is judged anew, in every task
    write_policy(policy.path(), "prompt", "\"1 s\"");
    service.hang_up();
    for order in &orders {
        assert_eq!(apology(&mut outputs, order).decision.policy_version, "prompt");
    }
    assert!(metric(&service, "policy_info{version=\"prompt\"} 1"));
    assert!(metric(&service, "policy_reloads_total{result=\"ok\"} 1"));
    let now_listed = service.metric("service_recovery_catalogue_items").unwrap();
    assert!((now_listed - items).abs() < 0.5, "the catalogue's topic says what it said: {now_listed}, {items} before");

    // a mistake: the one from before goes on, and says so
    write_policy(policy.path(), "hasty", "\"soon\"");
    service.hang_up();
    until(secs(20), "the metric of the failure", || metric(&service, "policy_last_reload_successful 0"));
    assert!(metric(&service, "policy_reloads_total{result=\"failed\"} 1"));
    assert!(metric(&service, "policy_info{version=\"prompt\"} 1"));
    let log = service.log();
    assert!(log.contains("policy.toml") && log.contains("is not a duration; write it as"), "{log}");
    broken_promise(&world, "later");
    assert_eq!(apology(&mut outputs, "later").decision.policy_version, "prompt");

    // put right, and still the same after a restart
    write_policy(policy.path(), "patient again", "\"10 min\"");
    service.hang_up();
    until(secs(20), "the metric of the success", || metric(&service, "policy_last_reload_successful 1"));
    broken_promise(&world, "last");
    throughout(secs(3), "everybody is patient", || outputs.refresh().standing().len() == 9);
    assert_eq!(service.terminate(), 0);
    let _service = world.start("a").ready();
    throughout(secs(3), "everybody is patient", || outputs.refresh().standing().len() == 9);
    outputs.assert_gapless();
}
