//! A way through a network as a sequence chart: who joined, who said what to whom, what the node
//! that broke a rule kept before and after the step, and which requirement the step breaks.
//!
//! A message stands where it is handled, since that is where it does something.

mod mermaid;
mod svg;
mod text;

use blockexc_model::requirement::Requirement;

use crate::network::names::Peer;

use super::words::Broken;

/// A sequence chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Who takes part, from left to right.
    pub lanes: Vec<String>,
    /// What happens, from top to bottom.
    pub rows: Vec<Row>,
    /// What is wrong with the last of the steps that break a rule, if one does.
    pub offence: Option<Offence>,
    /// What is wrong with the state at the end, when a property of whole states is violated.
    pub ending: Option<Ending>,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Something that concerns one lane.
    Note {
        /// Which.
        lane: usize,
        /// What happens.
        text: String,
    },
    /// Something that concerns two lanes alike.
    Between {
        /// Which.
        lanes: [usize; 2],
        /// What happens.
        text: String,
    },
    /// A message that one lane sent and another now handles.
    Message {
        /// Who sent it.
        from: usize,
        /// Who handles it.
        to: usize,
        /// What it says.
        text: String,
    },
}

/// What is wrong with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offence {
    /// Which step it is, counted from one.
    pub step: usize,
    /// Whose step it is.
    pub node: String,
    /// What the node kept before.
    pub before: Vec<String>,
    /// What it did.
    pub did: Vec<String>,
    /// What it keeps now.
    pub after: Vec<String>,
    /// The rules and invariants that are broken.
    pub broken: Vec<Broken>,
}

/// What is wrong with the state that a way leads to, rather than with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How many steps the way has.
    pub step: usize,
    /// What every node keeps then, and what is between them.
    pub keeps: Vec<String>,
    /// The property that is violated.
    pub broken: Broken,
}

impl Chart {
    /// The chart of so many nodes, before anything has happened.
    pub(super) fn of_lanes(count: usize) -> Chart {
        Chart {
            lanes: (0u8..).take(count).map(|i| Peer(i).to_string()).collect(),
            rows: Vec::new(),
            offence: None,
            ending: None,
        }
    }
}

/// What is said below the rows, by whatever draws them.
struct Paragraph {
    title: String,
    lines: Vec<String>,
    /// Whether it says what is broken.
    is_breach: bool,
}

impl Chart {
    /// What there is to say of the offence and of the ending.
    fn paragraphs(&self) -> Vec<Paragraph> {
        let mut paragraphs = Vec::new();
        let mut say = |title: String, lines: &[String]| {
            paragraphs.push(Paragraph {
                title,
                lines: lines.to_vec(),
                is_breach: false,
            });
        };
        if let Some(offence) = &self.offence {
            let Offence { step, node, .. } = offence;
            say(format!("Before step {step}, {node} keeps"), &offence.before);
            say(format!("In step {step}, {node} does"), &offence.did);
            say(format!("After step {step}, {node} keeps"), &offence.after);
        }
        if let Some(ending) = &self.ending {
            say(format!("After step {}", ending.step), &ending.keeps);
        }
        let mut named = Vec::new();
        for (name, ids) in self.broken() {
            paragraphs.push(Paragraph {
                title: format!("This breaks \"{name}\""),
                lines: sentences(ids, &mut named),
                is_breach: true,
            });
        }
        paragraphs
    }

    /// Everything that is broken.
    fn broken(&self) -> impl Iterator<Item = Broken> {
        let by_the_step = self.offence.iter().flat_map(|offence| &offence.broken);
        let by_the_end = self.ending.iter().map(|ending| &ending.broken);
        by_the_step.chain(by_the_end).copied()
    }
}

/// The requirements' sentences, but for those that have been named.
fn sentences(ids: &[&'static str], named: &mut Vec<&'static str>) -> Vec<String> {
    let mut sentences = Vec::new();
    for id in ids {
        if named.contains(id) {
            continue;
        }
        named.push(id);
        if let Some(requirement) = Requirement::find(id) {
            let Requirement { level, text, .. } = requirement;
            sentences.push(format!("{id} {level}: {text}"));
        }
    }
    sentences
}
