//! Tablets without Kafka: what is acknowledged is in the topic and acted upon; look-ups show what is known.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use service_recovery::events::{ActionKind, ActionState, Contract};

use crate::support::broker::Broker;
use crate::support::cluster::Tail;
use crate::support::events::{now, time};
use crate::support::service::Service;
use crate::support::wait::{eventually, secs, throughout, until};
use crate::support::world::{Setup, World};

const INTAKE: &str = "token-of-the-tablets-1";
const LOOKUPS: &str = "token-of-the-desk-1";
const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;

fn doors() -> String {
    format!(
        "[http.intake]\nenabled = true\ntimeout_ms = 2000\ntokens = {{ tablets = [\"{INTAKE}\", \"an-older-token-0\"] }}\n\
         [http.lookups]\nenabled = true\ntokens = {{ desk = \"{LOOKUPS}\" }}\n"
    )
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(secs(20)));
    config.build().into()
}

/// (status, body); a client that hears nothing has no status.
fn post(service: &Service, path: &str, token: &str, key: Option<&str>, event: &Value) -> (u16, Value) {
    let mut request = agent()
        .post(service.url(path))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let Ok(mut answer) = request.send(event.to_string()) else { return (0, Value::Null) };
    let body = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&body).unwrap_or_default())
}

fn look_up(service: &Service, path: &str, token: Option<&str>) -> (u16, Value) {
    let mut request = agent().get(service.url(path));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut answer = request.call().unwrap();
    let body = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&body).unwrap_or_default())
}

#[test]
fn a_complaint_of_three_fields_becomes_an_incident_and_an_action_and_the_answer_closes_it() {
    let world = World::new("http-intake", Setup { policy: "hotel".to_owned(), ..Setup::default() });
    let service = world.start_with("a", &doors()).ready();
    let mut outputs = world.outputs();
    let topic = Tail::new(&world.broker.bootstrap, &[&world.topic("complaints")]);

    let soup = json!({"site_id": "strandhotellet", "location": "table 12", "text": "the soup is cold"});
    for wrong in ["", "token-of-the-tablets-2", LOOKUPS] {
        let (status, _) = post(&service, "/complaints", wrong, None, &soup);
        assert!(status == 401 || status == 403, "{status}");
    }
    let (status, accepted) = post(&service, "/complaints", INTAKE, None, &soup);
    assert_eq!(status, 202, "{accepted}");
    assert_eq!(
        (&accepted["topic"], &accepted["source"]),
        (&json!(world.topic("complaints")), &json!("/intake/tablets/complaints"))
    );
    assert!(accepted["offset"].is_i64() && accepted["partition"].is_i64(), "{accepted}");

    // the record says the same as the answer, and nothing of those who were turned away is there
    let written = topic.catch_up();
    assert_eq!(written.len(), 1);
    let event: Value = serde_json::from_slice(written[0].value.as_deref().unwrap()).unwrap();
    assert_eq!((&event["id"], &event["text"]), (&accepted["id"], &soup["text"]));
    assert_eq!(written[0].header("ce_id"), accepted["id"].as_str());
    assert_eq!(written[0].header("ce_source"), Some("/intake/tablets/complaints"));

    let action =
        eventually(secs(30), "somebody to be sent", || outputs.refresh().actions().first().map(|a| (*a).clone()));
    assert_eq!((action.site_id.as_str(), action.location.as_deref()), ("strandhotellet", Some("table 12")));
    assert_eq!(outputs.standing().len(), 1);

    // the answer, from a tablet that still has the older token
    let done = json!({"reply_to": action.reply_to, "status": "done", "staff_id": "waiter-7"});
    let (status, accepted) = post(&service, "/outcomes", "an-older-token-0", None, &done);
    assert_eq!((status, &accepted["topic"]), (202, &json!(world.topic("recovery-outcomes"))), "{accepted}");
    until(secs(20), "the action to be done", || {
        let action = outputs.refresh().actions().into_iter().find(|other| other.id == action.id).unwrap().clone();
        action.state == ActionState::Done
    });
    let log = service.log();
    assert!(!log.contains(INTAKE) && !log.contains(LOOKUPS) && !log.contains("soup"), "{log}");
    assert!(log.contains("http.intake.tokens=(hidden):tablets"), "{log}");
}

