//! One record through a compiled mapping.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::rule::{Fields, elements, object};
use super::scope::Scope;
use super::stop::Stop;
use super::{EventRule, Mapped, Mapping, SourceRecord};
use crate::codec::error::{DecodeError, DecodeErrorKind as Kind};
use crate::codec::reading::UTF8_BOM;
use crate::codec::registry::MAGIC as REGISTRY_MAGIC;
use crate::codec::{Codec, MAX_VALUE_BYTES, RawRecord, Recorded, json as codec_json};
use crate::events::{Contract, Input, ids};

/// Confluent's framing: its first byte and a schema id.
const FRAMING_BYTES: usize = 5;

impl Mapping {
    /// The events that a record becomes, checked like those of any other input; all of them or none.
    ///
    /// # Errors
    /// Names the mapping, the event, the field and the path, never what the path led to.
    pub fn inputs(&self, codec: &Codec, record: &SourceRecord<'_>) -> Result<Vec<Input>, DecodeError> {
        let header = |name: &str| record.headers.iter().find(|(key, _)| *key == name).map(|(_, text)| *text);
        let mut inputs = Vec::new();
        for mapped in self.map(record)? {
            let value = mapped.value.as_ref().map(ToString::to_string);
            let raw = RawRecord {
                source: record.topic,
                key: mapped.key.as_deref().map(str::as_bytes),
                value: value.as_deref().map(str::as_bytes),
                timestamp: record.timestamp,
                offset: record.offset,
                ce_source: header("ce_source"),
                traceparent: header("traceparent"),
                ..RawRecord::default()
            };
            let input = codec.decode(mapped.contract, &raw);
            inputs.push(input.map_err(|error| error.within(&self.place(&mapped.event)))?);
        }
        Ok(inputs)
    }

    /// The events that a record becomes, checked as by [`Mapping::inputs`], each as it would be recorded on a topic
    /// named like its contract.
    ///
    /// # Errors
    /// As [`Mapping::inputs`].
    pub fn recorded(&self, codec: &Codec, record: &SourceRecord<'_>) -> Result<Vec<Recorded>, DecodeError> {
        self.inputs(codec, record)?;
        let recorded = self.map(record)?.into_iter().map(|mapped| {
            let value = mapped.value.map(|value| RawValue::from_string(value.to_string()));
            let value = value.transpose().map_err(|error| DecodeError::new(Kind::MalformedJson, error.to_string()))?;
            let topic = mapped.contract.name().to_owned();
            Ok(Recorded { topic, key: mapped.key, value, timestamp: record.timestamp })
        });
        recorded.collect()
    }

    /// The contract JSON that a record becomes, not checked against the contract yet.
    ///
    /// # Errors
    /// As [`Mapping::inputs`].
    pub fn map(&self, record: &SourceRecord<'_>) -> Result<Vec<Mapped>, DecodeError> {
        let about = if self.uses_record { about(record) } else { Value::Null };
        let Some(bytes) = record.value else { return self.erased(&about) };
        let value = parse(bytes)?;
        let scope = Scope::new(&value, &about, &self.names, usize::from(self.each.is_some()));
        let mut mapped = Vec::new();
        match &self.each {
            None => self.map_item(&scope, &mut mapped)?,
            Some(each) => {
                let found = elements(each, &scope);
                let found = found.map_err(|stop| self.failure("each", stop))?;
                let missing = || DecodeError::new(Kind::Mapping, format!("mapping {self}: {} is missing", each.text));
                for (index, item) in found.ok_or_else(missing)?.into_iter().enumerate() {
                    self.map_item(&scope.with_element(item, index + 1), &mut mapped)?;
                }
            }
        }
        self.check_ids(&mapped)?;
        Ok(mapped)
    }

    /// A record, or one element of it, through every event.
    fn map_item(&self, scope: &Scope<'_>, mapped: &mut Vec<Mapped>) -> Result<(), DecodeError> {
        if let Some(ignore) = &self.ignore
            && ignore.holds(scope).map_err(|stop| self.failure("ignore", stop))?
        {
            return Ok(());
        }
        let mut is_taken = false;
        for event in &self.events {
            let taken = event.add(scope, mapped);
            is_taken |= taken.map_err(|stop| self.failure(&event.name, stop))?;
        }
        if is_taken || self.ignores_unmatched {
            return Ok(());
        }
        Err(DecodeError::new(Kind::Unmapped, format!("mapping {self}: no event takes the record")))
    }

    /// A record without a value: what its key stands for is erased, where a contract knows that.
    fn erased(&self, about: &Value) -> Result<Vec<Mapped>, DecodeError> {
        let scope = Scope::new(&Value::Null, about, &self.names, 0);
        let mut mapped = Vec::new();
        for event in self.events.iter().filter(|event| event.contract.is_compacted()) {
            let is_meant = event.when.holds(&scope).map_err(|stop| self.failure(&event.name, stop))?;
            if is_meant {
                mapped.push(event.erasure(&scope).map_err(|stop| self.failure(&event.name, stop))?);
            }
        }
        if mapped.is_empty() && !self.ignores_unmatched {
            return Err(DecodeError::new(Kind::Empty, format!("mapping {self}: the record has no value")));
        }
        Ok(mapped)
    }

