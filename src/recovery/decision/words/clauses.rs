//! What went wrong, as clauses that name the concrete thing: "the blue cheese and the extra dressing were missing".

use serde::Serialize;

use super::{enumerate, render};
use crate::events::{FailureKind, Millis, Shortfall, ShortfallSource};
use crate::recovery::decision::{Case, naming};

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

pub(in crate::recovery::decision) fn name_of(
    case: &Case<'_>,
    shortfall: &Shortfall,
    languages: &[&str],
) -> Option<String> {
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
pub(in crate::recovery::decision) fn known_name(case: &Case<'_>, item_id: &str, languages: &[&str]) -> Option<String> {
    let listed = case.catalogue.name(case.site_id, item_id, languages);
    listed.or_else(|| case.order.and_then(|order| order.item_name(item_id))).map(str::to_owned)
}
