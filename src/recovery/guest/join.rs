//! New facts about an incident that was decided.
//!
//! Severity only rises, the plan only grows: what was accepted or done stays, what is open is brought up to date, the
//! difference is added. What comes after all was done is a second failure, and a complaint that adds nothing becomes
//! the question whether it was enough.

use super::approval::awaits_approval;
use super::incident::Heard;
use super::reconsider::Picture;
use super::{Guest, Incident, Scene};
use crate::events::{
    ActionKind, ActionState, ActionType, FailureKind, IncidentStatus, RecoveryAction, Severity, Shortfall, Timestamp,
};
use crate::policy::Rule;
use crate::recovery::decision::{Case, remedy, words};
use crate::recovery::life_cycle::Cause;

impl Guest {
    /// `before`: what had been heard from the guest until now.
    pub(super) fn join(
        &self,
        incident: &mut Incident,
        shortfalls: Vec<Shortfall>,
        picture: &Picture,
        before: Heard,
        scene: &mut Scene<'_, '_>,
    ) {
        self.on_case(incident, &shortfalls, scene, |incident, case, scene| {
            self.join_case(incident, case, &shortfalls, picture, before, scene);
        });
    }

    fn join_case(
        &self,
        incident: &mut Incident,
        case: &Case<'_>,
        shortfalls: &[Shortfall],
        picture: &Picture,
        before: Heard,
        scene: &mut Scene<'_, '_>,
    ) {
        let known = proven_ids(&incident.event.shortfalls);
        let is_new = proven_ids(shortfalls).iter().any(|id| !known.contains(id));
        let is_confirmed = known.is_empty() && is_new && incident.may_be_decided();
        let is_old = is_history(case, incident.news_at, scene);

        if incident.event.history && !is_old || is_confirmed && !incident.event.history {
            incident.event.shortfalls = shortfalls.to_vec();
            incident.event.complained_at = picture.complained_at;
            incident.acknowledged_at = incident.acknowledged_at.or(picture.apologised_at);
            self.decide(incident, scene);
            return;
        }
        let raised = case.severity().max(incident.event.severity);
        // the wait went on, or ended at last: what was dealt with is not what it has become
        let has_come_late = has_come_late(&incident.event.shortfalls, shortfalls);
        let is_worse = raised > incident.event.severity || has_come_late;
        incident.revise(&mut scene.speaker(), |event| {
            event.shortfalls = shortfalls.to_vec();
            event.complained_at = picture.complained_at;
            event.severity = raised;
        });
        if incident.event.history || is_old || proven_ids(shortfalls).is_empty() {
            return;
        }
        if picture.heard.apologies > before.apologies
            && let Some(at) = picture.heard.apologised_last
        {
            incident.close_words(Cause::StaffNoticed, &mut scene.speaker());
            self.acknowledge(incident, at, scene);
        }
        let has_complained = picture.heard.complaints > before.complaints;
        if incident.is_finished() && (is_new || has_complained && incident.gave_before(picture.heard.last_at)) {
            let cause = if is_new { Cause::FailedAgain } else { Cause::GuestComplained };
            self.reopen(incident, case, IncidentStatus::Reopened, cause, scene);
            return;
        }
        incident.tell_watch(scene);
        self.refresh(incident, case, scene);
        if !incident.is_over() || is_worse {
            self.plan(incident, case, scene);
            incident.work_again(scene);
        }
        if has_complained && incident.is_finished() {
            self.ask_at_once(incident, case, scene);
        }
        self.conclude(incident, scene);
    }

    /// The same shortfalls, but the order has moved on: a remedy that helps no longer gives way to the next.
    pub(super) fn keep_useful(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        if incident.is_over() || !incident.has_open(ActionKind::Remedy) {
            return;
        }
        self.on_its_case(incident, scene, |incident, case, scene| {
            if incident.actions.iter().any(|action| is_useless(action, case)) {
                self.refresh(incident, case, scene);
                self.plan(incident, case, scene);
                self.conclude(incident, scene);
            }
        });
    }

