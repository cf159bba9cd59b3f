//! The staff app in a real browser: two tablets and one action, and a board that is a fold of its topics.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use service_recovery::events::{ActionKind, ActionState, Band, Contract, IncidentStatus};

use crate::support::broker::Broker;
use crate::support::browser::{Browser, Tablet};
use crate::support::cluster::{Producer, Send, Tail};
use crate::support::events::{now, time};
use crate::support::staff_app::StaffApp;
use crate::support::wait::{eventually, secs, throughout, until};
use crate::support::world::{Setup, World};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// The card of a kind.
const CARD: &str = "document.querySelector(`.card[data-kind=${arguments[0]}]`)";
/// A button in the card of a kind, by its words.
const BUTTON: &str = "return [...document.querySelectorAll(`.card[data-kind=${arguments[0]}] button`)]
    .find((button) => button.textContent === arguments[1])";

fn tap(tablet: &Tablet<'_>, kind: &str, button: &str) {
    tablet.tap(&format!("{button} of {kind}"), BUTTON, &[kind, button]);
}

/// Opens the page and says who holds the tablet.
fn sign_in(tablet: &Tablet<'_>, app: &StaffApp, name: &str) {
    tablet.open(&app.url());
    tablet.tap("who are you", "return document.getElementById('me')", &[]);
    tablet.type_in(name);
    tablet.tap("save", "return document.querySelector('dialog button[type=submit]')", &[]);
    assert_eq!(tablet.run("return document.getElementById('me').textContent", &[]), name);
}

/// What a card says, once it says `part`.
#[track_caller]
fn says(tablet: &Tablet<'_>, kind: &str, part: &str) -> String {
    eventually(secs(30), &format!("{kind} to say {part:?}"), || {
        let text = tablet.run(&format!("return {CARD}?.textContent"), &[kind]);
        text.as_str().filter(|text| text.contains(part)).map(str::to_owned)
    })
}

/// The column that the card of a kind is in.
fn column(tablet: &Tablet<'_>, kind: &str) -> Value {
    tablet.run(&format!("return {CARD}?.closest('section').id"), &[kind])
}

/// The founding case: the habits of two days, and two salads without what belongs on them.
fn two_salads(world: &World<'_>) {
    let order = |id: &str, at: i64, lines: &Value| {
        json!({"id": format!("{id}-placed"), "time": time(at), "type": "placed", "order_id": id, "customer_id": "anna",
            "site_id": "strandhotellet", "location": "sunbed 14", "touchpoint": "pool_bar", "party_size": 2,
            "currency": "DKK", "promised_at": time(at + 25 * MINUTE), "lines": lines})
    };
    let received = |id: &str, at: i64, lines: &Value| {
        json!({"id": format!("{id}-served"), "time": time(at), "type": "fulfilled", "order_id": id, "customer_id": "anna",
            "completes": true, "lines": lines})
    };
    let orders = |event: &Value| world.publish(Contract::Orders, Some("anna"), event);
    let profile = json!({"customer_id": "anna", "name": "Anna", "language": "da"});
    world.publish(Contract::Customers, Some("anna"), &profile);
    let smoothies = json!([{"line_id": "2", "item_id": "strawberry-smoothie", "name": "strawberry smoothie",
        "quantity": 2, "unit_price_minor": 6_500}]);
    let salads = |modifiers: Value| {
        json!([{"line_id": "1", "item_id": "salad", "name": "salad", "quantity": 2, "unit_price_minor": 14_500,
            "modifiers": modifiers}])
    };
    for (id, at) in [("day-2", now() - 2 * DAY), ("day-1", now() - DAY)] {
        orders(&order(id, at, &smoothies));
        orders(&received(id, at + 10 * MINUTE, &smoothies));
    }
    let cheese = json!([{"id": "blue-cheese", "name": "blue cheese", "kind": "ingredient"}]);
    orders(&order("today", now() - 15 * MINUTE, &salads(cheese)));
    orders(&received("today", now(), &salads(json!([]))));
}

