//! The small thing that this guest would really value.
//!
//! Candidates: declared preferences, habits, generic treats, a credit, a handwritten note. Every check that one fails is its
//! reason; fit comes first, and what it costs is never a reason to prefer it.

use serde::{Deserialize, Serialize};

use super::Case;
use super::caps::{self, Caps};
use crate::events::{Candidate, CatalogueItem, CustomerProfile, Evidence, Gesture, GestureKind, Severity};
use crate::policy::Rule;

/// Items that say something about health or belief.
const SENSITIVE: &str = "sensitive";

/// What came of the choice.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choice {
    /// What passed every check, best first.
    pub options: Vec<Offer>,
    /// All that was considered, in that order.
    pub candidates: Vec<Candidate>,
}

/// An option that passed, with what the site reserves for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    pub gesture: Gesture,
    /// What it costs the site (else its price), in minor units, for all of the quantity.
    pub cost_minor: i64,
}

impl Offer {
    /// It is this thing: the same item, for whatever reason, or the same kind where there is none.
    pub fn is_of(&self, gesture: &Gesture) -> bool {
        let own = &self.gesture;
        own.item_id == gesture.item_id && (own.item_id.is_some() || own.kind == gesture.kind)
    }
}

/// A candidate before its checks.
struct Idea {
    kind: GestureKind,
    item_id: String,
    personalised: bool,
    strength: Option<f64>,
    evidence: Vec<Evidence>,
}

pub fn choose(case: &Case<'_>, rule: &Rule, severity: Severity) -> Choice {
    let mut choice = Choice::default();
    let cap = caps::of_incident(&case.facts, case.policy, rule, severity).map(Caps::least);
    for idea in ideas(case, rule) {
        let Some(item) = case.catalogue.item(case.site_id, &idea.item_id) else {
            choice.reject(&idea, "not_in_catalogue");
            continue;
        };
        if item.tags.iter().any(|tag| tag == SENSITIVE) {
            continue; // not even as a rejected candidate: that would tell
        }
        match objection(case, &idea, item, cap) {
            Some(reason) => choice.reject(&idea, reason),
            None => choice.accept(case, idea, item),
        }
    }
    if rule.then.gesture.contains(&GestureKind::Credit) {
        choice.add_credit(case, cap);
    }
    if rule.then.gesture.contains(&GestureKind::HandwrittenNote) {
        choice.add_note(case);
    }
    choice
}

fn ideas(case: &Case<'_>, rule: &Rule) -> Vec<Idea> {
    let mut ideas: Vec<Idea> = Vec::new();
    let mut add = |idea: Idea| {
        if !ideas.iter().any(|other| other.item_id == idea.item_id) {
            ideas.push(idea);
        }
    };
    let allowed = &rule.then.gesture;
    if case.profiling() && allowed.contains(&GestureKind::HabitItem) {
        let habits = case.habits.eligible(case.viewpoint, &case.policy.habits);
        for item_id in case.profile.iter().flat_map(|profile| &profile.preferences) {
            let observed = habits.iter().find(|habit| habit.item_id == *item_id);
            add(Idea {
                kind: GestureKind::HabitItem,
                item_id: item_id.clone(),
                personalised: true,
                strength: observed.map(|habit| habit.strength),
                evidence: observed.map(|habit| habit.evidence.clone()).unwrap_or_default(),
            });
        }
        for habit in habits {
            add(Idea {
                kind: GestureKind::HabitItem,
                item_id: habit.item_id,
                personalised: true,
                strength: Some(habit.strength),
                evidence: habit.evidence,
            });
        }
    }
    if allowed.contains(&GestureKind::GenericTreat) {
        for item_id in &case.policy.gestures.generic {
            add(Idea {
                kind: GestureKind::GenericTreat,
                item_id: item_id.clone(),
                personalised: false,
                strength: None,
                evidence: Vec::new(),
            });
        }
    }
    ideas
}