    /// Brings what is still open up to date with the shortfalls that are known now.
    pub(super) fn refresh(&self, incident: &mut Incident, case: &Case<'_>, scene: &mut Scene<'_, '_>) {
        let location = incident.event.location.clone();
        let (text, language) = (incident.text.clone(), incident.language.clone());
        let severity = incident.event.severity;
        let Some(rule) = case.rule(severity) else { return };
        let guest = self.guest_card(case, incident);
        let (customer_id, visit_id) = (incident.event.customer_id.clone(), incident.event.visit_id.clone());
        let mut speaker = scene.speaker();
        incident.close_actions(
            |action| is_useless(action, case),
            ActionState::Superseded,
            Cause::OfNoUse,
            &mut speaker,
        );
        let mut actions = std::mem::take(&mut incident.actions);
        for action in actions.iter_mut().filter(|action| action.state.is_open()) {
            let renewed = case.renewed(action, rule, severity);
            let gesture = action.gesture.clone();
            let alternatives = action.alternatives.clone();
            let subject = words::Subject {
                remedy: renewed.remedy.as_ref(),
                gesture: gesture.as_ref(),
                or_else: words::or_else(action.kind, &alternatives),
                intent: &renewed.decision.intent,
                text: text.as_deref(),
                location: location.as_deref(),
                language: language.as_deref(),
                approve_by: awaits_approval(action).then_some(action.expires_at),
            };
            let words = words::of_action(case, action.kind, subject);
            speaker.revise_action(action, ActionType::Updated, |action| {
                let before = action.clone();
                action.shortfalls = case.shortfalls.to_vec();
                action.severity = severity;
                action.guest = guest.clone();
                action.customer_id.clone_from(&customer_id);
                action.visit_id.clone_from(&visit_id);
                action.location.clone_from(&location);
                action.say = words.say;
                action.say_language = words.say_language;
                action.instruction = words.instruction;
                action.why = words.why;
                action.remedy = renewed.remedy;
                action.allowed = renewed.allowed;
                action.assignee = renewed.assignee;
                if *action != before {
                    action.decision = renewed.decision; // nobody reads it for its own sake
                }
            });
        }
        incident.actions = actions;
    }

    /// Everything that is open says who its guest is and where, in the guest's language.
    pub(super) fn introduce_to_staff(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        self.on_its_case(incident, scene, |incident, case, scene| {
            self.refresh(incident, case, scene);
            let guest = self.guest_card(case, incident);
            let (customer_id, visit_id) = (incident.event.customer_id.clone(), incident.event.visit_id.clone());
            let location = incident.event.location.clone();
            let mut speaker = scene.speaker();
            for follow_up in incident.follow_ups.iter_mut().filter(|follow_up| follow_up.state.is_open()) {
                speaker.revise_follow_up(follow_up, |follow_up| {
                    follow_up.guest = guest.clone();
                    follow_up.customer_id.clone_from(&customer_id);
                    follow_up.visit_id.clone_from(&visit_id);
                    follow_up.location.clone_from(&location);
                });
            }
        });
    }

    /// The recovery itself failed: one authority level up, apology and redress together, and a person where the rule
    /// wants one.
    pub(super) fn reopen(
        &self,
        incident: &mut Incident,
        case: &Case<'_>,
        status: IncidentStatus,
        cause: Cause,
        scene: &mut Scene<'_, '_>,
    ) {
        let Some(rule) = case.rule(incident.event.severity) else { return };
        incident.rule = Some(rule.name.clone());
        incident.ask_again = incident.ask_again.or(case.policy.asks_again(rule));
        incident.cancel_follow_ups(cause, &mut scene.speaker());
        incident.failed_again += 1;
        incident.go(status, cause, &mut scene.speaker(), |event| event.history = false);
        let is_orphan = case.facts.is_unknown();
        let kind = if is_orphan { ActionKind::HumanContact } else { ActionKind::Apology };
        let before = incident.actions.iter().map(|action| action.authority).max().unwrap_or(rule.then.authority);
        let mut draft = self.draft(kind, case, rule, scene);
        draft.authority = before.raised();
        draft.authority_before = Some(before);
        draft.remedy = remedy::of_second_failure(&case.facts, rule);
        self.propose(incident, case, draft, scene);
        if rule.then.human_contact && !is_orphan && !incident.has_open(ActionKind::HumanContact) {
            let draft = self.draft(ActionKind::HumanContact, case, rule, scene);
            self.propose(incident, case, draft, scene);
        }
    }
}

