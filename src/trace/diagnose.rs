//! [`diagnose`]: which single deviations explain a piece that the model does not explain.

use std::io::BufRead;
use std::ops::ControlFlow;

use blockexc_model::Deviation;
use blockexc_model::deviation::{Deviations, Layer};

use super::broken::{in_each, once_each};
use super::header::Header;
use super::piece::Piece;
use super::read::{LogReader, ReadError};
use super::run::Run;
use super::unexplained::{Stop, Unexplained};
use super::walk::{LogItem, walk};

/// The number of pieces that are examined after the unexplained one, to distinguish the deviations
/// that explain it.
const LOOK_AHEAD: u64 = 2000;
/// Each deviation is tried from the beginning of the log, so longer logs are not diagnosed.
pub const MAX_PIECES: u64 = 50_000;

/// A model that deviates once more than is assumed, or once less.
struct Candidate {
    deviation: Deviation,
    /// Whether the deviation is one of the assumed ones, and this model does not have it.
    is_without: bool,
    run: Run,
    /// Where it ends to explain the log, after the unexplained piece.
    end: Option<(u64, Stop)>,
}

/// Tries every deviation of the model, in addition to the assumed ones, and each assumed one left out.
/// Adds to `unexplained` those that explain the piece with the number `failed`, and the requirements
/// that are broken. `log` has to be at its beginning.
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
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut pieces = 0;
    walk(log, |seen| {
        match seen {
            LogItem::Header(header) => {
                if headers == node {
                    candidates = all(header, assumed);
                }
                headers += 1;
            }
            LogItem::Piece { node: other, piece } if other == node => {
                advance(&mut candidates, piece, pieces, failed);
                pieces += 1;
            }
            LogItem::Piece { .. } => {}
        }
        let all_have_ended = candidates.iter().all(|it| it.end.is_some());
        if pieces > failed + LOOK_AHEAD || headers > node && all_have_ended {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    if pieces <= failed {
        candidates.clear();
    }
    let reach = |it: &Candidate| it.end.as_ref().map_or(u64::MAX, |(piece, _)| *piece);
    let furthest = candidates.iter().map(reach).max();
    candidates.retain(|it| Some(reach(it)) == furthest);
    conclude(&candidates, unexplained);
    Ok(())
}

fn all(header: &Header, assumed: Deviations) -> Vec<Candidate> {
    let of_the_model = Deviation::ALL.iter().copied();
    let of_the_model = of_the_model.filter(|deviation| deviation.layer() == Layer::Model);
    let candidate = |deviation: Deviation| {
        let is_without = assumed.contains(deviation);
        let deviations = match is_without {
            true => assumed.without(deviation),
            false => assumed.union(Deviations::of(&[deviation])),
        };
        Candidate {
            deviation,
            is_without,
            run: Run::new(header, deviations),
            end: None,
        }
    };
    of_the_model.map(candidate).collect()
}

/// Tries the next piece. Candidates that do not explain what is to be explained are gone.
fn advance(candidates: &mut Vec<Candidate>, piece: &Piece, number: u64, failed: u64) {
    candidates.retain_mut(|candidate| {
        if candidate.end.is_some() {
            return true;
        }
        match candidate.run.explain(piece) {
            Ok(()) => true,
            Err(stop) => {
                candidate.end = Some((number, stop));
                number > failed
            }
        }
    });
}

/// Says what the candidates that explain most tell.
fn conclude(explaining: &[Candidate], unexplained: &mut Unexplained) {
    let names = |is_without| -> Vec<Deviation> {
        let such = explaining.iter().filter(|it| it.is_without == is_without);
        such.map(|it| it.deviation).collect()
    };
    unexplained.deviations = names(false);
    unexplained.without = names(true);
    let Some(first) = explaining.first() else {
        return;
    };
    // All of them end at the same piece.
    if let Some((_, Stop::Unexplained(later))) = &first.end {
        unexplained.explained_to = Some(later.line);
    }
    unexplained.requirements = broken(explaining);
    unexplained.may_break = match unexplained.requirements.as_slice() {
        [] if explaining.iter().all(|it| !breaks(it).is_empty()) => {
            once_each(explaining.iter().flat_map(|it| breaks(it).iter().copied()))
        }
        _ => Vec::new(),
    };
}

/// What a node breaks that is as this model; nothing, if it does what the assumed one should.
fn breaks(candidate: &Candidate) -> &'static [&'static str] {
    match candidate.is_without {
        true => &[],
        false => candidate.deviation.breaks(),
    }
}

/// The requirements that are broken, whichever of these explains the line.
fn broken(explaining: &[Candidate]) -> Vec<&'static str> {
    if explaining.iter().any(|it| it.is_without) {
        return Vec::new();
    }
    if explaining.iter().any(|it| breaks(it).is_empty()) {
        // It may be permitted. What is permitted only for a while is broken where it ends.
        let later = explaining.iter().filter_map(|it| match &it.end {
            Some((_, Stop::Unexplained(later))) => Some(later.requirements.clone()),
            _ => None,
        });
        return once_each(later.flatten());
    }
    let broken: Vec<_> = explaining.iter().map(breaks).collect();
    in_each(&broken)
}
