//! Records coming in: decoded, routed, handled by their task or sent on to it, or laid among the dead letters.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::topic_partition_list::Offset;
use tracing::{debug, error, warn};

use super::clock;
use super::dead_letters::DeadLetter;
use super::errors::WorkerError;
use super::service::Service;
use super::topology::Partition;
use super::worker::Worker;
use crate::codec::mapping::SourceRecord;
use crate::codec::{DecodeError, RawRecord, SchemaOf};
use crate::config::Content;
use crate::engine::{decode_batch, route, task_of};
use crate::events::{Input, Timestamp};
use crate::recovery::{Envelope, StateError};

const SEEK_TIMEOUT: Duration = Duration::from_secs(10);

/// An event of a record, and where it goes.
struct Addressed {
    task: u32,
    /// Its guest is here.
    is_here: bool,
    envelope: Envelope,
}

/// Why a record is a dead letter.
struct Bad {
    reason: &'static str,
    message: String,
}

impl Worker {
    /// Handles records until none is there within `patience`, or `slice` is over, or the transaction is full.
    pub(super) fn take_in(&mut self, patience: Duration, slice: Duration) -> Result<(), WorkerError> {
        let consumer = self.member.consumer();
        let began = Instant::now();
        let mut patience = patience;
        self.open.poll_was_empty = false;
        loop {
            match consumer.poll(patience) {
                None => {
                    self.open.poll_was_empty = true;
                    return Ok(());
                }
                Some(Ok(record)) => self.handle(&record)?,
                Some(Err(error)) => self.poll_error(error)?,
            }
            patience = Duration::ZERO;
            if began.elapsed() >= slice || self.open.is_full(&self.service.config.worker) {
                return Ok(());
            }
        }
    }

    fn handle(&mut self, record: &BorrowedMessage<'_>) -> Result<(), WorkerError> {
        let service = Arc::clone(&self.service);
        let Some(topic) = service.topology.topic(record.topic()) else { return Ok(()) };
        let at = Partition { topic, number: record.partition() };
        if !self.positions.expects(at, record.offset()) {
            debug!(partition = %service.topology.describe(at), offset = record.offset(), "a record from before a rewind");
            return Ok(());
        }
        if self.waiting.contains_key(&at) {
            return Ok(()); // from before the seek: it comes again
        }
        let bytes = record.payload_len() + record.key_len();
        match service.topology.content(topic) {
            None => {
                if !self.tasks.runs(at.number as u32) {
                    return self.seek_back(at, record.offset());
                }
                self.positions.handle(at, record.offset());
                self.open.record(topic, bytes, false);
                self.handle_mail(at.number as u32, record)
            }
            Some(content) => self.handle_input(at, content, record, bytes),
        }
    }

    fn handle_mail(&mut self, task: u32, record: &BorrowedMessage<'_>) -> Result<(), WorkerError> {
        let envelopes = decode_batch(record.payload().unwrap_or_default()).map_err(|source| WorkerError::Mailbox {
            topic: record.topic().to_owned(),
            partition: record.partition(),
            offset: record.offset(),
            source,
        })?;
        for envelope in envelopes {
            self.deliver(task, envelope)?;
        }
        Ok(())
    }

    fn handle_input(
        &mut self,
        at: Partition,
        content: &Content,
        record: &BorrowedMessage<'_>,
        bytes: usize,
    ) -> Result<(), WorkerError> {
        let service = Arc::clone(&self.service);
        let mut raw = raw_record(service.topology.name(at.topic), record);
        let schema = match service.codec.schema_of(&raw) {
            SchemaOf::NotNeeded => None,
            SchemaOf::Known(schema) => Some(schema),
            SchemaOf::Missing(key) => return self.wait_for_schema(at, record.offset(), key),
        };
        raw.schema = schema.as_ref();
        let forwarded = match self.judge(at, content, &raw, record) {
            Ok(addressed) => {
                self.limits.good(at);
                let mut forwarded = false;
                for Addressed { task, is_here, envelope } in addressed {
                    if is_here {
                        self.deliver(task, envelope)?;
                    } else {
                        self.open.batch.mail.entry(task).or_default().push(envelope);
                        forwarded = true;
                    }
                }
                forwarded
            }
            Err(Bad { reason, message }) => {
                if let Err(limit) = self.limits.bad(at) {
                    return self.stop_partition(at, record.offset(), limit);
                }
                let partition = self.service.topology.describe(at);
                debug!(partition, offset = record.offset(), reason, message, "dead letter");
                let max = self.service.max_dead_letter_bytes;
                self.open.dead_letters.push(DeadLetter::new(record, at.topic, reason, &message, max));
                false
            }
        };
        self.positions.handle(at, record.offset());
        self.open.record(at.topic, bytes, forwarded);
        Ok(())
    }

    /// Where the events of a record go: all of them, or none when one of them is bad.
    fn judge(
        &self,
        at: Partition,
        content: &Content,
        raw: &RawRecord<'_>,
        record: &BorrowedMessage<'_>,
    ) -> Result<Vec<Addressed>, Bad> {
        let decoded = decode(&self.service, content, raw, record);
        let inputs = decoded.map_err(|error| Bad { reason: error.kind(), message: error.to_string() })?;
        inputs.into_iter().map(|input| self.address(at, input)).collect()
    }