#[test]
fn two_tablets_one_action() {
    let Some(browser) = Browser::start() else { return };
    let mut world = World::new("staff-app", Setup::default());
    world.setup.policy = world.adapted_policy("hotel", &[("follow_up = \"2 h\"", "follow_up = \"3 s\"")]);
    let _service = world.start("a").ready();
    let app = StaffApp::start(&world, &["--site", "strandhotellet"]).ready();
    let (ida, bo) = (browser.tablet(1280, 900), browser.tablet(390, 844));
    sign_in(&ida, &app, "Ida");
    sign_in(&bo, &app, "Bo");

    // both see it appear: where, what to say in the guest's language, and the gesture that must wait for it
    two_salads(&world);
    for tablet in [&ida, &bo] {
        let text = says(tablet, "apology", "Anna");
        assert!(
            text.contains("sunbed 14") && text.contains("jeg beklager meget") && text.contains("in Danish"),
            "{text}"
        );
        says(tablet, "gesture", "2 × strawberry smoothie");
        let locked =
            "return [...document.querySelectorAll('.card[data-kind=gesture] .actions button')].map((b) => b.disabled)";
        assert_eq!(tablet.run(locked, &[]), json!([true, true, true]), "no gesture before its apology");
    }

    // both take it; one has it, and both see who
    // whoever is late may find that it is taken already
    let take = format!("{} ?.click()", BUTTON.trim_start_matches("return "));
    ida.run(&take, &["apology", "I’ll do it"]);
    bo.run(&take, &["apology", "I’ll do it"]);
    let mut outputs = world.outputs();
    let holder = eventually(secs(20), "somebody to have it", || {
        outputs.refresh().of_kind(ActionKind::Apology).first().and_then(|apology| apology.accepted_by.clone())
    });
    let (first, second) = if holder == "Ida" { (&ida, &bo) } else { (&bo, &ida) };
    says(first, "apology", "You are on it");
    says(second, "apology", &format!("{holder} is on it"));
    assert_eq!((column(first, "apology"), column(second, "apology")), (json!("taken"), json!("taken")));

    // said by the one, brought by the other
    tap(first, "apology", "Done");
    until(secs(20), "the gesture to be open to all", || {
        let open = "return [...document.querySelectorAll('.card[data-kind=gesture] .actions button')].every((b) => !b.disabled)";
        ida.run(open, &[]) == true && bo.run(open, &[]) == true && column(&ida, "apology") == "ended"
    });
    bo.run("document.querySelector('[data-tab=todo]').click()", &[]);
    tap(&bo, "gesture", "Done");
    until(secs(20), "the gesture to be done on the other tablet too", || column(&ida, "gesture") == "ended");

    // is it still all right?
    let score = "return document.querySelector('.card[data-kind=follow_up] input[name^=score][value=\"9\"]')";
    let still_ok = "return document.querySelector('.card[data-kind=follow_up] input[name^=still_ok][value=true]')";
    ida.tap("a score of 9", score, &[]);
    ida.tap("still all right", still_ok, &[]);
    tap(&ida, "follow_up", "Send answer");
    until(secs(20), "the incident to be closed", || outputs.refresh().standing()[0].status == IncidentStatus::Closed);
    assert_eq!((outputs.standing()[0].score, outputs.standing()[0].band), (Some(9), Some(Band::VerySatisfied)));

    // one action, one effect
    let apologies = outputs.of_kind(ActionKind::Apology);
    assert_eq!((apologies.len(), apologies[0].state, apologies[0].revision), (1, ActionState::Done, 3));
    let gestures = outputs.of_kind(ActionKind::Gesture);
    assert_eq!((gestures.len(), gestures[0].accepted_by.as_deref()), (1, Some("Bo")));
    assert_eq!(outputs.standing()[0].given_minor, 13_000);
    let answers = Tail::new(&world.broker.bootstrap, &[&world.topic("recovery-outcomes")]).catch_up();
    let statuses: Vec<Value> =
        answers.iter().map(|answer| outcome(answer.value.as_deref())["status"].clone()).collect();
    assert!((4..=5).contains(&statuses.len()), "at most one tap came too late: {statuses:?}");
    assert!(answers.iter().all(|answer| answer.key.as_deref() == Some(b"anna")), "answers are keyed as their guest is");
    for tablet in [&ida, &bo] {
        let complaints: Vec<String> = tablet.complaints().into_iter().filter(|text| !text.contains("409")).collect();
        assert_eq!(complaints, [""; 0], "the page is without fault");
    }
}

