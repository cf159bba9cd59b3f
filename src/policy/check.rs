//! What only the whole policy shows: rules that can never apply, currencies without a cap, words nobody can read.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::SitePolicy;
use super::document::Section;
use super::field::Field;
use super::model::{Amounts, Policy};
use super::problems::unknown;
use super::{check_gifts, contradictions, reach};

pub(super) fn check(policy: &Policy, root: &Section<'_>, rules_are_sound: bool) {
    let places = Places::of(policy);
    if rules_are_sound {
        reach::check_rules(policy, root);
    }
    check_languages(policy, root, &places);
    check_authority(policy, root, &places);
    check_rule_amounts(policy, root, &places);
    check_gestures(policy, root, &places);
    check_gifts::check(policy, root, &places);
    check_budgets(policy, root);
    check_breaker(policy, root, &places);
    // of what could be read only: a slip elsewhere would be told twice
    if root.report.count() == 0 {
        contradictions::check(policy, root);
    }
}

/// The sites to check for, under the names that messages use.
pub(super) struct Places<'a>(pub(super) Vec<(String, &'a SitePolicy)>);

impl<'a> Places<'a> {
    fn of(policy: &'a Policy) -> Self {
        let mut places = vec![("the default site".to_owned(), &policy.default_site)];
        for (id, site) in &policy.sites {
            places.push((format!("site {id:?}"), site));
        }
        Self(places)
    }

    /// Each currency once, with the first site that uses it.
    fn currencies(&self) -> BTreeMap<&str, &str> {
        let mut currencies = BTreeMap::new();
        for (place, site) in &self.0 {
            if !site.currency.is_empty() {
                currencies.entry(site.currency.as_str()).or_insert(place.as_str());
            }
        }
        currencies
    }
}

fn base(language: &str) -> &str {
    language.split(['-', '_']).next().unwrap_or_default()
}

pub(super) fn has_language(known: &[&str], language: &str) -> bool {
    known.contains(&language) || known.contains(&base(language))
}

fn check_languages(policy: &Policy, root: &Section<'_>, places: &Places<'_>) {
    let spoken: Vec<&str> = policy.phrases.languages().iter().map(String::as_str).collect();
    for (place, site) in &places.0 {
        if !has_language(&spoken, &site.language) {
            let reason = format!(
                "{place} works in {:?}, but there is no phrases.{}.toml; there are {}",
                site.language,
                base(&site.language),
                spoken.join(", ")
            );
            site_section(root, policy, site, |section| {
                report_at(section, "language", &reason);
            });
        }
    }
    for (rule, section) in policy.rules.iter().zip(root.sections("rule")) {
        let written: Vec<&str> = rule.intent.keys().map(String::as_str).collect();
        for (place, site) in &places.0 {
            if section.has("intent") && !has_language(&written, &site.language) {
                let reason =
                    format!("the intent of {:?} is missing in {:?}, the language of {place}", rule.name, site.language);
                report_at(&section, "intent", &reason);
            }
        }
    }
}

fn check_authority(policy: &Policy, root: &Section<'_>, places: &Places<'_>) {
    for (rule, section) in policy.rules.iter().zip(root.sections("rule")) {
        let Some(then) = section.section("then") else { continue };
        for (place, site) in &places.0 {
            if !site.roles.is_empty() && site.roles.range(rule.then.authority..).next().is_none() {
                let reason = format!("{place} has no role with authority {} or above", rule.then.authority);
                report_at(&then, "authority", &reason);
            }
        }
    }
}

fn check_rule_amounts(policy: &Policy, root: &Section<'_>, places: &Places<'_>) {
    for (rule, section) in policy.rules.iter().zip(root.sections("rule")) {
        let Some(cap) = section.section("then").and_then(|then| then.get("cap")) else { continue };
        check_amounts(&cap, places);
        if rule.then.gesture.is_empty() {
            cap.key_problem(format!("rule {:?} has a cap but no gesture", rule.name));
        }
    }
}

