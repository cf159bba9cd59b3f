//! What the service does when the offsets or the log that it stands on are gone.

use std::fs;
use std::process::Command;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::client::DefaultClientContext;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use service_recovery::events::{ActionKind, Contract};

use crate::support::broker::free_port;
use crate::support::events::{now, placed};
use crate::support::service::{PROGRAM, Service};
use crate::support::wait::{secs, throughout, until};
use crate::support::world::{Setup, World};

fn admin(world: &World<'_>) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", &world.broker.bootstrap).create().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Starts `run` with `settings` put into `[kafka]`, waits for its end and returns what it says.
fn refused(world: &World<'_>, settings: &str) -> String {
    let path = world.path("refused.toml");
    let config = world.config("a", free_port()).replace("[kafka]\n", &format!("[kafka]\n{settings}\n"));
    fs::write(&path, config).unwrap();
    let output = Command::new(PROGRAM).args(["run", "--config"]).arg(&path).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    message[message.find("error: ").unwrap()..].to_owned()
}

fn start_with(world: &World<'_>, settings: &str) -> Service {
    let (http, path) = (free_port(), world.path("with.toml"));
    fs::write(&path, world.config("a", http).replace("[kafka]\n", &format!("[kafka]\n{settings}\n"))).unwrap();
    Service::start("a", &path, http, world.path("with.log"))
}

/// A world in which one incident has been found and the service has stopped in order.
fn with_a_past(name: &str) -> World<'static> {
    let world = World::new(name, Setup { inputs: 1, ..Setup::default() });
    let mut service = world.start("a").ready();
    world.publish(Contract::Orders, Some("c"), &placed("first", now() - 60_000, now() - 5_000));
    let mut outputs = world.outputs();
    until(secs(20), "the incident", || outputs.refresh().standing().len() == 1);
    world.until_read();
    assert_eq!(service.terminate(), 0);
    world
}

#[test]
fn events_that_fell_off_the_log_are_a_reason_to_stop_unless_told_otherwise() {
    let world = with_a_past("off-log");
    for order in ["lost-1", "lost-2", "kept"] {
        world.publish(Contract::Orders, Some("c"), &placed(order, now() - 60_000, now() - 5_000));
    }
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(&world.topic("orders"), 0, Offset::Offset(3)).unwrap();
    block_on(admin(&world).delete_records(&offsets, &AdminOptions::new())).unwrap();

    let message = refused(&world, "");
    assert!(message.contains("orders-0: committed offset 1 is outside of the log, which holds 3 to 4"), "{message}");
    assert!(message.contains("kafka.lost_offsets"), "{message}");

    let _service = start_with(&world, "lost_offsets = \"earliest\"");
    let mut outputs = world.outputs();
    until(secs(20), "the incident of what is left", || outputs.refresh().standing().len() == 2);
}

#[test]
fn lost_offsets_of_a_known_input_are_a_reason_to_stop_unless_told_otherwise() {
    let world = with_a_past("lost-offsets");
    // named members stay in the group for the length of their session
    until(secs(20), "the group to be empty", || {
        block_on(admin(&world).delete_groups(&[world.group()], &AdminOptions::new())).unwrap()[0].is_ok()
    });
    let message = refused(&world, "");
    assert!(message.contains("has no committed offset") && message.contains("kafka.lost_offsets"), "{message}");

    let service = start_with(&world, "lost_offsets = \"earliest\"");
    service.until_ready();
    world.until_read();
    let mut outputs = world.outputs();
    throughout(secs(2), "what is read again is recognised", || {
        outputs.refresh().incidents().len() <= 1 && outputs.of_kind(ActionKind::Apology).len() <= 1
    });
    assert_eq!(outputs.standing().len(), 1);
}

#[test]
fn a_grown_mailbox_is_refused() {
    let world = with_a_past("grown");
    for topic in ["mailbox", "state"] {
        let name = world.topic(topic);
        let grown = [NewPartitions::new(&name, 8)];
        for result in block_on(admin(&world).create_partitions(&grown, &AdminOptions::new())).unwrap() {
            result.unwrap();
        }
    }
    let message = refused(&world, "");
    assert!(message.contains("has 8 partitions, internal.partitions says 4"), "{message}");
    let path = world.path("grown.toml");
    fs::write(&path, world.config("a", free_port()).replace("partitions = 4", "partitions = 8")).unwrap();
    let output = Command::new(PROGRAM).args(["run", "--config"]).arg(&path).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("the group has worked with 4 tasks"), "{message}");
}
