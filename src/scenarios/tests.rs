//! Scenarios of the hotel with a mistake in them, or that expect what is not decided: what is said about them.

use std::sync::Arc;

use super::*;
use crate::document::Source;
use crate::policy::presets;

const HEAD: &str = r#"title = "Late"

[[event]]
at    = "20:00"
topic = "orders"
value = { type = "placed", order_id = "dinner", customer_id = "c", site_id = "strandhotellet", touchpoint = "room_service", promised_at = "20:30", currency = "DKK", lines = [{ item_id = "soup", unit_price_minor = 9000 }] }

[[event]]
at    = "20:36"
topic = "orders"
value = { type = "fulfilled", order_id = "dinner" }

"#;

fn codec() -> Codec {
    Codec::new(None).unwrap()
}

fn files(text: &str) -> ScenarioFiles {
    let mut files = ScenarioFiles::default();
    files.add("late.toml", "late.toml", text.to_owned());
    files.add("evening.ndjson", "evening.ndjson", "{\"topic\": \"orders\", \"value\": {}}\n".to_owned());
    files
}

/// Every problem of a file, one a line.
fn problems(text: &str) -> String {
    let read = read_all(&files(text), &presets::hotel().unwrap(), &codec());
    read.err().map(|errors| errors.to_string()).unwrap_or_default()
}

fn findings(text: &str) -> Vec<Finding> {
    let policy = Arc::new(presets::hotel().unwrap());
    let scenarios = read_all(&files(text), &policy, &codec()).unwrap();
    scenarios[0].play(&policy, &codec())
}

fn findings_of(expect: &str) -> Vec<Finding> {
    findings(&format!("{HEAD}{expect}"))
}

#[track_caller]
fn refused(from: &str, to: &str, place_and_reason: &str) {
    let good = format!("{HEAD}[[expect]]\nactions = [{{ kind = \"apology\" }}]\n");
    assert!(good.contains(from), "the edit {from:?} changes nothing");
    let found = problems(&good.replacen(from, to, 1));
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(found.contains(place_and_reason), "{found}");
}

#[test]
fn mistakes_in_a_file_are_told_with_their_place() {
    refused(
        "title = \"Late\"",
        "titel = \"Late\"\ntitle = \"x\"",
        "late.toml:1:1: unknown key \"titel\"; did you mean",
    );
    refused(
        "order_id = \"dinner\", c",
        "ordre_id = \"dinner\", order_id = \"x\", c",
        "late.toml:6:28: unknown field in an event of orders \"ordre_id\"; did you mean \"order_id\"?",
    );
    refused(
        "item_id = \"soup\"",
        "item_id = \"soup\", price = 3",
        "unknown field in event.value.lines \"price\"; known are line_id, item_id",
    );
    refused(
        "type = \"fulfilled\"",
        "type = \"fulfiled\"",
        "late.toml:11:18: unknown type \"fulfiled\"; did you mean \"fulfilled\"?",
    );
    refused("unit_price_minor = 9000", "unit_price_minor = \"90\"", "must be a whole number (money is in minor units)");
    refused(
        "promised_at = \"20:30\"",
        "promised_at = \"half past\"",
        "late.toml:6:139: \"half past\" is not a moment; write it as",
    );
    refused("at    = \"20:36\"\n", "", "late.toml:8:1: missing \"event.at\"");
    refused(", order_id = \"dinner\" }", " }", "late.toml:11:9: order_id is missing");
    refused("topic = \"orders\"", "topic = \"order\"", "unknown topic \"order\"; did you mean \"orders\"?");
    refused("kind = \"apology\"", "kind = \"appology\"", "unknown action kind \"appology\"; did you mean \"apology\"?");
    refused(
        "kind = \"apology\"",
        "kinds = \"apology\"",
        "unknown key of an expected action \"kinds\"; did you mean \"kind\"?",
    );
    refused(
        "kind = \"apology\"",
        "kind = \"gesture\", value = \"130\"",
        "\"130\" is not an amount; write it as \"130 DKK\"",
    );
    refused("actions = [{ kind = \"apology\" }]", "", "late.toml:13:3: this expects nothing: name one of actions");
    refused(
        "[[expect]]",
        "[[answer]]\nat = \"21:00\"\nto = \"apologies\"\nstatus = \"done\"\n\n[[expect]]",
        "unknown addressee \"apologies\"",
    );
    refused(
        "[[expect]]",
        "[[answer]]\nat = \"21:00\"\nto = \"apology\"\n\n[[expect]]",
        "late.toml:13:3: status is missing",
    );
    refused("title = \"Late\"", "title = \"Late\"\nevents = \"morning.ndjson\"", "did you mean \"evening.ndjson\"?");
    refused("title = \"Late\"", "title = \"Late\"\nevents = \"evening.ndjson\"", "late.toml:2:10: evening.ndjson:1:");
    assert!(problems("title = \"x\"\n").contains("no [[expect]]"));
}

