//! Expected decisions against those that were made: which belong together, and how each differs.
//!
//! A list is exact. Which expectation means which decision is decided so that as many as possible fit; what is left on
//! either side is a failure, told with the nearest one on the other side.

use super::card::{Card, Seen};
use super::expected::{Expect, Expectation, Place, Want};
use super::fields::Sort;

/// One key that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    pub key: &'static str,
    pub expected: String,
    pub got: String,
}

/// What went otherwise than the scenario says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "failure", rename_all = "snake_case")]
pub enum Failure {
    /// Nothing like it was decided; `got` is the nearest decision.
    Missing {
        sort: Sort,
        expected: String,
        got: Option<String>,
        differences: Vec<Difference>,
        reasons: Vec<String>,
    },
    Unexpected {
        sort: Sort,
        got: String,
        reasons: Vec<String>,
    },
    /// The story cannot be told as it is written.
    Story {
        reason: String,
    },
}

/// Every failure of one `[[expect]]`, given all that was decided up to its moment.
pub fn compare(expect: &Expect, cards: &[Card]) -> Vec<(Place, Failure)> {
    let mut failures = Vec::new();
    for (sort, place, list) in &expect.lists {
        let is_meant = |card: &&Card| {
            let is_of = |order: &String| card.order.as_ref() == Some(order);
            card.sort == *sort
                && expect.of.as_ref().is_none_or(is_of)
                && expect.since.is_none_or(|since| card.first >= since)
        };
        let cards: Vec<&Card> = cards.iter().filter(is_meant).collect();
        compare_list(*sort, *place, list, &cards, &mut failures);
    }
    failures
}

fn compare_list(sort: Sort, place: Place, list: &[Expectation], cards: &[&Card], failures: &mut Vec<(Place, Failure)>) {
    let wanted: Vec<&Expectation> = list.iter().flat_map(|one| std::iter::repeat_n(one, one.count)).collect();
    let fits: Vec<Vec<usize>> = wanted
        .iter()
        .map(|one| (0..cards.len()).filter(|card| differences(one, cards[*card]).is_empty()).collect())
        .collect();
    let taken = assign(&fits, cards.len());
    let mut left: Vec<usize> = (0..cards.len()).filter(|card| taken[*card].is_none()).collect();
    let mut already: Option<Place> = None;
    for (index, one) in wanted.iter().enumerate().filter(|(index, _)| !taken.contains(&Some(*index))) {
        // three hundred that are missing for one reason are one failure
        if one.count > 1 && already.replace(one.place) == Some(one.place) {
            continue;
        }
        let found = fits[index].len().min(one.count);
        let nearest = left.iter().copied().min_by_key(|card| distance(one, cards[*card]));
        left.retain(|card| Some(*card) != nearest);
        let card = nearest.map(|card| cards[card]);
        let mut expected = describe(one);
        if one.count > 1 {
            expected = format!("{} x {expected} ({found} found)", one.count);
        }
        let failure = Failure::Missing {
            sort,
            expected,
            got: card.map(|card| card.title.clone()),
            differences: card.map(|card| differences(one, card)).unwrap_or_default(),
            reasons: card.map(|card| card.reasons.clone()).unwrap_or_default(),
        };
        failures.push((one.place, failure));
    }
    for card in left {
        let (got, reasons) = (cards[card].title.clone(), cards[card].reasons.clone());
        failures.push((place, Failure::Unexpected { sort, got, reasons }));
    }
}

/// The largest assignment (augmenting paths): by card, which expectation took it.
fn assign(fits: &[Vec<usize>], cards: usize) -> Vec<Option<usize>> {
    let mut taken = vec![None; cards];
    for index in 0..fits.len() {
        place(index, fits, &mut taken, &mut vec![false; cards]);
    }
    taken
}

