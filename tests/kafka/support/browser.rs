//! A real browser: Chromium, driven over the WebDriver protocol as a person would use it. `broker/hold` is the parent of
//! its driver, and the browser ends with the driver: no window is left behind.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::broker::{free_port, recipe};
use super::wait::{eventually, secs, within};

/// The name under which WebDriver answers with an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

const CENTRE: &str = "arguments[0].scrollIntoView({block: 'center'})";

const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // it ends when its driver does
    "--remote-debugging-pipe",
];

pub struct Browser {
    hold: Child,
    driver: String,
    binary: String,
    _dir: tempfile::TempDir,
}

impl Browser {
    /// `None`, with the reason on standard error, where there is no browser and none can be installed.
    pub fn start() -> Option<Self> {
        let get = [env!("CARGO_MANIFEST_DIR"), "tests/browser/get"].join("/");
        let found = Command::new(get).output().expect("tests/browser/get runs");
        if !found.status.success() {
            // not by a macro: whoever runs the tests shall see it
            let _ = std::io::stderr().write_all(&found.stderr);
            return None;
        }
        let paths = String::from_utf8(found.stdout).unwrap();
        let (binary, driver) = paths.trim().split_once('\n').unwrap();
        let dir = tempfile::Builder::new().prefix("service-recovery-browser-").tempdir().unwrap();
        let port = free_port();
        let hold = Command::new(recipe("hold"))
            .arg(dir.path().join("pid"))
            .args([driver, &format!("--port={port}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("tests/kafka/broker/hold runs");
        let browser = Self { hold, driver: format!("http://127.0.0.1:{port}"), binary: binary.to_owned(), _dir: dir };
        eventually(secs(30), "the browser's driver", || browser.call("GET", "/status", None).ok());
        Some(browser)
    }

    /// A tablet of its own: nothing is shared with another one, not even what it remembers.
    pub fn tablet(&self, width: u32, height: u32) -> Tablet<'_> {
        let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        flags.push(format!("--window-size={width},{height}"));
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": self.binary, "args": flags, "prefs": {"intl.accept_languages": "en"}},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = self.call("POST", "/session", Some(&capabilities)).unwrap();
        Tablet { browser: self, session: format!("/session/{}", session["sessionId"].as_str().unwrap()) }
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let url = format!("{}{path}", self.driver);
        let answer = match (method, body) {
            ("POST", body) => agent.post(url).send(body.unwrap_or(&json!({})).to_string()),
            ("DELETE", _) => agent.delete(url).call(),
            _ => agent.get(url).call(),
        };
        let mut answer = answer.map_err(|error| error.to_string())?;
        let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
        let json: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        match answer.status().is_success() {
            true => Ok(json["value"].clone()),
            false => Err(format!("{method} {path}: {}", json["value"]["message"])),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.hold.stdin.take());
        let _ = self.hold.wait();
    }
}

pub struct Tablet<'b> {
    browser: &'b Browser,
    session: String,
}

impl Tablet<'_> {
    fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.browser.call("POST", &format!("{}{path}", self.session), Some(body))
    }

    pub fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url})).unwrap();
    }

    /// Runs the body of a function in the page and returns what it returns.
    #[track_caller]
    pub fn run(&self, script: &str, arguments: &[&str]) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": arguments})).unwrap()
    }

    /// Taps what the script returns, once it is there and lets itself be tapped.
    #[track_caller]
    pub fn tap(&self, what: &str, script: &str, arguments: &[&str]) {
        let mut reason = "it is not there".to_owned();
        let tapped = || {
            let element = self.run(script, arguments);
            let id = element[ELEMENT].as_str()?;
            // as a person would, out from under the bar at the bottom
            self.post("/execute/sync", &json!({"script": CENTRE, "args": [element]})).ok()?;
            let click = self.post(&format!("/element/{id}/click"), &json!({}));
            click.map_err(|why| reason = why).ok()
        };
        if within(secs(20), tapped).is_none() {
            panic!("{what} cannot be tapped: {reason}");
        }
    }

    /// Types into what has the focus.
    #[track_caller]
    pub fn type_in(&self, text: &str) {
        let focused = self.run("return document.activeElement", &[]);
        let element = focused[ELEMENT].as_str().expect("something has the focus");
        self.post(&format!("/element/{element}/value"), &json!({"text": text})).unwrap();
    }

    /// What the browser complains about: scripts that failed, what the security policy forbids, what is not found.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "browser"})).unwrap();
        let entries = log.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| entry["message"].to_string()).collect()
    }
}

impl Drop for Tablet<'_> {
    fn drop(&mut self) {
        let _ = self.browser.call("DELETE", &self.session, None);
    }
}
