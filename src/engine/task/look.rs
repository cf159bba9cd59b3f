//! A look at what a task knows, without touching it.

use super::Task;
use crate::recovery::{Entity, EntityKey};

impl Task {
    /// The entity as it was last committed: nothing that may still be rolled back is in it.
    pub fn committed_entity(&self, key: &EntityKey) -> Option<Entity> {
        Entity::decode(key, &self.at_rest.get(key)?.bytes).ok()
    }

    /// How many entities are at rest.
    pub fn entities(&self) -> usize {
        self.at_rest.len()
    }

    /// How many entities wait for a deadline.
    pub fn deadlines(&self) -> usize {
        self.deadlines.len()
    }

    /// How many bytes the keys and the state at rest take.
    pub fn bytes(&self) -> usize {
        self.at_rest.bytes()
    }
}
