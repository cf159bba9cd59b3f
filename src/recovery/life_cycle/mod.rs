//! The life cycles of incidents, actions and follow-ups: which moves there are, and who made which, when and why.
//!
//! Each has a table of its own, to be read as a list. A move that is not in its table does not happen: it is refused
//! and counted. What was moved is kept with the incident, the newest moves where there are very many.

mod actions;
mod cause;
mod follow_ups;
mod incidents;
mod ledger;

pub use actions::may_move as action_may_move;
pub use cause::{Actor, Cause};
pub use follow_ups::may_move as follow_up_may_move;
pub use incidents::may_move as incident_may_move;
pub use ledger::{Ledger, Move, Moved};
