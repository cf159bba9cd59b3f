//! Whether somebody is at work on what keeps going wrong, as the owners of its causes say.
//!
//! Only then may staff promise that it will be better (R10). Whoever fails this guest again is asked once for each word
//! that staff are to say; the answer may change what is still unsaid, and nothing that has been said.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Guest, Incident, Scene};
use crate::events::{ActionKind, Cause, RecoveryAction};
use crate::recovery::decision::facts::EARLIER_FAILURES;
use crate::recovery::{EntityKey, Message};

/// What the owners of an incident's causes were asked, and what they said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Asked {
    /// So many words, about so many shortfalls.
    words: u32,
    shortfalls: u32,
    /// Those who have an insight of it open.
    open_at: BTreeSet<EntityKey>,
}

impl Guest {
    /// Somebody is at work on what went wrong.
    pub(super) fn has_open_insight(&self, incident_id: &str) -> bool {
        self.insights.get(incident_id).is_some_and(|asked| !asked.open_at.is_empty())
    }

    /// Asks the owners of what has failed this guest again, after they were told of it.
    pub(super) fn ask_about_insights(&mut self, scene: &mut Scene<'_, '_>) {
        self.insights.retain(|id, _| self.incidents.contains_key(id));
        if scene.context.policy.owners.is_empty() {
            self.insights.clear();
            return;
        }
        for (id, incident) in &self.incidents {
            let words = incident.words_to_a_guest_failed_before();
            let shortfalls = u32::try_from(incident.event.shortfalls.len()).unwrap_or(u32::MAX);
            let before = self.insights.get(id);
            let is_known = before.is_some_and(|asked| (asked.words, asked.shortfalls) == (words, shortfalls));
            if words == 0 || is_known || incident.is_over() {
                continue;
            }
            let owners = self.reports_of(incident, scene.context.policy);
            for (owner, causes) in &owners {
                let causes = causes.iter().map(|failing| failing.cause.clone()).collect();
                scene.send(owner.clone(), ask(scene.key, id, causes));
            }
            let mut open_at = before.map(|asked| asked.open_at.clone()).unwrap_or_default();
            open_at.retain(|owner| owners.contains_key(owner));
            self.insights.insert(id.clone(), Asked { words, shortfalls, open_at });
        }
    }

    /// An owner answers.
    pub(super) fn on_insight(&mut self, id: &str, owner: EntityKey, is_open: bool, scene: &mut Scene<'_, '_>) {
        let Some(asked) = self.insights.get_mut(id) else { return };
        let is_news = if is_open { asked.open_at.insert(owner) } else { asked.open_at.remove(&owner) };
        if is_news {
            self.with_incident(id, |guest, incident| {
                if !incident.is_over() {
                    guest.on_its_case(incident, scene, |incident, case, scene| guest.refresh(incident, case, scene));
                }
            });
        }
    }
}

fn ask(guest: &EntityKey, incident_id: &str, causes: Vec<Cause>) -> Message {
    Message::AskInsight { guest: guest.clone(), incident_id: incident_id.to_owned(), causes }
}

impl Incident {
    /// How often staff were asked to say sorry, as far as this guest had been failed before.
    fn words_to_a_guest_failed_before(&self) -> u32 {
        let is_word = |action: &&RecoveryAction| {
            matches!(action.kind, ActionKind::Apology | ActionKind::HumanContact)
                && action.decision.facts.contains_key(EARLIER_FAILURES)
        };
        u32::try_from(self.actions.iter().filter(is_word).count()).unwrap_or(u32::MAX)
    }
}

/// What was asked moves with its incidents, and is asked anew by whoever has them now.
pub(super) type Insights = BTreeMap<String, Asked>;