fn outcome(value: Option<&[u8]>) -> Value {
    serde_json::from_slice(value.unwrap()).unwrap()
}

/// A revision of an action, as the service would write it.
fn revision(id: &str, number: i64, state: &str, at: i64) -> Value {
    let mut action: Value =
        serde_json::from_str(include_str!("../../examples/events/recovery-actions.apology.json")).unwrap();
    for (name, value) in [
        ("id", json!(id)),
        ("revision", json!(number)),
        ("state", json!(state)),
        ("time", json!(time(at))),
        ("due_at", json!(time(at + 5 * MINUTE))),
        ("expires_at", json!(time(at + 120 * MINUTE))),
        ("assignee", json!(if id.ends_with('3') { "shift_lead" } else { "waiter" })),
    ] {
        action[name] = value;
    }
    if state == "accepted" {
        action["accepted_by"] = json!("Ida");
    }
    action
}

/// What is on the page: id to column and revision.
fn board(tablet: &Tablet<'_>) -> BTreeMap<String, (String, i64)> {
    let cards = "return [...document.querySelectorAll('.card')].map((card) =>
        [card.dataset.id, card.closest('section').id, Number(card.dataset.revision)])";
    serde_json::from_value::<Vec<(String, String, i64)>>(tablet.run(cards, &[]))
        .unwrap()
        .into_iter()
        .map(|(id, column, revision)| (id, (column, revision)))
        .collect()
}

/// The fold: of every id the highest revision.
fn folded(records: &[Value]) -> BTreeMap<String, (String, i64)> {
    let mut newest: HashMap<&str, &Value> = HashMap::new();
    for record in records {
        let known = newest.entry(record["id"].as_str().unwrap()).or_insert(record);
        if record["revision"].as_i64() > known["revision"].as_i64() {
            *known = record;
        }
    }
    let place = |record: &Value| match record["state"].as_str().unwrap() {
        "open" => "todo",
        "accepted" => "taken",
        _ => "ended",
    };
    let shown = |(id, record): (&str, &Value)| {
        (id.to_owned(), (place(record).to_owned(), record["revision"].as_i64().unwrap()))
    };
    newest.into_iter().map(shown).collect()
}

