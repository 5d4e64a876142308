//! Which scenarios are to run.
//!
//! A selector is a section (`WANT`), a requirement's ID (`WANT-1`, which is not `WANT-10`), or a
//! scenario's ID (`WANT-10/held`). Letters of either case are meant.

use blockexc_model::requirement::{REQUIREMENTS, Section};

use super::scenario::Scenario;
use super::scenarios;
use crate::near::Unknown;

/// Why nothing can be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// There is no such section, requirement or scenario.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// There is such a requirement, and no scenario tests it.
    #[error("no scenario tests {0}: it cannot be observed of a single node")]
    Untested(String),
    /// All that was selected was excluded.
    #[error("no scenario is selected")]
    Nothing,
}

/// The names by which a scenario of a requirement is meant, the narrowest first: its own, that of the
/// requirement, that of the section.
pub fn names<'a>(scenario: &'a str, requirement: &'a str) -> [&'a str; 3] {
    let section = requirement.split_once('-').map_or("", |(name, _)| name);
    [scenario, requirement, section]
}

/// Whether a name means a scenario of a requirement.
pub fn means(name: &str, scenario: &str, requirement: &str) -> bool {
    let mut names = names(scenario, requirement).into_iter();
    names.any(|known| known.eq_ignore_ascii_case(name))
}

fn matches(selector: &str, scenario: &Scenario) -> bool {
    means(selector, scenario.id, scenario.requirement_id())
}

/// What is selected (all, when nothing is named) and not excluded, in its order. `matches` says whether
/// a selector means one of them.
pub fn among<T>(
    all: impl Iterator<Item = T>,
    selectors: &[String],
    excluded: &[String],
    matches: impl Fn(&str, &T) -> bool,
) -> Vec<T> {
    let is_named = |names: &[String], one: &T| names.iter().any(|name| matches(name, one));
    all.filter(|one| selectors.is_empty() || is_named(selectors, one))
        .filter(|one| !is_named(excluded, one))
        .collect()
}

/// The names of sections and requirements, and these.
pub fn names_with<'a>(ids: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let sections = Section::ALL.iter().map(|section| section.name());
    let requirements = REQUIREMENTS.iter().map(|requirement| requirement.id);
    sections.chain(requirements).chain(ids)
}

/// Whether a name means any scenario.
///
/// # Errors
///
/// When it means none.
pub fn check_name(name: &str) -> Result<(), SelectError> {
    match scenarios::all().any(|scenario| matches(name, scenario)) {
        true => Ok(()),
        false => Err(unknown(name)),
    }
}

/// The scenarios that are selected (all, when nothing is named) and not excluded, in the order of
/// the specification.
///
/// # Errors
///
/// When a selector names nothing, or nothing is left.
pub fn select(
    selectors: &[String],
    excluded: &[String],
) -> Result<Vec<&'static Scenario>, SelectError> {
    for selector in selectors.iter().chain(excluded) {
        check_name(selector)?;
    }
    let selected = among(scenarios::all(), selectors, excluded, |name, scenario| {
        matches(name, scenario)
    });
    if selected.is_empty() {
        return Err(SelectError::Nothing);
    }
    Ok(selected)
}

fn unknown(selector: &str) -> SelectError {
    let is = |name: &str| name.eq_ignore_ascii_case(selector);
    if let Some(requirement) = REQUIREMENTS.iter().find(|requirement| is(requirement.id)) {
        return SelectError::Untested(requirement.id.to_owned());
    }
    if let Some(section) = Section::ALL.iter().find(|section| is(section.name())) {
        return SelectError::Untested(section.name().to_owned());
    }
    let names = names_with(scenarios::all().map(|scenario| scenario.id));
    SelectError::Unknown(Unknown::new(
        "section, requirement or scenario",
        selector,
        names,
        "`blockexc conform --list` lists all scenarios",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn ids(selectors: &[&str], excluded: &[&str]) -> Result<Vec<&'static str>, SelectError> {
        let own = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let selected = select(&own(selectors), &own(excluded))?;
        Ok(selected.iter().map(|scenario| scenario.id).collect())
    }

    #[test]
    fn a_requirement_is_not_a_prefix_of_others() {
        let selected = ids(&["want-5"], &[]).unwrap();
        assert!(!selected.is_empty());
        assert!(
            selected
                .iter()
                .all(|id| *id == "WANT-5" || id.starts_with("WANT-5/"))
        );
        assert!(ids(&["WANT-"], &[]).is_err());
    }

    #[test]
    fn sections_and_exclusions() {
        let want = ids(&["WANT"], &[]).unwrap();
        assert!(want.iter().all(|id| id.starts_with("WANT-")));
        let without = ids(&["WANT"], &["WANT-6"]).unwrap();
        assert!(without.len() < want.len() && !without.contains(&"WANT-6"));
        assert_eq!(ids(&["WANT-6"], &["WANT"]), Err(SelectError::Nothing));
    }

    #[test]
    fn what_does_not_exist_is_named_with_what_is_near() {
        let Err(SelectError::Unknown(unknown)) = ids(&["WNT-5"], &[]) else {
            panic!("there is no such requirement");
        };
        assert_eq!(unknown.name, "WNT-5");
        assert!(unknown.near.contains(&"WANT-5".to_owned()), "{unknown}");
        assert_eq!(
            ids(&["PAY-2"], &[]),
            Err(SelectError::Untested("PAY-2".to_owned()))
        );
    }
}
