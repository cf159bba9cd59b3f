//! What staff read: `say` in the guest's language, `do` and `why` in the site's.
//!
//! Sentences live in the policy's phrases; here are only the facts that fill them.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use super::Case;
use super::gesture::text_in;
use super::{naming, severity};
use crate::events::{
    ActionKind, Alternative, FailureKind, Gesture, GestureKind, Millis, Remedy, Shortfall, ShortfallSource, Timestamp,
};
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

/// The shortfalls as one enumeration of clauses, each naming the concrete thing.
pub fn what_went_wrong(case: &Case<'_>, shortfalls: &[Shortfall], languages: &[&str]) -> String {
    let mut clauses: Vec<String> = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for shortfall in shortfalls {
        if told.contains(&shortfall.id.as_str()) {
            continue;
        }
        // what is missing from one dish is one clause: "the blue cheese and the extra dressing"
        let together: Vec<&Shortfall> = shortfalls
            .iter()
            .filter(|other| {
                other.id == shortfall.id
                    || (other.kind == shortfall.kind
                        && other.modifier_id.is_some()
                        && other.item_id == shortfall.item_id)
            })
            .collect();
        told.extend(together.iter().map(|other| other.id.as_str()));
        clauses.push(clause(case, &together, languages));
    }
    enumerate(case, &clauses, languages)
}

#[derive(Serialize)]
struct ClauseFacts {
    name: Option<String>,
    of: Option<String>,
    quantity: Option<i64>,
    /// Of how many parcels this is true, where it is not the whole order.
    parcels: Option<i64>,
    late: Option<String>,
    amount: Option<String>,
}

fn clause(case: &Case<'_>, together: &[&Shortfall], languages: &[&str]) -> String {
    let Some(first) = together.first() else { return String::new() };
    // something of it was missing, and nobody said what
    let is_vague = first.kind == FailureKind::ItemPartial && first.modifier_id.is_none() && first.item_id.is_some();
    let is_of_item = first.modifier_id.is_some() || is_vague;
    let of = first.item_id.as_deref().filter(|_| is_of_item).and_then(|item_id| known_name(case, item_id, languages));
    let named = together.iter().filter(|_| !is_vague || of.is_none());
    let names: Vec<String> = named.filter_map(|shortfall| name_of(case, shortfall, languages)).collect();
    let facts = ClauseFacts {
        name: (!names.is_empty()).then(|| enumerate(case, &names, languages)),
        of,
        quantity: naming::quantity(case, first),
        parcels: case.order.and_then(|order| order.parcels.count(first)),
        late: first.late_by_seconds.map(|seconds| case.policy.phrases.late(languages, Millis::seconds(seconds))),
        amount: first.amount_minor.map(|amount| {
            let currency = first.currency.as_deref().unwrap_or(case.currency);
            case.policy.phrases.money(languages, amount, currency)
        }),
    };
    // late for certain, and not here yet
    let is_still_away = first.kind == FailureKind::DeliveryLate && first.source == ShortfallSource::Report;
    let waited = case.order.and_then(|order| order.promise).map(|promise| (case.now - promise).as_seconds());
    let kind = match is_still_away {
        true if first.late_by_seconds > waited => FailureKind::DeliveryPredictedLate,
        true => FailureKind::NeverConfirmed,
        false => first.kind,
    };
    render(case, languages, &format!("failure.{}", kind.name()), facts)
}

pub(super) fn name_of(case: &Case<'_>, shortfall: &Shortfall, languages: &[&str]) -> Option<String> {
    if shortfall.modifier_id.is_some() {
        return shortfall.name.clone();
    }
    shortfall
        .item_id
        .as_deref()
        .and_then(|item_id| known_name(case, item_id, languages))
        .or_else(|| shortfall.name.clone())
}

/// The catalogue's name, else the one it was ordered by.
pub(super) fn known_name(case: &Case<'_>, item_id: &str, languages: &[&str]) -> Option<String> {
    let listed = case.catalogue.name(case.site_id, item_id, languages);
    listed.or_else(|| case.order.and_then(|order| order.item_name(item_id))).map(str::to_owned)
}

