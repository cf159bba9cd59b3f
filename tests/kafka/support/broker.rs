//! A real Apache Kafka for the tests: one shared by all tests that do not harm it, and clusters of their own for those
//! that kill and pause nodes. `broker/serve` runs the nodes and ends them when this process ends, however it ends.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

/// A killed node may come back once its cluster has forgotten the old one.
const KILLED: Duration = Duration::from_secs(3);
/// A node that was paused, or only waits for the processor, is still part of its cluster.
const PAUSED: Duration = Duration::from_secs(120);

/// Where the tests of this run find Kafka.
pub struct Broker {
    pub bootstrap: String,
    /// `None`: a broker that was running before and is not ours to harm.
    nodes: Option<Mutex<Nodes>>,
}

struct Nodes {
    serve: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

static SHARED: LazyLock<Broker> = LazyLock::new(|| match existing() {
    Some(bootstrap) => Broker { bootstrap, nodes: None },
    None => Broker::start(1, PAUSED),
});

/// The broker to use instead of starting one.
pub fn existing() -> Option<String> {
    std::env::var("KAFKA_BOOTSTRAP_SERVERS").ok().filter(|servers| !servers.is_empty())
}

/// A file of the broker recipe.
pub fn recipe(file: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/kafka/broker", file].iter().collect()
}

impl Broker {
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// A cluster whose nodes the test may kill. `None`, with the reason printed, where an existing broker is used.
    pub fn to_kill(nodes: usize) -> Option<Self> {
        Self::to_harm(nodes, KILLED)
    }

    /// A broker that the test may pause.
    pub fn to_pause() -> Option<Self> {
        Self::to_harm(1, PAUSED)
    }

    fn to_harm(nodes: usize, session: Duration) -> Option<Self> {
        if existing().is_some() {
            println!("skipped: it kills and pauses brokers, and KAFKA_BOOTSTRAP_SERVERS names one that is not ours");
            return None;
        }
        Some(Self::start(nodes, session))
    }

    fn start(nodes: usize, session: Duration) -> Self {
        let get = Command::new(recipe("get")).stderr(Stdio::inherit()).output().expect("tests/kafka/broker/get runs");
        assert!(get.status.success(), "the test broker cannot be had, see the message above");
        let jars = String::from_utf8(get.stdout).unwrap().trim().to_owned();

        // another process may take a port between the look and the start
        let mut failure = String::new();
        for _ in 0..3 {
            match Self::try_start(nodes, session, &jars) {
                Ok(broker) => return broker,
                Err(reason) => failure = reason,
            }
        }
        panic!("the test broker does not start: {failure}");
    }

    fn try_start(nodes: usize, session: Duration, jars: &str) -> Result<Self, String> {
        // A broker that is its own controller takes up its transactions from an old picture of the cluster when it comes
        // back, and may end one without telling its partitions, which then stay open for good (docs/operations.md). A
        // broker that is killed alone therefore has its controller beside it, as in production.
        let is_apart = nodes == 1 && session == KILLED;
        let nodes = if is_apart { 2 } else { nodes };
        let roles = |node: usize| if is_apart { [node == 1, node == 2] } else { [true, true] };
        let ports: Vec<Option<u16>> = (1..=nodes).flat_map(roles).map(|is_wanted| is_wanted.then(free_port)).collect();
        let dir = tempfile::Builder::new().prefix("service-recovery-kafka-").tempdir().unwrap().keep();
        let mut serve = Command::new(recipe("serve"))
            .arg(dir)
            .arg(jars)
            .arg(session.as_millis().to_string())
            .args(ports.iter().map(|port| port.map_or("-".to_owned(), |port| port.to_string())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/kafka/broker/serve runs");
        let orders = serve.stdin.take();
        let answers = BufReader::new(serve.stdout.take().unwrap());
        let brokers = ports.iter().step_by(2).flatten();
        let bootstrap: Vec<String> = brokers.map(|port| format!("127.0.0.1:{port}")).collect();
        let broker = Self { bootstrap: bootstrap.join(","), nodes: Some(Mutex::new(Nodes { serve, orders, answers })) };

        let all: Vec<String> = (1..=nodes).map(|node| node.to_string()).collect();
        broker.order(&format!("start {}", all.join(" ")))?;
        Ok(broker)
    }

    /// Kills node `node` (from 1) as a power cut would.
    pub fn kill(&self, node: usize) {
        self.order(&format!("kill {node}")).unwrap();
    }

    /// Starts a killed node again, on its old port and data.
    pub fn restart(&self, node: usize) {
        self.order(&format!("start {node}")).unwrap();
    }

    /// Stops the node's process without ending it: connections stay open and nobody answers.
    pub fn pause(&self, node: usize) {
        self.order(&format!("pause {node}")).unwrap();
    }

    pub fn resume(&self, node: usize) {
        self.order(&format!("resume {node}")).unwrap();
    }

    pub fn is_ours(&self) -> bool {
        self.nodes.is_some()
    }

    fn order(&self, line: &str) -> Result<(), String> {
        let nodes = self.nodes.as_ref().expect("only a broker of our own is stopped and started");
        let mut nodes = nodes.lock().unwrap();
        writeln!(nodes.orders.as_mut().unwrap(), "{line}").map_err(|e| e.to_string())?;
        let mut answer = String::new();
        nodes.answers.read_line(&mut answer).map_err(|e| e.to_string())?;
        if answer.trim() == "ok" { Ok(()) } else { Err(format!("{line}: {answer}")) }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(nodes) = &mut self.nodes {
            let nodes = nodes.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
            nodes.orders = None;
            let _ = nodes.serve.wait();
        }
    }
}

/// A port below those that the system hands to outgoing connections, so that a killed node finds it free again.
pub fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new((std::process::id() % 2_000) as u16 * 8));
    loop {
        let port = 12_000 + NEXT.fetch_add(1, Ordering::Relaxed) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
