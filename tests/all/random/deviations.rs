//! Each deviation of the model that random traces can show, planted in the embedded node: it is found,
//! and made small. `BLOCKEXC_RANDOM_DEVIATIONS=all` does so with every one (minutes), or with those
//! that it names; usually it is a few.

use std::fmt::Write as _;
use std::time::Instant;

use blockexc_model::deviation::Layer;
use blockexc_model::requirement::{Level, Requirement};
use blockexc_model::{Deviation, Deviations};

use super::{embedded, play, shown};

/// Within so many traces each has to be found, and within the time that a run has.
const MOST_TRACES: u64 = 2000;
/// What misses no more than a SHOULD does not end a run.
const MOST_OF_WARNINGS: u64 = 100;
/// A failure is small with so many steps.
const SMALL: usize = 8;
/// Those that are planted usually.
const USUAL: &[Deviation] = &[
    Deviation::NoListOnJoin,
    Deviation::PresenceUnbounded,
    Deviation::AskEveryHolder,
    Deviation::CancelAsWant,
    Deviation::WakeByCid,
    Deviation::RefuseMessageOnBadDelivery,
];

/// Deviations that no random trace shows, with the reason.
const UNSEEN: &[(Deviation, &str)] = &[
    (
        Deviation::ContextOnMessage,
        "takes a peer that speaks without a context, which only `left_now` makes: no barrier follows",
    ),
    (
        Deviation::AcceptFromStranger,
        "takes a peer that speaks without a context, which only `left_now` makes: no barrier follows",
    ),
    (
        Deviation::UnorderedServing,
        "in which order several messages come is not held against a node",
    ),
    (
        Deviation::AccountWithheld,
        "of an account that has not come nobody can tell that it never will",
    ),
    (Deviation::OversizedLists, "takes more than 1,000 own wants"),
    (
        Deviation::RejoinResends,
        "a node is free to tell of its wants again, by ASK-1",
    ),
];

fn chosen() -> Vec<Deviation> {
    let planted = Deviation::ALL.iter().copied();
    let planted = planted.filter(|it| it.layer() == Layer::Model && !it.is_permitted());
    match std::env::var("BLOCKEXC_RANDOM_DEVIATIONS").ok() {
        None => USUAL.to_vec(),
        Some(all) if all == "all" => planted.collect(),
        Some(names) => planted
            .filter(|it| names.split(',').any(|name| name == it.name()))
            .collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_deviation_is_found_and_made_small() {
    let mut table = String::new();
    let mut wrong = String::new();
    let (mut found, mut small) = (0, 0);
    for deviation in chosen() {
        if let Some((_, why)) = UNSEEN.iter().find(|(unseen, _)| *unseen == deviation) {
            writeln!(table, "{deviation:<32} not shown: {why}").unwrap();
            continue;
        }
        let begun = Instant::now();
        let node = embedded(Deviations::of(&[deviation]));
        let is_must = |id: &&str| Requirement::find(id).is_some_and(|it| it.level == Level::Must);
        let traces = match deviation.breaks().iter().any(is_must) {
            true => MOST_TRACES,
            false => MOST_OF_WARNINGS,
        };
        let campaign = play(node, traces, 1, None).await;
        let seconds = begun.elapsed().as_secs_f32();
        let Some(failure) = campaign.failures.into_iter().next() else {
            let row = format!(
                "{deviation:<32} not found in {} traces, {seconds:.1} s; {:?}",
                campaign.traces, campaign.broken_off
            );
            println!("{row}");
            writeln!(wrong, "{row}").unwrap();
            continue;
        };
        let steps = failure.saved.trace.steps.len();
        let accused = match &failure.finding {
            Ok(finding) => finding.requirements().join(" "),
            Err(why) => why.clone(),
        };
        let row = format!(
            "{deviation:<32} trace {:>4}  {:>2} steps  {:>3} plays  {seconds:>5.1} s  {accused}",
            failure.saved.number, steps, failure.tries
        );
        println!("{row}");
        writeln!(table, "{row}").unwrap();
        found += 1;
        small += usize::from(steps <= SMALL);
        // It is accused of what it breaks, and of nothing else.
        let is_true = failure.finding.as_ref().is_ok_and(|finding| {
            let mut accused = finding.requirements().iter();
            accused.all(|id| deviation.breaks().contains(id))
                && (!finding.requirements().is_empty() || !finding.may_break().is_empty())
        });
        if !is_true {
            writeln!(wrong, "{row}\n{}", shown(&failure)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}\n{table}");
    assert!(
        small * 10 >= found * 9,
        "only {small} of {found} are small\n{table}"
    );
}
