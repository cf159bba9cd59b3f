//! What staff read: `say` in the guest's language, `do` and `why` in the site's.
//!
//! Sentences live in the policy's phrases; here are only the facts that fill them.

mod clauses;
mod gifts;
#[cfg(test)]
mod tests;

pub use clauses::what_went_wrong;
pub(super) use clauses::{known_name, name_of};
pub use gifts::or_else;
use gifts::{evidence, gift, gift_or_else, gifts};

use std::collections::BTreeMap;

use serde::Serialize;

use super::Case;
use super::{naming, severity};
use crate::events::{ActionKind, Alternative, FailureKind, Gesture, GestureKind, Remedy, Timestamp};
use crate::policy::Policy;
use crate::recovery::detection;

/// The texts of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub say: String,
    pub say_language: String,
    pub instruction: String,
    pub why: String,
}

/// What an action is about, beside the case.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    pub remedy: Option<&'a Remedy>,
    pub gesture: Option<&'a Gesture>,
    /// The second of a choice.
    pub or_else: Option<&'a Alternative>,
    pub intent: &'a str,
    /// The text of a complaint, for the person who looks into it.
    pub text: Option<&'a str>,
    pub location: Option<&'a str>,
    /// The guest's language where no profile names it.
    pub language: Option<&'a str>,
    /// Somebody must say yes first, until then.
    pub approve_by: Option<Timestamp>,
}

#[derive(Serialize)]
struct Facts<'a> {
    guest: Option<&'a str>,
    location: Option<&'a str>,
    what: String,
    fix: Option<String>,
    gift: Option<String>,
    note_only: bool,
    party_size: i64,
    rule_intent: &'a str,
    evidence: Option<String>,
    text: Option<&'a str>,
    personalised: bool,
    /// What a carrier gave as the reason.
    because: Option<String>,
    /// When it comes, as somebody has said.
    eta: Option<String>,
    /// What helps when this went wrong.
    guidance: Option<String>,
    /// The question that shows interest.
    opening: Option<String>,
    /// That it will be better: only while somebody is at work on it.
    promise: Option<String>,
    /// The guest may be told that they had it in the last days.
    because_stay: bool,
}

/// The texts of an action of `kind`. `stem` chooses another set of phrases, as "unmatched".
pub fn of_action(case: &Case<'_>, kind: ActionKind, subject: Subject<'_>) -> Words {
    let guest_languages = guest_languages(case, subject.language);
    let guest_languages: Vec<&str> = guest_languages.iter().map(String::as_str).collect();
    let site_languages = [case.site.language.as_str()];
    let is_unmatched = case.order.is_none() && kind == ActionKind::HumanContact;
    let key = |part: &str| if is_unmatched { format!("unmatched.{part}") } else { format!("{part}.{}", kind.name()) };

    let gesture_kind = subject.gesture.map(|gesture| gesture.kind).filter(|_| kind == ActionKind::Gesture);
    let key = |part: &str| match (part, gesture_kind) {
        (_, Some(GestureKind::Credit)) => format!("{part}.gesture_credit"),
        (_, Some(GestureKind::LoyaltyPoints)) => format!("{part}.gesture_points"),
        (_, Some(GestureKind::Donation)) => format!("{part}.gesture_donation"),
        ("say" | "do", Some(GestureKind::HabitService | GestureKind::HabitUpgrade)) => {
            format!("{part}.gesture_service")
        }
        ("do", Some(GestureKind::HandwrittenNote)) => "do.gesture_note".to_owned(),
        _ => key(part),
    };
    let phrases = &case.policy.phrases;
    let guest_facts = facts(case, kind, subject, &guest_languages);
    let (say, say_language) = phrases.render(&guest_languages, &key("say"), guest_facts);
    let site_facts = facts(case, kind, subject, &site_languages);
    let (mut instruction, _) = phrases.render(&site_languages, &key("do"), &site_facts);
    if let (Some(until), Some(gesture)) = (subject.approve_by, subject.gesture) {
        let clock = case.site.time_zone.to_datetime(until.to_jiff()).strftime("%H:%M").to_string();
        let amount = phrases.money(&site_languages, gesture.value_minor, &gesture.currency);
        let facts = BTreeMap::from([("clock", clock), ("amount", amount)]);
        instruction = format!("{} {instruction}", render(case, &site_languages, "approval.ask", facts));
    }
    let (why, _) = phrases.render(&site_languages, &key("why"), &site_facts);
    Words { say, say_language, instruction, why }
}

