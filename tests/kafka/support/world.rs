//! One deployment of its own for one test: topics, configuration, instances, all under a prefix that nobody else has.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use service_recovery::codec::registry::RegistryClient;
use service_recovery::codec::{Codec, Format, RawRecord, published};
use service_recovery::events::Contract;

use super::broker::{Broker, free_port};
use super::cluster::{Admin, Group, Producer, Send, Tail};
use super::events::now;
use super::outputs::Outputs;
use super::registry::{self, framed};
use super::service::{PROGRAM, Service};
use super::wait::{secs, until};

/// What differs from deployment to deployment.
#[derive(Debug, Clone)]
pub struct Setup {
    /// P: partitions of the mailbox and of the state.
    pub tasks: u32,
    /// Partitions of every input topic.
    pub inputs: i32,
    /// Partitions of the catalogue topic; without it items are those of the policy.
    pub catalogue: Option<i32>,
    /// Further input topics: name, what they hold, partitions.
    pub more_inputs: Vec<(&'static str, Contract, i32)>,
    /// Topics of raw records: name, mapping file, partitions.
    pub mapped: Vec<(&'static str, &'static str, i32)>,
    pub threads: u32,
    /// Of what is published, and of the outputs.
    pub format: Format,
    /// A preset's name or a directory.
    pub policy: String,
    pub session_timeout_ms: u32,
    pub transaction_timeout_ms: u32,
    /// Where a schema registry answers.
    pub registry: Option<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            tasks: 4,
            inputs: 4,
            catalogue: None,
            more_inputs: Vec::new(),
            mapped: Vec::new(),
            threads: 1,
            format: Format::Json,
            policy: "evaluation".to_owned(),
            session_timeout_ms: 6_000,
            transaction_timeout_ms: 10_000,
            registry: None,
        }
    }
}

pub struct World<'b> {
    pub broker: &'b Broker,
    pub setup: Setup,
    prefix: String,
    dir: tempfile::TempDir,
    pub admin: Admin,
    pub producer: Producer,
    codec: Codec,
    /// Of published schemas that were registered.
    ids: Mutex<BTreeMap<Contract, u32>>,
}

impl World<'static> {
    /// On the broker that all tests share.
    pub fn new(name: &str, setup: Setup) -> Self {
        Self::on(Broker::shared(), name, setup)
    }
}

impl<'b> World<'b> {
    pub fn on(broker: &'b Broker, name: &str, setup: Setup) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let prefix = format!("{name}-{:x}-{}", now(), COUNT.fetch_add(1, Ordering::Relaxed));
        let world = Self {
            broker,
            dir: tempfile::Builder::new().prefix("service-recovery-test-").tempdir().unwrap(),
            admin: Admin::new(&broker.bootstrap),
            producer: Producer::new(&broker.bootstrap),
            codec: Codec::new(None).unwrap(),
            ids: Mutex::default(),
            prefix,
            setup,
        };
        for (name, contract, partitions) in world.all_inputs() {
            let cleanup = if contract.is_compacted() { "compact" } else { "delete" };
            let settings = [("cleanup.policy", cleanup), ("max.message.bytes", "4000000")];
            world.admin.create(&[(&world.topic(name), partitions)], &settings);
        }
        for (name, _, partitions) in &world.setup.mapped {
            world.admin.create(&[(&world.topic(name), *partitions)], &[]);
        }
        let created = world.command(&["topics", "create"]);
        assert!(created.status.success(), "topics create: {}", String::from_utf8_lossy(&created.stderr));
        world
    }

