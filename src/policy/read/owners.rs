//! `[insights]` and `[[owner]]`: when a cause is told, and to whom.

use super::set;
use crate::events::Millis;
use crate::policy::Catalogue;
use crate::policy::document::Section;
use crate::policy::field::Field;
use crate::policy::problems::unknown;
use crate::policy::{InsightPolicy, Owner, OwnerWhen};

pub fn insights(root: &Section<'_>) -> InsightPolicy {
    let mut insights = InsightPolicy {
        threshold: 5,
        window: Millis::hours(24),
        resolve_at: 1,
        resolve_after: Millis::hours(24),
        mass_guests: 10,
        mass_window: Millis::minutes(10),
    };
    let Some(section) = root.section("insights") else { return insights };
    if root.sections("owner").is_empty() {
        section.problem("nobody hears of these insights: add [[owner]] entries, the last one without `when`");
    }
    let count = |key: &str, least: u32| {
        let field = section.get(key)?;
        let count = field.count()?;
        if count < least {
            field.problem(format!("insights.{key} must be at least {least}"));
        }
        Some(count)
    };
    let time = |key: &str| {
        let field = section.get(key)?;
        let time = field.duration()?;
        if time == Millis::ZERO {
            field.problem(format!("insights.{key} must be longer than nothing"));
        }
        Some(time)
    };
    set(&mut insights.threshold, count("threshold", 1));
    set(&mut insights.window, time("window"));
    set(&mut insights.resolve_at, count("resolve_at", 0));
    set(&mut insights.resolve_after, time("resolve_after"));
    set(&mut insights.mass_guests, count("mass_guests", 2));
    set(&mut insights.mass_window, time("mass_window"));
    let threshold = insights.threshold;
    if let Some(field) = section.get("resolve_at").filter(|_| threshold > 0 && insights.resolve_at >= threshold) {
        field.problem(format!("insights.resolve_at must be less than the threshold of {threshold}"));
    }
    if let Some(field) = section.get("mass_window").filter(|_| insights.mass_window > insights.window) {
        field.problem("insights.mass_window must not be longer than insights.window");
    }
    section.finish();
    insights
}

pub fn owners(root: &Section<'_>, touchpoints: &[String], catalogue: &Catalogue) -> Vec<Owner> {
    let sections = root.sections("owner");
    let last = sections.len().saturating_sub(1);
    let mut owners = Vec::new();
    for (index, section) in sections.into_iter().enumerate() {
        let role = section.need("role").and_then(|field| field.text()).unwrap_or_default();
        let has_when = section.has("when");
        if index == last && has_when {
            section.problem("the last owner must be without `when`, so that every cause has one");
        }
        if index < last && !has_when {
            section.problem("only the last owner may be without `when`: those after it would never hear of anything");
        }
        let when = section.section("when").map(|when| read_when(when, touchpoints, catalogue)).unwrap_or_default();
        section.finish();
        owners.push(Owner { when, role });
    }
    owners
}

fn read_when(section: Section<'_>, touchpoints: &[String], catalogue: &Catalogue) -> OwnerWhen {
    let texts = |key: &str| section.get(key).map(|field| field.texts()).unwrap_or_default();
    let mut tags: Vec<&str> = catalogue.items().flat_map(|item| item.tags.iter().map(String::as_str)).collect();
    tags.sort_unstable();
    tags.dedup();
    let touchpoints: Vec<&str> = touchpoints.iter().map(String::as_str).collect();
    let when = OwnerWhen {
        failure: section.get("failure").map(|field| field.names("failure kind")).unwrap_or_default(),
        reason: section.get("reason").map(|field| field.names("reason")).unwrap_or_default(),
        site: texts("site"),
        touchpoint: section
            .get("touchpoint")
            .map(|field| known(&field, "touchpoint", &touchpoints))
            .unwrap_or_default(),
        item_tag: section
            .get("item_tag")
            .map(|field| known(&field, "tag of catalogue.toml", &tags))
            .unwrap_or_default(),
        carrier: texts("carrier"),
    };
    if section.entries().is_empty() {
        section.problem("an empty `when` matches everything; leave it out to say so");
    }
    section.finish();
    when
}

/// Names that must be among those that the policy knows.
fn known(field: &Field<'_>, kind: &str, names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for field in field.items() {
        let Some(name) = field.text() else { continue };
        if names.contains(&name.as_str()) {
            found.push(name);
        } else {
            field.problem(unknown(kind, &name, names));
        }
    }
    found
}
