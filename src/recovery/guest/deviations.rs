//! Where staff did more or other than they were asked: counted as what it is, never as an error.

use crate::events::{DeclinedBy, OutcomeEvent, OutcomeStatus, RecoveryAction};
use crate::recovery::Deviation;

/// What an answer to an action deviates by. A guest who says no is no deviation of staff.
pub(super) fn of_answer(action: &RecoveryAction, outcome: &OutcomeEvent) -> Option<Deviation> {
    let gesture = action.gesture.as_ref().map(|gesture| (gesture.value_minor, gesture.currency.as_str()));
    let remedy = action.remedy.as_ref().and_then(|remedy| Some((remedy.amount_minor?, remedy.currency.as_deref()?)));
    let is_more = gesture.or(remedy).is_some_and(|(asked_minor, currency)| {
        let is_comparable = outcome.currency.as_deref().is_none_or(|stated| stated == currency);
        is_comparable && outcome.value_minor.is_some_and(|given_minor| given_minor > asked_minor)
    });
    let has_reason = outcome.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    match outcome.status {
        OutcomeStatus::Done | OutcomeStatus::Substituted if is_more => Some(Deviation::More),
        OutcomeStatus::Substituted => Some(Deviation::Instead),
        OutcomeStatus::Declined | OutcomeStatus::NotPossible
            if has_reason && outcome.declined_by != Some(DeclinedBy::Guest) =>
        {
            Some(Deviation::WithReason)
        }
        _ => None,
    }
}
