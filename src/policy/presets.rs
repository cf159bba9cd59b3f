//! The policies that come with the program, as a deployer can copy them from `policies/`.

use super::phrases::PhraseFile;
use super::problems::Source;
use super::{Policy, PolicyErrors, Sources, from_sources};

/// Names under which [`super::open`] finds a preset.
pub const NAMES: [&str; 3] = ["hotel", "delivery", "evaluation"];

macro_rules! embedded {
    ($path:literal) => {
        Source { name: $path.to_owned(), text: include_str!(concat!("../../", $path)).to_owned() }
    };
}

/// The hotel of the founding case.
///
/// # Errors
/// Never for the embedded files: a test reads them.
pub fn hotel() -> Result<Policy, PolicyErrors> {
    from_sources(&hotel_sources())
}

/// Food that is brought home, in Danish kroner and Swedish kronor.
///
/// # Errors
/// Never for the embedded files: a test reads them.
pub fn delivery() -> Result<Policy, PolicyErrors> {
    from_sources(&Sources {
        policy: embedded!("policies/delivery/policy.toml"),
        catalogue: Some(embedded!("policies/delivery/catalogue.toml")),
        phrases: vec![
            phrases("da", embedded!("policies/delivery/phrases.da.toml")),
            phrases("en", embedded!("policies/delivery/phrases.en.toml")),
            phrases("sv", embedded!("policies/delivery/phrases.sv.toml")),
        ],
    })
}

/// For measuring detection on recorded data: reliable tracking, no grace, no age limit.
///
/// # Errors
/// Never for the embedded files: a test reads them.
pub fn evaluation() -> Result<Policy, PolicyErrors> {
    from_sources(&Sources {
        policy: embedded!("policies/evaluation/policy.toml"),
        catalogue: None,
        phrases: Vec::new(),
    })
}

fn hotel_sources() -> Sources {
    Sources {
        policy: embedded!("policies/hotel/policy.toml"),
        catalogue: Some(embedded!("policies/hotel/catalogue.toml")),
        phrases: vec![
            phrases("da", embedded!("policies/hotel/phrases.da.toml")),
            phrases("en", embedded!("policies/hotel/phrases.en.toml")),
            phrases("sv", embedded!("policies/hotel/phrases.sv.toml")),
        ],
    }
}

/// The phrases that every policy starts from.
pub(super) fn shared_phrases() -> Vec<PhraseFile> {
    vec![
        phrases("da", embedded!("policies/phrases/phrases.da.toml")),
        phrases("en", embedded!("policies/phrases/phrases.en.toml")),
        phrases("sv", embedded!("policies/phrases/phrases.sv.toml")),
    ]
}

fn phrases(language: &str, source: Source) -> PhraseFile {
    PhraseFile { language: language.to_owned(), source }
}