#[test]
fn what_is_expected_and_decided_passes() {
    let actions = "actions = [{ kind = \"remedy\" }, { kind = \"apology\", count = 1, item = \"none\" }]";
    assert_eq!(findings_of(&format!("[[expect]]\n{actions}\nfollow_ups = []\n")).len(), 0);
    assert_eq!(findings_of("[[expect]]\nat = \"20:30\"\nnone = true\n").len(), 0);
    let of_another = "[[expect]]\nof = \"breakfast\"\nnone = true\n";
    assert_eq!(findings_of(of_another).len(), 0);
    assert_eq!(findings_of("[[expect]]\nsince = \"20:34\"\nactions = []\n").len(), 0);
}

#[test]
fn a_decision_that_nobody_expected_and_one_that_is_missing_are_findings() {
    let found = findings_of(
        "[[expect]]\nactions = [\n  { kind = \"apology\", severity = \"minor\", says = \"so sorry\" },\n  { kind = \"gesture\" },\n]\n",
    );
    assert_eq!(found.len(), 2, "{found:#?}");
    assert_eq!(found[0].place, Place { line: 15, column: 3 });
    let Failure::Missing { differences, got, .. } = &found[0].failure else { panic!("{found:#?}") };
    assert_eq!(got.as_deref(), Some("apology for waiter (order dinner)"));
    let keys: Vec<&str> = differences.iter().map(|difference| difference.key).collect();
    assert_eq!(keys, ["severity", "says"]);
    assert_eq!((differences[0].expected.as_str(), differences[0].got.as_str()), ("minor", "trivial"));
    let Failure::Missing { expected, got, .. } = &found[1].failure else { panic!("{found:#?}") };
    assert_eq!(
        (expected.as_str(), got.as_deref()),
        ("kind gesture", Some("remedy for waiter, expedite (order dinner)"))
    );

    let found = findings_of("[[expect]]\nactions = [{ kind = \"apology\" }]\n");
    let [Finding { failure: Failure::Unexpected { got, reasons, .. }, .. }] = found.as_slice() else {
        panic!("{found:#?}")
    };
    assert!(got.starts_with("remedy"), "{got}");
    assert!(reasons[0].starts_with("rule a_few_minutes"), "{reasons:?}");
}

#[test]
fn an_answer_to_nothing_is_a_finding() {
    let answer = "[[answer]]\nat = \"20:40\"\nto = \"gesture\"\nstatus = \"done\"\n\n[[expect]]\nincidents = [{}]\n";
    let found = findings_of(answer);
    let [Finding { place, failure: Failure::Story { reason } }] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(place.line, 13);
    assert_eq!(reason, "there is no open gesture to answer; open are apology");
}

#[test]
fn many_guests_are_one_entry() {
    let placed = HEAD
        .replace("[[event]]\n", "[[event]]\nrepeat = 30\nevery = \"1 s\"\n")
        .replace("\"dinner\"", "\"dinner-{n}\"")
        .replace("\"c\"", "\"c-{n}\"");
    let answers =
        "[[answer]]\nrepeat = 10\nat = \"20:50\"\nto = \"apology\"\nof = \"dinner-{n}\"\nstatus = \"done\"\n\n";
    let expect = "[[expect]]\nat = \"20:55\"\nincidents = [{ count = 30 }]\nactions = [{ kind = \"apology\", state = \"done\", count = 10 }, { kind = \"apology\", state = \"open\", count = 20 }, { kind = \"remedy\", count = 30 }]\n";
    assert_eq!(findings(&format!("{placed}{answers}{expect}")).len(), 0);
    let found = findings(&format!("{placed}[[expect]]\nincidents = [{{ severity = \"trivial\", count = 31 }}]\n"));
    let [Finding { failure: Failure::Missing { expected, .. }, .. }] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(expected, "31 x severity trivial (30 found)");
}

#[test]
fn files_beside_a_policy_are_told_apart_by_their_names() {
    let source = Source { name: "late.toml".into(), text: HEAD.into() };
    let files = files(HEAD);
    assert_eq!((files.scenarios.len(), files.recordings.len()), (1, 1));
    assert_eq!((files.scenarios[0].name.as_str(), &files.scenarios[0].source.text), ("late", &source.text));
}
