//! The scenarios of the presets, as they lie in `policies/*/scenarios`: so that the program can show that it keeps them.

use super::files::ScenarioFiles;

// (preset, file name, path, text) of every file, collected when the program is built
include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// The scenarios of a preset; none for a name that is no preset.
pub fn of_preset(preset: &str) -> ScenarioFiles {
    let mut files = ScenarioFiles::default();
    for (_, name, path, text) in SCENARIOS.iter().filter(|(owner, ..)| *owner == preset) {
        files.add(name, path, (*text).to_owned());
    }
    files
}
