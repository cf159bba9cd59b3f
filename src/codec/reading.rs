//! The value of one record, by whatever framing it has, as one of our records.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::cloud_events::Content;
use super::error::{DecodeError, DecodeErrorKind as Kind};
use super::registry::{self, Framed, Known, KnownSchema, SchemaKey};
use super::{Codec, MAX_VALUE_BYTES, RawRecord, avro, json};
use crate::events::{CatalogueItem, CatalogueUpdate, CustomerProfile, CustomerUpdate, Timestamp};

pub(super) const UTF8_BOM: &[u8] = &[0xEF, 0xBB, 0xBF];

/// The value of a record, to be read as one of our records.
pub(super) struct Value<'a> {
    pub codec: &'a Codec,
    pub record: &'a RawRecord<'a>,
    pub content: &'a Content<'a>,
}

impl Value<'_> {
    pub fn read_customer(&self) -> Result<CustomerUpdate, DecodeError> {
        let customer_id = self.key("the customer id")?.to_owned();
        let profile = match self.content.value {
            None => None,
            Some(_) => Some(*self.read::<CustomerProfile>("CustomerProfile")?),
        };
        Ok(CustomerUpdate { customer_id, time: written_at(self.record), offset: self.record.offset, profile })
    }

    /// The key is `item_id`, or `site_id/item_id` for one site. A record with a value may do without (as in a file).
    pub fn read_catalogue(&self) -> Result<CatalogueUpdate, DecodeError> {
        let time = written_at(self.record);
        if self.content.value.is_none() {
            return Ok(CatalogueUpdate::of_key(self.key("the item id")?, time));
        }
        let key = self.record.key.filter(|key| !key.is_empty()).map(|_| self.key("the item id")).transpose()?;
        let item = *self.read::<CatalogueItem>("CatalogueItem")?;
        // the topic keeps the last record of each key, so an item under a foreign key would stay for ever
        if key.is_some_and(|key| key != item.key()) {
            let message = "the record key is not the value's item_id, or site_id/item_id where it has a site";
            return Err(DecodeError::new(Kind::InvalidKey, message));
        }
        Ok(CatalogueUpdate { item_id: item.item_id.clone(), site_id: item.site_id.clone(), time, item: Some(item) })
    }

    fn key(&self, expected: &str) -> Result<&str, DecodeError> {
        match self.record.key.map(std::str::from_utf8) {
            Some(Ok(key)) if !key.is_empty() => Ok(key),
            Some(Err(_)) => Err(DecodeError::new(Kind::InvalidKey, "the record key is not UTF-8")),
            _ => Err(DecodeError::new(Kind::InvalidKey, format!("the record key is missing, expected {expected}"))),
        }
    }

    pub fn read<T: DeserializeOwned>(&self, record: &'static str) -> Result<Box<T>, DecodeError> {
        let value = required(self.content.value.as_deref())?;
        let event = if let Some(framed) = registry::unframe(self.record, value)? {
            self.read_framed(record, &framed)?
        } else if value.starts_with(&avro::MARKER) {
            avro::decode(&self.codec.schemas, record, value)?
        } else {
            self.read_json(value)?
        };
        Ok(Box::new(event))
    }

    fn read_framed<T: DeserializeOwned>(&self, record: &'static str, framed: &Framed<'_>) -> Result<T, DecodeError> {
        match &*self.codec.schema(self.record, framed.key)?.0 {
            Known::Avro(schema) => match &schema.writer {
                Ok(writer) => avro::read_datum(writer, record, framed.payload),
                Err(error) => Err(error.clone()),
            },
            Known::Json => self.read_json(required(Some(framed.payload))?),
            Known::Refused(error) | Known::Unknown(error, _) => Err(error.clone()),
        }
    }

    fn read_json<T: DeserializeOwned>(&self, value: &[u8]) -> Result<T, DecodeError> {
        let value = value.strip_prefix(UTF8_BOM).unwrap_or(value);
        json::decode(value).or_else(|error| match self.content.complete(value) {
            Some(completed) => json::decode(&completed),
            None => Err(error),
        })
    }
}

impl Codec {
    fn schema(&self, record: &RawRecord<'_>, key: SchemaKey) -> Result<KnownSchema, DecodeError> {
        let Some(registry) = &self.registry else {
            let message = "the value has a schema registry id, and no schema registry is configured";
            return Err(DecodeError::new(Kind::RegistryNotConfigured, message));
        };
        record.schema.cloned().or_else(|| registry.known(key)).ok_or_else(|| {
            DecodeError::new(Kind::UnknownSchema, format!("schema {key} of the registry was not fetched"))
        })
    }

    /// The value of a record without a registry's framing: Avro as JSON, anything else as it is. What a mapping reads.
    ///
    /// # Errors
    /// When the registry's schema, or the value, can't be read.
    pub fn unframed<'a>(&self, record: &RawRecord<'a>) -> Result<Option<Cow<'a, [u8]>>, DecodeError> {
        let Some(value) = record.value else { return Ok(None) };
        if self.registry.is_none() || value.len() > MAX_VALUE_BYTES {
            return Ok(Some(Cow::Borrowed(value)));
        }
        let Some(framed) = registry::unframe(record, value)? else { return Ok(Some(Cow::Borrowed(value))) };
        match &*self.schema(record, framed.key)?.0 {
            Known::Avro(schema) => Ok(Some(Cow::Owned(schema.to_json(framed.payload)?))),
            Known::Json => Ok(Some(Cow::Borrowed(framed.payload))),
            Known::Refused(error) | Known::Unknown(error, _) => Err(error.clone()),
        }
    }
}

/// A record without a time of writing (as from a file) has been known all along.
fn written_at(record: &RawRecord<'_>) -> Timestamp {
    record.timestamp.unwrap_or_else(|| Timestamp::from_millis(0).expect("invariant: 1970 is in range"))
}

/// The value, which must be there and of a sensible size.
pub(super) fn required(value: Option<&[u8]>) -> Result<&[u8], DecodeError> {
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
