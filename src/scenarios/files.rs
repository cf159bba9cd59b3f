//! The scenarios of a directory: `*.toml`, with the recorded events that they use.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::read::ScenarioFile;
use crate::document::{DocumentErrors, Source};

#[derive(Debug, Clone, Default)]
pub struct ScenarioFiles {
    /// By name.
    pub scenarios: Vec<ScenarioFile>,
    /// `*.ndjson`, by file name.
    pub recordings: BTreeMap<String, String>,
}

impl ScenarioFiles {
    /// Takes a file by its name; what is neither is left alone.
    pub(super) fn add(&mut self, file_name: &str, path: &str, text: String) {
        if let Some(name) = file_name.strip_suffix(".toml") {
            let source = Source { name: path.to_owned(), text };
            self.scenarios.push(ScenarioFile { name: name.to_owned(), source });
        } else if file_name.ends_with(".ndjson") {
            self.recordings.insert(file_name.to_owned(), text);
        }
    }
}

/// The files of `scenarios/` in the directory of a policy.
///
/// # Errors
/// When the directory or one of its files cannot be read.
pub fn beside(policy: &Path) -> Result<ScenarioFiles, DocumentErrors> {
    let directory = policy.join("scenarios");
    let failed = |path: &Path, what: &str, error: std::io::Error| {
        DocumentErrors::whole_file(path.display().to_string(), format!("cannot be {what}: {error}"))
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(&directory).map_err(|error| failed(&directory, "listed", error))? {
        paths.push(entry.map_err(|error| failed(&directory, "listed", error))?.path());
    }
    paths.sort();
    let mut files = ScenarioFiles::default();
    for path in paths {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.ends_with(".toml") || name.ends_with(".ndjson") {
            let text = fs::read_to_string(&path).map_err(|error| failed(&path, "read", error))?;
            files.add(name, &path.display().to_string(), text);
        }
    }
    Ok(files)
}
