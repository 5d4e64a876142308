//! The kill matrix: which deviations of the model the vectors of the state machine tell from the
//! reference, and which requirements they accuse a node of that deviates so.

use std::collections::BTreeSet;

use blockexc_model::Deviation;
use blockexc_model::deviation::{Deviations, Layer};

use super::judged::Judged;
use super::machine::SEEN_BESIDE;
use super::run::accuse;
use super::vector::Vector;

/// The deviations that no vector tells, and why.
pub const NOT_TOLD: &[(Deviation, &str)] = &[];

/// What the vectors see of one deviation.
#[derive(Clone, Debug)]
pub struct Row {
    /// The deviation.
    pub deviation: Deviation,
    /// The vectors at which a node that deviates so differs from the reference.
    pub differs: Vec<String>,
    /// The vectors that fail it, or warn.
    pub accuses: Vec<String>,
    /// The requirements of those.
    pub accused_of: BTreeSet<&'static str>,
}

/// A row for each deviation of the model.
///
/// # Errors
///
/// When a deviation has too many outcomes at a vector, naming both.
pub fn rows(vectors: &[Vector]) -> Result<Vec<Row>, String> {
    let deviations = Deviation::ALL.iter().copied();
    deviations
        .filter(|deviation| deviation.layer() == Layer::Model)
        .map(|deviation| row(deviation, vectors))
        .collect()
}

fn row(deviation: Deviation, vectors: &[Vector]) -> Result<Row, String> {
    let mut row = Row {
        deviation,
        differs: Vec::new(),
        accuses: Vec::new(),
        accused_of: BTreeSet::new(),
    };
    let others = SEEN_BESIDE.iter().filter(|(one, _)| *one == deviation);
    let beside: Deviations = others.map(|(_, other)| *other).collect();
    let deviations = beside.union(Deviations::of(&[deviation]));
    for vector in vectors {
        let Some(machine) = vector.as_machine() else {
            continue;
        };
        let wrong = |error| format!("{deviation} at {}: {error}", vector.id);
        if machine.is_done_by(deviations, beside).map_err(wrong)? {
            continue;
        }
        row.differs.push(vector.id.clone());
        for answer in machine.answers_of(deviations).map_err(wrong)? {
            if let Judged::Wrong { as_by, .. } = vector.judge(&answer)
                && accuse(vector, &as_by).0.is_missed()
                && !row.accuses.contains(&vector.id)
            {
                row.accuses.push(vector.id.clone());
                row.accused_of.insert(vector.requirement.id);
            }
        }
    }
    Ok(row)
}
