//! Gestures: chosen here, granted by the site, one an incident.
//!
//! The site sees all guests and answers once by action id. Between the question and the answer anything may happen:
//! a grant for a gesture that is no longer wanted is released.

use super::approval::awaits_approval;
use super::incident::{GestureProgress, Speaker, Subject};
use super::viewpoint::distance;
use super::{Given, Guest, Incident, Scene};
use crate::events::{
    ActionKind, ActionState, ActionType, Candidate, Gesture, InitiatedBy, Millis, RecoveryAction, Timestamp, ids,
};
use crate::policy::Rule;
use crate::recovery::decision::gesture::Offer;
use crate::recovery::decision::{Case, caps, gesture};
use crate::recovery::life_cycle::Cause;
use crate::recovery::site::{GestureAnswer, GestureGiven, GestureRequest, GestureSettled};
use crate::recovery::{EntityKey, Message, Observation, Suppression};

impl Guest {
    /// Chooses a gesture and asks the site for it.
    pub(super) fn start_gesture(
        &self,
        incident: &mut Incident,
        case: &Case<'_>,
        rule: &Rule,
        scene: &mut Scene<'_, '_>,
    ) {
        if self.has_amends(incident, ActionKind::Gesture) {
            self.refuse(incident, Suppression::OwnInitiative, &[], scene);
            return;
        }
        if self.awaits_companions(incident) {
            incident.gesture = GestureProgress::Companions;
            return;
        }
        if self.shares_a_gesture(incident, scene) {
            self.refuse(incident, Suppression::Joined, &[], scene);
            return;
        }
        let choice = gesture::choose(case, rule, incident.event.severity, incident.reach());
        incident.offers = choice.options;
        if incident.offers.is_empty() {
            self.refuse(incident, Suppression::NoCandidate, &choice.candidates, scene);
            return;
        }
        self.request(incident, case, scene);
    }

    /// Asks the site for the best offer that is left.
    pub(super) fn request(&self, incident: &mut Incident, case: &Case<'_>, scene: &mut Scene<'_, '_>) {
        let Some(offer) = incident.offers.first() else {
            self.refuse(incident, Suppression::NoCandidate, &[], scene);
            return;
        };
        let is_over = caps::is_over_guest_cap(&case.facts, case.policy, offer.gesture.value_minor)
            || self.has_claimed_too_often(incident, scene);
        if is_over {
            if let Some(rule) = case.rule(incident.event.severity) {
                self.ensure_person(incident, case, rule, scene); // no silent block: somebody decides
            }
            self.refuse(incident, Suppression::CapGuestWindow, &[], scene);
            return;
        }
        // nor may staff choose another one that would be too much
        let is_within = |offer: &Offer| !caps::is_over_guest_cap(&case.facts, case.policy, offer.gesture.value_minor);
        incident.offers.retain(is_within);
        let Some(offer) = incident.offers.first() else { return };
        // an id of its own: the answer to an earlier question must not be taken for the answer to this one
        incident.requests += 1;
        let action_id = ids::action(&incident.event.id, ActionKind::Gesture.name(), incident.requests);
        let request = GestureRequest {
            guest: scene.key.clone(),
            incident_id: incident.event.id.clone(),
            action_id: action_id.clone(),
            cost_minor: offer.cost_minor,
            currency: offer.gesture.currency.clone(),
        };
        incident.gesture = GestureProgress::Requested { action_id };
        let site = match case.policy.breaker {
            Some(_) => EntityKey::watch(case.site_id), // which passes it on, unless it has to wait
            None => EntityKey::site(case.site_id),
        };
        scene.send(site, Message::RequestGesture(request));
    }

