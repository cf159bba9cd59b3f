//! `why ORDER`: the answer for orders that went well, for those that did not, and above all for those about which
//! nothing was said.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod play;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::JoinHandle;

use play::{Play, day, order};
use rstest::rstest;
use serde_json::{Value, json};
use service_recovery::events::{ActionKind, Contract};
use service_recovery::policy::presets;
use service_recovery::recovery::EntityKey;
use service_recovery::recovery::view::{self, Moment, OrderLookup, Reason};

fn why(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_service-recovery")).arg("why").args(arguments).output().unwrap()
}

#[track_caller]
fn page(arguments: &[&str]) -> String {
    let output = why(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refusal(arguments: &[&str]) -> (Option<i32>, String) {
    let output = why(arguments);
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A file of recorded events at Strandhotellet.
fn recorded(events: &[(&str, Value)]) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.ndjson");
    let lines = events.iter().enumerate().map(|(index, (topic, fields))| {
        let mut value = json!({"id": format!("e{index}"), "order_id": "A-1", "customer_id": "anna"});
        value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({"topic": topic, "key": "anna", "value": value}).to_string()
    });
    fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (directory, path)
}

fn placed(touchpoint: &str, time: &str) -> (&'static str, Value) {
    let line = json!({"item_id": "salad", "name": "salad", "quantity": 1, "unit_price_minor": 14_500});
    let event = json!({"type": "placed", "time": day(0, time), "site_id": "strandhotellet", "location": "sunbed 14",
        "touchpoint": touchpoint, "promised_at": day(0, "12:30"), "currency": "DKK", "lines": [line]});
    ("orders", event)
}

fn order_event(kind: &str, time: &str) -> (&'static str, Value) {
    ("orders", json!({"type": kind, "time": day(0, time), "cancelled_by": "customer"}))
}

fn eta(time: &str, eta: &str) -> (&'static str, Value) {
    ("delivery-delays", json!({"type": "eta_changed", "time": day(0, time), "eta": day(0, eta)}))
}

#[rstest]
#[case::still_to_come("12:10", vec![placed("pool_bar", "12:00")], "promised for 2026-06-03 12:30, which is still to come")]
#[case::grace("12:32", vec![placed("pool_bar", "12:00")], "within the policy's grace, silence is judged at 2026-06-03 12:33")]
#[case::not_tracked("14:00", vec![placed("breakfast", "12:00")], "fulfilments are not recorded at breakfast (tracking = none)")]
#[case::in_time("14:00", vec![placed("pool_bar", "12:00"), order_event("fulfilled", "12:20")], "came at 2026-06-03 12:20, in time")]
#[case::nearly("14:00", vec![placed("pool_bar", "12:00"), order_event("fulfilled", "12:32")], "but within the policy's grace")]
#[case::cancelled("14:00", vec![placed("pool_bar", "12:00"), order_event("cancelled", "12:20")], "cancelled at 2026-06-03 12:20, by the customer")]
#[case::margin("12:20", vec![placed("pool_bar", "12:00"), eta("12:10", "12:33")], "the newest estimate is 2026-06-03 12:33")]
#[case::parked("12:20", vec![eta("12:10", "12:40")], "an event without its order says neither what was promised")]
fn an_order_about_which_nothing_was_said_has_its_reason(
    #[case] at: &str,
    #[case] events: Vec<(&str, Value)>,
    #[case] reason: &str,
) {
    // the carrier knows only the number of the order
    let events: Vec<_> = events
        .into_iter()
        .map(|(topic, mut event)| {
            if topic == "delivery-delays" {
                event["customer_id"] = Value::Null;
            }
            (topic, event)
        })
        .collect();
    let (_directory, path) = recorded(&events);
    let page = page(&["A-1", "--policy", "hotel", &path, "--at", &day(0, at)]);
    assert!(page.contains(reason), "{page}");
    assert!(page.starts_with("Order A-1: no"), "{page}");
    assert!(!page.contains("What was done"), "{page}");
}

#[test]
fn parts_that_may_still_come_are_waited_for() {
    let mut fulfilled = order_event("fulfilled", "12:10");
    fulfilled.1["lines"] = json!([{"item_id": "bread", "quantity": 1}]);
    let (_directory, path) = recorded(&[placed("pool_bar", "12:00"), fulfilled]);
    let page = page(&["A-1", "--policy", "hotel", &path]);
    assert!(page.contains("the rest is missed only after 2026-06-03 12:33"), "{page}");
}

#[test]
fn the_golden_page_tells_a_duty_manager_everything() {
    let salads = json!({"line_id": "1", "item_id": "salad", "name": "salad", "quantity": 2, "unit_price_minor": 14_500,
        "modifiers": [{"id": "blue-cheese", "name": "blue cheese", "kind": "ingredient"}]});
    let mut order = placed("pool_bar", "12:00");
    order.1["lines"] = json!([salads]);
    let mut fulfilled = order_event("fulfilled", "12:20");
    fulfilled.1["completes"] = json!(true);
    fulfilled.1["lines"] = json!([{"line_id": "1", "item_id": "salad", "quantity": 2, "modifiers": []}]);
    let given = json!({"time": day(0, "12:25"), "order_id": "A-1", "status": "done", "kind": "gesture",
        "item_id": "espresso", "value_minor": 6400, "currency": "DKK"});
    let (_directory, path) = recorded(&[order, fulfilled, ("recovery-outcomes", given)]);

    let shown = page(&["A-1", "--policy", "hotel", &path, "--at", &day(0, "12:21")]);
    insta::assert_snapshot!("why_golden", shown);
    let shown = page(&["A-1", "--policy", "hotel", &path]);
    assert!(shown.contains("2026-06-03 12:25  staff of their own accord: gesture, 64.00 DKK"), "{shown}");
    let replaced = "gesture: taken back, was open; staff: they had helped of their own accord";
    assert!(shown.contains(replaced), "{shown}");

    let json: Value = serde_json::from_str(&page(&["A-1", "--policy", "hotel", &path, "--json"])).unwrap();
    assert_eq!(json["amends"][0]["value_minor"], 6400);
    assert_eq!(json["incident"]["actions"][0]["kind"], "apology");
}

/// The first order of every recording, when it was first heard of and at the end.
#[test]
fn every_order_of_every_recording_has_an_answer_that_can_be_read_back() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events");
    let policy = presets::hotel().unwrap();
    let mut asked = 0;
    for file in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "ndjson") {
            continue;
        }
        let events: Vec<Value> =
            fs::read_to_string(&file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let values = || events.iter().map(|event| &event["value"]);
        let orders: Vec<&str> = values().filter_map(|value| value["order_id"].as_str()).collect();
        let Some(order) = orders.first() else { continue };
        let last = values().filter_map(|value| value["time"].as_str()).map(play::at).max().unwrap();
        let first = values().filter(|value| value["order_id"] == *order).filter_map(|value| value["time"].as_str());
        let first = first.map(play::at).min().unwrap();
        for at in [first, last] {
            let files = [PathBuf::from(&file)];
            let replayed = service_recovery::backtest::replay(&files, policy.clone(), None, Some(at)).unwrap();
            let found = replayed.order(order).unwrap_or_else(|| panic!("{}: {order} at {at}", file.display()));
            if let OrderLookup::Order(order) = &found {
                assert!(!order.reasons.is_empty(), "{}: {order:?}", file.display());
            }
            let json = view::to_json(&found).unwrap();
            let read: OrderLookup = serde_json::from_value(json.clone()).unwrap();
            assert_eq!(view::to_json(&read).unwrap(), json);
            asked += 1;
        }
    }
    assert!(asked > 50, "{asked}");
}

