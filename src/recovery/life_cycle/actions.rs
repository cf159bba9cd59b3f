//! The moves of an action. It is open until somebody has answered, taken its place or let it lapse; only an answer that
//! comes late still counts after that.

use ActionState as S;

use crate::events::ActionState;

/// Whether an action may go from one state to another; `None`: it is new.
pub fn may_move(from: Option<ActionState>, to: ActionState) -> bool {
    match from {
        None => to == S::Open,
        Some(S::Open) => to != S::Open,
        Some(S::Accepted) => !matches!(to, S::Open | S::Accepted),
        // staff report late what they did
        Some(S::Unreported | S::Expired) => matches!(to, S::Done | S::Substituted),
        Some(S::Done | S::Substituted | S::Declined | S::NotPossible | S::Retracted | S::Superseded) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_answered_stays_answered() {
        for from in S::ALL.iter().copied().filter(|state| !state.is_open()) {
            let ways: Vec<S> = S::ALL.iter().copied().filter(|to| may_move(Some(from), *to)).collect();
            let late = matches!(from, S::Unreported | S::Expired);
            assert_eq!(ways, if late { vec![S::Done, S::Substituted] } else { Vec::new() }, "{from}");
        }
    }

    #[test]
    fn a_new_action_is_open_and_can_end_in_every_way() {
        assert!(S::ALL.iter().all(|to| may_move(None, *to) == (*to == S::Open)));
        assert!(S::ALL.iter().filter(|to| !to.is_open()).all(|to| may_move(Some(S::Accepted), *to)));
    }
}
