//! Avro's single-object encoding: 0xC3 0x01, the schema's fingerprint, the datum.
//!
//! Every byte of a value must be used, and none may be missing. The library takes the end of the input for null in some
//! places, so the reader here notices by itself when a datum asks for more than there is.

use std::io::Read;

use apache_avro::error::Details;
use apache_avro::from_value;
use apache_avro::writer::datum::GenericDatumWriter;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{CodecError, DecodeError, DecodeErrorKind as Kind};
use super::fingerprint::{Fingerprint, fingerprint};
use super::registry;
use super::schemas::{OwnedReader, Plan, Schemas, Writer};

/// What a single object starts with.
pub(super) const MARKER: [u8; 2] = [0xC3, 0x01];
const HEADER_BYTES: usize = MARKER.len() + size_of::<Fingerprint>();

/// A corrupt length may make the library reserve memory: at most this much.
const MAX_ALLOCATION_BYTES: usize = 16 * 1024 * 1024;

/// To be called before the first datum is read; the limit belongs to the process.
pub(super) fn limit_allocations() {
    apache_avro::util::max_allocation_bytes(MAX_ALLOCATION_BYTES);
}

/// Reads one value, which starts with [`MARKER`], as the record `record`.
pub(super) fn decode<T: DeserializeOwned>(
    schemas: &Schemas,
    record: &'static str,
    value: &[u8],
) -> Result<T, DecodeError> {
    let Some((header, datum)) = value.split_at_checked(HEADER_BYTES) else {
        return Err(DecodeError::new(Kind::Truncated, "the value ends within the Avro header"));
    };
    let mut fingerprint = Fingerprint::default();
    fingerprint.copy_from_slice(&header[MARKER.len()..]);
    let Some(writer) = schemas.writer(&fingerprint) else {
        let hex: String = fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
        let message = format!("unknown Avro schema fingerprint {hex}; add the schema to the schemas directory");
        return Err(DecodeError::new(Kind::UnknownSchema, message));
    };
    read_datum(writer, record, datum)
}

/// Reads a datum of a known writer as the record `record`.
pub(super) fn read_datum<T: DeserializeOwned>(
    writer: &Writer,
    record: &'static str,
    datum: &[u8],
) -> Result<T, DecodeError> {
    if writer.record != record {
        let message = format!("the value is a record {}, expected {record}", writer.record);
        return Err(DecodeError::new(Kind::WrongType, message));
    }

    let mut rest = Datum { bytes: datum, overrun: false };
    let result = match &writer.plan {
        Plan::Same(reader) => reader.read_deser::<T>(&mut rest),
        Plan::Resolve(reader) => reader.read_value(&mut rest).and_then(|value| from_value::<T>(&value)),
        Plan::Foreign => {
            return Err(DecodeError::new(Kind::WrongType, format!("the value is not a record {record}")));
        }
    };
    if rest.overrun {
        return Err(DecodeError::new(Kind::Truncated, format!("the Avro record {record} ends in the middle")));
    }
    let event = result.map_err(|error| explain(record, error.details()))?;
    if !rest.bytes.is_empty() {
        let message = format!("{} bytes are left over after the Avro record {record}", rest.bytes.len());
        return Err(DecodeError::new(Kind::MalformedAvro, message));
    }
    Ok(event)
}

/// Reads a datum of any schema as JSON: instants are numbers, enums texts, bytes lists of numbers.
pub(super) fn read_as_json(reader: &OwnedReader, datum: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut rest = Datum { bytes: datum, overrun: false };
    let value = reader.read_value(&mut rest);
    if rest.overrun {
        return Err(DecodeError::new(Kind::Truncated, "the Avro value ends in the middle"));
    }
    let value = value.map_err(|error| explain("value", error.details()))?;
    if !rest.bytes.is_empty() {
        let message = format!("{} bytes are left over after the Avro value", rest.bytes.len());
        return Err(DecodeError::new(Kind::MalformedAvro, message));
    }
    let json = serde_json::Value::try_from(value);
    let json = json.map_err(|_| DecodeError::new(Kind::InvalidField, "the Avro value cannot be written as JSON"))?;
    Ok(json.to_string().into_bytes())
}

/// The library's own messages quote values, so only their kind is used.
fn explain(record: &str, details: &Details) -> DecodeError {
    match details {
        Details::ConvertToUtf8(_) | Details::ConvertToUtf8Error(_) => {
            DecodeError::new(Kind::InvalidUtf8, format!("a text in the Avro record {record} is not UTF-8"))
        }
        Details::GetEnumDefault { .. } | Details::GetEnum(_) => {
            let message = format!("a word in the Avro record {record} is not one of its closed list");
            DecodeError::new(Kind::InvalidField, message)
        }
        Details::DeserializeValue(_) => {
            DecodeError::new(Kind::InvalidField, format!("a value in the Avro record {record} is out of range"))
        }
        _ => DecodeError::new(Kind::MalformedAvro, format!("the bytes do not fit the schema of the record {record}")),
    }
}

/// The bytes of a datum that have not been read yet.
struct Datum<'a> {
    bytes: &'a [u8],
    /// More was asked for than there was.
    overrun: bool,
}

impl Read for Datum<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.overrun |= buffer.len() > self.bytes.len();
        self.bytes.read(buffer)
    }
}

/// Writes values of one schema: single objects, or framed for a registry.
pub(super) struct Encoder {
    header: [u8; HEADER_BYTES],
    /// The schema's id in the registry.
    pub registry_id: Option<u32>,
    writer: GenericDatumWriter<'static>,
}

impl Encoder {
    pub fn new(schemas: &Schemas, record: &'static str) -> Result<Self, CodecError> {
        let schema = schemas.ours(record).expect("invariant: encoders are for embedded schemas");
        let mut header = [0; HEADER_BYTES];
        header[..MARKER.len()].copy_from_slice(&MARKER);
        header[MARKER.len()..].copy_from_slice(&fingerprint(schema));
        let writer = GenericDatumWriter::builder(schema).human_readable(false).build();
        let writer = writer.map_err(|error| CodecError::Embedded { record, reason: error.to_string() })?;
        Ok(Self { header, registry_id: None, writer })
    }

    pub fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, String> {
        self.append(self.header.to_vec(), value)
    }

    pub fn encode_for_registry<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, String> {
        let id = self.registry_id.ok_or("the id of its schema was not looked up")?;
        self.append(registry::header(id).to_vec(), value)
    }

    fn append<T: Serialize>(&self, mut bytes: Vec<u8>, value: &T) -> Result<Vec<u8>, String> {
        // the library's own message would quote the value
        self.writer.write_ser(&mut bytes, value).map_err(|_| "it does not fit the schema")?;
        Ok(bytes)
    }
}
