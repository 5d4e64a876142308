//! The archive of all vectors: a tar file, compressed with gzip, of the same bytes each time.

use std::io;

use flate2::{Compression, GzBuilder};
use tar::{Builder, Header};

use super::files::VectorFile;

/// The folder in the archive.
const FOLDER: &str = "blockexc-vectors";

/// An archive of these files.
///
/// # Errors
///
/// When a file cannot be described, which does not happen for short names.
pub fn archive(files: &[VectorFile]) -> io::Result<Vec<u8>> {
    // Without a time: the same files give the same bytes.
    let compressed = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    let mut archive = Builder::new(compressed);
    for file in files {
        let mut header = Header::new_gnu();
        header.set_size(file.text.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive.append_data(
            &mut header,
            format!("{FOLDER}/{}", file.name),
            file.text.as_bytes(),
        )?;
    }
    archive.into_inner()?.finish()
}
