//! `make demo-kafka`: the evening through a Kafka of its own, and nothing left behind.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rstest::rstest;
use service_recovery::events::ActionKind;

use crate::support::broker::{existing, free_port};
use crate::support::outputs::Outputs;
use crate::support::service::PROGRAM;
use crate::support::wait::{secs, until};

struct Play {
    script: Child,
    /// The addresses that it named.
    addresses: Vec<String>,
    dir: tempfile::TempDir,
}

impl Play {
    /// Starts it and waits until it says that everything runs.
    fn start() -> Self {
        let bin = Path::new(PROGRAM).parent().unwrap();
        let staff_app = bin.join("staff-app");
        assert!(staff_app.exists(), "{} is missing: build it with cargo build -p staff-app", staff_app.display());
        let dir = tempfile::Builder::new().prefix("service-recovery-test-").tempdir().unwrap();
        let play: PathBuf = [env!("CARGO_MANIFEST_DIR"), "examples/demo-kafka/play"].iter().collect();
        let port = free_port().to_string();
        let mut script = Command::new(play)
            .args(["--speed", "6000", "--port", &port, "--bin"])
            .arg(bin)
            .env("TMPDIR", dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("examples/demo-kafka/play runs");
        let mut addresses = Vec::new();
        for line in BufReader::new(script.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let address = line.split_whitespace().find_map(|word| {
                word.starts_with("http://")
                    .then(|| word[7..].trim_end_matches('/'))
                    .or(word.starts_with("127.").then_some(word))
            });
            addresses.extend(address.map(str::to_owned));
            if line.starts_with("Ctrl-C") {
                break;
            }
        }
        assert_eq!(addresses.len(), 3, "the staff app, the service and Kafka: {addresses:?}");
        Self { script, addresses, dir }
    }

    fn signal(&self, signal: &str) {
        let pid = self.script.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    fn nobody_listens(&self) -> bool {
        self.addresses.iter().all(|address| TcpStream::connect(address).is_err())
    }
}

/// (where, what is asked, of which item)
fn asked(outputs: &Outputs) -> BTreeSet<(String, ActionKind, String)> {
    let of = |action: &&service_recovery::events::RecoveryAction| {
        let item = action.gesture.as_ref().and_then(|gesture| gesture.item_id.clone());
        (action.location.clone().unwrap_or_default(), action.kind, item.unwrap_or_default())
    };
    outputs.actions().iter().map(of).collect()
}

#[rstest]
#[case("-TERM", Some(0))]
#[case("-KILL", None)]
fn the_evening_asks_for_what_the_demo_shows(#[case] signal: &str, #[case] code: Option<i32>) {
    if existing().is_some() {
        println!("skipped: it starts a Kafka of its own, and KAFKA_BOOTSTRAP_SERVERS names one");
        return;
    }
    let mut play = Play::start();
    if code.is_some() {
        let names = ["recovery-actions", "recovery-follow-ups", "recovery-incidents"].map(str::to_owned);
        let mut outputs = Outputs::new(&play.addresses[2], names);
        let expected = [
            ("sunbed 14", ActionKind::Apology, ""),
            ("sunbed 14", ActionKind::Gesture, "strawberry-smoothie"),
            ("room 212", ActionKind::Apology, ""),
            ("room 212", ActionKind::Gesture, "cappuccino"),
            ("table 3", ActionKind::Apology, ""),
            ("table 3", ActionKind::Gesture, "elderflower-lemonade"),
            ("room 305", ActionKind::Apology, ""),
            ("table 7", ActionKind::HumanContact, ""),
            ("table 5", ActionKind::Gesture, "elderflower-lemonade"),
        ]
        .map(|(place, kind, item)| (place.to_owned(), kind, item.to_owned()));
        until(secs(60), "everything that staff are asked for in the demo", || {
            let asked = asked(outputs.refresh());
            expected.iter().all(|one| asked.contains(one))
        });
        let places: BTreeSet<String> = asked(&outputs).into_iter().map(|(place, ..)| place).collect();
        let failed = ["room 212", "room 305", "sunbed 14", "table 3", "table 5", "table 7"].map(str::to_owned);
        assert_eq!(places, BTreeSet::from(failed), "nobody else was disturbed");
        let board = ureq::get(format!("http://{}/health", play.addresses[0])).call().unwrap();
        assert_eq!(board.status(), 200, "the staff app has read it");
    }
    play.signal(signal);
    assert_eq!(play.script.wait().unwrap().code(), code);
    until(secs(30), "everything to have ended", || play.nobody_listens());
    if code.is_some() {
        let left: Vec<_> = std::fs::read_dir(play.dir.path()).unwrap().collect();
        assert!(left.is_empty(), "it leaves nothing behind: {left:?}");
    }
}
