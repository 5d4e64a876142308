//! What stands first in every vector.

use blockexc_model::Requirement;
use serde_json::{Value, json};

/// The requirement that the ID of a vector names.
///
/// # Errors
///
/// When there is no such requirement.
pub(super) fn requirement_of(id: &str) -> Result<&'static Requirement, String> {
    let requirement = id.split('/').next().and_then(Requirement::find);
    requirement.ok_or_else(|| format!("{id}: there is no such requirement"))
}

/// The ID of a vector, its requirement, and what it is about.
pub(super) fn heading(id: &str, requirement: &Requirement, summary: &str) -> Value {
    json!({
        "id": id,
        "requirement": requirement.id,
        "level": requirement.level.to_string(),
        "summary": summary,
    })
}
