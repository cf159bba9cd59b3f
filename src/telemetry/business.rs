//! The manager's numbers: derived from what was published, once it is committed.

use super::Metrics;
use crate::events::{
    ActionKind, ActionState, ActionType, IncidentEvent, IncidentStatus, Output, Payload, RecoveryAction,
};
use crate::policy::Policy;
use crate::recovery::Observation;

/// Counts outputs and observations.
#[derive(Debug, Clone)]
pub struct Business {
    metrics: Metrics,
}

impl Business {
    pub fn new(metrics: Metrics) -> Self {
        Self { metrics }
    }

    /// What one committed transaction published and noticed under a policy.
    pub fn count(&self, policy: &Policy, outputs: &[Output], observations: &[Observation]) {
        for output in outputs {
            match &output.payload {
                Payload::Action(action) => self.count_action(policy, action),
                Payload::FollowUp(follow_up) => {
                    self.metrics.follow_ups.with_label_values(&[follow_up.follow_up_type.name()]).inc();
                }
                Payload::Incident(incident) => self.count_incident(incident),
                Payload::Insight(insight) => {
                    self.metrics.insights.with_label_values(&[insight.insight_type.name()]).inc();
                }
            }
        }
        for observation in observations {
            match observation {
                Observation::Suppressed(reason) => {
                    self.metrics.suppressed.with_label_values(&[reason.name()]).inc();
                }
                Observation::Deviated(deviation) => {
                    self.metrics.deviations.with_label_values(&[deviation.name()]).inc();
                }
                other => self.metrics.observations.with_label_values(&[name(*other)]).inc(),
            }
        }
    }

    fn count_action(&self, policy: &Policy, action: &RecoveryAction) {
        self.metrics.actions.with_label_values(&[action.kind.name(), action.action_type.name()]).inc();
        if action.kind == ActionKind::Apology && action.action_type == ActionType::Proposed {
            self.metrics.time_to_apology.observe(action.age_seconds.max(0) as f64);
        }
        let given = matches!(action.state, ActionState::Done | ActionState::Substituted | ActionState::Unreported);
        if let (ActionType::Closed, true, Some(gesture)) = (action.action_type, given, &action.gesture) {
            // a label: only currencies that the policy knows
            let mut sites = policy.sites.values().chain([&policy.default_site]);
            let known = sites.find(|site| site.currency == gesture.currency);
            let currency = known.map_or("other", |site| site.currency.as_str());
            let worth = u64::try_from(gesture.value_minor).unwrap_or(0);
            self.metrics.gesture_value.with_label_values(&[currency]).inc_by(worth);
        }
    }

    fn count_incident(&self, incident: &IncidentEvent) {
        if incident.revision == 1 {
            let failure = incident.shortfalls.first().map_or("none", |shortfall| shortfall.kind.name());
            let history = if incident.history { "true" } else { "false" };
            self.metrics.incidents.with_label_values(&[incident.initiated_by.name(), failure, history]).inc();
        }
        // one without shortfalls is no false alarm: its guest was erased
        if incident.status == IncidentStatus::Retracted && !incident.shortfalls.is_empty() {
            self.metrics.incidents_retracted.inc();
        }
        use IncidentStatus as S;
        if let (S::Closed | S::Reopened | S::Escalated, Some(band)) = (incident.status, incident.band) {
            self.metrics.scores.with_label_values(&[band.name()]).inc();
        }
    }
}

fn name(observation: Observation) -> &'static str {
    match observation {
        Observation::Duplicate => "duplicate",
        Observation::FutureDated => "future_dated",
        Observation::ConflictingGuest => "conflicting_guest",
        Observation::Parked => "parked",
        Observation::Unclaimed => "unclaimed",
        Observation::UnmatchedOutcome => "unmatched_outcome",
        Observation::History => "history",
        Observation::Erased => "erased",
        Observation::Linked => "linked",
        Observation::BudgetAlarm => "budget_alarm",
        Observation::BreakerOpened => "breaker_opened",
        Observation::BreakerClosed => "breaker_closed",
        Observation::FeedSilent => "feed_silent",
        Observation::FeedBack => "feed_back",
        Observation::Suppressed(_) => "suppressed",
        Observation::Deviated(_) => "deviated",
        Observation::IllegalMove => "illegal_move",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::policy::presets;

    fn incident(fields: Value) -> Output {
        let mut base = json!({"id": "i", "revision": 1, "time": "2026-06-03T12:00:00Z", "status": "action_proposed",
            "shortfalls": [], "severity": "minor", "initiated_by": "company", "occurred_at": "2026-06-03T12:00:00Z",
            "detected_at": "2026-06-03T12:00:00Z", "history": false, "given_minor": 0});
        base.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let incident: IncidentEvent = serde_json::from_value(base).unwrap();
        Output { key: "c-1".to_owned(), payload: Payload::Incident(Box::new(incident)), traceparent: None }
    }

    #[test]
    fn who_found_the_failure_and_how_it_ended_can_be_asked() {
        let metrics = Metrics::default();
        let business = Business::new(metrics.clone());
        let closed =
            |score: i64, band: &str| incident(json!({"revision": 4, "status": "closed", "score": score, "band": band}));
        business.count(
            &presets::hotel().unwrap(),
            &[
                incident(json!({})),
                incident(json!({})),
                incident(json!({"initiated_by": "customer"})),
                closed(9, "very_satisfied"),
                closed(7, "satisfied"),
            ],
            &[],
        );
        let text = metrics.gather();
        let count = |name: &str| -> f64 {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("{name} in {text}"))
        };
        let by = |who: &str| {
            format!("service_recovery_incidents_total{{failure=\"none\",history=\"false\",initiated_by=\"{who}\"}}")
        };
        assert_eq!((count(&by("company")), count(&by("customer"))), (2.0, 1.0));
        assert_eq!(count("service_recovery_follow_up_scores_total{band=\"very_satisfied\"}"), 1.0);
        assert_eq!(count("service_recovery_follow_up_scores_total{band=\"satisfied\"}"), 1.0);
    }
}
