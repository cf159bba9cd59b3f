//! Bytes to events and back: JSON, Avro single objects, and what a schema registry frames, told apart by their first
//! bytes; CloudEvents are taken out of their envelope first.
//!
//! One `Codec` is built at start and shared by all worker threads; nothing in it changes but what is known of the
//! registry's schemas. An event that leaves `decode` has passed every check of the contract. Errors never repeat what a
//! field holds.

pub mod asyncapi;
mod avro;
mod cloud_events;
mod error;
mod fingerprint;
mod json;
pub mod mapping;
mod published;
mod reading;
mod recorded;
pub mod registry;
mod schemas;
pub mod shape;
mod validate;

pub use error::{CodecError, DecodeError, DecodeErrorKind, EncodeError};
pub use fingerprint::fingerprint;
pub use published::{Published, published, published_output};
pub use recorded::{Line, Recorded, RecordedError, RecordedReader};

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::events::{Contract, Event, Input, OutputContract, Payload, Timestamp};
use avro::Encoder;
use reading::Value;
use registry::{Fetched, KnownSchema, Registry, RegistryClient, RegistryError, SchemaKey};
use schemas::Schemas;

/// Larger values are refused before they are looked at.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    #[default]
    Json,
    AvroSingleObject,
    /// Framed for a schema registry, which knows the schema by the id in front.
    AvroRegistry,
}

impl Format {
    /// As in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::AvroSingleObject => "avro",
            Self::AvroRegistry => "avro_registry",
        }
    }

    /// For the header of the same name.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::AvroSingleObject | Self::AvroRegistry => "avro/binary",
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
            "avro_registry" => Ok(Self::AvroRegistry),
            _ => Err(format!("unknown format {text:?}, expected json, avro or avro_registry")),
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
    /// Stand in for an id and a time that the event itself lacks.
    pub ce_id: Option<&'a str>,
    pub ce_time: Option<&'a str>,
    pub content_type: Option<&'a str>,
    pub traceparent: Option<&'a str>,
    /// The header in which newer serializers name the schema.
    pub schema_id: Option<&'a [u8]>,
    /// What [`Codec::schema_of`] said about this record.
    pub schema: Option<&'a KnownSchema>,
}

/// Whether a record needs a schema of the registry, and whether it is there.
#[derive(Debug)]
pub enum SchemaOf {
    /// It can be decoded as it is, or it can be said why not.
    NotNeeded,
    Known(KnownSchema),
    /// To be fetched first.
    Missing(SchemaKey),
}

