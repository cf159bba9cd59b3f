//! `publish`: recorded events from files to their topics.
//!
//! Every event is acknowledged by all in-sync replicas or named as the one that failed. Keys are hashed as Java's
//! producer does. Topics are never created by accident: a missing one is an error.

mod registry;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use serde::Deserialize;

use as_if_now::AsIfNow;
use target::Target;

use super::{Failure, files};
use crate::codec::mapping::Mapping;
use crate::codec::{Codec, Format, Recorded};
use crate::events::{CatalogueItem, Contract};

mod as_if_now;
mod target;

const METADATA_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one event may take, retries included.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(60);
const FULL_QUEUE_WAIT: Duration = Duration::from_millis(50);

/// Publishes recorded events to their topics.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  service-recovery publish examples/golden.ndjson --bootstrap-servers localhost:9092\n  \
    service-recovery publish --mapping examples/mappings/carrier.toml examples/mappings/carrier.csv --config f.toml\n  \
    service-recovery publish examples/hotel-evening.ndjson --as-if-now 2026-06-03T17:10:00+02:00 --speed 60"
)]
pub struct Publish {
    /// Recorded events, one JSON object a line, or raw records for --mapping; - reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The service's configuration: brokers, properties, and the topics of the contracts
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where Kafka is, as host:port,host:port; else from --config or KAFKA_BOOTSTRAP_SERVERS
    #[arg(long, value_name = "SERVERS")]
    bootstrap_servers: Option<String>,
    /// How values are written: json (as recorded), avro (single objects with the published schemas) or avro_registry
    /// (framed with the ids of a schema registry; needs --config)
    #[arg(long, default_value_t = Format::Json)]
    format: Format,
    /// What records are keyed by; customer profiles and catalogue items always keep theirs
    #[arg(long, value_enum, default_value_t = KeyBy::Recorded)]
    key: KeyBy,
    /// Put before every topic's name
    #[arg(long, default_value = "", value_name = "PREFIX")]
    topic_prefix: String,
    /// Reads the files with this mapping: raw records in JSON or CSV become events
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Any librdkafka property, as security.protocol=SSL; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_property)]
    property: Vec<(String, String)>,
    #[command(flatten)]
    as_if_now: AsIfNow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KeyBy {
    /// As in the file
    Recorded,
    /// By order number, where the event has one
    Order,
    /// Not at all
    None,
}

fn parse_property(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((pair.0.trim().to_owned(), pair.1.trim().to_owned()))
}

impl Publish {
    /// # Errors
    /// When Kafka can't be reached, a topic is missing, a line can't be used or an event is not acknowledged.
    pub fn run(self) -> Result<(), Failure> {
        let mapping = self.mapping.as_deref().map(Mapping::load).transpose().map_err(Failure::usage)?;
        let target = Target::of(&self)?;
        let mut publisher = Publisher::connect(&self, target)?;
        let mut to_be_played = Vec::new();
        for file in &self.files {
            publisher.read_file(file, mapping.as_ref(), |publisher, recorded, origin| match self.as_if_now.moment {
                None => publisher.publish(&recorded, origin),
                Some(_) => {
                    to_be_played.push((recorded, origin));
                    Ok(())
                }
            })?;
        }
        if let Some(moment) = self.as_if_now.moment {
            publisher.play(&self.as_if_now, to_be_played, moment)?;
        }
        let published = publisher.finish()?;
        let total: u64 = published.values().sum();
        let topics: Vec<String> = published.iter().map(|(topic, count)| format!("{topic} {count}")).collect();
        anstream::println!("published {total} events: {}", topics.join(", "));
        Ok(())
    }
}

/// Where an event comes from, for the message when it is not acknowledged.
#[derive(Debug)]
struct Origin {
    file: Arc<str>,
    line: u64,
    topic: String,
}

/// What the broker has answered so far.
#[derive(Debug, Default)]
struct Acknowledgements {
    count: AtomicU64,
    first_failure: Mutex<Option<String>>,
}

impl ClientContext for Acknowledgements {}

impl ProducerContext for Acknowledgements {
    type DeliveryOpaque = Box<Origin>;

