//! Reads the catalogue topic: all partitions from their start, committed records only, and then whatever is added.
//!
//! Whole means read to the ends that the log had at the start. Everything is read again when the log has lost our place or
//! the topic has other partitions than before; until that is whole too, the catalogue from before stays in force.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use thiserror::Error;
use tracing::{debug, info, warn};

use super::fold::Fold;
use super::reports::Reports;
use crate::codec::RawRecord;
use crate::events::{CatalogueUpdate, Event, Input};
use crate::kafka::client::Logged;
use crate::kafka::clock;
use crate::kafka::intake;
use crate::kafka::service::Service;
use crate::telemetry::CatalogueHealth;

/// The longest wait for a record, and so for a wish to stop.
const POLL: Duration = Duration::from_millis(100);
/// The longest that records are taken in before what they say is handed out.
const SLICE: Duration = Duration::from_millis(50);
const TIMEOUT: Duration = Duration::from_secs(5);
const AFTER_ERROR: Duration = Duration::from_secs(1);
/// Between two looks at how many partitions the topic has.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

#[derive(Debug, Error)]
pub(super) enum ReadError {
    #[error("cannot read topic {topic}: {source}; it is tried again")]
    Client { topic: String, source: KafkaError },
    #[error("topic {topic} does not exist any more; create it again, or take it out of [[inputs]] and restart")]
    Gone { topic: String },
    #[error("topic {topic} has {now} partitions now and had {before}: it is read again from its start")]
    Partitions { topic: String, now: i32, before: i32 },
    #[error("the log of topic {topic} no longer has our place: it is read again from its start")]
    PlaceLost { topic: String },
    #[error("more records of topic {topic} could not be read than are kept: it is read again for the rest of them")]
    ReportsOverflowed { topic: String },
}

/// Runs until the process stops.
pub fn run(service: &Arc<Service>) {
    if let Some(input) = service.config.catalogue_input() {
        let mut reports = Reports::new(service, &input.topic);
        while !service.stop.requested() {
            let ended = Reader::open(service, &input.topic).and_then(|mut reader| reader.follow(&mut reports));
            let Err(error) = ended else { break };
            warn!(%error, "the catalogue is not followed right now; what was read before stays in force");
            service.metrics.rebuilds.with_label_values(&["catalogue"]).inc();
            service.health.set_catalogue_trouble(error.to_string());
            service.stop.wait(AFTER_ERROR);
        }
    }
    service.rules.wake();
}

struct Reader<'a> {
    service: &'a Arc<Service>,
    topic: &'a str,
    consumer: BaseConsumer<Logged>,
    fold: Fold,
    partitions: i32,
    /// By partition: where it ended at the start, as far as it is not read to there yet.
    ends: BTreeMap<i32, i64>,
    remaining: i64,
    began: Instant,
    looked: Instant,
    records: u64,
    is_whole: bool,
}

impl<'a> Reader<'a> {
    fn open(service: &'a Arc<Service>, topic: &'a str) -> Result<Self, ReadError> {
        let failed = |source| ReadError::Client { topic: topic.to_owned(), source };
        let partitions = service.observer.partition_count(topic, TIMEOUT).map_err(failed)?;
        let partitions = partitions.ok_or_else(|| ReadError::Gone { topic: topic.to_owned() })?;
        let consumer: BaseConsumer<Logged> = service.clients.catalogue().create_with_context(Logged).map_err(failed)?;
        let mut list = TopicPartitionList::new();
        let mut ends = BTreeMap::new();
        for partition in 0..partitions {
            // to this client the end is the last stable offset: what is in an open transaction is not said yet
            let (start, end) = consumer.fetch_watermarks(topic, partition, TIMEOUT).map_err(failed)?;
            list.add_partition_offset(topic, partition, Offset::Beginning).map_err(failed)?;
            if start < end {
                ends.insert(partition, end);
            }
        }
        consumer.assign(&list).map_err(failed)?;
        let (fold, now) = (Fold::over(service.rules.get().policy.catalogue.clone()), Instant::now());
        let remaining = ends.values().sum();
        Ok(Self {
            service,
            topic,
            consumer,
            fold,
            partitions,
            ends,
            remaining,
            began: now,
            looked: now,
            records: 0,
            is_whole: false,
        })
    }

    /// Reads until the process stops or something makes it begin anew.
    fn follow(&mut self, reports: &mut Reports) -> Result<(), ReadError> {
        while !self.service.stop.requested() {
            self.take_in(reports)?;
            self.advance()?;
            self.hand_out();
            if reports.deliver() {
                return Err(ReadError::ReportsOverflowed { topic: self.topic.to_owned() });
            }
            self.look()?;
        }
        Ok(())
    }

