//! Which scenarios are to run.
//!
//! A selector is a section (`WANT`), a requirement's ID (`WANT-1`, which is not `WANT-10`), or a
//! scenario's ID (`WANT-10/held`). Letters of either case are meant.

use std::collections::BTreeSet;

use blockexc_model::requirement::{REQUIREMENTS, Section};

use super::scenario::Scenario;
use super::scenarios;

/// Why nothing can be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// There is no such thing.
    #[error("`{selector}` is no section, requirement or scenario{}", suggest(.near))]
    Unknown {
        /// What was asked for.
        selector: String,
        /// What it may mean.
        near: Vec<String>,
    },
    /// There is such a requirement, and no scenario tests it.
    #[error("no scenario tests {0}: it cannot be observed of a single node")]
    Untested(String),
    /// All that was selected was excluded.
    #[error("no scenario is selected")]
    Nothing,
}

fn suggest(near: &[String]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!("; near it: {}", near.join(", "))
    }
}

fn matches(selector: &str, scenario: &Scenario) -> bool {
    let requirement = scenario.requirement_id();
    let section = requirement.split_once('-').map_or("", |(name, _)| name);
    [section, requirement, scenario.id]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(selector))
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
        if !scenarios::all().any(|scenario| matches(selector, scenario)) {
            return Err(unknown(selector));
        }
    }
    let selected: Vec<_> = scenarios::all()
        .filter(|scenario| {
            selectors.is_empty() || selectors.iter().any(|name| matches(name, scenario))
        })
        .filter(|scenario| !excluded.iter().any(|name| matches(name, scenario)))
        .collect();
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
    let names = Section::ALL.iter().map(|section| section.name().to_owned());
    let names = names
        .chain(
            REQUIREMENTS
                .iter()
                .map(|requirement| requirement.id.to_owned()),
        )
        .chain(scenarios::all().map(|scenario| scenario.id.to_owned()));
    SelectError::Unknown {
        selector: selector.to_owned(),
        near: near(selector, names),
    }
}

/// Of these names, those that differ least from what was typed; none when all differ a lot.
pub fn near(typed: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let typed = typed.to_ascii_uppercase();
    let mut ranked: BTreeSet<(usize, usize, String)> = BTreeSet::new();
    for (i, name) in names.into_iter().enumerate() {
        let distance = distance(&typed, &name.to_ascii_uppercase());
        if distance <= 2.max(typed.len() / 4) {
            ranked.insert((distance, i, name));
        }
    }
    let mut found: Vec<String> = Vec::new();
    for (_, _, name) in ranked {
        if !found.contains(&name) && found.len() < 5 {
            found.push(name);
        }
    }
    found
}

/// The number of letters to insert, delete or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for j in 0..b.len() {
            let replaced = diagonal + usize::from(letter != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
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
        let Err(SelectError::Unknown { selector, near }) = ids(&["WNT-5"], &[]) else {
            panic!("there is no such requirement");
        };
        assert_eq!(selector, "WNT-5");
        assert!(near.contains(&"WANT-5".to_owned()), "{near:?}");
        assert_eq!(
            ids(&["PAY-2"], &[]),
            Err(SelectError::Untested("PAY-2".to_owned()))
        );
    }
}
