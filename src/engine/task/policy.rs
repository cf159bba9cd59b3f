//! Deadlines follow from an entity's state and the policy: whenever either is another, they are derived anew.

use super::Task;
use crate::policy::Policy;
use crate::recovery::{Entity, StateError};

impl Task {
    /// From now on another policy decides. What it would have decided earlier falls due at once, as after a restart
    /// with it. Decodes every entity; only between transactions.
    ///
    /// # Errors
    /// When an entity at rest cannot be read.
    pub fn adopt(&mut self, policy: &Policy) -> Result<(), StateError> {
        debug_assert!(self.touched.is_empty(), "a policy changes between transactions");
        self.index_deadlines(policy)?;
        self.patience.reset();
        self.suspicion.reset();
        Ok(())
    }

    pub(super) fn index_deadlines(&mut self, policy: &Policy) -> Result<(), StateError> {
        self.deadlines.clear();
        for (key, resting) in self.at_rest.iter_mut() {
            resting.deadline = Entity::decode(key, &resting.bytes)?.next_deadline(policy);
            if let Some(deadline) = resting.deadline {
                self.deadlines.insert((deadline, key.clone()));
            }
        }
        Ok(())
    }
}
