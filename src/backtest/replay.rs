//! Recorded events up to a moment: the engine as it stood then, for whoever wants to look into it.

use std::path::PathBuf;
use std::sync::Arc;

use super::reading::{self, Reading};
use super::{BacktestError, Mapping};
use crate::codec::Codec;
use crate::engine::InProcess;
use crate::events::Timestamp;
use crate::policy::Policy;
use crate::recovery::view::{self, Moment, OrderLookup};
use crate::recovery::{EntityKey, MAX_HOPS};

/// Everything that had happened by a moment has been handled.
#[derive(Debug)]
pub struct Replayed {
    engine: InProcess,
    policy: Arc<Policy>,
    at: Timestamp,
    /// Events that no contract can read, or that go to nobody.
    pub unread: usize,
}

/// Replays the files up to `at`, or to their last event.
///
/// # Errors
/// When a file cannot be read, or holds no event.
pub fn replay(
    files: &[PathBuf],
    policy: Policy,
    mapping: Option<&Mapping>,
    at: Option<Timestamp>,
) -> Result<Replayed, BacktestError> {
    let codec = Codec::new(None)?;
    let Reading { events, dead, .. } = reading::read(files, mapping, &codec)?;
    let Some(last) = events.last().map(|event| event.input.time()) else { return Err(reading::no_events(files)) };
    let at = at.unwrap_or(last);
    let policy = Arc::new(policy);
    let mut engine = InProcess::new(1, Arc::clone(&policy));
    let mut unread = dead.len();
    for event in events.into_iter().take_while(|event| event.input.time() <= at) {
        unread += usize::from(engine.input(event.input).is_err());
        // only the end is looked at
        engine.take_outputs();
        engine.take_observations();
    }
    engine.advance(at);
    Ok(Replayed { engine, policy, at, unread })
}

impl Replayed {
    /// The order as the look-ups of a running instance show it; `None`: never heard of, or forgotten.
    pub fn order(&self, order_id: &str) -> Option<OrderLookup> {
        let moment = Moment { now: self.at, safe: Some(self.at), policy: &self.policy };
        let index = self.engine.get(&EntityKey::order_index(order_id))?;
        let index = view::index(order_id, &index, moment)?;
        let Some(mut guest) = index.owner.clone() else { return Some(OrderLookup::Index(Box::new(index))) };
        for _ in 0..MAX_HOPS {
            let entity = self.engine.get(&guest)?;
            if let Some(order) = view::order(&guest, order_id, &entity, moment) {
                return Some(OrderLookup::Order(Box::new(order)));
            }
            guest = view::guest(&guest, &entity, moment)?.became?;
        }
        None
    }
}
