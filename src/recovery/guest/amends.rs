//! Amends that no action asked for: staff who helped themselves, a refund made in another system.
//!
//! They count as if they had been asked for. What is still open and no longer needed is closed, whether the amends came
//! after their incident or before it.

use serde::{Deserialize, Serialize};

use super::incident::{GestureProgress, Subject};
use super::{Given, Guest, Incident, Scene};
use crate::events::{ActionKind, ActionState, ActionType, InitiatedBy, OutcomeEvent, OutcomeStatus, Timestamp, ids};
use crate::policy::Policy;
use crate::recovery::decision::record::REDRESSED;
use crate::recovery::decision::remedy;
use crate::recovery::life_cycle::Cause;
use crate::recovery::site::{GestureGiven, GestureSettled};
use crate::recovery::view::AmendsView;
use crate::recovery::{Deviation, EntityKey, Erasure, Message, Observation, Suppression};

/// Something that was given or done without an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amends {
    /// Of the outcome that told of it.
    identity: String,
    order_id: Option<String>,
    incident_id: Option<String>,
    kind: ActionKind,
    value_minor: i64,
    currency: Option<String>,
    at: Timestamp,
    /// Withdrawn, or corrected: only its identity counts.
    void: bool,
}

impl Amends {
    /// Named by the order's number or by its incident.
    pub(super) fn is_from_before(&self, erasure: Erasure) -> bool {
        erasure.is_after(self.at)
    }

    pub(super) fn is_about(&self, order_id: &str) -> bool {
        let is_its_incident = |id: &String| *id == ids::incident_of_order(order_id);
        self.order_id.as_deref() == Some(order_id) || self.incident_id.as_ref().is_some_and(is_its_incident)
    }
}

impl Guest {
    pub(super) fn look_at_amends(&self, chosen: impl Fn(&Amends) -> bool) -> Vec<AmendsView> {
        let chosen = self.amends.iter().filter(|amends| !amends.void && chosen(amends));
        let view = |amends: &Amends| AmendsView {
            kind: amends.kind,
            at: amends.at,
            order_id: amends.order_id.clone(),
            incident_id: amends.incident_id.clone(),
            value_minor: amends.value_minor,
            currency: amends.currency.clone(),
        };
        chosen.map(view).collect()
    }

    pub(super) fn on_amends(&mut self, source: &str, outcome: &OutcomeEvent, scene: &mut Scene<'_, '_>) {
        let identity = identity(source, &outcome.id);
        if self.amends.iter().any(|known| known.identity == identity) {
            scene.observe(Observation::Duplicate);
            return;
        }
        if let Some(corrected) = &outcome.corrects {
            self.void(&self::identity(source, corrected), scene);
        }
        let kind = outcome.kind.filter(|kind| !kind.is_gift()).unwrap_or(ActionKind::Gesture);
        let amends = Amends {
            identity: identity.clone(),
            order_id: outcome.order_id.clone(),
            incident_id: self.incident_amended(outcome),
            kind,
            value_minor: outcome.value_minor.unwrap_or(0),
            currency: outcome.currency.clone(),
            at: outcome.time.min(scene.context.now),
            void: outcome.withdrawn,
        };
        self.amends.push(amends.clone());
        if amends.void {
            return;
        }
        scene.observe(Observation::Deviated(Deviation::Added));
        let incident_id = amends.incident_id.clone().filter(|id| self.incidents.contains_key(id));
        if kind == ActionKind::Gesture {
            self.charge(&identity, &amends, scene);
            self.given.push(Given {
                action_id: identity,
                incident_id: incident_id.clone().unwrap_or_default(),
                item_id: outcome.item_id.clone(),
                value_minor: amends.value_minor,
                currency: amends.currency.clone().unwrap_or_default(),
                at: amends.at,
                initiated_by: incident_id
                    .as_ref()
                    .and_then(|id| self.incidents.get(id))
                    .map_or(InitiatedBy::Customer, |incident| incident.event.initiated_by),
            });
        }
        if let Some(id) = incident_id {
            self.apply(&id, &amends, scene);
        }
    }

