//! What each site sells and may give away.

use std::collections::BTreeMap;

use crate::events::{CatalogueItem, CatalogueUpdate};

/// Items by id; an entry for a site wins over the general one.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// By item id, then by site id; `None` is for every site.
    items: BTreeMap<String, BTreeMap<Option<String>, CatalogueItem>>,
}

impl Catalogue {
    pub fn insert(&mut self, item: CatalogueItem) {
        self.items.entry(item.item_id.clone()).or_default().insert(item.site_id.clone(), item);
    }

    /// Takes one record of the catalogue topic; the caller has put them in the order of the log.
    pub fn apply(&mut self, update: &CatalogueUpdate) {
        if let Some(item) = &update.item {
            self.insert(item.clone());
            return;
        }
        if let Some(versions) = self.items.get_mut(&update.item_id) {
            versions.remove(&update.site_id);
            if versions.is_empty() {
                self.items.remove(&update.item_id);
            }
        }
    }

    /// The item as this site has it.
    pub fn item(&self, site_id: &str, item_id: &str) -> Option<&CatalogueItem> {
        let versions = self.items.get(item_id)?;
        let own = versions.iter().find(|(site, _)| site.as_deref() == Some(site_id));
        own.map(|(_, item)| item).or_else(|| versions.get(&None))
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

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Every entry, by item id.
    pub fn items(&self) -> impl Iterator<Item = &CatalogueItem> {
        self.items.values().flat_map(BTreeMap::values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(site: Option<&str>, names: &[(&str, &str)]) -> CatalogueItem {
        let names: BTreeMap<String, String> = names.iter().map(|(l, n)| ((*l).to_owned(), (*n).to_owned())).collect();
        let site = serde_json::json!(site);
        let names = serde_json::json!(names);
        serde_json::from_value(serde_json::json!({
            "item_id": "tea", "site_id": site, "names": names, "price_minor": 100, "currency": "DKK"
        }))
        .unwrap()
    }

    #[test]
    fn a_site_entry_wins_over_the_general_one() {
        let mut catalogue = Catalogue::default();
        catalogue.insert(item(None, &[("en", "tea")]));
        catalogue.insert(item(Some("a"), &[("en", "green tea")]));
        assert_eq!(catalogue.name("a", "tea", &["en"]), Some("green tea"));
        assert_eq!(catalogue.name("b", "tea", &["en"]), Some("tea"));
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
}
