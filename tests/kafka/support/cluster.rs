//! A broker as seen by a test: its topics, a producer, and a tail that reads topics from their beginning.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::util::Timeout;
use rdkafka::{ClientContext, Offset, TopicPartitionList};

use super::wait::{eventually, secs};

const PATIENCE: Duration = Duration::from_secs(30);

fn client(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("reconnect.backoff.max.ms", "1000");
    config
}

/// Creates and deletes topics.
pub struct Admin {
    admin: AdminClient<DefaultClientContext>,
    runtime: tokio::runtime::Runtime,
}

impl Admin {
    pub fn new(bootstrap: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let admin = runtime.block_on(async { client(bootstrap).create().unwrap() });
        Self { admin, runtime }
    }

    /// Creates topics as (name, partitions), with extra settings for all of them.
    pub fn create(&self, topics: &[(&str, i32)], settings: &[(&str, &str)]) {
        let new: Vec<NewTopic<'_>> = topics
            .iter()
            .map(|(name, partitions)| {
                let topic = NewTopic::new(name, *partitions, TopicReplication::Fixed(-1));
                settings.iter().fold(topic, |topic, (key, value)| topic.set(key, value))
            })
            .collect();
        let options = AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE));
        for result in self.runtime.block_on(self.admin.create_topics(&new, &options)).unwrap() {
            result.unwrap_or_else(|(topic, error)| panic!("topic {topic} cannot be created: {error}"));
        }
    }

    /// Gives a topic more partitions.
    pub fn grow(&self, topic: &str, partitions: usize) {
        let new = [NewPartitions::new(topic, partitions)];
        let options = AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE));
        let results = self.runtime.block_on(self.admin.create_partitions(&new, &options)).unwrap();
        results.into_iter().for_each(|result| drop(result.unwrap()));
    }

    pub fn delete(&self, topics: &[&str]) {
        // what is left behind on somebody's broker harms nobody
        let _ = self.runtime.block_on(self.admin.delete_topics(topics, &AdminOptions::new()));
    }
}

/// What goes into one record.
#[derive(Debug, Clone, Copy, Default)]
pub struct Send<'a> {
    pub topic: &'a str,
    /// `None`: by the key, as Java clients choose; by chance without a key.
    pub partition: Option<i32>,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub headers: &'a [(&'a str, &'a str)],
}

/// Sends records; panics when one was not acknowledged.
pub struct Producer {
    inner: BaseProducer<Failures>,
    failures: Arc<Mutex<Vec<String>>>,
}

struct Failures(Arc<Mutex<Vec<String>>>);

impl ClientContext for Failures {}

impl ProducerContext for Failures {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, _: ()) {
        if let Err((error, message)) = result {
            self.0.lock().unwrap().push(format!("{}: {error}", message.topic()));
        }
    }
}

impl Producer {
    pub fn new(bootstrap: &str) -> Self {
        Self::with(client(bootstrap))
    }

    /// For [`Producer::begin`] and what follows it.
    pub fn transactional(bootstrap: &str, id: &str) -> Self {
        let mut config = client(bootstrap);
        config.set("transactional.id", id).set("transaction.timeout.ms", "300000");
        let producer = Self::with(config);
        producer.inner.init_transactions(PATIENCE).unwrap();
        producer
    }

    fn with(mut config: ClientConfig) -> Self {
        let failures = Arc::default();
        config.set("partitioner", "murmur2_random").set("linger.ms", "2").set("message.max.bytes", "4000000");
        let inner = config.create_with_context(Failures(Arc::clone(&failures))).unwrap();
        Self { inner, failures }
    }

    /// Hands a record over without waiting.
    pub fn send(&self, send: Send<'_>) {
        loop {
            let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(send.topic);
            record.partition = send.partition;
            record.key = send.key;
            record.payload = send.value;
            if !send.headers.is_empty() {
                let headers = send.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
                    headers.insert(Header { key, value: Some(value.as_bytes()) })
                });
                record.headers = Some(headers);
            }
            match self.inner.send(record) {
                Ok(()) => return,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    self.inner.poll(Duration::from_millis(10));
                }
                Err((error, _)) => panic!("{}: {error}", send.topic),
            }
        }
    }

    /// Waits until everything is acknowledged.
    pub fn flush(&self) {
        self.inner.flush(PATIENCE).unwrap();
        let failures = self.failures.lock().unwrap();
        assert!(failures.is_empty(), "not acknowledged: {failures:?}");
    }

    pub fn begin(&self) {
        self.inner.begin_transaction().unwrap();
    }
    pub fn commit(&self) {
        self.inner.commit_transaction(PATIENCE).unwrap();
    }
    pub fn abort(&self) {
        self.inner.abort_transaction(PATIENCE).unwrap();
    }
}

/// One record as it was read.
#[derive(Debug, Clone)]
pub struct Received {
    pub topic: String,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: HashMap<String, Vec<u8>>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| std::str::from_utf8(value).unwrap())
    }
}

