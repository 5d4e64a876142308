//! [`Judge`]: judges a log as its lines come.

use std::ops::ControlFlow;

use blockexc_model::deviation::Deviations;

use super::coverage::Coverage;
use super::header::Header;
use super::line::Line;
use super::piece::Piece;
use super::read::ReadError;
use super::run::Run;
use super::unexplained::Stop;
use super::walk::{LogItem, Walk};

/// The verdict on the log of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeVerdict {
    /// The header of the node.
    pub header: Header,
    /// The deviations of the model.
    pub deviations: Deviations,
    /// The number of explained events: the lines of this node that are no header.
    pub explained: u64,
    /// The line of the log up to which it is explained.
    pub explained_to: u64,
    /// The number of parts of messages that were not judged, because what they are about is unknown.
    pub skipped: u64,
    /// The requirements that the explained part of the log touches.
    pub coverage: Coverage,
    /// Why the explanation ends before the log, if it does.
    pub stop: Option<Stop>,
    /// The number of pieces that are explained.
    pub(super) pieces: u64,
}

/// Which deviations the nodes of a log are assumed to have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppose {
    /// For all nodes, these. `None`: for each node, what the log says.
    pub all: Option<Deviations>,
    /// By the number of the node, counted from zero: these as well.
    pub also: Vec<Deviations>,
}

impl Suppose {
    /// For each node, what the log says.
    pub fn as_logged() -> Self {
        Suppose::default()
    }

    /// For all nodes, these.
    pub fn so(deviations: Deviations) -> Self {
        Suppose {
            all: Some(deviations),
            also: Vec::new(),
        }
    }

    /// The deviations that the node of this number is assumed to have.
    fn deviations(&self, node: usize, header: &Header) -> Deviations {
        let logged = || {
            let dialect = header.dialect.map(|dialect| dialect.deviations);
            dialect.unwrap_or_default().union(header.deviations)
        };
        let also = self.also.get(node).copied().unwrap_or_default();
        self.all.unwrap_or_else(logged).union(also)
    }
}

/// Judges a log as its lines come.
pub struct Judge {
    suppose: Suppose,
    walk: Walk,
    nodes: Nodes,
}

#[derive(Default)]
struct Nodes(Vec<(Run, NodeVerdict)>);

impl Judge {
    /// A judge before the first line.
    pub fn new(suppose: Suppose) -> Self {
        Judge {
            suppose,
            walk: Walk::default(),
            nodes: Nodes::default(),
        }
    }

    /// Takes the next line.
    ///
    /// # Errors
    ///
    /// When the line names a node without a header, or one that has a header already.
    pub fn line(&mut self, number: u64, line: Line) -> Result<(), ReadError> {
        let Judge {
            suppose,
            walk,
            nodes,
        } = self;
        let _ = walk.line(number, line, |item| {
            nodes.take(suppose, item);
            ControlFlow::Continue(())
        })?;
        Ok(())
    }

    /// Judges what has come of each node's last step, though more of it may come. A line that is wrong
    /// now stays so; one that is missing is not missed.
    pub fn look(&mut self) {
        for (node, piece) in self.walk.open().enumerate() {
            let Piece::Step(step) = &piece else {
                continue;
            };
            let (run, verdict) = &mut self.nodes.0[node];
            if step.outputs.is_empty() || verdict.stop.is_some() {
                continue;
            }
            if let Err(stop @ Stop::Unexplained(_)) = run.clone().explain(&piece) {
                verdict.fails(&piece, stop);
            }
        }
    }

    /// Whether the log of a node is not explained.
    pub fn has_failed(&self) -> bool {
        let mut verdicts = self.nodes.0.iter();
        verdicts.any(|(_, verdict)| matches!(verdict.stop, Some(Stop::Unexplained(_))))
    }

    /// The number of pieces that are explained of the node with the most.
    pub fn pieces(&self) -> u64 {
        let pieces = self.nodes.0.iter().map(|(_, verdict)| verdict.pieces);
        pieces.max().unwrap_or(0)
    }

    /// The verdicts so far, when the log has not ended. `why` is why it cannot be told of the rest.
    pub fn interrupted(self, why: &str) -> Vec<NodeVerdict> {
        let verdicts = self.nodes.0.into_iter().map(|(_, mut verdict)| {
            verdict.stop.get_or_insert_with(|| Stop::Inconclusive {
                line: verdict.explained_to,
                why: why.to_owned(),
            });
            verdict
        });
        verdicts.collect()
    }

    /// The log has ended.
    ///
    /// # Errors
    ///
    /// When there was no header.
    pub fn finish(self) -> Result<Vec<NodeVerdict>, ReadError> {
        let Judge {
            suppose,
            walk,
            mut nodes,
        } = self;
        walk.finish(|item| {
            nodes.take(&suppose, item);
            ControlFlow::Continue(())
        })?;
        let verdicts = nodes.0.into_iter().map(|(run, mut verdict)| {
            if verdict.stop.is_none() && run.judged() == 0 {
                verdict.stop = Some(Stop::Vacuous {
                    events: verdict.explained,
                });
            }
            verdict
        });
        Ok(verdicts.collect())
    }
}

impl Nodes {
    fn take(&mut self, suppose: &Suppose, item: LogItem<'_>) {
        match item {
            LogItem::Header(header) => {
                let deviations = suppose.deviations(self.0.len(), header);
                let verdict = NodeVerdict {
                    header: header.clone(),
                    deviations,
                    explained: 0,
                    explained_to: 0,
                    skipped: 0,
                    coverage: Coverage::default(),
                    stop: None,
                    pieces: 0,
                };
                self.0.push((Run::new(header, deviations), verdict));
            }
            LogItem::Piece { node, piece } => {
                let (run, verdict) = &mut self.0[node];
                if verdict.stop.is_some() {
                    return;
                }
                match run.explain(piece) {
                    Ok(()) => verdict.passes(piece),
                    Err(stop) => verdict.fails(piece, stop),
                }
                verdict.skipped = run.skipped();
                verdict.coverage = run.coverage();
            }
        }
    }
}

impl NodeVerdict {
    fn passes(&mut self, piece: &Piece) {
        self.pieces += 1;
        match piece {
            Piece::Step(step) => {
                self.explained += step.lines();
                if step.lines() > 0 {
                    let last = step.outputs.last().map_or(step.line, |(line, _)| *line);
                    self.explained_to = last;
                }
            }
            Piece::Dumped(line, _) | Piece::Quiet(line) => {
                self.explained += 1;
                self.explained_to = *line;
            }
        }
    }

    fn fails(&mut self, piece: &Piece, stop: Stop) {
        if let (Piece::Step(step), Stop::Unexplained(unexplained)) = (piece, &stop) {
            let outputs = step.outputs.iter().map(|(line, _)| *line);
            let inputs = step.has_input().then_some(step.line);
            for line in inputs.into_iter().chain(outputs) {
                if line < unexplained.line {
                    self.explained += 1;
                    self.explained_to = line;
                }
            }
        }
        self.stop = Some(stop);
    }
}
