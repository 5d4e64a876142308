//! Adapters: what the suite says of a node that an adapter steers is what it says of the embedded one.

mod broken;
mod document;
mod kills;
mod left_out;
mod manners;
mod unknown;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use blockexc::suite::adapter::check::check;
use blockexc::suite::adapter::source::{AdapterSettings, AdapterSource};
use blockexc::suite::embedded::EmbeddedSource;
use blockexc::suite::plan::Plan;
use blockexc::suite::protocol_id::CODEX;
use blockexc::suite::runner::{self, NoObserver};
use blockexc::suite::scenario::Scenario;
use blockexc::suite::scenarios;
use blockexc::suite::source::{NoTarget, TargetSource};
use blockexc::suite::target::Held;
use blockexc::suite::transport::{KeyType, Muxer};
use blockexc::suite::verdict::{RunResult, Verdict};
use blockexc_model::Dialect;

use super::program::{self, shown, troubles};

/// The example adapter.
fn example() -> &'static str {
    static BUILT: OnceLock<String> = OnceLock::new();
    BUILT.get_or_init(|| program::example("adapter"))
}

async fn open(command: &str) -> Result<AdapterSource, NoTarget> {
    AdapterSource::open(AdapterSettings {
        command: command.to_owned(),
        within: Duration::from_secs(5),
        protocol: CODEX.to_owned(),
        muxer: Some(Muxer::Yamux),
        key_type: KeyType::Ed25519,
        address: None,
        held: Held::default(),
        arguments: Vec::new(),
    })
    .await
}

fn plan(scenarios: Vec<&'static Scenario>) -> Plan {
    Plan {
        muxers: vec![Muxer::Yamux],
        key_type: KeyType::Ed25519,
        ..Plan::new(scenarios, 1)
    }
}

fn named(ids: &[&str]) -> Vec<&'static Scenario> {
    let found: Vec<_> = scenarios::all().filter(|it| ids.contains(&it.id)).collect();
    assert_eq!(found.len(), ids.len(), "{ids:?}");
    found
}

/// What the suite says when the example is started with these arguments.
async fn by_adapter(arguments: &str, scenarios: Vec<&'static Scenario>) -> RunResult {
    let source = open(&format!("{} {arguments}", example())).await.unwrap();
    runner::run(Arc::new(source), &plan(scenarios), &NoObserver).await
}

async fn embedded(dialect: &str) -> RunResult {
    let source = EmbeddedSource {
        dialect: None,
        deviations: Dialect::find(dialect).unwrap().deviations,
        protocol: CODEX.to_owned(),
        muxer: Some(Muxer::Yamux),
        key_type: KeyType::Ed25519,
        arguments: Vec::new(),
        jobs: 4,
    };
    let plan = plan(scenarios::all().collect());
    runner::run(Arc::new(source), &plan, &NoObserver).await
}

