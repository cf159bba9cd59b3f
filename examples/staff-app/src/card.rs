//! One action or one follow-up, as far as the app has to understand it; the rest goes to the page as it came.
//!
//! New fields and new kinds need no change here. The page never gets what it has no use for: how the decision was made,
//! who exactly the guest is, and the address of the answer.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Which topic it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Action,
    FollowUp,
}

impl Source {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::FollowUp => "follow_up",
        }
    }
}

/// Fields that stay on the server.
const NOT_FOR_THE_PAGE: [&str; 4] = ["reply_to", "customer_id", "visit_id", "decision"];

#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    pub source: Source,
    pub id: String,
    pub revision: i64,
    pub state: String,
    pub site: String,
    pub assignee: String,
    /// The action that must come first.
    pub after: Option<String>,
    pub accepted_by: Option<String>,
    /// Goes into the answer as it is.
    pub reply_to: String,
    /// The record's key: the answer gets the same one, so that it lands where its guest is.
    pub key: Option<Vec<u8>>,
    /// When this revision was made, and when it is of no use any more; epoch milliseconds.
    pub time: i64,
    pub expires_at: i64,
    /// The other fields, for the page.
    pub fields: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Envelope {
    id: String,
    revision: i64,
    state: String,
    site_id: String,
    assignee: String,
    reply_to: String,
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    accepted_by: Option<String>,
    time: Instant,
    expires_at: Instant,
}

/// Epoch milliseconds, which are written so or as RFC 3339.
#[derive(Debug, Clone, Copy)]
struct Instant(i64);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => {
                let timestamp: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
                Ok(Self(timestamp.as_millisecond()))
            }
            other => other.as_i64().map(Self).ok_or_else(|| D::Error::custom("no instant")),
        }
    }
}

impl Card {
    /// Reads a record's value.
    ///
    /// # Errors
    /// When it is no JSON object with the fields that every action and follow-up has.
    pub fn parse(source: Source, key: Option<&[u8]>, value: &[u8]) -> Result<Self, serde_json::Error> {
        let mut fields: Map<String, Value> = serde_json::from_slice(value)?;
        let envelope: Envelope = serde_json::from_value(Value::Object(fields.clone()))?;
        for name in NOT_FOR_THE_PAGE {
            fields.remove(name);
        }
        Ok(Self {
            source,
            id: envelope.id,
            revision: envelope.revision,
            state: envelope.state,
            site: envelope.site_id,
            assignee: envelope.assignee,
            after: envelope.after,
            accepted_by: envelope.accepted_by,
            reply_to: envelope.reply_to,
            key: key.map(<[u8]>::to_vec),
            time: envelope.time.0,
            expires_at: envelope.expires_at.0,
            fields,
        })
    }

    /// Staff may still act on it.
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "open" | "accepted")
    }

    /// An answer that comes now still counts: late reports do.
    pub fn takes_an_answer(&self) -> bool {
        self.is_open() || matches!(self.state.as_str(), "unreported" | "expired")
    }

    /// From when on nobody needs to see it, epoch milliseconds.
    pub fn of_interest_until(&self, keep_millis: i64) -> i64 {
        let ended = if self.is_open() { self.expires_at.max(self.time) } else { self.time };
        ended.saturating_add(keep_millis)
    }
}