/// Reads and writes events.
pub struct Codec {
    schemas: Schemas,
    registry: Option<Registry>,
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
            registry: None,
        })
    }

    /// The same with a registry to ask.
    #[must_use]
    pub fn with_registry(self, client: RegistryClient) -> Self {
        Self { registry: Some(Registry::new(client)), ..self }
    }

    pub fn registry(&self) -> Option<&Registry> {
        self.registry.as_ref()
    }

    /// Writes outputs of a contract with this id of the registry from now on.
    pub fn set_output_id(&mut self, contract: OutputContract, id: u32) {
        let encoder = match contract {
            OutputContract::Actions => &mut self.actions,
            OutputContract::FollowUps => &mut self.follow_ups,
            OutputContract::Incidents => &mut self.incidents,
            OutputContract::Insights => &mut self.insights,
        };
        encoder.registry_id = Some(id);
    }

    /// Writes events of a contract with this id of the registry from now on.
    pub fn set_input_id(&mut self, contract: Contract, id: u32) {
        let encoder = match contract {
            Contract::Orders => &mut self.orders,
            Contract::DeliveryDelays => &mut self.deliveries,
            Contract::Complaints => &mut self.complaints,
            Contract::Customers => &mut self.customers,
            Contract::RecoveryOutcomes => &mut self.outcomes,
            Contract::Catalogue => &mut self.catalogue,
        };
        encoder.registry_id = Some(id);
    }

    /// Whether events of a contract can be written for the registry.
    pub fn has_input_id(&self, contract: Contract) -> bool {
        let encoder = match contract {
            Contract::Orders => &self.orders,
            Contract::DeliveryDelays => &self.deliveries,
            Contract::Complaints => &self.complaints,
            Contract::Customers => &self.customers,
            Contract::RecoveryOutcomes => &self.outcomes,
            Contract::Catalogue => &self.catalogue,
        };
        encoder.registry_id.is_some()
    }

    /// Looks at what a record needs before it can be decoded. Nothing is fetched here.
    pub fn schema_of(&self, record: &RawRecord<'_>) -> SchemaOf {
        let Some(registry) = &self.registry else { return SchemaOf::NotNeeded };
        let framed =
            record.schema_id.is_some() || record.value.and_then(|value| value.first()) == Some(&registry::MAGIC);
        if !framed && record.content_type.is_none() {
            return SchemaOf::NotNeeded;
        }
        // what can't be opened needs no schema: decoding says why
        let Ok(content) = cloud_events::open(record) else { return SchemaOf::NotNeeded };
        let Some(value) = &content.value else { return SchemaOf::NotNeeded };
        match registry::unframe(record, value) {
            Ok(Some(framed)) => match registry.known(framed.key) {
                Some(known) => SchemaOf::Known(known),
                None => SchemaOf::Missing(framed.key),
            },
            _ => SchemaOf::NotNeeded,
        }
    }

    /// Asks the registry for a schema. Blocks.
    ///
    /// # Errors
    /// When the registry could not say; then it has to be asked again.
    pub fn fetch_schema(&self, key: SchemaKey) -> Result<Fetched, RegistryError> {
        match &self.registry {
            Some(registry) => registry.fetch(key, &self.schemas),
            None => Ok(Fetched::NotFound),
        }
    }

    /// Whether what was written with the Avro schema `text` can be read as our `record`.
    ///
    /// # Errors
    /// Names the field that stands in the way.
    pub fn can_read(&self, text: &str, record: &str) -> Result<(), String> {
        let writer = self.schemas.writer_of(text)?;
        if writer.record == record {
            Ok(())
        } else {
            Err(format!("it is a record {}, expected {record}", writer.record))
        }
    }

    /// Reads a record of a topic that carries `contract`. A schema of the registry must have been fetched, and is given
    /// in `record.schema` where another thread might drop it meanwhile.
    ///
    /// # Errors
    /// Says what is wrong without repeating what a field holds.
    pub fn decode(&self, contract: Contract, record: &RawRecord<'_>) -> Result<Input, DecodeError> {
        let content = cloud_events::open(record)?;
        let value = Value { codec: self, record, content: &content };
        let event = match contract {
            Contract::Orders => Event::Order(value.read("OrderEvent")?),
            Contract::DeliveryDelays => Event::Delivery(value.read("DeliveryEvent")?),
            Contract::Complaints => Event::Complaint(value.read("ComplaintEvent")?),
            Contract::RecoveryOutcomes => Event::Outcome(value.read("OutcomeEvent")?),
            Contract::Customers => Event::Customer(Box::new(value.read_customer()?)),
            Contract::Catalogue => Event::Catalogue(Box::new(value.read_catalogue()?)),
        };
        validate::check(&event)?;
        let source = content.source.map_or_else(|| record.source.to_owned(), Cow::into_owned);
        validate::check_source(&source)?;
        Ok(Input { source, event, traceparent: content.traceparent.map(Cow::into_owned) })
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

fn write<T: Serialize>(
    encoder: &Encoder,
    contract: &'static str,
    value: &T,
    format: Format,
) -> Result<Vec<u8>, EncodeError> {
    let result = match format {
        Format::Json => json::encode(value).map_err(|error| error.to_string()),
        Format::AvroSingleObject => encoder.encode(value),
        Format::AvroRegistry => encoder.encode_for_registry(value),
    };
    result.map_err(|reason| EncodeError { contract, format: format.name(), reason })
}
