//! The small thing that this guest would really value.
//!
//! Candidates: declared preferences, habits, upgrades and services, generic treats, points, a credit, a donation, a
//! handwritten note. Every check that one fails is its reason; fit comes first, and what it costs is never a reason to
//! prefer it.

mod checks;
mod ideas;
mod limits;
mod safety;

use serde::{Deserialize, Serialize};

use super::Case;
use crate::events::{Candidate, CatalogueItem, Evidence, Gesture, GestureKind, Severity};
use crate::policy::Rule;

pub use limits::Reach;

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
    /// Of an item, a service or an upgrade.
    id: Option<String>,
    personalised: bool,
    strength: Option<f64>,
    evidence: Vec<Evidence>,
}

impl Idea {
    /// Nothing that we know of this guest.
    fn impersonal(kind: GestureKind, id: Option<String>) -> Self {
        Self { kind, id, personalised: false, strength: None, evidence: Vec::new() }
    }

    fn option(&self) -> &str {
        self.id.as_deref().unwrap_or_else(|| self.kind.name())
    }

    fn is_service(&self) -> bool {
        matches!(self.kind, GestureKind::HabitService | GestureKind::HabitUpgrade)
    }
}

/// What an idea comes to, and what it is worth to the guest and costs the site.
struct Worth {
    name: String,
    quantity: i64,
    value_minor: i64,
    cost_minor: i64,
}

/// Everything that the rule allows, as far as this authority reaches.
pub fn choose(case: &Case<'_>, rule: &Rule, severity: Severity, reach: Reach) -> Choice {
    let limits = limits::Limits::of(case, rule, severity, reach);
    let mut choice = Choice::default();
    for idea in ideas::ideas(case, rule) {
        choice.consider(case, idea, &limits);
    }
    for kind in [GestureKind::HandwrittenNote, GestureKind::Credit] {
        // never nothing: a few words are in everybody's power, and a part of a credit may be
        if reach == Reach::Alone && choice.options.is_empty() {
            choice.consider(case, Idea::impersonal(kind, None), &limits);
        }
    }
    choice
}

impl Choice {
    fn consider(&mut self, case: &Case<'_>, idea: Idea, limits: &limits::Limits) {
        if self.candidates.iter().any(|known| known.option == idea.option()) {
            return;
        }
        let worth = checks::worth(case, &idea, limits);
        self.candidates.push(Candidate {
            option: idea.option().to_owned(),
            score: idea.strength.unwrap_or(0.0),
            rejected_because: worth.as_ref().err().map(|reason| (*reason).to_owned()),
        });
        let Ok(worth) = worth else { return };
        let gesture = Gesture {
            kind: idea.kind,
            item_id: idea.id,
            name: worth.name,
            quantity: worth.quantity,
            value_minor: worth.value_minor,
            currency: case.currency.to_owned(),
            personalised: idea.personalised,
            strength: idea.strength,
            evidence: idea.evidence,
        };
        self.options.push(Offer { gesture, cost_minor: worth.cost_minor });
    }
}

/// The item's name in a language, else in English, else in any, else its id.
pub fn item_name(item: &CatalogueItem, language: &str) -> String {
    text_in(&item.names, language).unwrap_or(&item.item_id).to_owned()
}

/// What stands for a language ("da-DK" falls back to "da"), else for English, else any.
pub fn text_in<'a>(texts: &'a std::collections::BTreeMap<String, String>, language: &str) -> Option<&'a str> {
    let base = language.split(['-', '_']).next().unwrap_or_default();
    let found = texts.get(language).or_else(|| texts.get(base)).or_else(|| texts.get("en"));
    found.or_else(|| texts.values().next()).map(String::as_str)
}
