//! The transactional producer of a worker: one transaction at a time, written in a burst and committed at once.
//!
//! A failure says whether anything of the transaction can ever become visible. No call blocks for long, so that a
//! worker that waits for its brokers can still stop.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, TopicPartitionList};
use tracing::{info, warn};

use super::client::Logged;
use super::errors::{Verdict, WorkerError, triage};
use super::service::Service;

/// A single attempt of a call that is made again when it times out.
const ATTEMPT: Duration = Duration::from_millis(500);
/// Waiting for the broker's acknowledgements: shorter would spin, longer would show in every commit.
const DRAIN_PAUSE: Duration = Duration::from_micros(500);
/// After this long the outcome of a commit is read back from the topics instead.
const COMMIT_PATIENCE: Duration = Duration::from_secs(30);
const OFFSETS_PATIENCE: Duration = Duration::from_secs(15);
const ABORT_PATIENCE: Duration = Duration::from_secs(15);

/// Why a transaction did not go through.
#[derive(Debug)]
pub enum Failure {
    /// Nothing of it will ever be visible. With `producer_lost` it need not even be aborted.
    NotCommitted { step: &'static str, source: KafkaError, producer_lost: bool },
    /// It may have been committed.
    Unknown { source: KafkaError },
}

pub struct Transactions {
    producer: BaseProducer<Logged>,
    service: Arc<Service>,
    /// Whose sign of life its waits are.
    worker: Option<usize>,
}

impl Transactions {
    /// The producer of a worker.
    pub fn open(service: &Arc<Service>, worker: usize) -> Result<Self, WorkerError> {
        Self::take_over(service, service.clients.producer(worker), Some(worker))
    }

    /// Makes a producer and takes over its transactional id: what an earlier holder left open is aborted, and no
    /// earlier holder can commit any more. Waits for the brokers as long as it takes.
    pub fn take_over(
        service: &Arc<Service>,
        settings: ClientConfig,
        worker: Option<usize>,
    ) -> Result<Self, WorkerError> {
        let producer: BaseProducer<Logged> =
            settings.create_with_context(Logged).map_err(WorkerError::client("cannot make a producer"))?;
        let transactions = Self { producer, service: Arc::clone(service), worker };
        let began = Instant::now();
        let mut waiting = false;
        loop {
            match transactions.producer.init_transactions(ATTEMPT) {
                Ok(()) => break,
                Err(error) if service.stop.requested() || triage(&error) != Verdict::Retry => {
                    return Err(WorkerError::Client { what: "cannot begin to use transactions", source: error });
                }
                Err(error) if !waiting && began.elapsed() > Duration::from_secs(5) => {
                    waiting = true;
                    warn!(worker, %error, "waiting for the transaction coordinator");
                }
                Err(_) => {}
            }
            transactions.keep_alive();
        }
        info!(worker, took_ms = began.elapsed().as_millis() as u64, "the producer is ready");
        Ok(transactions)
    }

    pub fn begin(&self) -> Result<(), Failure> {
        // nothing was sent, so nothing is lost but the producer
        self.producer.begin_transaction().map_err(|source| Failure::NotCommitted {
            step: "begin",
            source,
            producer_lost: true,
        })
    }

    /// Adds a record. Delivery is checked by the commit.
    pub fn send(&self, record: BaseRecord<'_, [u8], [u8]>) -> Result<(), Failure> {
        let mut record = record;
        loop {
            let (error, returned) = match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err(refused) => refused,
            };
            if triage(&error) != Verdict::Retry || self.service.stop.overdue() {
                return Err(self.not_committed("send", error));
            }
            record = returned;
            self.keep_alive();
            thread::sleep(DRAIN_PAUSE);
        }
    }

    /// Commits what was sent together with the group's offsets. `group` must be as fresh as can be: it is what tells
    /// a member that was replaced from its successor.
    pub fn commit(&self, offsets: &TopicPartitionList, group: &ConsumerGroupMetadata) -> Result<(), Failure> {
        self.drain()?;
        self.repeat("send_offsets", OFFSETS_PATIENCE, || {
            self.producer.send_offsets_to_transaction(offsets, group, ATTEMPT)
        })?;
        let began = Instant::now();
        loop {
            let error = match self.producer.commit_transaction(ATTEMPT) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            match triage(&error) {
                Verdict::Retry if began.elapsed() < COMMIT_PATIENCE && !self.service.stop.overdue() => {
                    self.keep_alive();
                }
                Verdict::Abort => return Err(self.not_committed("commit", error)),
                Verdict::Retry | Verdict::Fatal => return Err(Failure::Unknown { source: error }),
            }
        }
    }

    /// Gives up the open transaction. Returns whether the producer can be used again.
    pub fn abort(&self) -> bool {
        self.repeat("abort", ABORT_PATIENCE, || self.producer.abort_transaction(ATTEMPT)).is_ok()
    }

    /// Waits until every record is acknowledged or given up. `commit_transaction` would do so in steps of 100 ms.
    fn drain(&self) -> Result<(), Failure> {
        let mut beat = Instant::now();
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(Duration::ZERO);
            if self.service.stop.overdue() {
                let source = KafkaError::Flush(rdkafka::error::RDKafkaErrorCode::OperationTimedOut);
                return Err(self.not_committed("drain", source));
            }
            if beat.elapsed() > ATTEMPT {
                beat = Instant::now();
                self.beat();
            }
            // there is nothing to wait on: delivery reports are for errors only, and a shorter poll would spin
            thread::sleep(DRAIN_PAUSE);
        }
        Ok(())
    }

    fn repeat(
        &self,
        step: &'static str,
        patience: Duration,
        call: impl Fn() -> KafkaResult<()>,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        loop {
            let error = match call() {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let may_repeat = began.elapsed() < patience && !self.service.stop.overdue();
            if triage(&error) != Verdict::Retry || !may_repeat {
                return Err(self.not_committed(step, error));
            }
            self.keep_alive();
        }
    }

    fn not_committed(&self, step: &'static str, source: KafkaError) -> Failure {
        let producer_lost = triage(&source) == Verdict::Fatal || self.producer.client().fatal_error().is_some();
        Failure::NotCommitted { step, source, producer_lost }
    }

    /// A call that is repeated needs its events served in between, or it deadlocks.
    fn keep_alive(&self) {
        self.producer.poll(Duration::ZERO);
        self.beat();
    }

    fn beat(&self) {
        if let Some(worker) = self.worker {
            self.service.health.beat(worker);
        }
    }
}

impl std::fmt::Debug for Transactions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transactions").field("worker", &self.worker).finish_non_exhaustive()
    }
}
