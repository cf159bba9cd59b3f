//! The policy: rules, phrases and catalogue, from files that a service manager edits to values that the core trusts.
//!
//! Only `files.rs` reads the file system; all else works on text.

mod breaker;
mod catalogue;
mod check;
mod check_gifts;
mod contradictions;
mod countries;
mod feed_watch;
mod files;
mod gifts;
mod hours;
mod keywords;
mod limits;
mod model;
mod owners;
pub mod phrases;
pub mod presets;
mod reach;
mod read;
mod site;

pub use crate::document::{DocumentErrors as PolicyErrors, Problem, Source};
pub use crate::events::money;
pub use breaker::BreakerPolicy;
pub use catalogue::Catalogue;
pub use feed_watch::FeedWatchPolicy;
pub use files::{load, open};
pub use gifts::{ADULT_AGE, Donation, GiftPermission, LoyaltyPoints, RESTRICTED_TAGS, SENSITIVE_TAG, Service};
pub use hours::{AskAgain, Hours, Open};
pub use keywords::Keywords;
pub use limits::{Shift, SiteLimits};
pub use model::*;
pub use owners::{ANY_CARRIER, InsightPolicy, Owner, OwnerCase, OwnerWhen};
pub use phrases::{PhraseFile, Phrases};
pub use site::{SitePolicy, place_name};

use crate::document::{Report, field, problems, section as document};

/// The files of a policy, as text.
#[derive(Debug, Clone)]
pub struct Sources {
    pub policy: Source,
    pub catalogue: Option<Source>,
    /// The policy's own phrases: what they have wins over the shipped ones, key by key.
    pub phrases: Vec<PhraseFile>,
}

/// Reads a policy from text.
///
/// # Errors
/// Everything that is wrong with it, each with its place.
pub fn from_sources(sources: &Sources) -> Result<Policy, PolicyErrors> {
    let report = Report::default();
    let mut files = presets::shared_phrases();
    files.extend(sources.phrases.iter().cloned());
    let phrases = phrases::read_phrases(&files, &report);
    let catalogue = sources.catalogue.as_ref().map(|source| read::read_catalogue(source, &report));
    let policy = read::read_policy(&sources.policy, &report, phrases, catalogue.unwrap_or_default());
    report.finish()?;
    Ok(policy)
}

#[cfg(test)]
mod tests;
