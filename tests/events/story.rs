//! What was published, for people to read: line by line, and how it stood at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use service_recovery::events::{
    ActionKind, ActionType, FollowUp, IncidentEvent, IncidentStatus, Insight, Output, Payload, RecoveryAction,
    Shortfall, Timestamp,
};

pub struct Story {
    outputs: Vec<Output>,
}

impl Story {
    pub fn of(outputs: Vec<Output>) -> Self {
        Self { outputs }
    }

    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// (subject, shortfalls) of every incident that stands.
    pub fn broken(&self) -> BTreeSet<(String, Vec<String>)> {
        let latest = self.incidents();
        let is_gone = |status| matches!(status, IncidentStatus::Retracted | IncidentStatus::Merged);
        let standing = latest.values().filter(|incident| !is_gone(incident.status));
        let kinds = |incident: &IncidentEvent| {
            let mut shortfalls: Vec<String> = incident.shortfalls.iter().map(thing).collect();
            shortfalls.sort();
            shortfalls
        };
        standing.map(|incident| (subject(incident), kinds(incident))).collect()
    }

    /// Revisions have no gaps, no gesture comes before its apology, and there is one open gesture at most.
    pub fn assert_sound(&self) {
        let mut revisions: BTreeMap<&str, i64> = BTreeMap::new();
        for output in &self.outputs {
            let (id, revision) = match &output.payload {
                Payload::Action(action) => (&action.id, action.revision),
                Payload::FollowUp(follow_up) => (&follow_up.id, follow_up.revision),
                Payload::Incident(incident) => (&incident.id, incident.revision),
                Payload::Insight(insight) => (&insight.id, insight.revision),
            };
            if let Payload::Action(action) = &output.payload
                && let Some(apology) = &action.after
            {
                assert!(revisions.contains_key(apology.as_str()), "{id} comes before its apology");
            }
            let before = revisions.insert(id, revision).unwrap_or(0);
            assert_eq!(revision, before + 1, "revisions of {id} have a gap");
        }
    }

    fn incidents(&self) -> BTreeMap<&str, &IncidentEvent> {
        self.outputs
            .iter()
            .filter_map(|output| match &output.payload {
                Payload::Incident(incident) => Some((incident.id.as_str(), &**incident)),
                _ => None,
            })
            .collect()
    }

    fn names(&self) -> BTreeMap<&str, String> {
        self.incidents().into_iter().map(|(id, incident)| (id, subject(incident))).collect()
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names();
        let name = |id: &str| names.get(id).cloned().unwrap_or_else(|| "?".to_owned());
        for output in &self.outputs {
            match &output.payload {
                Payload::Incident(event) => line(f, event.time, &format!("{} {}", subject(event), incident(event)))?,
                Payload::Action(event) => {
                    line(f, event.time, &format!("{} {}", name(&event.incident_id), revised(event)))?
                }
                Payload::FollowUp(event) => {
                    line(f, event.time, &format!("{} {}", name(&event.incident_id), follow_up(event)))?;
                }
                Payload::Insight(event) => line(f, event.time, &insight(event))?,
            }
        }
        writeln!(f, "\nat the end")?;
        let mut at_end: BTreeMap<(String, usize, &str), String> = BTreeMap::new();
        let mut order: BTreeMap<&str, usize> = BTreeMap::new();
        for output in &self.outputs {
            let (incident_id, id, text) = match &output.payload {
                Payload::Incident(event) => (&event.id, &event.id, incident(event)),
                Payload::Action(event) => (&event.incident_id, &event.id, action(event)),
                Payload::FollowUp(event) => (&event.incident_id, &event.id, follow_up(event)),
                Payload::Insight(_) => continue,
            };
            let first_seen = order.len();
            let place = if id == incident_id { 0 } else { *order.entry(id).or_insert(first_seen + 1) };
            at_end.insert((name(incident_id), place, id), text);
        }
        for ((name, place, _), text) in &at_end {
            if *place == 0 { writeln!(f, "{name} {text}")? } else { writeln!(f, "    {text}")? }
        }
        if at_end.is_empty() { writeln!(f, "nothing was published") } else { Ok(()) }
    }
}

