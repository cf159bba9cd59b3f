//! Where each assigned partition stands: what is committed, what is handled, and what is to be committed next.
//!
//! A position also moves past transaction markers, which no record shows, and one that was never committed counts as
//! changed: safe time waits for both. Only partitions whose records were handled have to be rewound.

use std::collections::BTreeMap;

use super::topology::{Offsets, Partition};

#[derive(Debug, Default)]
pub struct Positions {
    partitions: BTreeMap<Partition, Position>,
}

#[derive(Debug)]
struct Position {
    /// The committed offset, or where to begin.
    base: i64,
    /// `base` was never committed.
    fresh: bool,
    /// The next offset to handle.
    next: i64,
    /// Records were handled since `base`.
    handled: bool,
}

impl Positions {
    /// A partition is ours from `start` on; `committed` says whether that is the group's committed offset.
    pub fn assign(&mut self, partition: Partition, start: i64, committed: bool) {
        self.partitions.insert(partition, Position { base: start, fresh: !committed, next: start, handled: false });
    }

    pub fn clear(&mut self) {
        self.partitions.clear();
    }

    pub fn partitions(&self) -> impl Iterator<Item = Partition> {
        self.partitions.keys().copied()
    }

    /// Whether a record is to be handled. One that lies before the position was handled already, or belongs to the time
    /// before a rewind.
    pub fn expects(&self, partition: Partition, offset: i64) -> bool {
        self.partitions.get(&partition).is_some_and(|position| offset >= position.next)
    }

    /// A record was handled.
    pub fn handle(&mut self, partition: Partition, offset: i64) {
        if let Some(position) = self.partitions.get_mut(&partition) {
            position.next = offset + 1;
            position.handled = true;
        }
    }

    /// The consumer says that it has passed everything before `next`.
    pub fn pass(&mut self, partition: Partition, next: i64) {
        if let Some(position) = self.partitions.get_mut(&partition) {
            position.next = position.next.max(next);
        }
    }

    /// Whether it has no committed offset.
    pub fn is_fresh(&self, partition: Partition) -> bool {
        self.partitions.get(&partition).is_some_and(|position| position.fresh)
    }

    /// Where `partition` goes on.
    pub fn next(&self, partition: Partition) -> Option<i64> {
        self.partitions.get(&partition).map(|position| position.next)
    }

    /// Whether anything is to be committed.
    pub fn changed(&self) -> bool {
        self.partitions.values().any(Position::changed)
    }

    /// What to commit: everything that changed, and those of `always` that are ours.
    pub fn to_commit(&self, always: impl IntoIterator<Item = Partition>) -> Offsets {
        let mut offsets: Offsets = self
            .partitions
            .iter()
            .filter(|(_, position)| position.changed())
            .map(|(partition, position)| (*partition, position.next))
            .collect();
        for partition in always {
            if let Some(position) = self.partitions.get(&partition) {
                offsets.insert(partition, position.next);
            }
        }
        offsets
    }

    pub fn committed(&mut self, offsets: &Offsets) {
        for (partition, offset) in offsets {
            if let Some(position) = self.partitions.get_mut(partition) {
                position.base = *offset;
                position.fresh = false;
                position.handled = false;
            }
        }
    }

    /// Forgets what was handled since the last commit; returns where the consumer must go back to.
    pub fn rewind(&mut self) -> Offsets {
        let mut offsets = Offsets::new();
        for (partition, position) in &mut self.partitions {
            if position.handled {
                position.handled = false;
                position.next = position.base;
                offsets.insert(*partition, position.base);
            }
        }
        offsets
    }

    /// Starts again at `start`, after the log has lost what lay before, or after it was shortened.
    pub fn restart(&mut self, partition: Partition, start: i64) {
        self.assign(partition, start, false);
    }
}

impl Position {
    fn changed(&self) -> bool {
        self.fresh || self.next != self.base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: Partition = Partition { topic: 2, number: 0 };
    const Q: Partition = Partition { topic: 0, number: 7 };

    #[test]
    fn what_was_never_committed_is_committed_where_it_begins() {
        let mut positions = Positions::default();
        positions.assign(P, 40, false);
        assert!(positions.changed());
        let offsets = positions.to_commit([]);
        assert_eq!(offsets, Offsets::from([(P, 40)]));
        positions.committed(&offsets);
        assert!(!positions.changed());
    }

    #[test]
    fn a_marker_moves_a_position_and_is_not_rewound() {
        let mut positions = Positions::default();
        positions.assign(P, 40, true);
        positions.assign(Q, 5, true);
        assert!(!positions.changed());
        positions.pass(P, 41);
        positions.handle(Q, 5);
        assert_eq!(positions.to_commit([]), Offsets::from([(P, 41), (Q, 6)]));
        assert_eq!(positions.rewind(), Offsets::from([(Q, 5)]));
        assert_eq!(positions.to_commit([]), Offsets::from([(P, 41)]));
    }

    #[test]
    fn the_mailbox_of_a_touched_task_is_sent_even_where_it_stands() {
        let mut positions = Positions::default();
        positions.assign(Q, 5, true);
        assert_eq!(positions.to_commit([Q, P]), Offsets::from([(Q, 5)]));
    }

    #[test]
    fn a_record_from_before_the_position_is_not_handled_twice() {
        let mut positions = Positions::default();
        positions.assign(P, 40, true);
        assert!(positions.expects(P, 40));
        positions.handle(P, 40);
        assert!(!positions.expects(P, 40) && positions.expects(P, 44) && !positions.expects(Q, 1));
        positions.rewind();
        assert!(positions.expects(P, 40));
    }
}
