//! The tasks of a worker: those that run, those that wait in memory for their partition to come back, and what each
//! task says of itself in the state topic.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::Task;

/// Raise it when the state topic changes in a way that old programs would misread.
pub const FORMAT: u32 = 1;

/// A record of the state topic beside those of the entities, key `t:` and the task's number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    pub format: u32,
    /// P, on which it depends who belongs to this task.
    pub partitions: u32,
    /// Inputs, with their partition counts, of which every partition had a committed offset when this was written.
    pub inputs: BTreeMap<String, i32>,
}

impl TaskRecord {
    pub fn key(task: u32) -> String {
        format!("t:{task}")
    }

    pub fn is_key(key: &[u8]) -> bool {
        key.starts_with(b"t:")
    }

    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("invariant: numbers and names can be written as JSON")
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}

/// A task with what the state topic holds about it.
#[derive(Debug)]
pub struct Owned {
    pub task: Task,
    /// As committed; `None` for a task that has never run.
    pub record: Option<TaskRecord>,
    /// To be written with the next transaction.
    pub pending: Option<TaskRecord>,
}

/// A task that was revoked.
#[derive(Debug)]
pub struct Parked {
    pub owned: Owned,
    /// Where its partition of the state topic ended while it was ours: unchanged, its memory is still true.
    pub state_end: i64,
}

#[derive(Debug, Default)]
pub struct Tasks {
    pub running: BTreeMap<u32, Owned>,
    pub parked: BTreeMap<u32, Parked>,
}

impl Tasks {
    pub fn runs(&self, task: u32) -> bool {
        self.running.contains_key(&task)
    }

    /// Every task in memory, running or parked.
    pub fn all(&mut self) -> impl Iterator<Item = (u32, &mut Task)> {
        let running = self.running.iter_mut().map(|(id, owned)| (*id, &mut owned.task));
        running.chain(self.parked.iter_mut().map(|(id, parked)| (*id, &mut parked.owned.task)))
    }

    /// Tasks whose own record is to be written.
    pub fn pending(&self) -> impl Iterator<Item = (u32, &TaskRecord)> {
        self.running.iter().filter_map(|(id, owned)| Some((*id, owned.pending.as_ref()?)))
    }

    /// What was pending is in the state topic now.
    pub fn records_committed(&mut self) {
        for owned in self.running.values_mut() {
            if let Some(record) = owned.pending.take() {
                owned.record = Some(record);
            }
        }
    }

    /// Asks for a new record of every task whose own does not name these inputs.
    pub fn know_inputs(&mut self, inputs: &BTreeMap<String, i32>) {
        for owned in self.running.values_mut() {
            let known = owned.pending.as_ref().or(owned.record.as_ref());
            if let Some(record) = known.filter(|record| record.inputs != *inputs) {
                owned.pending = Some(TaskRecord { inputs: inputs.clone(), ..record.clone() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(inputs: &[(&str, i32)]) -> TaskRecord {
        let inputs = inputs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        TaskRecord { format: FORMAT, partitions: 4, inputs }
    }

    #[test]
    fn a_record_reads_back_and_is_told_from_an_entity() {
        let written = record(&[("orders", 3)]);
        assert_eq!(TaskRecord::decode(&written.encode()), Ok(written));
        assert!(TaskRecord::is_key(TaskRecord::key(7).as_bytes()) && !TaskRecord::is_key(b"c:t:1"));
        assert!(TaskRecord::decode(b"{}").is_err());
    }

    #[test]
    fn inputs_become_known_once_and_again_when_they_change() {
        let mut tasks = Tasks::default();
        tasks.running.insert(0, Owned { task: Task::new(0, 4), record: None, pending: Some(record(&[])) });
        tasks.know_inputs(&record(&[("orders", 3)]).inputs);
        assert_eq!(tasks.pending().collect::<Vec<_>>(), [(0, &record(&[("orders", 3)]))]);
        tasks.records_committed();
        tasks.know_inputs(&record(&[("orders", 3)]).inputs);
        assert_eq!(tasks.pending().count(), 0);
        tasks.know_inputs(&record(&[("orders", 6)]).inputs);
        assert_eq!(tasks.pending().count(), 1);
    }
}