#[test]
fn a_repeated_request_is_one_complaint() {
    let world = World::new("http-twice", Setup { policy: "hotel".to_owned(), ..Setup::default() });
    let service = world.start_with("a", &doors()).ready();
    let mut outputs = world.outputs();
    let soup = json!({"customer_id": "c-anna", "site_id": "strandhotellet", "text": "the soup is cold"});
    for _ in 0..3 {
        let (status, accepted) = post(&service, "/complaints", INTAKE, Some("soup-1"), &soup);
        assert_eq!((status, &accepted["id"]), (202, &json!("soup-1")), "{accepted}");
    }
    world.until_read();
    until(secs(30), "the incident", || outputs.refresh().standing().len() == 1);
    until(secs(10), "two of them to be recognised", || {
        service.metric("service_recovery_observations_total") == Some(2.0)
    });
    throughout(secs(1), "there is one incident", || outputs.refresh().standing().len() == 1);
    assert_eq!(outputs.incidents().len(), 1);

    // nor does it matter that nobody knows whose it is
    let table = json!({"site_id": "strandhotellet", "location": "table 12", "text": "the soup is cold"});
    for _ in 0..3 {
        assert_eq!(post(&service, "/complaints", INTAKE, Some("soup-2"), &table).0, 202);
    }
    world.until_read();
    until(secs(30), "its incident", || outputs.refresh().standing().len() == 2);
    throughout(secs(1), "there is one for each", || outputs.refresh().incidents().len() == 2);

    // keyed by the guest, so that all three are in one partition
    let records = Tail::new(&world.broker.bootstrap, &[&world.topic("complaints")]).catch_up();
    assert_eq!(records.len(), 6);
    assert_eq!(records.iter().filter(|record| record.key.as_deref() == Some(b"c-anna")).count(), 3);
    assert_eq!(service.metric("service_recovery_intake_requests_total"), Some(6.0));
}

#[test]
fn only_what_is_written_is_acknowledged() {
    let Some(broker) = Broker::to_pause() else { return };
    let world = World::on(&broker, "http-pause", Setup::default());
    let service = world.start_with("a", &doors()).ready();
    let complaint = |n: usize| json!({"id": format!("m{n}"), "time": time(now()), "site_id": "pool", "text": "cold"});
    let mut acknowledged = BTreeSet::new();
    let mut send = |n: usize| {
        let (status, body) = post(&service, "/complaints", INTAKE, None, &complaint(n));
        if status == 202 {
            acknowledged.insert(format!("m{n}"));
        }
        (status, body)
    };
    for n in 0..20 {
        assert_eq!(send(n).0, 202);
    }
    broker.pause(1);
    for n in 20..23 {
        let (status, problem) = send(n);
        assert_eq!((status, &problem["reason"]), (503, &json!("unavailable")), "{problem}");
    }
    broker.resume(1);
    for n in 20..40 {
        // as a tablet does: again and again, with the same id
        until(secs(60), "the complaint to be taken", || send(n).0 == 202);
    }
    assert_eq!(acknowledged.len(), 40);
    let records = Tail::new(&broker.bootstrap, &[&world.topic("complaints")]).catch_up();
    let written: BTreeSet<String> = records.iter().map(|record| record.header("ce_id").unwrap().to_owned()).collect();
    assert!(written.is_superset(&acknowledged), "lost: {:?}", acknowledged.difference(&written));

    // what was repeated counts once
    let mut outputs = world.outputs();
    until(secs(120), "an incident for each", || outputs.refresh().standing().len() >= 40);
    throughout(secs(2), "there is one for each", || outputs.refresh().standing().len() == 40);
}

fn order(id: &str, guest: &str, at: i64, lines: &Value) -> Value {
    json!({
        "id": format!("{id}-placed"), "time": time(at), "type": "placed", "order_id": id, "customer_id": guest,
        "site_id": "strandhotellet", "location": "sunbed 14", "touchpoint": "pool_bar", "party_size": 2,
        "currency": "DKK", "promised_at": time(at + 25 * MINUTE), "lines": lines,
    })
}

fn received(id: &str, guest: &str, at: i64, lines: &Value) -> Value {
    json!({"id": format!("{id}-fulfilled"), "time": time(at), "type": "fulfilled", "order_id": id,
        "customer_id": guest, "completes": true, "lines": lines})
}

