//! What staff report back, and what follows from it.

use super::choices::{offered, taken};
use super::deviations;
use super::gestures::counts_as_given;
use super::incident::GestureProgress;
use super::reconsider::Ending;
use super::{Guest, Incident, Scene};
use crate::events::{
    ActionKind, ActionState, DeclinedBy, Event, FollowUpResult, IncidentStatus, Input, OutcomeEvent, OutcomeStatus,
    Timestamp, ids,
};
use crate::recovery::life_cycle::{Cause, action_may_move};
use crate::recovery::{EntityKey, EntityKind, Envelope, MAX_HOPS, Message, Observation};

/// What an answer means for the rest of the incident.
enum Consequence {
    Nothing,
    /// The guest has a gesture, worth this much.
    Given {
        action_id: String,
        value_minor: i64,
    },
    /// No gesture came of it; by staff: the next one may.
    NotGiven {
        action_id: String,
        next: bool,
    },
    FalseAlarm,
    /// What was suspected is true.
    Confirmed,
}

impl Guest {
    /// `hops`: how far the outcome has come, or `None` when the index has vouched that its order is ours.
    pub(super) fn on_outcome(&mut self, input: Input, hops: Option<u8>, scene: &mut Scene<'_, '_>) {
        let Event::Outcome(outcome) = &input.event else { return };
        let (reply, action_id) = addressed(outcome);
        let known = self.incident_of(action_id.as_deref(), outcome);
        if known.is_none()
            && let Some(elsewhere) = self.sought_elsewhere(&input, reply.map(|(guest, _)| guest), hops, scene)
        {
            scene.effects.messages.push(elsewhere);
            return;
        }
        if Self::is_own_initiative(outcome, action_id.as_deref()) {
            self.on_amends(&input.source, outcome, scene);
            return;
        }
        match known {
            Some(id) => self.on_answer(&id, action_id.as_deref(), &input.source, outcome, scene),
            None => scene.observe(Observation::UnmatchedOutcome),
        }
    }

    /// Whether an outcome names an action of somebody else; one that names none may be anybody's.
    pub(super) fn answers_another(&self, outcome: &OutcomeEvent) -> bool {
        let (_, action_id) = addressed(outcome);
        action_id.is_some() && self.incident_of(action_id.as_deref(), outcome).is_none()
    }

    /// The outcome names this guest, but its action or its order is another one's.
    fn sought_elsewhere(
        &self,
        input: &Input,
        reply_to: Option<String>,
        hops: Option<u8>,
        scene: &Scene<'_, '_>,
    ) -> Option<Envelope> {
        let Event::Outcome(outcome) = &input.event else { return None };
        let hops = hops?;
        let message = || Box::new(input.clone());
        let answered = reply_to.and_then(|guest| EntityKey::parse(&guest));
        let is_other = |guest: &EntityKey| guest != scene.key && !self.linked.contains_key(guest);
        // one that comes back has been there: whoever was erased does not know any more who else they were
        let may_seek = hops <= MAX_HOPS / 2;
        if let Some(guest) = answered.filter(is_other).filter(|guest| may_seek && guest.kind() == EntityKind::Guest) {
            return Some(Envelope { to: guest, hops: hops + 1, message: Message::Input(message()) });
        }
        let order_id = outcome.order_id.as_ref().filter(|order_id| !self.orders.contains_key(*order_id))?;
        let message = Message::Unknown { from: scene.key.clone(), input: message() };
        Some(Envelope { to: EntityKey::order_index(order_id), hops: hops + 1, message })
    }

