//! The fold: of every id the highest revision, whatever the order, however often a record comes.
//!
//! Two boards that have read the same records show the same, so any number of these apps can run side by side. What has
//! ended long ago is dropped, but not the number of its revision: a late delivery must not bring it back.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::{Map, Value};

use crate::card::Card;

#[derive(Debug, Default)]
pub struct Board {
    cards: HashMap<String, Card>,
    /// Revisions of cards that were dropped.
    dropped: HashMap<String, i64>,
}

impl Board {
    /// Takes a revision. Returns the ids of the cards that look different now: none when it was old news.
    pub fn apply(&mut self, card: Card) -> Vec<String> {
        if self.dropped.get(&card.id).is_some_and(|known| *known >= card.revision) {
            return Vec::new();
        }
        let id = card.id.clone();
        let was_open = match self.cards.entry(id.clone()) {
            Entry::Occupied(known) if known.get().revision >= card.revision => return Vec::new(),
            Entry::Occupied(mut known) => Some(known.insert(card).is_open()),
            Entry::Vacant(place) => {
                place.insert(card);
                None
            }
        };
        self.dropped.remove(&id);
        let mut changed = Vec::new();
        if was_open != self.cards.get(&id).map(Card::is_open) {
            let waits = |other: &&Card| other.after.as_deref() == Some(id.as_str());
            changed.extend(self.cards.values().filter(waits).map(|other| other.id.clone()));
        }
        changed.push(id);
        changed
    }

    /// Drops what is of no interest at `now` (epoch milliseconds) any more. Returns the ids.
    pub fn drop_old(&mut self, now: i64, keep_millis: i64) -> Vec<String> {
        let is_old = |card: &&Card| card.of_interest_until(keep_millis) < now;
        let old: Vec<(String, i64)> =
            self.cards.values().filter(is_old).map(|card| (card.id.clone(), card.revision)).collect();
        for (id, revision) in &old {
            self.cards.remove(id);
            self.dropped.insert(id.clone(), *revision);
        }
        old.into_iter().map(|(id, _)| id).collect()
    }

    pub fn card(&self, id: &str) -> Option<&Card> {
        self.cards.get(id)
    }

    pub fn cards(&self) -> impl Iterator<Item = &Card> {
        self.cards.values()
    }

    /// What must come first has not been done yet, as far as this board knows.
    pub fn must_wait(&self, card: &Card) -> bool {
        card.after.as_ref().and_then(|first| self.cards.get(first)).is_some_and(Card::is_open)
    }

    /// A card as the page gets it.
    pub fn view(&self, card: &Card) -> Value {
        let mut fields: Map<String, Value> = card.fields.clone();
        fields.insert("source".to_owned(), card.source.name().into());
        fields.insert("must_wait".to_owned(), self.must_wait(card).into());
        Value::Object(fields)
    }
}

#[cfg(test)]
mod tests;