    /// Of two events with one id the second would be taken for a repetition of the first.
    fn check_ids(&self, mapped: &[Mapped]) -> Result<(), DecodeError> {
        let id = |mapped: &Mapped| mapped.value.as_ref()?.get("id")?.as_str().map(str::to_owned);
        for (index, event) in mapped.iter().enumerate() {
            let Some(found) = id(event) else { continue };
            let Some(other) = mapped[..index].iter().find(|other| id(other).as_ref() == Some(&found)) else { continue };
            let (place, other) = (self.place(&event.event), &other.event);
            let message = format!("{place}, id: is the same as that of {other:?} from the same record; compose it");
            return Err(DecodeError::new(Kind::Mapping, message));
        }
        Ok(())
    }

    fn place(&self, event: &str) -> String {
        format!("mapping {self}, event {event:?}")
    }

    fn failure(&self, event: &str, stop: Stop) -> DecodeError {
        let mut message = self.place(event);
        if let Stop::Bad { field, source, reason } = stop {
            if !field.is_empty() {
                message.push_str(&format!(", {}", field.trim_start()));
            }
            let space = if source.is_some() { " " } else { "" };
            message.push_str(&format!(": {}{space}{reason}", source.unwrap_or_default()));
        }
        DecodeError::new(Kind::Mapping, message)
    }
}

impl EventRule {
    /// Adds what it makes of the record. Returns whether it takes it, also where it leaves it out on purpose.
    fn add(&self, scope: &Scope<'_>, mapped: &mut Vec<Mapped>) -> Result<bool, Stop> {
        let Some(each) = &self.each else { return self.add_one(scope, mapped) };
        let mut is_taken = false;
        for (index, element) in elements(each, scope)?.unwrap_or_default().into_iter().enumerate() {
            is_taken |= self.add_one(&scope.with_element(element, index + 1), mapped)?;
        }
        Ok(is_taken)
    }

    fn add_one(&self, scope: &Scope<'_>, mapped: &mut Vec<Mapped>) -> Result<bool, Stop> {
        if !self.when.holds(scope)? {
            return Ok(false);
        }
        let made = match &self.erase {
            Some(erase) if erase.holds(scope)? => self.erasure(scope),
            _ => object(&self.fields, scope).map(|fields| self.mapped(Some(fields))),
        };
        match made {
            Ok(made) => mapped.push(made),
            Err(Stop::Ignored) => {}
            Err(stop) => return Err(stop),
        }
        Ok(true)
    }

    /// Only what the key is made of counts.
    fn erasure(&self, scope: &Scope<'_>) -> Result<Mapped, Stop> {
        let is_key = |name: &str| ["customer_id", "item_id", "site_id"].contains(&name);
        let keys: Fields = self.fields.iter().filter(|(name, _)| is_key(name)).cloned().collect();
        let fields = object(&keys, scope)?;
        Ok(Mapped { value: None, ..self.mapped(Some(fields)) })
    }

    fn mapped(&self, fields: Option<Map<String, Value>>) -> Mapped {
        let key = fields.as_ref().and_then(|fields| key(self.contract, fields));
        Mapped { event: self.name.clone(), contract: self.contract, key, value: fields.map(Value::Object) }
    }
}

/// What a record of the contract would be keyed by.
fn key(contract: Contract, fields: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    match contract {
        Contract::Customers => text("customer_id"),
        Contract::Catalogue => match (text("site_id"), text("item_id")?) {
            (Some(site), item) => Some(format!("{site}/{item}")),
            (None, item) => Some(item),
        },
        _ => text("customer_id").or_else(|| text("visit_id")).or_else(|| text("order_id")),
    }
}

/// `$record`.
fn about(record: &SourceRecord<'_>) -> Value {
    let key = record.key.and_then(|key| std::str::from_utf8(key).ok());
    let headers: Map<String, Value> =
        record.headers.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text))).collect();
    let (partition, offset) = (record.partition.to_string(), record.offset.to_string());
    json!({
        "key": key,
        "timestamp": record.timestamp.map(|time| time.as_millis()),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "headers": headers,
        "id": ids::id(&["record", record.topic, &partition, &offset]),
    })
}

fn parse(bytes: &[u8]) -> Result<Value, DecodeError> {
    let bytes = bytes.strip_prefix(UTF8_BOM).unwrap_or(bytes);
    if bytes.is_empty() {
        return Err(DecodeError::new(Kind::Empty, "the value is empty"));
    }
    if bytes.len() > MAX_VALUE_BYTES {
        let message = format!("the value has {} bytes, at most {MAX_VALUE_BYTES} are read", bytes.len());
        return Err(DecodeError::new(Kind::TooLarge, message));
    }
    let is_framed = bytes[0] == REGISTRY_MAGIC;
    let json = if is_framed { bytes.get(FRAMING_BYTES..).unwrap_or_default() } else { bytes };
    serde_json::from_slice(json).map_err(|_| match is_framed {
        true => DecodeError::new(Kind::WrongType, "the value has a schema registry id, but what follows is not JSON"),
        false => codec_json::explain::<Value>(json),
    })
}
