//! The policies that come with the program, as a deployer can copy them from `policies/`.

use super::phrases::PhraseFile;
use super::problems::Source;
use super::{Policy, PolicyErrors, Sources, from_sources};

/// Names under which [`super::open`] finds a preset.
pub const NAMES: [&str; 6] = ["hotel", "restaurant", "delivery", "retail", "bank", "evaluation"];

macro_rules! embedded {
    ($path:expr) => {
        Source { name: $path.to_owned(), text: include_str!(concat!("../../", $path)).to_owned() }
    };
}

/// The files of a preset that has everything: a policy, a catalogue and three languages.
macro_rules! whole_preset {
    ($name:literal) => {
        Sources {
            policy: embedded!(concat!("policies/", $name, "/policy.toml")),
            catalogue: Some(embedded!(concat!("policies/", $name, "/catalogue.toml"))),
            phrases: vec![
                phrases("da", embedded!(concat!("policies/", $name, "/phrases.da.toml"))),
                phrases("en", embedded!(concat!("policies/", $name, "/phrases.en.toml"))),
                phrases("sv", embedded!(concat!("policies/", $name, "/phrases.sv.toml"))),
            ],
        }
    };
}

/// The preset of this name; `None` where there is none.
pub fn named(name: &str) -> Option<Result<Policy, PolicyErrors>> {
    let preset = match name {
        "hotel" => hotel(),
        "restaurant" => from_sources(&whole_preset!("restaurant")),
        "delivery" => delivery(),
        "retail" => from_sources(&whole_preset!("retail")),
        "bank" => from_sources(&whole_preset!("bank")),
        "evaluation" => evaluation(),
        _ => return None,
    };
    Some(preset)
}

/// The hotel of the founding case.
///
/// # Errors
/// Never for the embedded files: a test reads them.
pub fn hotel() -> Result<Policy, PolicyErrors> {
    from_sources(&whole_preset!("hotel"))
}

/// Food that is brought home, in Danish kroner and Swedish kronor.
///
/// # Errors
/// Never for the embedded files: a test reads them.
pub fn delivery() -> Result<Policy, PolicyErrors> {
    from_sources(&whole_preset!("delivery"))
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

/// The keywords that every policy starts from, by language.
pub(super) fn shared_keywords() -> [(&'static str, Source); 3] {
    [
        ("da", embedded!("policies/phrases/keywords.da.toml")),
        ("en", embedded!("policies/phrases/keywords.en.toml")),
        ("sv", embedded!("policies/phrases/keywords.sv.toml")),
    ]
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
