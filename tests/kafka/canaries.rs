//! What must never be seen, looked for where a deployment shows itself: its logs at the chattiest level, its metrics and
//! pages, the reasons of its dead letters; and of an erased guest in its state, also after a restart.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use service_recovery::events::Contract;

use crate::canaries_story::{BIRDS, COMPANION, CUSTOMER, ORDER, answer, birds_in, story, unusable};
use crate::support::cluster::{Send, Tail};
use crate::support::events::{now, time};
use crate::support::service::Service;
use crate::support::wait::{eventually, secs, until};
use crate::support::world::{Setup, World};

const INTAKE: &str = "token-of-the-tablets-1";
const LOOKUPS: &str = "token-of-the-desk-1";
/// Whatever can be said is said.
const CHATTY: &str = r#"
[logging]
level = "trace,apache_avro=trace,rdkafka=debug"
[kafka.properties]
debug = "topic,msg"
"#;

fn doors() -> String {
    format!(
        "[http.intake]\nenabled = true\ntokens = {{ tablets = \"{INTAKE}\" }}\n\
         [http.lookups]\nenabled = true\ntokens = {{ desk = \"{LOOKUPS}\" }}\n"
    )
}

#[track_caller]
fn assert_clean(what: &str, text: &str) {
    assert_eq!(birds_in(text.as_bytes(), &BIRDS), Vec::<String>::new(), "in {what}");
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(secs(20))).build().into()
}

/// (status, body)
fn post(service: &Service, path: &str, token: &str, event: &Value) -> (u16, String) {
    let request = agent().post(service.url(path)).header("authorization", format!("Bearer {token}"));
    let mut answer = request.header("content-type", "application/json").send(event.to_string()).unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

fn look_up(service: &Service, path: &str, token: &str) -> (u16, String) {
    let request = agent().get(service.url(path)).header("authorization", format!("Bearer {token}"));
    let mut answer = request.call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// Whoever comes by HTTP, with a token or without.
fn knock(service: &Service) {
    for path in [format!("/guests/{CUSTOMER}"), format!("/orders/{ORDER}")] {
        assert_clean("the refusal of a look-up", &look_up(service, &path, "canary").1);
    }
    let remark = json!({"form": "remark", "customer_id": CUSTOMER, "text": "canary soup"});
    let (status, refusal) = post(service, "/complaints", "canary", &remark);
    assert_eq!(status, 401);
    assert_clean("the refusal of a stranger", &refusal);
    for unusable in [json!({"form": "canary", "text": "canary"}), json!({"text": {"canary": "canary"}})] {
        let (status, refusal) = post(service, "/complaints", INTAKE, &unusable);
        assert_eq!(status, 422);
        assert_clean("the refusal of an event", &refusal);
    }
    let (status, body) = post(service, "/complaints", INTAKE, &remark);
    assert_eq!(status, 202, "{body}");
}

/// The live records of the state topic that tell of somebody.
fn remembered(world: &World<'_>) -> Vec<String> {
    let mut records = BTreeMap::new();
    for record in Tail::new(&world.broker.bootstrap, &[&world.topic("state")]).catch_up() {
        records.insert(record.key.unwrap_or_default(), record.value);
    }
    let live = records.into_iter().filter_map(|(key, value)| Some((key, value?)));
    live.flat_map(|(key, value)| [birds_in(&key, &["canary"]), birds_in(&value, &["canary"])].concat()).collect()
}

fn letters_are_clean(world: &World<'_>, expected: usize) {
    let tail = world.dead_letters();
    let mut letters = Vec::new();
    until(secs(20), "the dead letters", || {
        letters.extend(tail.catch_up());
        letters.len() >= expected
    });
    for letter in letters {
        // what is in front of the value is shown by every tool; the record's own headers are its sender's
        for (name, value) in letter.headers.iter().filter(|(name, _)| name.starts_with("dead_letter_")) {
            assert_clean(name, &String::from_utf8_lossy(value));
        }
        assert!(letter.header("dead_letter_error_message").is_some_and(|message| !message.is_empty()));
    }
}

#[test]
fn canaries_are_in_no_log_metric_page_or_header_and_the_erased_are_nowhere() {
    let world = World::new("birds", Setup { policy: "hotel".to_owned(), ..Setup::default() });
    let mut service = world.start_with("a", &(doors() + CHATTY)).ready();
    let began = now();
    let told = story(|ago| time(began - ago * 60_000));
    for (contract, key, event) in &told {
        world.publish(*contract, *key, event);
    }
    let unusable = unusable(&time(began));
    for (contract, key, value) in &unusable {
        let topic = world.topic(contract.name());
        world.producer.send(Send { topic: &topic, key: Some(key), value: Some(value), ..Send::default() });
    }
    world.producer.flush();
    let mut outputs = world.outputs();
    until(secs(30), "something to be done", || !outputs.refresh().actions().is_empty());
    knock(&service);
    world.until_read();
    let asked: Vec<(String, String)> =
        outputs.refresh().actions().iter().map(|action| (action.reply_to.clone(), action.id.clone())).collect();
    for (reply_to, id) in &asked {
        world.publish(Contract::RecoveryOutcomes, None, &answer(reply_to, id, &time(now())));
    }
    world.until_read();
    letters_are_clean(&world, unusable.len());
    assert!(!remembered(&world).is_empty(), "there is something to forget");
    let (status, view) = look_up(&service, &format!("/orders/{ORDER}"), LOOKUPS);
    assert!(status == 200 && view.contains("canary"), "who may look finds it: {view}");
    for page in ["/metrics", "/", "/health/ready", "/health/live"] {
        assert_clean(page, &service.get(page).unwrap().1);
    }

    for who in [CUSTOMER, COMPANION] {
        world.publish(Contract::Customers, Some(who), &Value::Null);
    }
    until(secs(30), "the erasure", || {
        world.until_read();
        remembered(&world).is_empty()
    });
    assert_eq!(look_up(&service, &format!("/orders/{ORDER}"), LOOKUPS).0, 404);
    assert_eq!(service.terminate(), 0);

    let mut service = world.start_with("a", &(doors() + CHATTY)).ready();
    eventually(secs(20), "the guest to be unknown", || {
        let (status, body) = look_up(&service, &format!("/guests/{CUSTOMER}"), LOOKUPS);
        assert_ne!(status, 200, "{body}");
        (status == 404).then_some(())
    });
    assert_eq!(remembered(&world), Vec::<String>::new());
    assert_clean("the metrics after a restart", &service.get("/metrics").unwrap().1);
    assert_eq!(service.terminate(), 0);

    // a state that cannot be read ends the service, without a word on whose it was
    for partition in 0..4 {
        let topic = world.topic("state");
        let key = Some(&b"c:canary-customer"[..]);
        world.producer.send(Send {
            topic: &topic,
            partition: Some(partition),
            key,
            value: Some(b"c"),
            ..Send::default()
        });
    }
    world.producer.flush();
    let mut broken = world.start_with("a", &(doors() + CHATTY));
    assert_ne!(broken.wait(secs(60)), 0);
    let log = broken.log();
    assert!(log.contains("the state record of a guest"), "it says what is wrong");
    assert!(
        log.contains("DEBUG librdkafka") && log.contains("dead letter") && log.contains("look-up"),
        "everything was logged"
    );
    assert_clean("the log", &log);
}
