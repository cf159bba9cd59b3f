//! What each site sells and may give away.

use std::collections::BTreeMap;

use crate::events::CatalogueItem;

/// Items by id; an entry for a site wins over the general one.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    items: BTreeMap<(Option<String>, String), CatalogueItem>,
}

impl Catalogue {
    pub fn insert(&mut self, item: CatalogueItem) {
        self.items.insert((item.site_id.clone(), item.item_id.clone()), item);
    }

    /// The item as this site has it.
    pub fn item(&self, site_id: &str, item_id: &str) -> Option<&CatalogueItem> {
        self.items
            .get(&(Some(site_id.to_owned()), item_id.to_owned()))
            .or_else(|| self.items.get(&(None, item_id.to_owned())))
    }
}
