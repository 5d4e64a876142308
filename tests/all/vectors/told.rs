//! What the state vectors are worth: which deviations they tell from the reference.

use std::collections::BTreeSet;

use blockexc::vectors::kill_matrix::{NOT_TOLD, rows};
use blockexc::vectors::vector;
use blockexc_model::Deviation;

/// Requirements that a deviation breaks, and of which no vector accuses it, with the reason.
const NOT_ACCUSED: &[(Deviation, &str, &str)] = &[];

#[test]
fn every_deviation_of_the_model_is_told_and_accused_of_what_it_breaks() {
    let vectors = vector::all().unwrap();
    let with_vectors: BTreeSet<&str> = vectors
        .iter()
        .filter(|vector| vector.as_machine().is_some())
        .map(|vector| vector.requirement.id)
        .collect();
    let rows = rows(&vectors).unwrap();
    let mut wrong = Vec::new();
    for row in &rows {
        let deviation = row.deviation;
        let is_listed = NOT_TOLD.iter().any(|(listed, _)| *listed == deviation);
        if row.differs.is_empty() != is_listed {
            wrong.push(format!("{deviation} is told: {}", !row.differs.is_empty()));
        }
        let breaks: BTreeSet<&str> = deviation.breaks().iter().copied().collect();
        let beyond: Vec<_> = row.accused_of.difference(&breaks).collect();
        if !beyond.is_empty() {
            wrong.push(format!("{deviation} is accused of {beyond:?}"));
        }
        for id in breaks.intersection(&with_vectors) {
            let mut listed = NOT_ACCUSED.iter();
            let is_listed = listed.any(|(it, of, _)| *it == deviation && of == id);
            if row.accused_of.contains(id) == is_listed {
                wrong.push(format!("{deviation} is not accused of {id}, or listed"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(rows.len() > 100, "{}", rows.len());
}
