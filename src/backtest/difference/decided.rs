//! What a policy decided for each incident, in words that can be compared: without ids, versions and wording.

use std::collections::BTreeMap;

use crate::events::{
    ActionState, Authority, FollowUp, FollowUpType, IncidentEvent, IncidentStatus, Output, Payload, RecoveryAction,
    Timestamp, money,
};
use crate::policy::Policy;

/// The last word on everything that one run said, by id.
#[derive(Debug, Default)]
pub(super) struct Said {
    incidents: BTreeMap<String, Box<IncidentEvent>>,
    /// In the order in which they were first proposed.
    actions: Vec<RecoveryAction>,
    follow_ups: Vec<FollowUp>,
}

impl Said {
    pub fn add(&mut self, output: Output) {
        match output.payload {
            Payload::Incident(incident) => drop(self.incidents.insert(incident.id.clone(), incident)),
            Payload::Action(action) => match self.actions.iter_mut().rev().find(|known| known.id == action.id) {
                Some(known) => *known = *action,
                None => self.actions.push(*action),
            },
            Payload::FollowUp(one) => match self.follow_ups.iter_mut().rev().find(|known| known.id == one.id) {
                Some(known) => *known = *one,
                None => self.follow_ups.push(*one),
            },
            Payload::Insight(_) => {}
        }
    }

    /// By the id of the incident. What was retracted, merged or only remembered was decided too: its status says so.
    pub fn decided(self, policy: &Policy) -> BTreeMap<String, Decided> {
        let mut all: BTreeMap<String, Decided> = BTreeMap::new();
        for (id, incident) in self.incidents {
            all.insert(id, Decided::of(&incident));
        }
        for action in &self.actions {
            if let Some(decided) = all.get_mut(&action.incident_id) {
                decided.add_action(action);
            }
        }
        for follow_up in &self.follow_ups {
            if let Some(decided) = all.get_mut(&follow_up.incident_id) {
                decided.add_follow_up(follow_up, policy);
            }
        }
        all
    }
}

/// Of one incident.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decided {
    pub about: About,
    /// `retracted`, `merged` or `history`, where staff were not meant to act in the end.
    pub status: Option<&'static str>,
    pub severity: &'static str,
    /// Of the latest action.
    pub rule: Option<String>,
    pub actions: Vec<String>,
    pub gestures: Vec<String>,
    /// The highest that an action names.
    pub authority: Option<Authority>,
    pub follow_ups: Vec<String>,
}

/// What the incident is, whatever was decided.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct About {
    pub incident_id: String,
    pub order_id: Option<String>,
    pub site_id: Option<String>,
    pub occurred_at: Timestamp,
    pub shortfalls: Vec<String>,
}

impl Decided {
    fn of(incident: &IncidentEvent) -> Self {
        let status = match incident.status {
            IncidentStatus::Retracted | IncidentStatus::Merged => Some(incident.status.name()),
            _ if incident.history => Some("history"),
            _ => None,
        };
        let shortfalls = incident.shortfalls.iter().map(|shortfall| match &shortfall.name {
            Some(name) => format!("{} {name}", shortfall.kind),
            None => shortfall.kind.to_string(),
        });
        Self {
            about: About {
                incident_id: incident.id.clone(),
                order_id: incident.order_id.clone(),
                site_id: incident.site_id.clone(),
                occurred_at: incident.occurred_at,
                shortfalls: shortfalls.collect(),
            },
            status,
            severity: incident.severity.name(),
            rule: None,
            actions: Vec::new(),
            gestures: Vec::new(),
            authority: None,
            follow_ups: Vec::new(),
        }
    }

    fn add_action(&mut self, action: &RecoveryAction) {
        self.rule = Some(action.decision.rule.clone());
        self.authority = self.authority.max(Some(action.authority));
        let gone = match action.state {
            ActionState::Retracted | ActionState::Superseded => format!(" ({})", action.state),
            _ => String::new(),
        };
        if let Some(gesture) = &action.gesture {
            let what = gesture.item_id.as_deref().unwrap_or(gesture.kind.name());
            let value = money::format(gesture.value_minor, &gesture.currency);
            self.gestures.push(format!("{what} x {}, {value}, by {}{gone}", gesture.quantity, action.assignee));
            return;
        }
        let mut text = action.kind.to_string();
        if let Some(remedy) = &action.remedy {
            text.push_str(&format!(" {}", remedy.kind));
            if let (Some(minor), Some(currency)) = (remedy.amount_minor, &remedy.currency) {
                text.push_str(&format!(" {}", money::format(minor, currency)));
            }
        }
        self.actions.push(format!("{text}, by {}{gone}", action.assignee));
    }

    fn add_follow_up(&mut self, follow_up: &FollowUp, policy: &Policy) {
        if follow_up.follow_up_type == FollowUpType::Cancelled {
            return;
        }
        let due = local(policy, &follow_up.site_id, follow_up.due_at);
        self.follow_ups.push(format!("{due}, by {}", follow_up.assignee));
    }
}

/// The clock on the site's wall.
pub(super) fn local(policy: &Policy, site_id: &str, at: Timestamp) -> String {
    policy.site(site_id).time_zone.to_datetime(at.to_jiff()).strftime("%Y-%m-%d %H:%M").to_string()
}
