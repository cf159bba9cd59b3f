//! A real schema registry for the tests: one shared by all that do not harm it, and own ones for those that kill it.
//! `tests/registry/serve` runs it and ends it when this process ends, however it ends.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use service_recovery::codec::published;
use service_recovery::codec::registry::{RegistryClient, RegistrySettings};
use service_recovery::events::Contract;

use super::broker::{Broker, free_port};
use super::wait::{eventually, secs};

pub struct Registry {
    /// Of the API that is Confluent's.
    pub url: String,
    port: u16,
    process: Mutex<Process>,
    pub client: RegistryClient,
}

struct Process {
    serve: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

static SHARED: LazyLock<Registry> = LazyLock::new(Registry::start);

fn script(file: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/registry", file].iter().collect()
}

/// How a test talks to a registry.
pub fn settings(url: &str) -> RegistrySettings {
    RegistrySettings {
        urls: vec![url.to_owned()],
        login: None,
        ca: None,
        certificate: None,
        connect_timeout: secs(3),
        timeout: secs(20),
    }
}

/// A payload with the id of its schema in front.
pub fn framed(id: u32, payload: &[u8]) -> Vec<u8> {
    [&[0], &id.to_be_bytes()[..], payload].concat()
}

impl Registry {
    /// `None`, with the reason printed, where the tests use an existing broker because there is no Java.
    pub fn shared() -> Option<&'static Self> {
        Self::can_be_had().then(|| &*SHARED)
    }

    /// One that the test may kill. `None` as for [`Registry::shared`].
    pub fn to_kill() -> Option<Self> {
        Self::can_be_had().then(Self::start)
    }

    fn can_be_had() -> bool {
        let has_java = || Command::new("java").arg("-version").output().is_ok_and(|output| output.status.success());
        if Broker::shared().is_ours() || has_java() {
            return true;
        }
        println!("skipped: the schema registry runs on Java, and there is none");
        false
    }

    fn start() -> Self {
        let get = Command::new(script("get")).stderr(Stdio::inherit()).output().expect("tests/registry/get runs");
        assert!(get.status.success(), "the test registry cannot be had, see the message above");
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}/apis/ccompat/v7");
        let app = String::from_utf8(get.stdout).unwrap();
        let dir = tempfile::Builder::new().prefix("service-recovery-registry-").tempdir().unwrap().keep();
        let mut serve = Command::new(script("serve"))
            .arg(dir)
            .arg(app.trim())
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/registry/serve runs");
        let orders = serve.stdin.take();
        let answers = BufReader::new(serve.stdout.take().unwrap());
        let registry = Self {
            client: RegistryClient::new(&settings(&url)).unwrap(),
            url,
            port,
            process: Mutex::new(Process { serve, orders, answers }),
        };
        registry.restart();
        // it checks nothing by default
        let set = ureq::put(format!("{}/config", registry.url))
            .header("content-type", "application/json")
            .send(json!({"compatibility": "BACKWARD"}).to_string());
        assert!(set.is_ok(), "the registry takes no global compatibility: {set:?}");
        registry
    }

    /// Starts it again after [`Registry::kill`], with what it had.
    pub fn restart(&self) {
        self.order("start");
        eventually(secs(60), "the registry to answer", || self.client.latest("none").ok());
    }

    /// As a power cut would.
    pub fn kill(&self) {
        self.order("kill");
        let address = ("127.0.0.1", self.port);
        assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens");
    }

    fn order(&self, line: &str) {
        let mut process = self.process.lock().unwrap();
        writeln!(process.orders.as_mut().unwrap(), "{line}").unwrap();
        let mut answer = String::new();
        process.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer.trim(), "ok", "{line}");
    }

    /// Registers an Avro schema under a subject of its own, and returns its id.
    pub fn register(&self, subject: &str, schema: &Value) -> u32 {
        self.client.register(subject, &schema.to_string()).unwrap()
    }

    /// As [`Registry::register`], for other types and with references.
    pub fn register_as(&self, kind: &str, subject: &str, schema: &str, references: &Value) -> u32 {
        let body = json!({"schemaType": kind, "schema": schema, "references": references});
        let mut answer = ureq::post(format!("{}/subjects/{subject}/versions", self.url))
            .config()
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .header("content-type", "application/vnd.schemaregistry.v1+json")
            .send(body.to_string())
            .unwrap();
        let answer: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
        answer["id"].as_u64().unwrap() as u32
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let process = self.process.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        process.orders = None;
        let _ = process.serve.wait();
    }
}

/// A published schema, changed as another writer has it.
pub fn changed(contract: Contract, change: impl FnOnce(&mut Vec<Value>)) -> Value {
    let mut schema: Value = serde_json::from_str(published(contract).text).unwrap();
    change(schema["fields"].as_array_mut().unwrap());
    schema
}
