//! Second thoughts about a gesture: what takes it back, and what is offered instead.
//!
//! Every later offer is chosen anew from what is known then: a profile, a shortfall or a cap may have changed since.

use super::incident::{GestureProgress, Speaker};
use super::{Given, Guest, Incident, Scene};
use crate::events::{ActionKind, ActionState, ActionType, OutcomeEvent};
use crate::recovery::decision::gesture;
use crate::recovery::decision::gesture::Offer;
use crate::recovery::life_cycle::Cause;

impl Guest {
    /// It has become worse than a gesture can answer (or a person takes over): what nobody has accepted yet is taken
    /// back.
    pub(super) fn withdraw_unwanted_gesture(&mut self, incident_id: &str, scene: &mut Scene<'_, '_>) {
        let is_unwanted = self.with_incident(incident_id, |_, incident| {
            let mut rules = scene.context.policy.rules.iter();
            let rule = rules.find(|rule| Some(&rule.name) == incident.rule.as_ref());
            if rule.is_none_or(|rule| !rule.then.gesture.is_empty()) || !incident.is_gesture_undecided() {
                return false;
            }
            incident.retract_open_gesture(Cause::Worse, &mut scene.speaker());
            true
        });
        if is_unwanted == Some(true) {
            self.release_gesture(incident_id, scene);
            self.with_incident(incident_id, |guest, incident| guest.conclude(incident, scene));
        }
    }

    /// The offer was turned down by staff or could not be had: the next one, once.
    pub(super) fn offer_next(&mut self, incident_id: &str, scene: &mut Scene<'_, '_>) {
        self.with_incident(incident_id, |guest, incident| {
            let is_tried = |offer: &Offer| {
                let tried = incident.actions.iter().filter_map(|action| action.gesture.as_ref());
                tried.into_iter().any(|gesture| offer.is_of(gesture))
            };
            let published = incident.actions.iter().filter(|action| action.kind == ActionKind::Gesture);
            let tried = published.filter(|action| action.state != ActionState::Retracted).count();
            let mut offers = guest.fitting_offers(incident, scene);
            offers.retain(|offer| !is_tried(offer));
            incident.offers = offers;
            incident.gesture = GestureProgress::None;
            if tried > 1 || incident.offers.is_empty() || incident.is_over() {
                return;
            }
            guest.on_its_case(incident, scene, |incident, case, scene| guest.request(incident, case, scene));
        });
    }

    /// The profile has changed: what is on its way and no longer safe is taken back, and the choice made anew.
    pub(super) fn recheck_gestures(&mut self, scene: &mut Scene<'_, '_>) {
        let ids: Vec<String> = self.incidents.keys().cloned().collect();
        for id in ids {
            let is_unfit = self.with_incident(&id, |guest, incident| {
                if !incident.is_gesture_on_its_way() {
                    return false;
                }
                let fitting = guest.fitting_offers(incident, scene);
                let is_fitting = |offer: &Offer| fitting.iter().any(|fit| fit.is_of(&offer.gesture));
                let is_unfit = incident.offers.first().is_some_and(|offer| !is_fitting(offer));
                if is_unfit {
                    incident.retract_open_gesture(Cause::NotSuitable, &mut scene.speaker());
                } else {
                    incident.offers.retain(is_fitting);
                    incident.update_alternatives(&mut scene.speaker());
                }
                is_unfit
            });
            if is_unfit == Some(true) {
                self.release_gesture(&id, scene);
                self.with_incident(&id, |guest, incident| guest.restart_gesture(incident, scene));
            }
        }
    }

    /// What would be offered now. The incident's own gesture is not "given recently".
    fn fitting_offers(&self, incident: &Incident, scene: &mut Scene<'_, '_>) -> Vec<Offer> {
        let is_other = |given: &&Given| given.incident_id != incident.event.id;
        let others: Vec<Given> = self.given.iter().filter(is_other).cloned().collect();
        self.on_its_case(&mut incident.clone(), scene, |incident, case, _| {
            let case = case.with_given(&others);
            let rule = case.rule(incident.event.severity);
            rule.map(|rule| gesture::choose(&case, rule, incident.event.severity).options).unwrap_or_default()
        })
    }

