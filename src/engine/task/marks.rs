//! Marks of those who were erased: found when an entity has nothing to remember, written when one is erased.
//!
//! They lie in the entity's own task, so that they are read and written in its transaction.

use super::{Task, Touched};
use crate::engine::deadlines::reindex;
use crate::recovery::{Entity, EntityKey, EntityKind, Erasure, StateError, World};

impl Task {
    /// Up to when an entity was erased that has nothing to remember.
    pub(super) fn erasure_of(&self, key: &EntityKey, world: World<'_>) -> Result<Option<Erasure>, StateError> {
        let is_of_somebody = matches!(key.kind(), EntityKind::Guest | EntityKind::OrderIndex);
        if !self.has_marks || !is_of_somebody || self.remembers(key) {
            return Ok(None);
        }
        for mark in world.privacy.marks(key, self.id) {
            let found = match (self.touched.get(&mark), self.at_rest.get(&mark)) {
                (Some(touched), _) => Some(touched.entity.clone()),
                (None, Some(resting)) => Some(Entity::decode(&mark, &resting.bytes)?),
                (None, None) => None,
            };
            if let Some(Entity::Mark(mark)) = found
                && let Some(erasure) = mark.erasure()
            {
                return Ok(Some(erasure));
            }
        }
        Ok(None)
    }

    fn remembers(&self, key: &EntityKey) -> bool {
        match self.touched.get(key) {
            Some(touched) => !touched.entity.is_empty(),
            None => self.at_rest.get(key).is_some(),
        }
    }

    pub(super) fn mark(&mut self, key: &EntityKey, erasure: Erasure, world: World<'_>) -> Result<(), StateError> {
        self.has_marks = true;
        let Some(mark) = world.privacy.marks(key, self.id).next() else { return Ok(()) };
        let resting = match (self.touched.contains_key(&mark), self.at_rest.get(&mark)) {
            (false, Some(resting)) => Some((Entity::decode(&mark, &resting.bytes)?, resting.deadline)),
            _ => None,
        };
        let touched = self.touched.entry(mark.clone()).or_insert_with(|| {
            let (entity, deadline) = resting.unwrap_or_else(|| (Entity::new(&mark), None));
            Touched { entity, deadline, written: None }
        });
        touched.written = None;
        if let Entity::Mark(known) = &mut touched.entity {
            known.renew(erasure, world.privacy.keep_until(self.now));
        }
        let next = touched.entity.next_deadline(world.policy);
        let before = std::mem::replace(&mut touched.deadline, next);
        reindex(&mut self.deadlines, mark, before, next);
        Ok(())
    }
}
