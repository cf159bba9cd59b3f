//! Fetches the schemas that workers wait for: one thread for all workers of the process.
//!
//! A registry that does not answer is not the records' fault: it is asked again, ever more rarely but never for the last
//! time, and the service says so. Each schema has a pace of its own, so that one that the registry cannot give does not
//! hold up the others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tracing::{info, warn};

use super::service::Service;
use crate::codec::registry::{Fetched, RegistryError, SchemaKey};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A node of a registry may learn of a schema a moment later than another: "unknown" has to be said twice.
const UNKNOWN_RECHECK: Duration = Duration::from_millis(300);
/// The longest wait without a look at whether the process stops.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
const WARN_INTERVAL: Duration = Duration::from_secs(30);

/// Ever longer pauses with some chance in them, without an end.
pub fn backoff() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_jitter()
        .without_max_times()
        .build()
}

/// How far the fetching of one schema is.
struct Attempt {
    next: Instant,
    pauses: ExponentialBackoff,
    /// The registry has said once that it does not know it.
    unknown: bool,
    failed: bool,
}

impl Attempt {
    fn first() -> Self {
        Self { next: Instant::now(), pauses: backoff(), unknown: false, failed: false }
    }
}

/// Runs until the process stops.
pub fn run(service: &Arc<Service>) {
    if service.codec.registry().is_none() {
        return;
    }
    let mut keeper = Keeper { service: Arc::clone(service), attempts: BTreeMap::new(), warned: None };
    while !service.stop.requested() {
        keeper.round();
    }
}

struct Keeper {
    service: Arc<Service>,
    attempts: BTreeMap<SchemaKey, Attempt>,
    warned: Option<Instant>,
}

impl Keeper {
    /// Tries what is due, then waits for the next.
    fn round(&mut self) {
        let registry = self.service.codec.registry().expect("invariant: there is no keeper without a registry");
        let (mut wanted, seen) = self.service.wanted_schemas.all();
        wanted.retain(|key| registry.known(*key).is_none());
        self.attempts.retain(|key, _| wanted.contains(key));
        for key in wanted {
            if self.service.stop.requested() {
                return;
            }
            if self.attempts.entry(key).or_insert_with(Attempt::first).next <= Instant::now() {
                self.attempt(key);
            }
        }
        if self.attempts.values().all(|attempt| !attempt.failed) {
            self.recovered();
        }
        let next = self.attempts.values().map(|attempt| attempt.next).min();
        let pause = next.map_or(LOOK_INTERVAL, |next| next.saturating_duration_since(Instant::now()));
        if !pause.is_zero() {
            self.service.wanted_schemas.wait(seen, pause.min(LOOK_INTERVAL));
        }
    }

    fn attempt(&mut self, key: SchemaKey) {
        let service = Arc::clone(&self.service);
        let answer = service.codec.fetch_schema(key);
        let outcome = match &answer {
            Ok(Fetched::Usable) => "found",
            Ok(Fetched::Unusable) => "unusable",
            Ok(Fetched::NotFound) => "unknown",
            Err(_) => "unavailable",
        };
        service.metrics.registry_requests.with_label_values(&[outcome]).inc();
        let Some(attempt) = self.attempts.get_mut(&key) else { return };
        match answer {
            Ok(Fetched::NotFound) if !attempt.unknown => {
                attempt.unknown = true;
                attempt.failed = false;
                attempt.next = Instant::now() + UNKNOWN_RECHECK;
            }
            Ok(fetched) => {
                if fetched == Fetched::NotFound
                    && let Some(registry) = service.codec.registry()
                {
                    registry.believe_unknown(key);
                }
                self.attempts.remove(&key);
                service.wanted_schemas.nudge();
                info!(schema = %key, outcome, "a schema of the registry was asked for");
            }
            Err(error) => {
                attempt.failed = true;
                attempt.next = Instant::now() + attempt.pauses.next().unwrap_or(LONGEST_PAUSE);
                self.failed(key, &error);
            }
        }
    }

    fn failed(&mut self, key: SchemaKey, error: &RegistryError) {
        self.service.health.set_registry(Some(format!("records wait for schema {key}: {error}")));
        if self.warned.is_none_or(|warned| warned.elapsed() > WARN_INTERVAL) {
            self.warned = Some(Instant::now());
            warn!(
                schema = %key, %error,
                "records wait for a schema that the registry does not give; their partitions are paused and nothing is \
                 lost; asking again until it does"
            );
        }
    }

    fn recovered(&mut self) {
        if self.warned.take().is_some() {
            info!("the schema registry has answered for everything that waited");
        }
        self.service.health.set_registry(None);
    }
}
