//! A decision as a scenario sees it: the latest revision of an action, incident, follow-up or insight, key by key.

use std::collections::BTreeMap;

use super::fields::Sort;
use super::moment::Calendar;
use crate::events::{FollowUp, IncidentEvent, Insight, RecoveryAction, Shortfall, Timestamp, money};

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// `None` is read as "none".
    One(Option<String>),
    List(Vec<String>),
    Pairs(BTreeMap<String, String>),
}

#[derive(Debug, Clone)]
pub struct Card {
    pub sort: Sort,
    /// The order that it is about.
    pub order: Option<String>,
    /// When its first revision was made.
    pub first: Timestamp,
    pub seen: BTreeMap<&'static str, Seen>,
    /// In one line, for messages.
    pub title: String,
    /// Why it was decided so, a line each.
    pub reasons: Vec<String>,
}

/// Collects the keys of a card.
struct Sheet<'a> {
    calendar: &'a Calendar,
    seen: BTreeMap<&'static str, Seen>,
}

impl Sheet<'_> {
    fn one(&mut self, key: &'static str, value: impl Into<String>) {
        self.seen.insert(key, Seen::One(Some(value.into())));
    }

    fn maybe(&mut self, key: &'static str, value: Option<impl ToString>) {
        self.seen.insert(key, Seen::One(value.map(|value| value.to_string())));
    }

    fn moment(&mut self, key: &'static str, at: Option<Timestamp>) {
        let shown = at.map(|at| self.calendar.show(at));
        self.maybe(key, shown);
    }

    fn amount(&mut self, key: &'static str, amount: Option<(i64, &str)>) {
        self.maybe(key, amount.map(|(minor, currency)| money::format(minor, currency)));
    }

    fn list(&mut self, key: &'static str, values: impl Iterator<Item = String>) {
        self.seen.insert(key, Seen::List(values.collect()));
    }

    fn pairs(&mut self, key: &'static str, pairs: BTreeMap<String, String>) {
        self.seen.insert(key, Seen::Pairs(pairs));
    }

    fn shortfalls(&mut self, shortfalls: &[Shortfall]) {
        self.list("shortfalls", shortfalls.iter().map(shortfall));
    }
}

fn shortfall(shortfall: &Shortfall) -> String {
    match shortfall.name.as_deref().or(shortfall.item_id.as_deref()) {
        Some(name) => format!("{} {name}", shortfall.kind),
        None => shortfall.kind.to_string(),
    }
}

/// `kind_of` finds the kind of another action by its id.
pub fn action(
    action: &RecoveryAction,
    first: Timestamp,
    calendar: &Calendar,
    kind_of: impl Fn(&str) -> Option<String>,
) -> Card {
    let mut sheet = Sheet { calendar, seen: BTreeMap::new() };
    sheet.one("kind", action.kind.name());
    sheet.one("state", action.state.name());
    sheet.one("type", action.action_type.name());
    sheet.one("assignee", &action.assignee);
    sheet.one("authority", action.authority.name());
    let allowed = action.allowed.as_ref();
    sheet.amount("allowed", allowed.map(|allowed| (allowed.max_value_minor, allowed.currency.as_str())));
    sheet.maybe("order", action.order_id.as_deref());
    sheet.maybe("customer", action.customer_id.as_deref());
    sheet.one("site", &action.site_id);
    sheet.maybe("location", action.location.as_deref());
    sheet.maybe("touchpoint", action.touchpoint.as_deref());
    gesture(&mut sheet, action);
    let remedy = action.remedy.as_ref();
    sheet.maybe("remedy", remedy.map(|remedy| remedy.kind));
    let amount = remedy.and_then(|remedy| Some((remedy.amount_minor?, remedy.currency.as_deref()?)));
    sheet.amount("amount", amount);
    sheet.one("initiated_by", action.initiated_by.name());
    sheet.one("severity", action.severity.name());
    sheet.one("rule", &action.decision.rule);
    sheet.pairs("facts", action.decision.facts.clone());
    let candidates = action.decision.candidates.iter();
    let rejected = candidates.filter_map(|one| Some((one.option.clone(), one.rejected_because.clone()?)));
    sheet.pairs("rejected", rejected.collect());
    sheet.shortfalls(&action.shortfalls);
    sheet.moment("at", Some(first));
    sheet.moment("due", Some(action.due_at));
    sheet.moment("expires", Some(action.expires_at));
    sheet.maybe("after", action.after.as_deref().and_then(&kind_of));
    sheet.maybe("supersedes", action.supersedes.as_deref().and_then(&kind_of));
    sheet.one("language", &action.say_language);
    sheet.one("say", &action.say);
    sheet.one("do", &action.instruction);
    sheet.one("why", &action.why);
    Card {
        sort: Sort::Action,
        order: action.order_id.clone(),
        first,
        seen: sheet.seen,
        title: title_of(action),
        reasons: reasons_of(action),
    }
}

