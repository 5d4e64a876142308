//! [`StoredVerdicts`]: the verdicts on logs as JSON, and how the program ends after them.

use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::accepted::Outcome;
use crate::cli::Exit;
use crate::report::counted::counted;
use crate::suite::campaign::{Shard, first_that_differs};
use crate::suite::circumstances::Part;

/// The name of the format.
pub(in crate::cli) const FORMAT: &str = "blockexc-trace-verdicts/1";

/// The verdicts on logs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::cli) struct StoredVerdicts {
    /// [`FORMAT`].
    pub format: String,
    /// The version of the program.
    pub blockexc_version: String,
    /// The logs, those of other parts among them.
    pub files: Vec<String>,
    /// The deviations that were supposed; `None`: those that each log names.
    pub supposed: Option<Vec<String>>,
    /// Which part of the logs was judged, if not all.
    pub part: Option<Part>,
    /// The verdict on each node of each log.
    pub nodes: Vec<Value>,
    /// The logs that could not be read, and why.
    pub unreadable: Vec<Value>,
    /// What came of the baseline, if there is one.
    pub baseline: Option<Outcome>,
    /// Whether the user interrupted it.
    pub interrupted: bool,
}

/// What is said of a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Explained,
    Unexplained,
    CouldNotTell,
}

fn said(node: &Value) -> Said {
    match &node["stop"] {
        Value::Null => Said::Explained,
        stop if stop["what"].is_string() => Said::Unexplained,
        _ => Said::CouldNotTell,
    }
}

impl StoredVerdicts {
    /// How the program ends.
    pub(in crate::cli) fn exit(&self) -> Exit {
        let any = |which: Said| self.nodes.iter().any(|node| said(node) == which);
        let is_stale = self
            .baseline
            .as_ref()
            .is_some_and(|it| !it.stale.is_empty());
        if self.interrupted {
            Exit::Interrupted
        } else if any(Said::Unexplained) || is_stale {
            Exit::Bad
        } else if any(Said::CouldNotTell) || !self.unreadable.is_empty() {
            Exit::CouldNotTell
        } else {
            Exit::Good
        }
    }

    /// Puts all parts together.
    pub(in crate::cli) fn merged(parts: Vec<StoredVerdicts>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let mut whole = parts.next()?;
        for part in parts {
            whole.nodes.extend(part.nodes);
            whole.unreadable.extend(part.unreadable);
            whole.interrupted |= part.interrupted;
            if let (Some(one), Some(other)) = (&mut whole.baseline, part.baseline) {
                one.add(other);
            }
        }
        if let Some(outcome) = &mut whole.baseline
            && whole.unreadable.is_empty()
        {
            outcome.conclude();
        }
        let files = whole.files.clone();
        let place = |value: &Value| {
            let name = value["file"].as_str();
            files.iter().position(|file| Some(file.as_str()) == name)
        };
        whole.nodes.sort_by_key(place);
        whole.unreadable.sort_by_key(place);
        whole.part = None;
        Some(whole)
    }

    /// Says how many logs of nodes were explained, and which were not.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub(in crate::cli) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let of = |which: Said| self.nodes.iter().filter(move |node| said(node) == which);
        writeln!(
            out,
            "{}: {} explained, {} not, {} could not be told",
            counted(self.nodes.len() as u64, "log of a node", "logs of nodes"),
            of(Said::Explained).count(),
            of(Said::Unexplained).count(),
            of(Said::CouldNotTell).count()
        )?;
        let name = |node: &Value, key: &str| node[key].as_str().unwrap_or_default().to_owned();
        for node in of(Said::Unexplained) {
            let stop = &node["stop"];
            let ids = stop["requirements"].as_array().into_iter().flatten();
            let ids: Vec<&str> = ids.filter_map(Value::as_str).collect();
            writeln!(
                out,
                "  {} {} line {}: {} ({})",
                name(node, "file"),
                name(node, "node"),
                stop["line"],
                name(stop, "what"),
                ids.join(", ")
            )?;
        }
        for node in of(Said::CouldNotTell) {
            writeln!(
                out,
                "  {} {}: it cannot be told, or the log says nothing",
                name(node, "file"),
                name(node, "node")
            )?;
        }
        for file in &self.unreadable {
            writeln!(out, "  {}: {}", name(file, "file"), name(file, "error"))?;
        }
        match &self.baseline {
            Some(outcome) => outcome.write(out),
            None => Ok(()),
        }
    }
}

impl Shard for StoredVerdicts {
    fn part(&self) -> Option<Part> {
        self.part
    }

    fn difference(&self, other: &Self) -> Option<&'static str> {
        let same = [
            (
                self.blockexc_version == other.blockexc_version,
                "versions of blockexc",
            ),
            (self.files == other.files, "lists of logs"),
            (self.supposed == other.supposed, "supposed deviations"),
            (
                self.baseline.as_ref().map(Outcome::names)
                    == other.baseline.as_ref().map(Outcome::names),
                "baselines",
            ),
        ];
        first_that_differs(&same)
    }
}
