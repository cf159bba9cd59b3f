//! Incidents -> actions: what is decided, and what staff are asked to do.
//!
//! Every step is "make sure that": an apology, a person, a remedy, a gesture. What was accepted or done stays, what is
//! still open is brought up to date, only the difference is added.

use super::incident::{GestureProgress, Subject};
use super::join::is_history;
use super::{Guest, Incident, Scene};
use crate::events::{
    ActionKind, ActionState, ActionType, Authority, Decision, IncidentStatus, InitiatedBy, RecoveryAction, Remedy,
    RemedyKind, Severity, ShortfallSource, Timestamp, ids,
};
use crate::policy::{Rule, Tracking};
use crate::recovery::Observation;
use crate::recovery::decision::circumstances::Circumstances;
use crate::recovery::decision::measures::{self, Measures};
use crate::recovery::decision::{Case, remedy, words};
use crate::recovery::detection::OrderView;
use crate::recovery::life_cycle::Cause;

/// What a new action is made of, beside the case and the incident.
pub(super) struct Draft<'a> {
    /// Chosen before, or `None`: the next of its kind.
    pub id: Option<String>,
    pub kind: ActionKind,
    pub authority: Authority,
    pub due_at: Timestamp,
    /// `None`: as long after `due_at` as the touchpoint says.
    pub expires_at: Option<Timestamp>,
    pub after: Option<String>,
    pub supersedes: Option<String>,
    pub remedy: Option<Remedy>,
    pub decision: Decision,
    pub intent: &'a str,
    /// Whose authority was not enough.
    pub authority_before: Option<Authority>,
}

impl Guest {
    /// Decides an incident for the first time, or anew after it was taken back.
    pub(super) fn decide(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        incident.undecided_since = None;
        self.on_its_case(incident, scene, |incident, case, scene| self.decide_case(incident, case, scene));
    }

    fn decide_case(&self, incident: &mut Incident, case: &Case<'_>, scene: &mut Scene<'_, '_>) {
        let severity = case.severity().max(incident.event.severity);
        let cause = cause(incident, case);
        if is_history(case, incident.news_at, scene) {
            scene.observe(Observation::History);
            incident.go(IncidentStatus::Closed, Cause::TooOld, &mut scene.speaker(), |event| {
                event.history = true;
                event.severity = severity;
            });
            return;
        }
        if case.shortfalls.iter().all(|shortfall| shortfall.suspected) {
            incident.go(IncidentStatus::Suspected, cause, &mut scene.speaker(), |event| {
                event.history = false;
                event.severity = severity;
            });
            self.ensure_check(incident, case, scene);
            return;
        }
        let status = self.first_status(incident, case, severity);
        incident.go(status, cause, &mut scene.speaker(), |event| {
            event.history = false;
            event.severity = severity;
            event.currency = Some(case.currency.to_owned());
        });
        incident.tell_watch(scene);
        self.honour_amends(incident, scene);
        self.plan(incident, case, scene);
        self.conclude(incident, scene);
    }

    /// Where an incident stands when it has been decided: with a person, acknowledged, proposed, or only known.
    fn first_status(&self, incident: &Incident, case: &Case<'_>, severity: Severity) -> IncidentStatus {
        let Some(rule) = case.rule(severity) else { return IncidentStatus::Confirmed };
        let then = &rule.then;
        let asks_for_something = then.apology
            || then.human_contact
            || then.explanation
            || !then.remedy.is_empty()
            || !then.gesture.is_empty()
            || case.facts.is_unknown();
        if severity == Severity::Critical && then.human_contact {
            IncidentStatus::Escalated
        } else if incident.is_acknowledged() {
            IncidentStatus::Acknowledged
        } else if asks_for_something {
            IncidentStatus::ActionProposed
        } else {
            IncidentStatus::Confirmed
        }
    }

    /// Makes sure of everything that the rule asks for.
    pub(super) fn plan(&self, incident: &mut Incident, case: &Case<'_>, scene: &mut Scene<'_, '_>) {
        let severity = incident.event.severity;
        let Some(rule) = case.rule(severity) else { return };
        incident.rule = Some(rule.name.clone());
        incident.ask_again = case.policy.asks_again(rule);
        if incident.event.currency.is_none() {
            incident.event.currency = Some(case.currency.to_owned());
        }
        let remedy = remedy::choose(&case.facts, &rule.then.remedy, rule.then.refund_percent);
        let wanted = Measures::of(rule, &case.facts, remedy.as_ref());
        if wanted.apology {
            self.ensure_apology(incident, case, rule, scene);
        }
        if wanted.person {
            self.ensure_person(incident, case, rule, scene);
        }
        if wanted.explanation && !incident.stands(ActionKind::Explanation) {
            let mut draft = self.draft(ActionKind::Explanation, case, rule, scene);
            draft.after = incident.first_word();
            self.propose(incident, case, draft, scene);
        }
        if let Some(remedy) = remedy {
            self.ensure_remedy(incident, case, rule, remedy, scene);
        }
        if wanted.gesture {
            self.ensure_gesture(incident, case, rule, scene);
        }
    }

