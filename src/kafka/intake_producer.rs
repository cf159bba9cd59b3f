//! Writes events that came by HTTP to their topics, and says so only once the brokers have them.
//!
//! Idempotent and acknowledged by all replicas. An event whose acknowledgement did not come in time may have been
//! written all the same: whoever sent it repeats it with the same id.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use thiserror::Error;
use tracing::warn;

use super::client::{Clients, Logged};
use crate::codec::{Codec, EncodeError, Format};
use crate::engine::{Unroutable, addressee};
use crate::events::{Contract, Input};

/// librdkafka looks for overdue records about once a second.
const GRACE: Duration = Duration::from_secs(2);

/// Where an event is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
}

#[derive(Debug, Error)]
pub enum IntakeError {
    /// It concerns nobody.
    #[error(transparent)]
    Unroutable(#[from] Unroutable),
    #[error("the event could not be written to {topic} in time: {reason}")]
    Unavailable { topic: String, reason: String },
    /// A larger record than the topic takes.
    #[error("topic {topic} does not take a record of this size")]
    TooLarge { topic: String },
    #[error(transparent)]
    Bug(#[from] EncodeError),
}

/// A producer that is made when it is first needed, and anew when it failed for good.
pub struct IntakeProducer {
    clients: Clients,
    timeout: Duration,
    producer: Mutex<Option<Arc<FutureProducer<Logged>>>>,
}

impl IntakeProducer {
    /// `timeout`: how long the brokers may take to acknowledge an event.
    pub fn new(clients: Clients, timeout: Duration) -> Self {
        Self { clients, timeout, producer: Mutex::new(None) }
    }

    /// Writes one event to `topic`, keyed by its guest if it names one, and waits until all replicas have it.
    ///
    /// # Errors
    /// `Unavailable` when the brokers did not acknowledge it in time.
    pub async fn write(&self, codec: &Codec, topic: &str, input: &Input) -> Result<Written, IntakeError> {
        let guest = addressee(input)?;
        let unavailable = |reason: String| IntakeError::Unavailable { topic: topic.to_owned(), reason };
        let value = codec.encode_event(&input.event, Format::Json)?.unwrap_or_default();
        let mut record = FutureRecord::<str, [u8]>::to(topic).payload(&value).headers(headers(input));
        if let Some(guest) = &guest {
            record = record.key(guest.id());
        }
        let producer = self.producer().map_err(|error| unavailable(error.to_string()))?;
        let delivery = producer.send_result(record).map_err(|(error, _)| self.failed(&producer, topic, &error))?;
        match tokio::time::timeout(self.timeout + GRACE, delivery).await {
            Ok(Ok(Ok(delivery))) => {
                Ok(Written { topic: topic.to_owned(), partition: delivery.partition, offset: delivery.offset })
            }
            Ok(Ok(Err((error, _)))) => Err(self.failed(&producer, topic, &error)),
            Ok(Err(_)) | Err(_) => Err(unavailable("no answer".to_owned())),
        }
    }

    fn failed(&self, producer: &Arc<FutureProducer<Logged>>, topic: &str, error: &KafkaError) -> IntakeError {
        self.forget_if_lost(producer);
        let topic = topic.to_owned();
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::MessageSizeTooLarge) => IntakeError::TooLarge { topic },
            Some(code) => IntakeError::Unavailable { topic, reason: code.to_string() },
            None => IntakeError::Unavailable { topic, reason: error.to_string() },
        }
    }

    fn producer(&self) -> Result<Arc<FutureProducer<Logged>>, KafkaError> {
        let mut slot = self.producer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(producer) = &*slot {
            return Ok(Arc::clone(producer));
        }
        let producer = Arc::new(self.clients.intake(self.timeout).create_with_context(Logged)?);
        *slot = Some(Arc::clone(&producer));
        Ok(producer)
    }

    /// After a fatal error the producer takes nothing any more.
    fn forget_if_lost(&self, producer: &Arc<FutureProducer<Logged>>) {
        let Some((code, reason)) = producer.client().fatal_error() else { return };
        let mut slot = self.producer.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.as_ref().is_some_and(|current| Arc::ptr_eq(current, producer)) {
            warn!(%code, reason, "the producer of the HTTP intake is made anew");
            *slot = None;
        }
    }
}

impl std::fmt::Debug for IntakeProducer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IntakeProducer").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// CloudEvents 1.0 in binary mode: the source makes the ids of one sender their own.
fn headers(input: &Input) -> OwnedHeaders {
    let event_type = match input.contract() {
        Contract::Complaints => "recovery.complaint",
        _ => "recovery.outcome",
    };
    let time = input.time().to_string();
    let texts = [
        ("ce_specversion", Some("1.0")),
        ("ce_id", Some(input.id())),
        ("ce_source", Some(&*input.source)),
        ("ce_type", Some(event_type)),
        ("ce_time", Some(&*time)),
        ("content-type", Some(Format::Json.content_type())),
        ("traceparent", input.traceparent.as_deref()),
    ];
    texts.into_iter().fold(OwnedHeaders::new(), |headers, (key, value)| match value {
        Some(value) => headers.insert(Header { key, value: Some(value) }),
        None => headers,
    })
}
