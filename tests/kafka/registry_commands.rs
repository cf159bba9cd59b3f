//! `schemas check` and `schemas register` against a real registry, and the start of a service that writes with it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};

use serde_json::{Value, json};
use service_recovery::codec::{Format, published};
use service_recovery::events::Contract;

use crate::support::registry::{Registry, changed};
use crate::support::service::PROGRAM;
use crate::support::wait::{eventually, secs, throughout, until};
use crate::support::world::{Setup, World};

fn world(name: &str, url: &str, format: Format) -> World<'static> {
    World::new(name, Setup { registry: Some(url.to_owned()), format, ..Setup::default() })
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

/// The status of each subject, as `--json` says it.
fn statuses(world: &World<'_>, command: &str, code: i32) -> Vec<(String, String)> {
    let output = world.command(&["schemas", command, "--json"]);
    assert_eq!(output.status.code(), Some(code), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], code == 0);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    report["subjects"].as_array().unwrap().iter().map(|s| (text(&s["subject"]), text(&s["status"]))).collect()
}

fn status(statuses: &[(String, String)], topic: &str) -> String {
    statuses.iter().find(|(subject, _)| subject.ends_with(&format!("{topic}-value"))).unwrap().1.clone()
}

#[test]
fn schemas_are_checked_and_registered_and_what_others_have_is_left_alone() {
    let Some(registry) = Registry::shared() else { return };
    let world = world("schemas", &registry.url, Format::Json);
    let subject = |topic: &str| format!("{}-value", world.topic(topic));
    let missing = statuses(&world, "check", 1);
    assert!(missing.len() >= 9 && missing.iter().all(|(_, status)| status == "missing"), "{missing:?}");

    // others were here before: a newer producer, one that we cannot read, and one with a level of its own
    let newer = changed(Contract::Orders, |fields| {
        fields.push(json!({"name": "loyalty", "type": ["null", "string"], "default": null}));
    });
    registry.register(&subject("orders"), &newer);
    registry.client.set_level(&subject("orders"), "FULL").unwrap();
    let unreadable = changed(Contract::Complaints, |fields| {
        fields.iter_mut().find(|field| field["name"] == "id").unwrap()["type"] = json!("long");
    });
    registry.register(&subject("complaints"), &unreadable);
    let registered = statuses(&world, "register", 1);
    assert_eq!(status(&registered, "orders"), "readable");
    assert_eq!(status(&registered, "complaints"), "incompatible");
    assert_eq!(status(&registered, "recovery-actions"), "registered");
    assert_eq!(status(&registered, "customers"), "registered");
    let text = said(&world.command(&["schemas", "check"]));
    assert!(text.contains("field id is Long, expected String"), "{text}");

    let latest = |topic: &str| registry.client.latest(&subject(topic)).unwrap().unwrap();
    assert_eq!(latest("orders").version, Some(1), "nothing beside a producer's own schema");
    assert_eq!(latest("customers").schema, published(Contract::Customers).text);
    let level = |topic: &str| registry.client.level(&subject(topic)).unwrap();
    assert_eq!(level("orders").as_deref(), Some("FULL"));
    assert_eq!(level("customers").as_deref(), Some("BACKWARD"));
    assert_eq!(level("recovery-actions").as_deref(), Some("FULL_TRANSITIVE"));

    // once the complaints are readable too, all is well, and registering again changes nothing
    ureq::delete(format!("{}/subjects/{}", registry.url, subject("complaints"))).call().unwrap();
    registry.client.register(&subject("complaints"), published(Contract::Complaints).text).unwrap();
    let first = statuses(&world, "register", 0);
    assert_eq!(first, statuses(&world, "check", 0));
    assert_eq!(latest("recovery-actions").version, Some(1));
}

#[test]
fn the_subjects_follow_the_strategy() {
    let Some(registry) = Registry::shared() else { return };
    let world = world("strategy", &registry.url, Format::Json);
    let config = world.path("strategy.toml");
    std::fs::write(&config, world.config("s", 0) + "subject_strategy = \"topic_record_name\"\n").unwrap();
    let output = Command::new(PROGRAM).args(["schemas", "check", "--json", "--config"]).arg(config).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let subjects: Vec<&str> =
        report["subjects"].as_array().unwrap().iter().map(|s| s["subject"].as_str().unwrap()).collect();
    assert!(subjects.contains(&&*format!("{}-service_recovery.OrderEvent", world.topic("orders"))), "{subjects:?}");
}

#[test]
fn a_missing_schema_of_an_output_refuses_the_start_with_what_to_do() {
    let Some(registry) = Registry::shared() else { return };
    let world = world("unregistered", &registry.url, Format::AvroRegistry);
    let mut service = world.start("a");
    assert_eq!(service.wait(secs(60)), 1);
    let log = service.log();
    assert!(log.contains("schemas register") && log.contains("RecoveryAction"), "{log}");
    // or it may do so itself
    let mut service = world.start_with("b", "auto_register = true\n").ready();
    assert_eq!(service.terminate(), 0);
}