    /// The offer that was asked for would still be made.
    pub(super) fn still_fits(&self, incident: &Incident, scene: &mut Scene<'_, '_>) -> bool {
        let fitting = self.fitting_offers(incident, scene);
        incident.offers.first().is_some_and(|asked| fitting.iter().any(|offer| offer.is_of(&asked.gesture)))
    }

    /// Chooses anew, from what is known now.
    pub(super) fn restart_gesture(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        incident.gesture = GestureProgress::None;
        self.on_its_case(incident, scene, |incident, case, scene| {
            if let Some(rule) = case.rule(incident.event.severity) {
                self.start_gesture(incident, case, rule, scene);
            }
        });
    }

    /// Staff have given an earlier offer after all: what took its place is taken back.
    pub(super) fn withdraw_second_gesture(&mut self, incident_id: &str, given: &str, scene: &mut Scene<'_, '_>) {
        let is_second = self.with_incident(incident_id, |_, incident| {
            let is_current = match &incident.gesture {
                GestureProgress::Requested { action_id } | GestureProgress::Proposed { action_id } => {
                    action_id == given
                }
                _ => true,
            };
            if !is_current {
                incident.retract_open_gesture(Cause::Superseded, &mut scene.speaker());
            }
            !is_current
        });
        if is_second == Some(true) {
            self.release_gesture(incident_id, scene);
        }
    }

    /// The guest says that it never came: it counts towards nothing.
    pub(super) fn gesture_never_came(&mut self, incident_id: &str, site: &str, scene: &mut Scene<'_, '_>) {
        let lost: Vec<String> = self
            .given
            .iter()
            .filter(|given| given.incident_id == incident_id)
            .map(|given| given.action_id.clone())
            .collect();
        for action_id in &lost {
            self.release(site, action_id, scene);
        }
        if !lost.is_empty() {
            self.with_incident(incident_id, |_, incident| {
                incident.revise(&mut scene.speaker(), |event| event.given_minor = 0);
            });
        }
    }

    /// Caps and "given recently" go by what the guest really got, and when it was offered.
    pub(super) fn note_what_was_given(&mut self, incident_id: &str, action_id: &str, outcome: &OutcomeEvent) {
        let Some(incident) = self.incidents.get(incident_id) else { return };
        let Some(action) = incident.actions.iter().find(|action| action.id == action_id) else { return };
        let Some(gesture) = &action.gesture else { return };
        let noted = Given {
            action_id: action_id.to_owned(),
            incident_id: incident_id.to_owned(),
            item_id: outcome.item_id.clone().or_else(|| gesture.item_id.clone()),
            value_minor: outcome.value_minor.unwrap_or(gesture.value_minor),
            currency: gesture.currency.clone(),
            at: self.given.iter().find(|given| given.action_id == action_id).map_or(action.time, |given| given.at),
            initiated_by: incident.event.initiated_by,
        };
        self.given.retain(|given| given.action_id != action_id);
        self.given.push(noted);
    }
}

impl Incident {
    /// Asked for or published, and nobody has accepted it.
    fn is_gesture_undecided(&self) -> bool {
        match &self.gesture {
            GestureProgress::Requested { .. } => true,
            GestureProgress::Proposed { action_id } => self.state_of(action_id) == Some(ActionState::Open),
            _ => false,
        }
    }

    /// Asked for or published, and the guest does not have it yet.
    fn is_gesture_on_its_way(&self) -> bool {
        match &self.gesture {
            GestureProgress::Requested { .. } => true,
            GestureProgress::Proposed { action_id } => self.state_of(action_id).is_some_and(ActionState::is_open),
            _ => false,
        }
    }

    fn state_of(&self, action_id: &str) -> Option<ActionState> {
        self.actions.iter().find(|action| action.id == action_id).map(|action| action.state)
    }

    fn update_alternatives(&mut self, speaker: &mut Speaker<'_>) {
        let alternatives: Vec<_> =
            self.offers.iter().skip(1).take(2).map(|offer| offer.gesture.as_alternative()).collect();
        for action in &mut self.actions {
            if action.kind == ActionKind::Gesture && action.state.is_open() {
                speaker
                    .revise_action(action, ActionType::Updated, |action| action.alternatives.clone_from(&alternatives));
            }
        }
    }

    pub(super) fn retract_open_gesture(&mut self, cause: Cause, speaker: &mut Speaker<'_>) {
        self.close_actions(|action| action.kind == ActionKind::Gesture, ActionState::Retracted, cause, speaker);
    }
}
