//! Why an order stands as it does: what was decided, what waits and for what, and why nothing was done.
//!
//! A closed list for programs; whoever shows it to people finds the sentences in the command that does.

use serde::{Deserialize, Serialize};

use crate::events::{Party, Timestamp};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// Events of the order are known, but none that places it holds.
    NotPlaced,
    /// It says that it was placed in the future: not believed before.
    PlacedInTheFuture {
        believed_at: Timestamp,
    },
    /// No time was promised, and the touchpoint has no expected one.
    NoPromise,
    PromiseNotPassed {
        promised_at: Timestamp,
        judged_at: Timestamp,
    },
    WithinGrace {
        promised_at: Timestamp,
        judged_at: Timestamp,
    },
    /// Silence means something only once nothing can be on its way any more.
    WaitsForSafeTime {
        judged_at: Timestamp,
        safe_time: Option<Timestamp>,
    },
    /// Fulfilments are not recorded at this touchpoint: nothing is found by silence.
    NotTracked {
        touchpoint: Option<String>,
    },
    /// Before the promise, or without one.
    Cancelled {
        by: Party,
        at: Timestamp,
    },
    /// After the promise had been broken: what was found stays.
    CancelledTooLate {
        by: Party,
        at: Timestamp,
    },
    SettledInTime {
        at: Timestamp,
        promised_at: Timestamp,
    },
    SettledWithinGrace {
        at: Timestamp,
        promised_at: Timestamp,
    },
    SettledWithoutPromise {
        at: Timestamp,
    },
    /// What came named its lines, and did not say that it was all.
    MoreMayCome {
        until: Timestamp,
    },
    /// Nothing that was ordered is missing from what came.
    AllAsOrdered,
    /// The newest estimate is no reason to worry yet.
    EstimateWithinMargin {
        eta: Timestamp,
        promised_at: Timestamp,
        margin_seconds: i64,
    },

    /// The decision waits for the first safe time after a start.
    WaitsForFirstSafeTime {
        since: Timestamp,
    },
    /// The news was too old to send anybody for: it counts, and nobody is told.
    TooOldToAct {
        news_at: Timestamp,
        limit_seconds: Option<i64>,
    },
    /// Silence where staff often forget to report, or while the clock was held.
    OnlySuspected {
        clock_held: bool,
    },
    StaffSaidNotSo,
    /// What showed the failure was taken back or explained.
    PutRight,
    Merged {
        into: String,
    },
    DecidedBy {
        rule: String,
    },
    /// Whoever recorded it had said sorry, or an action was done.
    AlreadyApologised {
        at: Timestamp,
    },
    /// A person comes instead of a bare apology.
    PersonInstead,
    /// The rule has no remedy that would help now.
    NoRemedyHelps,
    /// Staff had put it right of their own accord.
    RemedyGivenOtherwise,
    /// The rule gives no gesture.
    NoGestureInRule {
        rule: String,
    },
    GestureWaitsForSafeTime,
    GestureWaitsForCompanions,
    GestureWaitsForTheFirstStep,
    GestureWaitsForSite,
    GestureSuppressed {
        because: String,
    },
}
