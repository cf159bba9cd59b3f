//! What an incident, its actions and its follow-ups have gone through, oldest first.

use serde::{Deserialize, Serialize};

use super::follow_ups::Standing;
use super::{Actor, Cause};
use crate::events::{ActionState, IncidentStatus, Timestamp};

/// As many moves as are kept of one incident: few have more than ten.
const MOST: usize = 64;

/// The newest moves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {
    moves: Vec<Move>,
    /// How many older ones were let go.
    forgotten: u32,
}

/// One step of a life cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    pub at: Timestamp,
    pub cause: Cause,
    pub moved: Moved,
}

/// What moved, from where to where. Actions and follow-ups are named by their place in the incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moved {
    Incident { from: Option<IncidentStatus>, to: IncidentStatus },
    Action { index: u32, from: Option<ActionState>, to: ActionState },
    FollowUp { index: u32, from: Option<Standing>, to: Standing },
}

impl Move {
    pub const fn actor(&self) -> Actor {
        self.cause.actor()
    }
}

impl Ledger {
    pub fn note(&mut self, made: Move) {
        if self.moves.len() >= MOST {
            self.moves.remove(0);
            self.forgotten = self.forgotten.saturating_add(1);
        }
        self.moves.push(made);
    }

    /// The moves that are kept, oldest first.
    pub fn moves(&self) -> &[Move] {
        &self.moves
    }

    /// How many older moves are not kept.
    pub fn forgotten(&self) -> u32 {
        self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_moves_are_kept_and_the_others_counted() {
        let mut ledger = Ledger::default();
        for number in 0..100_u32 {
            let moved = Moved::Action { index: number, from: None, to: ActionState::Open };
            ledger.note(Move { at: Timestamp::MIN, cause: Cause::Planned, moved });
        }
        assert_eq!((ledger.moves().len(), ledger.forgotten()), (MOST, 36));
        assert!(matches!(ledger.moves().last().map(|made| made.moved), Some(Moved::Action { index: 99, .. })));
    }
}