#[test]
fn shuffled_doubled_and_late_deliveries_show_the_fold_of_the_topic() {
    let Some(browser) = Browser::start() else { return };
    let world = World::new("staff-app-fold", Setup::default());
    let app = StaffApp::start(&world, &[]);

    const ENDS: [&str; 6] = ["open", "accepted", "done", "retracted", "superseded", "unreported"];
    let mut records = Vec::new();
    for number in 0..18 {
        let (id, end) = (format!("action-{number}"), ENDS[number % ENDS.len()]);
        let states = ["open", "open", "accepted", end];
        let states = if end == "open" {
            &states[..2]
        } else if end == "accepted" {
            &states[..3]
        } else {
            &states[..]
        };
        for (index, state) in states.iter().enumerate() {
            records.push(revision(&id, index as i64 + 1, state, now() + index as i64));
        }
    }
    let mut deliveries: Vec<&Value> = records.iter().chain(&records).collect();
    shuffle(&mut deliveries);
    let (early, late) = deliveries.split_at(deliveries.len() / 2);
    let publish = |producer: &Producer, records: &[&Value]| {
        for (number, record) in records.iter().enumerate() {
            let (topic, value) = (world.topic("recovery-actions"), record.to_string());
            // any partition: the app may not count on an order
            let partition = Some(number as i32 % 4);
            producer.send(Send { topic: &topic, partition, value: Some(value.as_bytes()), ..Send::default() });
        }
        producer.flush();
    };
    publish(&world.producer, early);
    let app = app.ready();
    let tablet = browser.tablet(1280, 900);
    tablet.open(&app.url());
    let seen: Vec<Value> = early.iter().copied().cloned().collect();
    until(secs(20), "the page to show what was there before it", || board(&tablet) == folded(&seen));
    assert_ne!(folded(&seen), folded(&records), "the rest changes something");

    // live, and what was aborted never happened
    publish(&world.producer, late);
    let aborted = Producer::transactional(&world.broker.bootstrap, &world.topic("aborted"));
    aborted.begin();
    publish(&aborted, &[&revision("action-0", 99, "done", now()), &revision("never", 1, "open", now())]);
    aborted.abort();
    until(secs(20), "the page to show the fold of everything", || board(&tablet) == folded(&records));
    throughout(secs(1), "the page shows the fold", || board(&tablet) == folded(&records));

    // another app and another tablet, which read it all at once, in a chosen language and for a chosen role
    let other_app = StaffApp::start(&world, &[]).ready();
    let other = browser.tablet(390, 844);
    other.open(&other_app.url());
    until(secs(20), "another app to show the same", || board(&other) == folded(&records));
    for (language, heading) in [("da", "Skal gøres"), ("sv", "Att göra"), ("en", "To do")] {
        other.tap(
            "a language",
            "return document.querySelector(`#language option[value=${arguments[0]}]`)",
            &[language],
        );
        assert_eq!(other.run("return document.querySelector('h2 [data-word]').textContent", &[]), heading);
        assert_eq!(other.run("return document.documentElement.lang", &[]), language);
    }
    other.tap("a role", "return document.querySelector('#role option[value=shift_lead]')", &[]);
    let leads: Vec<String> = board(&other).into_keys().collect();
    assert_eq!(leads, ["action-13", "action-3"]);
    assert_eq!(tablet.complaints(), [""; 0]);
    assert_eq!(other.complaints(), [""; 0]);
}

#[test]
fn an_answer_is_under_way_until_kafka_has_it() {
    let Some(broker) = Broker::to_pause() else { return };
    let Some(browser) = Browser::start() else { return };
    let world = World::on(&broker, "staff-app-away", Setup::default());
    let action = revision("action", 1, "open", now()).to_string();
    let actions = world.topic("recovery-actions");
    world.producer.send(Send {
        topic: &actions,
        key: Some(b"anna"),
        value: Some(action.as_bytes()),
        ..Send::default()
    });
    world.producer.flush();
    let app = StaffApp::start(&world, &[]).ready();
    let tablet = browser.tablet(1280, 900);
    sign_in(&tablet, &app, "Ida");

    broker.pause(1);
    tap(&tablet, "apology", "Done");
    says(&tablet, "apology", "Sending …");
    says(&tablet, "apology", "Not sent: no connection.");
    let trouble = "return document.getElementById('trouble').textContent";
    until(secs(20), "the page to say what is away", || tablet.run(trouble, &[]).as_str().unwrap().contains("Kafka"));
    broker.resume(1);
    until(secs(30), "Kafka to be back", || tablet.run(trouble, &[]) == "");
    tap(&tablet, "apology", "Try again");
    says(&tablet, "apology", "Sent. Waiting for the service …");
    assert_eq!(column(&tablet, "apology"), "todo", "only the topic says that it is done");

    let answers = Tail::new(&broker.bootstrap, &[&world.topic("recovery-outcomes")]).catch_up();
    let taps: BTreeSet<String> =
        answers.iter().map(|answer| outcome(answer.value.as_deref())["id"].to_string()).collect();
    assert_eq!(taps.len(), 1, "however often it was sent, it is one tap: {answers:?}");
}

/// The same mess every time.
fn shuffle<T>(items: &mut [T]) {
    let mut state: u64 = 0x2545_F491_4F6C_DD1D;
    for index in (1..items.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        items.swap(index, (state % (index as u64 + 1)) as usize);
    }
}