    /// An event is handled here and now iff its topic is aligned with the tasks and its partition is its guest's task;
    /// any other goes through the mailbox, even to ourselves: it must not overtake what is there already.
    fn address(&self, at: Partition, input: Input) -> Result<Addressed, Bad> {
        let route = route(&input, &self.rules.policy)
            .map_err(|error| Bad { reason: "unroutable", message: error.to_string() })?;
        let task = task_of(&route.to, self.service.topology.tasks());
        let is_here = route.direct
            && self.service.topology.is_aligned(at.topic)
            && task == at.number as u32
            && self.tasks.runs(task);
        Ok(Addressed { task, is_here, envelope: route.carry(input) })
    }

    fn deliver(&mut self, task: u32, envelope: Envelope) -> Result<(), WorkerError> {
        let Some(owned) = self.tasks.running.get_mut(&task) else { return Ok(()) };
        // the moment of handling, not of the transaction: a deadline born now must wait for a later safe time
        let (now, safe) = (clock::now(), self.service.safe.get());
        self.open.touch(task);
        let world = self.rules.world(&self.service.privacy);
        let delivered = owned.task.deliver(envelope, now, safe, world, &mut self.open.batch);
        delivered.map_err(|source| self.service.state_error(task, source))
    }

    /// The partition waits for a person; everything else goes on. The safe time will be held, and say so.
    fn stop_partition(&mut self, at: Partition, offset: i64, reason: String) -> Result<(), WorkerError> {
        let partition = self.service.topology.describe(at);
        error!(
            partition,
            offset,
            reason,
            "the partition is stopped: not the records are wrong but something around them; look at the dead letters, \
             correct the producer, the schema or the contract of the input, then restart"
        );
        self.seek_back(at, offset)?;
        self.pause([at])?;
        self.stopped.push((at, reason));
        self.report_now();
        Ok(())
    }

    /// The record was not handled: it is to come again.
    pub(super) fn seek_back(&self, at: Partition, offset: i64) -> Result<(), WorkerError> {
        let topic = self.service.topology.name(at.topic);
        let sought = self.member.consumer().seek(topic, at.number, Offset::Offset(offset), SEEK_TIMEOUT);
        sought.map_err(WorkerError::client("cannot go back to a record"))
    }

    pub(super) fn pause(&self, partitions: impl IntoIterator<Item = Partition>) -> Result<(), WorkerError> {
        let list = self.service.topology.list(partitions);
        if list.count() == 0 {
            return Ok(());
        }
        self.member.consumer().pause(&list).map_err(WorkerError::client("cannot pause partitions"))
    }

    fn poll_error(&mut self, error: KafkaError) -> Result<(), WorkerError> {
        match error {
            KafkaError::MessageConsumptionFatal(_) => {
                Err(WorkerError::Client { what: "the consumer is lost", source: error })
            }
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => self.reposition(),
            KafkaError::MessageConsumption(
                code @ (RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownTopic),
            ) => {
                warn!(worker = self.index, %code, "a topic or the group cannot be used; trying again");
                self.service.metrics.poll_errors.inc();
                Ok(())
            }
            // as "all brokers are down": the client gets over it by itself
            other => {
                debug!(worker = self.index, error = %other, "the consumer reports");
                self.service.metrics.poll_errors.inc();
                Ok(())
            }
        }
    }
}

impl Service {
    /// A state error of `task`, with where its state is.
    pub(super) fn state_error(&self, task: u32, source: StateError) -> WorkerError {
        WorkerError::State { topic: self.config.internal.state.clone(), partition: task as i32, source }
    }
}

/// A record as decoding needs it; `source` is the configured name of its input.
pub(super) fn raw_record<'a>(source: &'a str, record: &'a BorrowedMessage<'_>) -> RawRecord<'a> {
    let mut raw = RawRecord {
        source,
        key: record.key(),
        value: record.payload(),
        timestamp: record.timestamp().to_millis().and_then(Timestamp::from_millis),
        offset: record.offset(),
        ..RawRecord::default()
    };
    for header in record.headers().iter().flat_map(|headers| headers.iter()) {
        if let Some(value) = header.value {
            raw.take_header(header.key, value);
        }
    }
    raw
}

/// The events of a record, of which `raw` is what decoding needs.
pub(super) fn decode(
    service: &Service,
    content: &Content,
    raw: &RawRecord<'_>,
    record: &BorrowedMessage<'_>,
) -> Result<Vec<Input>, DecodeError> {
    match content {
        Content::Contract(contract) => service.codec.decode(*contract, raw).map(|input| vec![input]),
        Content::Mapped(mapping) => {
            let value = service.codec.unframed(raw)?;
            let headers = record.headers();
            let texts = headers.iter().flat_map(|headers| headers.iter());
            let source = SourceRecord {
                topic: raw.source,
                partition: record.partition(),
                offset: raw.offset,
                timestamp: raw.timestamp,
                key: raw.key,
                value: value.as_deref(),
                headers: texts
                    .filter_map(|header| Some((header.key, std::str::from_utf8(header.value?).ok()?)))
                    .collect(),
            };
            mapping.inputs(&service.codec, &source)
        }
    }
}
