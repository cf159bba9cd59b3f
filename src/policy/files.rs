//! The only place where the policy meets the file system.

use std::path::Path;
use std::{fs, io};

use super::{PhraseFile, Policy, PolicyErrors, Source, Sources, from_sources, presets};

/// Reads a policy by the name of a preset or by its directory; a directory wins.
///
/// # Errors
/// Everything that is wrong with it, each with its place.
pub fn open(name_or_directory: &str) -> Result<Policy, PolicyErrors> {
    let directory = Path::new(name_or_directory);
    if directory.is_dir() {
        return load(directory);
    }
    presets::named(name_or_directory).unwrap_or_else(|| {
        let reason = format!("is neither a directory nor a preset; the presets are {}", presets::NAMES.join(", "));
        Err(PolicyErrors::whole_file(name_or_directory, reason))
    })
}

/// Reads `policy.toml`, `phrases.<lang>.toml` and `catalogue.toml` (both optional) of a directory.
///
/// # Errors
/// Everything that is wrong with it, each with its place.
pub fn load(directory: &Path) -> Result<Policy, PolicyErrors> {
    let policy = read_file(&directory.join("policy.toml"))?;
    let catalogue = directory.join("catalogue.toml");
    let catalogue = if catalogue.exists() { Some(read_file(&catalogue)?) } else { None };
    let phrases = read_phrase_files(directory)?;
    from_sources(&Sources { policy, catalogue, phrases })
}

/// `phrases.<lang>.toml`, sorted by language.
fn read_phrase_files(directory: &Path) -> Result<Vec<PhraseFile>, PolicyErrors> {
    let cannot_list = |error: io::Error| {
        PolicyErrors::whole_file(directory.display().to_string(), format!("cannot list the directory: {error}"))
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(cannot_list)? {
        let name = entry.map_err(cannot_list)?.file_name();
        let Some(language) = name.to_str().and_then(|name| name.strip_prefix("phrases.")?.strip_suffix(".toml")) else {
            continue;
        };
        let source = read_file(&directory.join(&name))?;
        files.push(PhraseFile { language: language.to_owned(), source });
    }
    files.sort_by(|a, b| a.language.cmp(&b.language));
    Ok(files)
}

fn read_file(path: &Path) -> Result<Source, PolicyErrors> {
    let name = path.display().to_string();
    match fs::read_to_string(path) {
        Ok(text) => Ok(Source { name, text }),
        Err(error) => Err(PolicyErrors::whole_file(name, format!("cannot be read: {error}"))),
    }
}
