//! Reads both topics from their beginning, and goes on.
//!
//! Partitions are assigned by hand: every app needs all of them, needs no group, and commits nothing. Another thread
//! looks for new partitions and notices when Kafka is away. Only committed transactions are read.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use tracing::{info, warn};

use crate::card::{Card, Source};
use crate::hub::Hub;
use crate::settings::Settings;

const POLL: Duration = Duration::from_millis(100);
const METADATA_TIMEOUT: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_secs(5);
const LOOK_SOON: Duration = Duration::from_millis(500);

/// The threads; dropping it ends them.
#[derive(Debug)]
pub struct Intake {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Intake {
    pub fn start(settings: &Arc<Settings>, hub: &Arc<Hub>) -> KafkaResult<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let topics = [(Source::Action, &settings.actions), (Source::FollowUp, &settings.follow_ups)];
        let to_be_read = Arc::new(AtomicUsize::new(topics.len()));
        let mut feeds = Vec::new();
        for (source, topic) in topics {
            feeds.push(Arc::new(Feed {
                source,
                topic: topic.clone(),
                consumer: consumer(settings)?,
                assigned: Mutex::default(),
                settings: Arc::clone(settings),
                hub: Arc::clone(hub),
                to_be_read: Arc::clone(&to_be_read),
            }));
        }
        let mut threads = Vec::new();
        for feed in &feeds {
            let (feed, stop) = (Arc::clone(feed), Arc::clone(&stop));
            threads.push(std::thread::spawn(move || feed.read(&stop)));
        }
        let (hub, told) = (Arc::clone(hub), Arc::clone(&stop));
        threads.push(std::thread::spawn(move || watch(&feeds, &hub, &told)));
        Ok(Self { stop, threads })
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            if thread.join().is_err() {
                warn!("a thread that read from Kafka had failed");
            }
        }
    }
}

fn consumer(settings: &Settings) -> KafkaResult<BaseConsumer> {
    settings
        .client()
        // never used for offsets; the client insists on a name
        .set("group.id", "staff-app")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_committed")
        .set("auto.offset.reset", "earliest")
        .create()
}

/// One topic. It has a consumer of its own, because the news of a partition's end does not name the topic.
struct Feed {
    source: Source,
    topic: String,
    consumer: BaseConsumer,
    assigned: Mutex<BTreeSet<i32>>,
    settings: Arc<Settings>,
    hub: Arc<Hub>,
    /// Topics that were not yet read to their end.
    to_be_read: Arc<AtomicUsize>,
}

impl Feed {
    /// Takes every record into the board.
    fn read(&self, stop: &AtomicBool) {
        let mut ended = BTreeSet::new();
        let mut complete = false;
        while !stop.load(Ordering::Relaxed) {
            match self.consumer.poll(POLL) {
                None => {}
                Some(Ok(message)) => self.take(&message),
                Some(Err(KafkaError::PartitionEOF(partition))) if !complete => {
                    ended.insert(partition);
                    complete = self.assigned().is_subset(&ended);
                    if complete && self.to_be_read.fetch_sub(1, Ordering::Relaxed) == 1 {
                        self.hub.note(|reading| reading.complete = true);
                    }
                }
                // brokers that are away come back, and the watcher says so meanwhile
                Some(Err(
                    KafkaError::PartitionEOF(_)
                    | KafkaError::MessageConsumption(
                        RDKafkaErrorCode::AllBrokersDown | RDKafkaErrorCode::BrokerTransportFailure,
                    ),
                )) => {}
                Some(Err(error)) => warn!(topic = self.topic, %error, "reading from Kafka"),
            }
        }
    }

    fn take(&self, message: &BorrowedMessage<'_>) {
        // Only the site may be decided here: an action can be handed to another role, and that revision is exactly the
        // one that an app for the first role may not miss.
        if header(message, "site_id").is_some_and(|site| !self.settings.serves_site(site)) {
            return;
        }
        match Card::parse(self.source, message.key(), message.payload().unwrap_or_default()) {
            Ok(card) if self.settings.serves_site(&card.site) => self.hub.apply(card),
            Ok(_) => {}
            Err(error) => {
                let (partition, offset) = (message.partition(), message.offset());
                // the value is a guest's: only its place is logged
                warn!(topic = self.topic, partition, offset, at = error.column(), "no action or follow-up in JSON");
                self.hub.note(|reading| reading.unreadable += 1);
            }
        }
    }

    /// Assigns partitions that it did not know.
    fn look(&self) -> KafkaResult<()> {
        let metadata = self.consumer.fetch_metadata(Some(&self.topic), METADATA_TIMEOUT)?;
        let mut new = TopicPartitionList::new();
        let mut assigned = self.assigned();
        for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
            if assigned.insert(partition.id()) {
                new.add_partition_offset(&self.topic, partition.id(), Offset::Beginning)?;
            }
        }
        if new.count() > 0 {
            info!(topic = self.topic, partitions = new.count(), "reading from the beginning");
            self.consumer.incremental_assign(&new)?;
        }
        Ok(())
    }

    fn assigned(&self) -> MutexGuard<'_, BTreeSet<i32>> {
        self.assigned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn watch(feeds: &[Arc<Feed>], hub: &Hub, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let looked = feeds.iter().try_for_each(|feed| feed.look());
        if let Err(error) = &looked {
            warn!(%error, "cannot ask Kafka for the topics");
        }
        hub.note(|reading| reading.connected = looked.is_ok());
        // a topic that is missing may be there at any moment
        let is_waiting = feeds.iter().any(|feed| feed.assigned().is_empty());
        std::thread::park_timeout(if is_waiting { LOOK_SOON } else { LOOK_EVERY });
    }
}

fn header<'m>(message: &'m BorrowedMessage<'_>, name: &str) -> Option<&'m str> {
    let header = message.headers()?.iter().find(|header| header.key == name)?;
    std::str::from_utf8(header.value?).ok()
}