    /// No gesture: apology and remedy go all the same, with the reason.
    fn refuse(
        &self,
        incident: &mut Incident,
        reason: Suppression,
        candidates: &[Candidate],
        scene: &mut Scene<'_, '_>,
    ) {
        incident.gesture = GestureProgress::Refused(reason);
        scene.observe(Observation::Suppressed(reason));
        let mut speaker = scene.speaker();
        // who decides instead must know, else whoever speaks first
        let spoken: &[ActionKind] = match reason {
            Suppression::CapGuestWindow => &[ActionKind::HumanContact],
            _ => &[ActionKind::Apology, ActionKind::HumanContact],
        };
        let is_told = |action: &&mut RecoveryAction| spoken.contains(&action.kind) && action.state.is_open();
        if let Some(action) = incident.actions.iter_mut().find(is_told) {
            speaker.revise_action(action, ActionType::Updated, |action| {
                action.decision.facts.insert("no_gesture".to_owned(), reason.name().to_owned());
                action.decision.candidates.extend_from_slice(candidates);
            });
        }
    }

    /// So many claims of this guest within the window that a person looks at the next. What the company found itself
    /// never counts against a guest.
    fn has_claimed_too_often(&self, incident: &Incident, scene: &Scene<'_, '_>) -> bool {
        let gestures = &scene.context.policy.gestures;
        let Some(most) = gestures.guest_claims else { return false };
        let window = gestures.guest_window;
        let is_claim = |other: &&Incident| {
            other.event.id != incident.event.id
                && other.is_published()
                && !other.is_retracted()
                && other.event.initiated_by == InitiatedBy::Customer
                && other.event.occurred_at <= incident.event.occurred_at
                && incident.event.occurred_at - other.event.occurred_at < window
        };
        let is_claimed = incident.event.initiated_by == InitiatedBy::Customer;
        is_claimed && self.incidents.values().filter(is_claim).count() >= most as usize
    }

    /// Without its gesture the apology may be all that is left: the second time in the window a person comes (R10).
    fn never_say_it_twice(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        self.on_its_case(incident, scene, |incident, case, scene| {
            if case.facts.is_repeat()
                && !incident.stands(ActionKind::Remedy)
                && let Some(rule) = case.rule(incident.event.severity)
            {
                self.ensure_person(incident, case, rule, scene);
            }
        });
    }

    /// Two failures of one visit within the join window share one gesture.
    fn shares_a_gesture(&self, incident: &Incident, scene: &Scene<'_, '_>) -> bool {
        let window = scene.context.policy.gestures.join_window;
        self.incidents.values().any(|other| {
            let has_one = !matches!(other.gesture, GestureProgress::None | GestureProgress::Refused(_))
                || other
                    .actions
                    .iter()
                    .any(|action| action.kind == ActionKind::Gesture && counts_as_given(action.state));
            other.event.id != incident.event.id
                && other.event.site_id == incident.event.site_id
                && has_one
                && !other.is_retracted()
                && distance(other.event.occurred_at, incident.event.occurred_at) < window
        })
    }

    pub(super) fn on_gesture_answer(&mut self, answer: &GestureAnswer, scene: &mut Scene<'_, '_>) {
        let mut granted = None;
        let mut is_outdated = false;
        let is_wanted = self.with_incident(&answer.incident_id, |guest, incident| {
            let is_wanted = incident.gesture == GestureProgress::Requested { action_id: answer.action_id.clone() }
                && !incident.is_over();
            if !is_wanted {
                return false;
            }
            match answer.refused {
                Some(Suppression::Held) => incident.hold_gesture(answer.action_id.clone(), scene),
                Some(reason) => {
                    guest.refuse(incident, reason, &[], scene);
                    guest.never_say_it_twice(incident, scene);
                }
                // two that were asked for at once must not be the same thing
                None if !guest.still_fits(incident, scene) => {
                    is_outdated = true;
                    return true;
                }
                None => granted = guest.grant(incident, &answer.action_id, scene),
            }
            guest.conclude(incident, scene);
            true
        });
        self.given.extend(granted);
        if is_outdated {
            self.release_gesture(&answer.incident_id, scene);
            self.with_incident(&answer.incident_id, |guest, incident| {
                guest.restart_gesture(incident, scene);
                guest.conclude(incident, scene);
            });
        }
        if is_wanted != Some(true) && answer.refused.is_none() {
            let site = self.incidents.get(&answer.incident_id).and_then(|incident| incident.event.site_id.clone());
            if let Some(site) = site {
                let settled = GestureSettled { action_id: answer.action_id.clone(), given_minor: None };
                scene.send(EntityKey::site(&site), Message::GestureSettled(settled));
            }
        }
    }