fn gesture(sheet: &mut Sheet<'_>, action: &RecoveryAction) {
    let gesture = action.gesture.as_ref();
    sheet.maybe("gesture", gesture.map(|gesture| gesture.kind));
    sheet.maybe("item", gesture.and_then(|gesture| gesture.item_id.as_deref()));
    sheet.maybe("quantity", gesture.map(|gesture| gesture.quantity));
    sheet.amount("value", gesture.map(|gesture| (gesture.value_minor, gesture.currency.as_str())));
    sheet.maybe("personalised", gesture.map(|gesture| gesture.personalised));
    let evidence = gesture.map(|gesture| gesture.evidence.as_slice()).unwrap_or_default();
    sheet.list("evidence", evidence.iter().map(|shown| shown.order_id.clone()));
    let name = |item: &Option<String>, kind: &str| item.clone().unwrap_or_else(|| kind.to_owned());
    let alternatives = action.alternatives.iter();
    sheet.list("alternatives", alternatives.map(|other| name(&other.item_id, other.kind.name())));
}

fn title_of(action: &RecoveryAction) -> String {
    let mut title = format!("{} for {}", action.kind, action.assignee);
    if let Some(gesture) = &action.gesture {
        let what = gesture.item_id.as_deref().unwrap_or(gesture.kind.name());
        title.push_str(&format!(", {what} x {}", gesture.quantity));
    }
    if let Some(remedy) = &action.remedy {
        title.push_str(&format!(", {}", remedy.kind));
    }
    of_order(&mut title, action.order_id.as_deref());
    title
}

fn of_order(title: &mut String, order_id: Option<&str>) {
    if let Some(order_id) = order_id {
        title.push_str(&format!(" (order {order_id})"));
    }
}

fn reasons_of(action: &RecoveryAction) -> Vec<String> {
    let decision = &action.decision;
    let mut reasons = vec![format!("rule {}, severity {}, state {}", decision.rule, action.severity, action.state)];
    if !decision.facts.is_empty() {
        let facts: Vec<String> = decision.facts.iter().map(|(name, fact)| format!("{name} = {fact}")).collect();
        reasons.push(format!("facts: {}", facts.join(", ")));
    }
    for candidate in &decision.candidates {
        reasons.push(match &candidate.rejected_because {
            Some(reason) => format!("candidate {}: rejected, {reason}", candidate.option),
            None => format!("candidate {}: {:.2}", candidate.option, candidate.score),
        });
    }
    reasons
}