    /// The full name of a topic of this deployment.
    pub fn topic(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    /// What the group reads.
    fn inputs(&self) -> Vec<(&'static str, Contract, i32)> {
        let mut inputs = self.setup.more_inputs.clone();
        let contracts = Contract::ALL.into_iter().filter(|contract| *contract != Contract::Catalogue);
        inputs.extend(contracts.map(|contract| (contract.name(), contract, self.setup.inputs)));
        inputs
    }

    /// The catalogue too, which every instance reads for itself.
    fn all_inputs(&self) -> Vec<(&'static str, Contract, i32)> {
        let mut inputs = self.inputs();
        inputs.extend(self.setup.catalogue.map(|partitions| ("catalogue", Contract::Catalogue, partitions)));
        inputs
    }

    /// The consumer group.
    pub fn group(&self) -> &str {
        &self.prefix
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    /// What tests read; insights have a test of their own.
    fn output_topics(&self) -> [String; 3] {
        ["recovery-actions", "recovery-follow-ups", "recovery-incidents"].map(|name| self.topic(name))
    }

    /// Starts instance `name`, which keeps its identity over restarts.
    pub fn start(&self, name: &str) -> Service {
        self.start_with(name, "")
    }

    /// As [`World::start`], with more sections at the end of its configuration.
    pub fn start_with(&self, name: &str, sections: &str) -> Service {
        let http = free_port();
        let config = self.path(&format!("{name}.toml"));
        fs::write(&config, self.config(name, http) + sections).unwrap();
        Service::start(name, &config, http, self.path(&format!("{name}.log")))
    }

    /// Runs a command of the program with this deployment's configuration.
    pub fn command(&self, words: &[&str]) -> Output {
        self.command_with(words, &[])
    }

    /// As [`World::command`], with variables in its environment.
    pub fn command_with(&self, words: &[&str], environment: &[(&str, &str)]) -> Output {
        let config = self.path("command.toml");
        fs::write(&config, self.config("command", free_port())).unwrap();
        let mut command = Command::new(PROGRAM);
        command.args(words).arg("--config").arg(config).envs(environment.iter().copied());
        command.output().unwrap()
    }

    pub fn config(&self, instance: &str, http: u16) -> String {
        let Setup { tasks, threads, policy, session_timeout_ms, transaction_timeout_ms, .. } = &self.setup;
        let inputs = self.all_inputs().into_iter().map(|(name, contract, _)| {
            format!("[[inputs]]\ntopic = \"{}\"\ncontract = \"{}\"\n", self.topic(name), contract.name())
        });
        let mapped = self.setup.mapped.iter().map(|(name, mapping, _)| {
            let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join(mapping);
            format!("[[inputs]]\ntopic = \"{}\"\nmapping = {mapping:?}\n", self.topic(name))
        });
        let inputs = inputs.chain(mapped);
        let [actions, follow_ups, incidents] = self.output_topics();
        format!(
            r#"{inputs}
[kafka]
bootstrap_servers = "{bootstrap}"
group = "{group}"
instance = "{instance}"
session_timeout_ms = {session_timeout_ms}
transaction_timeout_ms = {transaction_timeout_ms}
[outputs]
actions = "{actions}"
follow_ups = "{follow_ups}"
incidents = "{incidents}"
insights = "{insights}"
format = "{format}"
[internal]
mailbox = "{mailbox}"
state = "{state}"
partitions = {tasks}
[dead_letters]
topic = "{dead_letters}"
[worker]
threads = {threads}
[http]
listen = "127.0.0.1:{http}"
[policy]
path = "{policy}"
{registry}"#,
            inputs = inputs.collect::<String>(),
            bootstrap = self.broker.bootstrap,
            group = self.group(),
            format = self.setup.format.name(),
            insights = self.topic("recovery-insights"),
            mailbox = self.topic("mailbox"),
            state = self.topic("state"),
            dead_letters = self.topic("recovery-dead-letters"),
            registry =
                self.setup.registry.as_ref().map(|url| format!("[registry]\nurl = \"{url}\"\n")).unwrap_or_default(),
        )
    }

    /// Sends an event in the deployment's format and waits until the broker has it. Without a key any partition may
    /// be the one.
    pub fn publish(&self, contract: Contract, key: Option<&str>, event: &Value) {
        self.send_with(&self.producer, contract, key, event);
        self.producer.flush();
    }

    /// Hands an event to a producer without waiting.
    pub fn send_with(&self, producer: &Producer, contract: Contract, key: Option<&str>, event: &Value) {
        let value = self.encode(contract, key, event);
        let topic = self.topic(contract.name());
        producer.send(Send { topic: &topic, key: key.map(str::as_bytes), value: value.as_deref(), ..Send::default() });
    }

    fn encode(&self, contract: Contract, key: Option<&str>, event: &Value) -> Option<Vec<u8>> {
        self.encode_as(self.setup.format, contract, key, event)
    }

    /// The bytes of an event; JSON goes out as the test wrote it.
    pub fn encode_as(&self, format: Format, contract: Contract, key: Option<&str>, event: &Value) -> Option<Vec<u8>> {
        if event.is_null() {
            return None;
        }
        let json = serde_json::to_vec(event).unwrap();
        if format == Format::Json {
            return Some(json);
        }
        let record = RawRecord {
            source: contract.name(),
            key: key.map(str::as_bytes),
            value: Some(&json),
            ..RawRecord::default()
        };
        let input = self.codec.decode(contract, &record).unwrap_or_else(|e| panic!("{e}: {event}"));
        if format != Format::AvroRegistry {
            return self.codec.encode_event(&input.event, format).unwrap();
        }
        let single_object = self.codec.encode_event(&input.event, Format::AvroSingleObject).unwrap()?;
        Some(framed(self.published_id(contract), &single_object[10..]))
    }

    /// The id of a published schema, registered under the subject of its topic.
    fn published_id(&self, contract: Contract) -> u32 {
        let url = self.setup.registry.as_ref().expect("a registry in the setup");
        let client = RegistryClient::new(&registry::settings(url)).unwrap();
        let subject = format!("{}-value", self.topic(contract.name()));
        *self
            .ids
            .lock()
            .unwrap()
            .entry(contract)
            .or_insert_with(|| client.register(&subject, published(contract).text).unwrap())
    }

    pub fn outputs(&self) -> Outputs {
        Outputs::new(&self.broker.bootstrap, self.output_topics())
    }

    pub fn dead_letters(&self) -> Tail {
        Tail::new(&self.broker.bootstrap, &[&self.topic("recovery-dead-letters")])
    }

    /// Waits until the group has committed everything that is in the inputs and in the mailbox.
    #[track_caller]
    pub fn until_read(&self) {
        let group = Group::new(&self.broker.bootstrap, self.group());
        let mut topics: Vec<String> = self.inputs().into_iter().map(|(name, ..)| self.topic(name)).collect();
        topics.extend(self.setup.mapped.iter().map(|(name, ..)| self.topic(name)));
        topics.push(self.topic("mailbox"));
        let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
        until(secs(120), "everything published to be read", || group.lag(&topics) == Some(0));
    }

    /// A copy of a policy preset with some text of its files replaced, for promises that tests can wait for.
    pub fn adapted_policy(&self, preset: &str, replacements: &[(&str, &str)]) -> String {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies").join(preset);
        let to = self.path("policy");
        fs::create_dir_all(&to).unwrap();
        let mut all = String::new();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_dir() {
                continue; // its scenarios
            }
            let mut text = fs::read_to_string(entry.path()).unwrap();
            all.push_str(&text);
            for (old, new) in replacements {
                text = text.replace(old, new);
            }
            fs::write(to.join(entry.file_name()), text).unwrap();
        }
        for (old, _) in replacements {
            assert!(all.contains(old), "policies/{preset} no longer says {old:?}");
        }
        to.to_str().unwrap().to_owned()
    }
}

impl Drop for World<'_> {
    fn drop(&mut self) {
        if self.broker.is_ours() {
            return; // the broker's directory goes with it
        }
        let inputs = Contract::ALL.map(|contract| contract.name());
        let others = [
            "recovery-actions",
            "recovery-follow-ups",
            "recovery-incidents",
            "recovery-insights",
            "recovery-dead-letters",
            "mailbox",
            "state",
        ];
        let mapped = self.setup.mapped.iter().map(|(name, ..)| name);
        let topics: Vec<String> = inputs.iter().chain(&others).chain(mapped).map(|name| self.topic(name)).collect();
        self.admin.delete(&topics.iter().map(String::as_str).collect::<Vec<_>>());
    }
}