#[test]
fn a_registry_that_is_away_at_the_start_is_waited_for() {
    let Some(registry) = Registry::to_kill() else { return };
    let world = world("late-registry", &registry.url, Format::AvroRegistry);
    assert_eq!(world.command(&["schemas", "register"]).status.code(), Some(0));
    registry.kill();
    let away = world.command(&["schemas", "check"]);
    assert_eq!(away.status.code(), Some(3), "{}", said(&away));
    let mut service = world.start("a");
    let reason = eventually(secs(60), "the service to say what it waits for", || {
        service.get("/health/ready").map(|(_, reason)| reason).filter(|reason| reason.contains("registry"))
    });
    assert!(reason.contains(&registry.url), "{reason}");
    throughout(secs(2), "it waits", || service.is_running());
    registry.restart();
    service.until_ready();
    assert_eq!(service.terminate(), 0);
}

#[test]
fn recorded_events_are_published_with_the_ids_of_the_registry() {
    let Some(registry) = Registry::shared() else { return };
    let setup = Setup { registry: Some(registry.url.clone()), policy: "hotel".to_owned(), ..Setup::default() };
    let world = World::new("publish-registry", setup);
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/golden.ndjson");
    let publish = ["publish", golden, "--format", "avro_registry"];
    let refused = world.command(&publish);
    assert!(!refused.status.success() && said(&refused).contains("schemas register"), "{}", said(&refused));
    assert_eq!(world.command(&["schemas", "register"]).status.code(), Some(0));
    let service = world.start("a").ready();
    let published = world.command(&publish);
    assert!(published.status.success(), "{}", said(&published));
    let mut outputs = world.outputs();
    until(secs(30), "the incident", || outputs.refresh().standing().len() == 1);
    assert!(service.metric("service_recovery_registry_requests_total").is_some_and(|asked| asked >= 1.0));
    assert_eq!(world.dead_letters().catch_up().len(), 0);
}

/// Passes requests on to `target` if they carry the right login, as a registry behind basic authentication does.
fn guarded(target: u16, login: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = BufReader::new(client.unwrap());
            let (mut head, mut length, mut allowed) = (String::new(), 0, false);
            loop {
                let mut line = String::new();
                client.read_line(&mut line).unwrap();
                let lower = line.to_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                allowed |= line
                    .split_once(": ")
                    .is_some_and(|(name, value)| name.eq_ignore_ascii_case("authorization") && value.trim() == login);
                if line.trim().is_empty() {
                    break;
                }
                if !lower.starts_with("connection:") {
                    head.push_str(&line);
                }
            }
            let mut body = vec![0; length];
            client.read_exact(&mut body).unwrap();
            if !allowed {
                let refusal = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno";
                client.get_mut().write_all(refusal.as_bytes()).unwrap();
                continue;
            }
            let mut upstream = TcpStream::connect(("127.0.0.1", target)).unwrap();
            upstream.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).unwrap();
            upstream.write_all(&body).unwrap();
            std::io::copy(&mut upstream, client.get_mut()).unwrap();
        }
    });
    port
}

#[test]
fn a_login_is_sent_and_never_shown() {
    let Some(registry) = Registry::shared() else { return };
    let address = registry.url.strip_prefix("http://127.0.0.1:").unwrap();
    let (port, path) = address.split_once('/').unwrap();
    // anna:s3cret
    let guard = guarded(port.parse().unwrap(), "Basic YW5uYTpzM2NyZXQ=");
    let world = world("login", &format!("http://127.0.0.1:{guard}/{path}"), Format::AvroRegistry);
    let refused = world.command(&["schemas", "register"]);
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
    assert!(said(&refused).contains("401") && said(&refused).contains("registry.password"), "{}", said(&refused));

    let login = [("SERVICE_RECOVERY__REGISTRY__USERNAME", "anna"), ("SERVICE_RECOVERY__REGISTRY__PASSWORD", "s3cret")];
    let registered = world.command_with(&["schemas", "register"], &login);
    assert_eq!(registered.status.code(), Some(0), "{}", said(&registered));
    let mut service = world.start_with("a", "username = \"anna\"\npassword = \"s3cret\"\n");
    service.until_ready();
    assert_eq!(service.terminate(), 0);
    let log = service.log();
    assert!(log.contains("registry.username=(hidden)") && !log.contains("s3cret") && !log.contains("anna"), "{log}");
    until(secs(1), "no trace of it", || !said(&registered).contains("s3cret"));
}
