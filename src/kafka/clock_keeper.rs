//! Keeps the safe time: one thread for all workers of the process, asking the brokers what rounds need to know.
//!
//! An outage only delays it: the ends that were noted stay true, so a round goes on where it was.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::KafkaResult;
use tracing::{debug, warn};

use super::clock;
use super::safe_time::{Held, Round, Step};
use super::service::Service;
use super::topology::{MAILBOX, Offsets, Partition};

/// From the begin of one round to that of the next.
const ROUND_INTERVAL: Duration = Duration::from_millis(250);
/// Between two looks at the committed offsets.
const LOOK_INTERVAL: Duration = Duration::from_millis(25);
const AFTER_ERROR: Duration = Duration::from_millis(250);
const TIMEOUT: Duration = Duration::from_secs(5);
/// Being held for longer is worth a line in the log.
const HELD_TOO_LONG: Duration = Duration::from_secs(30);

/// Runs until the process stops.
pub fn run(service: &Arc<Service>) {
    let mut keeper = Keeper { service: Arc::clone(service), holder: None, warned: None };
    while !service.stop.requested() {
        let began = std::time::Instant::now();
        keeper.round();
        service.stop.wait(ROUND_INTERVAL.saturating_sub(began.elapsed()));
    }
}

struct Keeper {
    service: Arc<Service>,
    /// As the metric says.
    holder: Option<Partition>,
    warned: Option<std::time::Instant>,
}

impl Keeper {
    /// One proof, from the begin to its end, unless an assignment or the end of the process makes it worthless.
    fn round(&mut self) {
        let service = Arc::clone(&self.service);
        let generation = service.safe.generation();
        let is_void = || service.stop.requested() || service.safe.generation() != generation;

        let now = clock::now();
        let ends = match self.input_ends() {
            Ok(ends) => ends,
            Err(error) => return self.pause(&error),
        };
        let mut round = Round::begin(now, ends);
        let mut first_look = true;
        while !is_void() {
            let committed = match self.committed(&round) {
                Ok(committed) => committed,
                Err(error) => {
                    self.pause(&error);
                    continue;
                }
            };
            if first_look {
                self.report_lag(&round, &committed);
                first_look = false;
            }
            match round.observe(&committed) {
                Step::Wait(held) => {
                    self.report(Some(held), &round);
                    service.stop.wait(LOOK_INTERVAL);
                }
                Step::FollowMailbox => match self.mailbox_ends() {
                    Ok(ends) => round.follow(ends),
                    Err(error) => self.pause(&error),
                },
                Step::Proven(safe) => {
                    if service.safe.set(generation, safe) {
                        self.report(None, &round);
                    }
                    return;
                }
            }
        }
    }

    /// The ends of all partitions that the inputs have now: a new one counts before anybody reads it.
    fn input_ends(&self) -> KafkaResult<Offsets> {
        let Service { observer, topology, .. } = &*self.service;
        let mut partitions = Vec::new();
        for (topic, name, known) in topology.inputs() {
            let count = observer.partition_count(name, TIMEOUT)?.unwrap_or(known);
            partitions.extend((0..count).map(|number| Partition { topic, number }));
        }
        observer.ends(topology, partitions, TIMEOUT)
    }

    fn mailbox_ends(&self) -> KafkaResult<Offsets> {
        let Service { observer, topology, .. } = &*self.service;
        observer.ends(topology, topology.partitions(MAILBOX), TIMEOUT)
    }

    fn committed(&self, round: &Round) -> KafkaResult<Offsets> {
        let Service { observer, topology, .. } = &*self.service;
        let committed = observer.committed(topology, round.waits_for(), TIMEOUT)?;
        Ok(committed.into_iter().map(|(partition, committed)| (partition, committed.offset)).collect())
    }

    fn pause(&self, error: &rdkafka::error::KafkaError) {
        debug!(%error, "the brokers do not say how far the group is; asking again");
        self.report_clock(self.holder);
        self.service.stop.wait(AFTER_ERROR);
    }

    fn report_lag(&self, round: &Round, committed: &Offsets) {
        let Service { topology, metrics, .. } = &*self.service;
        for (partition, lag) in round.lags(committed) {
            let labels = [topology.name(partition.topic), &partition.number.to_string()];
            metrics.lag.with_label_values(&labels).set(lag);
        }
    }

    fn report(&mut self, held: Option<Held>, round: &Round) {
        let holder = held.map(|held| held.partition);
        if holder != self.holder {
            let Service { topology, metrics, .. } = &*self.service;
            metrics.clock_holder.reset();
            if let Some(partition) = holder {
                let labels = [topology.name(partition.topic), &partition.number.to_string()];
                metrics.clock_holder.with_label_values(&labels).set(1);
            }
            self.holder = holder;
        }
        self.report_clock(holder);
        let waiting = (clock::now() - round.started()).0;
        let Some(held) = held.filter(|_| waiting > HELD_TOO_LONG.as_millis() as i64) else { return };
        if self.warned.is_none_or(|warned| warned.elapsed() > HELD_TOO_LONG) {
            self.warned = Some(std::time::Instant::now());
            let partition = self.service.topology.describe(held.partition);
            warn!(
                %partition, missing = held.missing, waiting_ms = waiting,
                "the safe time is held: no broken promise is noticed by silence until this partition is read; look for a \
                 dead member, an open transaction or a stopped partition"
            );
        }
    }

    fn report_clock(&self, holder: Option<Partition>) {
        let Service { topology, metrics, health, safe, .. } = &*self.service;
        let safe = safe.get();
        let lag = safe.map(|safe| clock::now() - safe);
        metrics.clock_lag.set(lag.map_or(f64::NAN, |lag| lag.0 as f64 / 1_000.0));
        health.set_clock(safe, lag, holder.map(|partition| topology.describe(partition)));
    }
}
