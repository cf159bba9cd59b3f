//! What the codes of a look-up mean, as a duty manager would say it.

use jiff::tz::TimeZone;

use crate::events::{ActionState, Millis, Party, Shortfall, Timestamp};
use crate::policy::money;
use crate::recovery::view::Reason;

/// Tells times as the people at the site do.
#[derive(Debug)]
pub(super) struct Clock(TimeZone);

impl Clock {
    /// Of the site; UTC where its zone is not known.
    pub fn of(time_zone: Option<&str>) -> Self {
        Self(time_zone.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC))
    }

    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    pub fn tell(&self, at: Timestamp) -> String {
        let local = self.0.to_datetime(at.to_jiff());
        let format = if local.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
        local.strftime(format).to_string()
    }
}

/// "35 min", "2 h 5 min", "3 d".
pub(super) fn span(span: Millis) -> String {
    let seconds = span.as_seconds().abs();
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// A name of a closed list as words: "item_partial" is "item partial".
pub(super) fn plain(name: &str) -> String {
    name.replace('_', " ")
}

pub(super) fn shortfall(shortfall: &Shortfall) -> String {
    let mut text = plain(shortfall.kind.name());
    if let Some(name) = shortfall.name.as_deref().or(shortfall.item_id.as_deref()) {
        text = format!("{text}: {name}");
    }
    if let Some(quantity) = shortfall.quantity.filter(|quantity| *quantity > 1) {
        text = format!("{text} x {quantity}");
    }
    if let Some(parcel) = &shortfall.parcel_id {
        text = format!("{text}, parcel {parcel}");
    }
    if let Some(late) = shortfall.late_by_seconds {
        text = format!("{text}, by {}", span(Millis::seconds(late)));
    }
    if let (Some(amount), Some(currency)) = (shortfall.amount_minor, &shortfall.currency) {
        text = format!("{text}, {}", money::format(amount, currency));
    }
    let certainty = if shortfall.suspected { "suspected" } else { "known" };
    format!("{text} ({certainty} by {}, responsible: {})", shortfall.source, shortfall.responsibility)
}

pub(super) fn state(state: ActionState) -> &'static str {
    match state {
        ActionState::Open => "open",
        ActionState::Accepted => "accepted",
        ActionState::Done => "done",
        ActionState::Substituted => "done otherwise",
        ActionState::Declined => "declined",
        ActionState::NotPossible => "not possible",
        ActionState::Unreported => "nobody reported, counted as given",
        ActionState::Expired => "expired",
        ActionState::Retracted => "taken back",
        ActionState::Superseded => "replaced",
    }
}

/// What a reason says about the order itself; the others are about what was decided.
pub(super) fn is_of_the_order(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::NotPlaced
            | Reason::PlacedInTheFuture { .. }
            | Reason::NoPromise
            | Reason::PromiseNotPassed { .. }
            | Reason::WithinGrace { .. }
            | Reason::WaitsForSafeTime { .. }
            | Reason::NotTracked { .. }
            | Reason::Cancelled { .. }
            | Reason::CancelledTooLate { .. }
            | Reason::SettledInTime { .. }
            | Reason::SettledWithinGrace { .. }
            | Reason::SettledWithoutPromise { .. }
            | Reason::MoreMayCome { .. }
            | Reason::AllAsOrdered
            | Reason::EstimateWithinMargin { .. }
    )
}

