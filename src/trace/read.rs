//! [`LogReader`]: reads a log line by line.
//!
//! The length of a line is bounded, so a file that is no log cannot exhaust the memory.

use std::io::{self, BufRead};

use super::line::Line;
use super::names::Spelling;

/// The longest line, in bytes. A message of 100 MiB can be longer, but its bytes are blocks, which
/// logs leave out.
pub const MAX_LINE: usize = 16 << 20;

/// What some editors put before UTF-8.
const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";

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
    /// Whether the buffer has the beginning of a line whose rest was not there yet.
    is_begun: bool,
    number: u64,
    names: Spelling,
}

impl<R: BufRead> LogReader<R> {
    /// A reader at the beginning of a log.
    pub fn new(input: R) -> Self {
        LogReader {
            input,
            buffer: Vec::new(),
            is_begun: false,
            number: 0,
            names: Spelling::default(),
        }
    }

    /// The next line with its number, counted from one. Empty lines are skipped.
    ///
    /// # Errors
    ///
    /// When the input fails, or the line is not a line of a log. After [`io::ErrorKind::WouldBlock`]
    /// it can be called again, for the same line.
    pub fn next_line(&mut self) -> Result<Option<(u64, Line)>, ReadError> {
        loop {
            if !std::mem::take(&mut self.is_begun) {
                self.buffer.clear();
            }
            let bound = (MAX_LINE + 1).saturating_sub(self.buffer.len()) as u64;
            let read = io::Read::take(&mut self.input, bound).read_until(b'\n', &mut self.buffer);
            if let Err(error) = read {
                self.is_begun = error.kind() == io::ErrorKind::WouldBlock;
                return Err(error.into());
            }
            let read = self.buffer.len();
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if self.number == 1 && self.buffer.starts_with(UTF_8_MARK) {
                self.buffer.drain(..UTF_8_MARK.len());
            }
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
