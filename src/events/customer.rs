//! `CustomerProfile`: what a customer has declared. The customers topic is compacted by customer id.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerProfile {
    pub customer_id: String,
    /// How to address them.
    #[serde(default)]
    pub name: Option<String>,
    /// BCP 47, as "da".
    #[serde(default)]
    pub language: Option<String>,
    /// `false`: full recovery, but nothing chosen from habits.
    #[serde(default = "yes")]
    pub profiling: bool,
    #[serde(default)]
    pub adult: Option<bool>,
    /// Used only to block.
    #[serde(default)]
    pub allergies: Vec<String>,
    #[serde(default)]
    pub diets: Vec<String>,
    #[serde(default)]
    pub dislikes: Vec<String>,
    /// Declared preferences win over observed habits.
    #[serde(default)]
    pub preferences: Vec<String>,
    #[serde(default)]
    pub contact_declined: bool,
    #[serde(default)]
    pub merged_into: Option<String>,
}

fn yes() -> bool {
    true
}
