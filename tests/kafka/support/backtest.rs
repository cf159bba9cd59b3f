//! The same events without Kafka: what `backtest` finds in recorded events.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::de::DeserializeOwned;
use serde_json::Value;
use service_recovery::events::{IncidentEvent, IncidentStatus, RecoveryAction};

use super::service::PROGRAM;

/// The newest revision of everything that `backtest` wrote.
pub struct Backtest {
    /// Neither taken back nor part of another.
    pub standing: Vec<IncidentEvent>,
    pub actions: Vec<RecoveryAction>,
}

/// Plays `lines` (NDJSON), and with `until` (RFC 3339) runs the clock on.
pub fn backtest(lines: &str, policy: &str, until: Option<&str>) -> Backtest {
    let dir = tempfile::tempdir().unwrap();
    let (events, out) = (dir.path().join("events.ndjson"), dir.path().join("out"));
    fs::write(&events, lines).unwrap();
    let mut command = Command::new(PROGRAM);
    command.arg("backtest").arg(&events).args(["--policy", policy, "--out"]).arg(&out);
    if let Some(until) = until {
        command.args(["--until", until]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let mut standing: Vec<IncidentEvent> = newest(&out.join("recovery-incidents.ndjson"));
    standing.retain(|incident| !matches!(incident.status, IncidentStatus::Retracted | IncidentStatus::Merged));
    Backtest { standing, actions: newest(&out.join("recovery-actions.ndjson")) }
}

/// The last line of every id.
fn newest<T: DeserializeOwned>(file: &Path) -> Vec<T> {
    let mut by_id = BTreeMap::new();
    for line in fs::read_to_string(file).unwrap().lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        by_id.insert(line["value"]["id"].as_str().unwrap().to_owned(), line["value"].take());
    }
    by_id.into_values().map(|value| serde_json::from_value(value).unwrap()).collect()
}
