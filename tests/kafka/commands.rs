//! The commands around the service: creating and checking topics, publishing recorded events; and what it says of
//! itself, which never names a guest.

use std::process::Command;

use serde_json::json;
use service_recovery::events::Contract;

use crate::support::events::{fulfilled, now, placed, remark, with};
use crate::support::service::PROGRAM;
use crate::support::wait::{eventually, secs, throughout, until};
use crate::support::world::{Setup, World};

#[test]
fn recorded_events_reach_the_service_through_publish() {
    let world = World::new("publish", Setup { policy: "hotel".to_owned(), ..Setup::default() });
    let _service = world.start("a").ready();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/golden.ndjson");
    let published = world.command(&["publish", golden]);
    assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));

    // the golden scenario, long ago: found, and nobody is sent anywhere
    let mut outputs = world.outputs();
    until(secs(20), "the incident", || outputs.refresh().standing().len() == 1);
    assert!(outputs.standing()[0].history);
    throughout(secs(1), "there is no action", || outputs.refresh().actions().is_empty());
}

#[test]
fn a_file_that_cannot_be_published_is_named() {
    let world = World::new("publish-bad", Setup::default());
    let file = world.path("bad.ndjson");
    std::fs::write(&file, "{\"topic\": \"orders\", \"key\": \"c\", \"val\": {}}\n").unwrap();
    let published = world.command(&["publish", file.to_str().unwrap()]);
    let message = String::from_utf8_lossy(&published.stderr).into_owned();
    assert!(!published.status.success() && message.contains("bad.ndjson:1"), "{message}");
}

#[test]
fn check_says_which_topic_is_missing() {
    let world = World::new("check", Setup::default());
    let checked = world.command(&["topics", "check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let actions = world.topic("recovery-actions");
    world.admin.delete(&[&actions]);
    // it takes the brokers a moment to forget
    let checked = eventually(secs(30), "the check to fail", || {
        let checked = world.command(&["topics", "check"]);
        (!checked.status.success()).then_some(checked)
    });
    let said = [checked.stdout, checked.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(checked.status.code(), Some(1), "{said}");
    assert!(said.contains(&actions) && said.contains("topics create"), "{said}");
}

#[test]
fn every_command_explains_itself_with_an_example() {
    for command in ["run", "demo", "publish", "backtest", "topics check", "topics create", "policy check"] {
        let output = Command::new(PROGRAM).args(command.split(' ')).arg("--help").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && help.contains("Example"), "{command}: {help}");
    }
}

#[test]
fn nothing_it_says_of_itself_names_a_guest() {
    let world = World::new("privacy", Setup { inputs: 3, ..Setup::default() });
    let service = world.start("a").ready();
    let mut outputs = world.outputs();
    let guest = json!({"customer_id": "secret-guest", "visit_id": "secret-visit", "location": "secret-place"});
    let profile = json!({"customer_id": "secret-guest", "name": "Secret Name"});
    world.publish(Contract::Customers, Some("secret-guest"), &profile);
    let at = now() - 60_000;
    world.publish(Contract::Orders, Some("secret-guest"), &with(placed("secret-order", at, at + 1_000), guest.clone()));
    world.publish(Contract::Orders, None, &with(fulfilled("secret-order", at + 30_000), guest.clone()));
    let complaint = with(remark("secret-remark", now(), "secret words"), guest);
    world.publish(Contract::Complaints, None, &complaint);
    world.publish(Contract::Orders, Some("secret-key"), &json!({"id": "secret-bad", "order_id": ["secret-order"]}));
    until(secs(20), "the remark to join", || {
        outputs.refresh().standing().iter().any(|incident| incident.complained_at.is_some())
    });
    until(secs(10), "the dead letter to be counted", || {
        service.metric("service_recovery_dead_letters_total").is_some_and(|letters| letters >= 1.0)
    });
    assert!(service.metric("service_recovery_incidents_total").is_some_and(|incidents| incidents >= 1.0));

    for (what, text) in [
        ("the metrics", service.get("/metrics").unwrap().1),
        ("the status", service.get("/").unwrap().1),
        ("the log", service.log()),
    ] {
        let text = text.to_lowercase();
        assert!(!text.contains("secret") && !text.contains("salad"), "{what}: {text}");
    }
}
