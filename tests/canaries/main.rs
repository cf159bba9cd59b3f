//! What must never be seen in logs, metrics, errors or the reasons of dead letters, and of an erased guest nowhere.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the message")]

mod errors;
mod memory;
#[path = "../play/mod.rs"]
mod play;
mod program;
mod story;

use std::io;
use std::sync::{LazyLock, Mutex};

use service_recovery::config::LoggingConfig;
use service_recovery::telemetry::init_logging_to;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Logs at the chattiest level that a deployer can choose.
static LOGGED: LazyLock<()> = LazyLock::new(|| {
    let config = LoggingConfig { level: "trace,apache_avro=trace".to_owned(), ..LoggingConfig::default() };
    init_logging_to(&config, || Log, false);
});

#[track_caller]
fn assert_the_log_is_clean() {
    tracing::info!("a line");
    tracing::error!(target: "apache_avro::types", "the library quotes a value: canary");
    let log = LINES.lock().unwrap().clone();
    assert!(String::from_utf8_lossy(&log).contains("a line"), "logs are read");
    assert_eq!(story::birds_in(&log, &story::BIRDS), Vec::<String>::new());
}
