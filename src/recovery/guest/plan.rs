//! Incidents -> actions: what is decided, and what staff are asked to do.
//!
//! Every step is "make sure that": an apology, a person, a remedy, a gesture. What was accepted or done stays, what is
//! still open is brought up to date, only the difference is added.

use super::incident::{GestureProgress, Subject};
use super::join::is_history;
use super::{Guest, Incident, Scene};
use crate::events::{
    ActionKind, ActionState, ActionType, Authority, Decision, FailureKind, IncidentStatus, Payload, RecoveryAction,
    Remedy, Severity, Timestamp, ids,
};
use crate::policy::{Rule, Tracking};
use crate::recovery::Observation;
use crate::recovery::decision::{Case, remedy, rules, severity, words};
use crate::recovery::detection::OrderView;

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
}

impl Guest {
    /// Decides an incident for the first time, or anew after it was taken back.
    pub(super) fn decide(&self, incident: &mut Incident, scene: &mut Scene<'_, '_>) {
        incident.undecided_since = None;
        self.on_its_case(incident, scene, |incident, case, scene| self.decide_case(incident, case, scene));
    }

    fn decide_case(&self, incident: &mut Incident, case: &Case<'_>, scene: &mut Scene<'_, '_>) {
        let severity = severity::severity(case).max(incident.event.severity);

        if is_history(case, incident.news_at, scene) {
            scene.observe(Observation::History);
            incident.revise(&mut scene.speaker(), |event| {
                event.history = true;
                event.severity = severity;
                event.status = IncidentStatus::Closed;
            });
            return;
        }
        if case.shortfalls.iter().all(|shortfall| shortfall.suspected) {
            incident.revise(&mut scene.speaker(), |event| {
                event.history = false;
                event.severity = severity;
                event.status = IncidentStatus::Suspected;
            });
            self.ensure_check(incident, case, scene);
            return;
        }
        incident.revise(&mut scene.speaker(), |event| {
            event.history = false;
            event.severity = severity;
            event.currency = Some(case.currency.to_owned());
            event.status = IncidentStatus::ActionProposed;
        });
        self.honour_amends(incident, scene);
        self.plan(incident, case, scene);
        self.conclude(incident, scene);
    }

    /// Makes sure of everything that the rule asks for.
    pub(super) fn plan(&self, incident: &mut Incident, case: &Case<'_>, scene: &mut Scene<'_, '_>) {
        let severity = incident.event.severity;
        let Some(rule) = rules::decide(case, severity) else { return };
        incident.rule = Some(rule.name.clone());
        incident.follow_up_after = rule.then.follow_up;
        if incident.event.currency.is_none() {
            incident.event.currency = Some(case.currency.to_owned());
        }
        let remedy = remedy::choose(case, &rule.then.remedy, rule.then.refund_percent);
        let remedy = remedy.and_then(|remedy| self.left_of(remedy, incident));
        let is_bare = remedy.is_none() && rule.then.gesture.is_empty() && !rule.then.human_contact;
        let is_orphan = case.order.is_none();
        // a gesture always follows a word, whatever the rule forgot
        let says_sorry = rule.then.apology || !rule.then.gesture.is_empty() && !rule.then.human_contact;
        if says_sorry && !is_orphan && !(is_bare && case.is_repeat) {
            self.ensure_apology(incident, case, rule, scene);
        }
        // a bare apology is not said twice (R10): the next time somebody comes
        if rule.then.human_contact || is_orphan || (is_bare && case.is_repeat && rule.then.apology) {
            self.ensure_person(incident, case, rule, scene);
        }
        if rule.then.explanation && !is_orphan && !incident.stands(ActionKind::Explanation) {
            let mut draft = self.draft(ActionKind::Explanation, rule.then.authority, case, rule, scene);
            draft.after = incident.first_word();
            self.propose(incident, case, draft, scene);
        }
        if let Some(remedy) = remedy {
            self.ensure_remedy(incident, case, rule, remedy, scene);
        }
        if !rule.then.gesture.is_empty() && !is_orphan {
            self.ensure_gesture(incident, case, rule, scene);
        }
    }