/// Two days of smoothies, and today a salad without its cheese.
fn golden(world: &World<'_>, guest: &str) {
    let smoothies = json!([{"line_id": "2", "item_id": "strawberry-smoothie", "name": "Strawberry smoothie", "quantity": 2, "unit_price_minor": 6_500}]);
    let salad = |modifiers: Value| json!([{"line_id": "1", "item_id": "salad", "name": "Salad", "quantity": 2, "unit_price_minor": 14_500, "modifiers": modifiers}]);
    let publish = |event: Value| world.publish(Contract::Orders, Some(guest), &event);
    let profile = json!({"customer_id": guest, "name": "Anna", "language": "en", "allergies": ["nuts"]});
    world.publish(Contract::Customers, Some(guest), &profile);
    for day in [2, 1] {
        let (id, at) = (format!("{guest}-{day}"), now() - day * DAY);
        publish(order(&id, guest, at, &smoothies));
        publish(received(&id, guest, at + 10 * MINUTE, &smoothies));
    }
    let today = format!("{guest}-today");
    let cheese = json!([{"id": "blue-cheese", "name": "blue cheese", "kind": "ingredient"}]);
    publish(order(&today, guest, now() - 15 * MINUTE, &salad(cheese)));
    publish(received(&today, guest, now(), &salad(json!([]))));
}

#[test]
fn look_ups_show_what_the_guest_is_owed_and_why() {
    let world = World::new("http-lookups", Setup { policy: "hotel".to_owned(), ..Setup::default() });
    let service = world.start_with("a", &doors()).ready();
    let mut outputs = world.outputs();
    golden(&world, "c-anna");
    let gesture = eventually(secs(30), "the gesture", || {
        outputs.refresh().of_kind(ActionKind::Gesture).first().map(|action| (*action).clone())
    });

    for (token, status) in [(None, 401), (Some("nobody's-token-000"), 401), (Some(INTAKE), 403)] {
        for path in ["/guests/c-anna", "/orders/c-anna-today"] {
            let (found, body) = look_up(&service, path, token);
            assert_eq!(found, status);
            assert!(!body.to_string().contains("nuts") && !body.to_string().contains("smoothie"), "{body}");
        }
    }

    let guest = eventually(secs(10), "the gesture to be committed", || {
        let (status, guest) = look_up(&service, "/guests/c-anna", Some(LOOKUPS));
        assert_eq!(status, 200, "{guest}");
        (guest["open_incidents"][0]["actions"].as_array()?.len() == 2).then_some(guest)
    });
    assert_eq!((&guest["guest"], &guest["profile"]["declared"]["allergies"]), (&json!("c:c-anna"), &json!(["nuts"])));
    let orders: Vec<&Value> = guest["orders"].as_array().unwrap().iter().map(|order| &order["order_id"]).collect();
    assert_eq!(orders, ["c-anna-1", "c-anna-2", "c-anna-today"]);
    assert_eq!(guest["habits"][0]["item_id"], "strawberry-smoothie");
    assert_eq!(guest["habits"][0]["recent_streak"], true);
    assert!(guest["habits"][0]["strength"].as_f64().unwrap() > 1.0, "{guest}");
    let open = &guest["open_incidents"][0];
    let kinds: Vec<&Value> = open["actions"].as_array().unwrap().iter().map(|action| &action["kind"]).collect();
    assert_eq!(kinds, ["apology", "gesture"]);
    assert_eq!((&open["actions"][1]["id"], &open["gesture"]["state"]), (&json!(gesture.id), &json!("proposed")));
    assert!(guest["next_deadline"].is_string() && guest["safe_time"].is_string(), "{guest}");

    let (status, order) = look_up(&service, "/orders/c-anna-today", Some(LOOKUPS));
    assert_eq!((status, &order["guest"]), (200, &json!("c:c-anna")), "{order}");
    assert_eq!(order["findings"][0]["kind"], "item_partial");
    assert_eq!(order["incident"]["incident"]["id"], json!(gesture.incident_id));
    let facts: Vec<&Value> = order["facts"].as_array().unwrap().iter().map(|fact| &fact["event"]["type"]).collect();
    assert_eq!(facts, ["placed", "fulfilled"]);
    assert!(order["settled_at"].is_string() && order["promised_at"].is_string(), "{order}");

    for path in ["/guests/nobody", "/orders/none", "/guests/c-anna-today", "/orders/c-anna-today?guest=c%3Anobody"] {
        let (status, problem) = look_up(&service, path, Some(LOOKUPS));
        assert_eq!((status, &problem["reason"]), (404, &json!("unknown")), "{path}: {problem}");
    }
    // an order that nobody has placed yet, known by its carrier's word
    let early = json!({"id": "d1", "time": time(now()), "type": "delivered", "order_id": "not-yet"});
    world.publish(Contract::DeliveryDelays, None, &early);
    let parked = eventually(secs(10), "the parked event", || {
        let (status, index) = look_up(&service, "/orders/not-yet", Some(LOOKUPS));
        (status == 200).then_some(index)
    });
    assert_eq!((&parked["parked"][0]["id"], parked.get("owner")), (&json!("d1"), None));

    let log = service.log();
    assert!(log.contains("look-up") && !log.contains("c-anna"), "{log}");
}

