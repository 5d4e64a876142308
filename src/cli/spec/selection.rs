//! [`Selection`]: what is to be shown of the specification.

use blockexc_model::dialect::DIALECTS;
use blockexc_model::requirement::{REQUIREMENTS, Section};
use blockexc_model::{Deviation, Dialect, Requirement};

use super::glossary::Term;
use crate::near::Unknown;
use crate::suite::scenario::Scenario;

/// What is to be shown of the specification.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    pub requirements: Vec<&'static Requirement>,
    pub deviations: Vec<Deviation>,
    pub dialects: Vec<&'static Dialect>,
    pub scenarios: Vec<&'static Scenario>,
    pub terms: Vec<Term>,
}

impl Selection {
    /// Whether there is nothing to be shown.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
            && self.deviations.is_empty()
            && self.dialects.is_empty()
            && self.scenarios.is_empty()
            && self.terms.is_empty()
    }
}

/// The section of this name.
pub(super) fn section(name: &str) -> Option<Section> {
    let mut sections = Section::ALL.iter().copied();
    sections.find(|section| section.name().eq_ignore_ascii_case(name))
}

/// What has this name; a section stands for its requirements.
///
/// # Errors
///
/// When nothing has.
pub(super) fn named(name: &str) -> Result<Selection, Unknown> {
    let is = |known: &str| known.eq_ignore_ascii_case(name);
    let section = section(name);
    let requirements = REQUIREMENTS.iter();
    let deviations = Deviation::ALL.iter().copied();
    let found = Selection {
        requirements: requirements
            .filter(|known| is(known.id) || section == Some(known.section))
            .collect(),
        deviations: deviations.filter(|known| is(known.name())).collect(),
        dialects: DIALECTS.iter().filter(|known| is(known.name)).collect(),
        ..Selection::default()
    };
    if !found.is_empty() {
        return Ok(found);
    }
    let sections = Section::ALL.iter().map(|section| section.name());
    let ids = REQUIREMENTS.iter().map(|known| known.id);
    let deviations = Deviation::ALL.iter().map(|known| known.name());
    let dialects = DIALECTS.iter().map(|known| known.name);
    let names = ids.chain(sections).chain(deviations).chain(dialects);
    Err(Unknown::new(
        "requirement, section, deviation or dialect",
        name,
        names,
        "`blockexc spec`, `spec --deviations` and `spec --dialects` list all",
    ))
}
