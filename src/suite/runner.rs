//! Runs scenarios: each on a target of its own if there are several to be had, some at once, none
//! able to harm another.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::{FutureExt as _, StreamExt as _, stream};

use super::control::{Capability, Outcome};
use super::exchange::Exchange;
use super::material::Material;
use super::peer::{AnswerOn, BarrierBy, Setting};
use super::say::{deliveries, have, presences};
use super::scenario::{Scenario, Stop, TargetOptions};
use super::scenarios;
use super::source::TargetSource;
use super::stage::{NEEDS_HELD, Stage};
use super::transport::{KeyType, Muxer};
use super::verdict::{Counts, FORMAT_VERSION, RunResult, ScenarioResult};

/// Before a barrier is set behind something that does not come at once.
const GRACE: Duration = Duration::from_millis(100);

/// A whole scenario may take this many times what one thing in it may.
const WHOLE: u32 = 20;

/// What is to be run, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenarios, in the order in which they are reported.
    pub scenarios: Vec<&'static Scenario>,
    /// What every random choice is made from.
    pub seed: u64,
    /// How long one thing may take, such as an answer.
    pub timeout: Duration,
    /// The protocol's ID.
    pub protocol: String,
    /// The muxers that the suite's peers offer.
    pub muxers: Vec<Muxer>,
    /// What their keys are made with.
    pub key_type: KeyType,
}

/// Follows a run.
pub trait Watch: Send + Sync {
    /// A scenario begins.
    fn begun(&self, _scenario: &'static Scenario) {}
    /// A scenario has ended.
    fn ended(&self, _result: &ScenarioResult) {}
}

/// Does not look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {}

/// How the target can be talked to, as found out before the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// Where it reads answers.
    pub answer_on: AnswerOn,
    /// What it answers barriers by.
    pub barrier_by: BarrierBy,
}

/// Runs a plan, and gives the results in the plan's order.
pub async fn run(source: Arc<dyn TargetSource>, plan: &Plan, watch: &dyn Watch) -> RunResult {
    let start = Instant::now();
    let manners = find_manners(source.as_ref(), plan).await;
    let shared = Arc::new(plan.clone());
    let results: Vec<ScenarioResult> = stream::iter(plan.scenarios.iter().copied())
        .map(|scenario| {
            let (source, plan) = (Arc::clone(&source), Arc::clone(&shared));
            async move {
                watch.begun(scenario);
                // A task of its own: so that none waits for another's computing.
                let task = tokio::spawn({
                    let (source, plan) = (Arc::clone(&source), Arc::clone(&plan));
                    async move { run_one(source.as_ref(), &plan, manners, scenario).await }
                });
                let result = task.await.unwrap_or_else(|error| {
                    let stop = Stop::Inconclusive(format!("internal error: {error}"));
                    let again = rerun(source.as_ref(), &plan, scenario);
                    ScenarioResult::new(
                        scenario,
                        requirement_of(scenario),
                        Err(stop),
                        0,
                        &[],
                        again,
                    )
                });
                watch.ended(&result);
                result
            }
        })
        .buffered(source.jobs().max(1))
        .collect()
        .await;
    RunResult {
        format_version: FORMAT_VERSION,
        blockexc_version: env!("CARGO_PKG_VERSION").to_owned(),
        target: source.describe(),
        protocol: plan.protocol.clone(),
        seed: plan.seed,
        everything_selected: plan.scenarios.len() == scenarios::all().count(),
        conclusion: RunResult::conclude(&results),
        counts: Counts::of(&results),
        duration_ms: milliseconds(start),
        results,
    }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Runs one scenario to its result, whatever it does.
async fn run_one(
    source: &dyn TargetSource,
    plan: &Plan,
    manners: Manners,
    scenario: &'static Scenario,
) -> ScenarioResult {
    let start = Instant::now();
    let exchange = Exchange::new();
    let ended = match why_skip(source, scenario) {
        Some(reason) => Err(Stop::Skip(reason)),
        None => play(source, plan, manners, scenario, &exchange).await,
    };
    ScenarioResult::new(
        scenario,
        requirement_of(scenario),
        ended,
        milliseconds(start),
        &exchange.records(),
        rerun(source, plan, scenario),
    )
}

/// The command that runs just this scenario again, with the same random choices.
fn rerun(source: &dyn TargetSource, plan: &Plan, scenario: &Scenario) -> String {
    let mut arguments = vec!["blockexc conform".to_owned()];
    arguments.push(scenario.id.to_owned());
    arguments.push(format!("--seed {}", plan.seed));
    arguments.extend(source.arguments());
    arguments.join(" ")
}

fn requirement_of(scenario: &Scenario) -> &'static blockexc_model::Requirement {
    scenario.requirement().unwrap_or(&NO_REQUIREMENT)
}

