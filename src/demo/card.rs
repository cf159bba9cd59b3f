//! One incident on the screen: what failed, who noticed, what staff were told, which gesture and why, how it ended.

use anstyle::Style;

use super::board::{Card, Told};
use super::screen::{BAD, FAINT, GOOD, PLAIN, STRONG, Screen, TOLD, WARM, severity_style};
use crate::events::{
    ActionKind, ActionState, Band, ComplaintForm, Gesture, IncidentStatus, InitiatedBy, Remedy, Shortfall,
    ShortfallSource,
};
use crate::policy::money;

/// The founding case, with everything that staff were told.
pub(super) fn in_full(card: &Card, screen: &mut Screen) {
    title(card, &who(card), screen);
    screen.note("failed", &format!("{}: {}", what(card), how_seen(card)), PLAIN);
    for told in &card.actions {
        let action = &told.latest;
        let (outcome, style) = outcome(told, screen);
        match &action.gesture {
            Some(gesture) => {
                screen.row("gift", &gift(told, gesture, screen), GOOD, (&outcome, style));
                screen.note("do", &action.instruction, PLAIN);
                screen.note("spirit", &action.decision.intent, FAINT);
            }
            None => {
                screen.row(&role(&action.assignee), &quoted(&action.say), TOLD, (&outcome, style));
                screen.note("do", &action.instruction, PLAIN);
                said(card, screen);
            }
        }
    }
    if let Some(follow_up) = &card.follow_up {
        screen.note(&role(&follow_up.assignee), &quoted(&follow_up.ask), TOLD);
    }
    ending(card, screen);
}

/// The others, with what matters.
pub(super) fn in_short(card: &Card, screen: &mut Screen) {
    title(card, &format!("{}: {}", who(card), what(card)), screen);
    said(card, screen);
    let replaced = ActionState::Superseded;
    for told in card.actions.iter().filter(|told| told.latest.state != replaced) {
        let action = &told.latest;
        let (outcome, style) = outcome(told, screen);
        let outcome = (outcome.as_str(), style);
        match (&action.gesture, &action.remedy) {
            (Some(gesture), _) => screen.row("gift", &gift(told, gesture, screen), GOOD, outcome),
            (None, Some(remedy)) => screen.row("fix", &fix(remedy, &action.shortfalls), PLAIN, outcome),
            (None, None) => screen.row(&role(&action.assignee), &quoted(&action.say), TOLD, outcome),
        }
    }
    ending(card, screen);
}

/// When, whom and what it is about; how bad it is, and who noticed first.
fn title(card: &Card, about: &str, screen: &mut Screen) {
    let incident = &card.incident;
    let site = incident.site_id.as_deref().unwrap_or_default();
    let left = format!("{}  {about}", screen.clock(card.noticed_at, site));
    let (noticed, style) = match (incident.status, incident.initiated_by) {
        (IncidentStatus::Retracted, _) => ("false alarm", GOOD),
        (_, InitiatedBy::Company) => ("we saw it first", GOOD),
        (_, InitiatedBy::Customer) => ("the guest told us", severity_style(incident.severity)),
    };
    screen.spread((&left, STRONG), (&format!("{}, {noticed}", incident.severity), style));
}

/// "Ms Holm, party of 2, sunbed 14".
fn who(card: &Card) -> String {
    let guest = card.actions.first().map(|told| told.latest.guest.clone()).unwrap_or_default();
    let who = match (guest.name, guest.party_size) {
        (Some(name), Some(size)) if size > 1 => format!("{name}, party of {size}"),
        (Some(name), _) => name,
        (None, Some(size)) if size > 1 => format!("{size} guests"),
        (None, _) => "a guest".to_owned(),
    };
    let place = card.incident.location.as_deref().or(card.incident.touchpoint.as_deref());
    place.map_or(who.clone(), |place| format!("{who}, {place}"))
}

fn quoted(text: &str) -> String {
    format!("“{text}”")
}

/// As people say it: "shift lead".
fn role(name: &str) -> String {
    name.replace('_', " ")
}

/// "item partial: blue cheese, extra dressing".
fn what(card: &Card) -> String {
    let mut parts: Vec<(String, Vec<String>)> = Vec::new();
    for shortfall in &card.incident.shortfalls {
        let kind = shortfall.kind.name().replace('_', " ");
        let detail = detail(shortfall);
        match parts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, details)) => details.extend(detail),
            None => parts.push((kind, detail.into_iter().collect())),
        }
    }
    let texts: Vec<String> = parts
        .into_iter()
        .map(|(kind, details)| if details.is_empty() { kind } else { format!("{kind} ({})", details.join(", ")) })
        .collect();
    texts.join(", ")
}

fn detail(shortfall: &Shortfall) -> Option<String> {
    let late = shortfall.late_by_seconds.map(|seconds| format!("{} min", seconds / 60));
    shortfall.name.clone().or(late)
}