    fn ensure_apology(&self, incident: &mut Incident, case: &Case<'_>, rule: &Rule, scene: &mut Scene<'_, '_>) {
        if incident.is_acknowledged() || incident.stands(ActionKind::Apology) {
            return;
        }
        let is_prediction =
            case.shortfalls.iter().all(|shortfall| shortfall.kind == FailureKind::DeliveryPredictedLate);
        let kind = if is_prediction { ActionKind::EarlyWarning } else { ActionKind::Apology };
        if incident.stands(kind) {
            return;
        }
        self.supersede(incident, ActionKind::EarlyWarning, scene);
        self.supersede(incident, ActionKind::Check, scene);
        let draft = self.draft(kind, Authority::A1.min(rule.then.authority), case, rule, scene);
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
        let least = if rule.then.human_contact { rule.then.authority } else { rule.then.authority.raised() };
        let draft = self.draft(ActionKind::HumanContact, least, case, rule, scene);
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
            action.state != ActionState::Superseded && (action.state.is_open() || covers_all)
        };
        if latest.is_some_and(is_enough) {
            return;
        }
        let supersedes = latest.map(|action| action.id.clone());
        let mut draft = self.draft(ActionKind::Remedy, rule.then.authority, case, rule, scene);
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
        let Some(rule) = rules::decide(case, incident.event.severity) else { return };
        let draft = self.draft(ActionKind::Check, Authority::A1, case, rule, scene);
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
        let mut speaker = scene.speaker();
        for action in incident.actions.iter_mut().filter(|action| action.kind == kind && action.state.is_open()) {
            speaker.close_action(action, ActionState::Superseded);
        }
    }

    pub(super) fn draft<'a>(
        &self,
        kind: ActionKind,
        authority: Authority,
        case: &Case<'a>,
        rule: &'a Rule,
        scene: &Scene<'_, '_>,
    ) -> Draft<'a> {
        let intent = rule
            .intent
            .get(&case.site.language)
            .or_else(|| rule.intent.get("en"))
            .or_else(|| rule.intent.values().next())
            .map_or("", String::as_str);
        let mut facts = std::collections::BTreeMap::new();
        facts.insert("repeat".to_owned(), case.is_repeat.to_string());
        facts.insert("currency".to_owned(), case.currency.to_owned());
        facts.insert("party_size".to_owned(), case.party_size.to_string());
        Draft {
            id: None,
            kind,
            authority,
            due_at: scene.context.now + case.touchpoint.apology_due,
            expires_at: None,
            after: None,
            supersedes: None,
            remedy: None,
            decision: Decision {
                policy_version: case.policy.version.clone(),
                rule: rule.name.clone(),
                intent: intent.to_owned(),
                facts,
                candidates: Vec::new(),
            },
            intent,
        }
    }

    /// Publishes a new action.
    pub(super) fn propose(
        &self,
        incident: &mut Incident,
        case: &Case<'_>,
        draft: Draft<'_>,
        scene: &mut Scene<'_, '_>,
    ) -> String {
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
            approve_by: draft.expires_at,
        };
        let words = words::of_action(case, draft.kind, subject);
        let id = draft.id.unwrap_or_else(|| incident.next_action_id(draft.kind));
        let alternatives = match &gesture {
            Some(_) => incident.alternatives(draft.authority, case.site),
            None => Vec::new(),
        };
        let is_for_the_desk = case.order.is_none() && draft.kind == ActionKind::HumanContact;
        let assignee = if is_for_the_desk { &case.site.desk } else { case.site.role(draft.authority) };
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
            allowed: allowed(case, event.severity, draft.authority),
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
        scene.speaker().say(Payload::Action(Box::new(action.clone())));
        incident.actions.push(action);
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

/// The most that staff may give for it without asking.
fn allowed(case: &Case<'_>, severity: Severity, authority: Authority) -> Option<crate::events::Allowed> {
    let cap = *case.policy.gestures.caps.get(&severity)?.get(case.currency)?;
    let max_value_minor = case.site.may_give_alone(authority, case.currency).map_or(cap, |most| most.min(cap));
    Some(crate::events::Allowed { max_value_minor, currency: case.currency.to_owned() })
}
