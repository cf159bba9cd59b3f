//! Is it *still* all right? Follow-ups are scheduled when the last action has ended, come due, and are answered or not.

use super::incident::Speaker;
use super::join::is_history;
use super::{Guest, Incident, Scene};
use crate::events::{
    ActionKind, ActionState, Band, FollowUp, FollowUpResult, FollowUpType, Gesture, IncidentEvent, IncidentStatus,
    Millis, OutcomeEvent, OutcomeStatus, Remedy, Timestamp, ids,
};
use crate::policy::{AskAgain, Reporting};
use crate::recovery::decision::{Case, words};
use crate::recovery::life_cycle::Cause;

/// After this many attempts nobody asks again.
const MAX_ATTEMPTS: i64 = 2;

impl Guest {
    /// Closes the incident or schedules its follow-up, once nothing is open any more.
    pub(super) fn conclude(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        let is_waiting = incident.gesture.is_on_its_way();
        let is_asked = incident.follow_ups.iter().any(|follow_up| follow_up.state.is_open());
        let is_settled = incident.is_over() || incident.undecided_since.is_some() || incident.event.history;
        let is_only_suspected = incident.event.status == IncidentStatus::Suspected;
        if is_settled || is_waiting || incident.has_open_actions() {
            return;
        }
        if is_asked {
            incident.wait_for_the_answer(scene);
            return;
        }
        if is_only_suspected {
            // nobody has looked while it mattered; while the clock is held, nobody was asked to
            if incident.latest(ActionKind::Check).is_some() {
                incident.go(IncidentStatus::Expired, Cause::Unanswered, &mut scene.speaker(), |_| {});
            }
            return;
        }
        let asked = i64::try_from(incident.follow_ups.len()).unwrap_or(MAX_ATTEMPTS);
        let is_unasked = asked <= i64::from(incident.failed_again);
        let may_ask = is_unasked && asked < MAX_ATTEMPTS;
        let cause = if incident.actions.is_empty() { Cause::NothingToDo } else { Cause::AllEnded };
        let is_declined = self.declared().is_some_and(|profile| profile.contact_declined);
        match incident.ask_again {
            Some(when) if may_ask && !is_declined => {
                incident.go(IncidentStatus::Recovered, cause, &mut scene.speaker(), |_| {});
                self.schedule(incident, when, asked + 1, scene);
            }
            _ => incident.go(IncidentStatus::Closed, cause, &mut scene.speaker(), |_| {}),
        }
    }

    /// A complaint about what we have dealt with: somebody asks now whether it was enough.
    pub(super) fn ask_at_once(&self, incident: &mut Incident, case: &Case<'_>, scene: &mut Scene<'_, '_>) {
        let now = scene.context.now;
        let (ask, _, background) = self.follow_up_words(incident, case);
        if let Some(position) = incident.follow_ups.iter().position(|follow_up| follow_up.state.is_open()) {
            scene.speaker().revise_follow_up(&mut incident.follow_ups[position], |follow_up| {
                follow_up.due_at = follow_up.due_at.min(now);
                follow_up.ask = ask;
                follow_up.background = background;
            });
            return;
        }
        let asked = i64::try_from(incident.follow_ups.len()).unwrap_or(MAX_ATTEMPTS);
        if asked >= MAX_ATTEMPTS {
            self.reopen(incident, case, IncidentStatus::Escalated, Cause::AskedEnough, scene);
            return;
        }
        incident.go(IncidentStatus::Recovered, Cause::GuestComplained, &mut scene.speaker(), |_| {});
        self.schedule_case(incident, case, AskAgain::After(Millis::ZERO), asked + 1, scene);
    }

    fn schedule(&self, incident: &mut Incident, when: AskAgain, attempt: i64, scene: &mut Scene<'_, '_>) {
        self.on_its_case(incident, scene, |incident, case, scene| {
            self.schedule_case(incident, case, when, attempt, scene);
        });
    }

