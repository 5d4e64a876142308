//! Files that a command writes when its work is done.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// Whether files may be written to these paths, as far as can be told without touching them: a run
/// whose result cannot be written is a run for nothing.
///
/// # Errors
///
/// When one is a folder, or in a folder that is not there.
pub fn look_ahead<'a>(files: impl IntoIterator<Item = &'a Option<PathBuf>>) -> anyhow::Result<()> {
    for file in files.into_iter().flatten() {
        if file.is_dir() {
            bail!("{} cannot be written: it is a folder", file.display());
        }
        let folder = match file.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            bail!(
                "{} cannot be written: there is no folder {}",
                file.display(),
                folder.display()
            );
        }
    }
    Ok(())
}

/// Writes a file.
///
/// # Errors
///
/// When that fails, naming the file.
pub fn write_file(file: &Path, content: impl AsRef<[u8]>) -> anyhow::Result<()> {
    fs::write(file, content).with_context(|| format!("{} cannot be written", file.display()))
}
