//! What fails again and again at one site or with one carrier, and how its owner hears of it.
//!
//! Guests report each incident whole; a report takes the place of the one before, so that reports may come doubled and in
//! any order, and end in the same counts. An insight is a commitment: it is told at the threshold, again whenever its
//! count has doubled, and resolved when the failures have become rare or somebody answers `fixed`. Failures from before
//! that never make another one.

mod insight;
mod report;
#[cfg(test)]
mod tests;
mod track;
mod words;

use serde::{Deserialize, Serialize};

pub use report::{CauseReport, Failing};

use super::{Context, Effects, EntityKey, Envelope, Message, Observation};
use crate::events::{Cause, Event, Input, Millis, OutcomeEvent, OutcomeStatus, Output, Timestamp, ids};
use crate::policy::Policy;
use track::{Counted, Track};

/// One owner remembers at most this many failures, and forgets the oldest first: about 140 kB of state.
const MOST_COUNTED: usize = 4_096;

/// The failures that a site or a carrier can learn from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Causes {
    /// Sorted by their cause.
    tracks: Vec<Track>,
    /// The highest ordinal among the causes that were forgotten: an insight that is new gets a higher one, for its id
    /// must never come twice.
    forgotten: u32,
    /// When the last report was handled: deadlines that follow from it lie no earlier.
    handled_at: Option<Timestamp>,
}

/// A carrier: nothing but what it fails at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Carrier {
    causes: Causes,
}

/// Who counts, when, and where it is told.
struct Desk<'a, 'c> {
    key: &'a EntityKey,
    context: &'a Context<'c>,
    outputs: &'a mut Vec<Output>,
}

impl Carrier {
    pub(super) fn handle(&mut self, key: &EntityKey, message: Message, context: &Context<'_>, effects: &mut Effects) {
        match message {
            Message::Causes(report) => self.causes.on_report(key, &report, context, effects),
            Message::AskInsight { guest, incident_id, causes } => {
                self.causes.on_ask(key, guest, incident_id, &causes, effects);
            }
            Message::Input(input) => self.causes.on_input(key, &input, context, effects),
            _ => debug_assert!(false, "a carrier never gets such a message"),
        }
    }

    pub(super) fn next_deadline(&self, policy: &Policy) -> Option<Timestamp> {
        self.causes.next_deadline(policy)
    }

    pub(super) fn fire(&mut self, key: &EntityKey, context: &Context<'_>, effects: &mut Effects) {
        self.causes.fire(key, context, effects);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }
}

impl Causes {
    /// Everything that is wrong with one incident, as far as it is this owner's.
    pub(super) fn on_report(
        &mut self,
        key: &EntityKey,
        report: &CauseReport,
        context: &Context<'_>,
        effects: &mut Effects,
    ) {
        self.handled_at = self.handled_at.max(Some(context.now));
        let incident = report.incident();
        let guest = ids::digest(report.guest.as_str().as_bytes());
        for track in &mut self.tracks {
            track.take_back(incident);
        }
        let oldest = context.now - keep(context.policy);
        for failing in report.causes.iter().filter(|failing| failing.at > oldest) {
            self.track(failing).count(Counted { at: failing.at, incident, guest }, failing);
        }
        self.bound();
        let mut desk = Desk { key, context, outputs: &mut effects.outputs };
        let forgotten = self.forgotten;
        for failing in &report.causes {
            if let Ok(index) = self.place_of(&failing.cause) {
                self.tracks[index].tell_if_due(forgotten, &mut desk);
            }
        }
        self.forget_idle();
    }

    /// A guest wants to know whether anybody is at work on one of these.
    pub(super) fn on_ask(
        &self,
        key: &EntityKey,
        guest: EntityKey,
        incident_id: String,
        causes: &[Cause],
        effects: &mut Effects,
    ) {
        let is_open = |cause: &Cause| self.place_of(cause).is_ok_and(|index| self.tracks[index].open.is_some());
        let is_open = causes.iter().any(is_open);
        let message = Message::InsightOpen { incident_id, owner: key.clone(), is_open };
        effects.messages.push(Envelope { to: guest, hops: 1, message });
    }

