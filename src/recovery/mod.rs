//! The recovery core: entities as pure state machines.
//!
//! `(entity state, message or deadline, context) -> effects`. No clock, no I/O, no randomness: time comes in as a
//! value, and the same core runs under Kafka, in the demo, the backtest and every test.

pub mod causes;
pub(crate) mod decision;
pub(crate) mod detection;
mod entity;
pub mod erasure;
pub mod explain;
pub(crate) mod guest;
mod key;
pub mod life_cycle;
mod message;
mod order_index;
pub mod place;
pub mod site;
pub mod view;

pub use entity::{Entity, StateError};
pub use erasure::{Erasure, Privacy};
pub use key::{EntityKey, EntityKind, Identity};
pub use message::{Context, Deviation, Effects, Envelope, MAX_HOPS, Message, Observation, Suppression, World};
