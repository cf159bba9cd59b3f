//! `[policy]`: the rules to work by.

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// A directory, or the name of a preset that comes with the program.
    pub path: String,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self { path: "hotel".to_owned() }
    }
}
