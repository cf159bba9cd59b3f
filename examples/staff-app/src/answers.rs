//! What staff tap becomes an event on the topic of outcomes.
//!
//! The page sends which card and what happened. The rest (the address of the answer, the key, the time, the value of an
//! alternative) is the server's. The id of the event is the id of the tap, so sending it again is harmless.

use std::time::Duration;

use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::card::{Card, Source};
use crate::settings::Settings;

/// How long a tap may take to be written before the page offers to try again.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
const LONGEST_NAME: usize = 64;
const LONGEST_TEXT: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Accepted,
    Done,
    Substituted,
    Declined,
    NotPossible,
    Confirmed,
    FalseAlarm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclinedBy {
    Guest,
    Staff,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpResult {
    Answered,
    NoAnswer,
    DeclinedContact,
    GestureNotReceived,
    NoLongerRelevant,
}

/// A tap, as the page sends it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Of this tap; the same when it is sent again.
    pub id: Uuid,
    pub card: String,
    /// Who answers, as colleagues know them.
    pub staff: String,
    pub status: Status,
    #[serde(default)]
    pub declined_by: Option<DeclinedBy>,
    /// Of the alternative that was given instead.
    #[serde(default)]
    pub item_id: Option<String>,
    #[serde(default)]
    pub result: Option<FollowUpResult>,
    #[serde(default)]
    pub score: Option<u8>,
    #[serde(default)]
    pub still_ok: Option<bool>,
    #[serde(default)]
    pub comment: Option<String>,
}

/// Why an answer is not written. The page has words for each of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such card, or it is not for this app.
    Unknown,
    /// Somebody else has it.
    Taken { by: Option<String> },
    /// It needs no answer any more.
    Over,
    /// The answer makes no sense for this card; a fault of the page.
    Invalid { field: &'static str },
}

/// The event for an answer to `card`, which comes in at `now`.
pub fn outcome(answer: &Answer, card: &Card, now: jiff::Timestamp) -> Result<Value, Refusal> {
    check(answer, card)?;
    let mut outcome = json!({
        "id": answer.id.to_string(),
        "time": now.to_string(),
        "reply_to": card.reply_to,
        "action_id": card.id,
        "staff_id": answer.staff.trim(),
        "status": answer.status,
    });
    let mut add = |name: &str, value: Value| {
        if !value.is_null() {
            outcome[name] = value;
        }
    };
    add("declined_by", json!(answer.declined_by));
    add("result", json!(answer.result));
    add("score", json!(answer.score));
    add("still_ok", json!(answer.still_ok));
    add("comment", json!(answer.comment.as_deref().map(str::trim).filter(|comment| !comment.is_empty())));
    if let Some(item) = &answer.item_id {
        let given = alternative(card, item).ok_or(Refusal::Invalid { field: "item_id" })?;
        for name in ["item_id", "value_minor", "currency"] {
            add(name, given[name].clone());
        }
    }
    Ok(outcome)
}

fn check(answer: &Answer, card: &Card) -> Result<(), Refusal> {
    let invalid = |field| Err(Refusal::Invalid { field });
    let is_name = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
    if !is_name(&answer.staff) || answer.staff.chars().count() > LONGEST_NAME {
        return invalid("staff");
    }
    if answer.comment.as_deref().is_some_and(|comment| comment.chars().count() > LONGEST_TEXT) {
        return invalid("comment");
    }
    if answer.score.is_some_and(|score| score > 10) {
        return invalid("score");
    }
    let is_answer_to_follow_up = answer.result.is_some() || answer.score.is_some() || answer.still_ok.is_some();
    let fits = match (card.source, answer.status) {
        (Source::FollowUp, Status::Done) => answer.result.is_some(),
        (Source::FollowUp, Status::Accepted) | (Source::Action, _) => !is_answer_to_follow_up,
        (Source::FollowUp, _) => false,
    };
    if !fits {
        return invalid("status");
    }
    if (answer.status == Status::Declined) != answer.declined_by.is_some() {
        return invalid("declined_by");
    }
    if !card.takes_an_answer() || (answer.status == Status::Accepted && !card.is_open()) {
        return Err(Refusal::Over);
    }
    if answer.status == Status::Accepted && card.state == "accepted" {
        return Err(Refusal::Taken { by: card.accepted_by.clone() });
    }
    Ok(())
}

fn alternative<'c>(card: &'c Card, item: &str) -> Option<&'c Value> {
    card.fields.get("alternatives")?.as_array()?.iter().find(|option| option["item_id"] == item)
}

/// Writes outcomes.
#[derive(Clone)]
pub struct Answers {
    producer: FutureProducer,
    topic: String,
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl Answers {
    pub fn new(settings: &Settings) -> KafkaResult<Self> {
        let mut config = settings.client();
        config.set("enable.idempotence", "true").set("acks", "all");
        // as Java's producer, so that an answer is in the partition of its guest
        config.set("partitioner", "murmur2_random");
        config.set("message.timeout.ms", WRITE_TIMEOUT.as_millis().to_string());
        Ok(Self { producer: config.create()?, topic: settings.outcomes.clone() })
    }

    /// Returns once the brokers have it.
    pub async fn write(&self, key: Option<&[u8]>, outcome: &Value) -> Result<(), KafkaError> {
        let value = outcome.to_string();
        let mut record: FutureRecord<'_, [u8], str> = FutureRecord::to(&self.topic).payload(&value);
        record.key = key;
        match self.producer.send(record, WRITE_TIMEOUT).await {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
