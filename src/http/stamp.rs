//! An event as a tablet sends it: what it leaves out and the server may know is filled in.
//!
//! A missing `id` is the Idempotency-Key, else a new one; a missing `time` is now. The rest of the body is not touched:
//! it meets the same checks as a record of the topic.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::events::Timestamp;

const UTF8_BOM: &[u8] = &[0xEF, 0xBB, 0xBF];

/// Which members are there, whatever they hold.
#[derive(Deserialize)]
struct Given {
    #[serde(default, deserialize_with = "present")]
    id: bool,
    #[serde(default, deserialize_with = "present")]
    time: bool,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// The body with an id and a time. A body that is not readable is left as it is, for the decoder to refuse. `None`: it is
/// no JSON object.
pub(super) fn complete(body: &[u8], key: Option<&str>, now: Timestamp) -> Option<Vec<u8>> {
    let body = body.strip_prefix(UTF8_BOM).unwrap_or(body).trim_ascii_start();
    let rest = body.strip_prefix(b"{")?;
    let Ok(given) = serde_json::from_slice::<Given>(body) else { return Some(body.to_vec()) };
    let mut missing = serde_json::Map::new();
    if !given.id {
        missing.insert("id".to_owned(), json!(key.map_or_else(new_id, str::to_owned)));
    }
    if !given.time {
        missing.insert("time".to_owned(), json!(now));
    }
    let mut filled = serde_json::Value::Object(missing).to_string().into_bytes();
    filled.pop();
    let is_empty = rest.trim_ascii_start().starts_with(b"}");
    if filled.len() > 1 && !is_empty {
        filled.push(b',');
    }
    filled.extend_from_slice(rest);
    Some(filled)
}

/// In the order in which they are made, so that they are easy to find in a topic.
fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn filled(body: &str, key: Option<&str>) -> Value {
        let now = Timestamp::parse("2026-11-23T12:00:00Z").unwrap();
        let bytes = complete(body.as_bytes(), key, now).unwrap();
        serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&bytes)))
    }

    #[test]
    fn what_is_there_is_kept_and_what_is_missing_is_filled_in() {
        let kept = json!({"id": "a", "time": 1, "text": "the soup"});
        assert_eq!(filled(&kept.to_string(), Some("key")), kept);
        let nothing = filled("\u{feff} { } ", None);
        assert_eq!(nothing["time"], "2026-11-23T12:00:00Z");
        assert_eq!(nothing["id"].as_str().unwrap().len(), 36);
        assert_ne!(nothing["id"], filled("{}", None)["id"]);
        assert_eq!(filled(r#"{"text":"\"id\":1"}"#, Some("k\"1"))["id"], "k\"1");
    }

    #[test]
    fn a_member_that_is_null_is_there_and_left_to_the_decoder() {
        assert_eq!(filled(r#"{"id":null}"#, None)["id"], Value::Null);
    }

    #[test]
    fn only_objects_are_completed() {
        let now = Timestamp::MIN;
        for body in ["", "[]", "\"a\"", "7", "\u{0}\u{0}"] {
            assert_eq!(complete(body.as_bytes(), None, now), None, "{body}");
        }
        assert_eq!(complete(b"{\"a\":", None, now).unwrap(), b"{\"a\":");
    }
}