fn check_gestures(policy: &Policy, root: &Section<'_>, places: &Places<'_>) {
    let gestures = &policy.gestures;
    for (rule, section) in policy.rules.iter().zip(root.sections("rule")) {
        if rule.then.gesture.is_empty() {
            continue;
        }
        for severity in rule.when.severity.iter().filter(|severity| !gestures.caps.contains_key(severity)) {
            let then = section.section("then");
            let reason = format!(
                "rule {:?} allows a gesture, but [gestures.caps] has none for severity \"{severity}\"",
                rule.name
            );
            report_at(then.as_ref().unwrap_or(&section), "gesture", &reason);
        }
    }
    let Some(section) = root.section("gestures") else { return };
    if let Some(caps) = section.section("caps") {
        for field in caps.entries() {
            check_amounts(&field, places);
        }
    }
    for key in ["assumed_value", "credit", "guest_cap"] {
        if let Some(field) = section.get(key) {
            check_amounts(&field, places);
        }
    }
    if let Some(field) = section.get("generic") {
        check_generic(policy, &field);
    }
}

/// Every generic gesture must be an item that some site may give away.
fn check_generic(policy: &Policy, field: &Field<'_>) {
    let known: Vec<&str> = policy.catalogue.items().map(|item| item.item_id.as_str()).collect();
    for field in field.items() {
        let Some(id) = field.text() else { continue };
        let mut entries = policy.catalogue.items().filter(|item| item.item_id == id).peekable();
        if entries.peek().is_none() {
            field.problem(unknown("item of catalogue.toml", &id, &known));
        } else if entries.all(|item| !item.giftable) {
            field.problem(format!("{id:?} is not giftable in catalogue.toml"));
        }
    }
}

/// What everybody gets must be within what anybody may get.
fn check_breaker(policy: &Policy, root: &Section<'_>, places: &Places<'_>) {
    let Some((breaker, field)) = policy.breaker.as_ref().zip(root.section("breaker").and_then(|it| it.get("equal")))
    else {
        return;
    };
    check_amounts(&field, places);
    for (severity, caps) in &policy.gestures.caps {
        let is_over = |(currency, amount): (&String, &i64)| caps.get(currency).is_some_and(|cap| amount > cap);
        if breaker.equal.iter().any(is_over) {
            field.problem(format!("more than [gestures.caps] allows for severity \"{severity}\""));
            return;
        }
    }
}

fn check_budgets(policy: &Policy, root: &Section<'_>) {
    for site in std::iter::once(&policy.default_site).chain(policy.sites.values()) {
        let lacks = |budget: &Amounts| !site.currency.is_empty() && !budget.contains_key(&site.currency);
        let reason = format!("no amount for {}, the currency of the site", site.currency);
        if !site.daily_budget.is_empty() && lacks(&site.daily_budget) {
            site_section(root, policy, site, |section| report_at(section, "daily_budget", &reason));
        }
        if site.limits.shifts.iter().any(|shift| lacks(&shift.budget)) {
            let is_inherited = site.currency == policy.default_site.currency;
            site_section(root, policy, site, |section| {
                if section.has("shifts") || !is_inherited {
                    report_at(section, "shifts", &reason);
                }
            });
        }
    }
    for site in std::iter::once(&policy.default_site).chain(policy.sites.values()) {
        for (level, amounts) in site.may_give.iter().filter(|(_, amounts)| !amounts.contains_key(&site.currency)) {
            let known: Vec<&str> = amounts.keys().map(String::as_str).collect();
            let reason = format!(
                "{level} has {}, but no amount for {}, the currency of the site",
                known.join(", "),
                site.currency
            );
            site_section(root, policy, site, |section| report_at(section, "may_give", &reason));
        }
    }
}

/// A table of amounts must name the currency of every site. An amount that is wrong has been reported already.
pub(super) fn check_amounts(field: &Field<'_>, places: &Places<'_>) {
    let DeValue::Table(_) = field.value.get_ref() else { return };
    let Some(section) = field.section() else { return };
    for (currency, place) in places.currencies() {
        if !section.has(currency) {
            field.problem(format!("no amount for {currency}, the currency of {place}"));
        }
    }
}

/// Calls `report` with the section of the site, or with the default site's where the site has no key of its own.
fn site_section(root: &Section<'_>, policy: &Policy, site: &SitePolicy, report: impl Fn(&Section<'_>)) {
    let id = policy.sites.iter().find(|(_, candidate)| std::ptr::eq(*candidate, site)).map(|(id, _)| id);
    let section = match id {
        Some(id) => root.section("sites").and_then(|sites| sites.section(id)),
        None => root.section("default_site"),
    };
    report(section.as_ref().unwrap_or(root));
}

/// Reports at the key's value, or at the section when it has no such key.
pub(super) fn report_at(section: &Section<'_>, key: &str, reason: &str) {
    match section.get(key) {
        Some(field) => field.problem(reason),
        None => section.problem(reason),
    }
}
