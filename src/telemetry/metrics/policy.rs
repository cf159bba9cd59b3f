//! Which policy is in force, and whether the last attempt to load another one went well.

use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Registry};

use super::{counters, int_gauge, int_gauges};

#[derive(Debug)]
pub struct PolicyMetrics {
    info: IntGaugeVec,
    reloads: IntCounterVec,
    last_reload_successful: IntGauge,
}

impl PolicyMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let metrics = Self {
            info: int_gauges(registry, "policy_info", "1 for the policy in force.", &["version"]),
            reloads: counters(registry, "policy_reloads_total", "Attempts to load the policy again.", &["result"]),
            last_reload_successful: int_gauge(
                registry,
                "policy_last_reload_successful",
                "1: the policy in force is the one in its directory when it was last loaded; 0: that one has mistakes.",
            ),
        };
        for result in ["ok", "failed"] {
            metrics.reloads.with_label_values(&[result]).inc_by(0);
        }
        metrics
    }

    /// A policy comes into force at the start.
    pub fn loaded(&self, version: &str) {
        self.info.reset();
        self.info.with_label_values(&[version]).set(1);
        self.last_reload_successful.set(1);
    }

    /// Another policy takes its place.
    pub fn reloaded(&self, version: &str) {
        self.loaded(version);
        self.reloads.with_label_values(&["ok"]).inc();
    }

    /// It has mistakes: the old one goes on.
    pub fn reload_failed(&self) {
        self.last_reload_successful.set(0);
        self.reloads.with_label_values(&["failed"]).inc();
    }
}

#[cfg(test)]
mod tests {
    use crate::telemetry::Metrics;

    #[test]
    fn one_policy_is_in_force_and_a_failure_stands_until_the_next_success() {
        let metrics = Metrics::default();
        let has = |line: &str| metrics.gather().lines().any(|other| other == format!("service_recovery_{line}"));
        metrics.policy.loaded("hotel-1");
        assert!(has("policy_info{version=\"hotel-1\"} 1") && has("policy_last_reload_successful 1"));
        assert!(has("policy_reloads_total{result=\"ok\"} 0"));
        metrics.policy.reload_failed();
        assert!(has("policy_info{version=\"hotel-1\"} 1") && has("policy_last_reload_successful 0"));
        metrics.policy.reloaded("hotel-2");
        assert!(has("policy_info{version=\"hotel-2\"} 1") && !has("policy_info{version=\"hotel-1\"} 1"));
        assert!(has("policy_last_reload_successful 1") && has("policy_reloads_total{result=\"failed\"} 1"));
    }
}