/// Why not, or `None`. Safety first, so that the reason given is the one that matters most.
fn objection(case: &Case<'_>, idea: &Idea, item: &CatalogueItem, cap: Option<i64>) -> Option<&'static str> {
    if let Some(reason) = unsafe_for_the_party(case, item) {
        return Some(reason);
    }
    if !item.giftable {
        return Some("not_giftable");
    }
    if !item.available {
        return Some("not_available");
    }
    if !case.touchpoint.hands_over {
        return Some("cannot_be_handed_over");
    }
    let has_failed = case.shortfalls.iter().any(|shortfall| shortfall.item_id.as_deref() == Some(&idea.item_id));
    if has_failed {
        return Some("just_failed");
    }
    let is_in_the_order = case.order.is_some_and(|order| order.lines.iter().any(|line| line.item_id == idea.item_id));
    if is_in_the_order {
        return Some("in_the_order");
    }
    if case.declined.get(&idea.item_id).is_some_and(|until| *until > case.now) {
        return Some("turned_down");
    }
    let repeat_after = case.policy.gestures.repeat_after;
    let was_given = case
        .given
        .iter()
        .any(|given| given.item_id.as_deref() == Some(&idea.item_id) && case.now - given.at < repeat_after);
    if was_given {
        return Some("given_recently");
    }
    if item.currency != case.currency {
        return Some("other_currency");
    }
    match cap {
        None => Some("no_cap_for_currency"),
        Some(cap) if item.price_minor.saturating_mul(case.party_size) > cap => Some("over_cap"),
        Some(_) => None,
    }
}

/// Allergy, diet, age and dislike of everybody at the table. What is not known counts as unsafe.
fn unsafe_for_the_party(case: &Case<'_>, item: &CatalogueItem) -> Option<&'static str> {
    let Some(companions) = case.companions else { return Some("companions_unknown") };
    let mut reason = None;
    for profile in std::iter::once(case.profile).chain(companions.iter().copied()) {
        reason = reason.or_else(|| unsafe_for(profile, case, item));
    }
    reason
}

fn unsafe_for(profile: Option<&CustomerProfile>, case: &Case<'_>, item: &CatalogueItem) -> Option<&'static str> {
    let is_adult_only = item.tags.iter().any(|tag| case.policy.gestures.adult_tags.contains(tag));
    if is_adult_only && profile.and_then(|profile| profile.adult) != Some(true) {
        return Some("adult_unknown");
    }
    if item.tags.iter().any(|tag| case.policy.gestures.never_tags.contains(tag)) {
        return Some("not_permitted");
    }
    let profile = profile?;
    let tagged = |prefix: &str, what: &str| {
        item.tags.iter().filter_map(|tag| tag.strip_prefix(prefix)).any(|tagged| is_same_word(tagged, what))
    };
    let contains = |what: &str| tagged("contains:", what);
    if profile.allergies.iter().any(|allergy| contains(allergy)) {
        return Some("allergy");
    }
    let is_declared = item.tags.iter().any(|tag| tag.starts_with("contains:") || tag == "allergens:none");
    if !profile.allergies.is_empty() && !is_declared {
        return Some("allergens_unknown");
    }
    if !profile.diets.iter().all(|diet| tagged("suits:", diet)) {
        return Some("diet");
    }
    let is_disliked = profile.dislikes.iter().any(|dislike| {
        is_same_word(dislike, &item.item_id)
            || contains(dislike)
            || item.item_id.split('-').any(|word| is_same_word(word, dislike))
    });
    is_disliked.then_some("disliked")
}

/// Profiles are typed by people: "Nuts " and "nut" are what the catalogue calls "nuts".
fn is_same_word(one: &str, other: &str) -> bool {
    let stem = |word: &str| {
        let word = word.trim().to_lowercase();
        word.strip_suffix('s').map(str::to_owned).unwrap_or(word)
    };
    stem(one) == stem(other)
}

impl Choice {
    fn reject(&mut self, idea: &Idea, reason: &str) {
        self.candidates.push(Candidate {
            option: idea.item_id.clone(),
            score: idea.strength.unwrap_or(0.0),
            rejected_because: Some(reason.to_owned()),
        });
    }

    fn accept(&mut self, case: &Case<'_>, idea: Idea, item: &CatalogueItem) {
        self.candidates.push(Candidate {
            option: idea.item_id.clone(),
            score: idea.strength.unwrap_or(0.0),
            rejected_because: None,
        });
        let quantity = case.party_size;
        let gesture = Gesture {
            kind: idea.kind,
            name: item_name(item, &case.site.language),
            item_id: Some(idea.item_id),
            quantity,
            value_minor: item.price_minor.saturating_mul(quantity),
            currency: item.currency.clone(),
            personalised: idea.personalised,
            strength: idea.strength,
            evidence: idea.evidence,
        };
        let cost_minor = item.cost_minor.unwrap_or(item.price_minor).saturating_mul(quantity);
        self.options.push(Offer { gesture, cost_minor });
    }

    fn add_note(&mut self, case: &Case<'_>) {
        let objection = (!case.touchpoint.hands_over).then_some("cannot_be_handed_over");
        self.add_without_item(case, GestureKind::HandwrittenNote, 0, objection);
    }

    /// Something off the next order, at most what the cap allows.
    fn add_credit(&mut self, case: &Case<'_>, cap: Option<i64>) {
        let listed = case.policy.gestures.credit.get(case.currency).copied();
        let value = listed.unwrap_or(0).min(cap.unwrap_or(0));
        let objection = match (listed, cap) {
            (None, _) => Some("no_credit_for_currency"),
            (_, None) => Some("no_cap_for_currency"),
            _ if value <= 0 => Some("over_cap"),
            _ => None,
        };
        self.add_without_item(case, GestureKind::Credit, value, objection);
    }

    fn add_without_item(&mut self, case: &Case<'_>, kind: GestureKind, value_minor: i64, objection: Option<&str>) {
        let rejected_because = objection.map(str::to_owned);
        if rejected_because.is_none() {
            let gesture = Gesture {
                kind,
                item_id: None,
                name: kind.name().to_owned(),
                quantity: 1,
                value_minor,
                currency: case.currency.to_owned(),
                personalised: false,
                strength: None,
                evidence: Vec::new(),
            };
            self.options.push(Offer { gesture, cost_minor: value_minor });
        }
        self.candidates.push(Candidate { option: kind.name().to_owned(), score: 0.0, rejected_because });
    }
}

/// The item's name in a language, else in English, else in any, else its id.
pub fn item_name(item: &CatalogueItem, language: &str) -> String {
    item.names
        .get(language)
        .or_else(|| item.names.get("en"))
        .or_else(|| item.names.values().next())
        .unwrap_or(&item.item_id)
        .clone()
}