    fn schedule_case(
        &self,
        incident: &mut Incident,
        case: &Case<'_>,
        when: AskAgain,
        attempt: i64,
        scene: &mut Scene<'_, '_>,
    ) {
        let policy = &case.policy.follow_up;
        let now = scene.context.now;
        let (due_at, is_handed_over) = due(case, when, now);
        let (ask, say_language, background) = self.follow_up_words(incident, case);
        let event = &incident.event;
        let id = ids::action(&event.id, "follow_up", u32::try_from(attempt).unwrap_or(1));
        let authority = if attempt > 1 { policy.authority.raised() } else { policy.authority };
        let follow_up = FollowUp {
            reply_to: ids::reply_to(scene.key.as_str(), &id),
            id,
            revision: 1,
            time: now,
            follow_up_type: FollowUpType::Scheduled,
            state: ActionState::Open,
            incident_id: event.id.clone(),
            customer_id: event.customer_id.clone(),
            visit_id: event.visit_id.clone(),
            order_id: event.order_id.clone(),
            site_id: case.site_id.to_owned(),
            location: event.location.clone(),
            touchpoint: event.touchpoint.clone(),
            guest: self.guest_card(case, incident),
            // who has left is asked by whoever writes and calls
            assignee: if is_handed_over { &case.site.desk } else { case.site.role(authority) }.to_owned(),
            authority,
            due_at,
            expires_at: due_at + policy.expires,
            ask,
            say_language,
            background,
            severity: event.severity,
            attempt,
        };
        incident.open_follow_up(follow_up, &mut scene.speaker());
    }

    /// Which question: a complaint after the recovery asks whether it was enough, silence of staff whether it came.
    fn follow_up_words(&self, incident: &Incident, case: &Case<'_>) -> (String, String, String) {
        let has_unreported_gesture = incident
            .actions
            .iter()
            .any(|action| action.kind == ActionKind::Gesture && action.state == ActionState::Unreported);
        let came_after = incident.event.complained_at.is_some_and(|at| at > incident.event.detected_at);
        let ask_key = if has_unreported_gesture && case.touchpoint.reporting != Reporting::Always {
            "follow_up.ask_received"
        } else if came_after {
            "question.enough"
        } else {
            "follow_up.ask"
        };
        let ended = |state: ActionState| matches!(state, ActionState::Done | ActionState::Unreported);
        let done: Vec<_> = incident.actions.iter().filter(|action| ended(action.state)).collect();
        let gestures: Vec<&Gesture> = done.iter().filter_map(|action| action.gesture.as_ref()).collect();
        let remedies: Vec<&Remedy> = done.iter().filter_map(|action| action.remedy.as_ref()).collect();
        let done = words::Done { gestures, remedies };
        words::follow_up(case, ask_key, &done, incident.language.as_deref())
    }

    /// `named`: the follow-up that is answered, else the one that waits for an answer. One that was given late counts.
    pub(super) fn answer_follow_up(
        &self,
        incident: &mut Incident,
        named: Option<usize>,
        outcome: &OutcomeEvent,
        scene: &mut Scene<'_, '_>,
    ) {
        let says_something = outcome.result.is_some() || outcome.score.is_some() || outcome.still_ok.is_some();
        let result = outcome.result.unwrap_or(match says_something {
            true => FollowUpResult::Answered,
            false => FollowUpResult::NoAnswer,
        });
        let cause = match result {
            FollowUpResult::NoAnswer => Cause::GuestNotReached,
            FollowUpResult::DeclinedContact => Cause::GuestDeclined,
            _ => Cause::GuestAnswered,
        };
        let waiting = || incident.follow_ups.iter().rposition(|follow_up| follow_up.state.is_open());
        if let Some(index) = named.or_else(waiting) {
            let mut speaker = scene.speaker();
            let follow_up = &incident.follow_ups[index];
            let (kind, state) = (follow_up.follow_up_type, follow_up.state);
            if outcome.status == OutcomeStatus::Accepted && !says_something {
                if state == ActionState::Open {
                    incident.move_follow_up(index, (kind, ActionState::Accepted), Cause::StaffAccepted, &mut speaker);
                }
                return;
            }
            let is_late = state == ActionState::Expired && says_something;
            if !state.is_open() && !is_late {
                return; // answered before, or no question any more
            }
            incident.move_follow_up(index, (FollowUpType::Closed, ActionState::Done), cause, &mut speaker);
        }
        if incident.is_retracted() || (incident.event.history && self.is_old_answer(incident, outcome, scene)) {
            return;
        }
        let mut band = outcome.score.map(Band::of_score);
        if outcome.still_ok == Some(false) {
            band = Some(Band::Unsatisfied);
        }
        match result {
            FollowUpResult::NoAnswer => band = Some(Band::NoAnswer),
            FollowUpResult::GestureNotReceived => band = band.or(Some(Band::Unsatisfied)),
            FollowUpResult::Answered | FollowUpResult::DeclinedContact | FollowUpResult::NoLongerRelevant => {}
        }
        let is_unsatisfied = band == Some(Band::Unsatisfied);
        let has_open = incident.has_open_actions();
        let note = |event: &mut IncidentEvent| {
            event.score = outcome.score.or(event.score);
            event.band = band;
        };
        if !is_unsatisfied && !has_open {
            incident.go(IncidentStatus::Closed, cause, &mut scene.speaker(), note);
        } else {
            incident.revise(&mut scene.speaker(), note);
        }
        if !is_unsatisfied || !incident.is_finished() {
            return; // what is still to be done comes first, and is asked about afterwards
        }
        let is_last = incident.follow_ups.len() >= usize::try_from(MAX_ATTEMPTS).unwrap_or(2);
        let status = if is_last { IncidentStatus::Escalated } else { IncidentStatus::Reopened };
        self.on_its_case(incident, scene, |incident, case, scene| {
            self.reopen(incident, case, status, Cause::GuestUnsatisfied, scene);
        });
    }

