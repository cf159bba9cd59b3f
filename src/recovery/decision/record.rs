//! Facts as they travel with an action: a flat map of strings that can be read back exactly.
//!
//! The names are part of the contract (docs/explain.md). What is not so, or not known, is not written; names that are
//! not ours are passed over.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use thiserror::Error;

use super::facts::{Claims, EARLIER_FAILURES, Facts, ShortfallFacts};
use crate::events::{Millis, RemedyKind};

/// A recorded fact that is missing or cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecordError {
    #[error(
        "decision.facts has no {0:?}: it is about a site and no guest, or was written before decisions were recorded in full"
    )]
    Missing(&'static str),
    #[error("decision.facts has {name:?} = {found:?}, which is not {expected}")]
    Unreadable { name: String, found: String, expected: &'static str },
    #[error("this calls a person about a site, not about a guest: what its decision.facts say is all that it rests on")]
    OfASite,
}

impl Facts {
    pub fn to_record(&self) -> BTreeMap<String, String> {
        let mut facts = BTreeMap::new();
        let mut record = Writer(&mut facts);
        record.put("site", &self.site);
        record.put_if_known("touchpoint", self.touchpoint.as_ref());
        record.put("currency", &self.currency);
        record.put_if("order_known", "no", !self.order_known);
        record.put_if("guest_known", "no", !self.guest_known);
        record.put_if("only_words", "yes", self.only_words);
        record.put_if("party_size", self.party_size, self.party_size != 1);
        record.put("initiated_by", self.initiated_by);
        for (index, shortfall) in self.shortfalls.iter().enumerate() {
            record.put_shortfall(index + 1, shortfall);
        }
        record.put_if(EARLIER_FAILURES, self.earlier_failures, self.earlier_failures > 0);
        record.put_if("habit_broken", "yes", self.habit_broken);
        record.put_if("central", "yes", self.central);
        record.put_if("endangered", "yes", self.endangered);
        record.put_if("inconvenience", self.inconvenience, self.inconvenience > 0);
        for (kind, helps) in &self.remedies {
            record.put(&format!("remedy.{kind}"), helps);
        }
        record.put_if_known("affected_minor", self.affected_minor);
        record.put_if_known("refundable_minor", self.refundable_minor);
        record.put_if_known("stated_minor", self.stated_minor);
        record.put_if_known(REDRESSED, self.redressed_minor);
        record.put_if("claims.count", self.claims.count, self.claims.count > 0);
        record.put_if("claims.value_minor", self.claims.value_minor, self.claims.value_minor != 0);
        record.put_if("still_waiting", "yes", self.still_waiting);
        record.put_if("eta_known", "yes", self.eta_known);
        record.put_if(EQUAL, "yes", self.equal_treatment);
        self.write_told(&mut facts);
        facts
    }

    /// What only the words for staff and guest look at.
    pub fn write_told(&self, facts: &mut BTreeMap<String, String>) {
        facts.remove(INSIGHT_OPEN); // what was true may be so no more
        let mut record = Writer(facts);
        record.put_if_known("parcels", self.parcels);
        record.put_if_known("delay_reason", self.delay_reason);
        record.put_if(INSIGHT_OPEN, "yes", self.insight_open);
    }

    /// # Errors
    /// A fact that every decision has is missing, or one is not what its name says.
    pub fn from_record(record: &BTreeMap<String, String>) -> Result<Self, RecordError> {
        let record = Reader(record);
        let mut shortfalls = Vec::new();
        while let Some(shortfall) = record.shortfall(shortfalls.len() + 1)? {
            shortfalls.push(shortfall);
        }
        let mut remedies = BTreeMap::new();
        for kind in RemedyKind::ALL {
            if let Some(helps) = record.get(&format!("remedy.{kind}"), "a reason that we know")? {
                remedies.insert(*kind, helps);
            }
        }
        Ok(Self {
            site: record.need("site", TEXT)?,
            touchpoint: record.get("touchpoint", TEXT)?,
            currency: record.need("currency", TEXT)?,
            order_known: !record.is("order_known", "no")?,
            guest_known: !record.is("guest_known", "no")?,
            only_words: record.is("only_words", "yes")?,
            party_size: record.get("party_size", NUMBER)?.unwrap_or(1),
            initiated_by: record.need("initiated_by", "\"company\" or \"customer\"")?,
            shortfalls,
            earlier_failures: record.get(EARLIER_FAILURES, NUMBER)?.unwrap_or(0),
            habit_broken: record.is("habit_broken", "yes")?,
            central: record.is("central", "yes")?,
            endangered: record.is("endangered", "yes")?,
            inconvenience: record.get("inconvenience", NUMBER)?.unwrap_or(0),
            remedies,
            affected_minor: record.get("affected_minor", NUMBER)?,
            refundable_minor: record.get("refundable_minor", NUMBER)?,
            stated_minor: record.get("stated_minor", NUMBER)?,
            redressed_minor: record.get(REDRESSED, NUMBER)?,
            claims: Claims {
                count: record.get("claims.count", NUMBER)?.unwrap_or(0),
                value_minor: record.get("claims.value_minor", NUMBER)?.unwrap_or(0),
            },
            still_waiting: record.is("still_waiting", "yes")?,
            eta_known: record.is("eta_known", "yes")?,
            equal_treatment: record.is(EQUAL, "yes")?,
            parcels: record.get("parcels", NUMBER)?,
            delay_reason: record.get("delay_reason", "a reason for a delay")?,
            insight_open: record.is(INSIGHT_OPEN, "yes")?,
        })
    }
}

/// Names of facts of the case, and of circumstances of an action.
const NAMES: &[&str] = &[
    "site",
    "touchpoint",
    "currency",
    "order_known",
    "guest_known",
    "only_words",
    "party_size",
    "initiated_by",
    EARLIER_FAILURES,
    "habit_broken",
    "central",
    "endangered",
    "inconvenience",
    "affected_minor",
    "refundable_minor",
    "stated_minor",
    REDRESSED,
    EQUAL,
    "parcels",
    "delay_reason",
    "still_waiting",
    "eta_known",
    INSIGHT_OPEN,
    "severity_before",
    "severity_since",
    "authority_before",
    "authority_kept",
    "remedy_kept",
    "first_step_taken",
];

/// Something that was noted with an action, and that no decision rests on.
pub fn is_note(name: &str) -> bool {
    let is_numbered = ["shortfall.", "remedy.", "claims."].iter().any(|family| name.starts_with(family));
    !is_numbered && !NAMES.contains(&name)
}

/// What was given back elsewhere: it may grow while staff are on their way with the rest.
pub const REDRESSED: &str = "redressed_minor";

/// Many were hit at once: everybody gets the same.
const EQUAL: &str = "equal_treatment";

/// Somebody is at work on what went wrong.
const INSIGHT_OPEN: &str = "insight_open";

const TEXT: &str = "a text";
const NUMBER: &str = "a whole number";

pub(super) struct Writer<'a>(pub &'a mut BTreeMap<String, String>);