fn line(f: &mut fmt::Formatter<'_>, time: Timestamp, text: &str) -> fmt::Result {
    writeln!(f, "{time} {text}")
}

fn subject(incident: &IncidentEvent) -> String {
    let complaint = || incident.complaint_id.as_ref().map(|id| format!("complaint {id}"));
    incident.order_id.clone().or_else(complaint).unwrap_or_else(|| "somebody".to_owned())
}

fn incident(event: &IncidentEvent) -> String {
    let shortfalls: Vec<String> = event.shortfalls.iter().map(shortfall).collect();
    let history = if event.history { ", history" } else { "" };
    let visit = || event.visit_id.as_ref().map(|visit| format!(" of visit {visit}"));
    let guest = event.customer_id.as_ref().map(|customer| format!(" of {customer}")).or_else(visit).unwrap_or_default();
    format!(
        "incident{guest} {}, {}, by {}{history}: {}",
        event.status,
        event.severity,
        event.initiated_by,
        shortfalls.join("; ")
    )
}

/// What is short, without how it became known.
fn thing(shortfall: &Shortfall) -> String {
    let mut text = shortfall.kind.to_string();
    let names = [("line", &shortfall.line_id), ("", &shortfall.item_id), ("modifier", &shortfall.modifier_id)];
    for (word, id) in names.into_iter().chain([("parcel", &shortfall.parcel_id)]) {
        if let Some(id) = id {
            text.push_str(&if word.is_empty() { format!(" {id}") } else { format!(" {word} {id}") });
        }
    }
    if let Some(quantity) = shortfall.quantity {
        text.push_str(&format!(" x{quantity}"));
    }
    if let Some(seconds) = shortfall.late_by_seconds {
        text.push_str(&format!(" {} min", seconds / 60));
    }
    if let (Some(amount), Some(currency)) = (shortfall.amount_minor, &shortfall.currency) {
        text.push_str(&format!(" {amount} {currency}"));
    }
    text
}

fn shortfall(shortfall: &Shortfall) -> String {
    let suspected = if shortfall.suspected { ", suspected" } else { "" };
    let blame = shortfall.responsibility;
    format!("{} ({}{suspected}, {blame})", thing(shortfall), shortfall.source)
}

/// As it is now, and why it is said again.
fn revised(event: &RecoveryAction) -> String {
    match event.action_type {
        ActionType::Updated | ActionType::Overdue => format!("{} {}", event.action_type, action(event)),
        ActionType::Proposed | ActionType::Closed | ActionType::Retracted => action(event),
    }
}

fn action(action: &RecoveryAction) -> String {
    let mut text = format!("{} {}, {} {}", action.kind, action.state, action.authority, action.assignee);
    if let Some(time) = [ActionKind::Gesture, ActionKind::Apology].contains(&action.kind).then_some(action.due_at) {
        text.push_str(&format!(", due {time}"));
    }
    if let Some(remedy) = &action.remedy {
        text.push_str(&format!(", {}", remedy.kind));
        if let (Some(amount), Some(currency)) = (remedy.amount_minor, &remedy.currency) {
            text.push_str(&format!(" {amount} {currency}"));
        }
    }
    if let Some(gesture) = &action.gesture {
        let what = gesture.item_id.as_deref().unwrap_or_else(|| gesture.kind.name());
        text.push_str(&format!(", {what} x{}", gesture.quantity));
    }
    text
}

fn follow_up(follow_up: &FollowUp) -> String {
    format!("follow-up {}, {}", follow_up.follow_up_type, follow_up.state)
}

fn insight(insight: &Insight) -> String {
    let of = insight.site_id.as_deref().or(insight.carrier.as_deref()).unwrap_or("?");
    format!(
        "insight {} of {of} for {}: {} x{}",
        insight.insight_type, insight.owner, insight.cause.failure, insight.count
    )
}
