//! From a configuration to running workers, or to one message that says what is wrong.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::BaseConsumer;
use rdkafka::error::KafkaError;
use rdkafka::producer::BaseProducer;
use thiserror::Error;
use tracing::{info, warn};

use super::client::{Clients, Logged};
use super::commit::tasks_of_note;
use super::lookup::Lookups;
use super::observer::Observer;
use super::output_ids;
use super::rules::LiveRules;
use super::safe_time::SafeClock;
use super::schema_wait::WantedSchemas;
use super::service::Service;
use super::stop::Stop;
use super::supervisor::{self, Running};
use super::topics::{self, TopicsError};
use super::topology::{MAILBOX, Topology};
use crate::codec::Codec;
use crate::codec::registry::RegistryError;
use crate::config::Config;
use crate::policy::Policy;
use crate::recovery::Privacy;
use crate::telemetry::{Business, Health, Metrics};

/// How long the group's offsets are waited for at the start.
const TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug, Error)]
pub enum StartError {
    #[error(transparent)]
    Topics(#[from] TopicsError),
    #[error("the topics are not as the service needs them:{}", list(.0))]
    NotReady(Vec<String>),
    #[error("cannot ask for the group's offsets: {0}; check that kafka.group may be read")]
    Group(KafkaError),
    #[error(
        "the group has worked with {found} tasks, {mailbox} has {actual} partitions now: the number of tasks is fixed at \
         creation; go back to {found} partitions, or start with a new group and new internal topics"
    )]
    PartitionsChanged { mailbox: String, found: u32, actual: u32 },
    #[error(
        "the schema registry lacks schemas of the outputs:{}\n  run `service-recovery schemas register`, or set \
         registry.auto_register = true", list(.0)
    )]
    Schemas(Vec<String>),
    #[error("the schemas of the outputs cannot be registered: {0}; look at `service-recovery schemas check`")]
    Registry(RegistryError),
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
    #[error("a Kafka client cannot be made with these settings: {0}; look at [kafka.properties]")]
    Settings(String),
}

fn list(problems: &[String]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

/// Checks the cluster, then starts everything.
pub fn start(
    config: Config,
    policy: Arc<Policy>,
    mut codec: Codec,
    metrics: Metrics,
    health: Health,
    lookups: Lookups,
) -> Result<Running, StartError> {
    let clients = Clients::new(config.kafka.clone(), process_name());
    try_settings(&clients).map_err(unusable)?;
    let report = topics::check(&config, &clients)?;
    for warning in &report.warnings {
        warn!("{warning}");
    }
    if !report.problems.is_empty() {
        return Err(StartError::NotReady(report.problems));
    }
    let topology = Topology::new(&config, |topic| report.partitions_of(topic));
    let observer = Observer::new(&clients).map_err(unusable)?;
    check_task_count(&observer, &topology)?;
    info!(tasks = topology.tasks(), inputs = ?topology.input_names(), "the topics are as they should be");

    output_ids::find(&config, &mut codec, &health)?;
    let business = Business::new(metrics.clone());
    metrics.policy.loaded(&policy.version);
    metrics.catalogue_items.set(policy.catalogue.items().count() as i64);
    if config.privacy.erasure_key.is_none() {
        warn!(
            "no privacy.erasure_key: marks of erased customers are hashed with a key that everybody knows, so whoever reads \
             the state topic can tell whether an id that they know was erased"
        );
    }
    let privacy = Privacy::new(&config.privacy.keys(), config.privacy.keep_marks());
    let rules = LiveRules::new(policy, config.catalogue_input().is_none());
    let service = Service {
        config,
        topology,
        clients,
        privacy,
        rules,
        codec,
        metrics,
        business,
        health,
        observer,
        safe: SafeClock::default(),
        wanted_schemas: WantedSchemas::default(),
        stop: Stop::default(),
        lookups,
        max_dead_letter_bytes: report.max_dead_letter_bytes,
    };
    Ok(supervisor::start(Arc::new(service))?)
}

/// Settings that contradict each other are found when a client is made; none of these connects to anything.
fn try_settings(clients: &Clients) -> Result<(), KafkaError> {
    let _: BaseProducer<Logged> = clients.producer(0).create_with_context(Logged)?;
    for settings in [clients.member(0), clients.restorer(0), clients.observer(), clients.catalogue()] {
        let _: BaseConsumer<Logged> = settings.create_with_context(Logged)?;
    }
    Ok(())
}

fn unusable(error: KafkaError) -> StartError {
    StartError::Settings(match error {
        KafkaError::ClientCreation(reason) => reason,
        other => other.to_string(),
    })
}

/// The mailbox's committed offsets say how many tasks there were: another number would give every guest to another
/// task, whose memory knows nothing of it.
fn check_task_count(observer: &Observer, topology: &Topology) -> Result<(), StartError> {
    let began = Instant::now();
    let committed = loop {
        // the coordinator of a new group may take a moment to be elected
        match observer.committed(topology, topology.mailbox_partitions(), Duration::from_secs(5)) {
            Ok(committed) => break committed,
            Err(error) if began.elapsed() > TIMEOUT => return Err(StartError::Group(error)),
            Err(_) => {}
        }
    };
    let actual = topology.tasks();
    match committed.values().find_map(|committed| tasks_of_note(&committed.metadata)) {
        Some(found) if found != actual => {
            Err(StartError::PartitionsChanged { mailbox: topology.name(MAILBOX).to_owned(), found, actual })
        }
        _ => Ok(()),
    }
}

/// Different in every process that runs at the same time.
fn process_name() -> String {
    let host = std::env::var("HOSTNAME").ok().filter(|host| !host.is_empty());
    let began = super::clock::now().as_millis();
    format!("{}-{}-{began:x}", host.as_deref().unwrap_or("local"), std::process::id())
}