fn reasons(play: &Play, safe: bool) -> Vec<Reason> {
    let policy = presets::hotel().unwrap();
    let key = EntityKey::customer("c-1");
    let moment = Moment { now: play.now(), safe: safe.then(|| play.now()), policy: &policy };
    view::order(&key, "o-1", &play.entity(&key).unwrap(), moment).unwrap().reasons
}

fn names(reasons: &[Reason]) -> Vec<String> {
    reasons.iter().map(|reason| serde_json::to_value(reason).unwrap()["reason"].as_str().unwrap().to_owned()).collect()
}

fn order_at(play: &mut Play, touchpoint: &str, time: &str) {
    play.event(
        Contract::Orders,
        time,
        json!({"type": "placed", "order_id": "o-1", "customer_id": "c-1", "site_id": "strandhotellet", "currency": "DKK",
            "touchpoint": touchpoint, "promised_at": day(0, "13:30"), "lines": [order::salads()]}),
    );
}

#[test]
fn a_clock_that_is_held_is_named() {
    let mut play = Play::hotel();
    order_at(&mut play, "pool_bar", &day(0, "13:00"));
    play.hold_safe_time();
    play.advance(&day(0, "13:45"));
    assert_eq!(names(&reasons(&play, false)), ["waits_for_safe_time", "only_suspected"]);
    play.release_safe_time();
    assert_eq!(names(&reasons(&play, true))[0], "decided_by");
}

