//! [`diagnose`]: which single deviations explain a piece that the reference does not explain.

use std::io::BufRead;
use std::ops::ControlFlow;

use blockexc_model::Deviation;
use blockexc_model::deviation::{Deviations, Layer};

use super::piece::Piece;
use super::read::{LogReader, ReadError};
use super::run::Run;
use super::unexplained::{Unexplained, once_each};
use super::walk::{LogItem, walk};

/// The number of pieces that are examined after the unexplained one, to distinguish the deviations
/// that explain it.
const LOOK_AHEAD: u64 = 2000;
/// Each deviation is tried from the beginning of the log, so longer logs are not diagnosed.
pub const MAX_PIECES: u64 = 50_000;

/// Tries every deviation of the model, in addition to the assumed ones. Adds to `unexplained` the
/// deviations that explain the piece with the number `failed`, and the requirements that they
/// violate. `log` has to be at its beginning.
///
/// # Errors
///
/// When the log cannot be read.
pub fn diagnose<R: BufRead>(
    log: LogReader<R>,
    node: usize,
    failed: u64,
    assumed: Deviations,
    unexplained: &mut Unexplained,
) -> Result<(), ReadError> {
    if failed > MAX_PIECES {
        return Ok(());
    }
    let mut headers = 0;
    let mut runs: Vec<(Deviation, Run)> = Vec::new();
    // The deviations that explain the piece, and the number of pieces that each one explains.
    let mut explaining: Vec<(Deviation, u64)> = Vec::new();
    let mut pieces = 0;
    walk(log, |seen| {
        match seen {
            LogItem::Header(header) => {
                if headers == node {
                    runs = candidates(assumed)
                        .map(|deviation| {
                            let mut deviations = assumed;
                            deviations.insert(deviation);
                            (deviation, Run::new(header, deviations))
                        })
                        .collect();
                }
                headers += 1;
            }
            LogItem::Piece { node: other, piece } if other == node => {
                advance(&mut runs, piece, pieces, failed, &mut explaining);
                pieces += 1;
            }
            LogItem::Piece { .. } => {}
        }
        if pieces > failed + LOOK_AHEAD || headers > node && runs.is_empty() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    explaining.extend(
        runs.into_iter()
            .filter(|_| pieces > failed)
            .map(|(deviation, _)| (deviation, pieces)),
    );
    let furthest = explaining.iter().map(|(_, pieces)| *pieces).max();
    unexplained.deviations = explaining
        .into_iter()
        .filter(|(_, pieces)| Some(*pieces) == furthest)
        .map(|(deviation, _)| deviation)
        .collect();
    let broken = unexplained.deviations.iter().flat_map(|it| it.breaks());
    let broken = once_each(broken.copied().collect());
    if !unexplained.deviations.is_empty() {
        unexplained.requirements = broken;
    }
    Ok(())
}

fn candidates(assumed: Deviations) -> impl Iterator<Item = Deviation> {
    Deviation::ALL
        .iter()
        .copied()
        .filter(|deviation| deviation.layer() == Layer::Model)
        .filter(move |deviation| !assumed.contains(*deviation))
}

fn advance(
    runs: &mut Vec<(Deviation, Run)>,
    piece: &Piece,
    number: u64,
    failed: u64,
    explaining: &mut Vec<(Deviation, u64)>,
) {
    runs.retain_mut(|(deviation, run)| {
        let explains = run.explain(piece).is_ok();
        if !explains && number > failed {
            explaining.push((*deviation, number));
        }
        explains
    });
}
