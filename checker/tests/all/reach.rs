//! How far each requirement is known to be met: what is said is held to what there is, and the page
//! says the same. To write the table anew, run this with `BLOCKEXC_WRITE_DOCS=1`.

use std::fs;
use std::path::Path;

use blockexc_checker::analysis::configuration::Configuration;
use blockexc_checker::analysis::findings::{Block, ENDS, begins, fill_in};
use blockexc_checker::analysis::reach::{Reach, table};
use blockexc_checker::analysis::standard::{standard_set, wider_set};
use blockexc_checker::network::names::Small;
use blockexc_checker::properties::safety;
use blockexc_checker::step::rules::StepChecker;
use blockexc_model::deviating::Setup;
use blockexc_model::requirement::{REQUIREMENTS, Section};

/// Whether a rule of single steps or an invariant stands for it: `induction` shows that they hold.
fn is_held_by_induction(id: &str) -> bool {
    let judge = StepChecker::<Small>::default();
    judge.predicates().any(|it| it.requirements.contains(&id))
}

/// Whether a property of whole networks stands for it.
fn is_searched(id: &str) -> bool {
    safety()
        .iter()
        .any(|property| property.requirements.contains(&id))
}

#[test]
fn what_is_said_to_hold_at_any_size_is_looked_at() {
    for requirement in REQUIREMENTS {
        let id = requirement.id;
        let (reach, why) = Reach::of(id).unwrap();
        match reach {
            Reach::Induction => assert!(is_held_by_induction(id), "{id}"),
            // Where messages are cut is looked at by `locality`.
            Reach::Cut => assert!(!is_held_by_induction(id) && !why.is_empty(), "{id}"),
            Reach::Searched => assert!(!is_held_by_induction(id) && is_searched(id), "{id}"),
            Reach::Tested | Reach::Observed => assert!(!why.is_empty(), "{id}"),
        }
        // What stands for a requirement and is not said to show it is explained.
        let is_more = is_held_by_induction(id) && reach != Reach::Induction;
        assert!(!is_more || id.starts_with("WIRE-"), "{id}");
    }
    assert_eq!(Reach::of("WANT-0"), None);
}

/// What is about one node in these sections is known at any size; the others are about bytes and
/// queues.
#[test]
fn contexts_and_lists_are_known_at_any_size() {
    let sections = [
        Section::Join,
        Section::Left,
        Section::Pres,
        Section::Want,
        Section::Held,
    ];
    let not: Vec<_> = REQUIREMENTS
        .iter()
        .filter(|requirement| sections.contains(&requirement.section))
        .map(|requirement| requirement.id)
        .filter(|id| {
            let reach = Reach::of(id).map(|(reach, _)| reach);
            !matches!(reach, Some(Reach::Induction | Reach::Cut))
        })
        .collect();
    assert_eq!(
        not,
        [
            "LEFT-4", "LEFT-5", "PRES-8", "PRES-11", "WANT-16", "WANT-20"
        ]
    );
}

/// "Up to four nodes and two blocks" is what the wider set has.
#[test]
fn the_networks_searched_are_as_large_as_is_said() {
    let mut most = (0, 0);
    let setup = Setup::default();
    for configuration in standard_set(&setup).into_iter().chain(wider_set(&setup)) {
        if let Configuration::Closed(network) | Configuration::Progress(network) = configuration {
            most = most.max((network.roles.len(), network.blocks.count));
        }
    }
    assert_eq!(most, (4, 2));
    assert!(
        Reach::Searched
            .words()
            .contains("four nodes and two blocks")
    );
}

#[test]
fn the_page_has_the_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/any-size.md");
    let written = fs::read_to_string(&page).unwrap();
    let block = Block {
        name: "how far".to_owned(),
        text: format!("{}\n", table()),
    };
    assert!(written.contains(&begins(&block.name)) && written.contains(ENDS));
    let filled = fill_in(&written, &[block]);
    if std::env::var_os("BLOCKEXC_WRITE_DOCS").is_some() {
        fs::write(page, filled).unwrap();
    } else {
        assert!(
            filled == written,
            "docs/any-size.md is not what is known; BLOCKEXC_WRITE_DOCS=1 writes it anew"
        );
    }
}
