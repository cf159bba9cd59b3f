//! Committed entities, as their encoded state records.

use rustc_hash::FxHashMap;

use crate::events::Timestamp;
use crate::recovery::EntityKey;

/// An entity as it was committed.
#[derive(Debug)]
pub(super) struct Resting {
    pub(super) bytes: Box<[u8]>,
    pub(super) deadline: Option<Timestamp>,
}

#[derive(Debug, Default)]
pub(super) struct AtRest {
    entities: FxHashMap<EntityKey, Resting>,
    bytes: usize,
}

impl AtRest {
    pub(super) fn get(&self, key: &EntityKey) -> Option<&Resting> {
        self.entities.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &EntityKey) -> Option<&mut Resting> {
        self.entities.get_mut(key)
    }

    pub(super) fn insert(&mut self, key: EntityKey, resting: Resting) {
        self.bytes += resting.bytes.len();
        let key_bytes = key.as_str().len();
        match self.entities.insert(key, resting) {
            Some(before) => self.bytes -= before.bytes.len(),
            None => self.bytes += key_bytes,
        }
    }

    pub(super) fn remove(&mut self, key: &EntityKey) {
        if let Some(before) = self.entities.remove(key) {
            self.bytes -= before.bytes.len() + key.as_str().len();
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&EntityKey, &Resting)> {
        self.entities.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&EntityKey, &mut Resting)> {
        self.entities.iter_mut()
    }

    pub(super) fn len(&self) -> usize {
        self.entities.len()
    }

    /// What keys and records take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