impl Incident {
    /// Nothing was decided about it, or all that was is over: not so where staff were at work on what has gone since.
    fn may_be_decided(&self) -> bool {
        use IncidentStatus as S;
        matches!(self.event.status, S::Suspected | S::Retracted | S::Merged | S::Expired | S::Closed)
    }

    /// Everything that was proposed has ended, and nothing is on its way.
    pub(super) fn is_finished(&self) -> bool {
        let is_on_its_way = self.gesture.is_on_its_way();
        self.is_over() || !(self.has_open_actions() || is_on_its_way)
    }

    /// There is something to do again, while the question was waiting or when all was over; or it takes somebody with
    /// the power to act.
    fn work_again(&mut self, scene: &mut Scene<'_, '_>) {
        use IncidentStatus as S;
        let is_critical = self.event.severity == Severity::Critical && self.has_open(ActionKind::HumanContact);
        let was_settled = matches!(self.event.status, S::Recovered | S::FollowUpDue | S::Closed | S::Expired);
        if is_critical {
            self.go(S::Escalated, Cause::Worse, &mut scene.speaker(), |_| {});
        } else if was_settled && (self.has_open_actions() || self.gesture.is_on_its_way()) {
            self.go(S::ActionProposed, Cause::Worse, &mut scene.speaker(), |_| {});
        }
    }

    /// The guest had a gesture in hand before that moment.
    fn gave_before(&self, moment: Option<Timestamp>) -> bool {
        let is_given = |state| matches!(state, ActionState::Done | ActionState::Substituted);
        self.actions.iter().any(|action| action.kind.is_gift() && is_given(action.state) && Some(action.time) < moment)
    }

    pub(super) fn has_open(&self, kind: ActionKind) -> bool {
        self.actions.iter().any(|action| action.kind == kind && action.state.is_open())
    }
}

/// A remedy that nobody has taken up, and that helps no longer; or word of when it comes or why, and it has come.
fn is_useless(action: &RecoveryAction, case: &Case<'_>) -> bool {
    let explains = |rule: &Rule| rule.then.explanation;
    let is_old_news = match action.kind {
        ActionKind::StatusUpdate => !case.facts.eta_known,
        ActionKind::Explanation => !case.facts.still_waiting && !case.rule(action.severity).is_some_and(explains),
        _ => false,
    };
    if is_old_news && action.state == ActionState::Open {
        return true;
    }
    action.state == ActionState::Open
        && action.remedy.as_ref().is_some_and(|remedy| !remedy::helps(&case.facts, remedy.kind))
        && action.kind == ActionKind::Remedy
}

/// What nobody had heard of has arrived.
fn has_come_late(before: &[Shortfall], now: &[Shortfall]) -> bool {
    let is_late = |shortfall: &&Shortfall| shortfall.kind == FailureKind::DeliveryLate;
    let was_away = |id: &str| before.iter().any(|known| known.id == id && known.kind == FailureKind::NeverConfirmed);
    now.iter().filter(is_late).any(|late| was_away(&late.id))
}

/// News that is too old to send anybody for.
pub(super) fn is_history(case: &Case<'_>, news_at: Timestamp, scene: &Scene<'_, '_>) -> bool {
    case.touchpoint.max_action_age.is_some_and(|most| scene.context.now - news_at > most)
}

/// The shortfalls that are more than a suspicion.
fn proven_ids(shortfalls: &[Shortfall]) -> Vec<String> {
    shortfalls.iter().filter(|shortfall| !shortfall.suspected).map(|shortfall| shortfall.id.clone()).collect()
}
