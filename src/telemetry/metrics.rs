//! Every metric, by name and with its help, in one place.
//!
//! The words are Kafka Streams' where it has one. Labels are closed lists, configured topics, partition numbers and
//! worker numbers: never anything that an event carries. What a transaction did is counted once it is committed.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::core::Collector;
use prometheus::{
    Encoder, Gauge, GaugeVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

mod policy;

pub use policy::PolicyMetrics;

const PREFIX: &str = "service_recovery";

/// From half a millisecond to half a minute.
const LATENCY_BUCKETS: [f64; 12] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0, 30.0];
/// From a second to a day.
const AGE_BUCKETS: [f64; 10] = [1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0];

/// A cheap handle on all of them.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    inner: Arc<Inner>,
}

impl std::ops::Deref for Metrics {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.inner
    }
}

#[derive(Debug)]
pub struct Inner {
    registry: Registry,

    // the manager's questions
    pub incidents: IntCounterVec,
    pub incidents_retracted: IntCounter,
    pub actions: IntCounterVec,
    pub time_to_apology: Histogram,
    pub follow_ups: IntCounterVec,
    pub insights: IntCounterVec,
    pub scores: IntCounterVec,
    pub gesture_value: IntCounterVec,
    pub suppressed: IntCounterVec,
    pub deviations: IntCounterVec,
    pub observations: IntCounterVec,

    // the doors
    pub intake_requests: IntCounterVec,
    pub lookups: IntCounterVec,

    // the operator's questions
    pub processed: IntCounterVec,
    pub forwarded: IntCounterVec,
    pub mail: IntCounter,
    pub lag: IntGaugeVec,
    pub clock_lag: Gauge,
    pub clock_holder: IntGaugeVec,
    pub commit_latency: Histogram,
    pub aborted: IntCounterVec,
    pub restored: IntCounter,
    pub restore_remaining: IntGaugeVec,
    pub tasks: IntGaugeVec,
    pub entities: IntGaugeVec,
    pub state_bytes: IntGaugeVec,
    pub deadlines: IntGaugeVec,
    pub fired: IntCounter,
    pub registry_requests: IntCounterVec,
    pub registry_waiting: IntGaugeVec,
    pub dead_letters: IntCounterVec,
    pub stopped_partitions: IntGaugeVec,
    pub rebalances: IntCounterVec,
    pub rebuilds: IntCounterVec,
    pub poll_errors: IntCounter,
    pub catalogue_items: IntGauge,
    pub catalogue_unreadable: IntGauge,
    pub catalogue_records: IntCounter,
    pub catalogue_remaining: IntGauge,
    pub catalogue_read_time: Gauge,
    pub catalogue_update_time: Gauge,
    pub start_time: GaugeVec,
    pub policy: PolicyMetrics,
}

impl Metrics {
    /// The process begins.
    pub fn started(&self) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.start_time.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(now.as_secs_f64());
    }

    /// Prometheus' text format.
    pub fn gather(&self) -> String {
        let mut text = Vec::new();
        match TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            Ok(()) => String::from_utf8_lossy(&text).into_owned(),
            Err(error) => format!("# the metrics cannot be written: {error}\n"),
        }
    }
}

