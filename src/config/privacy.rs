//! `[privacy]`: how customers who were erased are kept from coming back.
//!
//! Of an erased customer a keyed hash stays, so that replayed inputs are recognised. The keys are secrets, never printed.

use std::fmt;

use serde::Deserialize;

use super::{Problems, Secret};
use crate::events::Millis;

/// Shorter ones can be guessed.
const MIN_KEY_CHARS: usize = 16;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacyConfig {
    /// Absent: a key that everybody knows.
    pub erasure_key: Option<Secret>,
    /// Keys of before, under which marks are still looked for.
    pub former_erasure_keys: Vec<Secret>,
    /// How long a mark is kept: longer than any input is. Absent: for ever.
    pub keep_marks_days: Option<u32>,
}

impl PrivacyConfig {
    /// The newest first.
    pub fn keys(&self) -> Vec<&str> {
        self.erasure_key.iter().chain(&self.former_erasure_keys).map(Secret::reveal).collect()
    }

    pub fn keep_marks(&self) -> Option<Millis> {
        self.keep_marks_days.map(|days| Millis::days(i64::from(days)))
    }

    pub(super) fn validate(&self, problems: &mut Problems) {
        let key = self.erasure_key.iter().map(|key| ("privacy.erasure_key", key));
        let former = self.former_erasure_keys.iter().map(|key| ("privacy.former_erasure_keys", key));
        for (name, key) in key.chain(former) {
            if key.reveal().chars().count() < MIN_KEY_CHARS {
                let problem = format!("has fewer than {MIN_KEY_CHARS} characters: make one with openssl rand -hex 32");
                problems.add(name, problem);
            }
        }
        if self.keep_marks_days == Some(0) {
            problems.add("privacy.keep_marks_days", "is 0: leave it out to keep marks for ever");
        }
    }
}

impl fmt::Display for PrivacyConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = if self.erasure_key.is_some() { "(hidden)" } else { "(none)" };
        write!(f, "privacy.erasure_key={key}")?;
        match self.keep_marks_days {
            Some(days) => write!(f, " privacy.keep_marks_days={days}"),
            None => write!(f, " privacy.keep_marks_days=(for ever)"),
        }
    }
}
