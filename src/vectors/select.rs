//! Which vectors are to run: by kind, and by the names of sections, requirements or vectors.

use blockexc_model::requirement::{REQUIREMENTS, Section};

use super::vector::{Kind, Vector};
use crate::near::Unknown;
use crate::suite::select::means;

/// Whether a name means any of these vectors.
///
/// # Errors
///
/// When it means none, with what is near.
pub fn check_name(name: &str, vectors: &[Vector]) -> Result<(), Unknown> {
    if vectors
        .iter()
        .any(|vector| means(name, &vector.id, vector.requirement.id))
    {
        return Ok(());
    }
    let sections = Section::ALL.iter().map(|section| section.name());
    let requirements = REQUIREMENTS.iter().map(|requirement| requirement.id);
    let ids = vectors.iter().map(|vector| vector.id.as_str());
    Err(Unknown::new(
        "section, requirement or vector",
        name,
        sections.chain(requirements).chain(ids),
        "`blockexc vectors run --list` lists all vectors",
    ))
}

/// The vectors of these kinds (all, when none is named) that these names mean (all, when none is
/// named) and that are not excluded.
///
/// # Errors
///
/// When a name means nothing, or nothing is left.
pub fn select<'a>(
    vectors: &'a [Vector],
    kinds: &[Kind],
    names: &[String],
    excluded: &[String],
) -> Result<Vec<&'a Vector>, String> {
    for name in names.iter().chain(excluded) {
        check_name(name, vectors).map_err(|unknown| unknown.to_string())?;
    }
    let is_named = |names: &[String], vector: &Vector| {
        let mut names = names.iter();
        names.any(|name| means(name, &vector.id, vector.requirement.id))
    };
    let selected: Vec<&Vector> = vectors
        .iter()
        .filter(|vector| kinds.is_empty() || kinds.contains(&vector.kind()))
        .filter(|vector| names.is_empty() || is_named(names, vector))
        .filter(|vector| !is_named(excluded, vector))
        .collect();
    match selected.is_empty() {
        true => Err("no vector is selected".to_owned()),
        false => Ok(selected),
    }
}