#[test]
fn a_start_without_a_safe_time_is_named() {
    let mut play = Play::hotel();
    order_at(&mut play, "pool_bar", &day(0, "13:00"));
    play.restart_without_safe_time();
    play.fulfilled("o-1", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    assert_eq!(names(&reasons(&play, false)).last().unwrap(), "waits_for_first_safe_time");
}

#[test]
fn old_news_is_named_history() {
    let mut play = Play::hotel();
    play.hold_everything_until(&day(3, "12:00"));
    order_at(&mut play, "pool_bar", &day(0, "13:00"));
    play.fulfilled("o-1", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    assert!(names(&reasons(&play, true)).contains(&"too_old_to_act".to_owned()));
    assert!(play.all_actions().is_empty());
}

#[test]
fn what_staff_looked_at_and_what_was_put_right_are_told_apart() {
    let mut play = Play::hotel();
    order_at(&mut play, "restaurant", &day(0, "13:00"));
    play.advance(&day(0, "13:40"));
    let suspected = reasons(&play, true);
    assert!(suspected.contains(&Reason::OnlySuspected { clock_held: false }), "{suspected:?}");
    play.answer(ActionKind::Check, &day(0, "13:45"), json!({"status": "false_alarm"}));
    assert!(reasons(&play, true).contains(&Reason::StaffSaidNotSo));

    let mut play = Play::hotel();
    order_at(&mut play, "pool_bar", &day(0, "13:00"));
    play.advance(&day(0, "13:40"));
    play.fulfilled("o-1", &day(0, "13:25"), json!({}));
    let right = reasons(&play, true);
    assert!(right.contains(&Reason::PutRight) && right.contains(&Reason::AllAsOrdered), "{right:?}");
}

#[test]
fn a_gesture_that_was_not_given_has_its_reason() {
    let mut play = Play::hotel_with(|policy| policy.gestures.guest_count = Some(0));
    order_at(&mut play, "pool_bar", &day(0, "13:00"));
    play.fulfilled("o-1", &day(0, "13:20"), json!({}));
    play.remark(&day(0, "13:30"), json!({"order_id": "o-1", "failure": "item_partial", "item_id": "salad"}));
    let because = Reason::GestureSuppressed { because: "cap_guest_window".to_owned() };
    assert!(reasons(&play, true).contains(&because));
}

/// The steps of the incident, as the look-up gives them: what, to what, who and why.
fn steps(play: &Play) -> Vec<[String; 4]> {
    let policy = presets::hotel().unwrap();
    let key = EntityKey::customer("c-1");
    let moment = Moment { now: play.now(), safe: Some(play.now()), policy: &policy };
    let found = view::order(&key, "o-1", &play.entity(&key).unwrap(), moment).unwrap();
    let json = view::to_json(&found).unwrap();
    let steps = json["incident"]["steps"].as_array().unwrap();
    let times: Vec<_> = steps.iter().map(|step| play::at(step["at"].as_str().unwrap())).collect();
    assert!(times.is_sorted(), "{times:?}");
    let word = |step: &Value, member: &str| step[member].as_str().unwrap_or_default().to_owned();
    let told = |step: &Value| {
        let what = if step["kind"].is_null() { word(step, "what") } else { word(step, "kind") };
        [what, word(step, "to"), word(step, "actor"), word(step, "cause")]
    };
    steps.iter().map(told).collect()
}

fn assert_step(play: &Play, step: [&str; 4]) {
    let steps = steps(play);
    assert!(steps.iter().any(|made| *made == step), "{step:?} is not in {steps:#?}");
}

#[test]
fn every_step_is_told_with_who_made_it_and_why() {
    let mut play = Play::hotel();
    order_at(&mut play, "pool_bar", &day(0, "13:00"));
    play.fulfilled("o-1", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    play.answer(ActionKind::Apology, &day(0, "13:22"), json!({"status": "done"}));
    play.answer(ActionKind::Gesture, &day(0, "13:26"), json!({"status": "declined", "declined_by": "guest"}));
    play.answer_follow_up(&day(0, "15:40"), json!({"status": "done", "result": "answered", "score": 9}));
    assert_step(&play, ["incident", "action_proposed", "service", "evidence"]);
    assert_step(&play, ["apology", "open", "service", "planned"]);
    assert_step(&play, ["apology", "done", "staff", "staff_done"]);
    assert_step(&play, ["gesture", "declined", "guest", "guest_declined"]);
    assert_step(&play, ["follow_up", "closed", "guest", "guest_answered"]);
}

#[test]
fn what_was_taken_back_is_told_with_what_it_had_been() {
    let mut play = Play::hotel();
    order_at(&mut play, "pool_bar", &day(0, "13:00"));
    play.advance(&day(0, "13:40"));
    play.fulfilled("o-1", &day(0, "13:25"), json!({}));
    assert_step(&play, ["apology", "retracted", "service", "evidence_gone"]);
    assert_step(&play, ["incident", "retracted", "service", "evidence_gone"]);
}

#[test]
fn what_lapsed_and_what_was_never_reported_is_told() {
    let mut play = Play::hotel();
    order_at(&mut play, "pool_bar", &day(0, "13:00"));
    play.fulfilled("o-1", &day(0, "13:20"), json!({"completes": true, "lines": [order::bare_salads()]}));
    play.advance(&day(2, "13:00"));
    assert_step(&play, ["gesture", "unreported", "clock", "unanswered"]);
    assert_step(&play, ["follow_up", "due", "clock", "due"]);
}

#[test]
fn a_gesture_that_was_suppressed_leaves_its_steps_and_its_reason() {
    let mut play = Play::hotel_with(|policy| policy.gestures.guest_count = Some(0));
    order_at(&mut play, "pool_bar", &day(0, "13:00"));
    play.fulfilled("o-1", &day(0, "13:20"), json!({}));
    play.remark(&day(0, "13:30"), json!({"order_id": "o-1", "failure": "item_partial", "item_id": "salad"}));
    assert_step(&play, ["incident", "action_proposed", "guest", "guest_complained"]);
    assert!(steps(&play).iter().all(|[what, ..]| what != "gesture"));
    assert!(names(&reasons(&play, true)).contains(&"gesture_suppressed".to_owned()));
}

#[test]
fn what_cannot_be_answered_says_what_to_do() {
    let (_directory, path) = recorded(&[placed("pool_bar", "12:00")]);
    let (code, text) = refusal(&["B-2", "--policy", "hotel", &path]);
    assert!(code == Some(1) && text.contains("nothing is known of order \"B-2\""), "{text}");
    let (code, text) = refusal(&["A-1", "--policy", "hotel", "/nowhere.ndjson"]);
    assert!(code == Some(2) && text.contains("cannot open /nowhere.ndjson"), "{text}");
    let (code, text) = refusal(&["A-1", "--url", "http://127.0.0.1:1"]);
    assert!(code == Some(2) && text.contains("--token-file"), "{text}");
    let (code, _) = refusal(&["A-1"]);
    assert_eq!(code, Some(2));
}

/// An instance that gives these answers, one a connection, and tells what it was asked.
fn instance(answers: Vec<(u16, Value)>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 1024];
            while !request.ends_with(b"\r\n\r\n") {
                let read = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..read]);
            }
            let request = String::from_utf8(request).unwrap();
            assert!(request.to_lowercase().contains("authorization: bearer token-of-the-desk-1"), "{request}");
            asked.push(request.split_whitespace().nth(1).unwrap().to_owned());
            let body = body.to_string();
            let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).unwrap();
        }
        asked
    });
    (url, served)
}