/// Stands in for a requirement that a scenario names and that does not exist; a test forbids it.
static NO_REQUIREMENT: blockexc_model::Requirement = blockexc_model::Requirement {
    id: "?",
    section: blockexc_model::requirement::Section::Wire,
    level: blockexc_model::requirement::Level::Must,
    text: "There is no such requirement.",
    source: "",
    rationale: "",
    observable: &[],
};

fn why_skip(source: &dyn TargetSource, scenario: &Scenario) -> Option<String> {
    let can = source.capabilities();
    let missing: Vec<String> = scenario
        .needs
        .control
        .iter()
        .filter(|capability| !can.contains(capability))
        .map(Capability::to_string)
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Some(format!("needs a control that can {missing}"));
    }
    if scenario.needs.held && !can.contains(&Capability::Put) && !source.has_held() {
        return Some(NEEDS_HELD.to_owned());
    }
    if scenario.options != TargetOptions::DEFAULT && !source.is_configurable() {
        let TargetOptions {
            price,
            account,
            frame_limit,
            retries,
        } = scenario.options;
        let mut set_up = Vec::new();
        if price != 0 {
            set_up.push(format!("a price of {price}"));
        }
        if account.is_some() {
            set_up.push("an account to be paid to".to_owned());
        }
        if let Some(limit) = frame_limit {
            set_up.push(format!("a frame limit of {limit} bytes"));
        }
        if let Some(retries) = retries {
            set_up.push(format!("{retries} retries"));
        }
        return Some(format!("needs a target set up with {}", set_up.join(", ")));
    }
    None
}

/// Sets the stage, plays the scenario, and clears up.
async fn play(
    source: &dyn TargetSource,
    plan: &Plan,
    manners: Manners,
    scenario: &'static Scenario,
    exchange: &Exchange,
) -> Result<(), Stop> {
    let stage = set(
        source,
        plan,
        manners,
        scenario.id,
        &scenario.options,
        exchange,
    )
    .await?;
    let playing = AssertUnwindSafe((scenario.run)(&stage)).catch_unwind();
    let whole = plan.timeout * WHOLE;
    let ended = match tokio::time::timeout(whole, playing).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(panic)) => Err(Stop::Inconclusive(format!(
            "internal error: the scenario panicked: {}",
            panic_text(panic.as_ref())
        ))),
        Err(_) => Err(Stop::Inconclusive(format!(
            "the scenario did not end within {} s",
            whole.as_secs_f32()
        ))),
    };
    // A target that is gone explains more than that it is silent.
    let ended = match (ended, stage.target_ended()) {
        (Err(Stop::Inconclusive(reason)), Some(end)) => Err(Stop::Inconclusive(format!(
            "the target has ended: {end} ({reason})"
        ))),
        (ended, _) => ended,
    };
    exchange.end();
    clear(&stage).await;
    ended
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

async fn clear(stage: &Stage) {
    stage.dismiss();
    if let Some(control) = &stage.target().control {
        control.shutdown().await;
    }
}