    fn is_old_answer(&self, incident: &mut Incident, outcome: &OutcomeEvent, scene: &mut Scene<'_, '_>) -> bool {
        self.on_its_case(incident, scene, |_, case, scene| is_history(case, outcome.time, scene))
    }
}

/// When it is asked: in opening hours, and before the guest leaves. Where that cannot be, and when the guest has left,
/// in its own time and by the desk.
fn due(case: &Case<'_>, when: AskAgain, now: Timestamp) -> (Timestamp, bool) {
    let (hours, zone) = (&case.site.hours, &case.site.time_zone);
    let wished = hours.next_open(zone, when.from(zone, now));
    let Some(leaves_at) = case.order.and_then(|order| order.visit_ends_at) else { return (wished, false) };
    let latest = leaves_at - case.policy.follow_up.before_visit_ends;
    if wished <= latest {
        return (wished, false);
    }
    let is_open_now = hours.next_open(zone, now) == now;
    let still_there = (now < leaves_at && is_open_now).then_some(now);
    match hours.last_open(zone, now, latest).or(still_there) {
        Some(moment) => (moment, false),
        None => (wished, true),
    }
}

impl Incident {
    /// What was added while the question was open has ended: only the question is left.
    fn wait_for_the_answer(&mut self, scene: &mut Scene<'_, '_>) {
        let is_due = |follow_up: &FollowUp| follow_up.follow_up_type == FollowUpType::Due && follow_up.state.is_open();
        let status = match self.follow_ups.iter().any(is_due) {
            true => IncidentStatus::FollowUpDue,
            false => IncidentStatus::Recovered,
        };
        self.go(status, Cause::AllEnded, &mut scene.speaker(), |_| {});
    }

    /// The question makes no sense any more.
    pub(super) fn cancel_follow_ups(&mut self, cause: Cause, speaker: &mut Speaker<'_>) {
        for index in 0..self.follow_ups.len() {
            if self.follow_ups[index].state.is_open() {
                self.move_follow_up(index, (FollowUpType::Cancelled, ActionState::Retracted), cause, speaker);
            }
        }
    }

    /// A scheduled follow-up comes due; one that nobody answered in time is closed as such.
    pub(super) fn fire_follow_ups(&mut self, scene: &mut Scene<'_, '_>) {
        let mut has_expired = false;
        let mut is_due = false;
        let context = scene.context;
        let mut speaker = scene.speaker();
        for index in 0..self.follow_ups.len() {
            let follow_up = &self.follow_ups[index];
            let (state, due_at, expires_at) = (follow_up.state, follow_up.due_at, follow_up.expires_at);
            if !state.is_open() {
                continue;
            }
            if context.has_passed(expires_at) {
                has_expired = true;
                self.move_follow_up(
                    index,
                    (FollowUpType::Closed, ActionState::Expired),
                    Cause::Unanswered,
                    &mut speaker,
                );
            } else if follow_up.follow_up_type == FollowUpType::Scheduled && context.has_passed(due_at) {
                is_due = true;
                self.move_follow_up(index, (FollowUpType::Due, state), Cause::Due, &mut speaker);
            }
        }
        let note = |event: &mut IncidentEvent| event.band = Some(Band::NoAnswer);
        if has_expired && self.has_open_actions() {
            self.revise(&mut speaker, note);
        } else if has_expired {
            self.go(IncidentStatus::Closed, Cause::Unanswered, &mut speaker, note);
        } else if is_due && self.event.status == IncidentStatus::Recovered {
            self.go(IncidentStatus::FollowUpDue, Cause::Due, &mut speaker, |_| {});
        }
    }

    /// When the next follow-up comes due or expires.
    pub(super) fn follow_up_deadline(&self) -> Option<Timestamp> {
        self.follow_ups
            .iter()
            .filter(|follow_up| follow_up.state.is_open())
            .map(|follow_up| match follow_up.follow_up_type {
                FollowUpType::Scheduled => follow_up.due_at,
                _ => follow_up.expires_at,
            })
            .min()
    }
}
