//! The AsyncAPI document is what the program prints, shows every example and names the topics as configured. Whether it
//! is valid is checked by `tests/asyncapi/validate`.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the message")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_service-recovery"))
        .args(["schemas", "asyncapi"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_committed_document_is_the_printed_one() {
    let committed = fs::read_to_string(root().join("docs/asyncapi.json")).unwrap();
    assert!(
        committed == printed(&[]),
        "docs/asyncapi.json is old: service-recovery schemas asyncapi > docs/asyncapi.json"
    );
}

#[test]
fn every_published_example_and_every_schema_is_in_it() {
    let document: Value = serde_json::from_str(&printed(&[])).unwrap();
    let messages = document["components"]["messages"].as_object().unwrap();
    let shown: BTreeSet<String> = messages
        .values()
        .flat_map(|message| message["examples"].as_array().cloned().unwrap_or_default())
        .map(|example| {
            let name = example["name"].as_str().unwrap().to_owned();
            let file = fs::read_to_string(root().join(format!("examples/events/{name}.json"))).unwrap();
            assert_eq!(example["payload"], serde_json::from_str::<Value>(&file).unwrap(), "{name}");
            name
        })
        .collect();
    let files: BTreeSet<String> = fs::read_dir(root().join("examples/events"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(shown, files, "src/codec/asyncapi/examples.rs lists the files of examples/events");

    for entry in fs::read_dir(root().join("schemas")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let schema: Value = serde_json::from_str(&text).unwrap();
        let name = format!("{}Avro", schema["name"].as_str().unwrap());
        assert_eq!(messages[&name]["payload"]["schema"], schema);
    }
}

#[test]
fn topics_have_their_configured_names_and_internal_ones_are_left_out() {
    let config = tempfile::NamedTempFile::new().unwrap();
    let text = "[kafka]\nbootstrap_servers = \"secret-host:1\"\n[outputs]\nactions = \"todo\"\n[dead_letters]\ntopic = \"bin\"\n\
        [[inputs]]\ntopic = \"pos.bar\"\ncontract = \"orders\"\n[[inputs]]\ntopic = \"pos.shop\"\ncontract = \"orders\"\n";
    fs::write(config.path(), text).unwrap();
    let text = printed(&["--config", config.path().to_str().unwrap()]);
    let document: Value = serde_json::from_str(&text).unwrap();
    let channels: Vec<&String> = document["channels"].as_object().unwrap().keys().collect();
    let expected =
        ["bin", "pos.bar", "pos.shop", "recovery-follow-ups", "recovery-incidents", "recovery-insights", "todo"];
    assert_eq!(channels, expected);
    assert_eq!(document["operations"]["receive-pos.bar"]["action"], "receive");
    assert_eq!(document["operations"]["send-todo"]["channel"]["$ref"], "#/channels/todo");
    assert!(!text.contains("mailbox") && !text.contains("secret-host"));
}