impl Default for Inner {
    fn default() -> Self {
        let r = Registry::new_custom(Some(PREFIX.to_owned()), None).expect("invariant: the prefix is not empty");
        Self {
            incidents: counters(
                &r,
                "incidents_total",
                "Failures found, by who noticed first, what it was, and whether it was old news.",
                &["initiated_by", "failure", "history"],
            ),
            incidents_retracted: counter(&r, "incidents_retracted_total", "Incidents that turned out to be none."),
            actions: counters(&r, "actions_total", "Revisions of actions published for staff.", &["kind", "type"]),
            time_to_apology: histogram(
                &r,
                "time_to_apology_seconds",
                "From the news of a failure to the apology on the topic.",
                &AGE_BUCKETS,
            ),
            insights: counters(
                &r,
                "insights_total",
                "Revisions of insights published for the owners of causes.",
                &["type"],
            ),
            follow_ups: counters(&r, "follow_ups_total", "Revisions of follow-ups published for staff.", &["type"]),
            scores: counters(&r, "follow_up_scores_total", "How recoveries ended, as guests scored them.", &["band"]),
            gesture_value: counters(
                &r,
                "gesture_value_minor_total",
                "Worth of the gestures given, in minor units.",
                &["currency"],
            ),
            suppressed: counters(
                &r,
                "suppressed_actions_total",
                "Gestures that were not offered, by reason.",
                &["reason"],
            ),
            deviations: counters(
                &r,
                "staff_deviations_total",
                "What staff did more or other than they were asked, by kind.",
                &["kind"],
            ),
            observations: counters(&r, "observations_total", "Oddities in what came in.", &["what"]),

            intake_requests: counters(
                &r,
                "intake_requests_total",
                "Events that came by HTTP, by what became of them.",
                &["endpoint", "outcome"],
            ),
            lookups: counters(
                &r,
                "lookups_total",
                "Look-ups of guests and orders, by what became of them.",
                &["endpoint", "outcome"],
            ),

            processed: counters(&r, "process_records_total", "Records handled, by topic.", &["topic"]),
            forwarded: counters(
                &r,
                "forwarded_records_total",
                "Records sent on through the mailbox, by topic.",
                &["topic"],
            ),
            mail: counter(&r, "mailbox_messages_total", "Messages between entities of different tasks."),
            lag: int_gauges(
                &r,
                "records_lag",
                "Offsets that the group has not committed yet.",
                &["topic", "partition"],
            ),
            clock_lag: gauge(
                &r,
                "clock_lag_seconds",
                "How far the wall clock is ahead of the safe time; NaN before the first.",
            ),
            clock_holder: int_gauges(
                &r,
                "clock_holder",
                "1 for the partition that holds the safe time back.",
                &["topic", "partition"],
            ),
            commit_latency: histogram(
                &r,
                "commit_latency_seconds",
                "From the begin of a transaction to its commit.",
                &LATENCY_BUCKETS,
            ),
            aborted: counters(
                &r,
                "transactions_aborted_total",
                "Transactions that were rolled back, by what failed.",
                &["step"],
            ),
            restored: counter(&r, "restore_records_total", "Records read to restore tasks."),
            restore_remaining: int_gauges(
                &r,
                "restore_remaining_records",
                "Offsets still to read before all tasks run.",
                &["worker"],
            ),
            tasks: int_gauges(&r, "tasks", "Tasks that run.", &["worker"]),
            entities: int_gauges(&r, "entities", "Entities in memory.", &["worker"]),
            state_bytes: int_gauges(&r, "state_bytes", "Bytes of keys and state in memory.", &["worker"]),
            deadlines: int_gauges(&r, "deadlines_pending", "Entities that wait for a deadline.", &["worker"]),
            fired: counter(&r, "punctuate_total", "Deadlines that were handled."),
            registry_requests: counters(
                &r,
                "registry_requests_total",
                "Times that the schema registry was asked for a schema, by what came of it.",
                &["outcome"],
            ),
            registry_waiting: int_gauges(
                &r,
                "registry_waiting",
                "Partitions that wait for a schema of the registry.",
                &["worker"],
            ),
            dead_letters: counters(
                &r,
                "dead_letters_total",
                "Records that could not be handled, by topic and reason.",
                &["topic", "reason"],
            ),
            stopped_partitions: int_gauges(
                &r,
                "stopped_partitions",
                "Partitions that stopped at too many dead letters.",
                &["worker"],
            ),
            rebalances: counters(&r, "rebalances_total", "Changes of the assignment.", &["kind"]),
            rebuilds: counters(&r, "rebuilds_total", "Clients that failed for good and were made anew.", &["client"]),
            poll_errors: counter(&r, "poll_errors_total", "Errors that the consumer reported and got over by itself."),
            catalogue_items: int_gauge(&r, "catalogue_items", "Items listed, by the policy or by the catalogue topic."),
            catalogue_unreadable: int_gauge(
                &r,
                "catalogue_unreadable_items",
                "Items that are not listed because the last record of their key cannot be read.",
            ),
            catalogue_records: counter(&r, "catalogue_records_total", "Records read from the catalogue topic."),
            catalogue_remaining: int_gauge(
                &r,
                "catalogue_remaining_records",
                "Offsets of the catalogue topic still to read before anything is decided.",
            ),
            catalogue_read_time: gauge(
                &r,
                "catalogue_read_seconds",
                "How long it took to read the whole catalogue topic at the start.",
            ),
            catalogue_update_time: gauge(
                &r,
                "catalogue_update_time_seconds",
                "When the catalogue topic last changed something, in seconds since 1970.",
            ),
            start_time: gauges(
                &r,
                "start_time_seconds",
                "When the process started, in seconds since 1970.",
                &["version"],
            ),
            policy: PolicyMetrics::new(&r),
            registry: r,
        }
    }
}

fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> C {
    registry.register(Box::new(collector.clone())).expect("invariant: metric names are distinct");
    collector
}

const VALID: &str = "invariant: metric names and labels are valid";

fn counter(registry: &Registry, name: &str, help: &str) -> IntCounter {
    register(registry, IntCounter::new(name, help).expect(VALID))
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    register(registry, IntCounterVec::new(Opts::new(name, help), labels).expect(VALID))
}

fn gauge(registry: &Registry, name: &str, help: &str) -> Gauge {
    register(registry, Gauge::new(name, help).expect(VALID))
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
    register(registry, GaugeVec::new(Opts::new(name, help), labels).expect(VALID))
}

fn int_gauge(registry: &Registry, name: &str, help: &str) -> IntGauge {
    register(registry, IntGauge::new(name, help).expect(VALID))
}

fn int_gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    register(registry, IntGaugeVec::new(Opts::new(name, help), labels).expect(VALID))
}

fn histogram(registry: &Registry, name: &str, help: &str, buckets: &[f64]) -> Histogram {
    let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
    register(registry, Histogram::with_opts(options).expect(VALID))
}

/// A worker's own gauge.
pub fn of_worker(gauges: &IntGaugeVec, worker: usize) -> IntGauge {
    gauges.with_label_values(&[&worker.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_carries_the_prefix_and_a_help_line() {
        let metrics = Metrics::default();
        metrics.dead_letters.with_label_values(&["orders", "empty"]).inc();
        let text = metrics.gather();
        assert!(
            text.contains("# HELP service_recovery_dead_letters_total Records that could not be handled"),
            "{text}"
        );
        assert!(text.contains("service_recovery_dead_letters_total{reason=\"empty\",topic=\"orders\"} 1"), "{text}");
    }
}
