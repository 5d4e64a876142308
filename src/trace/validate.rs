//! [`validate`]: whether the model explains a log.

use std::io::{self, BufRead};
use std::ops::ControlFlow;

use super::diagnose::diagnose;
use super::judge::{Judge, NodeVerdict, Suppose};
use super::read::{LogReader, ReadError};
use super::unexplained::Stop;

/// Why a log is inconclusive whose validation was stopped.
pub const INTERRUPTED: &str = "the validation was interrupted";

/// Explains the log that `open` opens, node by node. `open` is called again for each node whose log
/// the model does not explain, to diagnose it.
///
/// # Errors
///
/// When the log cannot be read.
pub fn validate<R: BufRead>(
    open: impl Fn() -> io::Result<R>,
    suppose: Suppose,
) -> Result<Vec<NodeVerdict>, ReadError> {
    validate_while(open, suppose, || ControlFlow::Continue(()))
}

/// As [`validate`], as long as `go_on` says so. Where it was stopped, a log is inconclusive.
///
/// # Errors
///
/// When the log cannot be read.
pub fn validate_while<R: BufRead>(
    open: impl Fn() -> io::Result<R>,
    suppose: Suppose,
    go_on: impl Fn() -> ControlFlow<()>,
) -> Result<Vec<NodeVerdict>, ReadError> {
    let mut verdicts = explain_while(LogReader::new(open()?), suppose, go_on)?;
    diagnose_all(open, &mut verdicts)?;
    Ok(verdicts)
}

/// Explains a log, as long as `go_on` says so, and does not diagnose what is not explained.
///
/// # Errors
///
/// When the log cannot be read.
pub fn explain_while<R: BufRead>(
    mut log: LogReader<R>,
    suppose: Suppose,
    go_on: impl Fn() -> ControlFlow<()>,
) -> Result<Vec<NodeVerdict>, ReadError> {
    let mut judge = Judge::new(suppose);
    while let Some((number, line)) = log.next_line()? {
        judge.line(number, line)?;
        if go_on().is_break() {
            return Ok(judge.interrupted(INTERRUPTED));
        }
    }
    judge.finish()
}

/// Diagnoses each verdict on a log that is not explained.
///
/// # Errors
///
/// When the log cannot be read.
pub fn diagnose_all<R: BufRead>(
    open: impl Fn() -> io::Result<R>,
    verdicts: &mut [NodeVerdict],
) -> Result<(), ReadError> {
    for (node, verdict) in verdicts.iter_mut().enumerate() {
        // Its run has named what is broken.
        if verdict.header.from_outside {
            continue;
        }
        if let Some(Stop::Unexplained(unexplained)) = &mut verdict.stop {
            unexplained.node.clone_from(&verdict.header.node);
            diagnose(
                LogReader::new(open()?),
                node,
                verdict.pieces,
                verdict.deviations,
                unexplained,
            )?;
        }
    }
    Ok(())
}
