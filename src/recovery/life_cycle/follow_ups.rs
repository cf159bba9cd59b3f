//! The moves of a follow-up: scheduled, due, closed with an answer or without one (`not_possible`: the guest was not
//! reached), or cancelled when the question makes no sense any more. Its type says where it stands, its state who has it.

use ActionState as S;
use FollowUpType as T;

use crate::events::{ActionState, FollowUpType};

/// Where a follow-up stands.
pub type Standing = (FollowUpType, ActionState);

/// Whether a follow-up may go from one standing to another; `None`: it is new.
pub fn may_move(from: Option<Standing>, to: Standing) -> bool {
    let Some(from) = from else { return to == (T::Scheduled, S::Open) };
    match (from, to) {
        ((T::Scheduled | T::Due, S::Open | S::Accepted), (T::Closed, S::Done | S::Expired | S::NotPossible)) => true,
        ((T::Scheduled | T::Due, S::Open | S::Accepted), (T::Cancelled, S::Retracted)) => true,
        ((T::Scheduled, state), (T::Due, same)) => state == same && state.is_open(),
        ((T::Scheduled, S::Open), (T::Scheduled, S::Accepted)) => true,
        ((T::Due, S::Open), (T::Due, S::Accepted)) => true,
        // the guest answered after all
        ((T::Closed, S::Expired | S::NotPossible), (T::Closed, S::Done)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_was_cancelled_or_answered_stays_so() {
        for from in [(T::Cancelled, S::Retracted), (T::Closed, S::Done)] {
            for to in T::ALL.iter().flat_map(|kind| S::ALL.iter().map(move |state| (*kind, *state))) {
                assert!(!may_move(Some(from), to), "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn it_comes_due_once_and_whoever_has_it_keeps_it() {
        assert!(may_move(Some((T::Scheduled, S::Accepted)), (T::Due, S::Accepted)));
        assert!(!may_move(Some((T::Scheduled, S::Accepted)), (T::Due, S::Open)));
        assert!(!may_move(Some((T::Due, S::Open)), (T::Due, S::Open)));
        assert!(!may_move(Some((T::Due, S::Open)), (T::Scheduled, S::Open)));
    }
}
