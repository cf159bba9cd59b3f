//! The one way in which an incident, an action or a follow-up changes where it stands.
//!
//! A move that the life cycle does not know is refused and counted; one that was made is noted with its cause, and
//! published together with what else changes by it.

use super::Incident;
use super::incident::Speaker;
use crate::events::{
    ActionState, ActionType, FollowUp, FollowUpType, IncidentEvent, IncidentStatus, Payload, RecoveryAction,
};
use crate::recovery::Observation;
use crate::recovery::life_cycle::{Cause, Move, Moved, action_may_move, follow_up_may_move, incident_may_move};

impl Incident {
    /// Moves the incident and publishes it. Where it stands there already, only the change is published.
    pub fn go(
        &mut self,
        to: IncidentStatus,
        cause: Cause,
        speaker: &mut Speaker<'_>,
        change: impl FnOnce(&mut IncidentEvent),
    ) {
        let from = self.is_published().then_some(self.event.status);
        if from == Some(to) {
            self.revise(speaker, change);
            return;
        }
        if !incident_may_move(from, to) {
            speaker.refuse_move();
            self.revise(speaker, change);
            return;
        }
        self.note(speaker, cause, Moved::Incident { from, to });
        change(&mut self.event);
        self.event.status = to;
        self.event.revision += 1;
        self.event.time = speaker.now;
        speaker.say(Payload::Incident(Box::new(self.event.clone())));
    }

    /// Publishes a new action.
    pub fn open_action(&mut self, action: RecoveryAction, speaker: &mut Speaker<'_>) {
        let index = position(self.actions.len());
        self.note(speaker, Cause::Planned, Moved::Action { index, from: None, to: action.state });
        speaker.say(Payload::Action(Box::new(action.clone())));
        self.actions.push(action);
    }

    /// Moves one action, with what else changes by it. Returns whether it could.
    pub fn move_action(
        &mut self,
        index: usize,
        to: ActionState,
        cause: Cause,
        speaker: &mut Speaker<'_>,
        change: impl FnOnce(&mut RecoveryAction),
    ) -> bool {
        let Some(action) = self.actions.get_mut(index) else { return false };
        let from = action.state;
        if !action_may_move(Some(from), to) {
            speaker.refuse_move();
            return false;
        }
        change(action);
        action.state = to;
        action.revision += 1;
        action.time = speaker.now;
        action.action_type = match to {
            ActionState::Open | ActionState::Accepted => ActionType::Updated,
            ActionState::Retracted => ActionType::Retracted,
            _ => ActionType::Closed,
        };
        speaker.say(Payload::Action(Box::new(action.clone())));
        self.note(speaker, cause, Moved::Action { index: position(index), from: Some(from), to });
        true
    }

    /// Ends every open action that is meant.
    pub fn close_actions(
        &mut self,
        is_meant: impl Fn(&RecoveryAction) -> bool,
        to: ActionState,
        cause: Cause,
        speaker: &mut Speaker<'_>,
    ) {
        for index in 0..self.actions.len() {
            if self.actions[index].state.is_open() && is_meant(&self.actions[index]) {
                self.move_action(index, to, cause, speaker, |_| {});
            }
        }
    }

    /// Publishes a new follow-up.
    pub fn open_follow_up(&mut self, follow_up: FollowUp, speaker: &mut Speaker<'_>) {
        let index = position(self.follow_ups.len());
        let to = (follow_up.follow_up_type, follow_up.state);
        self.note(speaker, Cause::AllEnded, Moved::FollowUp { index, from: None, to });
        speaker.say(Payload::FollowUp(Box::new(follow_up.clone())));
        self.follow_ups.push(follow_up);
    }

    /// Moves one follow-up. Returns whether it could.
    pub fn move_follow_up(
        &mut self,
        index: usize,
        to: (FollowUpType, ActionState),
        cause: Cause,
        speaker: &mut Speaker<'_>,
    ) -> bool {
        let Some(follow_up) = self.follow_ups.get_mut(index) else { return false };
        let from = (follow_up.follow_up_type, follow_up.state);
        if !follow_up_may_move(Some(from), to) {
            speaker.refuse_move();
            return false;
        }
        (follow_up.follow_up_type, follow_up.state) = to;
        follow_up.revision += 1;
        follow_up.time = speaker.now;
        speaker.say(Payload::FollowUp(Box::new(follow_up.clone())));
        self.note(speaker, cause, Moved::FollowUp { index: position(index), from: Some(from), to });
        true
    }

    fn note(&mut self, speaker: &Speaker<'_>, cause: Cause, moved: Moved) {
        self.ledger.note(Move { at: speaker.now, cause, moved });
    }
}

impl Speaker<'_> {
    fn refuse_move(&mut self) {
        debug_assert!(false, "a move that its life cycle does not know");
        self.observations.push(Observation::IllegalMove);
    }
}

fn position(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
