//! Recorded events under two policies: which decisions differ, and what it adds up to.
//!
//! Incidents are told apart by their ids, which no policy changes; versions, ids and wording are no difference.

mod decided;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::reading::{self, Reading, RecordedInput};
use super::summary::{Summary, Tally};
use super::{BacktestError, Mapping};
use crate::codec::Codec;
use crate::engine::InProcess;
use crate::events::Timestamp;
use crate::policy::Policy;
pub use decided::About;
use decided::{Decided, Said};

/// What to compare, over which files.
#[derive(Debug)]
pub struct Comparison<'a> {
    pub old: Arc<Policy>,
    pub new: Arc<Policy>,
    pub files: &'a [PathBuf],
    pub mapping: Option<&'a Mapping>,
    /// Runs the clock on to this moment after the last event.
    pub until: Option<Timestamp>,
}

/// Two runs side by side.
#[derive(Debug, Serialize)]
pub struct Difference {
    pub old: Summary,
    pub new: Summary,
    /// Incidents of either run.
    pub incidents: usize,
    /// Those that are decided otherwise, the earliest first.
    pub changed: Vec<Changed>,
}

/// An incident that the two policies decide otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changed {
    #[serde(flatten)]
    pub about: About,
    /// When it occurred, on the clock of its site.
    pub local_time: String,
    pub changes: Vec<Change>,
}

/// One side of a decision. Nothing on a side: that policy decides nothing of the kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// `incident`, `severity`, `rule`, `authority`, `action`, `gesture` or `follow_up`.
    pub what: &'static str,
    pub old: Vec<String>,
    pub new: Vec<String>,
}

impl Comparison<'_> {
    /// # Errors
    /// When a file cannot be read, or holds no event.
    pub fn run(&self) -> Result<Difference, BacktestError> {
        let codec = Codec::new(None)?;
        let Reading { events, dead, skipped } = reading::read(self.files, self.mapping, &codec)?;
        let Some(last) = events.last().map(|event| event.input.time()) else {
            return Err(reading::no_events(self.files));
        };
        if let Some(until) = self.until.filter(|until| *until < last) {
            return Err(BacktestError::Until { until, last });
        }
        let until = self.until.unwrap_or(last);
        let run = |policy: &Arc<Policy>| {
            let (mut tally, said) = run(&events, policy, until);
            tally.dead_letters += dead.len() as u64;
            tally.skipped.clone_from(&skipped);
            (tally.summary(), said.decided(policy))
        };
        let ((old, was), (new, is)) = (run(&self.old), run(&self.new));
        let (incidents, changed) = self.changed(was, is);
        Ok(Difference { old, new, incidents, changed })
    }

    fn changed(&self, was: BTreeMap<String, Decided>, mut is: BTreeMap<String, Decided>) -> (usize, Vec<Changed>) {
        let mut pairs: Vec<(Option<Decided>, Option<Decided>)> = Vec::new();
        for (id, was) in was {
            let is = is.remove(&id);
            pairs.push((Some(was), is));
        }
        pairs.extend(is.into_values().map(|is| (None, Some(is))));
        let incidents = pairs.len();
        let mut changed: Vec<Changed> = Vec::new();
        for (was, is) in pairs {
            let changes = changes(was.as_ref(), is.as_ref());
            let Some(about) = is.or(was).map(|decided| decided.about).filter(|_| !changes.is_empty()) else { continue };
            let site = about.site_id.as_deref().unwrap_or_default();
            let local_time = decided::local(&self.new, site, about.occurred_at);
            changed.push(Changed { about, local_time, changes });
        }
        changed.sort_by(|a, b| {
            let key = |one: &Changed| (one.about.occurred_at, one.about.incident_id.clone());
            key(a).cmp(&key(b))
        });
        (incidents, changed)
    }
}

fn run(events: &[RecordedInput], policy: &Arc<Policy>, until: Timestamp) -> (Tally, Said) {
    // profiles and items of a file have no time of their own
    let dated = events.iter().find(|event| !event.input.contract().is_compacted());
    let from = dated.map_or(until, |event| event.input.time());
    let (mut tally, mut said) = (Tally::new(&policy.version, from, until), Said::default());
    let mut engine = InProcess::new(1, Arc::clone(policy));
    let mut listen = |engine: &mut InProcess, tally: &mut Tally| {
        for output in engine.take_outputs() {
            tally.output(&output);
            said.add(output);
        }
        engine.take_observations();
        tally.dead_letters += engine.take_undeliverable().len() as u64;
    };
    for event in events {
        tally.input(&event.input);
        tally.dead_letters += u64::from(engine.input(event.input.clone()).is_err());
        listen(&mut engine, &mut tally);
    }
    engine.advance(until);
    listen(&mut engine, &mut tally);
    (tally, said)
}

fn changes(was: Option<&Decided>, is: Option<&Decided>) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut compare = |what: &'static str, of: &dyn Fn(&Decided) -> Vec<String>| {
        let (old, new) = (was.map(of).unwrap_or_default(), is.map(of).unwrap_or_default());
        if old != new {
            changes.push(Change { what, old, new });
        }
    };
    compare("incident", &|one| vec![one.status.unwrap_or("decided").to_owned()]);
    compare("severity", &|one| vec![one.severity.to_owned()]);
    compare("rule", &|one| one.rule.iter().cloned().collect());
    compare("authority", &|one| one.authority.iter().map(ToString::to_string).collect());
    compare("action", &|one| one.actions.clone());
    compare("gesture", &|one| one.gestures.clone());
    compare("follow_up", &|one| one.follow_ups.clone());
    // entries that stay are no difference
    for change in &mut changes {
        without_common(&mut change.old, &mut change.new);
    }
    changes.retain(|change| change.old != change.new);
    changes
}

/// Takes out what stands on both sides, as often as it stands on both.
fn without_common(old: &mut Vec<String>, new: &mut Vec<String>) {
    old.retain(|entry| match new.iter().position(|other| other == entry) {
        Some(position) => {
            new.remove(position);
            false
        }
        None => true,
    });
}
