//! [`LogReader`]: the lines of a log, one at a time.
//!
//! A line has a bound, so that a file that is no log takes no memory; an error names the line.

use std::io::{self, BufRead};

use super::line::Line;
use super::names::Spelling;

/// The longest line, in bytes. A message of 100 MiB has its blocks' bytes in hexadecimal at worst;
/// logs leave them out.
pub const LONGEST_LINE: usize = 16 << 20;

/// The log cannot be read further.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot.
    #[error("reading the log: {0}")]
    Io(#[from] io::Error),
    /// A line is not what a line of a log is.
    #[error("line {number}: {wrong}")]
    Line {
        /// Counted from one.
        number: u64,
        /// What was expected, and what stands there.
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

    /// The next line with its number, counted from one; empty lines are passed over.
    ///
    /// # Errors
    ///
    /// When the input fails, or the line is none of a log.
    pub fn next_line(&mut self) -> Result<Option<(u64, Line)>, ReadError> {
        loop {
            self.buffer.clear();
            let bound = LONGEST_LINE as u64 + 1;
            let read =
                io::Read::take(&mut self.input, bound).read_until(b'\n', &mut self.buffer)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if read > LONGEST_LINE {
                return Err(self.wrong(format!("longer than {LONGEST_LINE} bytes")));
            }
            let text = self.buffer.trim_ascii();
            if text.is_empty() {
                continue;
            }
            return match Line::read(text, &mut self.names) {
                Ok(line) => Ok(Some((self.number, line))),
                // Where the writer was stopped in the middle of a line, the log ends before it.
                Err(_) if !self.buffer.ends_with(b"\n") && is_cut(text) => Ok(None),
                Err(wrong) => Err(self.wrong(wrong)),
            };
        }
    }

    /// The text of the line that was read last.
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

/// Whether this begins like JSON, and ends too early.
fn is_cut(text: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(text).is_err_and(|error| error.is_eof())
}