impl Writer<'_> {
    fn put(&mut self, name: &str, value: impl Display) {
        self.0.insert(name.to_owned(), value.to_string());
    }

    pub fn put_if(&mut self, name: &str, value: impl Display, is_so: bool) {
        if is_so {
            self.put(name, value);
        }
    }

    pub fn put_if_known(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    fn put_shortfall(&mut self, number: usize, shortfall: &ShortfallFacts) {
        self.put(&format!("shortfall.{number}"), shortfall.kind);
        self.put(&format!("shortfall.{number}.responsibility"), shortfall.responsibility);
        self.put_if(&format!("shortfall.{number}.suspected"), "yes", shortfall.suspected);
        self.put_if_known(&format!("shortfall.{number}.late_by_seconds"), shortfall.late_by.map(Millis::as_seconds));
        self.put_if_known(&format!("shortfall.{number}.line"), shortfall.line_id.as_ref());
        // the shortest text that reads back as the same number
        self.put_if_known(&format!("shortfall.{number}.share"), shortfall.share);
    }
}

pub(super) struct Reader<'a>(pub &'a BTreeMap<String, String>);

impl Reader<'_> {
    pub fn get<T: FromStr>(&self, name: &str, expected: &'static str) -> Result<Option<T>, RecordError> {
        let Some(found) = self.0.get(name) else { return Ok(None) };
        let unreadable = |_| RecordError::Unreadable { name: name.to_owned(), found: found.clone(), expected };
        found.parse().map(Some).map_err(unreadable)
    }

    fn need<T: FromStr>(&self, name: &'static str, expected: &'static str) -> Result<T, RecordError> {
        self.get(name, expected)?.ok_or(RecordError::Missing(name))
    }

    /// Whether it is there; nothing but `word` may stand there.
    pub fn is(&self, name: &str, word: &'static str) -> Result<bool, RecordError> {
        match self.0.get(name) {
            None => Ok(false),
            Some(found) if found == word => Ok(true),
            Some(found) => Err(RecordError::Unreadable { name: name.to_owned(), found: found.clone(), expected: word }),
        }
    }

    fn shortfall(&self, number: usize) -> Result<Option<ShortfallFacts>, RecordError> {
        let name = format!("shortfall.{number}");
        let Some(kind) = self.get(&name, "a failure kind")? else { return Ok(None) };
        let late_by: Option<i64> = self.get(&format!("{name}.late_by_seconds"), NUMBER)?;
        Ok(Some(ShortfallFacts {
            kind,
            responsibility: self
                .get(&format!("{name}.responsibility"), "a responsibility")?
                .ok_or(RecordError::Missing("shortfall.N.responsibility"))?,
            suspected: self.is(&format!("{name}.suspected"), "yes")?,
            late_by: late_by.map(Millis::seconds),
            share: self.get(&format!("{name}.share"), "a number")?,
            line_id: self.get(&format!("{name}.line"), TEXT)?,
        }))
    }
}