async fn same_verdicts(dialect: &str) {
    let expected = embedded(dialect).await;
    let arguments = format!("--dialect {dialect}");
    let found = by_adapter(&arguments, scenarios::all().collect()).await;
    let pairs = expected.results.iter().zip(&found.results);
    let other: Vec<String> = pairs
        .filter(|(one, other)| one.verdict != other.verdict)
        .map(|(one, other)| format!("{}\n  by adapter {}", shown(one), shown(other)))
        .collect();
    assert!(other.is_empty(), "{}", other.join("\n"));
    assert_eq!(found.results.len(), scenarios::all().count());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_has_the_same_verdicts_by_adapter() {
    same_verdicts("reference").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialect_has_the_same_verdicts_by_adapter() {
    same_verdicts("logos-2025-12").await;
}

/// Scenarios clean up after themselves: the same blocks come a second time, in another order.
#[tokio::test(flavor = "multi_thread")]
async fn one_node_serves_all_scenarios_twice() {
    let all: Vec<_> = scenarios::all().collect();
    let twice = all.iter().chain(all.iter().rev()).copied().collect();
    let run = by_adapter("--one-node", twice).await;
    let wrong = troubles(&run);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Only what has to be settled at the start is skipped.
    let skipped = run
        .results
        .iter()
        .filter_map(|result| result.reason.as_ref());
    for reason in skipped {
        assert!(reason.contains("start option"), "{reason}");
    }
    assert!(run.counts.pass > 2 * 140, "{:?}", run.counts);
}

/// A node that has ended is brought back by its adapter, and what comes after is not accused of it.
#[tokio::test(flavor = "multi_thread")]
async fn one_node_that_ends_is_accused_of_that_and_of_nothing_else() {
    let scenarios = named(&["WIRE-5", "ASK-1", "JOIN-1"]);
    let run = by_adapter("--one-node --dialect codex-2025-06", scenarios).await;
    for result in &run.results {
        let expected = match result.scenario.as_str() {
            "WIRE-5" => Verdict::Fail,
            _ => Verdict::Pass,
        };
        assert_eq!(result.verdict, expected, "{}", shown(result));
    }
    let end = run.results.iter().find(|it| it.scenario == "WIRE-5");
    let end = end.and_then(|it| it.actual.as_deref()).unwrap_or_default();
    assert!(
        end.contains("the process ended, each of two times"),
        "{end}"
    );
    assert!(end.contains("the last bytes sent were"), "{end}");
}

/// One that nobody brings back is gone: no scenario is accused of it.
#[tokio::test(flavor = "multi_thread")]
async fn one_node_that_is_not_started_again_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let once = folder.path().join("once").display().to_string();
    let command = format!(
        "sh -c 'mkdir {once} && exec {} --one-node --dialect codex-2025-06'",
        example()
    );
    let source = open(&command).await.unwrap();
    let scenarios = named(&["WIRE-5", "WIRE-9/presence-types", "ASK-1"]);
    let run = runner::run(Arc::new(source), &plan(scenarios), &NoObserver).await;
    let reasons: Vec<(&str, Verdict, &str)> = run
        .results
        .iter()
        .map(|it| {
            let reason = it.reason.as_deref().unwrap_or_default();
            (it.scenario.as_str(), it.verdict, reason)
        })
        .collect();
    for (scenario, verdict, reason) in &reasons {
        let (expected, words) = match *scenario {
            "WIRE-5" => (
                Verdict::Inconclusive,
                "whether it ends each time cannot be seen",
            ),
            "WIRE-9/presence-types" => (Verdict::Inconclusive, "the target is gone since WIRE-5"),
            // It may not end a node, so it came first.
            _ => (Verdict::Pass, ""),
        };
        assert_eq!(*verdict, expected, "{scenario}: {reason}");
        assert!(reason.contains(words), "{scenario}: {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_announced_is_skipped_with_the_reason() {
    let scenarios = named(&["ASK-7", "ASK-1", "HELD-2", "JOIN-6", "WANT-1"]);
    let arguments = "--without cancel --without delete --without account";
    let run = by_adapter(arguments, scenarios).await;
    let found: Vec<(&str, Verdict, Option<&str>)> = run
        .results
        .iter()
        .map(|it| (it.scenario.as_str(), it.verdict, it.reason.as_deref()))
        .collect();
    for (scenario, verdict, reason) in found {
        let missing = match scenario {
            "ASK-7" => "cancel a request",
            "HELD-2" => "delete a block",
            "JOIN-6" => "start option `account`",
            _ => {
                assert_eq!(verdict, Verdict::Pass, "{scenario}");
                continue;
            }
        };
        assert_eq!(verdict, Verdict::Skipped, "{scenario}");
        assert!(reason.unwrap().contains(missing), "{scenario}: {reason:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_of_an_adapter_says_what_is_wrong() {
    let good = open(example()).await.unwrap();
    let checked = check(&good, CODEX, Duration::from_secs(20)).await;
    good.end().await;
    assert!(checked.iter().all(|it| it.found.is_ok()), "{checked:?}");
    assert!(checked.len() > 15, "{checked:?}");
    // A node that sends no cancels and keeps its wants: the adapter is right, and that is all.
    let bad = "read line; echo '{\"id\":1,\"ok\":{\"version\":1,\"adapter\":\"a\",\"node\":\"n\",\
               \"capabilities\":[\"start\",\"fly\"]}}'; read line; \
               echo '{\"id\":2,\"error\":\"what?\"}'; read line; exit 3";
    let bad = open(bad).await.unwrap();
    let checked = check(&bad, CODEX, Duration::from_secs(20)).await;
    bad.end().await;
    let wrong = |what: &str| {
        let found = checked.iter().find(|it| it.what == what).unwrap();
        found.found.clone().unwrap_err()
    };
    assert!(wrong("hello").contains("`fly`"), "{checked:?}");
    assert!(wrong("an unknown command").contains("what?"), "{checked:?}");
    assert!(wrong("start").contains("it has ended"), "{checked:?}");
}
