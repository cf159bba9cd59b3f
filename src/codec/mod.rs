//! Bytes to events and back: JSON, and Avro single objects, told apart by their first bytes.
//!
//! One `Codec` is built at start and shared by all worker threads; it never changes. An event that leaves `decode` has
//! passed every check of the contract. Errors never repeat what a field holds.

pub mod asyncapi;
mod avro;
mod error;
mod fingerprint;
mod json;
pub mod mapping;
mod recorded;
mod schemas;
mod validate;

pub use error::{CodecError, DecodeError, DecodeErrorKind, EncodeError};
pub use fingerprint::fingerprint;
pub use recorded::{Line, Recorded, RecordedError, RecordedReader};

use std::fmt;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::events::{
    CatalogueItem, CatalogueUpdate, Contract, CustomerProfile, CustomerUpdate, Event, Input, Payload, Timestamp,
};
use avro::Encoder;
use error::DecodeErrorKind as Kind;
use schemas::Schemas;

/// Larger values are refused before they are looked at.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// Confluent's framing: this byte, then the four bytes of a schema id.
const REGISTRY_MAGIC: u8 = 0x00;
const UTF8_BOM: &[u8] = &[0xEF, 0xBB, 0xBF];

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    #[default]
    Json,
    AvroSingleObject,
}

impl Format {
    /// As in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::AvroSingleObject => "avro",
        }
    }

    /// For the header of the same name.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::AvroSingleObject => "avro/binary",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "json" => Ok(Self::Json),
            "avro" => Ok(Self::AvroSingleObject),
            _ => Err(format!("unknown format {text:?}, expected json or avro")),
        }
    }
}

/// A record of an input topic, as far as decoding needs it.
#[derive(Debug, Clone, Copy, Default)]
pub struct RawRecord<'a> {
    /// The configured name of its input.
    pub source: &'a str,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    /// When it was written.
    pub timestamp: Option<Timestamp>,
    pub offset: i64,
    /// The `ce_source` header: takes the place of `source` in the event's identity.
    pub ce_source: Option<&'a str>,
    pub traceparent: Option<&'a str>,
}

/// Reads and writes events.
pub struct Codec {
    schemas: Schemas,
    orders: Encoder,
    deliveries: Encoder,
    complaints: Encoder,
    customers: Encoder,
    outcomes: Encoder,
    actions: Encoder,
    follow_ups: Encoder,
    incidents: Encoder,
    insights: Encoder,
    catalogue: Encoder,
}

impl Codec {
    /// Knows the embedded schemas, and those of older or newer writers in `schemas_dir` (`*.avsc`).
    ///
    /// # Errors
    /// When the directory or a file in it can't be read, or a schema in it can't be resolved against ours.
    pub fn new(schemas_dir: Option<&Path>) -> Result<Self, CodecError> {
        avro::limit_allocations();
        let schemas = Schemas::load(schemas_dir)?;
        Ok(Self {
            orders: Encoder::new(&schemas, "OrderEvent")?,
            deliveries: Encoder::new(&schemas, "DeliveryEvent")?,
            complaints: Encoder::new(&schemas, "ComplaintEvent")?,
            customers: Encoder::new(&schemas, "CustomerProfile")?,
            outcomes: Encoder::new(&schemas, "OutcomeEvent")?,
            actions: Encoder::new(&schemas, "RecoveryAction")?,
            follow_ups: Encoder::new(&schemas, "FollowUp")?,
            incidents: Encoder::new(&schemas, "IncidentEvent")?,
            insights: Encoder::new(&schemas, "Insight")?,
            catalogue: Encoder::new(&schemas, "CatalogueItem")?,
            schemas,
        })
    }

    /// Reads a record of a topic that carries `contract`.
    ///
    /// # Errors
    /// Says what is wrong without repeating what a field holds.
    pub fn decode(&self, contract: Contract, record: &RawRecord<'_>) -> Result<Input, DecodeError> {
        let event = match contract {
            Contract::Orders => Event::Order(self.read("OrderEvent", required(record.value)?)?),
            Contract::DeliveryDelays => Event::Delivery(self.read("DeliveryEvent", required(record.value)?)?),
            Contract::Complaints => Event::Complaint(self.read("ComplaintEvent", required(record.value)?)?),
            Contract::RecoveryOutcomes => Event::Outcome(self.read("OutcomeEvent", required(record.value)?)?),
            Contract::Customers => Event::Customer(Box::new(self.read_customer(record)?)),
            Contract::Catalogue => Event::Catalogue(Box::new(self.read_catalogue(record)?)),
        };
        validate::check(&event)?;
        Ok(Input {
            source: record.ce_source.unwrap_or(record.source).to_owned(),
            event,
            traceparent: record.traceparent.map(str::to_owned),
        })
    }

    fn read_customer(&self, record: &RawRecord<'_>) -> Result<CustomerUpdate, DecodeError> {
        let customer_id = match record.key.map(std::str::from_utf8) {
            Some(Ok(key)) if !key.is_empty() => key.to_owned(),
            Some(Err(_)) => return Err(DecodeError::new(Kind::InvalidKey, "the record key is not UTF-8")),
            _ => return Err(DecodeError::new(Kind::InvalidKey, "the record key is missing, expected the customer id")),
        };
        let profile = match record.value {
            None => None,
            value => Some(*self.read::<CustomerProfile>("CustomerProfile", required(value)?)?),
        };
        Ok(CustomerUpdate { customer_id, time: written_at(record), offset: record.offset, profile })
    }

