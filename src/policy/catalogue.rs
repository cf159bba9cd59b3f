//! What each site sells and may give away: the policy's file, overlaid key by key with what the catalogue topic says.
//!
//! Only the last word on each key counts, so every reader of the same topic has the same catalogue, in whatever order
//! keys come and whether or not Kafka has forgotten old records by then. A key without a value says nothing (Kafka
//! forgets it some day), so the file counts again; one that cannot be read lists nothing: what is unknown is not given.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::SENSITIVE_TAG;
use crate::events::{CatalogueItem, CatalogueUpdate};

/// Items by id; an entry for a site wins over the general one. A clone shares the items.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// By item id, then by site id; `None` is for every site.
    file: Arc<BTreeMap<String, BTreeMap<Option<String>, CatalogueItem>>>,
    /// By the record's key; `None` is an entry that nobody can read.
    topic: BTreeMap<String, Option<Arc<CatalogueItem>>>,
    /// Some entry is or was sensitive; most catalogues need not be asked.
    has_sensitive: bool,
}

impl Catalogue {
    /// Lists an item of the policy's file.
    pub fn insert(&mut self, item: CatalogueItem) {
        self.has_sensitive |= is_tagged_sensitive(&item);
        let versions = Arc::make_mut(&mut self.file).entry(item.item_id.clone()).or_default();
        versions.insert(item.site_id.clone(), item);
    }

    /// Takes one record of the catalogue topic; the caller has put those of one key in the order of the log.
    pub fn apply(&mut self, update: &CatalogueUpdate) {
        self.set(update.key(), update.item.clone().map(Arc::new));
    }

    /// The topic's entry of a key, which is [`CatalogueUpdate::key`]; `None` when it has none.
    pub fn set(&mut self, key: String, item: Option<Arc<CatalogueItem>>) {
        match item {
            Some(item) => {
                self.has_sensitive |= is_tagged_sensitive(&item);
                self.topic.insert(key, Some(item));
            }
            None => drop(self.topic.remove(&key)),
        }
    }

    /// The topic's entry of a key cannot be read: whatever was listed under it may be wrong by now.
    pub fn set_unreadable(&mut self, key: String) {
        self.topic.insert(key, None);
    }

    /// What the topic says, over what another policy's file lists.
    pub fn over(&self, file: &Self) -> Self {
        let has_sensitive = self.has_sensitive || file.has_sensitive;
        Self { file: Arc::clone(&file.file), topic: self.topic.clone(), has_sensitive }
    }

