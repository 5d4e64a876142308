//! Scenarios that end in every way, against a peer that plays the target.

#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use libp2p::Multiaddr;

use super::*;
use crate::suite::compose::{dont_have, have, list, presences, want_have};
use crate::suite::fixture::Fixtures;
use crate::suite::harness::Harness;
use crate::suite::needs::{Needs, Offers};
use crate::suite::pace::Pace;
use crate::suite::peer::Peer;
use crate::suite::peer_config::PeerConfig;
use crate::suite::protocol_id::CODEX;
use crate::suite::quirks::{AnswerOn, BarrierKind, Quirks};
use crate::suite::source::NoTarget;
use crate::suite::target::{Held, HeldBlock, RetryTimer, Target, TargetOptions};
use crate::suite::transport::{KeyType, Muxer};
use crate::suite::verdict::{Conclusion, TargetDescription, Verdict};
use crate::wire::{Address, BlockCid};

/// A target that says DontHave to every entry that asks for it, or nothing at all. It has whatever is
/// asked for otherwise, if it says so late.
#[derive(Default)]
struct Simple {
    mute: bool,
    late: Option<Duration>,
}

#[async_trait]
impl TargetSource for Simple {
    async fn start(&self, _: &TargetOptions, _: [u8; 32]) -> Result<Target, NoTarget> {
        let config = PeerConfig {
            target: Multiaddr::empty(),
            exchange: Exchange::new(),
            protocol: CODEX.to_owned(),
            muxers: vec![Muxer::Yamux],
            key_type: KeyType::Ed25519,
            pace: Pace::new(Duration::from_secs(20)),
            grace: Duration::from_secs(20),
            may_answer_late: false,
            answer_on: AnswerOn::OwnStream,
            barrier_block: None,
            fixtures: Arc::new(Mutex::new(Fixtures::new(0, "target"))),
            counters: Arc::default(),
        };
        let peer = Peer::new(&config);
        let address = peer.listen().await.unwrap();
        let (mute, late) = (self.mute, self.late);
        tokio::spawn(async move {
            while let Ok(received) = peer
                .receive_until(|received| received.want_entries().count() > 0)
                .await
            {
                let items: Vec<_> = received
                    .want_entries()
                    .filter(|entry| entry.send_dont_have && !mute)
                    .map(|entry| dont_have(&entry.address))
                    .collect();
                if !items.is_empty() && peer.send(presences(items)).await.is_err() {
                    return;
                }
                let Some(late) = late else { continue };
                let items = received.want_entries();
                let items: Vec<_> = items
                    .filter(|entry| !entry.send_dont_have)
                    .map(|entry| have(&entry.address))
                    .collect();
                if items.is_empty() {
                    continue;
                }
                let peer = peer.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(late).await;
                    peer.send(presences(items)).await
                });
            }
        });
        let held = HeldBlock {
            address: Address::Plain(BlockCid::of_block(b"held")),
            data: None,
        };
        Ok(Target {
            address,
            peer_id: None,
            control: None,
            held: Held {
                blocks: self.late.map(|_| held).into_iter().collect(),
                trees: Vec::new(),
            },
            configured: false,
            may_answer_late: self.late.is_some(),
            retries: RetryTimer::Unknown,
        })
    }

    fn describe(&self) -> TargetDescription {
        TargetDescription::named("a simple target".to_owned())
    }

    fn arguments(&self) -> Vec<String> {
        vec!["--target x".to_owned()]
    }

    fn offers(&self) -> Offers {
        Offers {
            held: self.late.is_some(),
            ..Offers::default()
        }
    }

    fn jobs(&self) -> usize {
        4
    }
}