    /// The site has agreed: staff are told.
    fn grant(&self, incident: &mut Incident, action_id: &str, scene: &mut Scene<'_, '_>) -> Option<Given> {
        self.on_its_case(incident, scene, |incident, case, scene| self.grant_case(incident, action_id, case, scene))
    }

    fn grant_case(
        &self,
        incident: &mut Incident,
        action_id: &str,
        case: &Case<'_>,
        scene: &mut Scene<'_, '_>,
    ) -> Option<Given> {
        let rule = case.rule(incident.event.severity)?;
        let offer = incident.offers.first()?.clone();
        let mut draft = self.draft(ActionKind::Gesture, case, rule, scene);
        draft.id = Some(action_id.to_owned());
        draft.after = incident.first_word();
        let leaves_at = self.leaves_at(incident, scene);
        let due_at = self.gesture_due(incident, scene);
        let expires_at = before_they_leave(Some(&offer.gesture), due_at + case.touchpoint.action_expires, leaves_at);
        draft.due_at = due_at.min(expires_at);
        draft.expires_at = Some(expires_at);
        draft.supersedes = incident.latest(ActionKind::Gesture).map(|action| action.id.clone());
        draft.decision.candidates = gesture::choose(case, rule, incident.event.severity, incident.reach()).candidates;
        draft.ask_for_approval(offer.gesture.value_minor, case, scene);
        let action_id = self.propose(incident, case, draft, scene);
        incident.gesture = GestureProgress::Proposed { action_id: action_id.clone() };
        Some(Given {
            action_id,
            incident_id: incident.event.id.clone(),
            item_id: offer.gesture.item_id,
            value_minor: offer.gesture.value_minor,
            currency: offer.gesture.currency,
            at: scene.context.now,
            initiated_by: incident.event.initiated_by,
        })
    }

    /// Frees what was reserved for an incident's gesture, unless it was given.
    pub(super) fn release_gesture(&mut self, incident_id: &str, scene: &mut Scene<'_, '_>) {
        let Some(incident) = self.incidents.get_mut(incident_id) else { return };
        let action_id = match std::mem::take(&mut incident.gesture) {
            GestureProgress::Requested { action_id } => action_id,
            GestureProgress::Proposed { action_id } => {
                let is_given =
                    incident.actions.iter().any(|action| action.id == action_id && counts_as_given(action.state));
                if is_given {
                    incident.gesture = GestureProgress::Proposed { action_id };
                    return;
                }
                action_id
            }
            GestureProgress::None
            | GestureProgress::Waiting
            | GestureProgress::Companions
            | GestureProgress::Held { .. }
            | GestureProgress::Refused(_) => return,
        };
        let site = incident.event.site_id.clone().unwrap_or_default();
        self.release(&site, &action_id, scene);
    }

    /// It will not be given: the site may give it to somebody else.
    pub(super) fn release(&mut self, site: &str, action_id: &str, scene: &mut Scene<'_, '_>) {
        self.given.retain(|given| given.action_id != action_id);
        let settled = GestureSettled { action_id: action_id.to_owned(), given_minor: None };
        scene.send(EntityKey::site(site), Message::GestureSettled(settled));
    }

    /// It was given: the site settles what it really cost. `stated_minor`: its worth, where staff said so.
    pub(super) fn settle(
        &self,
        incident_id: &str,
        action_id: &str,
        stated_minor: Option<i64>,
        scene: &mut Scene<'_, '_>,
    ) {
        let Some(incident) = self.incidents.get(incident_id) else { return };
        let action = incident.actions.iter().find(|action| action.id == action_id);
        let Some(gesture) = action.and_then(|action| action.gesture.as_ref()) else { return };
        let offer = incident.offers.iter().find(|offer| offer.is_of(gesture));
        let expected_minor = offer.map_or(gesture.value_minor, |offer| offer.cost_minor);
        let stated_minor = stated_minor.filter(|stated| *stated != gesture.value_minor);
        let given = GestureGiven {
            action_id: action_id.to_owned(),
            cost_minor: stated_minor.unwrap_or(expected_minor).max(0),
            currency: gesture.currency.clone(),
        };
        let site = incident.event.site_id.as_deref().unwrap_or_default();
        scene.send(EntityKey::site(site), Message::GestureGiven(given));
    }

