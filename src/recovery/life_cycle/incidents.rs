//! The moves of an incident. It goes forward from `suspected` to `closed`; what was taken back or is over may be opened
//! again by new facts, but nothing is ever undecided again.

use IncidentStatus as S;

use crate::events::IncidentStatus;

/// Whether an incident may go from one status to another; `None`: it is not published yet.
pub fn may_move(from: Option<IncidentStatus>, to: IncidentStatus) -> bool {
    let Some(from) = from else { return FIRST.contains(&to) };
    if from == to {
        return false;
    }
    match from {
        S::Suspected => DECIDED.contains(&to) || ENDED.contains(&to) || to == S::Expired,
        S::Confirmed => {
            matches!(to, S::ActionProposed | S::Escalated) || WORKED_ON.contains(&to) || WORK_ENDED.contains(&to)
        }
        S::ActionProposed => to == S::Escalated || WORKED_ON.contains(&to) || WORK_ENDED.contains(&to),
        S::Acknowledged => matches!(to, S::ApprovalPending | S::InProgress | S::Escalated) || WORK_ENDED.contains(&to),
        // the approval was given, refused or timed out: what is allowed without it goes on
        S::ApprovalPending => {
            matches!(to, S::ActionProposed | S::Acknowledged | S::InProgress | S::Escalated) || WORK_ENDED.contains(&to)
        }
        S::InProgress => matches!(to, S::ApprovalPending | S::Escalated) || WORK_ENDED.contains(&to),
        S::Reopened => to == S::Escalated || WORKED_ON.contains(&to) || WORK_ENDED.contains(&to),
        S::Escalated => WORK_ENDED.contains(&to),
        // asked again where a complaint adds nothing new
        S::Recovered | S::FollowUpDue => {
            matches!(to, S::FollowUpDue | S::Recovered | S::Closed | S::ActionProposed)
                || REOPENED.contains(&to)
                || TAKEN_BACK.contains(&to)
        }
        // a closed one may have been history, and a recent complaint makes it live
        S::Closed | S::Expired => {
            matches!(to, S::Recovered) || DECIDED.contains(&to) || REOPENED.contains(&to) || TAKEN_BACK.contains(&to)
        }
        // new facts bring it back
        S::Retracted | S::Merged => FIRST.contains(&to),
    }
}

const FIRST: &[S] = &[S::Suspected, S::Confirmed, S::ActionProposed, S::Acknowledged, S::Escalated, S::Closed];
/// What a decision makes of it: `closed` is history.
const DECIDED: &[S] = &[S::Confirmed, S::ActionProposed, S::Acknowledged, S::Escalated, S::Closed];
const WORKED_ON: &[S] = &[S::Acknowledged, S::ApprovalPending, S::InProgress];
const TAKEN_BACK: &[S] = &[S::Retracted, S::Merged];
const ENDED: &[S] = &[S::Retracted, S::Merged, S::Closed];
/// `follow_up_due`: all that was added while the question was open.
const WORK_ENDED: &[S] = &[S::Recovered, S::FollowUpDue, S::Closed, S::Retracted, S::Merged, S::Reopened];
const REOPENED: &[S] = &[S::Reopened, S::Escalated];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_goes_back_to_a_suspicion_but_from_a_false_alarm() {
        for from in S::ALL.iter().copied().filter(|from| !TAKEN_BACK.contains(from)) {
            assert!(!may_move(Some(from), S::Suspected), "{from}");
        }
    }

    #[test]
    fn no_status_moves_to_itself_and_every_one_can_be_reached_and_left() {
        for status in S::ALL.iter().copied() {
            assert!(!may_move(Some(status), status), "{status}");
            let is_reached = may_move(None, status) || S::ALL.iter().any(|from| may_move(Some(*from), status));
            let is_left = S::ALL.iter().any(|to| *to != status && may_move(Some(status), *to));
            assert!(is_reached && is_left, "{status}");
        }
    }

    #[test]
    fn the_way_of_the_book_is_legal() {
        let way = [
            S::Suspected,
            S::Confirmed,
            S::Acknowledged,
            S::ApprovalPending,
            S::InProgress,
            S::Recovered,
            S::FollowUpDue,
            S::Reopened,
            S::Escalated,
            S::Closed,
        ];
        assert!(may_move(None, way[0]));
        assert!(way.windows(2).all(|two| may_move(Some(two[0]), two[1])));
    }

    #[test]
    fn what_was_closed_is_not_in_progress_without_being_reopened() {
        assert!(!may_move(Some(S::Closed), S::InProgress));
        assert!(!may_move(Some(S::Retracted), S::Recovered));
        assert!(!may_move(Some(S::Suspected), S::Recovered), "nobody has done anything yet");
        assert!(!may_move(None, S::Reopened));
    }
}
