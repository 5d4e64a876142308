//! Which vectors are to run: by kind, and by the names of sections, requirements or vectors.

use super::vector::{Kind, Vector};
use crate::near::Unknown;
use crate::suite::select::{among, means, names_with};

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
    let ids = vectors.iter().map(|vector| vector.id.as_str());
    Err(Unknown::new(
        "section, requirement or vector",
        name,
        names_with(ids),
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
    let of_kinds = vectors
        .iter()
        .filter(|vector| kinds.is_empty() || kinds.contains(&vector.kind()));
    let selected = among(of_kinds, names, excluded, |name, vector| {
        means(name, &vector.id, vector.requirement.id)
    });
    match selected.is_empty() {
        true => Err("no vector is selected".to_owned()),
        false => Ok(selected),
    }
}