    /// Counts what the guest was given.
    pub(super) fn book(&self, incident: &mut Incident, value_minor: i64, scene: &mut Scene<'_, '_>) {
        incident.revise(&mut scene.speaker(), |event| {
            event.given_minor = event.given_minor.saturating_add(value_minor).max(0);
        });
    }

    /// Ten minutes after the acknowledgement; before it, after the apology is due; in opening hours.
    pub(super) fn gesture_due(&self, incident: &Incident, scene: &Scene<'_, '_>) -> Timestamp {
        let (policy, now) = (scene.context.policy, scene.context.now);
        let apology_due = incident.latest(ActionKind::Apology).map(|apology| apology.due_at);
        let acknowledged_at = incident.acknowledged_at.or(apology_due).unwrap_or(now);
        let site = policy.site(incident.event.site_id.as_deref().unwrap_or_default());
        site.hours.next_open(&site.time_zone, (acknowledged_at + policy.gestures.due_after).max(now))
    }

    /// When the guest leaves, while that is still to come.
    pub(super) fn leaves_at(&self, incident: &Incident, scene: &Scene<'_, '_>) -> Option<Timestamp> {
        let Subject::Order(order_id) = &incident.subject else { return None };
        let leaves_at = self.view(order_id, scene.context.policy)?.visit_ends_at;
        leaves_at.filter(|leaves_at| *leaves_at > scene.context.now)
    }

    /// Somebody has said sorry: the gesture is dated from there.
    pub(super) fn acknowledge(&self, incident: &mut Incident, at: Timestamp, scene: &mut Scene<'_, '_>) {
        if incident.acknowledged_at.is_some() {
            return;
        }
        incident.acknowledged_at = Some(at);
        let (due_at, leaves_at) = (self.gesture_due(incident, scene), self.leaves_at(incident, scene));
        let mut speaker = scene.speaker();
        let is_gesture = |action: &&mut RecoveryAction| action.kind == ActionKind::Gesture && action.state.is_open();
        for action in incident.actions.iter_mut().filter(is_gesture) {
            speaker.revise_action(action, ActionType::Updated, |action| {
                if awaits_approval(action) {
                    action.due_at = due_at.min(action.expires_at); // how long to wait for a word has been said
                    return;
                }
                let patience: Millis = action.expires_at - action.due_at;
                action.expires_at = before_they_leave(action.gesture.as_ref(), due_at + patience, leaves_at);
                action.due_at = due_at.min(action.expires_at);
            });
        }
    }
}

impl Incident {
    pub(super) fn close_open(&mut self, kind: ActionKind, cause: Cause, scene: &mut Scene<'_, '_>) {
        self.close_actions(|action| action.kind == kind, ActionState::Done, cause, &mut scene.speaker());
    }

    /// What staff were to say has been said by somebody else.
    pub(super) fn close_words(&mut self, cause: Cause, speaker: &mut Speaker<'_>) {
        let is_word = |action: &RecoveryAction| matches!(action.kind, ActionKind::Apology | ActionKind::EarlyWarning);
        self.close_actions(is_word, ActionState::Done, cause, speaker);
    }
}

/// What takes two people to hand over ends when the guest leaves; what can be sent does not.
pub(super) fn before_they_leave(
    gesture: Option<&Gesture>,
    expires_at: Timestamp,
    leaves_at: Option<Timestamp>,
) -> Timestamp {
    let is_brought = gesture.is_some_and(|gesture| gesture.item_id.is_some());
    leaves_at.filter(|_| is_brought).map_or(expires_at, |leaves_at| leaves_at.min(expires_at))
}

/// The guest has it, or must be assumed to.
pub(super) fn counts_as_given(state: ActionState) -> bool {
    matches!(state, ActionState::Done | ActionState::Substituted | ActionState::Unreported)
}