    /// Whether both lie over the same file.
    pub fn has_file_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file)
    }

    /// The item as this site has it.
    pub fn item(&self, site_id: &str, item_id: &str) -> Option<&CatalogueItem> {
        match self.entry(Some(site_id), item_id) {
            Some(entry) => entry,
            None => self.entry(None, item_id).flatten(),
        }
    }

    /// The one name of an item that is sold under several: where its `same_as` leads, or the first by the alphabet of
    /// those that lead to each other.
    pub fn kin<'a>(&'a self, site_id: &str, item_id: &'a str) -> &'a str {
        let mut names = vec![item_id];
        let mut name = item_id;
        while let Some(next) = self.item(site_id, name).and_then(|item| item.same_as.as_deref()) {
            if let Some(entered) = names.iter().position(|known| *known == next) {
                return names[entered..].iter().min().copied().unwrap_or(name);
            }
            names.push(next);
            name = next;
        }
        name
    }

    /// The item says something about health or belief, or is another name of one that does.
    pub fn is_sensitive(&self, site_id: &str, item_id: &str) -> bool {
        let is_tagged = |id: &str| self.item(site_id, id).is_some_and(is_tagged_sensitive);
        self.has_sensitive && (is_tagged(item_id) || is_tagged(self.kin(site_id, item_id)))
    }

    /// The entry of exactly this key: `Some(None)` where it cannot be read.
    fn entry(&self, site_id: Option<&str>, item_id: &str) -> Option<Option<&CatalogueItem>> {
        match self.topic.get(&CatalogueUpdate::key_of(site_id, item_id)) {
            None => self.in_file(site_id, item_id).map(Some),
            Some(None) => Some(None),
            // an item "a/b" for every site has the key of item "b" at site "a"
            Some(Some(item)) if item.site_id.as_deref() == site_id && item.item_id == item_id => Some(Some(item)),
            Some(Some(_)) => self.in_file(site_id, item_id).map(Some),
        }
    }

    fn in_file(&self, site_id: Option<&str>, item_id: &str) -> Option<&CatalogueItem> {
        let mut versions = self.file.get(item_id)?.iter();
        versions.find(|(site, _)| site.as_deref() == site_id).map(|(_, item)| item)
    }

    /// What the item is called in the first of `languages` that has a name ("da-DK" falls back to "da"), else in
    /// English, else in any language. `None` for an item that is not listed.
    pub fn name(&self, site_id: &str, item_id: &str, languages: &[&str]) -> Option<&str> {
        let names = &self.item(site_id, item_id)?.names;
        for language in languages {
            let base = language.split(['-', '_']).next().unwrap_or_default();
            if let Some(name) = names.get(*language).or_else(|| names.get(base)) {
                return Some(name);
            }
        }
        names.get("en").or_else(|| names.values().next()).map(String::as_str)
    }

    /// Every entry that counts: those of the file by item id, then those of the topic.
    pub fn items(&self) -> impl Iterator<Item = &CatalogueItem> {
        let overlaid = |item: &&CatalogueItem| !self.topic.contains_key(&item.key());
        let of_file = self.file.values().flat_map(BTreeMap::values).filter(overlaid);
        of_file.chain(self.topic.values().flatten().map(|item| &**item))
    }
}

