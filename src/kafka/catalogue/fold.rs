//! The records of the catalogue topic folded into a catalogue: the last word on each key, whatever the order in which
//! partitions are read.
//!
//! Producers send a key to one partition, where its last record counts. Once the topic is given more partitions a key may
//! move and leave old records behind: then the partition whose last word was written later counts.

use std::collections::HashMap;
use std::sync::Arc;

use crate::events::{CatalogueItem, CatalogueUpdate, Timestamp};
use crate::policy::Catalogue;

/// What the topic says of a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    Listed(Arc<CatalogueItem>),
    /// No value: no longer listed.
    Silent,
    Unreadable,
}

/// The last word of one partition.
#[derive(Debug)]
struct Said {
    partition: i32,
    time: Timestamp,
    word: Word,
}

#[derive(Debug)]
pub struct Fold {
    /// Shared with whoever decides; copied once they have it and something changes.
    catalogue: Arc<Catalogue>,
    keys: HashMap<String, Vec<Said>>,
    changed: bool,
}

impl Fold {
    /// `file` is what the policy lists.
    pub fn over(file: Catalogue) -> Self {
        Self { catalogue: Arc::new(file), keys: HashMap::new(), changed: false }
    }

    pub fn update(&mut self, partition: i32, update: CatalogueUpdate) {
        let (key, time) = (update.key(), update.time);
        let word = update.item.map_or(Word::Silent, |item| Word::Listed(Arc::new(item)));
        self.say(key, Said { partition, time, word });
    }

    /// A record about this item that nobody can read.
    pub fn unreadable(&mut self, partition: i32, about: &CatalogueUpdate) {
        self.say(about.key(), Said { partition, time: about.time, word: Word::Unreadable });
    }

    /// The catalogue, if it is another one than the last time.
    pub fn take_changed(&mut self) -> Option<Arc<Catalogue>> {
        std::mem::take(&mut self.changed).then(|| Arc::clone(&self.catalogue))
    }

    /// Keys whose last word cannot be read.
    pub fn unreadable_keys(&self) -> usize {
        self.keys.values().filter(|said| matches!(last(said), Some(Word::Unreadable))).count()
    }

    fn say(&mut self, key: String, said: Said) {
        let all = self.keys.entry(key.clone()).or_default();
        let before = last(all).cloned();
        all.retain(|other| other.partition != said.partition);
        all.push(said);
        let Some(now) = last(all).cloned() else { return };
        if before.as_ref() == Some(&now) {
            return;
        }
        self.changed = true;
        let catalogue = Arc::make_mut(&mut self.catalogue);
        match now {
            Word::Listed(item) => catalogue.set(key, Some(item)),
            Word::Silent => catalogue.set(key, None),
            Word::Unreadable => catalogue.set_unreadable(key),
        }
    }
}

/// The word that counts among those of several partitions.
fn last(all: &[Said]) -> Option<&Word> {
    all.iter().max_by_key(|said| (said.time, said.partition)).map(|said| &said.word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    fn update(item: &str, time: i64, price: Option<i64>) -> CatalogueUpdate {
        let item_of = |price: i64| {
            let item = json!({"item_id": item, "names": {"en": item}, "price_minor": price, "currency": "DKK"});
            serde_json::from_value(item).unwrap()
        };
        CatalogueUpdate { item_id: item.to_owned(), site_id: None, time: at(time), item: price.map(item_of) }
    }

    fn price(catalogue: &Catalogue, item: &str) -> Option<i64> {
        catalogue.item("a", item).map(|item| item.price_minor)
    }

    #[test]
    fn what_says_nothing_new_is_no_change() {
        let mut fold = Fold::over(Catalogue::default());
        assert!(fold.take_changed().is_none());
        fold.update(0, update("tea", 1, Some(10)));
        assert_eq!(price(&fold.take_changed().unwrap(), "tea"), Some(10));
        fold.update(0, update("tea", 2, Some(10)));
        assert!(fold.take_changed().is_none());
    }

    #[test]
    fn a_catalogue_that_was_handed_out_does_not_change_any_more() {
        let mut fold = Fold::over(Catalogue::default());
        fold.update(0, update("tea", 1, Some(10)));
        let before = fold.take_changed().unwrap();
        fold.update(0, update("tea", 2, Some(20)));
        assert_eq!((price(&before, "tea"), price(&fold.take_changed().unwrap(), "tea")), (Some(10), Some(20)));
    }

    #[test]
    fn an_unreadable_record_hides_the_one_before_it_until_the_next_good_one() {
        let mut fold = Fold::over(Catalogue::default());
        fold.update(0, update("tea", 1, Some(10)));
        fold.unreadable(0, &update("tea", 2, None));
        assert_eq!((price(&fold.take_changed().unwrap(), "tea"), fold.unreadable_keys()), (None, 1));
        fold.update(0, update("tea", 3, Some(30)));
        assert_eq!((price(&fold.take_changed().unwrap(), "tea"), fold.unreadable_keys()), (Some(30), 0));
    }

    #[test]
    fn within_a_partition_the_offset_counts_and_not_the_time() {
        let mut fold = Fold::over(Catalogue::default());
        fold.update(0, update("tea", 100, Some(10)));
        fold.update(0, update("tea", 50, Some(20)));
        assert_eq!(price(&fold.take_changed().unwrap(), "tea"), Some(20));
    }

    proptest! {
        /// Partitions may be read one after the other or in turns, after the topic was given more of them too.
        #[test]
        fn the_order_of_partitions_does_not_matter(
            records in proptest::collection::vec((0..3_i32, 0..3_usize, 0..50_i64, proptest::option::of(0..9_i64)), 0..30),
            turns in proptest::collection::vec(0..3_i32, 60),
        ) {
            let read = |partitions: &mut dyn Iterator<Item = i32>| {
                let mut fold = Fold::over(Catalogue::default());
                let mut next = [0; 3];
                for partition in partitions {
                    let mut own = records.iter().filter(|record| record.0 == partition);
                    if let Some((_, item, time, price)) = own.nth(next[partition as usize]) {
                        next[partition as usize] += 1;
                        fold.update(partition, update(&format!("item-{item}"), *time, *price));
                    }
                }
                fold.catalogue
            };
            let one_by_one: Vec<i32> = (0..3).flat_map(|partition| [partition; 30]).collect();
            let (first, second) =
                (read(&mut one_by_one.iter().copied()), read(&mut turns.into_iter().chain(one_by_one.iter().copied())));
            for item in 0..3 {
                let id = format!("item-{item}");
                prop_assert_eq!(price(&first, &id), price(&second, &id));
            }
        }
    }
}
