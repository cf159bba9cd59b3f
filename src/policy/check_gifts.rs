//! What only the whole policy shows about gestures: amounts that are missing, names nobody can read, items nobody
//! sells.

use crate::events::GestureKind;

use super::check::{Places, check_amounts, has_language, report_at};
use super::document::Section;
use super::field::Field;
use super::model::{Policy, Rule};
use super::problems::unknown;

pub(super) fn check(policy: &Policy, root: &Section<'_>, places: &Places<'_>) {
    check_rules(policy, root);
    let Some(section) = root.section("gestures") else { return };
    for key in ["services", "upgrades"] {
        let Some(listed) = section.section(key) else { continue };
        for field in listed.entries() {
            let Some(section) = field.section() else { continue };
            check_names(&section, "names", places);
            check_values(&section, &["value", "cost"], places);
            if let Some(field) = section.get("habit") {
                check_items(policy, &field);
            }
            if policy.rules.iter().all(|rule| !allows(rule, key)) {
                field.key_problem(format!("no rule allows it: none has {:?} among its gestures", kind_of(key).name()));
            }
        }
    }
    if let Some(section) = section.section("points") {
        check_values(&section, &["value"], places);
    }
    if let Some(section) = section.section("donation") {
        check_names(&section, "cause", places);
        check_values(&section, &["amount"], places);
    }
}

fn kind_of(key: &str) -> GestureKind {
    if key == "services" { GestureKind::HabitService } else { GestureKind::HabitUpgrade }
}

fn allows(rule: &Rule, key: &str) -> bool {
    rule.then.gesture.contains(&kind_of(key))
}

/// A rule must not allow what nothing describes.
fn check_rules(policy: &Policy, root: &Section<'_>) {
    let gestures = &policy.gestures;
    let has = |kind: GestureKind| gestures.services.values().any(|service| service.kind == kind);
    let described = [
        (GestureKind::Credit, !gestures.credit.is_empty(), "gestures.credit does not say how much"),
        (GestureKind::LoyaltyPoints, gestures.points.is_some(), "[gestures.points] does not say how many"),
        (GestureKind::Donation, gestures.donation.is_some(), "[gestures.donation] does not say to whom"),
        (GestureKind::HabitService, has(GestureKind::HabitService), "there is no [gestures.services...]"),
        (GestureKind::HabitUpgrade, has(GestureKind::HabitUpgrade), "there is no [gestures.upgrades...]"),
    ];
    for (rule, section) in policy.rules.iter().zip(root.sections("rule")) {
        for (kind, is_described, what) in described {
            if rule.then.gesture.contains(&kind) && !is_described {
                let then = section.section("then");
                let reason = format!("rule {:?} allows {:?}, but {what}", rule.name, kind.name());
                report_at(then.as_ref().unwrap_or(&section), "gesture", &reason);
            }
        }
    }
}

/// Staff read it in the language of their site.
fn check_names(section: &Section<'_>, key: &str, places: &Places<'_>) {
    let Some(names) = section.section(key) else { return };
    let written: Vec<&str> = names.entries().iter().map(|field| field.key).collect();
    for (place, site) in &places.0 {
        if !has_language(&written, &site.language) {
            names.problem(format!("nothing in {:?}, the language of {place}", site.language));
            return;
        }
    }
}

fn check_values(section: &Section<'_>, keys: &[&str], places: &Places<'_>) {
    for key in keys {
        if let Some(field) = section.get(key) {
            check_amounts(&field, places);
        }
    }
}

/// An item that nobody sells would never be anybody's habit.
fn check_items(policy: &Policy, field: &Field<'_>) {
    let known: Vec<&str> = policy.catalogue.items().map(|item| item.item_id.as_str()).collect();
    for field in field.items() {
        let Some(id) = field.text() else { continue };
        if !known.contains(&id.as_str()) {
            field.problem(unknown("item of catalogue.toml", &id, &known));
        }
    }
}