    fn take_in(&mut self, reports: &mut Reports) -> Result<(), ReadError> {
        let began = Instant::now();
        let mut patience = POLL;
        while began.elapsed() < SLICE || patience == POLL {
            match self.consumer.poll(patience) {
                None => return Ok(()),
                Some(Ok(record)) => {
                    self.records += 1;
                    self.service.metrics.catalogue_records.inc();
                    take(self.service, &mut self.fold, reports, &record);
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    self.ends.remove(&partition);
                }
                Some(Err(error)) => self.poll_error(error)?,
            }
            patience = Duration::ZERO;
        }
        Ok(())
    }

    fn poll_error(&self, error: KafkaError) -> Result<(), ReadError> {
        match error {
            KafkaError::MessageConsumptionFatal(_) => {
                Err(ReadError::Client { topic: self.topic.to_owned(), source: error })
            }
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => {
                Err(ReadError::PlaceLost { topic: self.topic.to_owned() })
            }
            // the client gets over it by itself
            other => {
                debug!(error = %other, "the consumer of the catalogue reports");
                self.service.metrics.poll_errors.inc();
                Ok(())
            }
        }
    }

    /// Notes which partitions are read to where they ended at the start. Positions, unlike records, pass markers.
    fn advance(&mut self) -> Result<(), ReadError> {
        if self.is_whole {
            return Ok(());
        }
        let failed = |source| ReadError::Client { topic: self.topic.to_owned(), source };
        let positions = self.consumer.position().map_err(failed)?;
        let mut remaining = 0;
        self.ends.retain(|partition, end| {
            let position = positions.find_partition(self.topic, *partition).map(|element| element.offset());
            let next = if let Some(Offset::Offset(next)) = position { next } else { 0 };
            remaining += (*end - next).max(0);
            next < *end
        });
        self.remaining = remaining;
        if self.ends.is_empty() {
            self.is_whole = true;
        }
        Ok(())
    }

    /// Makes what was read the catalogue in force, once it is whole.
    fn hand_out(&mut self) {
        let Service { metrics, health, rules, .. } = &**self.service;
        metrics.catalogue_remaining.set(self.remaining);
        if !self.is_whole {
            health
                .set_catalogue(CatalogueHealth { remaining: Some(self.remaining), ..CatalogueHealth::new(self.topic) });
            return;
        }
        let is_first = !rules.wait_whole(Duration::ZERO);
        if let Some(changed) = self.fold.take_changed() {
            metrics.catalogue_update_time.set(clock::now().as_millis() as f64 / 1_000.0);
            rules.set_catalogue(changed);
        }
        let (items, unreadable) = (rules.get().catalogue.items().count(), self.fold.unreadable_keys());
        metrics.catalogue_items.set(items as i64);
        metrics.catalogue_unreadable.set(unreadable as i64);
        health.set_catalogue(CatalogueHealth { items, unreadable, ..CatalogueHealth::new(self.topic) });
        if is_first {
            let took = self.began.elapsed();
            metrics.catalogue_read_time.set(took.as_secs_f64());
            info!(
                topic = self.topic,
                items,
                unreadable,
                records = self.records,
                took_ms = took.as_millis() as u64,
                "the catalogue is read"
            );
            rules.set_whole();
        }
    }

    /// A topic that was given more partitions, or was made anew, is read again.
    fn look(&mut self) -> Result<(), ReadError> {
        if self.looked.elapsed() < LOOK_INTERVAL {
            return Ok(());
        }
        self.looked = Instant::now();
        let topic = self.topic.to_owned();
        match self.service.observer.partition_count(&topic, TIMEOUT) {
            Ok(Some(now)) if now == self.partitions => Ok(()),
            Ok(Some(now)) => Err(ReadError::Partitions { topic, now, before: self.partitions }),
            Ok(None) => Err(ReadError::Gone { topic }),
            // brokers that are away are no reason to begin anew
            Err(error) => {
                debug!(%error, topic, "the brokers do not say how many partitions the catalogue has");
                Ok(())
            }
        }
    }
}

fn take(service: &Service, fold: &mut Fold, reports: &mut Reports, record: &BorrowedMessage<'_>) {
    let Some(input) = service.config.catalogue_input() else { return };
    let mut raw = intake::raw_record(record.topic(), record);
    let Some(schema) = service.await_schema(&raw) else { return };
    raw.schema = schema.as_ref();
    match intake::decode(service, &input.content, &raw, record) {
        Ok(inputs) => updates(inputs).for_each(|update| fold.update(record.partition(), update)),
        Err(error) => {
            // without its value it says which item it is about
            let (key, timestamp, offset) = (raw.key, raw.timestamp, raw.offset);
            let bare = RawRecord { source: raw.source, key, timestamp, offset, ..RawRecord::default() };
            let about = intake::decode(service, &input.content, &bare, record).unwrap_or_default();
            updates(about).for_each(|update| fold.unreadable(record.partition(), &update));
            reports.add(record, error.kind(), &error.to_string());
        }
    }
}

/// The input of the catalogue makes nothing else.
fn updates(inputs: Vec<Input>) -> impl Iterator<Item = CatalogueUpdate> {
    inputs.into_iter().filter_map(|input| match input.event {
        Event::Catalogue(update) => Some(*update),
        _ => None,
    })
}
