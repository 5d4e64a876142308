//! Requirements, deviations and dialects: one table, and nothing in it by half.

use std::collections::BTreeSet;

use blockexc_model::deviation::Deviations;
use blockexc_model::dialect::DIALECTS;
use blockexc_model::requirement::{Level, REQUIREMENTS, Section};
use blockexc_model::{Deviation, Dialect, Requirement};

/// Each MUST that no deviation breaks, and why.
const UNBROKEN: &[(&str, &str)] = &[(
    "WIRE-1",
    "a node that frames messages otherwise speaks another protocol: no other requirement could be looked at",
)];

#[test]
fn ids_are_unique_and_begin_with_their_section() {
    let mut ids = BTreeSet::new();
    for requirement in REQUIREMENTS {
        assert!(
            ids.insert(requirement.id),
            "{} is there twice",
            requirement.id
        );
        let (section, number) = requirement.id.split_once('-').unwrap();
        assert_eq!(section, requirement.section.name());
        assert!(number.parse::<u32>().is_ok(), "{}", requirement.id);
        assert_eq!(Requirement::find(requirement.id), Some(requirement));
    }
    assert_eq!(Requirement::find("WANT-99"), None);
}

#[test]
fn sections_come_in_order_with_their_requirements_numbered_from_one() {
    for section in Section::ALL {
        let numbers: Vec<usize> = REQUIREMENTS
            .iter()
            .filter(|requirement| requirement.section == *section)
            .map(|requirement| requirement.id.split_once('-').unwrap().1.parse().unwrap())
            .collect();
        assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
    }
    assert!(REQUIREMENTS.is_sorted_by_key(|requirement| requirement.section));
}

#[test]
fn every_requirement_says_what_why_and_whence() {
    for requirement in REQUIREMENTS {
        for sentence in [requirement.text, requirement.rationale] {
            assert!(
                sentence.ends_with(['.', ')']),
                "{}: {sentence}",
                requirement.id
            );
        }
        for source in requirement.source.split(", ") {
            let known = [
                "seed", "notes", "LIP-111", "deployed", "decision", "follows", "JOIN-2",
            ];
            let word = source.split(' ').next().unwrap_or_default();
            assert!(known.contains(&word), "{}: {source}", requirement.id);
        }
    }
}

#[test]
fn names_of_deviations_are_unique_and_parse() {
    let mut names = BTreeSet::new();
    for deviation in Deviation::ALL {
        let name = deviation.name();
        assert!(names.insert(name), "{name} is there twice");
        assert_eq!(name.parse(), Ok(*deviation));
        assert_eq!(deviation.to_string(), name);
        assert!(deviation.summary().ends_with('.'), "{name}");
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(name.bytes().all(plain), "{name}");
    }
    let error = "no-such-thing".parse::<Deviation>().unwrap_err();
    assert_eq!(error.to_string(), "no deviation is named `no-such-thing`");
}

#[test]
fn deviations_break_requirements_that_exist() {
    for deviation in Deviation::ALL {
        let breaks = deviation.breaks();
        for id in breaks {
            assert!(Requirement::find(id).is_some(), "{deviation} breaks {id}?");
        }
        assert_eq!(deviation.is_permitted(), breaks.is_empty());
        let distinct: BTreeSet<_> = breaks.iter().collect();
        assert_eq!(distinct.len(), breaks.len(), "{deviation}");
    }
}

#[test]
fn every_must_is_broken_by_a_deviation_or_listed() {
    for requirement in REQUIREMENTS {
        let is_broken = requirement.broken_by().next().is_some();
        let is_listed = UNBROKEN.iter().any(|(id, _)| *id == requirement.id);
        if requirement.level == Level::Must {
            assert_ne!(is_broken, is_listed, "{}", requirement.id);
        } else {
            assert!(!is_listed, "{} is no MUST", requirement.id);
        }
    }
}

#[test]
fn a_set_of_deviations_holds_what_was_put_in() {
    for deviation in Deviation::ALL {
        let single = Deviations::of(&[*deviation]);
        assert!(single.contains(*deviation) && !single.is_empty());
        assert_eq!(single.iter().collect::<Vec<_>>(), [*deviation]);
        assert!(!Deviations::none().intersects(single));
        assert!(single.intersects(single) && single.union(single) == single);
    }
    for pair in Deviation::ALL.windows(2) {
        let [one, other] = [Deviations::of(&pair[..1]), Deviations::of(&pair[1..])];
        assert!(!one.intersects(other) && one.union(other) == Deviations::of(pair));
        assert!(one.union(other).intersects(other) && other.intersects(one.union(other)));
    }
    let all: Deviations = Deviation::ALL.iter().copied().collect();
    assert_eq!(all.iter().count(), Deviation::ALL.len());
}

#[test]
fn the_reference_is_the_one_dialect_without_deviations() {
    let mut names = BTreeSet::new();
    for dialect in DIALECTS {
        assert!(
            names.insert(dialect.name),
            "{} is there twice",
            dialect.name
        );
        assert_eq!(Dialect::find(dialect.name), Some(dialect));
        assert_eq!(dialect.deviations.is_empty(), dialect.name == "reference");
    }
    assert_eq!(Dialect::find("none such"), None);
    assert_eq!(DIALECTS[0].name, "reference");
}

#[test]
fn every_section_has_a_title_of_its_own() {
    let titles: BTreeSet<_> = Section::ALL.iter().map(|section| section.title()).collect();
    assert_eq!(titles.len(), Section::ALL.len());
    assert!(titles.contains("how a context comes to be"));
}