fn place(index: usize, fits: &[Vec<usize>], taken: &mut [Option<usize>], tried: &mut [bool]) -> bool {
    if let Some(&free) = fits[index].iter().find(|card| taken[**card].is_none()) {
        taken[free] = Some(index);
        return true;
    }
    for &card in &fits[index] {
        if std::mem::replace(&mut tried[card], true) {
            continue;
        }
        if taken[card].is_none_or(|other| place(other, fits, taken, tried)) {
            taken[card] = Some(index);
            return true;
        }
    }
    false
}

/// How far a decision is from what was expected: another kind is further than any other difference.
fn distance(one: &Expectation, card: &Card) -> usize {
    let differences = differences(one, card);
    let is_other = differences.iter().any(|difference| matches!(difference.key, "kind" | "order" | "failure"));
    differences.len() + if is_other { 100 } else { 0 }
}

fn differences(one: &Expectation, card: &Card) -> Vec<Difference> {
    let mut found = Vec::new();
    for (key, looked_at, want) in &one.wanted {
        let Some(seen) = card.seen.get(looked_at) else { continue };
        if let Some((expected, got)) = difference(want, seen) {
            found.push(Difference { key, expected, got });
        }
    }
    found
}

/// What was expected and what there is, unless it fits.
fn difference(want: &Want, seen: &Seen) -> Option<(String, String)> {
    match (want, seen) {
        (Want::Is(want), Seen::One(seen)) => (want != seen).then(|| (or_none(want), or_none(seen))),
        (Want::Contains(parts), Seen::One(text)) => {
            let text = text.as_deref().unwrap_or_default();
            let missing: Vec<String> = parts.iter().filter(|part| !text.contains(*part)).cloned().collect();
            (!missing.is_empty()).then(|| (format!("with {}", quoted(&missing)), format!("{text:?}")))
        }
        (Want::Lacks(parts), Seen::One(text)) => {
            let text = text.as_deref().unwrap_or_default();
            let present: Vec<String> = parts.iter().filter(|part| text.contains(*part)).cloned().collect();
            (!present.is_empty()).then(|| (format!("without {}", quoted(&present)), format!("{text:?}")))
        }
        (Want::List(want), Seen::List(seen)) => {
            let is_it = |(want, seen): (&String, &String)| {
                seen.strip_prefix(want.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            };
            let is_same = want.len() == seen.len() && want.iter().zip(seen).all(is_it);
            (!is_same).then(|| (quoted(want), quoted(seen)))
        }
        (Want::Pairs(want), Seen::Pairs(seen)) => {
            let other: Vec<&String> = want.keys().filter(|key| seen.get(*key) != want.get(*key)).collect();
            let show = |pairs: &std::collections::BTreeMap<String, String>| {
                let show = |key: &&String| format!("{key} = {:?}", pairs.get(*key).map_or("none", String::as_str));
                other.iter().map(show).collect::<Vec<_>>().join(", ")
            };
            (!other.is_empty()).then(|| (show(want), show(seen)))
        }
        _ => None,
    }
}

fn or_none(text: &Option<String>) -> String {
    text.clone().unwrap_or_else(|| "none".to_owned())
}

fn quoted(texts: &[String]) -> String {
    if texts.is_empty() {
        return "nothing".to_owned();
    }
    texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(", ")
}

/// The expectation in one line.
fn describe(one: &Expectation) -> String {
    let part = |(key, _, want): &(&'static str, &'static str, Want)| match want {
        Want::Is(value) => format!("{key} {}", or_none(value)),
        Want::Contains(parts) | Want::Lacks(parts) | Want::List(parts) => format!("{key} {}", quoted(parts)),
        Want::Pairs(pairs) => {
            format!(
                "{key} {}",
                pairs.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
            )
        }
    };
    one.wanted.iter().map(part).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vague_expectation_leaves_the_exact_one_its_decision() {
        // the first fits both decisions, the second only the first one
        assert_eq!(assign(&[vec![0, 1], vec![0]], 2), [Some(1), Some(0)]);
        assert_eq!(assign(&[vec![0], vec![0]], 1), [Some(0)]);
        assert_eq!(assign(&[vec![], vec![0, 1], vec![1]], 2), [Some(1), Some(2)]);
    }
}
