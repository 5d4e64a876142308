//! Each deviation by itself breaks what it says and nothing else: over random events, the rules of
//! the checker accuse a node that deviates of the requirements that its deviation breaks only, and
//! the reference of none.

// The model's own tests draw from these events too.
#[path = "../../../model/tests/all/rules/random.rs"]
mod random;
#[allow(dead_code)]
#[path = "../../../model/tests/all/rules/script.rs"]
mod script;

use std::collections::BTreeMap;

use blockexc_checker::step::rules::{Step, rules};
use blockexc_model::deviating::Event;
use blockexc_model::deviation::{Deviations, Layer};
use blockexc_model::{Deviation, Deviation::*};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::sample::Index;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use random::event;
use script::{Address, Tiny, deviant};

/// What follows from a breach in the very step in which it is committed, and why it is no breach
/// of its own.
const FOLLOWS: &[(Deviation, &[&str], &str)] = &[
    (
        ContextOnMessage,
        &["PRES-2", "XFER-1"],
        "what is kept and sent is that of a context which should not be",
    ),
    (
        ReviveOnRejoin,
        &["PRES-2"],
        "the records are as old as the context",
    ),
    (
        PresenceUnbounded,
        &["ASK-1", "PRES-6"],
        "a want is known before it is made, as PRES-5 forbids, and a record outlives it",
    ),
    (
        DontHaveRecorded,
        &["PRES-2"],
        "the record is the one that PRES-3 forbids",
    ),
    (
        PresenceReplaces,
        &["PRES-5", "PRES-9"],
        "any item takes the other records away, unwanted ones too, and one by one all but the last",
    ),
    (
        LatePresence,
        &["PRES-6"],
        "the record comes when its want has ended",
    ),
    (
        CancelSilently,
        &["ASK-9"],
        "who gives up cancels, which is ASK-7",
    ),
    (
        NoCancelSent,
        &["ASK-9"],
        "who gives up cancels, which is ASK-7",
    ),
    (
        FullAlways,
        &["WANT-15"],
        "entries one by one are lists, of which each replaces the one before",
    ),
    (
        StuckOnInvalid,
        &["ASK-7", "HELD-1"],
        "a peer that has answered, to which no cancel is owed, is still asked",
    ),
    (
        RefuseMessageOnBadDelivery,
        &["PAY-1", "WANT-11", "WIRE-6", "XFER-2"],
        "the message is refused with all its parts",
    ),
    (
        AbortOnMissingData,
        &["PAY-1", "WANT-11", "WIRE-6", "XFER-5"],
        "the process has ended within the message",
    ),
    (
        DeliverUnderOwnCid,
        &["WANT-13"],
        "what is sent is not known for what was wanted",
    ),
    (
        AnnounceToBest,
        &["ASK-8"],
        "a want is announced anew as it was announced",
    ),
    (
        ManifestsOnly,
        &["PRES-7"],
        "a right delivery counts as one of something else",
    ),
    (
        DeliverTwice,
        &["WANT-13"],
        "what was waited for is delivered twice as well",
    ),
    (
        AbortOnStaleAsk,
        &["HELD-1"],
        "the mark that it leaves is cancelled when the block is stored",
    ),
    (
        EndNamedWantOnly,
        &["ASK-2"],
        "a want for a held block is obtained when it is requested again",
    ),
];

type Run = Vec<(Event<Tiny>, Index)>;
/// The names of rules, with the requirements that they stand for.
type Accused = BTreeMap<&'static str, &'static [&'static str]>;

/// The rules that are broken. A run ends with its first breach: of a state that the reference
/// cannot be in, the rules say nothing reliable.
fn accused(deviations: Deviations, runs: &[Run]) -> Accused {
    let rules = rules::<Tiny>();
    let mut accused = BTreeMap::new();
    for run in runs {
        let mut node = deviant(deviations);
        for (event, choice) in run {
            let before = node.clone();
            let mut choose = |_: &Address, holders: &[u8]| choice.index(holders.len());
            let effects = node.step(event.clone(), &mut choose);
            let step = Step {
                before: &before,
                event,
                effects: &effects,
                after: &node,
            };
            let broken: Vec<_> = rules
                .iter()
                .filter(|rule| !rule.unless.intersects(deviations))
                .filter(|rule| rule.is_broken_by(&step))
                .map(|rule| (rule.name, rule.requirements))
                .collect();
            if !broken.is_empty() {
                accused.extend(broken);
                break;
            }
        }
    }
    accused
}

#[test]
fn a_deviation_breaks_nothing_but_what_it_says() {
    let mut runner = TestRunner::deterministic();
    let run = vec((event(), any::<Index>()), 40);
    let runs: Vec<Run> = (0..300)
        .map(|_| run.new_tree(&mut runner).unwrap().current())
        .collect();
    assert_eq!(accused(Deviations::none(), &runs), BTreeMap::new());
    let mut wrong = Vec::new();
    for deviation in Deviation::ALL {
        if deviation.layer() != Layer::Model {
            continue;
        }
        let follows = FOLLOWS
            .iter()
            .find(|(from, _, _)| from == deviation)
            .map_or(&[][..], |(_, follows, _)| follows);
        for (rule, requirements) in accused(Deviations::of(&[*deviation]), &runs) {
            let mut expected = deviation.breaks().iter().chain(follows);
            if !expected.any(|id| requirements.contains(id)) {
                wrong.push(format!("{deviation}: {rule}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
