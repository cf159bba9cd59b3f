//! CloudEvents 1.0 on their way in, as the Kafka protocol binding has them.
//!
//! Binary mode: attributes are `ce_` headers and the value is the event. Structured mode (content type
//! `application/cloudevents+json`): the value is an envelope around the event. Either way the envelope's source takes
//! the place of the input's name in the event's identity, and its id and time stand in where the event has none.

use std::borrow::Cow;

use base64::Engine;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::{DecodeError, DecodeErrorKind as Kind};
use super::reading::required;
use super::{RawRecord, json};

/// Of every structured mode; matched without regard to case, parameters may follow.
const STRUCTURED: &str = "application/cloudevents";
const STRUCTURED_JSON: &str = "application/cloudevents+json";

/// A record without its envelope.
pub(super) struct Content<'a> {
    pub value: Option<Cow<'a, [u8]>>,
    pub source: Option<Cow<'a, str>>,
    pub traceparent: Option<Cow<'a, str>>,
    /// The envelope's own.
    id: Option<Cow<'a, str>>,
    time: Option<Cow<'a, str>>,
}

/// The JSON event format. Further attributes are ignored.
#[derive(Deserialize)]
struct Envelope {
    specversion: String,
    id: String,
    source: String,
    #[serde(rename = "type")]
    _type: String,
    time: Option<String>,
    traceparent: Option<String>,
    data: Option<Box<RawValue>>,
    data_base64: Option<String>,
}

/// Takes a record out of its envelope, if it has one.
pub(super) fn open<'a>(record: &RawRecord<'a>) -> Result<Content<'a>, DecodeError> {
    match record.content_type.map(media_type) {
        Some(kind) if kind.eq_ignore_ascii_case(STRUCTURED_JSON) => open_structured(record),
        Some(kind) if starts_with_ignoring_case(kind, STRUCTURED) => {
            let message = "the value is a structured CloudEvent in a format other than application/cloudevents+json";
            Err(DecodeError::new(Kind::WrongType, message))
        }
        _ => Ok(Content {
            value: record.value.map(Cow::Borrowed),
            source: record.ce_source.map(Cow::Borrowed),
            traceparent: record.traceparent.map(Cow::Borrowed),
            id: record.ce_id.map(Cow::Borrowed),
            time: record.ce_time.map(Cow::Borrowed),
        }),
    }
}

fn open_structured<'a>(record: &RawRecord<'a>) -> Result<Content<'a>, DecodeError> {
    // a record without a value erases, in any mode
    let Some(value) = record.value else {
        return Ok(Content { value: None, source: None, traceparent: None, id: None, time: None });
    };
    let value = required(Some(value))?;
    let envelope: Envelope = json::decode(value).map_err(|error| error.within("the CloudEvents envelope"))?;
    if envelope.specversion != "1.0" {
        return Err(refused("specversion is not 1.0"));
    }
    if envelope.id.is_empty() || envelope.source.is_empty() {
        return Err(refused("id or source is empty"));
    }
    let data = match (envelope.data, envelope.data_base64) {
        (Some(_), Some(_)) => return Err(refused("data and data_base64 are both there")),
        (Some(data), None) => text_or_json(&data),
        (None, Some(text)) => {
            base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| refused("data_base64 is not base64"))?
        }
        (None, None) => return Err(DecodeError::new(Kind::Empty, "the CloudEvents envelope has no data")),
    };
    Ok(Content {
        value: Some(Cow::Owned(data)),
        source: Some(Cow::Owned(envelope.source)),
        traceparent: record.traceparent.map(Cow::Borrowed).or(envelope.traceparent.map(Cow::Owned)),
        id: Some(Cow::Owned(envelope.id)),
        time: envelope.time.map(Cow::Owned),
    })
}

/// Data of another type than JSON stands in a string.
fn text_or_json(data: &RawValue) -> Vec<u8> {
    match serde_json::from_str::<String>(data.get()) {
        Ok(text) => text.into_bytes(),
        Err(_) => data.get().as_bytes().to_vec(),
    }
}

fn refused(reason: &str) -> DecodeError {
    DecodeError::new(Kind::InvalidField, reason).within("the CloudEvents envelope")
}

fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn starts_with_ignoring_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// Which of the two fields that an envelope can stand in for a JSON object has.
#[derive(Deserialize)]
struct Has {
    #[serde(default, deserialize_with = "is_there")]
    id: bool,
    #[serde(default, deserialize_with = "is_there")]
    time: bool,
}

fn is_there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl Content<'_> {
    /// The JSON object `value` with the envelope's id and time, where it has none of its own. `None`: nothing to add.
    pub(super) fn complete(&self, value: &[u8]) -> Option<Vec<u8>> {
        if self.id.is_none() && self.time.is_none() {
            return None;
        }
        let has: Has = serde_json::from_slice(value).ok()?;
        let mut members = Vec::new();
        for (name, is_there, attribute) in [("id", has.id, &self.id), ("time", has.time, &self.time)] {
            if let (false, Some(attribute)) = (is_there, attribute) {
                members.push(format!("\"{name}\":{}", serde_json::Value::from(&**attribute)));
            }
        }
        if members.is_empty() {
            return None;
        }
        // spliced in as text: what the sender wrote stays as it is
        let start = value.iter().position(|byte| *byte == b'{')? + 1;
        let is_empty = value[start..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'}');
        let mut whole = value[..start].to_vec();
        whole.extend_from_slice(members.join(",").as_bytes());
        whole.extend_from_slice(if is_empty { b"" } else { b"," });
        whole.extend_from_slice(&value[start..]);
        Some(whole)
    }
}

impl<'a> RawRecord<'a> {
    /// Takes what concerns decoding from a header of the record. Names are as the Kafka protocol binding writes them.
    pub fn take_header(&mut self, name: &str, value: &'a [u8]) {
        if name == "__value_schema_id" {
            self.schema_id = Some(value);
            return;
        }
        // header values are UTF-8
        let Ok(text) = std::str::from_utf8(value) else { return };
        match name {
            "ce_id" => self.ce_id = Some(text),
            "ce_source" => self.ce_source = Some(text),
            "ce_time" => self.ce_time = Some(text),
            "traceparent" => self.traceparent = Some(text),
            // CloudEvents' extension for distributed tracing; the record's own header counts first
            "ce_traceparent" => self.traceparent = self.traceparent.or(Some(text)),
            _ if name.eq_ignore_ascii_case("content-type") => self.content_type = Some(text),
            _ => {}
        }
    }
}
