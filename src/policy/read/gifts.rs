//! `[gestures.services]`, `[gestures.upgrades]`, points, donation, and the country table `[[gestures.permitted]]`.

use std::collections::BTreeMap;

use crate::document::problems::unknown;
use crate::events::GestureKind;
use crate::policy::document::Section;
use crate::policy::field::Field;
use crate::policy::gifts::{ADULT_AGE, Donation, GiftPermission, LoyaltyPoints, Service};
use crate::policy::model::GesturePolicy;
use crate::policy::read::places::country;

pub fn gifts(section: &Section<'_>, touchpoints: &[&str], gestures: &mut GesturePolicy) {
    for (key, kind) in [("services", GestureKind::HabitService), ("upgrades", GestureKind::HabitUpgrade)] {
        let Some(listed) = section.section(key) else { continue };
        for field in listed.entries() {
            let Some(section) = field.section() else { continue };
            let service = service(section, kind, touchpoints);
            if gestures.services.insert(field.key.to_owned(), service).is_some() {
                field.key_problem(format!("{:?} is the name of a service already", field.key));
            }
        }
    }
    gestures.points = section.section("points").map(points);
    gestures.donation = section.section("donation").map(donation);
    gestures.permitted = section.sections("permitted").into_iter().map(|row| permission(row, touchpoints)).collect();
}

fn service(section: Section<'_>, kind: GestureKind, touchpoints: &[&str]) -> Service {
    let amounts = |key: &str| section.get(key).and_then(|field| field.amounts());
    let texts = |key: &str| section.get(key).map(|field| field.texts()).unwrap_or_default();
    let service = Service {
        kind,
        names: section.need("names").map(|field| texts_by_language(&field)).unwrap_or_default(),
        value: section.need("value").and_then(|field| field.amounts()).unwrap_or_default(),
        cost: amounts("cost").unwrap_or_default(),
        touchpoints: known_touchpoints(&section, touchpoints),
        habit: texts("habit"),
        preference: texts("preference"),
    };
    if service.habit.is_empty() && service.preference.is_empty() {
        section.problem("nobody can earn it: say which `habit` (items) or which declared `preference` does");
    }
    section.finish();
    service
}

fn points(section: Section<'_>) -> LoyaltyPoints {
    let points = section.need("points").and_then(|field| {
        let points = field.count()?;
        if points == 0 {
            field.problem("no points are no gesture");
        }
        Some(points)
    });
    let value = section.need("value").and_then(|field| field.amounts());
    section.finish();
    LoyaltyPoints { points: points.unwrap_or(0), value: value.unwrap_or_default() }
}

fn donation(section: Section<'_>) -> Donation {
    let donation = Donation {
        causes: section.need("cause").map(|field| texts_by_language(&field)).unwrap_or_default(),
        amount: section.need("amount").and_then(|field| field.amounts()).unwrap_or_default(),
        for_opted_out: section.get("for_opted_out").and_then(|field| field.flag()).unwrap_or(true),
    };
    section.finish();
    donation
}

fn permission(section: Section<'_>, touchpoints: &[&str]) -> GiftPermission {
    let min_age = section.need("min_age").and_then(|field| {
        let age = field.count()?;
        if age > ADULT_AGE {
            field.problem(format!("`adult` in a profile proves {ADULT_AGE} years and no more: leave this row out"));
        }
        Some(age)
    });
    let permission = GiftPermission {
        country: section.need("country").and_then(|field| country(&field)).unwrap_or_default(),
        tags: section.need("tags").map(|field| field.texts()).unwrap_or_default(),
        touchpoints: known_touchpoints(&section, touchpoints),
        min_age: min_age.unwrap_or(ADULT_AGE),
    };
    section.finish();
    permission
}

fn texts_by_language(field: &Field<'_>) -> BTreeMap<String, String> {
    let Some(section) = field.section() else { return BTreeMap::new() };
    let mut texts = BTreeMap::new();
    for field in section.entries() {
        if let Some(text) = field.text() {
            texts.insert(field.key.to_owned(), text);
        }
    }
    texts
}

fn known_touchpoints(section: &Section<'_>, known: &[&str]) -> Vec<String> {
    let Some(field) = section.get("touchpoints") else { return Vec::new() };
    let mut names = Vec::new();
    for field in field.items() {
        let Some(name) = field.text() else { continue };
        if known.contains(&name.as_str()) {
            names.push(name);
        } else {
            field.problem(unknown("touchpoint", &name, known));
        }
    }
    names
}