/// What may be said only while somebody is at work on it.
pub fn promise(policy: &Policy, languages: &[&str]) -> String {
    policy.phrases.render(languages, "promise.improvement", ()).0
}

/// Languages to speak to the guest in, in order of preference.
pub fn guest_languages(case: &Case<'_>, stated: Option<&str>) -> Vec<String> {
    let declared = case.profile.and_then(|profile| profile.language.as_deref());
    [declared, stated, Some(case.site.language.as_str())].into_iter().flatten().map(str::to_owned).collect()
}

fn facts<'a>(case: &Case<'a>, kind: ActionKind, subject: Subject<'a>, languages: &[&str]) -> Facts<'a> {
    let fix = subject.remedy.map(|remedy| remedy_text(case, "fix", remedy, languages));
    Facts {
        guest: case.profile.and_then(|profile| profile.name.as_deref()),
        location: subject.location,
        what: what_went_wrong(case, case.shortfalls, languages),
        fix,
        gift: subject.gesture.map(|gesture| gift_or_else(case, gesture, subject.or_else, languages)),
        note_only: subject.gesture.is_some_and(|gesture| gesture.kind == GestureKind::HandwrittenNote),
        party_size: case.party_size,
        rule_intent: subject.intent,
        evidence: subject.gesture.and_then(|gesture| evidence(case, gesture, languages)),
        text: subject.text,
        personalised: subject.gesture.is_some_and(|gesture| gesture.personalised),
        because: because(case, languages),
        eta: eta(case, languages),
        guidance: topic(case, kind, subject).map(|topic| render(case, languages, &format!("guidance.{topic}"), ())),
        opening: opening(case, kind, subject, languages),
        promise: case.facts.promises_improvement(kind).then(|| promise(case.policy, languages)),
        because_stay: subject.gesture.is_some_and(|gesture| may_recall(case, gesture)),
    }
}

/// What there is to talk about: what went worst, the first of several; or that our first try was not enough.
fn topic(case: &Case<'_>, kind: ActionKind, subject: Subject<'_>) -> Option<FailureKind> {
    // an apology brings its redress only when what we did before was not enough
    if kind == ActionKind::Apology && subject.remedy.is_some() {
        return Some(FailureKind::RecoveryFailed);
    }
    let graded = case.facts.shortfalls.iter().rev();
    let worst = graded.max_by_key(|shortfall| severity::of_shortfall(shortfall, &case.policy.severity))?;
    Some(worst.kind)
}

/// Whoever speaks first asks about what went wrong, whoever comes after them whether it is good again.
fn opening(case: &Case<'_>, kind: ActionKind, subject: Subject<'_>, languages: &[&str]) -> Option<String> {
    let about = match kind {
        ActionKind::Apology | ActionKind::EarlyWarning | ActionKind::HumanContact => topic(case, kind, subject)?.name(),
        _ => "afterwards",
    };
    let facts = BTreeMap::from([("party_size", case.party_size)]);
    Some(render(case, languages, &format!("opening.{about}"), facts))
}

/// Whether all that the choice rests on is so recent that the policy lets staff mention it, and of this stay where the
/// guest is on one: what somebody took on an earlier one is served, not spoken of.
fn may_recall(case: &Case<'_>, gesture: &Gesture) -> bool {
    let Some(recall_within) = case.policy.gestures.recall_within else { return false };
    let since = case.site.service_day(case.now - recall_within);
    let is_recent = |date: &str| date.parse::<jiff::civil::Date>().is_ok_and(|date| date >= since);
    let is_of_this_stay = |order_id: &str| case.viewpoint.visit.is_none_or(|orders| orders.contains(order_id));
    let mut evidence = gesture.evidence.iter();
    !gesture.evidence.is_empty() && evidence.all(|shown| is_recent(&shown.date) && is_of_this_stay(&shown.order_id))
}