    fn delivery(&self, result: &DeliveryResult<'_>, origin: Box<Origin>) {
        let Err((error, _)) = result else {
            self.count.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let Origin { file, line, topic } = *origin;
        let mut first_failure = self.first_failure.lock().unwrap_or_else(PoisonError::into_inner);
        first_failure.get_or_insert_with(|| format!("{file}:{line}: not acknowledged by topic {topic}: {error}"));
    }
}

struct Publisher {
    producer: BaseProducer<Acknowledgements>,
    codec: Codec,
    format: Format,
    key: KeyBy,
    topic_prefix: String,
    target: Target,
    existing_topics: BTreeSet<String>,
    sent: BTreeMap<String, u64>,
    progress: Progress,
}

impl Publisher {
    fn connect(options: &Publish, target: Target) -> Result<Self, Failure> {
        let mut config = ClientConfig::new();
        for (name, value) in &target.properties {
            config.set(name, value);
        }
        let servers = target.servers.as_str();
        config.set("bootstrap.servers", servers);
        config.set("enable.idempotence", "true");
        config.set("acks", "all");
        config.set("partitioner", "murmur2_random");
        config.set("linger.ms", "5");
        config.set("message.timeout.ms", DELIVERY_TIMEOUT.as_millis().to_string());
        for (name, value) in &options.property {
            config.set(name, value);
        }
        let producer: BaseProducer<Acknowledgements> = config
            .create_with_context(Acknowledgements::default())
            .map_err(|error| Failure::usage(format!("the Kafka properties are not usable: {error}")))?;
        // Asked for all topics, because asking for one by its name would create it.
        let metadata = producer.client().fetch_metadata(None, METADATA_TIMEOUT).map_err(|error| {
            Failure::new(format!("cannot reach Kafka at {servers}: {error}; check the address and that it is running"))
        })?;
        Ok(Self {
            producer,
            codec: target.codec(options.format)?,
            format: options.format,
            key: options.key,
            topic_prefix: options.topic_prefix.clone(),
            existing_topics: metadata.topics().iter().map(|topic| topic.name().to_owned()).collect(),
            target,
            sent: BTreeMap::new(),
            progress: Progress::new(),
        })
    }

    /// Hands every event of a file to `take`.
    fn read_file(
        &mut self,
        path: &Path,
        mapping: Option<&Mapping>,
        mut take: impl FnMut(&mut Self, Recorded, Origin) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (name, file) = files::open(path)?;
        let name: Arc<str> = name.into();
        for line in files::read(file, &name, mapping)? {
            let line = line?;
            let place = format!("{name}:{}", line.number);
            let topic = self.target.topic(&line.recorded.topic);
            if mapping.is_some() && self.target.raw.contains(topic) {
                return Err(Failure::usage(format!(
                    "{place}: topic {topic} holds raw records, which a mapping of the configuration reads; name another \
                     topic there for {} events",
                    line.recorded.topic
                )));
            }
            let topic = format!("{}{topic}", self.topic_prefix);
            self.check_topic(&place, &topic)?;
            take(self, line.recorded, Origin { file: name.clone(), line: line.number, topic })?;
        }
        Ok(())
    }

    fn publish(&mut self, recorded: &Recorded, origin: Origin) -> Result<(), Failure> {
        let value = self.value(recorded, origin.line).map_err(|reason| {
            let Origin { file, line, topic } = &origin;
            Failure::usage(format!("{file}:{line}: not publishable to {topic} as {}: {reason}", self.format))
        })?;
        let key = self.key_of(recorded);
        self.send(recorded, key.as_deref(), value.as_deref(), origin)
    }

    fn check_topic(&self, place: &str, topic: &str) -> Result<(), Failure> {
        if self.existing_topics.contains(topic) {
            return Ok(());
        }
        let servers = &self.target.servers;
        Err(Failure::new(format!(
            "{place}: topic {topic} does not exist on {servers}; create it, for instance with service-recovery topics create"
        )))
    }

