//! [`follow`]: judges a log as it is written.

use std::fs;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::input::{Pipe, Tail};
use crate::cli::interruption::Interruption;
use crate::trace::diagnose::MAX_PIECES;
use crate::trace::judge::{Judge, NodeVerdict, Suppose};
use crate::trace::read::{LogReader, ReadError};
use crate::trace::validate::{INTERRUPTED, diagnose_all};

/// Judges the log in this file (`-` is the standard input) as it is written, until a line is not
/// explained, the input ends, or the user interrupts.
///
/// # Errors
///
/// When the log cannot be read, or its beginning not be kept for a diagnosis.
pub(super) fn follow(
    file: &Path,
    suppose: Suppose,
    interruption: &Interruption,
) -> Result<Vec<NodeVerdict>, ReadError> {
    let is_regular = file != Path::new("-") && fs::metadata(file)?.is_file();
    let input: Box<dyn Read> = match is_regular {
        true => Box::new(Tail::of(file)?),
        false => Box::new(Pipe::of(file)?),
    };
    let mut log = LogReader::new(BufReader::with_capacity(1 << 16, input));
    let mut judge = Judge::new(suppose);
    let mut copy = Copy::new()?;
    let mut is_interrupted = false;
    while !judge.has_failed() && !is_interrupted {
        match log.next_line() {
            Ok(Some((number, line))) => {
                if judge.pieces() <= MAX_PIECES {
                    copy.line(number, log.text())?;
                }
                judge.line(number, line)?;
            }
            Ok(None) => break,
            Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => judge.look(),
            Err(error) => return Err(error),
        }
        is_interrupted = interruption.is_requested();
    }
    let mut verdicts = match is_interrupted {
        true => judge.interrupted(INTERRUPTED),
        false => judge.finish()?,
    };
    let copy = copy.finish()?;
    diagnose_all(|| Ok(BufReader::new(copy.reopen()?)), &mut verdicts)?;
    Ok(verdicts)
}

/// The beginning of a log, as much of it as a diagnosis reads: a pipe is read only once.
struct Copy {
    out: BufWriter<NamedTempFile>,
    lines: u64,
}

impl Copy {
    fn new() -> io::Result<Self> {
        Ok(Copy {
            out: BufWriter::new(NamedTempFile::new()?),
            lines: 0,
        })
    }

    /// Lines that are empty are not read, and counted all the same.
    fn line(&mut self, number: u64, text: &[u8]) -> io::Result<()> {
        while self.lines + 1 < number {
            self.out.write_all(b"\n")?;
            self.lines += 1;
        }
        self.out.write_all(text)?;
        self.out.write_all(b"\n")?;
        self.lines = number;
        Ok(())
    }

    fn finish(self) -> io::Result<NamedTempFile> {
        self.out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
    }
}
