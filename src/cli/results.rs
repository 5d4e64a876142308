//! Files that a command writes: each is written beside its name, and renamed when it is whole.
//!
//! So an interruption, a full disk or a target that cannot be reached leaves what was there before.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;
use tempfile::NamedTempFile;

/// Whether files may be written to these paths, as far as can be told without touching them: a run
/// whose result cannot be written is a run for nothing.
///
/// # Errors
///
/// When one is a folder, or in a folder that is not there.
pub fn look_ahead<'a>(files: impl IntoIterator<Item = &'a Option<PathBuf>>) -> anyhow::Result<()> {
    for file in files.into_iter().flatten() {
        if is_standard_output(file) {
            continue;
        }
        if file.is_dir() {
            bail!("{} cannot be written: it is a folder", file.display());
        }
        let folder = folder_of(file);
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

/// Writes a file: all of it, or nothing.
///
/// # Errors
///
/// When that fails, naming the file.
pub fn write_file(file: &Path, content: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let mut pending = PendingFile::create(file)?;
    pending
        .write_all(content.as_ref())
        .with_context(|| cannot_be_written(file))?;
    pending.commit()
}

/// Whether a file's name stands for the standard output.
pub fn is_standard_output(file: &Path) -> bool {
    file == Path::new("-")
}

/// Writes JSON to a file, or to the output where the name says so.
///
/// # Errors
///
/// When that fails, naming the file.
pub fn write_json(file: &Path, value: &impl Serialize, out: &mut dyn Write) -> anyhow::Result<()> {
    write_text(file, &(serde_json::to_string_pretty(value)? + "\n"), out)
}

/// Writes text to a file, or to the output where the name says so.
///
/// # Errors
///
/// When that fails, naming the file.
pub fn write_text(file: &Path, text: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    match is_standard_output(file) {
        true => Ok(out.write_all(text.as_bytes())?),
        false => write_file(file, text),
    }
}

/// A file that is being written. It takes its name with [`commit`](Self::commit); dropped before
/// that, it is gone.
pub struct PendingFile {
    name: PathBuf,
    place: Place,
}

enum Place {
    /// Beside its name.
    Beside(BufWriter<NamedTempFile>),
    /// What is no regular file, such as a pipe, is written itself.
    Itself(BufWriter<File>),
}

impl PendingFile {
    /// A file that is to have this name. A link is followed.
    ///
    /// # Errors
    ///
    /// When it cannot be written, naming the file.
    pub fn create(name: &Path) -> anyhow::Result<Self> {
        Self::open(name).with_context(|| cannot_be_written(name))
    }

    fn open(name: &Path) -> io::Result<Self> {
        let (name, existing) = match fs::canonicalize(name) {
            Ok(name) => {
                let existing = fs::metadata(&name)?;
                (name, Some(existing))
            }
            Err(_) => (name.to_owned(), None),
        };
        if existing.as_ref().is_some_and(|it| !it.is_file()) {
            let file = File::options().write(true).open(&name)?;
            let place = Place::Itself(BufWriter::new(file));
            return Ok(PendingFile { name, place });
        }
        if existing.is_some() {
            // What must not be written is not replaced either.
            File::options().write(true).open(&name)?;
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".blockexc-");
        let permissions = existing.map_or_else(usual_permissions, |it| Some(it.permissions()));
        if let Some(permissions) = &permissions {
            builder.permissions(permissions.clone());
        }
        let file = builder.tempfile_in(folder_of(&name))?;
        let place = Place::Beside(BufWriter::with_capacity(1 << 16, file));
        Ok(PendingFile { name, place })
    }

    /// Gives the file its name.
    ///
    /// # Errors
    ///
    /// When the last bytes cannot be written, or the name not be given, naming the file.
    pub fn commit(self) -> anyhow::Result<()> {
        let PendingFile { name, place } = self;
        let written = match place {
            Place::Beside(file) => file
                .into_inner()
                .map_err(io::IntoInnerError::into_error)
                .and_then(|file| {
                    file.as_file().sync_all()?;
                    file.persist(&name).map_err(|error| error.error)?;
                    Ok(())
                }),
            Place::Itself(mut file) => file.flush(),
        };
        written.with_context(|| cannot_be_written(&name))
    }
}

impl Write for PendingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.place {
            Place::Beside(file) => file.write(bytes),
            Place::Itself(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.place {
            Place::Beside(file) => file.flush(),
            Place::Itself(file) => file.flush(),
        }
    }
}

/// What a new file may have; the system takes away what the user's mask forbids.
fn usual_permissions() -> Option<Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    #[cfg(not(unix))]
    None
}

fn cannot_be_written(file: &Path) -> String {
    format!("{} cannot be written", file.display())
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_whole_or_what_it_was_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("result.json");
        fs::write(&file, "before").unwrap();
        let mut pending = PendingFile::create(&file).unwrap();
        pending.write_all(b"half of").unwrap();
        pending.flush().unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "before");
        drop(pending);
        assert_eq!(fs::read_to_string(&file).unwrap(), "before");
        assert_eq!(names(folder.path()), ["result.json"]);
        write_file(&file, "after").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
        assert_eq!(names(folder.path()), ["result.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("result.json");
        fs::write(&file, "before").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("latest.json");
        symlink(&file, &link).unwrap();
        write_file(&link, "after").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let new = folder.path().join("new");
        write_file(&new, "").unwrap();
        let mode = fs::metadata(&new).unwrap().permissions().mode();
        assert_eq!(mode & 0o600, 0o600);
        assert_eq!(mode & 0o111, 0);
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("nowhere/result.json");
        let error = write_file(&file, "").unwrap_err().to_string();
        assert!(error.contains("nowhere/result.json"), "{error}");
    }
}
