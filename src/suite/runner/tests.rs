//! Scenarios that end in every way, against a peer that plays the target.

#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use libp2p::Multiaddr;

use super::*;
use crate::suite::compose::{dont_have, list, presences, want_have};
use crate::suite::fixture::Fixtures;
use crate::suite::harness::Harness;
use crate::suite::needs::{Needs, Offers};
use crate::suite::peer::Peer;
use crate::suite::peer_config::PeerConfig;
use crate::suite::protocol_id::CODEX;
use crate::suite::quirks::{AnswerOn, BarrierKind};
use crate::suite::source::NoTarget;
use crate::suite::target::{RetryTimer, Target, TargetOptions};
use crate::suite::transport::{KeyType, Muxer};
use crate::suite::verdict::{Conclusion, TargetDescription, Verdict};

/// A target that says DontHave to every entry that asks for it, or nothing at all.
struct Simple {
    mute: bool,
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
            deadline: Duration::from_secs(20),
            grace: Duration::from_secs(20),
            may_answer_late: false,
            answer_on: AnswerOn::OwnStream,
            barrier_block: None,
            fixtures: Arc::new(Mutex::new(Fixtures::new(0, "target"))),
            counters: Arc::default(),
        };
        let peer = Peer::new(&config);
        let address = peer.listen().await.unwrap();
        let mute = self.mute;
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
            }
        });
        Ok(Target {
            address,
            peer_id: None,
            control: None,
            held: None,
            configured: false,
            may_answer_late: false,
            retries: RetryTimer::Unknown,
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

    fn offers(&self) -> Offers {
        Offers::default()
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
    run(Arc::new(Simple { mute }), &plan, &NoObserver).await
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
        scenarios: Vec::new(),
        seed: 1,
        timeout: Duration::from_secs(2),
        protocol: CODEX.to_owned(),
        muxers: vec![Muxer::Yamux],
        key_type: KeyType::Ed25519,
    };
    detect_quirks(&source, &plan).await
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