    fn on_answer(
        &mut self,
        id: &str,
        action_id: Option<&str>,
        source: &str,
        outcome: &OutcomeEvent,
        scene: &mut Scene<'_, '_>,
    ) {
        let id = id.to_owned();
        let identity = format!("{source}\u{1f}{}", outcome.id);
        let consequence = self.with_incident(&id, |guest, incident| {
            if incident.answers.contains(&identity) {
                scene.observe(Observation::Duplicate);
                return Consequence::Nothing;
            }
            incident.answers.push(identity);
            // arriving first, a correction or a withdrawal suppresses its original; what was done stays done
            incident.answers.extend(outcome.corrects.iter().map(|corrected| format!("{source}\u{1f}{corrected}")));
            if outcome.withdrawn {
                return Consequence::Nothing;
            }
            guest.answer(incident, action_id, outcome, scene)
        });
        let site = self.incidents.get(&id).and_then(|incident| incident.event.site_id.clone()).unwrap_or_default();
        match consequence.unwrap_or(Consequence::Nothing) {
            Consequence::Nothing => {}
            Consequence::Given { action_id, value_minor } => {
                self.note_what_was_given(&id, &action_id, outcome);
                self.settle(&id, &action_id, Some(value_minor), scene);
                self.withdraw_second_gesture(&id, &action_id, scene);
            }
            Consequence::NotGiven { action_id, next } => {
                if outcome.declined_by == Some(DeclinedBy::Guest) {
                    self.remember_declined(&id, &action_id, scene);
                }
                self.release(&site, &action_id, scene);
                if next {
                    self.offer_next(&id, scene);
                }
            }
            Consequence::FalseAlarm => {
                self.end_incident(&id, Ending::Retracted(Cause::StaffDenied), scene);
                self.with_incident(&id, |_, incident| incident.denied = true);
                return;
            }
            Consequence::Confirmed => self.confirm(&id, outcome.time.min(scene.context.now), scene),
        }
        if outcome.result == Some(FollowUpResult::GestureNotReceived) {
            self.gesture_never_came(&id, &site, scene);
        }
        self.with_incident(&id, |guest, incident| guest.conclude(incident, scene));
    }

    fn incident_of(&self, action_id: Option<&str>, outcome: &OutcomeEvent) -> Option<String> {
        if let Some(incident_id) = &outcome.incident_id
            && self.incidents.contains_key(incident_id)
        {
            return Some(incident_id.clone());
        }
        let Some(action_id) = action_id else {
            let of_order = outcome.order_id.as_deref().map(ids::incident_of_order);
            return of_order.filter(|id| self.incidents.contains_key(id));
        };
        self.incidents
            .values()
            .find(|incident| {
                incident.actions.iter().any(|action| action.id == action_id)
                    || incident.follow_ups.iter().any(|follow_up| follow_up.id == action_id)
            })
            .map(|incident| incident.event.id.clone())
    }

    fn answer(
        &self,
        incident: &mut Incident,
        action_id: Option<&str>,
        outcome: &OutcomeEvent,
        scene: &mut Scene<'_, '_>,
    ) -> Consequence {
        if outcome.status == OutcomeStatus::FalseAlarm {
            return if incident.is_retracted() { Consequence::Nothing } else { Consequence::FalseAlarm };
        }
        let has_score = outcome.score.is_some() || outcome.result.is_some() || outcome.still_ok.is_some();
        let follow_up = incident.follow_ups.iter().position(|follow_up| Some(follow_up.id.as_str()) == action_id);
        let Some(index) = incident.actions.iter().position(|action| Some(action.id.as_str()) == action_id) else {
            match follow_up.is_some() || has_score {
                true => self.answer_follow_up(incident, follow_up, outcome, scene),
                false => scene.observe(Observation::UnmatchedOutcome),
            }
            return Consequence::Nothing;
        };
        let consequence = self.answer_action(incident, index, outcome, scene);
        if has_score {
            self.answer_follow_up(incident, None, outcome, scene);
        }
        consequence
    }

    fn answer_action(
        &self,
        incident: &mut Incident,
        index: usize,
        outcome: &OutcomeEvent,
        scene: &mut Scene<'_, '_>,
    ) -> Consequence {
        let action = &incident.actions[index];
        let staff = outcome.staff_id.clone();
        let before = action.state;
        let (state, cause) = meaning(outcome);
        if !action_may_move(Some(before), state) {
            return Consequence::Nothing;
        }
        let kind = action.kind;
        let action_id = action.id.clone();
        let taken = taken(action, outcome.item_id.as_deref());
        let offered_id = action.gesture.as_ref().and_then(|gesture| gesture.item_id.as_ref());
        // another one than the first that was named
        let is_another = kind.is_gift() && outcome.item_id.is_some() && outcome.item_id.as_ref() != offered_id;
        let (state, cause) = match state {
            ActionState::Done if is_another => (ActionState::Substituted, Cause::StaffSubstituted),
            _ => (state, cause),
        };
        let value_minor = taken.map_or(0, |(_, value_minor)| value_minor);
        if let Some(deviation) = deviations::of_answer(action, outcome) {
            scene.observe(Observation::Deviated(deviation));
        }
        incident.move_action(index, state, cause, &mut scene.speaker(), |action| {
            action.accepted_by = staff.or(action.accepted_by.take());
        });
        if state == ActionState::Accepted {
            self.approve(incident, index, scene);
            incident.advance(IncidentStatus::InProgress, cause, scene);
            return Consequence::Nothing;
        }
        match kind {
            ActionKind::Check if outcome.status == OutcomeStatus::Confirmed => return Consequence::Confirmed,
            _ if kind.is_gift() && counts_as_given(before) => return Consequence::Nothing,
            _ if kind.is_gift() && counts_as_given(state) => {
                let value_minor = outcome.value_minor.unwrap_or(value_minor);
                self.book(incident, value_minor, scene);
                return Consequence::Given { action_id, value_minor };
            }
            _ if kind.is_gift() => {
                let next = outcome.declined_by != Some(DeclinedBy::Guest);
                if !next {
                    incident.gesture = GestureProgress::None;
                }
                return Consequence::NotGiven { action_id, next };
            }
            ActionKind::Apology | ActionKind::HumanContact if was_said(state) => {
                if kind == ActionKind::HumanContact {
                    incident.close_words(cause, &mut scene.speaker());
                }
                self.acknowledge(incident, outcome.time.min(scene.context.now), scene);
                incident.advance(IncidentStatus::Acknowledged, cause, scene);
            }
            _ => {}
        }
        Consequence::Nothing
    }