    /// It costs the site as much as if it had been asked for.
    fn charge(&self, identity: &str, amends: &Amends, scene: &mut Scene<'_, '_>) {
        let Some(site) = self.site_amended(amends, scene.context.policy) else { return };
        let default_currency = || scene.context.policy.site(&site).currency.clone();
        let given = GestureGiven {
            action_id: known_to_the_site(identity),
            cost_minor: amends.value_minor.max(0),
            currency: amends.currency.clone().unwrap_or_else(default_currency),
        };
        scene.send(EntityKey::site(&site), Message::GestureGiven(given));
    }

    /// The site of their incident, else of their order.
    fn site_amended(&self, amends: &Amends, policy: &Policy) -> Option<String> {
        let incident = amends.incident_id.as_ref().and_then(|id| self.incidents.get(id));
        let of_incident = incident.and_then(|incident| incident.event.site_id.clone());
        let of_order = || Some(self.view(amends.order_id.as_ref()?, policy)?.site_id.to_owned());
        of_incident.or_else(of_order).filter(|site| !site.is_empty())
    }

    /// Whether an outcome tells of amends that no action asked for.
    pub(super) fn is_own_initiative(outcome: &OutcomeEvent, action_id: Option<&str>) -> bool {
        let is_done = matches!(outcome.status, OutcomeStatus::Done | OutcomeStatus::Substituted);
        let says_what = outcome.kind.is_some() || outcome.item_id.is_some() || outcome.value_minor.is_some();
        action_id.is_none() && is_done && says_what
    }

    /// The incident that amends belong to, which may be yet to come; with neither incident nor order, the only one that
    /// is not over.
    fn incident_amended(&self, outcome: &OutcomeEvent) -> Option<String> {
        if let Some(id) = &outcome.incident_id {
            return Some(id.clone());
        }
        if let Some(order_id) = &outcome.order_id {
            return Some(ids::incident_of_order(order_id));
        }
        let mut open = self.incidents.values().filter(|incident| !incident.is_over());
        let only = open.next()?;
        open.next().is_none().then(|| only.event.id.clone())
    }

    /// It was not so: it counts no more. What was closed for it stays closed, for it was answered.
    fn void(&mut self, identity: &str, scene: &mut Scene<'_, '_>) {
        match self.amends.iter_mut().find(|known| known.identity == identity) {
            Some(known) => {
                known.void = true;
                let known = known.clone();
                let site =
                    self.site_amended(&known, scene.context.policy).filter(|_| known.kind == ActionKind::Gesture);
                self.given.retain(|given| given.action_id != identity);
                let incident_id = known.incident_id.clone().filter(|_| known.kind == ActionKind::Gesture);
                let value_minor = known.value_minor;
                if let Some(id) = incident_id {
                    self.with_incident(&id, |guest, incident| guest.book(incident, -value_minor, scene));
                }
                if let Some(site) = site {
                    let settled = GestureSettled { action_id: known_to_the_site(identity), given_minor: None };
                    scene.send(EntityKey::site(&site), Message::GestureSettled(settled));
                }
            }
            None => self.amends.push(Amends {
                identity: identity.to_owned(),
                order_id: None,
                incident_id: None,
                kind: ActionKind::Gesture,
                value_minor: 0,
                currency: None,
                at: scene.context.now,
                void: true,
            }),
        }
    }

    fn apply(&mut self, id: &str, amends: &Amends, scene: &mut Scene<'_, '_>) {
        let is_live =
            self.incidents.get(id).is_some_and(|incident| incident.is_published() && !incident.is_retracted());
        if !is_live {
            return;
        }
        match amends.kind {
            ActionKind::Gesture => {
                self.with_incident(id, |guest, incident| {
                    incident.retract_open_gesture(Cause::OwnInitiative, &mut scene.speaker());
                    guest.book(incident, amends.value_minor, scene);
                });
                self.release_gesture(id, scene);
                self.with_incident(id, |_, incident| {
                    if matches!(
                        incident.gesture,
                        GestureProgress::None | GestureProgress::Waiting | GestureProgress::FirstStep
                    ) {
                        incident.gesture = GestureProgress::Refused(Suppression::OwnInitiative);
                    }
                });
            }
            ActionKind::Remedy => {
                self.with_incident(id, |guest, incident| guest.reduce_open_remedies(incident, amends, scene));
            }
            ActionKind::Apology | ActionKind::HumanContact => {
                self.with_incident(id, |guest, incident| {
                    incident.close_words(Cause::OwnInitiative, &mut scene.speaker());
                    if amends.kind == ActionKind::HumanContact {
                        incident.close_open(ActionKind::HumanContact, Cause::OwnInitiative, scene);
                    }
                    guest.acknowledge(incident, amends.at, scene);
                });
            }
            _ => {}
        }
        self.with_incident(id, |guest, incident| guest.conclude(incident, scene));
    }