pub fn incident(incident: &IncidentEvent, first: Timestamp, calendar: &Calendar) -> Card {
    let mut sheet = Sheet { calendar, seen: BTreeMap::new() };
    sheet.one("status", incident.status.name());
    sheet.one("severity", incident.severity.name());
    sheet.one("initiated_by", incident.initiated_by.name());
    sheet.maybe("order", incident.order_id.as_deref());
    sheet.maybe("customer", incident.customer_id.as_deref());
    sheet.maybe("site", incident.site_id.as_deref());
    sheet.shortfalls(&incident.shortfalls);
    sheet.one("history", incident.history.to_string());
    sheet.moment("occurred", Some(incident.occurred_at));
    sheet.moment("detected", Some(incident.detected_at));
    sheet.moment("complained", incident.complained_at);
    let currency = incident.currency.as_deref().filter(|_| incident.given_minor != 0);
    sheet.amount("given", currency.map(|currency| (incident.given_minor, currency)));
    sheet.maybe("score", incident.score);
    sheet.maybe("band", incident.band);
    sheet.one("merged", incident.merged_into.is_some().to_string());
    let mut title = format!("incident, {}, {}", incident.status, incident.severity);
    of_order(&mut title, incident.order_id.as_deref());
    let shortfalls: Vec<String> = incident.shortfalls.iter().map(shortfall).collect();
    Card {
        sort: Sort::Incident,
        order: incident.order_id.clone(),
        first,
        seen: sheet.seen,
        title,
        reasons: vec![format!("shortfalls: {}", shortfalls.join(", "))],
    }
}

pub fn follow_up(follow_up: &FollowUp, first: Timestamp, calendar: &Calendar) -> Card {
    let mut sheet = Sheet { calendar, seen: BTreeMap::new() };
    sheet.one("type", follow_up.follow_up_type.name());
    sheet.one("state", follow_up.state.name());
    sheet.maybe("order", follow_up.order_id.as_deref());
    sheet.maybe("customer", follow_up.customer_id.as_deref());
    sheet.one("site", &follow_up.site_id);
    sheet.one("assignee", &follow_up.assignee);
    sheet.one("authority", follow_up.authority.name());
    sheet.one("severity", follow_up.severity.name());
    sheet.one("attempt", follow_up.attempt.to_string());
    sheet.moment("at", Some(first));
    sheet.moment("due", Some(follow_up.due_at));
    sheet.moment("expires", Some(follow_up.expires_at));
    sheet.one("language", &follow_up.say_language);
    sheet.one("ask", &follow_up.ask);
    sheet.one("background", &follow_up.background);
    let mut title = format!("follow-up for {}, {}", follow_up.assignee, follow_up.follow_up_type);
    of_order(&mut title, follow_up.order_id.as_deref());
    Card {
        sort: Sort::FollowUp,
        order: follow_up.order_id.clone(),
        first,
        seen: sheet.seen,
        title,
        reasons: vec![format!("due {}, attempt {}", calendar.show(follow_up.due_at), follow_up.attempt)],
    }
}

pub fn insight(insight: &Insight, first: Timestamp, calendar: &Calendar) -> Card {
    let mut sheet = Sheet { calendar, seen: BTreeMap::new() };
    sheet.one("type", insight.insight_type.name());
    sheet.one("owner", &insight.owner);
    sheet.one("failure", insight.cause.failure.name());
    sheet.maybe("item", insight.cause.item_id.as_deref());
    sheet.maybe("modifier", insight.cause.modifier_id.as_deref());
    sheet.maybe("reason", insight.cause.reason);
    sheet.maybe("site", insight.site_id.as_deref());
    sheet.maybe("carrier", insight.carrier.as_deref());
    sheet.one("failures", insight.count.to_string());
    sheet.one("guests", insight.guests.to_string());
    sheet.one("mass_event", insight.mass_event.to_string());
    sheet.moment("at", Some(first));
    sheet.one("advice", &insight.advice);
    Card {
        sort: Sort::Insight,
        order: None,
        first,
        seen: sheet.seen,
        title: format!("insight for {}, {} ({})", insight.owner, insight.cause.failure, insight.insight_type),
        reasons: vec![format!("{} failures of {} guests", insight.count, insight.guests)],
    }
}
