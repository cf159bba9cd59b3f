//! What was published, point by point beside what the facts come to.

use serde::Serialize;

use super::Decided;
use crate::events::{ActionKind, Allowed, Alternative, Authority, Remedy, Severity};
use crate::policy::Rule;
use crate::recovery::decision::caps::{self, Caps};
use crate::recovery::decision::{measures, remedy, words};

/// One thing that a decision settles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Point {
    pub name: &'static str,
    pub published: String,
    pub recomputed: String,
}

impl Point {
    pub fn is_same(&self) -> bool {
        self.published == self.recomputed
    }
}

#[derive(Default)]
pub(super) struct Compared {
    pub points: Vec<Point>,
    pub left_out: Vec<String>,
}

impl Compared {
    fn add(&mut self, name: &'static str, published: impl Into<String>, recomputed: impl Into<String>) {
        self.points.push(Point { name, published: published.into(), recomputed: recomputed.into() });
    }
}

pub(super) fn compare(decided: &Decided<'_>) -> Compared {
    let mut compared = Compared::default();
    let action = decided.action;
    let facts = &decided.facts;
    let severity = decided.circumstances.severity_since.unwrap_or(decided.severity);
    compared.add("severity", action.severity.name(), severity.name());
    compared.add("initiated_by", action.initiated_by.name(), facts.initiated_by.name());
    let Some(rule) = decided.rule else {
        compared.add("rule", &action.decision.rule, "none: the policy has no rule for it");
        return compared;
    };
    compared.add("rule", &action.decision.rule, &rule.name);
    let language = &decided.policy.site(&facts.site).language;
    compared.add("intent", &action.decision.intent, rule.intent_in(language));

    let raised = decided.circumstances.authority_before.map(Authority::raised);
    let decided_by = decided.circumstances.authority_kept.or(raised);
    let authority = decided_by.unwrap_or_else(|| measures::authority(action.kind, rule));
    // somebody above was asked to approve it: the rule's authority is noted beside
    let asked_for = action.decision.facts.get("approval_for");
    compared.add("authority", asked_for.map_or(action.authority.name(), String::as_str), authority.name());
    let holder = if asked_for.is_some() { action.authority } else { authority };
    let assignee = measures::assignee(action.kind, holder, facts, decided.policy);
    compared.add("assignee", &action.assignee, assignee);
    let allowed = measures::allowed(facts, decided.policy, decided.severity, action.authority);
    compared.add("allowed", of_allowed(action.allowed.as_ref()), of_allowed(allowed.as_ref()));
    compared.add("remedy", of_remedy(action.remedy.as_ref()), of_remedy(remedy_of(decided).as_ref()));
    add_promise(decided, &mut compared);
    add_gesture(decided, rule, &mut compared);
    compared
}

/// Staff may promise that it will be better only while somebody is at work on it.
fn add_promise(decided: &Decided<'_>, compared: &mut Compared) {
    let action = decided.action;
    let promise = words::promise(decided.policy, &[&action.say_language]);
    let is_published = !promise.is_empty() && action.say.contains(&promise);
    let is_allowed = decided.facts.promises_improvement(action.kind);
    if is_published || is_allowed {
        let word = |is_said: bool| if is_said { promise.as_str() } else { "none" };
        compared.add("promise", word(is_published), word(is_allowed));
    }
}

/// A choice takes a policy that gives one, a serious failure, a first step, and two options.
fn add_kind(decided: &Decided<'_>, compared: &mut Compared) {
    let action = decided.action;
    let may_choose = decided.policy.gestures.choice_of_two && decided.severity == Severity::Major;
    let is_choice = may_choose && decided.circumstances.first_step_taken && action.alternatives.len() == 1;
    let kind = if is_choice { ActionKind::ChoiceOffer } else { ActionKind::Gesture };
    compared.add("kind", action.kind.name(), kind.name());
}

/// What was offered must be an option that passed, and keep the caps.
fn add_gesture(decided: &Decided<'_>, rule: &Rule, compared: &mut Compared) {
    let action = decided.action;
    let Some(gesture) = &action.gesture else { return };
    add_kind(decided, compared);
    let candidates = &action.decision.candidates;
    let has_passed = |option: &str| {
        candidates.iter().any(|candidate| candidate.option == option && candidate.rejected_because.is_none())
    };
    let option = gesture.item_id.as_deref().unwrap_or(gesture.kind.name());
    let published = format!("{option} x {} for {} {}", gesture.quantity, gesture.value_minor, gesture.currency);
    let cap = caps::of_incident(&decided.facts, decided.policy, rule, decided.severity).map(Caps::least);
    let is_free = gesture.value_minor == 0;
    let recomputed = match cap {
        _ if !has_passed(option) => "none: it is not among the candidates that passed".to_owned(),
        None if !is_free => "none: the policy has no cap for it".to_owned(),
        Some(cap) if gesture.value_minor > cap => format!("none: more than the cap of {cap} {}", gesture.currency),
        _ => published.clone(),
    };
    compared.add("gesture", published, recomputed);
    let named =
        |alternative: &Alternative| alternative.item_id.clone().unwrap_or_else(|| alternative.kind.name().to_owned());
    let alternatives: Vec<String> = action.alternatives.iter().map(named).collect();
    let passed: Vec<String> = alternatives.iter().filter(|option| has_passed(option)).cloned().collect();
    compared.add("alternatives", alternatives.join(", "), passed.join(", "));
    compared.left_out.push("why other gestures were turned down: by profile and catalogue of then".to_owned());
}

/// The remedy that this action should bring.
pub(super) fn remedy_of(decided: &Decided<'_>) -> Option<Remedy> {
    let (facts, then) = (&decided.facts, &decided.rule?.then);
    match (decided.circumstances.remedy_kept, decided.circumstances.authority_before) {
        (Some(kind), _) => remedy::choose(facts, &[kind], then.refund_percent),
        (None, Some(_)) => remedy::of_second_failure(facts, decided.rule?),
        (None, None) if decided.action.kind == ActionKind::Remedy => {
            remedy::choose(facts, &then.remedy, then.refund_percent)
        }
        (None, None) => None,
    }
}

fn of_allowed(allowed: Option<&Allowed>) -> String {
    allowed.map_or("none".to_owned(), |allowed| format!("{} {}", allowed.max_value_minor, allowed.currency))
}

pub(super) fn of_remedy(remedy: Option<&Remedy>) -> String {
    let Some(remedy) = remedy else { return "none".to_owned() };
    let mut text = remedy.kind.name().to_owned();
    if let (Some(amount), Some(currency)) = (remedy.amount_minor, &remedy.currency) {
        text.push_str(&format!(" {amount} {currency}"));
    }
    if !remedy.line_ids.is_empty() {
        text.push_str(&format!(" for lines {}", remedy.line_ids.join(", ")));
    }
    text
}