#[test]
fn the_other_instance_knows_what_this_one_does_not() {
    let world = World::new("http-two", Setup { policy: "hotel".to_owned(), ..Setup::default() });
    let services = [world.start_with("a", &doors()), world.start_with("b", &doors())];
    services.iter().for_each(Service::until_ready);
    let mut outputs = world.outputs();
    let guests: Vec<String> = (0..6).map(|n| format!("guest-{n}")).collect();
    for guest in &guests {
        golden(&world, guest);
    }
    until(secs(60), "an incident for each", || outputs.refresh().standing().len() == guests.len());
    world.until_read();

    let both = |path: &str| services.each_ref().map(|service| look_up(service, path, Some(LOOKUPS)));
    let mut owners = BTreeSet::new();
    for guest in &guests {
        let [a, b] = both(&format!("/guests/{guest}"));
        let (here, there) = if a.0 == 200 { (a, b) } else { (b, a) };
        owners.insert(there.1["partition"].as_i64());
        assert_eq!((here.0, there.0), (200, 421), "{guest}: {} {}", here.1, there.1);
        assert_eq!((&there.1["reason"], &there.1["partitions"]), (&json!("elsewhere"), &json!(4)));

        // the index may live here and the guest there: then it is said where to go on
        let found = both(&format!("/orders/{guest}-today")).into_iter().any(|(status, answer)| match status {
            200 => answer["guest"] == json!(format!("c:{guest}")),
            _ => {
                answer["ask_there"].as_str().is_some_and(|next| both(next).into_iter().any(|(status, _)| status == 200))
            }
        });
        assert!(found, "the order of {guest}");
    }
    assert!(owners.len() > 1, "one of the two owns everything: {owners:?}");

    // `why` asks both and tells the same page, whoever owns what
    let directory = tempfile::tempdir().unwrap();
    let token = directory.path().join("token");
    std::fs::write(&token, LOOKUPS).unwrap();
    for guest in &guests {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_service-recovery"));
        command.arg("why").arg(format!("{guest}-today")).arg("--token-file").arg(&token);
        let urls = services.iter().map(|service| service.url(""));
        let answer = command.args(urls.flat_map(|url| ["--url".to_owned(), url])).output().unwrap();
        let page = String::from_utf8(answer.stdout).unwrap();
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        assert!(page.contains(&format!("guest c:{guest}")) && page.contains("item partial: blue cheese"), "{page}");
    }
    drop(services);
}

#[test]
fn an_instance_without_doors_shows_nothing() {
    let world = World::new("http-off", Setup { policy: "hotel".to_owned(), ..Setup::default() });
    let service = world.start("a").ready();
    golden(&world, "c-anna");
    world.until_read();
    for path in ["/guests/c-anna", "/orders/c-anna-today"] {
        assert_eq!(look_up(&service, path, Some(LOOKUPS)).0, 404);
    }
    assert_eq!(post(&service, "/complaints", INTAKE, None, &json!({"text": "x"})).0, 404);

    // enabled without a token it does not start
    let mut refused = world.start_with("b", "[http.lookups]\nenabled = true\n");
    assert_eq!(refused.wait(Duration::from_secs(20)), 2);
    assert!(refused.log().contains("http.lookups: is enabled without a token"), "{}", refused.log());
}