fn how_seen(card: &Card) -> &'static str {
    match card.incident.shortfalls.first().map(|shortfall| shortfall.source) {
        Some(ShortfallSource::Silence) => "the promised time passed and nothing was heard; nobody has complained",
        Some(ShortfallSource::Reconciliation) => "what was served is not what was ordered; nobody has complained",
        Some(ShortfallSource::Report) => "it was reported on the way; nobody has complained",
        Some(ShortfallSource::Complaint) | None => "somebody told us",
    }
}

fn said(card: &Card, screen: &mut Screen) {
    let site = card.incident.site_id.as_deref().unwrap_or_default();
    for remark in &card.remarks {
        let label = if remark.form == ComplaintForm::Observed { "staff" } else { "guest" };
        let label = format!("{label}, {}", screen.clock(remark.time, site));
        screen.note(&label, &quoted(&remark.text), PLAIN);
    }
}

/// What it is, what it is worth, and why this one.
fn gift(told: &Told, gesture: &Gesture, screen: &Screen) -> String {
    let action = &told.latest;
    let mut text = match gesture.item_id {
        Some(_) if gesture.quantity > 1 => format!("{} × {}", gesture.quantity, gesture.name),
        Some(_) => gesture.name.clone(),
        None => "a note by hand".to_owned(),
    };
    if gesture.value_minor > 0 {
        text.push_str(&format!(", {}", money::format(gesture.value_minor, &gesture.currency)));
    }
    let rejected: Vec<String> = action
        .decision
        .candidates
        .iter()
        .filter_map(|candidate| {
            let reason = candidate.rejected_because.as_deref()?;
            Some(format!("{} ({})", item_name(&candidate.option, &action.site_id, screen), reason.replace('_', " ")))
        })
        .collect();
    if !gesture.evidence.is_empty() {
        let days: Vec<String> = gesture.evidence.iter().map(|evidence| evidence.date.clone()).collect();
        text.push_str(&format!(", had on {}", short_days(&days)));
    } else if rejected.is_empty() {
        text.push_str(", no habit known");
    }
    if !rejected.is_empty() {
        text.push_str(&format!("; not {}", rejected.join(", ")));
    }
    text
}

fn item_name(item_id: &str, site_id: &str, screen: &Screen) -> String {
    screen.policy.catalogue.name(site_id, item_id, &["en"]).unwrap_or(item_id).to_owned()
}

/// 2026-06-01 and 2026-06-02 to "1 and 2 June".
fn short_days(days: &[String]) -> String {
    let dates: Vec<jiff::civil::Date> = days.iter().filter_map(|day| day.parse().ok()).collect();
    let Some(last) = dates.last() else { return days.join(", ") };
    let numbers: Vec<String> = dates.iter().map(|date| date.day().to_string()).collect();
    let (tail, head) = numbers.split_last().expect("invariant: there is a last date");
    let list = if head.is_empty() { tail.clone() } else { format!("{} and {tail}", head.join(", ")) };
    format!("{list} {}", last.strftime("%B"))
}

fn fix(remedy: &Remedy, shortfalls: &[Shortfall]) -> String {
    let kind = remedy.kind.name().replace('_', " ");
    let is_mended = |shortfall: &&Shortfall| shortfall.line_id.as_ref().is_some_and(|id| remedy.line_ids.contains(id));
    let names: Vec<&str> =
        shortfalls.iter().filter(is_mended).filter_map(|shortfall| shortfall.name.as_deref()).collect();
    match (remedy.amount_minor, &remedy.currency) {
        (Some(minor), Some(currency)) => format!("{kind}, {}", money::format(minor, currency)),
        _ if names.is_empty() => kind,
        _ => format!("{kind}: {}", names.join(", ")),
    }
}

fn outcome(told: &Told, screen: &Screen) -> (String, Style) {
    let action = &told.latest;
    let at = screen.clock(action.time, &action.site_id);
    let is_check = action.kind == ActionKind::Check;
    match action.state {
        ActionState::Done if is_check => (format!("answered {at}"), GOOD),
        ActionState::Done => (format!("done {at}"), GOOD),
        ActionState::Unreported => ("not reported".to_owned(), WARM),
        state => (format!("{} {at}", state.name().replace('_', " ")), WARM),
    }
}

fn ending(card: &Card, screen: &mut Screen) {
    let Some(asked_at) = card.asked_at else { return };
    let site = card.incident.site_id.as_deref().unwrap_or_default();
    let asked = screen.clock(asked_at, site);
    let (text, style) = match (card.incident.score, card.incident.band) {
        (Some(score), Some(band)) => {
            let style = if band == Band::Unsatisfied { BAD } else { GOOD };
            (format!("asked {asked}: {score} of 10, {}", band.name().replace('_', " ")), style)
        }
        _ => (format!("asked {asked}: no answer"), WARM),
    };
    screen.note("after", &text, style);
}
