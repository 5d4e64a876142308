//! Detects the [`Quirks`] of a target before a run.

use super::compose::{deliveries, have, presences};
use super::control::{Capability, Outcome};
use super::exchange::Exchange;
use super::harness::Harness;
use super::plan::Plan;
use super::quirks::{AnswerOn, BarrierKind, Quirks};
use super::received::Received;
use super::setup::{set_up, tear_down};
use super::source::TargetSource;
use super::stop::Stop;
use super::target::TargetOptions;

/// Detects, on a target of its own, the quirks of this source's targets. What cannot be detected is
/// taken to be as the specification has it.
pub async fn detect_quirks(source: &dyn TargetSource, plan: &Plan) -> Quirks {
    let mut quirks = Quirks::default();
    let can = source.offers().control;
    if can.contains(&Capability::Put)
        && let Ok(harness) = set_up_for_quirks(source, plan, quirks, "usual").await
    {
        let answered = async { harness.join().await?.barrier().await.map_err(Stop::from) };
        if answered.await.is_err()
            && let Ok(other) = set_up_for_quirks(
                source,
                plan,
                Quirks {
                    barrier_kind: BarrierKind::Have,
                    ..quirks
                },
                "held",
            )
            .await
        {
            let answered = async { other.join().await?.barrier().await.map_err(Stop::from) };
            if answered.await.is_ok() {
                quirks.barrier_kind = BarrierKind::Have;
            }
            tear_down(&other).await;
        }
        tear_down(&harness).await;
    }
    if can.contains(&Capability::Request) {
        for (answer_on, name) in [
            (AnswerOn::OwnStream, "own"),
            (AnswerOn::TargetsStream, "targets"),
        ] {
            let tried = Quirks {
                answer_on,
                ..quirks
            };
            if let Ok(harness) = set_up_for_quirks(source, plan, tried, name).await {
                let reads = is_answer_read(&harness).await;
                tear_down(&harness).await;
                if reads == Ok(true) {
                    return tried;
                }
            }
        }
    }
    quirks
}

async fn set_up_for_quirks(
    source: &dyn TargetSource,
    plan: &Plan,
    quirks: Quirks,
    name: &str,
) -> Result<Harness, Stop> {
    let exchange = Exchange::new();
    let options = TargetOptions::DEFAULT;
    // A target that serves all scenarios must not know the blocks already.
    let name = format!("quirks/{name}");
    set_up(source, plan, quirks, &name, &options, &exchange).await
}

/// Whether a request completes when its answers are sent on the stream that the harness is set up
/// for.
async fn is_answer_read(harness: &Harness) -> Result<bool, Stop> {
    let peer = harness.join().await?;
    let block = harness.manifest();
    let address = block.address();
    let request = harness.request(&address).await?;
    let asks = |received: &Received| !received.entries_for(&address).is_empty();
    peer.receive_until(asks).await?;
    peer.send(presences([have(&address)])).await?;
    peer.receive_until(|received| received.has_want_block(&address))
        .await?;
    peer.send(deliveries([block.delivery()])).await?;
    peer.wait_until_handled().await?;
    Ok(matches!(
        harness.outcome(request).await?,
        Outcome::Completed(_)
    ))
}