async fn set(
    source: &dyn TargetSource,
    plan: &Plan,
    manners: Manners,
    id: &str,
    options: &TargetOptions,
    exchange: &Exchange,
) -> Result<Stage, Stop> {
    let mut material = Material::new(plan.seed, id);
    let target = source
        .start(options, material.key_seed())
        .await
        .map_err(|error| Stop::Inconclusive(error.to_string()))?;
    let setting = Setting {
        target: target.address.clone(),
        exchange: exchange.clone(),
        protocol: plan.protocol.clone(),
        muxers: plan.muxers.clone(),
        key_type: plan.key_type,
        deadline: plan.timeout,
        grace: GRACE.min(plan.timeout / 4),
        patient: target.patient,
        answer_on: manners.answer_on,
        beacon: None,
        material: Arc::new(Mutex::new(material)),
        counters: Arc::default(),
    };
    let mut stage = Stage::new(target, *options, setting);
    if manners.barrier_by == BarrierBy::Have {
        let beacon = stage.block();
        stage.put(&beacon).await?;
        stage.set_beacon(beacon.address());
    }
    Ok(stage)
}

/// Finds out, on a target of its own, how targets of this source can be talked to, so that a
/// single missing habit (WANT-5, WIRE-7) is not held against them in every scenario. What cannot
/// be found out is taken to be as the specification has it.
async fn find_manners(source: &dyn TargetSource, plan: &Plan) -> Manners {
    let mut manners = Manners::default();
    let can = source.capabilities();
    if can.contains(&Capability::Put)
        && let Ok(stage) = set_for_manners(source, plan, manners).await
    {
        let answered = async { stage.join().await?.barrier().await.map_err(Stop::from) };
        if answered.await.is_err()
            && let Ok(other) = set_for_manners(
                source,
                plan,
                Manners {
                    barrier_by: BarrierBy::Have,
                    ..manners
                },
            )
            .await
        {
            let answered = async { other.join().await?.barrier().await.map_err(Stop::from) };
            if answered.await.is_ok() {
                manners.barrier_by = BarrierBy::Have;
            }
            clear(&other).await;
        }
        clear(&stage).await;
    }
    if can.contains(&Capability::Request) {
        for answer_on in [AnswerOn::OwnStream, AnswerOn::TargetsStream] {
            let tried = Manners {
                answer_on,
                ..manners
            };
            if let Ok(stage) = set_for_manners(source, plan, tried).await {
                let reads = is_answer_read(&stage).await;
                clear(&stage).await;
                if reads == Ok(true) {
                    return tried;
                }
            }
        }
    }
    manners
}

async fn set_for_manners(
    source: &dyn TargetSource,
    plan: &Plan,
    manners: Manners,
) -> Result<Stage, Stop> {
    let exchange = Exchange::new();
    let options = TargetOptions::DEFAULT;
    set(source, plan, manners, "manners", &options, &exchange).await
}

