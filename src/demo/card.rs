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
    title(card, screen);
    screen.row("failed", &format!("{}; {}", what(card), how_seen(card)), PLAIN, ("", PLAIN));
    for told in &card.actions {
        let action = &told.latest;
        let outcome = outcome(told, screen);
        screen.row(&action.assignee, &format!("“{}”", action.say), TOLD, (&outcome.0, outcome.1));
        screen.row("do", &action.instruction, PLAIN, ("", PLAIN));
        if let Some(gesture) = &action.gesture {
            screen.row("gift", &gift(told, gesture, screen), GOOD, ("", PLAIN));
            screen.row("spirit", &action.decision.intent, FAINT, ("", PLAIN));
        } else {
            said(card, screen);
        }
    }
    if let Some(follow_up) = &card.follow_up {
        screen.row(&follow_up.assignee, &format!("“{}”", follow_up.ask), TOLD, ("", PLAIN));
    }
    ending(card, screen);
}

/// The others, with what matters.
pub(super) fn in_short(card: &Card, screen: &mut Screen) {
    title(card, screen);
    said(card, screen);
    for told in &card.actions {
        let action = &told.latest;
        let outcome = outcome(told, screen);
        let outcome = (outcome.0.as_str(), outcome.1);
        match (&action.gesture, &action.remedy) {
            (Some(gesture), _) => screen.row("gift", &gift(told, gesture, screen), GOOD, outcome),
            (None, Some(remedy)) => screen.row("fix", &fix(remedy), PLAIN, outcome),
            (None, None) => screen.row(&action.assignee, &format!("“{}”", action.say), TOLD, outcome),
        }
    }
    ending(card, screen);
}

fn title(card: &Card, screen: &mut Screen) {
    let incident = &card.incident;
    let site = incident.site_id.as_deref().unwrap_or_default();
    let guest = card.actions.first().map(|told| told.latest.guest.clone()).unwrap_or_default();
    let who = match (guest.name, guest.party_size) {
        (Some(name), Some(size)) if size > 1 => format!("{name}, party of {size}"),
        (Some(name), _) => name,
        (None, Some(size)) if size > 1 => format!("{size} guests"),
        (None, _) => "a guest".to_owned(),
    };
    let place = incident.location.clone().unwrap_or_default();
    let left = format!("{}  {who}, {place}: {}", screen.clock(card.noticed_at, site), what(card));
    let right = match incident.status {
        IncidentStatus::Retracted => ("false alarm", GOOD),
        _ => match incident.initiated_by {
            InitiatedBy::Company => ("we saw it first", GOOD),
            InitiatedBy::Customer => ("the guest told us", BAD),
        },
    };
    screen.blank();
    let severity = format!("{}, {}", incident.severity, right.0);
    let style = if right.1 == GOOD { GOOD } else { severity_style(incident.severity) };
    screen.spread((&left, STRONG), (&severity, style));
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
        Some(ShortfallSource::Silence) => "the promised time passed and nothing was heard",
        Some(ShortfallSource::Reconciliation) => "what was served is not what was ordered",
        Some(ShortfallSource::Report) => "it was reported on the way",
        Some(ShortfallSource::Complaint) | None => "somebody told us",
    }
}

fn said(card: &Card, screen: &mut Screen) {
    let site = card.incident.site_id.as_deref().unwrap_or_default();
    for remark in &card.remarks {
        let label = if remark.form == ComplaintForm::Observed { "staff" } else { "guest" };
        let note = format!("said {}", screen.clock(remark.time, site));
        screen.row(label, &format!("“{}”", remark.text), PLAIN, (&note, FAINT));
    }
}

/// What it is, what it is worth, and why this one.
fn gift(told: &Told, gesture: &Gesture, screen: &Screen) -> String {
    let action = &told.latest;
    let name = match gesture.item_id {
        Some(_) if gesture.quantity > 1 => format!("{} × {}", gesture.quantity, gesture.name),
        Some(_) => gesture.name.clone(),
        None => "a note by hand".to_owned(),
    };
    let mut text = name;
    if gesture.value_minor > 0 {
        text.push_str(&format!(", {}", money::format(gesture.value_minor, &gesture.currency)));
    }
    if gesture.evidence.is_empty() {
        text.push_str(", no usual known");
    } else {
        let days: Vec<String> = gesture.evidence.iter().map(|evidence| evidence.date.clone()).collect();
        text.push_str(&format!(", their usual: {}", short_days(&days)));
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

fn fix(remedy: &Remedy) -> String {
    let kind = remedy.kind.name().replace('_', " ");
    match (remedy.amount_minor, &remedy.currency) {
        (Some(minor), Some(currency)) => format!("{kind}, {}", money::format(minor, currency)),
        _ => kind,
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
    screen.row("after", &text, style, ("", PLAIN));
}
