//! Sites and touchpoints: a named one states only what differs from the default one.

use std::collections::BTreeMap;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::{hours, limits, set};
use crate::events::{Authority, Millis};
use crate::policy::countries;
use crate::policy::document::Section;
use crate::policy::field::Field;
use crate::policy::model::{Amounts, Reporting, Touchpoint, Tracking};
use crate::policy::{Hours, SiteLimits};
use crate::policy::{SitePolicy, place_name};

pub fn default_site(root: &Section<'_>) -> SitePolicy {
    let mut site = SitePolicy {
        time_zone: TimeZone::UTC,
        country: None,
        currency: String::new(),
        language: "en".to_owned(),
        day_starts: Time::midnight(),
        hours: Hours::default(),
        roles: BTreeMap::new(),
        desk: String::new(),
        daily_budget: Amounts::new(),
        may_give: BTreeMap::new(),
        allergy_check: false,
        limits: SiteLimits::default(),
        place_aliases: BTreeMap::new(),
        party_stays: Millis::hours(3),
    };
    let Some(section) = root.section("default_site") else {
        root.problem("missing [default_site]: it needs at least time_zone, currency, roles and desk");
        return site;
    };
    for key in ["time_zone", "currency", "roles", "desk"] {
        section.need(key);
    }
    read_site(section, &mut site);
    site
}

pub fn sites(root: &Section<'_>, default: &SitePolicy) -> BTreeMap<String, SitePolicy> {
    let mut sites = BTreeMap::new();
    let Some(section) = root.section("sites") else { return sites };
    for field in section.entries() {
        let Some(section) = field.section() else { continue };
        let mut site = default.clone();
        read_site(section, &mut site);
        sites.insert(field.key.to_owned(), site);
    }
    sites
}

fn read_site(section: Section<'_>, site: &mut SitePolicy) {
    set(&mut site.time_zone, section.get("time_zone").and_then(|field| field.time_zone()));
    set(&mut site.country, section.get("country").map(|field| country(&field)));
    set(&mut site.currency, section.get("currency").and_then(|field| field.currency()));
    set(&mut site.language, section.get("language").and_then(|field| field.text()));
    set(&mut site.day_starts, section.get("day_starts").and_then(|field| field.time_of_day()));
    set(&mut site.allergy_check, section.get("allergy_check").and_then(|field| field.flag()));
    set(&mut site.may_give, section.section("may_give").map(may_give));
    set(&mut site.hours, section.get("hours").and_then(|field| hours::hours(&field)));
    if let Some(field) = section.get("closed") {
        hours::closed_days(&field, &mut site.hours);
    }
    set(&mut site.desk, section.get("desk").and_then(|field| field.text()));
    set(&mut site.daily_budget, section.get("daily_budget").and_then(|field| field.amounts()));
    set(&mut site.party_stays, section.get("party_stays").and_then(|field| field.duration()));
    limits::read(&section, &mut site.limits);
    if let Some(places) = section.section("places") {
        site.place_aliases = place_aliases(&places);
    }
    if let Some(roles) = section.section("roles") {
        site.roles.clear();
        for field in roles.entries() {
            let level = field.key_name::<Authority>("authority level");
            if let (Some(level), Some(role)) = (level, field.text()) {
                site.roles.insert(level, role);
            }
        }
    }
    section.finish();
}

/// A country by its code, as "DK".
pub fn country(field: &Field<'_>) -> Option<String> {
    let code = field.text()?;
    let known = countries::codes();
    if !known.contains(&code.as_str()) {
        field.problem(format!("{code:?} is no country; write its two letters, as \"DK\" or \"SE\""));
        return None;
    }
    Some(code)
}