fn token_file() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"# ours\ndesk token-of-the-desk-1\n").unwrap();
    file
}

fn answer() -> Value {
    let (_directory, path) = recorded(&[placed("pool_bar", "12:00")]);
    serde_json::from_str(&page(&["A-1", "--policy", "hotel", &path, "--json"])).unwrap()
}

fn elsewhere(there: Option<&str>) -> (u16, Value) {
    let mut problem =
        json!({"status": 421, "reason": "elsewhere", "detail": "not mine", "partition": 3, "partitions": 8});
    if let Some(there) = there {
        problem["ask_there"] = json!(there);
    }
    (421, problem)
}

#[test]
fn the_instance_that_owns_the_order_is_found_by_way_of_its_index() {
    let there = "/orders/A%2D1?guest=c%3Aanna";
    let (one, first) = instance(vec![elsewhere(None), (200, answer())]);
    let (two, second) = instance(vec![elsewhere(Some(there))]);
    let file = token_file();
    let token = file.path().to_str().unwrap();
    let shown = page(&["A-1", "--url", &one, "--url", &two, "--token-file", token]);
    assert!(shown.contains("which is still to come"), "{shown}");
    assert_eq!(first.join().unwrap(), ["/orders/A%2D1", there]);
    assert_eq!(second.join().unwrap(), ["/orders/A%2D1"]);
}

