//! Which things a sentence names, and how many of them: what is put right, and what it is about.
//!
//! A remedy names what is brought, made or paid: for a dressing that is missing that is the dressing when it is brought,
//! and the salad when it is taken off the bill.

use super::Case;
use super::money::is_of_line;
use super::words::{known_name, name_of};
use crate::events::{FailureKind, RemedyKind, Shortfall};

/// "the salads and the burger": what a remedy of this kind is about, in the first of the languages.
pub fn of_remedy(case: &Case<'_>, kind: RemedyKind, languages: &[&str]) -> String {
    let whole_things = matches!(kind, RemedyKind::Refund | RemedyKind::Redo);
    let mut names: Vec<String> = Vec::new();
    for shortfall in case.shortfalls {
        let is_a_part = shortfall.modifier_id.is_some();
        let name = if is_a_part && whole_things {
            shortfall.item_id.as_deref().and_then(|item_id| known_name(case, item_id, languages))
        } else {
            name_of(case, shortfall, languages)
        };
        let name = match name {
            // a dressing is no thing of its own: the sentence finds its article
            Some(name) if is_a_part && !whole_things => name,
            Some(name) => {
                let quantity = if is_a_part { quantity_of_line(case, shortfall) } else { quantity(case, shortfall) };
                case.policy.phrases.the(languages, &name, quantity.unwrap_or(1))
            }
            None => continue,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    case.policy.phrases.join(languages, &names)
}

/// How many of a thing failed, where that is known: all of the line, for what did not come at all.
pub fn quantity(case: &Case<'_>, shortfall: &Shortfall) -> Option<i64> {
    shortfall.quantity.or_else(|| match shortfall.kind {
        FailureKind::StockoutAfterOrder => {
            let mut gone = case.order?.stockouts.iter();
            gone.find(|(line, ..)| is_of_line(shortfall, line)).map(|(_, missing, _)| *missing)
        }
        FailureKind::ItemMissing => quantity_of_line(case, shortfall),
        _ => None,
    })
}

fn quantity_of_line(case: &Case<'_>, shortfall: &Shortfall) -> Option<i64> {
    case.order?.lines.iter().find(|line| is_of_line(shortfall, line)).map(|line| line.quantity)
}
