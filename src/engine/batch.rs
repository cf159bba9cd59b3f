//! What a transaction has to write, gathered from all tasks of a worker.

use std::collections::BTreeMap;
use std::fmt;

use crate::events::Output;
use crate::recovery::{EntityKey, Envelope, MAX_HOPS, Observation};

/// What one transaction has to write, over all tasks of a worker.
#[derive(Debug, Default)]
pub struct Batch {
    pub outputs: Vec<Output>,
    /// By destination task; each list in sending order.
    pub mail: BTreeMap<u32, Vec<Envelope>>,
    pub undeliverable: Vec<Undeliverable>,
    pub observations: Vec<Observation>,
}

/// A message that took more hops than routing ever needs: a bug, and a dead letter. What it says of itself is logged, so
/// it does not name anybody.
#[derive(Debug, Clone)]
pub struct Undeliverable {
    pub envelope: Envelope,
}

impl fmt::Display for Undeliverable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Envelope { to, hops, .. } = &self.envelope;
        let to = to.kind().name();
        write!(f, "a message to {to} was passed on {hops} times, {MAX_HOPS} is the most: report this as a bug")
    }
}

/// One record for the state topic; no value means the entity is forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRecord {
    pub key: EntityKey,
    pub value: Option<Box<[u8]>>,
}
