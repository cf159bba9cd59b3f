//! What is wrong is said at once, in one message that says what to do, and the process ends with an exit code.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use service_recovery::events::Contract;

use crate::support::broker::{Broker, free_port, recipe};
use crate::support::events::{now, placed};
use crate::support::service::PROGRAM;
use crate::support::wait::secs;
use crate::support::world::{Setup, World};

/// Runs the service until it ends by itself, which it must.
fn run(config: &str) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config.toml");
    fs::write(&file, config).unwrap();
    let mut hold = Command::new(recipe("hold"))
        .arg(dir.path().join("pid"))
        .args([PROGRAM, "run", "--config"])
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let open = hold.stdin.take();
    let started = Instant::now();
    while hold.try_wait().unwrap().is_none() && started.elapsed() < secs(90) {
        std::thread::sleep(secs(1) / 50);
    }
    let ended = hold.try_wait().unwrap().is_some();
    drop(open);
    let output = hold.wait_with_output().unwrap();
    assert!(ended, "it did not end by itself: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The one message, which is about `subject`.
#[track_caller]
fn refused(output: &Output, subject: &str) -> String {
    let message = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(output.status.code().is_some_and(|code| code != 0), "{:?}: {message}", output.status);
    let errors = message.lines().filter(|line| line.starts_with("error: ")).count();
    assert_eq!(errors, 1, "one message: {message}");
    assert!(message.contains(subject), "it is about {subject}: {message}");
    assert!(!message.contains("panicked"), "{message}");
    message
}

#[test]
fn a_missing_configuration_is_named() {
    let output = Command::new(PROGRAM).args(["run", "--config", "/nowhere/config.toml"]).output().unwrap();
    refused(&output, "/nowhere/config.toml");
}

#[test]
fn every_mistake_in_the_configuration_is_named_at_once() {
    let output = run("[kafka]\ngroup = \"\"\n[http]\nlisten = \"here\"\n[outputs]\naction = \"a\"\n");
    let message = refused(&output, "action");
    assert_eq!(output.status.code(), Some(2), "{message}");
    let output = run("[kafka]\ngroup = \"\"\n[http]\nlisten = \"here\"\n");
    let message = refused(&output, "kafka.bootstrap_servers");
    assert!(message.contains("kafka.group") && message.contains("http.listen"), "{message}");
}

#[test]
fn an_unknown_policy_is_named() {
    let output = run("[kafka]\nbootstrap_servers = \"127.0.0.1:1\"\n[policy]\npath = \"no-such-policy\"\n");
    refused(&output, "no-such-policy");
}

#[test]
fn an_unreachable_broker_is_named() {
    let address = format!("127.0.0.1:{}", free_port());
    let config = format!("[kafka]\nbootstrap_servers = \"{address}\"\n[http]\nlisten = \"127.0.0.1:0\"\n");
    let asked = Instant::now();
    refused(&run(&config), &address);
    assert!(asked.elapsed() < secs(60), "said after {:?}", asked.elapsed());
}

#[test]
fn a_missing_topic_is_named_with_what_to_do() {
    let config = format!(
        "[kafka]\nbootstrap_servers = \"{}\"\n[internal]\nmailbox = \"never-created\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
        Broker::shared().bootstrap,
    );
    let message = refused(&run(&config), "never-created");
    assert!(message.contains("topics create"), "{message}");
}

#[test]
fn a_taken_port_is_named() {
    let world = World::new("taken-port", Setup::default());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    refused(&run(&world.config("a", port)), &format!("127.0.0.1:{port}"));
}

#[test]
fn another_number_of_tasks_is_refused() {
    let world = World::new("other-tasks", Setup { tasks: 2, ..Setup::default() });
    let mut service = world.start("a").ready();
    world.publish(Contract::Orders, Some("c1"), &placed("o1", now(), now() + 3_600_000));
    world.until_read();
    assert_eq!(service.terminate(), 0);
    for topic in ["mailbox", "state"] {
        world.admin.grow(&world.topic(topic), 4);
    }
    let message = refused(&run(&world.config("a", free_port())), "partitions");
    assert!(message.contains('2') && message.contains('4'), "{message}");
}

#[test]
fn it_ends_in_order_when_asked_to() {
    let world = World::new("terminate", Setup::default());
    let mut service = world.start("a").ready();
    assert_eq!(service.terminate(), 0);
}

#[test]
fn settings_that_contradict_each_other_are_named() {
    let config = format!(
        "[kafka]\nbootstrap_servers = \"{}\"\n[kafka.properties]\n\"message.timeout.ms\" = 600000\n[http]\nlisten = \"127.0.0.1:0\"\n",
        Broker::shared().bootstrap,
    );
    refused(&run(&config), "message.timeout.ms");
}
