//! How content the guests of the evening are when somebody asks.

use crate::events::FollowUp;

/// 0-10 by order; whoever is not here does not answer.
const SCORES: [(&str, i64); 3] = [("bar-1044", 9), ("room-552", 8), ("room-553", 7)];

pub(super) fn score(follow_up: &FollowUp) -> Option<i64> {
    let order_id = follow_up.order_id.as_deref()?;
    SCORES.iter().find(|(order, _)| *order == order_id).map(|(_, score)| *score)
}
