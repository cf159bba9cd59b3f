//! `policy.toml` and `catalogue.toml`, section by section, to the model. What is absent keeps its documented default.

mod amends;
mod breaker;
mod catalogue;
mod feed_watch;
mod gifts;
mod hours;
mod keywords;
mod limits;
mod owners;
mod places;
mod rules;
mod severity;

use super::document::{self, Section};
use super::model::Policy;
use super::problems::{Report, Source};
use super::{Catalogue, Phrases};

pub(super) use catalogue::read_catalogue;
pub(super) use severity::ALWAYS_A_PERSON;

/// What `policy.toml` says; phrases and catalogue come from their own files.
pub(super) fn read_policy(source: &Source, report: &Report, phrases: Phrases, catalogue: Catalogue) -> Policy {
    let table = document::parse(source, report);
    let root = Section::root(source, report, &table);

    let version = root.need("version").and_then(|field| field.text()).unwrap_or_default();
    let default_site = places::default_site(&root);
    let sites = places::sites(&root, &default_site);
    let default_touchpoint = places::default_touchpoint(&root);
    let touchpoints = places::touchpoints(&root, &default_touchpoint);
    let touchpoint_names: Vec<String> = touchpoints.keys().cloned().collect();
    let before = report.count();
    let rules = rules::read(&root);
    // A misspelt word changes which cases a rule takes: what follows from that would only confuse.
    let rules_are_sound = report.count() == before;
    let policy = Policy {
        version,
        sites,
        default_site,
        touchpoints,
        default_touchpoint,
        severity: severity::read(&root),
        rules,
        gestures: amends::gestures(&root, &touchpoint_names),
        habits: amends::habits(&root),
        follow_up: amends::follow_up(&root),
        insights: owners::insights(&root),
        breaker: breaker::breaker(&root),
        feed_watch: feed_watch::feed_watch(&root),
        owners: owners::owners(&root, &touchpoint_names, &catalogue),
        horizons: amends::horizons(&root),
        phrases,
        keywords: keywords::read(&root, report),
        catalogue,
    };
    super::check::check(&policy, &root, rules_are_sound);
    root.finish();
    policy
}

/// Overwrites `target` when the file has the key and its value is right.
fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}
