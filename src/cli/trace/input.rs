//! [`Log`]: a log that can be read several times.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::cli::interruption::{Interrupted, Interruption};
use crate::trace::judge::{NodeVerdict, Suppose};
use crate::trace::read::ReadError;
use crate::trace::validate::validate;

/// How many bytes are read at a time, and how many pieces of that size may wait.
const PIECE: usize = 1 << 16;
const WAITING_PIECES: usize = 16;

/// How long a reader waits before it says that there is nothing yet.
const WAIT: Duration = Duration::from_millis(50);

/// A log that can be read several times: what cannot is copied to the disk.
pub(super) enum Log {
    /// A regular file.
    File(PathBuf),
    /// What came through a pipe.
    Copied(NamedTempFile),
}

impl Log {
    /// The log in this file; `-` is the standard input, which is read to its end.
    ///
    /// # Errors
    ///
    /// When it cannot be read or copied, or the user interrupts meanwhile.
    pub(super) fn of(file: &Path, interruption: &Interruption) -> anyhow::Result<Self> {
        if file != Path::new("-") && fs::metadata(file).is_ok_and(|it| it.is_file()) {
            return Ok(Log::File(file.to_owned()));
        }
        let mut pipe = Pipe::of(file).map_err(ReadError::Io)?;
        let mut copy = BufWriter::new(NamedTempFile::new()?);
        let mut buffer = vec![0; PIECE];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => copy.write_all(&buffer[..read])?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if interruption.is_requested() {
                        return Err(Interrupted.into());
                    }
                }
                Err(error) => return Err(ReadError::Io(error).into()),
            }
        }
        let copy = copy.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Log::Copied(copy))
    }

    /// Reads it from its beginning.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub(super) fn open(&self) -> io::Result<BufReader<File>> {
        let file = match self {
            Log::File(file) => File::open(file)?,
            Log::Copied(file) => file.reopen()?,
        };
        Ok(BufReader::with_capacity(1 << 18, file))
    }

    /// The verdicts on it.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub(super) fn validate(&self, suppose: Suppose) -> Result<Vec<NodeVerdict>, ReadError> {
        validate(|| self.open(), suppose)
    }
}

/// Something that is read by a thread of its own. Where there is nothing yet, reading says so, after
/// a while, with [`io::ErrorKind::WouldBlock`].
pub(super) struct Pipe {
    pieces: Receiver<io::Result<Vec<u8>>>,
    rest: Vec<u8>,
    taken: usize,
}

impl Pipe {
    /// Reads this file; `-` is the standard input.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub(super) fn of(file: &Path) -> io::Result<Self> {
        let mut input: Box<dyn Read + Send> = match file == Path::new("-") {
            true => Box::new(io::stdin()),
            false => Box::new(File::open(file)?),
        };
        let (sender, pieces) = sync_channel(WAITING_PIECES);
        thread::Builder::new().spawn(move || {
            loop {
                let mut piece = vec![0; PIECE];
                let read = match input.read(&mut piece) {
                    Ok(0) => return,
                    Ok(read) => {
                        piece.truncate(read);
                        Ok(piece)
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let is_error = read.is_err();
                if sender.send(read).is_err() || is_error {
                    return;
                }
            }
        })?;
        Ok(Pipe {
            pieces,
            rest: Vec::new(),
            taken: 0,
        })
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.rest.len() {
            self.rest = match self.pieces.recv_timeout(WAIT) {
                Ok(piece) => piece?,
                Err(RecvTimeoutError::Timeout) => return Err(io::ErrorKind::WouldBlock.into()),
                Err(RecvTimeoutError::Disconnected) => Vec::new(),
            };
            self.taken = 0;
        }
        let length = buffer.len().min(self.rest.len() - self.taken);
        buffer[..length].copy_from_slice(&self.rest[self.taken..self.taken + length]);
        self.taken += length;
        Ok(length)
    }
}

/// A regular file that grows. At its end, reading waits a while and says
/// [`io::ErrorKind::WouldBlock`]; the end of input is there when the file has been removed.
pub(super) struct Tail {
    file: File,
    read: u64,
}

impl Tail {
    /// Reads this file from its beginning.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub(super) fn of(file: &Path) -> io::Result<Self> {
        Ok(Tail {
            file: File::open(file)?,
            read: 0,
        })
    }

    #[cfg(unix)]
    fn is_removed(metadata: &fs::Metadata) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        metadata.nlink() == 0
    }

    #[cfg(not(unix))]
    fn is_removed(_: &fs::Metadata) -> bool {
        false
    }
}

impl Read for Tail {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let metadata = self.file.metadata()?;
        let read = self.file.read(buffer)?;
        self.read += read as u64;
        if read > 0 {
            return Ok(read);
        }
        if metadata.len() < self.read {
            return Err(io::Error::other("the file has become shorter"));
        }
        if Tail::is_removed(&metadata) {
            return Ok(0);
        }
        thread::sleep(WAIT);
        Err(io::ErrorKind::WouldBlock.into())
    }
}