    fn remember_declined(&mut self, incident_id: &str, action_id: &str, scene: &Scene<'_, '_>) {
        let until: Timestamp = scene.context.now + scene.context.policy.gestures.dislike_for;
        let incident = self.incidents.get(incident_id);
        let action = incident.and_then(|incident| incident.actions.iter().find(|action| action.id == action_id));
        for item_id in action.into_iter().flat_map(offered) {
            self.declined.insert(item_id.to_owned(), until);
        }
    }

    /// Staff have looked: what was suspected is true. That is news of its own, however old the promise.
    fn confirm(&mut self, id: &str, at: Timestamp, scene: &mut Scene<'_, '_>) {
        self.with_incident(id, |guest, incident| {
            if !incident.is_only_suspected() {
                return;
            }
            for shortfall in &mut incident.event.shortfalls {
                shortfall.suspected = false;
            }
            incident.confirmed = true;
            incident.news_at = incident.news_at.max(at);
            guest.decide(incident, scene);
        });
    }
}

/// The guest and the action that an outcome answers, as its `reply_to` says; its own `action_id` counts first.
fn addressed(outcome: &OutcomeEvent) -> (Option<(String, String)>, Option<String>) {
    let reply = outcome.reply_to.as_deref().and_then(ids::parse_reply_to);
    let of_reply = reply.as_ref().map(|(_, action_id)| action_id.clone());
    (reply, outcome.action_id.clone().or(of_reply))
}

fn was_said(state: ActionState) -> bool {
    matches!(state, ActionState::Done | ActionState::Substituted)
}

/// What an answer makes of its action. One that was given late still counts; one that contradicts what is over does not.
fn meaning(outcome: &OutcomeEvent) -> (ActionState, Cause) {
    match outcome.status {
        OutcomeStatus::Accepted => (ActionState::Accepted, Cause::StaffAccepted),
        OutcomeStatus::Done | OutcomeStatus::Fixed => (ActionState::Done, Cause::StaffDone),
        OutcomeStatus::Confirmed => (ActionState::Done, Cause::StaffConfirmed),
        OutcomeStatus::Substituted => (ActionState::Substituted, Cause::StaffSubstituted),
        OutcomeStatus::Declined if outcome.declined_by == Some(DeclinedBy::Guest) => {
            (ActionState::Declined, Cause::GuestDeclined)
        }
        OutcomeStatus::Declined => (ActionState::Declined, Cause::StaffDeclined),
        OutcomeStatus::NotPossible => (ActionState::NotPossible, Cause::StaffCouldNot),
        OutcomeStatus::FalseAlarm => (ActionState::Retracted, Cause::StaffDenied),
    }
}

impl Incident {
    /// Goes on while it is being worked on; what was reopened, escalated or has ended stays so.
    fn advance(&mut self, to: IncidentStatus, cause: Cause, scene: &mut Scene<'_, '_>) {
        use IncidentStatus as S;
        let is_ahead = match self.event.status {
            S::Confirmed | S::ActionProposed => true,
            S::Acknowledged => to == S::InProgress,
            _ => false,
        };
        if is_ahead {
            self.go(to, cause, &mut scene.speaker(), |_| {});
        }
    }
}