    fn reduce_open_remedies(&self, incident: &mut Incident, amends: &Amends, scene: &mut Scene<'_, '_>) {
        let currency = incident.event.currency.clone().unwrap_or_default();
        let redressed_minor = self.redressed_minor(incident, &currency);
        for index in 0..incident.actions.len() {
            let action = &incident.actions[index];
            if action.kind != ActionKind::Remedy || !action.state.is_open() {
                continue;
            }
            let Some(remedy) = action.remedy.clone() else { continue };
            match (remedy::left_of(remedy, Some(amends.redress_in(&currency))), action.state) {
                (None, _) => {
                    incident.move_action(index, ActionState::Done, Cause::OwnInitiative, &mut scene.speaker(), |_| {});
                }
                (left, ActionState::Accepted) => {
                    let redressed = redressed_minor.unwrap_or(0).to_string();
                    let action = &mut incident.actions[index];
                    scene.speaker().revise_action(action, ActionType::Updated, |action| {
                        action.remedy = left;
                        action.decision.facts.insert(REDRESSED.to_owned(), redressed);
                    });
                }
                (Some(_), _) => {} // decided anew below
            }
        }
        self.on_its_case(incident, scene, |incident, case, scene| self.refresh(incident, case, scene));
    }

    /// What has been given for an incident already when it is decided.
    pub(super) fn honour_amends(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        let mut given_minor = 0_i64;
        let mut acknowledged_at = incident.acknowledged_at;
        for amends in self.amends_of(incident) {
            match amends.kind {
                ActionKind::Gesture => given_minor = given_minor.saturating_add(amends.value_minor),
                ActionKind::Apology | ActionKind::HumanContact => {
                    acknowledged_at = Some(acknowledged_at.map_or(amends.at, |at| at.min(amends.at)));
                }
                _ => {}
            }
        }
        incident.acknowledged_at = acknowledged_at;
        if given_minor > incident.event.given_minor {
            incident.revise(&mut scene.speaker(), |event| event.given_minor = given_minor);
        }
    }

    pub(super) fn has_amends(&self, incident: &Incident, kind: ActionKind) -> bool {
        self.amends_of(incident).any(|amends| amends.kind == kind)
    }

    /// What was given back already, in a currency; `None`: nothing was done.
    pub(super) fn redressed_minor(&self, incident: &Incident, currency: &str) -> Option<i64> {
        let remedies = self.amends_of(incident).filter(|amends| amends.kind == ActionKind::Remedy);
        remedies.map(|amends| amends.redress_in(currency)).reduce(i64::saturating_add)
    }

    fn amends_of<'a>(&'a self, incident: &'a Incident) -> impl Iterator<Item = &'a Amends> {
        let order_id = match &incident.subject {
            Subject::Order(order_id) => Some(order_id),
            Subject::Complaints => None,
        };
        self.amends.iter().filter(move |amends| {
            let is_its_order = order_id.is_some() && amends.order_id.as_ref() == order_id;
            !amends.void && (is_its_order || amends.incident_id.as_ref() == Some(&incident.event.id))
        })
    }

    pub(super) fn amends_deadline(&self, policy: &Policy) -> Option<Timestamp> {
        self.amends.iter().map(|amends| amends.at + remember(policy)).min()
    }

    pub(super) fn forget_amends(&mut self, safe: Timestamp, policy: &Policy) {
        self.amends.retain(|amends| safe <= amends.at + remember(policy));
    }
}

/// As long as duplicates may come or a cap may ask.
fn remember(policy: &Policy) -> crate::events::Millis {
    policy.horizons.dedupe_horizon.max(policy.gestures.guest_window)
}

impl Amends {
    fn redress_in(&self, currency: &str) -> i64 {
        let is_comparable = self.currency.as_deref().is_none_or(|own| own == currency);
        if is_comparable { self.value_minor } else { 0 }
    }
}

fn identity(source: &str, id: &str) -> String {
    format!("{source}\u{1f}{id}")
}

/// A site remembers what was spent when its guest is long erased, so it does not hear the sender's own words.
fn known_to_the_site(identity: &str) -> String {
    ids::id(&["amends", identity])
}