    fn ensure_apology(&self, incident: &mut Incident, case: &Case<'_>, rule: &Rule, scene: &mut Scene<'_, '_>) {
        if incident.is_acknowledged() || incident.stands(ActionKind::Apology) {
            return;
        }
        let kind = measures::word(&case.facts);
        // estimates go up and down: whoever was warned, or nearly, is not warned again
        let is_told = match kind {
            ActionKind::EarlyWarning => incident.actions.iter().any(|action| action.kind == kind),
            _ => incident.stands(kind),
        };
        if is_told {
            return;
        }
        self.supersede(incident, ActionKind::EarlyWarning, scene);
        self.supersede(incident, ActionKind::Check, scene);
        let draft = self.draft(kind, case, rule, scene);
        self.propose(incident, case, draft, scene);
    }

    pub(super) fn ensure_person(
        &self,
        incident: &mut Incident,
        case: &Case<'_>,
        rule: &Rule,
        scene: &mut Scene<'_, '_>,
    ) {
        if incident.stands(ActionKind::HumanContact) {
            return;
        }
        let draft = self.draft(ActionKind::HumanContact, case, rule, scene);
        self.propose(incident, case, draft, scene);
    }

    fn ensure_remedy(
        &self,
        incident: &mut Incident,
        case: &Case<'_>,
        rule: &Rule,
        remedy: Remedy,
        scene: &mut Scene<'_, '_>,
    ) {
        let latest = incident.latest(ActionKind::Remedy);
        let is_enough = |action: &RecoveryAction| {
            let covers = |id: &str| action.shortfalls.iter().any(|known| known.id == id);
            let covers_all = case.shortfalls.iter().all(|shortfall| covers(&shortfall.id));
            let was_in_vain = is_in_vain(action, case);
            action.state != ActionState::Superseded && (action.state.is_open() || covers_all && !was_in_vain)
        };
        if latest.is_some_and(is_enough) {
            return;
        }
        let supersedes = latest.map(|action| action.id.clone());
        let mut draft = self.draft(ActionKind::Remedy, case, rule, scene);
        draft.after = incident.first_word();
        draft.remedy = Some(remedy);
        draft.supersedes = supersedes;
        self.propose(incident, case, draft, scene);
    }

    /// Staff are asked to look, where silence often means nothing, but only once the silence is proven.
    fn ensure_check(&self, incident: &mut Incident, case: &Case<'_>, scene: &mut Scene<'_, '_>) {
        let is_wanted = case.touchpoint.tracking == Tracking::Unreliable && self.is_silence_proven(incident, case);
        if !is_wanted || incident.latest(ActionKind::Check).is_some() {
            return;
        }
        let Some(rule) = case.rule(incident.event.severity) else { return };
        let draft = self.draft(ActionKind::Check, case, rule, scene);
        self.propose(incident, case, draft, scene);
    }

    /// Safe time has passed the promise: a suspicion is more than a clock that is held.
    fn is_silence_proven(&self, incident: &Incident, case: &Case<'_>) -> bool {
        let Subject::Order(order_id) = &incident.subject else { return false };
        let proven_until = self.orders.get(order_id).and_then(|order| order.silence.proven_until);
        let deadline = case.order.and_then(OrderView::promise_deadline);
        proven_until.is_some() && proven_until >= deadline
    }

    /// Closes an open action of a kind that another one takes the place of.
    fn supersede(&self, incident: &mut Incident, kind: ActionKind, scene: &mut Scene<'_, '_>) {
        let is_meant = |action: &RecoveryAction| action.kind == kind;
        incident.close_actions(is_meant, ActionState::Superseded, Cause::Superseded, &mut scene.speaker());
    }