/// Whether a request completes when its answers are said as the stage's peers say them.
async fn is_answer_read(stage: &Stage) -> Result<bool, Stop> {
    let peer = stage.join().await?;
    let block = stage.block();
    let address = block.address();
    let request = stage.request(&address).await?;
    let asks = |came: &super::received::Came| !came.entries_for(&address).is_empty();
    peer.until(asks).await?;
    peer.send(presences([have(&address)])).await?;
    peer.until(|came| came.has_want_block(&address)).await?;
    peer.send(deliveries([block.delivery()])).await?;
    peer.settle().await?;
    Ok(matches!(
        stage.outcome(request).await?,
        Outcome::Completed(_)
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;

    use async_trait::async_trait;
    use libp2p::Multiaddr;

    use super::*;
    use crate::suite::peer::Peer;
    use crate::suite::probe::CODEX;
    use crate::suite::say::dont_have;
    use crate::suite::scenario::Needs;
    use crate::suite::source::NoTarget;
    use crate::suite::target::Target;
    use crate::suite::verdict::{Conclusion, TargetDescription, Verdict};

    /// A target that says DontHave to every entry that asks for it, or nothing at all.
    struct Simple {
        mute: bool,
    }

    #[async_trait]
    impl TargetSource for Simple {
        async fn start(&self, _: &TargetOptions, _: [u8; 32]) -> Result<Target, NoTarget> {
            let setting = Setting {
                target: Multiaddr::empty(),
                exchange: Exchange::new(),
                protocol: CODEX.to_owned(),
                muxers: vec![Muxer::Yamux],
                key_type: KeyType::Ed25519,
                deadline: Duration::from_secs(20),
                grace: Duration::from_secs(20),
                patient: false,
                answer_on: AnswerOn::OwnStream,
                beacon: None,
                material: Arc::new(Mutex::new(Material::new(0, "target"))),
                counters: Arc::default(),
            };
            let peer = Peer::new(&setting);
            let address = peer.listen().await.unwrap();
            let mute = self.mute;
            tokio::spawn(async move {
                while let Ok(came) = peer.until(|came| came.want_entries().count() > 0).await {
                    let items: Vec<_> = came
                        .want_entries()
                        .filter(|entry| entry.send_dont_have && !mute)
                        .map(|entry| dont_have(&entry.address))
                        .collect();
                    if !items.is_empty() && peer.send(presences(items)).await.is_err() {
                        return;
                    }
                }
            });
            Ok(Target {
                address,
                peer_id: None,
                control: None,
                held: None,
                configured: false,
                patient: false,
            })
        }

        fn describe(&self) -> TargetDescription {
            TargetDescription {
                name: "a simple target".to_owned(),
                dialect: None,
                deviations: Vec::new(),
            }
        }

        fn arguments(&self) -> Vec<String> {
            vec!["--target x".to_owned()]
        }

        fn capabilities(&self) -> BTreeSet<Capability> {
            BTreeSet::new()
        }

        fn is_configurable(&self) -> bool {
            false
        }

        fn has_held(&self) -> bool {
            false
        }

        fn jobs(&self) -> usize {
            4
        }
    }

    const fn scenario(
        id: &'static str,
        run: for<'a> fn(&'a Stage) -> futures::future::BoxFuture<'a, Result<(), Stop>>,
    ) -> Scenario {
        Scenario {
            id,
            summary: "Something is done.",
            expects: "Something happens.",
            needs: Needs::WIRE,
            options: TargetOptions::DEFAULT,
            run,
        }
    }

    static ODD: [Scenario; 8] = [
        scenario("WANT-5/panics", |_| {
            Box::pin(async { panic!("at the disco") })
        }),
        scenario("WANT-5/hangs", |_| Box::pin(std::future::pending())),
        scenario("WANT-5/passes", |stage| {
            Box::pin(async move {
                let peer = stage.join().await?;
                let came = peer.exchange(list([want_have(&stage.address())])).await?;
                stage.require(came.is_nothing(), "nothing", &came)
            })
        }),
        scenario("WANT-5/fails", |stage| {
            Box::pin(async move {
                let peer = stage.join().await?;
                let address = stage.address();
                let came = peer.until(|came| came.has_have(&address)).await?;
                stage.require(came.has_have(&address), "a Have", &came)
            })
        }),
        scenario("WANT-7/warns", |stage| {
            Box::pin(async move { stage.require(false, "more", "less") })
        }),
        scenario("XFER-8/may", |stage| {
            Box::pin(async move { stage.require(false, "more", "less") })
        }),
        Scenario {
            needs: Needs::DUMP,
            ..scenario("JOIN-2/dump", |_| Box::pin(async { Ok(()) }))
        },
        Scenario {
            options: TargetOptions {
                price: 7,
                ..TargetOptions::DEFAULT
            },
            ..scenario("WANT-4/price", |_| Box::pin(async { Ok(()) }))
        },
    ];

    use crate::suite::say::{list, want_have};

    /// A target is quick to answer, and what waits in vain waits this long.
    async fn results(mute: bool, timeout: Duration, hanging: bool) -> RunResult {
        let plan = Plan {
            scenarios: ODD
                .iter()
                .filter(|scenario| (scenario.id == "WANT-5/hangs") == hanging)
                .collect(),
            seed: 1,
            timeout,
            protocol: CODEX.to_owned(),
            muxers: vec![Muxer::Yamux],
            key_type: KeyType::Ed25519,
        };
        run(Arc::new(Simple { mute }), &plan, &Unwatched).await
    }

    #[tokio::test]
    async fn every_way_to_end_has_its_verdict() {
        let run = results(false, Duration::from_secs(10), false).await;
        let ended = |id: &str| {
            let result = run.results.iter().find(|result| result.scenario == id);
            result.unwrap().clone()
        };
        let panicked = ended("WANT-5/panics");
        assert_eq!(panicked.verdict, Verdict::Inconclusive);
        assert!(panicked.reason.unwrap().contains("at the disco"));
        assert_eq!(ended("WANT-5/passes").verdict, Verdict::Pass);
        let failed = ended("WANT-5/fails");
        assert_eq!(failed.verdict, Verdict::Fail);
        assert_eq!(failed.came.as_deref(), Some("nothing"));
        assert!(
            failed
                .exchange
                .iter()
                .any(|line| line.says.contains("(barrier)"))
        );
        assert_eq!(
            failed.rerun,
            "blockexc conform WANT-5/fails --seed 1 --target x"
        );
        assert_eq!(ended("WANT-7/warns").verdict, Verdict::Warning);
        assert_eq!(ended("XFER-8/may").verdict, Verdict::Pass);
        for skipped in ["JOIN-2/dump", "WANT-4/price"] {
            assert_eq!(ended(skipped).verdict, Verdict::Skipped);
            assert!(ended(skipped).reason.unwrap().contains("needs"));
        }
        assert_eq!(run.conclusion, Conclusion::DoesNotConform);
    }

    async fn manners_with(deviations: &[blockexc_model::Deviation]) -> Manners {
        let source = crate::suite::embedded::EmbeddedSource {
            dialect: None,
            deviations: blockexc_model::Deviations::of(deviations),
            protocol: CODEX.to_owned(),
            muxer: None,
            key_type: KeyType::Ed25519,
            arguments: Vec::new(),
            jobs: 1,
        };
        let plan = Plan {
            scenarios: Vec::new(),
            seed: 1,
            timeout: Duration::from_secs(2),
            protocol: CODEX.to_owned(),
            muxers: vec![Muxer::Yamux],
            key_type: KeyType::Ed25519,
        };
        find_manners(&source, &plan).await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn how_a_target_can_be_talked_to_is_found_out() {
        use blockexc_model::Deviation::{AskUnannounced, OwnStreamOnly, SilentDontHave};
        assert_eq!(manners_with(&[]).await, Manners::default());
        let elsewhere = Manners {
            answer_on: AnswerOn::TargetsStream,
            ..Manners::default()
        };
        assert_eq!(manners_with(&[OwnStreamOnly]).await, elsewhere);
        assert_eq!(
            manners_with(&[OwnStreamOnly, AskUnannounced]).await,
            elsewhere
        );
        let by_have = Manners {
            barrier_by: BarrierBy::Have,
            ..Manners::default()
        };
        assert_eq!(manners_with(&[SilentDontHave]).await, by_have);
    }

    #[tokio::test]
    async fn a_scenario_without_end_is_ended() {
        let run = results(false, Duration::from_millis(20), true).await;
        assert_eq!(run.results[0].verdict, Verdict::Inconclusive);
        assert_eq!(run.conclusion, Conclusion::CouldNotTell);
    }

    #[tokio::test]
    async fn a_silent_target_is_not_accused_of_what_it_could_not_be_asked() {
        let run = results(true, Duration::from_millis(200), false).await;
        assert_eq!(run.counts.fail, 0);
        assert_eq!(run.counts.pass, 1, "only the MAY, which asks nothing");
        assert_eq!(run.conclusion, Conclusion::CouldNotTell);
    }
}
