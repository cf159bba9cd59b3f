//! What is given, in words, and what the choice rests on.

use std::collections::BTreeMap;

use serde::Serialize;

use super::clauses::known_name;
use super::{enumerate, render};
use crate::events::{ActionKind, Alternative, Gesture, GestureKind};
use crate::recovery::decision::Case;
use crate::recovery::decision::gesture::text_in;

pub(super) fn gift(case: &Case<'_>, gesture: &Gesture, languages: &[&str]) -> String {
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
pub(super) fn gift_or_else(
    case: &Case<'_>,
    gesture: &Gesture,
    other: Option<&Alternative>,
    languages: &[&str],
) -> String {
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

pub(super) fn evidence(case: &Case<'_>, gesture: &Gesture, languages: &[&str]) -> Option<String> {
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

pub(super) fn gifts(case: &Case<'_>, gestures: &[&Gesture], languages: &[&str]) -> String {
    let gifts: Vec<String> = gestures.iter().map(|given| gift(case, given, languages)).collect();
    enumerate(case, &gifts, languages)
}