fn enumerate(case: &Case<'_>, parts: &[String], languages: &[&str]) -> String {
    case.policy.phrases.join(languages, parts)
}

fn gift(case: &Case<'_>, gesture: &Gesture, languages: &[&str]) -> String {
    #[derive(Serialize)]
    struct GiftFacts {
        name: String,
        quantity: i64,
    }
    let amount = || case.policy.phrases.money(languages, gesture.value_minor, &gesture.currency);
    let name = || gift_name(case, gesture, languages);
    match gesture.kind {
        GestureKind::Credit => return render(case, languages, "gift.credit", BTreeMap::from([("amount", amount())])),
        GestureKind::LoyaltyPoints => {
            return render(case, languages, "gift.points", BTreeMap::from([("points", gesture.quantity)]));
        }
        GestureKind::Donation => {
            let facts = BTreeMap::from([("amount", amount()), ("cause", name())]);
            return render(case, languages, "gift.donation", facts);
        }
        GestureKind::HabitService | GestureKind::HabitUpgrade => return name(), // as the policy writes it
        GestureKind::HabitItem | GestureKind::GenericTreat | GestureKind::HandwrittenNote => {}
    }
    let key = if gesture.item_id.is_some() { "gift.item" } else { "gift.note" };
    render(case, languages, key, GiftFacts { name: name(), quantity: gesture.quantity })
}

/// One gift, or two of which the guest takes one.
fn gift_or_else(case: &Case<'_>, gesture: &Gesture, other: Option<&Alternative>, languages: &[&str]) -> String {
    let one = gift(case, gesture, languages);
    let Some(other) = other else { return one };
    let other = Gesture {
        kind: other.kind,
        item_id: other.item_id.clone(),
        name: other.name.clone(),
        quantity: other.quantity,
        value_minor: other.value_minor,
        currency: other.currency.clone(),
        personalised: false,
        strength: None,
        evidence: Vec::new(),
    };
    let facts = BTreeMap::from([("one", one), ("other", gift(case, &other, languages))]);
    render(case, languages, "gift.choice", facts)
}

/// The second option of a choice; alternatives of other gifts are for staff only.
pub fn or_else(kind: ActionKind, alternatives: &[Alternative]) -> Option<&Alternative> {
    alternatives.first().filter(|_| kind == ActionKind::ChoiceOffer)
}

fn gift_name(case: &Case<'_>, gesture: &Gesture, languages: &[&str]) -> String {
    let gestures = &case.policy.gestures;
    let language = languages.first().copied().unwrap_or("en");
    if gesture.kind == GestureKind::Donation {
        let cause = gestures.donation.as_ref().and_then(|donation| text_in(&donation.causes, language));
        return cause.unwrap_or(&gesture.name).to_owned();
    }
    let service = gesture.item_id.as_ref().and_then(|id| gestures.services.get(id));
    if let Some(name) = service.and_then(|service| text_in(&service.names, language)) {
        return name.to_owned();
    }
    let known = gesture.item_id.as_deref().and_then(|item_id| known_name(case, item_id, languages));
    known.unwrap_or_else(|| gesture.name.clone())
}

fn evidence(case: &Case<'_>, gesture: &Gesture, languages: &[&str]) -> Option<String> {
    if gesture.evidence.is_empty() {
        return None;
    }
    let dates: Vec<String> = gesture
        .evidence
        .iter()
        .map(|shown| match shown.date.parse() {
            Ok(date) => case.policy.phrases.date(languages, date),
            Err(_) => shown.date.clone(),
        })
        .collect();
    #[derive(Serialize)]
    struct EvidenceFacts {
        name: String,
        dates: String,
    }
    let facts = EvidenceFacts { name: gift_name(case, gesture, languages), dates: enumerate(case, &dates, languages) };
    Some(render(case, languages, "why.evidence", facts))
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

fn gifts(case: &Case<'_>, gestures: &[&Gesture], languages: &[&str]) -> String {
    let gifts: Vec<String> = gestures.iter().map(|given| gift(case, given, languages)).collect();
    enumerate(case, &gifts, languages)
}

fn render(case: &Case<'_>, languages: &[&str], key: &str, facts: impl Serialize) -> String {
    case.policy.phrases.render(languages, key, facts).0
}