const fn scenario(
    id: &'static str,
    run: for<'a> fn(&'a Harness) -> futures::future::BoxFuture<'a, Result<(), Stop>>,
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
    scenario("WANT-5/passes", |harness| {
        Box::pin(async move {
            let peer = harness.join().await?;
            let received = peer.exchange(list([want_have(&harness.address())])).await?;
            harness.require(received.is_empty(), "nothing", &received)
        })
    }),
    scenario("WANT-5/fails", |harness| {
        Box::pin(async move {
            let peer = harness.join().await?;
            let address = harness.address();
            let received = peer
                .receive_until(|received| received.has_have(&address))
                .await?;
            harness.require(received.has_have(&address), "a Have", &received)
        })
    }),
    scenario("WANT-7/warns", |harness| {
        Box::pin(async move { harness.require(false, "more", "less") })
    }),
    scenario("XFER-8/may", |harness| {
        Box::pin(async move { harness.require(false, "more", "less") })
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

/// A target is quick to answer, and what waits in vain waits this long.
async fn results(mute: bool, timeout: Duration, hanging: bool) -> RunResult {
    let scenarios = ODD
        .iter()
        .filter(|scenario| (scenario.id == "WANT-5/hangs") == hanging)
        .collect();
    let plan = Plan {
        timeout,
        muxers: vec![Muxer::Yamux],
        ..Plan::new(scenarios, 1)
    };
    let source = Simple {
        mute,
        ..Simple::default()
    };
    run(Arc::new(source), &plan, &NoObserver).await
}

static LATE: [Scenario; 2] = [
    scenario("WANT-4/late", |harness| {
        Box::pin(async move {
            let peer = harness.join().await?;
            let address = harness.address();
            peer.send(list([want_have(&address)])).await?;
            let received = peer.receive_until(|it| it.has_have(&address)).await?;
            harness.require(received.has_have(&address), "a Have", &received)
        })
    }),
    scenario("WANT-4/never", |harness| {
        Box::pin(async move {
            let peer = harness.join().await?;
            let received = peer.receive_until(|_| false).await?;
            harness.require(!received.is_empty(), "something", &received)
        })
    }),
];

/// What comes so late after a barrier's answer is waited for; and how long, in seconds, something was
/// waited for that never comes.
async fn waited_for(late: Duration, timeout: Duration) -> f32 {
    let plan = Plan {
        timeout,
        muxers: vec![Muxer::Yamux],
        ..Plan::new(LATE.iter().collect(), 1)
    };
    let source = Simple {
        late: Some(late),
        ..Simple::default()
    };
    let run = run(Arc::new(source), &plan, &NoObserver).await;
    let result = |id: &str| run.results.iter().find(|it| it.scenario == id).unwrap();
    let came = result("WANT-4/late");
    assert_eq!(came.verdict, Verdict::Pass, "{came:#?}");
    let mut lines = result("WANT-4/never").exchange.iter();
    let waited = lines
        .find_map(|line| line.text.strip_prefix("waited "))
        .unwrap();
    waited.split_once(' ').unwrap().0.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_quick_target_does_not_send_is_not_waited_for_until_the_deadline() {
    let waited = waited_for(Duration::from_millis(150), Duration::from_secs(60)).await;
    assert!((1.5..60.0).contains(&waited), "{waited}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_target_is_waited_for() {
    let waited = waited_for(Duration::from_secs(2), Duration::from_secs(4)).await;
    assert!((waited - 4.0).abs() < 0.01, "{waited}");
}

/// Notes in which order scenarios begin.
#[derive(Default)]
struct Order(Mutex<Vec<&'static str>>);

impl Observer for Order {
    fn begun(&self, scenario: &'static Scenario) {
        self.0.lock().unwrap().push(scenario.id);
    }
}

#[tokio::test]
async fn a_shuffled_run_says_so_and_a_kept_pass_has_its_exchange() {
    let plan = Plan {
        muxers: vec![Muxer::Yamux],
        shuffled: true,
        keep_passes: true,
        ..Plan::new(ODD.iter().filter(|it| it.id != "WANT-5/hangs").collect(), 1)
    };
    let order = Order::default();
    let run = run(Arc::new(Simple::default()), &plan, &order).await;
    let planned: Vec<&str> = plan.in_order().iter().map(|(_, it)| it.id).collect();
    assert_eq!(*order.0.lock().unwrap(), planned);
    let reported: Vec<&str> = run.results.iter().map(|it| it.scenario.as_str()).collect();
    assert_ne!(planned, reported);
    assert!(run.options.shuffled);
    for result in &run.results {
        let is_kept = result.scenario == "WANT-5/passes" || result.scenario == "WANT-5/fails";
        let said = result.exchange.iter().any(|line| line.bytes.is_some());
        assert_eq!(said, is_kept, "{}", result.scenario);
    }
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
    assert_eq!(failed.actual.as_deref(), Some("nothing"));
    assert!(
        failed
            .exchange
            .iter()
            .any(|line| line.text.contains("(barrier)"))
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

async fn quirks_with(deviations: &[blockexc_model::Deviation]) -> Quirks {
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
        timeout: Duration::from_secs(2),
        muxers: vec![Muxer::Yamux],
        ..Plan::new(Vec::new(), 1)
    };
    learn_manner(&source, &plan).await.quirks
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_target_can_be_talked_to_is_found_out() {
    use blockexc_model::Deviation::{AskUnannounced, OwnStreamOnly, SilentDontHave};
    assert_eq!(quirks_with(&[]).await, Quirks::default());
    let elsewhere = Quirks {
        answer_on: AnswerOn::TargetsStream,
        ..Quirks::default()
    };
    assert_eq!(quirks_with(&[OwnStreamOnly]).await, elsewhere);
    assert_eq!(
        quirks_with(&[OwnStreamOnly, AskUnannounced]).await,
        elsewhere
    );
    let with_have = Quirks {
        barrier_kind: BarrierKind::Have,
        ..Quirks::default()
    };
    assert_eq!(quirks_with(&[SilentDontHave]).await, with_have);
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