    /// The owner answers an insight.
    pub(super) fn on_input(&mut self, key: &EntityKey, input: &Input, context: &Context<'_>, effects: &mut Effects) {
        let Event::Outcome(outcome) = &input.event else {
            debug_assert!(false, "only answers go to {key}");
            return;
        };
        let first_output = effects.outputs.len();
        let mut desk = Desk { key, context, outputs: &mut effects.outputs };
        effects.observations.extend(self.on_outcome(&input.source, outcome, &mut desk));
        for output in &mut effects.outputs[first_output..] {
            output.traceparent.clone_from(&input.traceparent);
        }
    }

    /// Returns what is strange about the answer, if anything.
    fn on_outcome(&mut self, source: &str, outcome: &OutcomeEvent, desk: &mut Desk<'_, '_>) -> Option<Observation> {
        let (_, asked) = outcome.reply_to.as_deref().and_then(ids::parse_reply_to)?;
        let is_one_insight = outcome.insight_id.as_ref().is_none_or(|insight_id| *insight_id == asked);
        let mut tracks = self.tracks.iter_mut();
        let track = tracks.find(|track| track.insight_id(desk.key).as_ref() == Some(&asked));
        let Some(track) = track.filter(|_| is_one_insight && outcome.status == OutcomeStatus::Fixed) else {
            return Some(Observation::UnmatchedOutcome);
        };
        let identity = format!("{source}\u{1f}{}", outcome.id);
        if track.answers.contains(&identity) {
            return Some(Observation::Duplicate);
        }
        if track.open.is_none() {
            return Some(Observation::UnmatchedOutcome); // it was over already
        }
        track.answers.push(identity);
        // arriving first, a correction or a withdrawal suppresses its original
        track.answers.extend(outcome.corrects.iter().map(|corrected| format!("{source}\u{1f}{corrected}")));
        if !outcome.withdrawn {
            track.resolve(Some(outcome.time.min(desk.context.now)), desk);
        }
        None
    }

    pub(super) fn next_deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let keep = keep(policy);
        let handled_at = self.handled_at?;
        let of_tracks = self.tracks.iter().filter_map(|track| {
            let resolve_at = track.open.is_some().then(|| track.resolves_at(&policy.insights, handled_at));
            resolve_at.into_iter().chain(track.forget_at(keep)).min()
        });
        of_tracks.min().map(|deadline| deadline.max(handled_at))
    }

    pub(super) fn fire(&mut self, key: &EntityKey, context: &Context<'_>, effects: &mut Effects) {
        let Some(handled_at) = self.handled_at else { return };
        let keep = keep(context.policy);
        let mut desk = Desk { key, context, outputs: &mut effects.outputs };
        for track in &mut self.tracks {
            if track.open.is_some() && context.has_passed(track.resolves_at(&context.policy.insights, handled_at)) {
                track.resolve(None, &mut desk);
            }
            track.forget(|at| context.has_passed(at + keep));
        }
        self.forget_idle();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tracks.is_empty() && self.forgotten == 0
    }

    fn place_of(&self, cause: &Cause) -> Result<usize, usize> {
        self.tracks.binary_search_by(|track| track.cause.cmp(cause))
    }

    /// The track of a cause, made when it is new.
    fn track(&mut self, failing: &Failing) -> &mut Track {
        let index = match self.place_of(&failing.cause) {
            Ok(index) => index,
            Err(index) => {
                self.tracks.insert(index, Track::new(failing.cause.clone()));
                index
            }
        };
        &mut self.tracks[index]
    }

    /// Lets go of the oldest failures when there are too many of them.
    fn bound(&mut self) {
        let counted: usize = self.tracks.iter().map(|track| track.counted.len()).sum();
        for _ in MOST_COUNTED..counted {
            let tracks = self.tracks.iter_mut().filter(|track| !track.counted.is_empty());
            if let Some(oldest) = tracks.min_by_key(|track| track.counted[0]) {
                oldest.counted.remove(0);
            }
        }
    }

    fn forget_idle(&mut self) {
        let forgotten = &mut self.forgotten;
        self.tracks.retain(|track| {
            if track.is_idle() {
                *forgotten = track.ordinal.max(*forgotten);
            }
            !track.is_idle()
        });
    }
}

/// For how long a failure may still make a difference.
fn keep(policy: &Policy) -> Millis {
    let insights = &policy.insights;
    insights.window.max(insights.resolve_after).max(insights.mass_window)
}
