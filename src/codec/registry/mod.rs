//! Schemas that records name by an id of a registry: what is known of them, and how to read what they describe.
//!
//! Decoding never waits for the network: it looks at what was fetched before, and a record whose schema was not is kept
//! by its reader until [`Registry::fetch`] has brought it. A schema never changes, so what is known stays true; only
//! that an id is unknown is believed for a while.

mod client;
mod references;
mod subjects;

pub use client::{
    Compatibility, Reference, Registered, RegistryClient, RegistryError, RegistrySettings, RegistrySetupError,
};
pub use subjects::SubjectStrategy;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::error::{DecodeError, DecodeErrorKind as Kind};
use super::schemas::{OwnedReader, Schemas, Writer};
use super::{RawRecord, avro};
use references::Definitions;

/// Confluent's framing: this byte, then the four bytes of a schema id.
pub(super) const MAGIC: u8 = 0x00;
const HEADER_BYTES: usize = 5;
/// In a header instead of the framing: this byte, then the sixteen bytes of a UUID.
const GUID_MAGIC: u8 = 0x01;

/// An id that the registry does not know is asked for again after this time.
const BELIEVE_UNKNOWN: Duration = Duration::from_secs(30);
/// Far more than a deployment has; beyond it the oldest are fetched anew.
const MAX_KNOWN: usize = 1_000;
/// How deep references may go.
const MAX_DEPTH: usize = 10;

/// How a record names its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SchemaKey {
    Id(u32),
    Guid(Uuid),
}

impl fmt::Display for SchemaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Guid(guid) => write!(f, "{guid}"),
        }
    }
}

/// What is known about a schema.
#[derive(Clone)]
pub struct KnownSchema(pub(super) Arc<Known>);

pub(super) enum Known {
    Avro(AvroSchema),
    Json,
    /// Nothing that names it can be read.
    Refused(DecodeError),
    Unknown(DecodeError, Instant),
}

/// An Avro schema of the registry.
pub(super) struct AvroSchema {
    /// With everything that it refers to.
    text: String,
    /// How to read what was written with it as one of our records, or why that can't be done.
    pub writer: Result<Writer, DecodeError>,
    /// For mappings, which may take any record: made when the first of them asks.
    generic: OnceLock<Option<OwnedReader>>,
}

impl AvroSchema {
    /// A datum as JSON, as its writer meant it.
    pub fn to_json(&self, datum: &[u8]) -> Result<Vec<u8>, DecodeError> {
        match self.generic.get_or_init(|| OwnedReader::generic(&self.text)) {
            Some(reader) => avro::read_as_json(reader, datum),
            None => Err(DecodeError::new(Kind::IncompatibleSchema, "the registry's schema is not usable Avro")),
        }
    }
}

impl fmt::Debug for KnownSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*self.0 {
            Known::Avro(_) => "KnownSchema(Avro)",
            Known::Json => "KnownSchema(Json)",
            Known::Refused(_) => "KnownSchema(Refused)",
            Known::Unknown(..) => "KnownSchema(Unknown)",
        })
    }
}

/// What came of asking the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// Records that name it can be read.
    Usable,
    /// The schema is there, but is none of ours: at most a mapping can read what names it.
    Unusable,
    /// There is no such schema. To be believed, it has to be said: [`Registry::believe_unknown`].
    NotFound,
}

/// A record's value without its framing.
pub(super) struct Framed<'a> {
    pub key: SchemaKey,
    pub payload: &'a [u8],
}

/// Takes the framing off; `None` when there is none.
pub(super) fn unframe<'a>(record: &RawRecord<'_>, value: &'a [u8]) -> Result<Option<Framed<'a>>, DecodeError> {
    if let Some([GUID_MAGIC, guid @ ..]) = record.schema_id
        && let Ok(guid) = Uuid::from_slice(guid)
    {
        return Ok(Some(Framed { key: SchemaKey::Guid(guid), payload: value }));
    }
    if value.first() != Some(&MAGIC) {
        return Ok(None);
    }
    match value.split_at_checked(HEADER_BYTES) {
        Some(([_, id @ ..], payload)) => {
            let id = id.try_into().map(u32::from_be_bytes).expect("invariant: four bytes follow the first of five");
            Ok(Some(Framed { key: SchemaKey::Id(id), payload }))
        }
        _ => Err(DecodeError::new(Kind::Truncated, "the value ends within the id of its schema")),
    }
}

/// What stands in front of a datum.
pub(super) fn header(id: u32) -> [u8; HEADER_BYTES] {
    let [a, b, c, d] = id.to_be_bytes();
    [MAGIC, a, b, c, d]
}