    fn value(&self, recorded: &Recorded, line: u64) -> Result<Option<Vec<u8>>, String> {
        if self.format == Format::Json {
            return Ok(recorded.value.as_ref().map(|value| value.get().as_bytes().to_vec()));
        }
        let Some(contract) = recorded.contract(&self.target.contracts) else {
            let names: Vec<&str> = Contract::ALL.iter().map(|contract| contract.name()).collect();
            return Err(format!("only input contracts can be re-encoded: {}", names.join(", ")));
        };
        let offset = i64::try_from(line).unwrap_or(i64::MAX);
        let input = recorded.to_input(&self.codec, contract, offset).map_err(|error| error.to_string())?;
        if self.format == Format::AvroRegistry && !self.codec.has_input_id(contract) {
            return Err("its schema is not in the registry; run service-recovery schemas register".to_owned());
        }
        self.codec.encode_event(&input.event, self.format).map_err(|error| error.to_string())
    }

    /// The record key. A compacted topic without its keys means nothing, so profiles keep theirs, and an item that was
    /// written down without one gets the one that is right.
    fn key_of(&self, recorded: &Recorded) -> Option<String> {
        #[derive(Deserialize)]
        struct OrderOf {
            order_id: Option<String>,
        }
        let contract = recorded.contract(&self.target.contracts);
        if contract == Some(Contract::Catalogue) && recorded.key.is_none() {
            let value = recorded.value.as_ref()?;
            return serde_json::from_str::<CatalogueItem>(value.get()).ok().map(|item| item.key());
        }
        let compacted = contract.is_some_and(Contract::is_compacted);
        match self.key {
            KeyBy::None if !compacted => None,
            KeyBy::Order if !compacted => {
                let order = recorded.value.as_ref().and_then(|value| serde_json::from_str::<OrderOf>(value.get()).ok());
                order.and_then(|order| order.order_id).or_else(|| recorded.key.clone())
            }
            _ => recorded.key.clone(),
        }
    }

    fn send(
        &mut self,
        recorded: &Recorded,
        key: Option<&str>,
        value: Option<&[u8]>,
        origin: Origin,
    ) -> Result<(), Failure> {
        let topic = origin.topic.clone();
        let place = format!("{}:{}", origin.file, origin.line);
        let mut record: BaseRecord<'_, str, [u8], Box<Origin>> = BaseRecord::with_opaque_to(&topic, Box::new(origin));
        record.key = key;
        record.payload = value;
        record.timestamp = recorded.timestamp.map(|time| time.as_millis());
        loop {
            match self.producer.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), rejected)) => {
                    record = rejected;
                    self.producer.poll(FULL_QUEUE_WAIT);
                    self.check_failures()?;
                }
                Err((error, _)) => {
                    return Err(Failure::new(format!("{place}: cannot publish to topic {topic}: {error}")));
                }
            }
        }
        *self.sent.entry(topic).or_default() += 1;
        self.progress.show(|| self.sent.values().sum());
        self.producer.poll(Duration::ZERO);
        self.check_failures()
    }

    fn check_failures(&self) -> Result<(), Failure> {
        let answers = self.producer.context();
        let first_failure = answers.first_failure.lock().unwrap_or_else(PoisonError::into_inner);
        first_failure.as_ref().map_or(Ok(()), |message| Err(Failure::new(message)))
    }

    /// Waits until everything is acknowledged. Returns how many events went to each topic.
    fn finish(self) -> Result<BTreeMap<String, u64>, Failure> {
        let flushed = self.producer.flush(DELIVERY_TIMEOUT * 2);
        self.check_failures()?;
        flushed.map_err(|error| Failure::new(format!("not all events were acknowledged: {error}")))?;
        let (sent, acknowledged) =
            (self.sent.values().sum::<u64>(), self.producer.context().count.load(Ordering::Relaxed));
        if sent != acknowledged {
            return Err(Failure::new(format!("only {acknowledged} of {sent} events were acknowledged")));
        }
        Ok(self.sent)
    }
}

/// A line on the terminal once a second, so that long work is seen to go on.
#[derive(Debug)]
struct Progress {
    terminal: bool,
    shown: Instant,
}

impl Progress {
    fn new() -> Self {
        Self { terminal: io::stderr().is_terminal(), shown: Instant::now() }
    }

    fn show(&mut self, count: impl FnOnce() -> u64) {
        if self.terminal && self.shown.elapsed() >= Duration::from_secs(1) {
            self.shown = Instant::now();
            anstream::eprintln!("{} events sent", count());
        }
    }
}

#[cfg(test)]
mod tests;