    /// The key is `item_id`, or `site_id/item_id` for one site. A record with a value may do without (as in a file).
    fn read_catalogue(&self, record: &RawRecord<'_>) -> Result<CatalogueUpdate, DecodeError> {
        let time = written_at(record);
        let key = match record.key.map(std::str::from_utf8) {
            Some(Ok(key)) if !key.is_empty() => Some(key),
            Some(Err(_)) => return Err(DecodeError::new(Kind::InvalidKey, "the record key is not UTF-8")),
            _ => None,
        };
        if record.value.is_none() {
            let missing = || DecodeError::new(Kind::InvalidKey, "the record key is missing, expected the item id");
            return Ok(CatalogueUpdate::of_key(key.ok_or_else(missing)?, time));
        }
        let item = *self.read::<CatalogueItem>("CatalogueItem", required(record.value)?)?;
        // the topic keeps the last record of each key, so an item under a foreign key would stay for ever
        if key.is_some_and(|key| key != item.key()) {
            let message = "the record key is not the value's item_id, or site_id/item_id where it has a site";
            return Err(DecodeError::new(Kind::InvalidKey, message));
        }
        Ok(CatalogueUpdate { item_id: item.item_id.clone(), site_id: item.site_id.clone(), time, item: Some(item) })
    }

    fn read<T: DeserializeOwned>(&self, record: &'static str, value: &[u8]) -> Result<Box<T>, DecodeError> {
        let event = if value[0] == REGISTRY_MAGIC {
            let message = "the value has a schema registry id, and no schema registry is configured";
            return Err(DecodeError::new(Kind::RegistryNotConfigured, message));
        } else if value.starts_with(&avro::MARKER) {
            avro::decode(&self.schemas, record, value)?
        } else {
            json::decode(value.strip_prefix(UTF8_BOM).unwrap_or(value))?
        };
        Ok(Box::new(event))
    }

    /// The value of a record of an output topic.
    ///
    /// # Errors
    /// Only by a bug: a type that does not fit its schema.
    pub fn encode(&self, payload: &Payload, format: Format) -> Result<Vec<u8>, EncodeError> {
        let contract = payload.contract().name();
        match payload {
            Payload::Action(action) => write(&self.actions, contract, action, format),
            Payload::FollowUp(follow_up) => write(&self.follow_ups, contract, follow_up, format),
            Payload::Incident(incident) => write(&self.incidents, contract, incident, format),
            Payload::Insight(insight) => write(&self.insights, contract, insight, format),
        }
    }

    /// The value of a record of an input topic; `None` is a tombstone: it erases a customer, or takes an item off the list.
    ///
    /// # Errors
    /// Only by a bug: a type that does not fit its schema.
    pub fn encode_event(&self, event: &Event, format: Format) -> Result<Option<Vec<u8>>, EncodeError> {
        let value = match event {
            Event::Order(order) => write(&self.orders, Contract::Orders.name(), order, format)?,
            Event::Delivery(delivery) => write(&self.deliveries, Contract::DeliveryDelays.name(), delivery, format)?,
            Event::Complaint(complaint) => write(&self.complaints, Contract::Complaints.name(), complaint, format)?,
            Event::Outcome(outcome) => write(&self.outcomes, Contract::RecoveryOutcomes.name(), outcome, format)?,
            Event::Customer(update) => match &update.profile {
                Some(profile) => write(&self.customers, Contract::Customers.name(), profile, format)?,
                None => return Ok(None),
            },
            Event::Catalogue(update) => match &update.item {
                Some(item) => write(&self.catalogue, Contract::Catalogue.name(), item, format)?,
                None => return Ok(None),
            },
        };
        Ok(Some(value))
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codec").finish_non_exhaustive()
    }
}

/// A record without a time of writing (as from a file) has been known all along.
fn written_at(record: &RawRecord<'_>) -> Timestamp {
    record.timestamp.unwrap_or_else(|| Timestamp::from_millis(0).expect("invariant: 1970 is in range"))
}

/// The value, which must be there and of a sensible size.
fn required(value: Option<&[u8]>) -> Result<&[u8], DecodeError> {
    let Some(value) = value else {
        return Err(DecodeError::new(Kind::Empty, "the record has no value"));
    };
    if value.is_empty() {
        return Err(DecodeError::new(Kind::Empty, "the value is empty"));
    }
    if value.len() > MAX_VALUE_BYTES {
        let message = format!("the value has {} bytes, at most {MAX_VALUE_BYTES} are read", value.len());
        return Err(DecodeError::new(Kind::TooLarge, message));
    }
    Ok(value)
}

fn write<T: Serialize>(
    encoder: &Encoder,
    contract: &'static str,
    value: &T,
    format: Format,
) -> Result<Vec<u8>, EncodeError> {
    let result = match format {
        Format::Json => json::encode(value).map_err(|error| error.to_string()),
        Format::AvroSingleObject => encoder.encode(value).map_err(|error| error.to_string()),
    };
    result.map_err(|reason| EncodeError { contract, format: format.name(), reason })
}