/// A registry and what is known of its schemas. Shared by all threads.
#[derive(Debug)]
pub struct Registry {
    client: RegistryClient,
    cache: RwLock<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    known: HashMap<SchemaKey, KnownSchema>,
    /// Oldest first.
    order: VecDeque<SchemaKey>,
}

impl Registry {
    pub fn new(client: RegistryClient) -> Self {
        Self { client, cache: RwLock::default() }
    }

    pub fn client(&self) -> &RegistryClient {
        &self.client
    }

    /// What is known about a schema, unless it has to be asked for.
    pub fn known(&self, key: SchemaKey) -> Option<KnownSchema> {
        let cache = self.cache.read().unwrap_or_else(PoisonError::into_inner);
        let known = cache.known.get(&key)?;
        match &*known.0 {
            Known::Unknown(_, until) if Instant::now() >= *until => None,
            _ => Some(known.clone()),
        }
    }

    /// Asks the registry for a schema, and keeps what can be kept. Blocks.
    pub(super) fn fetch(&self, key: SchemaKey, schemas: &Schemas) -> Result<Fetched, RegistryError> {
        let registered = match key {
            SchemaKey::Id(id) => self.client.by_id(id),
            SchemaKey::Guid(guid) => self.client.by_guid(&guid.to_string()),
        };
        let registered = match registered {
            Ok(registered) => registered,
            Err(error) if error.is_not_found() => return Ok(Fetched::NotFound),
            Err(error) => return Err(error),
        };
        let known = match registered.schema_type.as_deref() {
            None | Some("AVRO") => self.interpret(key, &registered, schemas)?,
            Some("JSON") => Known::Json,
            Some(other) => {
                let message = format!("schema {key} is of type {other}, expected AVRO or JSON");
                Known::Refused(DecodeError::new(Kind::UnsupportedSchemaType, message))
            }
        };
        let outcome = match &known {
            Known::Refused(_) | Known::Avro(AvroSchema { writer: Err(_), .. }) => Fetched::Unusable,
            _ => Fetched::Usable,
        };
        self.keep(key, known);
        Ok(outcome)
    }

    /// From now on, records that name `key` can't be read, for a while.
    pub fn believe_unknown(&self, key: SchemaKey) {
        let error = DecodeError::new(Kind::UnknownSchema, format!("the schema registry knows no schema {key}"));
        self.keep(key, Known::Unknown(error, Instant::now() + BELIEVE_UNKNOWN));
    }

    fn interpret(&self, key: SchemaKey, schema: &Registered, schemas: &Schemas) -> Result<Known, RegistryError> {
        let refused = |reason: String| {
            let message = format!("schema {key} of the registry: {reason}");
            DecodeError::new(Kind::IncompatibleSchema, message)
        };
        let mut definitions = Definitions::new();
        let text = match self.define(schema, &mut definitions, MAX_DEPTH)? {
            Ok(()) if definitions.is_empty() => Ok(schema.schema.clone()),
            Ok(()) => references::inline(&schema.schema, definitions).map_err(|error| error.to_string()),
            Err(reason) => Err(reason),
        };
        Ok(match text {
            Ok(text) => {
                let writer = schemas.writer_of(&text).map_err(refused);
                Known::Avro(AvroSchema { text, writer, generic: OnceLock::new() })
            }
            Err(reason) => Known::Refused(refused(reason)),
        })
    }

    /// Gathers what `schema` refers to. The inner error says why it can't be used.
    fn define(
        &self,
        schema: &Registered,
        definitions: &mut Definitions,
        depth: usize,
    ) -> Result<Result<(), String>, RegistryError> {
        if depth == 0 {
            return Ok(Err(format!("its references go deeper than {MAX_DEPTH}")));
        }
        for reference in &schema.references {
            let (subject, version) = (&reference.subject, reference.version);
            let referenced = match self.client.version(reference) {
                Ok(referenced) => referenced,
                Err(error) if error.is_not_found() => {
                    return Ok(Err(format!("it refers to version {version} of {subject}, which is not there")));
                }
                Err(error) => return Err(error),
            };
            if let Err(reason) = self.define(&referenced, definitions, depth - 1)? {
                return Ok(Err(reason));
            }
            if references::define(definitions, &referenced.schema).is_err() {
                return Ok(Err(format!("version {version} of {subject}, to which it refers, is not JSON")));
            }
        }
        Ok(Ok(()))
    }

    fn keep(&self, key: SchemaKey, known: Known) {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        if cache.known.insert(key, KnownSchema(Arc::new(known))).is_none() {
            cache.order.push_back(key);
        }
        while cache.order.len() > MAX_KNOWN {
            if let Some(oldest) = cache.order.pop_front() {
                cache.known.remove(&oldest);
            }
        }
    }
}
