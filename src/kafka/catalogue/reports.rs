//! Records of the catalogue topic that cannot be read: each becomes a dead letter once, although every instance reads the
//! whole topic after every start.
//!
//! How far they are reported is kept as offsets of a group of its own without members, committed in the transaction
//! that writes the dead letters. All instances use one transactional id: whoever begins ends what another had begun,
//! then looks again what is left to report. The records themselves stay on the topic, so nothing is lost meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tracing::{debug, warn};

use crate::kafka::client::Logged;
use crate::kafka::dead_letters::DeadLetter;
use crate::kafka::producer::{Failure, Transactions};
use crate::kafka::service::Service;
use crate::kafka::topology::CATALOGUE;

/// Letters of one transaction.
const BATCH: usize = 500;
/// Letters that wait for brokers that do not take them; beyond, the topic is read again afterwards.
const MOST_WAITING: usize = 1_000;
const TIMEOUT: Duration = Duration::from_secs(5);
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// A record that cannot be read.
struct Bad {
    partition: i32,
    offset: i64,
    letter: DeadLetter,
}

pub(super) struct Reports {
    service: Arc<Service>,
    topic: String,
    /// Knows the offsets of the bookkeeping group.
    books: Option<BaseConsumer<Logged>>,
    /// By partition: everything before is reported. May be behind.
    reported: BTreeMap<i32, i64>,
    waiting: VecDeque<Bad>,
    overflowed: bool,
    not_before: Option<Instant>,
}

impl Reports {
    pub(super) fn new(service: &Arc<Service>, topic: &str) -> Self {
        Self {
            service: Arc::clone(service),
            topic: topic.to_owned(),
            books: None,
            reported: BTreeMap::new(),
            waiting: VecDeque::new(),
            overflowed: false,
            not_before: None,
        }
    }

    /// A record that cannot be read, in the order of its partition.
    pub(super) fn add(&mut self, record: &BorrowedMessage<'_>, reason: &'static str, message: &str) {
        let (partition, offset) = (record.partition(), record.offset());
        debug!(topic = self.topic, partition, offset, reason, message, "a catalogue record cannot be read");
        let waits = self.waiting.iter().any(|bad| bad.partition == partition && bad.offset >= offset);
        if waits || self.overflowed || self.is_reported(partition, offset) {
            return;
        }
        if self.waiting.len() >= MOST_WAITING {
            self.overflowed = true;
            return;
        }
        let letter = DeadLetter::new(record, CATALOGUE, reason, message, self.service.max_dead_letter_bytes);
        self.waiting.push_back(Bad { partition, offset, letter });
    }

    fn is_reported(&self, partition: i32, offset: i64) -> bool {
        self.reported.get(&partition).is_some_and(|next| offset < *next)
    }

    /// Writes what waits. Returns whether the topic must be read again, because more waited than is kept.
    pub(super) fn deliver(&mut self) -> bool {
        while !self.waiting.is_empty() && !self.service.stop.requested() {
            if self.not_before.is_some_and(|moment| Instant::now() < moment) {
                return false;
            }
            if let Err(error) = self.deliver_batch() {
                self.not_before = Some(Instant::now() + AFTER_FAILURE);
                warn!(
                    topic = self.topic,
                    waiting = self.waiting.len(),
                    error,
                    "dead letters of the catalogue are not written yet; the records are still on their topic. Check that \
                     the dead-letter topic may be written to and that the group of the catalogue may be used"
                );
            }
        }
        std::mem::take(&mut self.overflowed)
    }

    fn deliver_batch(&mut self) -> Result<(), String> {
        // known offsets may be behind: most records were reported by an earlier life or by another instance
        self.look().map_err(|error| format!("cannot ask what is reported: {error}"))?;
        if self.waiting.is_empty() {
            return Ok(());
        }
        let settings = self.service.clients.catalogue_reporter();
        let transactions = Transactions::take_over(&self.service, settings, None).map_err(|error| error.to_string())?;
        // whatever another instance had begun is decided now
        self.look().map_err(|error| format!("cannot ask what is reported: {error}"))?;
        let written = self.write(&transactions);
        if written.is_err() {
            // what cannot be aborted is ended by whoever comes next
            transactions.abort();
        }
        let count = written.map_err(|failure| match failure {
            Failure::NotCommitted { step, source, .. } => format!("{step}: {source}"),
            Failure::Unknown { source } => format!("commit: {source}"),
        })?;
        for bad in self.waiting.drain(..count) {
            let labels = [self.topic.as_str(), bad.letter.reason];
            self.service.metrics.dead_letters.with_label_values(&labels).inc();
            self.reported.insert(bad.partition, bad.offset + 1);
        }
        Ok(())
    }

    /// Asks what is reported, and forgets what waits although it is.
    fn look(&mut self) -> KafkaResult<()> {
        let books = match self.books.take() {
            Some(books) => books,
            None => self.service.clients.catalogue().create_with_context(Logged)?,
        };
        // nobody else serves the events of this client
        while books.poll(Duration::ZERO).is_some() {}
        let mut list = TopicPartitionList::new();
        let partitions: Vec<i32> = self.waiting.iter().map(|bad| bad.partition).collect();
        for partition in partitions {
            if list.find_partition(&self.topic, partition).is_none() {
                list.add_partition(&self.topic, partition);
            }
        }
        if list.count() > 0 {
            for element in books.committed_offsets(list, TIMEOUT)?.elements() {
                element.error()?;
                if let Offset::Offset(next) = element.offset() {
                    self.reported.insert(element.partition(), next);
                }
            }
        }
        self.books = Some(books);
        let reported = std::mem::take(&mut self.reported);
        self.waiting.retain(|bad| reported.get(&bad.partition).is_none_or(|next| bad.offset >= *next));
        self.reported = reported;
        Ok(())
    }

    /// One transaction: letters, and how far that gets us. Returns how many letters.
    fn write(&self, transactions: &Transactions) -> Result<usize, Failure> {
        let count = self.waiting.len().min(BATCH);
        if count == 0 {
            return Ok(0);
        }
        transactions.begin()?;
        let mut next = BTreeMap::new();
        for bad in self.waiting.iter().take(count) {
            transactions.send_dead_letter(&self.service, &bad.letter)?;
            next.insert(bad.partition, bad.offset + 1);
        }
        let lost = |source| Failure::NotCommitted { step: "send_offsets", source, producer_lost: true };
        let mut offsets = TopicPartitionList::new();
        for (partition, offset) in next {
            offsets.add_partition_offset(&self.topic, partition, Offset::Offset(offset)).map_err(lost)?;
        }
        let group = self.books.as_ref().and_then(|books| books.group_metadata());
        let group = group
            .ok_or_else(|| lost(rdkafka::error::KafkaError::Global(rdkafka::types::RDKafkaErrorCode::UnknownGroup)))?;
        transactions.commit(&offsets, &group)?;
        Ok(count)
    }
}
