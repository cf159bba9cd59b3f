//! Is it *still* all right? Follow-ups are scheduled when the last action has ended, come due, and are answered or not.

use super::incident::Speaker;
use super::join::is_history;
use super::{Guest, Incident, Scene};
use crate::events::{
    ActionKind, ActionState, Authority, Band, FollowUp, FollowUpResult, FollowUpType, Gesture, IncidentEvent,
    IncidentStatus, Millis, OutcomeEvent, OutcomeStatus, Remedy, Timestamp, ids,
};
use crate::policy::{AskAgain, Reporting};
use crate::recovery::decision::{Case, words};
use crate::recovery::life_cycle::Cause;

/// After this many questions nobody asks again. A second attempt at one is no second question.
const MAX_QUESTIONS: usize = 2;

impl Guest {
    /// Closes the incident or schedules its follow-up, once nothing is open any more.
    pub(super) fn conclude(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        incident.follow_approval(scene);
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
        let asked = incident.questions();
        let is_unasked = asked <= incident.failed_again as usize;
        let may_ask = is_unasked && asked < MAX_QUESTIONS;
        let cause = if incident.actions.is_empty() { Cause::NothingToDo } else { Cause::AllEnded };
        let is_declined = self.declared().is_some_and(|profile| profile.contact_declined);
        match incident.ask_again {
            Some(when) if may_ask && !is_declined => {
                incident.go(IncidentStatus::Recovered, cause, &mut scene.speaker(), |_| {});
                self.schedule(incident, when, scene);
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
        if incident.questions() >= MAX_QUESTIONS {
            self.reopen(incident, case, IncidentStatus::Escalated, Cause::AskedEnough, scene);
            return;
        }
        incident.go(IncidentStatus::Recovered, Cause::GuestComplained, &mut scene.speaker(), |_| {});
        self.schedule_case(incident, case, AskAgain::After(Millis::ZERO), None, scene);
    }

    fn schedule(&self, incident: &mut Incident, when: AskAgain, scene: &mut Scene<'_, '_>) {
        self.on_its_case(incident, scene, |incident, case, scene| {
            self.schedule_case(incident, case, when, None, scene);
        });
    }

    /// Nobody was reached: somebody tries once more. Returns whether they do. An unknown party that may have left is
    /// nowhere to be found, and where nobody ever reports, silence of staff says nothing about the guest.
    fn try_again(&self, incident: &mut Incident, cause: Cause, scene: &mut Scene<'_, '_>) -> bool {
        let policy = scene.context.policy;
        let Some(when) = policy.follow_up.again_after else { return false };
        let reporting = policy.touchpoint(incident.event.touchpoint.as_deref()).reporting;
        let is_silent_place = cause == Cause::Unanswered && reporting == Reporting::Never;
        let is_declined = self.declared().is_some_and(|profile| profile.contact_declined);
        let can_be_found = incident.event.customer_id.is_some() || self.leaves_at(incident, scene).is_some();
        if is_silent_place || is_declined || !can_be_found || !incident.may_be_tried_again() {
            return false;
        }
        let authority = incident.follow_ups.last().map(|first| first.authority);
        if incident.event.status == IncidentStatus::FollowUpDue {
            incident.go(IncidentStatus::Recovered, cause, &mut scene.speaker(), |_| {});
        }
        self.on_its_case(incident, scene, |incident, case, scene| {
            self.schedule_case(incident, case, when, authority, scene);
        });
        true
    }

    /// `again_by`: who asked in vain; the second attempt at the same question is theirs.
    fn schedule_case(
        &self,
        incident: &mut Incident,
        case: &Case<'_>,
        when: AskAgain,
        again_by: Option<Authority>,
        scene: &mut Scene<'_, '_>,
    ) {
        let policy = &case.policy.follow_up;
        let now = scene.context.now;
        let (due_at, is_handed_over) = due(case, when, now);
        let (ask, say_language, background) = self.follow_up_words(incident, case);
        let event = &incident.event;
        let attempt = i64::try_from(incident.follow_ups.len()).unwrap_or(i64::MAX - 1) + 1;
        let id = ids::action(&event.id, "follow_up", u32::try_from(attempt).unwrap_or(1));
        let is_second_question = incident.questions() > 0;
        let authority = if is_second_question { policy.authority.raised() } else { policy.authority };
        let authority = again_by.unwrap_or(authority);
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
        if let Some(index) = named.map(|index| incident.last_attempt(index)).or_else(waiting) {
            let mut speaker = scene.speaker();
            let follow_up = &incident.follow_ups[index];
            let (kind, state) = (follow_up.follow_up_type, follow_up.state);
            if outcome.status == OutcomeStatus::Accepted && !says_something {
                if state == ActionState::Open {
                    incident.move_follow_up(index, (kind, ActionState::Accepted), Cause::StaffAccepted, &mut speaker);
                }
                return;
            }
            let is_late = is_unreached(follow_up) && says_something && result != FollowUpResult::NoAnswer;
            if !state.is_open() && !is_late {
                return; // answered before, or no question any more
            }
            let ended = match result {
                FollowUpResult::NoAnswer => ActionState::NotPossible,
                _ => ActionState::Done,
            };
            incident.move_follow_up(index, (FollowUpType::Closed, ended), cause, &mut speaker);
            if result == FollowUpResult::NoAnswer && self.try_again(incident, cause, scene) {
                return;
            }
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
        let is_last = incident.questions() >= MAX_QUESTIONS;
        let status = if is_last { IncidentStatus::Escalated } else { IncidentStatus::Reopened };
        self.on_its_case(incident, scene, |incident, case, scene| {
            self.reopen(incident, case, status, Cause::GuestUnsatisfied, scene);
        });
    }

    /// A scheduled follow-up comes due; one that nobody answered in time is closed as such, and asked once more.
    pub(super) fn fire_follow_ups(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        let context = scene.context;
        let mut has_expired = false;
        let mut is_due = false;
        let mut speaker = scene.speaker();
        for index in 0..incident.follow_ups.len() {
            let follow_up = &incident.follow_ups[index];
            let (state, due_at, expires_at) = (follow_up.state, follow_up.due_at, follow_up.expires_at);
            if !state.is_open() {
                continue;
            }
            if context.has_passed(expires_at) {
                has_expired = true;
                let ended = (FollowUpType::Closed, ActionState::Expired);
                incident.move_follow_up(index, ended, Cause::Unanswered, &mut speaker);
            } else if follow_up.follow_up_type == FollowUpType::Scheduled && context.has_passed(due_at) {
                is_due = true;
                incident.move_follow_up(index, (FollowUpType::Due, state), Cause::Due, &mut speaker);
            }
        }
        let note = |event: &mut IncidentEvent| event.band = Some(Band::NoAnswer);
        if has_expired {
            if self.try_again(incident, Cause::Unanswered, scene) {
                return;
            }
            let mut speaker = scene.speaker();
            match incident.has_open_actions() {
                true => incident.revise(&mut speaker, note),
                false => incident.go(IncidentStatus::Closed, Cause::Unanswered, &mut speaker, note),
            }
        } else if is_due && incident.event.status == IncidentStatus::Recovered {
            incident.go(IncidentStatus::FollowUpDue, Cause::Due, &mut speaker, |_| {});
        }
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

/// Nobody asked in time, or the guest could not be reached.
fn is_unreached(follow_up: &FollowUp) -> bool {
    matches!(follow_up.state, ActionState::Expired | ActionState::NotPossible)
}

/// The second is another attempt at the first: by the same authority. A new question goes one level up.
fn is_repeated(first: &FollowUp, second: &FollowUp) -> bool {
    is_unreached(first) && first.authority == second.authority
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

    /// How many questions were asked: a second attempt at one counts with the first.
    fn questions(&self) -> usize {
        let repeats = self.follow_ups.windows(2).filter(|two| is_repeated(&two[0], &two[1])).count();
        self.follow_ups.len() - repeats
    }

    /// The guest was not reached with the newest question, and nobody has tried twice.
    fn may_be_tried_again(&self) -> bool {
        let is_open = self.follow_ups.iter().any(|follow_up| follow_up.state.is_open());
        match self.follow_ups.as_slice() {
            [.., before, last] => is_unreached(last) && !is_repeated(before, last) && !is_open,
            [only] => is_unreached(only),
            [] => false,
        }
    }

    /// Of the question that was asked with the follow-up at `index`.
    fn last_attempt(&self, index: usize) -> usize {
        match &self.follow_ups[index..] {
            [first, second, ..] if is_repeated(first, second) => index + 1,
            _ => index,
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
