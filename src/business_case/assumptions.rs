//! Numbers that others have claimed or measured, each with its source.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

const SHIPPED: &str = include_str!("../../policies/business-case.toml");

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumptions {
    /// By sector: how often a customer recommends, by satisfaction.
    #[serde(default)]
    pub sectors: BTreeMap<String, Recommendations>,
    /// What replacing a customer takes, as a multiple of what keeping one takes.
    pub replacement_cost_multiple: Assumption,
    /// 0-1: to leave after bad service.
    pub switch_probability: Assumption,
    /// 0-1: to tell others of bad service.
    pub tell_probability: Assumption,
    /// How many are told.
    pub told: Range,
    /// As a share; without a number nothing is counted.
    pub willing_to_pay_more: Option<Assumption>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recommendations {
    /// A score of 7 or 8.
    pub satisfied: f64,
    /// A score of 9 or 10.
    pub very_satisfied: f64,
    pub source: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumption {
    pub value: f64,
    pub source: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    pub low: f64,
    pub high: f64,
    pub source: String,
}

#[derive(Debug, Error)]
pub enum AssumptionsError {
    #[error("{file}: {reason}")]
    Malformed { file: String, reason: String },
    #[error("{file}: {what}")]
    Impossible { file: String, what: &'static str },
    #[error(
        "no numbers for the sector {sector:?}: there are {known}; numbers of one sector mean nothing in another, so give \
         your own in [sectors.{sector}] with --assumptions"
    )]
    Sector { sector: String, known: String },
}

impl Assumptions {
    /// As they ship.
    ///
    /// # Errors
    /// Only by a bug: a test reads them.
    pub fn shipped() -> Result<Self, AssumptionsError> {
        Self::parse("policies/business-case.toml", SHIPPED)
    }

    /// # Errors
    /// What is wrong, with its place in the file.
    pub fn parse(file: &str, text: &str) -> Result<Self, AssumptionsError> {
        let read: Self = toml::from_str(text)
            .map_err(|error| AssumptionsError::Malformed { file: file.to_owned(), reason: error.to_string() })?;
        let is_share = |assumption: &Assumption| (0.0..=1.0).contains(&assumption.value);
        let what = if !is_share(&read.switch_probability) || !is_share(&read.tell_probability) {
            "a probability lies between 0 and 1"
        } else if read.told.low > read.told.high {
            "told.low is above told.high"
        } else {
            return Ok(read);
        };
        Err(AssumptionsError::Impossible { file: file.to_owned(), what })
    }

    /// # Errors
    /// The sector has no numbers.
    pub fn sector(&self, sector: &str) -> Result<&Recommendations, AssumptionsError> {
        self.sectors.get(sector).ok_or_else(|| AssumptionsError::Sector {
            sector: sector.to_owned(),
            known: self.sectors.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    }
}
