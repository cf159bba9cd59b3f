//! The one face that the engine sees: something with a key that handles messages and deadlines.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::guest::Guest;
use super::order_index::OrderIndex;
use super::site::Site;
use super::{Context, Effects, EntityKey, EntityKind, Envelope};
use crate::events::Timestamp;
use crate::policy::Policy;

/// The first byte of every state record. Raise it when the encoding changes, and keep reading the old ones.
const STATE_VERSION: u8 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Entity {
    Guest(Box<Guest>),
    OrderIndex(Box<OrderIndex>),
    Site(Box<Site>),
}

#[derive(Debug, Error)]
pub enum StateError {
    #[error("state record of {key} has version {found}, this program reads up to {STATE_VERSION}: run a newer release")]
    Version { key: String, found: u8 },
    #[error("state record of {key} cannot be read: {reason}")]
    Corrupt { key: String, reason: String },
    #[error("{0:?} is not the key of an entity")]
    Key(String),
}

impl Entity {
    /// An entity that remembers nothing yet.
    pub fn new(key: &EntityKey) -> Self {
        match key.kind() {
            EntityKind::Guest => Self::Guest(Box::default()),
            EntityKind::OrderIndex => Self::OrderIndex(Box::default()),
            EntityKind::Site => Self::Site(Box::default()),
        }
    }

    /// Handles one message.
    pub fn handle(&mut self, envelope: Envelope, context: &Context<'_>, effects: &mut Effects) {
        let Envelope { to: key, hops, message } = envelope;
        match self {
            Self::Guest(guest) => guest.handle(&key, message, hops, context, effects),
            Self::OrderIndex(index) => index.handle(&key, message, hops, context, effects),
            Self::Site(site) => site.handle(&key, message, context, effects),
        }
    }

    /// The next moment at which something must be decided, derived from the state. It lies no earlier than the moment
    /// at which what set it was handled, so that a deadline born late waits for what is still on its way.
    pub fn next_deadline(&self, policy: &Policy) -> Option<Timestamp> {
        match self {
            Self::Guest(guest) => guest.next_deadline(policy),
            Self::OrderIndex(index) => index.next_deadline(policy),
            Self::Site(site) => site.next_deadline(policy),
        }
    }

    /// Decides everything whose deadline has passed: strictly earlier than `context.safe`. Without a safe time only
    /// what patience allows is decided. Called when `next_deadline` has passed; afterwards `next_deadline` is later.
    pub fn fire(&mut self, key: &EntityKey, context: &Context<'_>, effects: &mut Effects) {
        match self {
            Self::Guest(guest) => guest.fire(key, context, effects),
            Self::OrderIndex(index) => index.fire(key, context, effects),
            Self::Site(site) => site.fire(context),
        }
    }

    /// The clock is held: promises that have passed by `context.now` become suspicions, without staff action.
    pub fn suspect(&mut self, key: &EntityKey, context: &Context<'_>, effects: &mut Effects) {
        if let Self::Guest(guest) = self {
            guest.suspect(key, context, effects);
        }
    }

    /// Nothing is left to remember: its state record is deleted.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Guest(guest) => guest.is_empty(),
            Self::OrderIndex(index) => index.is_empty(),
            Self::Site(site) => site.is_empty(),
        }
    }

    /// The state record: a version byte, then postcard.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![STATE_VERSION]).expect("invariant: entities hold only what postcard can write")
    }

    /// Reads a state record of this or an older version.
    pub fn decode(key: &EntityKey, bytes: &[u8]) -> Result<Self, StateError> {
        match bytes.split_first() {
            Some((&STATE_VERSION, body)) => match postcard::take_from_bytes(body) {
                Ok((entity, [])) => Ok(entity),
                Ok((_, rest)) => {
                    Err(StateError::Corrupt { key: key.to_string(), reason: format!("{} bytes too many", rest.len()) })
                }
                Err(error) => Err(StateError::Corrupt { key: key.to_string(), reason: error.to_string() }),
            },
            Some((&found, _)) => Err(StateError::Version { key: key.to_string(), found }),
            None => Err(StateError::Corrupt { key: key.to_string(), reason: "it is empty".to_owned() }),
        }
    }
}