/// The clock today, the date on another day.
fn eta(case: &Case<'_>, languages: &[&str]) -> Option<String> {
    let zone = &case.site.time_zone;
    let moment = zone.to_datetime(super::facts::eta(case)?.to_jiff());
    let is_today = moment.date() == zone.to_datetime(case.now.to_jiff()).date();
    Some(match is_today {
        true => moment.strftime("%H:%M").to_string(),
        false => case.policy.phrases.date(languages, moment.date()),
    })
}

fn because(case: &Case<'_>, languages: &[&str]) -> Option<String> {
    let order = case.order?;
    let reason = case.shortfalls.iter().find_map(|shortfall| detection::promise::reason(order, shortfall.kind))?;
    Some(render(case, languages, &format!("reason.{}", reason.name()), ()))
}

fn enumerate(case: &Case<'_>, parts: &[String], languages: &[&str]) -> String {
    case.policy.phrases.join(languages, parts)
}

/// How it is put right (`fix`), or was (`done`).
fn remedy_text(case: &Case<'_>, family: &str, remedy: &Remedy, languages: &[&str]) -> String {
    let amount = remedy.amount_minor.map(|amount| {
        let currency = remedy.currency.as_deref().unwrap_or(case.currency);
        case.policy.phrases.money(languages, amount, currency)
    });
    let names = naming::of_remedy(case, remedy.kind, languages);
    let facts = BTreeMap::from([("what_items", Some(names).filter(|names| !names.is_empty())), ("amount", amount)]);
    render(case, languages, &format!("{family}.{}", remedy.kind.name()), facts)
}

/// What has been done about an incident, to be told afterwards.
#[derive(Debug, Clone, Default)]
pub struct Done<'a> {
    pub gestures: Vec<&'a Gesture>,
    pub remedies: Vec<&'a Remedy>,
}

/// The question of a follow-up in the guest's language, which that is, and its background in the site's.
pub fn follow_up(
    case: &Case<'_>,
    ask_key: &str,
    done: &Done<'_>,
    stated_language: Option<&str>,
) -> (String, String, String) {
    #[derive(Serialize)]
    struct AskFacts<'a> {
        guest: Option<&'a str>,
        what: String,
        done: String,
        gift: String,
        party_size: i64,
    }
    let facts = |languages: &[&str]| AskFacts {
        guest: case.profile.and_then(|profile| profile.name.as_deref()),
        what: what_went_wrong(case, case.shortfalls, languages),
        done: done_text(case, done, languages),
        gift: gifts(case, &done.gestures, languages),
        party_size: case.party_size,
    };
    let guest_languages = guest_languages(case, stated_language);
    let guest_languages: Vec<&str> = guest_languages.iter().map(String::as_str).collect();
    let (ask, language) = case.policy.phrases.render(&guest_languages, ask_key, facts(&guest_languages));
    let site_languages = [case.site.language.as_str()];
    let (background, _) = case.policy.phrases.render(&site_languages, "follow_up.background", facts(&site_languages));
    (ask, language, background)
}

/// What was done, as one enumeration.
fn done_text(case: &Case<'_>, done: &Done<'_>, languages: &[&str]) -> String {
    let remedies = done.remedies.iter().map(|remedy| remedy_text(case, "done", remedy, languages));
    let gestures = done.gestures.iter().map(|given| gift(case, given, languages));
    enumerate(case, &remedies.chain(gestures).collect::<Vec<_>>(), languages)
}

fn render(case: &Case<'_>, languages: &[&str], key: &str, facts: impl Serialize) -> String {
    case.policy.phrases.render(languages, key, facts).0
}