pub(super) fn reason(reason: &Reason, clock: &Clock) -> String {
    let tell = |at: &Timestamp| clock.tell(*at);
    let by = |by: &Party| match by {
        Party::Customer => "by the customer",
        Party::Company => "by the company",
        Party::Unknown => "nobody said by whom",
    };
    match reason {
        Reason::NotPlaced => "no event that places the order holds: none came, or it was withdrawn".to_owned(),
        Reason::PlacedInTheFuture { believed_at } => {
            format!("it says that it was placed in the future; it is believed at {}", tell(believed_at))
        }
        Reason::NoPromise => "no time was promised and none is usual here, so none can be broken".to_owned(),
        Reason::PromiseNotPassed { promised_at, judged_at } => {
            format!(
                "promised for {}, which is still to come; silence is judged at {}",
                tell(promised_at),
                tell(judged_at)
            )
        }
        Reason::WithinGrace { promised_at, judged_at } => format!(
            "promised for {} and not heard of; within the policy's grace, silence is judged at {}",
            tell(promised_at),
            tell(judged_at)
        ),
        Reason::WaitsForSafeTime { judged_at, safe_time } => format!(
            "silence was to be judged at {}, but events may still be on their way: everything has been read only up to {}",
            tell(judged_at),
            safe_time.as_ref().map_or_else(|| "no known moment yet".to_owned(), tell)
        ),
        Reason::NotTracked { touchpoint } => format!(
            "fulfilments are not recorded at {} (tracking = none), so nothing is concluded from silence",
            touchpoint.as_deref().unwrap_or("this touchpoint")
        ),
        Reason::Cancelled { by: party, at } => format!("cancelled at {}, {}", tell(at), by(party)),
        Reason::CancelledTooLate { by: party, at } => {
            format!("cancelled at {}, {}, after the promise was broken: what was found stays", tell(at), by(party))
        }
        Reason::SettledInTime { at, promised_at } => {
            format!("came at {}, in time for {}", tell(at), tell(promised_at))
        }
        Reason::SettledWithinGrace { at, promised_at } => {
            format!("came at {}, after {} but within the policy's grace", tell(at), tell(promised_at))
        }
        Reason::SettledWithoutPromise { at } => format!("came at {}; no time was promised", tell(at)),
        Reason::MoreMayCome { until } => format!(
            "what came named its lines and did not say that it was all: the rest is missed only after {}",
            tell(until)
        ),
        Reason::AllAsOrdered => "nothing that was ordered is missing from what came".to_owned(),
        Reason::EstimateWithinMargin { eta, promised_at, margin_seconds } => format!(
            "the newest estimate is {}, for {}: a warning goes out from {} past the promise",
            tell(eta),
            tell(promised_at),
            span(Millis::seconds(*margin_seconds))
        ),
        Reason::WaitsForFirstSafeTime { since } => format!(
            "the evidence of {} waits to be decided until everything older has been read after the start",
            tell(since)
        ),
        Reason::TooOldToAct { news_at, limit_seconds } => {
            let limit = limit_seconds.map(|limit| format!(" (max_action_age {})", span(Millis::seconds(limit))));
            format!(
                "the news is of {}, too old to send anybody for{}: it counts as history, nobody is told",
                tell(news_at),
                limit.unwrap_or_default()
            )
        }
        Reason::OnlySuspected { clock_held: false } => {
            "staff often forget to report here: they are asked to look first, an apology follows when it is so"
                .to_owned()
        }
        Reason::OnlySuspected { clock_held: true } => {
            "only suspected: reading has fallen behind the clock, so nobody is sent until silence is proven".to_owned()
        }
        Reason::StaffSaidNotSo => "staff have looked and said that it is not so".to_owned(),
        Reason::PutRight => "what showed it was taken back or explained since".to_owned(),
        Reason::Merged { into } => format!("it is part of incident {into} now"),
        Reason::DecidedBy { rule } => format!("rule {rule:?} of the policy decided"),
        Reason::AlreadyApologised { at } => format!("no apology is asked for: somebody said sorry at {}", tell(at)),
        Reason::PersonInstead => "a person comes instead of a bare apology".to_owned(),
        Reason::NoRemedyHelps => "no remedy: none that the rule names would help now".to_owned(),
        Reason::RemedyGivenOtherwise => "no remedy is asked for: staff had put it right of their own accord".to_owned(),
        Reason::NoGestureInRule { rule } => format!("no gesture: rule {rule:?} gives none"),
        Reason::GestureWaitsForSafeTime => {
            "the gesture waits until the profile and its allergies are surely in".to_owned()
        }
        Reason::GestureWaitsForTheFirstStep => {
            "the choice of two waits until somebody has said sorry, or should have".to_owned()
        }
        Reason::GestureWaitsForCompanions => "the gesture waits for what the companions have declared".to_owned(),
        Reason::GestureWaitsForSite => "the gesture waits for the site to grant it".to_owned(),
        Reason::GestureSuppressed { because } => format!("no gesture: {}", suppression(because)),
    }
}

fn suppression(because: &str) -> String {
    let text = match because {
        "budget_site_day" => "what the site may spend on gestures today is used up",
        "cap_guest_window" => "the guest's own claims have reached the policy's limit; a person decides",
        "no_candidate" => "nothing that may be given passed every check",
        "profile_unknown" => "the guest's profile is not known",
        "joined" => "another failure of the same visit has its gesture already",
        "own_initiative" => "staff have given something of their own accord",
        other => return plain(other),
    };
    format!("{text} ({because})")
}
