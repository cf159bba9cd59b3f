//! The one face that the engine sees: something with a key that handles messages and deadlines.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::causes::Carrier;
use super::erasure::Mark;
use super::guest::{self, Guest};
use super::order_index::OrderIndex;
use super::place::Place;
use super::site::{Site, Watch};
use super::{Context, Effects, EntityKey, EntityKind, Envelope};
use crate::events::Timestamp;
use crate::policy::Policy;

/// The first byte of every state record. Raise it once a release when the encoding changes, and keep reading the old
/// ones. New fields come last in `Guest`, `OrderIndex`, `Site`, ..., new kinds last in `Entity`, and the default of a new
/// field is written as zeros (empty, `None`, 0, false): an older record, which lacks them, is read with zeros after it.
/// Where something inside a guest changed, its older shape is kept (`guest/older.rs`).
const STATE_VERSION: u8 = 4;

/// More than all fields that were ever added take by default.
const ZEROS: [u8; 64] = [0; 64];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Entity {
    Guest(Box<Guest>),
    OrderIndex(Box<OrderIndex>),
    Site(Box<Site>),
    Place(Box<Place>),
    Carrier(Box<Carrier>),
    Watch(Box<Watch>),
    Mark(Box<Mark>),
}

/// Is logged, so it says what kind of record it is and not whose.
#[derive(Debug, Error)]
pub enum StateError {
    #[error(
        "the state record of {} has version {found}, this program reads up to {STATE_VERSION}: run a newer release",
        kind.name()
    )]
    Version { kind: EntityKind, found: u8 },
    #[error("the state record of {} cannot be read: {reason}", kind.name())]
    Corrupt { kind: EntityKind, reason: String },
    #[error("the key of a state record is not the key of an entity")]
    Key,
}

impl Entity {
    /// An entity that remembers nothing yet.
    pub fn new(key: &EntityKey) -> Self {
        match key.kind() {
            EntityKind::Guest => Self::Guest(Box::default()),
            EntityKind::OrderIndex => Self::OrderIndex(Box::default()),
            EntityKind::Site => Self::Site(Box::default()),
            EntityKind::Place => Self::Place(Box::default()),
            EntityKind::Carrier => Self::Carrier(Box::default()),
            EntityKind::Watch => Self::Watch(Box::default()),
            EntityKind::Mark => Self::Mark(Box::default()),
        }
    }

    /// Handles one message.
    pub fn handle(&mut self, envelope: Envelope, context: &Context<'_>, effects: &mut Effects) {
        let Envelope { to: key, hops, message } = envelope;
        match self {
            Self::Guest(guest) => guest.handle(&key, message, hops, context, effects),
            Self::OrderIndex(index) => index.handle(&key, message, hops, context, effects),
            Self::Site(site) => site.handle(&key, message, context, effects),
            Self::Place(place) => place.handle(message, hops, context, effects),
            Self::Carrier(carrier) => carrier.handle(&key, message, context, effects),
            Self::Watch(watch) => watch.handle(&key, message, context, effects),
            Self::Mark(_) => debug_assert!(false, "a mark gets no message"),
        }
    }

    /// The next moment at which something must be decided, derived from the state. It lies no earlier than the moment
    /// at which what set it was handled, so that a deadline born late waits for what is still on its way.
    pub fn next_deadline(&self, policy: &Policy) -> Option<Timestamp> {
        match self {
            Self::Guest(guest) => guest.next_deadline(policy),
            Self::OrderIndex(index) => index.next_deadline(policy),
            Self::Site(site) => site.next_deadline(policy),
            Self::Place(place) => place.next_deadline(policy),
            Self::Carrier(carrier) => carrier.next_deadline(policy),
            Self::Watch(watch) => watch.next_deadline(policy),
            Self::Mark(mark) => mark.next_deadline(),
        }
    }

    /// Decides everything whose deadline has passed: strictly earlier than `context.safe`. Without a safe time only
    /// what patience allows is decided. Called when `next_deadline` has passed; afterwards `next_deadline` is later.
    pub fn fire(&mut self, key: &EntityKey, context: &Context<'_>, effects: &mut Effects) {
        match self {
            Self::Guest(guest) => guest.fire(key, context, effects),
            Self::OrderIndex(index) => index.fire(key, context, effects),
            Self::Site(site) => site.fire(key, context, effects),
            Self::Place(place) => place.fire(context),
            Self::Carrier(carrier) => carrier.fire(key, context, effects),
            Self::Watch(watch) => watch.fire(key, context, effects),
            Self::Mark(mark) => mark.fire(context),
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
            Self::Place(place) => place.is_empty(),
            Self::Carrier(carrier) => carrier.is_empty(),
            Self::Watch(watch) => watch.is_empty(),
            Self::Mark(mark) => mark.is_empty(),
        }
    }

    /// The state record: a version byte, then postcard.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![STATE_VERSION]).expect("invariant: entities hold only what postcard can write")
    }

    /// Reads a state record of this or an older version.
    pub fn decode(key: &EntityKey, bytes: &[u8]) -> Result<Self, StateError> {
        let corrupt = |reason: String| StateError::Corrupt { kind: key.kind(), reason };
        let (version, body) = bytes.split_first().ok_or_else(|| corrupt("it is empty".to_owned()))?;
        match *version {
            STATE_VERSION => read(body, 0).map_err(corrupt),
            3 => read(&[body, &ZEROS].concat(), ZEROS.len()).map_err(corrupt),
            1 | 2 => read::<Older>(&[body, &ZEROS].concat(), ZEROS.len()).map(Self::from).map_err(corrupt),
            found => Err(StateError::Version { kind: key.kind(), found }),
        }
    }
}

/// An entity as versions 1 and 2 wrote it.
#[derive(Debug, Deserialize)]
enum Older {
    Guest(Box<guest::Version2>),
    OrderIndex(Box<OrderIndex>),
    Site(Box<Site>),
    Place(Box<Place>),
    Carrier(Box<Carrier>),
}

impl From<Older> for Entity {
    fn from(before: Older) -> Self {
        match before {
            Older::Guest(guest) => Self::Guest(Box::new((*guest).into())),
            Older::OrderIndex(index) => Self::OrderIndex(index),
            Older::Site(site) => Self::Site(site),
            Older::Place(place) => Self::Place(place),
            Older::Carrier(carrier) => Self::Carrier(carrier),
        }
    }
}

/// Reads an entity that ends within the last `padding` bytes, or exactly at the end where there is none.
fn read<E: DeserializeOwned>(body: &[u8], padding: usize) -> Result<E, String> {
    match postcard::take_from_bytes(body) {
        Ok((entity, rest)) if rest.len() <= padding => Ok(entity),
        Ok((_, rest)) => Err(format!("{} bytes too many", rest.len() - padding)),
        Err(error) => Err(error.to_string()),
    }
}
