//! [`LogReader`]: reads a log line by line.
//!
//! The length of a line is bounded, so a file that is no log cannot exhaust the memory.

use std::io::{self, BufRead};

use super::line::Line;
use super::names::Spelling;

/// The longest line, in bytes. A message of 100 MiB can be longer, but its bytes are blocks, which
/// logs leave out.
pub const MAX_LINE: usize = 16 << 20;

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("reading the log: {0}")]
    Io(#[from] io::Error),
    /// A line is not a line of a log.
    #[error("line {number}: {wrong}")]
    Line {
        /// Counted from one.
        number: u64,
        /// What was expected, and what was found.
        wrong: String,
    },
}

/// Reads a log line by line.
pub struct LogReader<R> {
    input: R,
    buffer: Vec<u8>,
    number: u64,
    names: Spelling,
}

impl<R: BufRead> LogReader<R> {
    /// A reader at the beginning of a log.
    pub fn new(input: R) -> Self {
        LogReader {
            input,
            buffer: Vec::new(),
            number: 0,
            names: Spelling::default(),
        }
    }

    /// The next line with its number, counted from one. Empty lines are skipped.
    ///
    /// # Errors
    ///
    /// When the input fails, or the line is not a line of a log.
    pub fn next_line(&mut self) -> Result<Option<(u64, Line)>, ReadError> {
        loop {
            self.buffer.clear();
            let bound = MAX_LINE as u64 + 1;
            let read =
                io::Read::take(&mut self.input, bound).read_until(b'\n', &mut self.buffer)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if read > MAX_LINE {
                return Err(self.wrong(format!("longer than {MAX_LINE} bytes")));
            }
            let text = self.buffer.trim_ascii();
            if text.is_empty() {
                continue;
            }
            return match Line::read(text, &mut self.names) {
                Ok(line) => Ok(Some((self.number, line))),
                // An incomplete last line is ignored: the writer was stopped while it wrote it.
                Err(_) if !self.buffer.ends_with(b"\n") && is_cut(text) => Ok(None),
                Err(wrong) => Err(self.wrong(wrong)),
            };
        }
    }

    /// The text of the last line read.
    pub fn text(&self) -> &[u8] {
        self.buffer.trim_ascii()
    }

    fn wrong(&self, wrong: String) -> ReadError {
        ReadError::Line {
            number: self.number,
            wrong,
        }
    }
}

/// Whether this is the beginning of a JSON value.
fn is_cut(text: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(text).is_err_and(|error| error.is_eof())
}
