//! Collects the scenarios of the presets, so that `policy test hotel` needs no files.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=policies");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?).join("scenarios.rs");
    let mut out = fs::File::create(out)?;
    writeln!(out, "const SCENARIOS: &[(&str, &str, &str, &str)] = &[")?;
    for preset in sorted(Path::new("policies"))? {
        let directory = preset.join("scenarios");
        if !directory.is_dir() {
            continue;
        }
        for file in sorted(&directory)? {
            let (preset, name, path) = (name(&preset), name(&file), file.display().to_string());
            let text = fs::canonicalize(&file)?;
            writeln!(out, "    ({preset:?}, {name:?}, {path:?}, include_str!({text:?})),")?;
        }
    }
    writeln!(out, "];")
}

fn sorted(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
