//! `catalogue.toml`: `[items.<id>]`, and `[site_items.<site>.<id>]` where a site sells it differently.

use std::collections::BTreeMap;

use crate::events::CatalogueItem;
use crate::policy::Catalogue;
use crate::policy::document::{self, Section};
use crate::policy::problems::{Report, Source};

pub fn read_catalogue(source: &Source, report: &Report) -> Catalogue {
    let mut catalogue = Catalogue::default();
    let table = document::parse(source, report);
    let root = Section::root(source, report, &table);
    let currency = root.get("currency").and_then(|field| field.currency());
    if let Some(items) = root.section("items") {
        read_items(items, None, currency.as_deref(), &mut catalogue);
    }
    if let Some(sites) = root.section("site_items") {
        for site in sites.entries() {
            if let Some(items) = site.section() {
                read_items(items, Some(site.key), currency.as_deref(), &mut catalogue);
            }
        }
    }
    root.finish();
    catalogue
}

fn read_items(items: Section<'_>, site_id: Option<&str>, file_currency: Option<&str>, catalogue: &mut Catalogue) {
    for field in items.entries() {
        let Some(section) = field.section() else { continue };
        if let Some(item) = read_item(section, field.key, site_id, file_currency) {
            catalogue.insert(item);
        }
    }
}

fn read_item(
    section: Section<'_>,
    item_id: &str,
    site_id: Option<&str>,
    file_currency: Option<&str>,
) -> Option<CatalogueItem> {
    let own_currency = section.get("currency").and_then(|field| field.currency());
    let currency = own_currency.or_else(|| file_currency.map(str::to_owned));
    if currency.is_none() {
        section.problem(format!("item {item_id:?} has no currency; name one here or at the top of the file"));
    }
    let currency = currency.unwrap_or_default();
    let mut names = BTreeMap::new();
    if let Some(section) = section.need("names").and_then(|field| field.section()) {
        for field in section.entries() {
            if let Some(name) = field.text() {
                names.insert(field.key.to_owned(), name);
            }
        }
        if names.is_empty() {
            section.problem(format!("item {item_id:?} has no name in any language"));
        }
    }
    let price_minor = section.need("price").and_then(|field| field.amount(&currency));
    let item = CatalogueItem {
        item_id: item_id.to_owned(),
        site_id: site_id.map(str::to_owned),
        names,
        price_minor: price_minor.unwrap_or_default(),
        cost_minor: section.get("cost").and_then(|field| field.amount(&currency)),
        currency,
        tags: section.get("tags").map(|field| field.texts()).unwrap_or_default(),
        giftable: section.get("giftable").and_then(|field| field.flag()).unwrap_or(true),
        available: section.get("available").and_then(|field| field.flag()).unwrap_or(true),
        same_as: section.get("same_as").and_then(|field| field.text()),
    };
    section.finish();
    price_minor.map(|_| item)
}
