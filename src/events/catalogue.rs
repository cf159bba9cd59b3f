//! `CatalogueItem`: what a site sells and may give away. An item that is not listed is not giftable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CatalogueUpdate, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueItem {
    pub item_id: String,
    #[serde(default)]
    pub site_id: Option<String>,
    /// By language.
    pub names: BTreeMap<String, String>,
    pub price_minor: i64,
    #[serde(default)]
    pub cost_minor: Option<i64>,
    pub currency: String,
    /// As `alcohol`, `contains:nuts`, `sensitive`.
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default = "yes")]
    pub giftable: bool,
    #[serde(default = "yes")]
    pub available: bool,
    #[serde(default)]
    pub same_as: Option<String>,
}

impl CatalogueItem {
    /// The key of its record on the catalogue topic: `item_id`, or `site_id/item_id`.
    pub fn key(&self) -> String {
        CatalogueUpdate::key_of(self.site_id.as_deref(), &self.item_id)
    }
}

impl CatalogueUpdate {
    /// The key of the record. Two updates of the same key are about the same entry.
    pub fn key(&self) -> String {
        Self::key_of(self.site_id.as_deref(), &self.item_id)
    }

    /// The key of an item's entry for a site, or with `None` of its entry for every site.
    pub fn key_of(site_id: Option<&str>, item_id: &str) -> String {
        match site_id {
            Some(site_id) => format!("{site_id}/{item_id}"),
            None => item_id.to_owned(),
        }
    }

    /// As if the record had no value: what its key alone says.
    pub fn of_key(key: &str, time: Timestamp) -> Self {
        let (site_id, item_id) = match key.split_once('/') {
            Some((site_id, item_id)) => (Some(site_id.to_owned()), item_id.to_owned()),
            None => (None, key.to_owned()),
        };
        Self { item_id, site_id, time, item: None }
    }
}

fn yes() -> bool {
    true
}
