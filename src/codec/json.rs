//! JSON: reading input events with errors that name the field, writing events without their nulls.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{DecodeError, DecodeErrorKind as Kind};

/// Reads one JSON object. Unknown fields are ignored.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(not_an_object(bytes));
    }
    serde_json::from_slice(bytes).map_err(|_| explain::<T>(bytes))
}

fn not_an_object(bytes: &[u8]) -> DecodeError {
    match serde_json::from_slice::<serde::de::IgnoredAny>(bytes) {
        Ok(_) => DecodeError::new(Kind::WrongType, "the value is JSON, but not an object"),
        Err(_) => DecodeError::new(Kind::MalformedJson, "the value is neither a JSON object nor known Avro framing"),
    }
}

/// Reads once more, slowly, to say where it fails.
pub(super) fn explain<T: DeserializeOwned>(bytes: &[u8]) -> DecodeError {
    if let Err(error) = std::str::from_utf8(bytes) {
        let message = format!("the value is not UTF-8 from byte {} on", error.valid_up_to());
        return DecodeError::new(Kind::InvalidUtf8, message);
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let Err(failure) = serde_path_to_error::deserialize::<_, T>(&mut reader) else {
        return DecodeError::new(Kind::MalformedJson, "something follows the JSON object");
    };
    let (path, error) = (failure.path().to_string(), failure.inner());
    let place = format!("line {} column {}", error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Eof => {
            DecodeError::new(Kind::Truncated, format!("the JSON object ends in the middle, at {place}"))
        }
        serde_json::error::Category::Data => explain_field(&path, &error.to_string()),
        // The path may hold an unknown field's name here, and that is the sender's text.
        _ => DecodeError::new(Kind::MalformedJson, format!("not valid JSON at {place}")),
    }
}

/// Serde's messages quote the text that did not fit. This keeps what comes from the contract and drops the quotes.
fn explain_field(path: &str, message: &str) -> DecodeError {
    let field = if path == "." { "the event" } else { path };
    if let Some(rest) = message.strip_prefix("missing field `") {
        let name = rest.split('`').next().unwrap_or_default();
        let parent = if path == "." { String::new() } else { format!("{path}.") };
        return DecodeError::new(Kind::InvalidField, format!("{parent}{name} is missing"));
    }
    if let Some((_, expected)) =
        message.strip_prefix("unknown field `").and_then(|rest| rest.rsplit_once("`, expected "))
    {
        let message = format!("a field has another name than expected: {}", without_place(expected));
        return DecodeError::new(Kind::InvalidField, message);
    }
    if message.starts_with("duplicate field") {
        return DecodeError::new(Kind::InvalidField, format!("{field} has a field twice"));
    }
    // In serde's own messages, what is expected stands last and comes from the contract.
    let by_serde = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant `"];
    if let Some(start) = by_serde.iter().find(|start| message.starts_with(**start)) {
        let expected = message.rsplit_once(", expected ").map_or("something else", |(_, rest)| without_place(rest));
        if *start == "invalid type: " {
            return DecodeError::new(Kind::WrongType, format!("{field} has the wrong type, expected {expected}"));
        }
        return DecodeError::new(Kind::InvalidField, format!("{field} is not allowed, expected {expected}"));
    }
    for complaint in [" is not an RFC 3339 date and time with an offset", " is out of range"] {
        if message.contains(complaint) {
            return DecodeError::new(Kind::InvalidField, format!("{field}{complaint}"));
        }
    }
    DecodeError::new(Kind::InvalidField, format!("{field} is not allowed by the contract"))
}

fn without_place(text: &str) -> &str {
    text.rsplit_once(" at line ").map_or(text, |(before, _)| before)
}

/// Compact JSON in the contract's field order. Absent means null, so nulls are left out.
pub(super) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    Ok(strip_nulls(&serde_json::to_vec(value)?))
}

/// Takes object members that are null out of compact JSON.
fn strip_nulls(compact: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(compact.len());
    // Where the latest string starts in `kept`: before a colon, that is the member's name.
    let mut string_start = 0;
    let mut at = 0;
    while at < compact.len() {
        let byte = compact[at];
        if byte == b'"' {
            string_start = kept.len();
            let end = string_end(compact, at);
            kept.extend_from_slice(&compact[at..end]);
            at = end;
        } else if byte == b':' && compact[at + 1..].starts_with(b"null") {
            kept.truncate(string_start);
            at += ":null".len();
            if compact.get(at) == Some(&b',') {
                at += 1;
            } else if kept.last() == Some(&b',') {
                kept.pop();
            }
        } else {
            kept.push(byte);
            at += 1;
        }
    }
    kept
}

/// The index after the closing quote of the string that starts at `start`.
fn string_end(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < json.len() && json[at] != b'"' {
        at += if json[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(json.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn any_json() -> impl Strategy<Value = Value> {
        let text = prop_oneof![r#"[a-z":,\\{}\[\]]{0,6}"#, Just(":null,".to_owned()), Just("null".to_owned())];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map(text.clone(), inner, 0..5).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    fn members_without_nulls(value: Value) -> Value {
        match value {
            Value::Object(object) => object
                .into_iter()
                .filter(|(_, inner)| !inner.is_null())
                .map(|(name, inner)| (name, members_without_nulls(inner)))
                .collect(),
            Value::Array(list) => list.into_iter().map(members_without_nulls).collect(),
            other => other,
        }
    }

    proptest! {
        #[test]
        fn only_members_that_are_null_are_left_out(value in any_json()) {
            let written = encode(&value).unwrap();
            let read: Value = serde_json::from_slice(&written).unwrap();
            prop_assert_eq!(read, members_without_nulls(value));
        }
    }
}