/// `{ A1 = { DKK = "150" }, A2 = { DKK = "400" } }`: who stands higher may give no less.
fn may_give(section: Section<'_>) -> BTreeMap<Authority, Amounts> {
    let mut levels: BTreeMap<Authority, Amounts> = BTreeMap::new();
    for field in section.entries() {
        let level = field.key_name::<Authority>("authority level");
        if let (Some(level), Some(amounts)) = (level, field.amounts()) {
            levels.insert(level, amounts);
        }
    }
    for field in section.entries() {
        let Ok(level) = field.key.parse::<Authority>() else { continue };
        let Some(amounts) = levels.get(&level) else { continue };
        let is_less =
            |below: &Amounts| amounts.iter().any(|(code, amount)| below.get(code).is_some_and(|b| b > amount));
        if let Some((below, _)) = levels.range(..level).find(|(_, below)| is_less(below)) {
            field.problem(format!("{level} may give less than {below}"));
        }
    }
    levels
}

/// `"table 12" = ["12", "T12"]`: an alias leads to one place only, and a place is not an alias.
fn place_aliases(places: &Section<'_>) -> BTreeMap<String, String> {
    let entries = places.entries();
    let names: Vec<String> = entries.iter().map(|field| place_name(field.key)).collect();
    let mut aliases = BTreeMap::new();
    for (field, name) in entries.iter().zip(&names) {
        for alias in field.items() {
            let Some(text) = alias.text() else { continue };
            let text = place_name(&text);
            if text != *name && names.contains(&text) {
                alias.problem(format!("{text:?} is a place of its own: take it out of the aliases of {name:?}"));
            } else if let Some(other) = aliases.insert(text.clone(), name.clone()).filter(|other| other != name) {
                alias.problem(format!("{text:?} is already an alias of {other:?}"));
            }
        }
    }
    aliases
}

pub fn default_touchpoint(root: &Section<'_>) -> Touchpoint {
    let mut touchpoint = Touchpoint {
        tracking: Tracking::None,
        reporting: Reporting::Sometimes,
        expected: None,
        grace: Millis::minutes(2),
        eta_margin: Millis::minutes(5),
        max_action_age: Some(Millis::hours(2)),
        hands_over: false,
        remedy_useful_for: Millis::minutes(20),
        apology_due: Millis::minutes(5),
        action_expires: Millis::hours(2),
        personal: true,
    };
    if let Some(section) = root.section("default_touchpoint") {
        read_touchpoint(section, &mut touchpoint);
    }
    touchpoint
}

pub fn touchpoints(root: &Section<'_>, default: &Touchpoint) -> BTreeMap<String, Touchpoint> {
    let mut touchpoints = BTreeMap::new();
    let Some(section) = root.section("touchpoints") else { return touchpoints };
    for field in section.entries() {
        let Some(section) = field.section() else { continue };
        let mut touchpoint = default.clone();
        read_touchpoint(section, &mut touchpoint);
        touchpoints.insert(field.key.to_owned(), touchpoint);
    }
    touchpoints
}

fn read_touchpoint(section: Section<'_>, touchpoint: &mut Touchpoint) {
    const TRACKING: &[(&str, Tracking)] =
        &[("none", Tracking::None), ("unreliable", Tracking::Unreliable), ("reliable", Tracking::Reliable)];
    const REPORTING: &[(&str, Reporting)] =
        &[("always", Reporting::Always), ("sometimes", Reporting::Sometimes), ("never", Reporting::Never)];

    let duration = |key: &str| section.get(key).and_then(|field| field.duration());
    let limit = |key: &str| section.get(key).and_then(|field| field.duration_or_none());
    set(&mut touchpoint.tracking, section.get("tracking").and_then(|field| field.one_of("tracking", TRACKING)));
    set(&mut touchpoint.reporting, section.get("reporting").and_then(|field| field.one_of("reporting", REPORTING)));
    set(&mut touchpoint.expected, limit("expected"));
    set(&mut touchpoint.grace, duration("grace"));
    set(&mut touchpoint.eta_margin, duration("eta_margin"));
    set(&mut touchpoint.max_action_age, limit("max_action_age"));
    set(&mut touchpoint.hands_over, section.get("hands_over").and_then(|field| field.flag()));
    set(&mut touchpoint.remedy_useful_for, duration("remedy_useful_for"));
    set(&mut touchpoint.apology_due, duration("apology_due"));
    set(&mut touchpoint.action_expires, duration("action_expires"));
    set(&mut touchpoint.personal, section.get("personal").and_then(|field| field.flag()));
    section.finish();
}