    pub(super) fn draft<'a>(
        &self,
        kind: ActionKind,
        case: &Case<'a>,
        rule: &'a Rule,
        scene: &Scene<'_, '_>,
    ) -> Draft<'a> {
        Draft {
            id: None,
            kind,
            authority: measures::authority(kind, rule),
            due_at: case.site.hours.next_open(&case.site.time_zone, scene.context.now) + case.touchpoint.apology_due,
            expires_at: None,
            after: None,
            supersedes: None,
            remedy: None,
            decision: case.decision(rule),
            authority_before: None,
            intent: rule.intent_in(&case.site.language),
        }
    }

    /// Publishes a new action.
    pub(super) fn propose(
        &self,
        incident: &mut Incident,
        case: &Case<'_>,
        mut draft: Draft<'_>,
        scene: &mut Scene<'_, '_>,
    ) -> String {
        let circumstances = Circumstances {
            severity_before: case.severity_before(incident.event.severity),
            authority_before: draft.authority_before,
            ..Circumstances::default()
        };
        circumstances.write(&mut draft.decision.facts);
        let gesture = if draft.kind == ActionKind::Gesture {
            incident.offers.first().map(|offer| offer.gesture.clone())
        } else {
            None
        };
        let subject = words::Subject {
            remedy: draft.remedy.as_ref(),
            gesture: gesture.as_ref(),
            intent: draft.intent,
            text: incident.text.as_deref(),
            location: incident.event.location.as_deref(),
            language: incident.language.as_deref(),
            approve_by: draft.approve_by(),
        };
        let words = words::of_action(case, draft.kind, subject);
        let id = draft.id.unwrap_or_else(|| incident.next_action_id(draft.kind));
        let alternatives = match &gesture {
            Some(_) => incident.alternatives(draft.authority, case.site),
            None => Vec::new(),
        };
        let assignee = measures::assignee(draft.kind, draft.authority, &case.facts, case.policy);
        let event = &incident.event;
        let action = RecoveryAction {
            reply_to: ids::reply_to(scene.key.as_str(), &id),
            id: id.clone(),
            revision: 1,
            time: scene.context.now,
            action_type: ActionType::Proposed,
            state: ActionState::Open,
            kind: draft.kind,
            incident_id: event.id.clone(),
            after: draft.after,
            supersedes: draft.supersedes,
            accepted_by: None,
            customer_id: event.customer_id.clone(),
            visit_id: event.visit_id.clone(),
            order_id: event.order_id.clone(),
            site_id: case.site_id.to_owned(),
            location: event.location.clone(),
            touchpoint: event.touchpoint.clone(),
            guest: self.guest_card(case, incident),
            assignee: assignee.to_owned(),
            authority: draft.authority,
            allowed: measures::allowed(&case.facts, case.policy, event.severity, draft.authority),
            due_at: draft.due_at,
            expires_at: draft.expires_at.unwrap_or(draft.due_at + case.touchpoint.action_expires),
            say: words.say,
            say_language: words.say_language,
            instruction: words.instruction,
            why: words.why,
            shortfalls: case.shortfalls.to_vec(),
            remedy: draft.remedy,
            gesture,
            alternatives,
            initiated_by: event.initiated_by,
            severity: event.severity,
            age_seconds: (scene.context.now - incident.news_at).as_seconds().max(0),
            decision: draft.decision,
        };
        incident.open_action(action, &mut scene.speaker());
        id
    }

    fn ensure_gesture(&self, incident: &mut Incident, case: &Case<'_>, rule: &Rule, scene: &mut Scene<'_, '_>) {
        let has_none = incident.gesture == GestureProgress::None && incident.latest(ActionKind::Gesture).is_none();
        if !has_none {
            return;
        }
        if scene.context.safe.is_none() {
            incident.gesture = GestureProgress::Waiting;
            return;
        }
        self.start_gesture(incident, case, rule, scene);
    }
}

/// Nobody reports that it was hurried, and it came too late all the same.
fn is_in_vain(action: &RecoveryAction, case: &Case<'_>) -> bool {
    let has_hurried = matches!(action.state, ActionState::Done | ActionState::Substituted);
    let is_expedite = action.remedy.as_ref().is_some_and(|remedy| remedy.kind == RemedyKind::Expedite);
    is_expedite && !has_hurried && !remedy::helps(&case.facts, RemedyKind::Expedite)
}

/// What brought the incident up: silence, what was said, or what the order shows.
fn cause(incident: &Incident, case: &Case<'_>) -> Cause {
    if incident.confirmed {
        return Cause::StaffConfirmed;
    }
    let is_of = |source| case.shortfalls.iter().all(|shortfall| shortfall.source == source);
    match incident.event.initiated_by {
        _ if is_of(ShortfallSource::Silence) => Cause::Silence,
        InitiatedBy::Customer if is_of(ShortfallSource::Complaint) => Cause::GuestComplained,
        InitiatedBy::Company if is_of(ShortfallSource::Complaint) => Cause::StaffNoticed,
        _ => Cause::Evidence,
    }
}
