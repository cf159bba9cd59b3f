//! Second thoughts about a gesture: what takes it back, and what is offered instead.
//!
//! Every later offer is chosen anew from what is known then: a profile, a shortfall or a cap may have changed since.

use super::approval::is_pending;
use super::choices::{offered, taken};
use super::incident::{GestureProgress, Speaker};
use super::{Given, Guest, Incident, Scene};
use crate::events::{ActionKind, ActionState, ActionType, OutcomeEvent, RecoveryAction};
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
                let is_chosen_from = |action: &RecoveryAction| {
                    offer.gesture.item_id.as_deref().is_some_and(|id| offered(action).any(|tried| tried == id))
                };
                let is_same = |action: &RecoveryAction| action.gesture.as_ref().is_some_and(|tried| offer.is_of(tried));
                incident.actions.iter().any(|action| is_same(action) || is_chosen_from(action))
            };
            let published = incident.actions.iter().filter(|action| action.kind.is_gift());
            // what needed a yes that nobody gave was never offered to the guest
            let is_tried_out = |action: &&RecoveryAction| action.state != ActionState::Retracted && !is_pending(action);
            let tried = published.filter(is_tried_out).count();
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
            self.recheck_gesture(&id, Incident::is_gesture_on_its_way, scene);
        }
    }

    /// What went wrong is something else now, or worth less: what nobody has accepted yet must still fit.
    pub(super) fn recheck_undecided_gesture(&mut self, id: &str, scene: &mut Scene<'_, '_>) {
        self.recheck_gesture(id, Incident::is_gesture_undecided, scene);
    }

    fn recheck_gesture(&mut self, id: &str, concerns: impl Fn(&Incident) -> bool, scene: &mut Scene<'_, '_>) {
        let is_unfit = self.with_incident(id, |guest, incident| {
            if !concerns(incident) {
                return false;
            }
            let fitting = guest.fitting_offers(incident, scene);
            let is_fitting = |offer: &Offer| {
                let is_enough = |fit: &Offer| fit.gesture.value_minor >= offer.gesture.value_minor;
                fitting.iter().any(|fit| fit.is_of(&offer.gesture) && is_enough(fit))
            };
            let is_unfit = incident.options().iter().any(|offer| !is_fitting(offer));
            if is_unfit {
                incident.retract_open_gesture(Cause::NotSuitable, &mut scene.speaker());
            } else {
                incident.offers.retain(is_fitting);
                incident.update_alternatives(scene);
            }
            is_unfit
        });
        if is_unfit == Some(true) {
            self.release_gesture(id, scene);
            self.with_incident(id, |guest, incident| {
                guest.restart_gesture(incident, scene);
                guest.conclude(incident, scene);
            });
        }
    }

    /// What would be offered now. The incident's own gesture is not "given recently".
    fn fitting_offers(&self, incident: &Incident, scene: &mut Scene<'_, '_>) -> Vec<Offer> {
        let is_other = |given: &&Given| given.incident_id != incident.event.id;
        let others: Vec<Given> = self.given.iter().filter(is_other).cloned().collect();
        self.on_its_case(&mut incident.clone(), scene, |incident, case, _| {
            let case = case.with_given(&others);
            let reach = incident.reach();
            let rule = case.rule(incident.event.severity);
            rule.map(|rule| gesture::choose(&case, rule, incident.event.severity, reach).options).unwrap_or_default()
        })
    }

    /// The offer that was asked for would still be made.
    pub(super) fn still_fits(&self, incident: &Incident, scene: &mut Scene<'_, '_>) -> bool {
        let fitting = self.fitting_offers(incident, scene);
        let is_fitting = |asked: &Offer| fitting.iter().any(|offer| offer.is_of(&asked.gesture));
        let options = incident.options();
        !options.is_empty() && options.into_iter().all(is_fitting)
    }

    /// Chooses anew, from what is known now.
    pub(super) fn restart_gesture(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        incident.gesture = GestureProgress::None;
        self.on_its_case(incident, scene, |incident, case, scene| {
            if let Some(rule) = case.rule(incident.event.severity)
                && !rule.then.gesture.is_empty()
            {
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
        let Some((item_id, value_minor)) = taken(action, outcome.item_id.as_deref()) else { return };
        let noted = Given {
            action_id: action_id.to_owned(),
            incident_id: incident_id.to_owned(),
            item_id,
            value_minor: outcome.value_minor.unwrap_or(value_minor),
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
            GestureProgress::Requested { .. } | GestureProgress::Held { .. } => true,
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

    /// What the guest is offered or is to be: two of a choice, else the best.
    fn options(&self) -> Vec<&Offer> {
        let (GestureProgress::Requested { action_id }
        | GestureProgress::Proposed { action_id }
        | GestureProgress::Held { action_id }) = &self.gesture
        else {
            return self.offers.first().into_iter().collect();
        };
        let is_choice = self.kind_asked_for(action_id) == ActionKind::ChoiceOffer;
        let second = self.offers.iter().skip(1).find(|offer| is_choice && offer.gesture.item_id.is_some());
        self.offers.first().into_iter().chain(second).collect()
    }

    fn state_of(&self, action_id: &str) -> Option<ActionState> {
        self.actions.iter().find(|action| action.id == action_id).map(|action| action.state)
    }

    fn update_alternatives(&mut self, scene: &mut Scene<'_, '_>) {
        let is_open = |action: &RecoveryAction| action.kind.is_gift() && action.state.is_open();
        let Some(position) = self.actions.iter().position(is_open) else { return };
        let action = &self.actions[position];
        let alternatives = self.others(action.kind, action.authority, scene.context.policy.site(&action.site_id));
        let mut speaker = scene.speaker();
        speaker.revise_action(&mut self.actions[position], ActionType::Updated, |action| {
            action.alternatives = alternatives
        });
    }

    pub(super) fn retract_open_gesture(&mut self, cause: Cause, speaker: &mut Speaker<'_>) {
        self.close_actions(|action| action.kind.is_gift(), ActionState::Retracted, cause, speaker);
    }
}
