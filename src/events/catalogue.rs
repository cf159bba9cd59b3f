//! `CatalogueItem`: what a site sells and may give away. An item that is not listed is not giftable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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

fn yes() -> bool {
    true
}