#[test]
fn an_instance_that_is_starting_is_asked_again() {
    let not_now = json!({"status": 503, "reason": "not_now", "detail": "being restored"});
    let (url, served) = instance(vec![(503, not_now), (200, answer())]);
    let file = token_file();
    let shown = page(&["A-1", "--url", &url, "--token-file", file.path().to_str().unwrap()]);
    assert!(shown.starts_with("Order A-1"), "{shown}");
    assert_eq!(served.join().unwrap().len(), 2);
}

#[rstest]
#[case(elsewhere(None), 3, "none of the instances asked owns partition 3 of the mailbox (of 8); add --url")]
#[case((404, json!({"reason": "unknown", "detail": "nothing is known of this order"})), 1, "nothing is known of this order")]
#[case((404, json!({})), 2, "[http.lookups]")]
#[case((401, json!({"reason": "unauthorized", "detail": "send a token"})), 2, "refuses the token: send a token")]
fn other_answers_are_told_apart(#[case] answer: (u16, Value), #[case] code: i32, #[case] text: &str) {
    let (url, served) = instance(vec![answer]);
    let file = token_file();
    let (found, said) = refusal(&["A-1", "--url", &url, "--token-file", file.path().to_str().unwrap()]);
    assert!(found == Some(code) && said.contains(text), "{found:?} {said}");
    served.join().unwrap();
}