/// Reads topics from their beginning, committed transactions only.
pub struct Tail {
    consumer: BaseConsumer,
    partitions: Vec<(String, i32)>,
}

impl Tail {
    pub fn new(bootstrap: &str, topics: &[&str]) -> Self {
        let consumer: BaseConsumer = client(bootstrap)
            .set("group.id", "service-recovery-tests")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .set("auto.offset.reset", "earliest")
            .set("fetch.wait.max.ms", "50")
            .set("fetch.message.max.bytes", "4000000")
            .create()
            .unwrap();
        let mut partitions = Vec::new();
        let mut list = TopicPartitionList::new();
        for topic in topics {
            for partition in 0..partition_count(&consumer, topic) {
                list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
                partitions.push(((*topic).to_owned(), partition));
            }
        }
        consumer.assign(&list).unwrap();
        Self { consumer, partitions }
    }

    /// How many partitions it found when it was made.
    pub fn partitions(&self) -> usize {
        self.partitions.len()
    }

    /// The next record, if one comes within `wait`.
    pub fn next(&self, wait: Duration) -> Option<Received> {
        match self.consumer.poll(Timeout::After(wait))? {
            Ok(message) => Some(received(&message)),
            // brokers that are away come back
            Err(KafkaError::MessageConsumption(_)) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Everything that was committed by now and not read before.
    pub fn catch_up(&self) -> Vec<Received> {
        let mut records = Vec::new();
        for (topic, partition) in &self.partitions {
            let end = eventually(PATIENCE, "the end of a topic", || {
                self.consumer
                    .fetch_watermarks(topic, *partition, secs(5))
                    .ok()
                    .map(|(low, high)| (low < high).then_some(high))
            });
            let Some(end) = end else { continue };
            eventually(PATIENCE, &format!("{topic} [{partition}] to be read up to {end}"), || {
                while let Some(record) = self.next(Duration::from_millis(1)) {
                    records.push(record);
                }
                (self.position(topic, *partition)? >= end).then_some(())
            });
        }
        records
    }

    fn position(&self, topic: &str, partition: i32) -> Option<i64> {
        self.consumer.position().unwrap().find_partition(topic, partition)?.offset().to_raw().filter(|raw| *raw >= 0)
    }
}

fn received(message: &rdkafka::message::BorrowedMessage<'_>) -> Received {
    let headers = message
        .headers()
        .map(|headers| headers.iter().map(|h| (h.key.to_owned(), h.value.unwrap_or_default().to_vec())).collect());
    Received {
        topic: message.topic().to_owned(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers.unwrap_or_default(),
    }
}

fn partition_count(consumer: &BaseConsumer, topic: &str) -> i32 {
    eventually(PATIENCE, &format!("metadata of {topic}"), || {
        let metadata = consumer.fetch_metadata(Some(topic), secs(5)).ok()?;
        let partitions = metadata.topics().first()?.partitions().len();
        (partitions > 0).then_some(partitions as i32)
    })
}

/// Takes the place of a member of `group` that does not answer, and leaves it.
pub fn evict(bootstrap: &str, group: &str, instance: &str, topic: &str) {
    let impostor: BaseConsumer = client(bootstrap)
        .set("group.id", group)
        .set("group.instance.id", instance)
        .set("partition.assignment.strategy", "range")
        .set("session.timeout.ms", "6000")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    impostor.subscribe(&[topic]).unwrap();
    let assigned = |wanted: bool| {
        eventually(PATIENCE, "the impostor's assignment", || {
            let _ = impostor.poll(Duration::from_millis(10));
            ((impostor.assignment().unwrap().count() > 0) == wanted).then_some(())
        });
    };
    assigned(true);
    impostor.unsubscribe();
    assigned(false);
}

/// What a consumer group has committed.
pub struct Group {
    consumer: BaseConsumer,
}

impl Group {
    pub fn new(bootstrap: &str, group: &str) -> Self {
        let consumer = client(bootstrap).set("group.id", group).set("enable.auto.commit", "false").create().unwrap();
        Self { consumer }
    }

    /// How many records of these topics are not yet committed as read.
    pub fn lag(&self, topics: &[&str]) -> Option<i64> {
        let mut list = TopicPartitionList::new();
        let mut ends = Vec::new();
        for topic in topics {
            for partition in 0..partition_count(&self.consumer, topic) {
                let (low, high) = self.consumer.fetch_watermarks(topic, partition, secs(5)).ok()?;
                list.add_partition(topic, partition);
                ends.push((low, high));
            }
        }
        let committed = self.consumer.committed_offsets(list, secs(5)).ok()?;
        let mut lag = 0;
        for (element, (low, high)) in committed.elements().iter().zip(ends) {
            let read = element.offset().to_raw().filter(|raw| *raw >= 0).unwrap_or(low);
            lag += (high - read).max(0);
        }
        Some(lag)
    }
}
