//! One move of an incident, an action or a follow-up, told by what it moved and not by a place in a list.

use serde::{Deserialize, Serialize};

use crate::events::{ActionKind, ActionState, FollowUp, FollowUpType, IncidentStatus, RecoveryAction, Timestamp};
use crate::recovery::life_cycle::{Actor, Cause, Move, Moved};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    pub at: Timestamp,
    pub actor: Actor,
    pub cause: Cause,
    #[serde(flatten)]
    pub moved: MovedView,
}

/// `from` is absent where it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum MovedView {
    Incident {
        from: Option<IncidentStatus>,
        to: IncidentStatus,
    },
    Action {
        id: String,
        kind: ActionKind,
        from: Option<ActionState>,
        to: ActionState,
    },
    FollowUp {
        id: String,
        attempt: i64,
        from: Option<FollowUpType>,
        to: FollowUpType,
        /// Who has it, or how it ended.
        state: ActionState,
    },
}

impl StepView {
    /// `None`: what it moved is not kept any more.
    pub(in crate::recovery) fn of(made: &Move, actions: &[RecoveryAction], follow_ups: &[FollowUp]) -> Option<Self> {
        let moved = match made.moved {
            Moved::Incident { from, to } => MovedView::Incident { from, to },
            Moved::Action { index, from, to } => {
                let action = actions.get(usize::try_from(index).ok()?)?;
                MovedView::Action { id: action.id.clone(), kind: action.kind, from, to }
            }
            Moved::FollowUp { index, from, to: (to, state) } => {
                let follow_up = follow_ups.get(usize::try_from(index).ok()?)?;
                let from = from.map(|(stood, _)| stood);
                MovedView::FollowUp { id: follow_up.id.clone(), attempt: follow_up.attempt, from, to, state }
            }
        };
        Some(Self { at: made.at, actor: made.actor(), cause: made.cause, moved })
    }
}