fn is_tagged_sensitive(item: &CatalogueItem) -> bool {
    item.tags.iter().any(|tag| tag == SENSITIVE_TAG)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::events::Timestamp;

    fn item(site: Option<&str>, names: &[(&str, &str)]) -> CatalogueItem {
        let names: BTreeMap<String, String> = names.iter().map(|(l, n)| ((*l).to_owned(), (*n).to_owned())).collect();
        let item = json!({"item_id": "tea", "site_id": site, "names": names, "price_minor": 100, "currency": "DKK"});
        serde_json::from_value(item).unwrap()
    }

    /// A record of the topic; without a name it has no value.
    fn record(site: Option<&str>, item_id: &str, name: Option<&str>) -> CatalogueUpdate {
        let (site_id, time) = (site.map(str::to_owned), Timestamp::from_millis(0).unwrap());
        let item = name.map(|name| CatalogueItem { item_id: item_id.to_owned(), ..item(site, &[("en", name)]) });
        CatalogueUpdate { item_id: item_id.to_owned(), site_id, time, item }
    }

    fn name<'a>(catalogue: &'a Catalogue, site: &str) -> Option<&'a str> {
        catalogue.name(site, "tea", &["en"])
    }

    #[test]
    fn a_site_entry_wins_over_the_general_one() {
        let mut catalogue = Catalogue::default();
        catalogue.insert(item(None, &[("en", "tea")]));
        catalogue.insert(item(Some("a"), &[("en", "green tea")]));
        assert_eq!(name(&catalogue, "a"), Some("green tea"));
        assert_eq!(name(&catalogue, "b"), Some("tea"));
        assert_eq!(catalogue.name("b", "cake", &["en"]), None);
    }

    #[test]
    fn a_name_falls_back_to_the_base_language_then_english_then_any() {
        let mut catalogue = Catalogue::default();
        catalogue.insert(item(None, &[("da", "te"), ("en", "tea"), ("fr", "thé")]));
        assert_eq!(catalogue.name("a", "tea", &["sv", "da-DK"]), Some("te"));
        assert_eq!(catalogue.name("a", "tea", &["sv"]), Some("tea"));
        let mut french = Catalogue::default();
        french.insert(item(None, &[("fr", "thé")]));
        assert_eq!(french.name("a", "tea", &["sv"]), Some("thé"));
    }

    #[test]
    fn the_topic_overlays_the_file_key_by_key_and_a_tombstone_gives_way_to_it_again() {
        let mut catalogue = Catalogue::default();
        catalogue.insert(item(None, &[("en", "file")]));
        catalogue.apply(&record(Some("a"), "tea", Some("topic at a")));
        assert_eq!((name(&catalogue, "a"), name(&catalogue, "b")), (Some("topic at a"), Some("file")));
        catalogue.apply(&record(None, "tea", Some("topic")));
        assert_eq!((name(&catalogue, "a"), name(&catalogue, "b")), (Some("topic at a"), Some("topic")));
        assert_eq!(catalogue.items().count(), 2);
        catalogue.apply(&record(None, "tea", None));
        assert_eq!((name(&catalogue, "a"), name(&catalogue, "b")), (Some("topic at a"), Some("file")));
        catalogue.apply(&record(None, "cake", Some("cake")));
        catalogue.apply(&record(None, "cake", None));
        assert_eq!((catalogue.item("a", "cake"), catalogue.items().count()), (None, 2));
    }

    #[test]
    fn what_cannot_be_read_is_not_listed_not_even_by_the_file() {
        let mut catalogue = Catalogue::default();
        catalogue.insert(item(None, &[("en", "tea")]));
        catalogue.insert(item(Some("a"), &[("en", "green tea")]));
        catalogue.set_unreadable("a/tea".to_owned());
        assert_eq!((name(&catalogue, "a"), name(&catalogue, "b")), (None, Some("tea")));
        assert_eq!(catalogue.items().count(), 1);
        catalogue.apply(&record(Some("a"), "tea", Some("white tea")));
        assert_eq!(name(&catalogue, "a"), Some("white tea"));
    }

    #[test]
    fn an_item_whose_id_has_a_slash_is_not_another_items_entry_for_a_site() {
        let mut catalogue = Catalogue::default();
        catalogue.insert(item(None, &[("en", "tea")]));
        catalogue.apply(&record(None, "a/tea", Some("tea of kind a")));
        assert_eq!(name(&catalogue, "a"), Some("tea"));
        assert_eq!(catalogue.name("b", "a/tea", &["en"]), Some("tea of kind a"));
        // its tombstone reads as if it were the site's
        catalogue.apply(&record(Some("a"), "tea", None));
        assert_eq!(catalogue.item("b", "a/tea"), None);
    }

    proptest! {
        /// Neither the order of keys nor what was said before the last word matters.
        #[test]
        fn the_last_word_on_each_key_counts(
            words in proptest::collection::vec((0..3usize, 0..4usize, proptest::option::of(0..100u32)), 0..40),
            keys_first in any::<bool>(),
        ) {
            let sites = [None, Some("a"), Some("b")];
            let records: Vec<CatalogueUpdate> = words.iter().map(|(site, item, word)| {
                record(sites[*site], &format!("item-{item}"), word.map(|word| word.to_string()).as_deref())
            }).collect();
            let mut compacted: BTreeMap<String, CatalogueUpdate> = BTreeMap::new();
            let (mut all, mut last) = (Catalogue::default(), Catalogue::default());
            for catalogue in [&mut all, &mut last] {
                catalogue.insert(CatalogueItem { item_id: "item-0".to_owned(), ..item(None, &[("en", "file")]) });
            }
            for record in &records {
                all.apply(record);
                compacted.insert(record.key(), record.clone());
            }
            let mut order: Vec<&CatalogueUpdate> = compacted.values().collect();
            if keys_first {
                order.reverse();
            }
            // tombstones may be gone by the time
            for record in order.into_iter().filter(|record| keys_first || record.item.is_some()) {
                last.apply(record);
            }
            for site in ["a", "b", "c"] {
                for item in 0..4 {
                    let id = format!("item-{item}");
                    prop_assert_eq!(all.item(site, &id), last.item(site, &id));
                }
            }
        }
    }
}
