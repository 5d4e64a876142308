//! Learns the [`Manner`] of a target before a run.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::select_ok;

use super::compose::{deliveries, have, list, presences, want_block};
use super::control::{Capability, Control, Outcome};
use super::exchange::Exchange;
use super::harness::Harness;
use super::peer::Peer;
use super::plan::Plan;
use super::quirks::{AnswerOn, BarrierKind, Manner, Quirks};
use super::received::Received;
use super::setup::{set_up, tear_down};
use super::source::TargetSource;
use super::stop::Stop;
use super::target::TargetOptions;
use crate::node::dataset::Manifest;
use crate::wire::Address;

/// Learns, on a target of its own, how this source's targets are talked to. What cannot be detected is
/// taken to be as the specification has it. The pace is relied upon when everything was answered that
/// the target can be made to answer: a question, a want for a held block, a request.
pub async fn learn_manner(source: &dyn TargetSource, plan: &Plan) -> Manner {
    let mut manner = Manner::unknown(plan.timeout);
    let can = source.offers().control;
    let mut answers = false;
    if let Ok(harness) = set_up_for_quirks(source, plan, &manner, "usual").await {
        let answered = answers_a_barrier(&harness).await;
        answers = answered.is_some();
        let holds = can.contains(&Capability::Put) || source.offers().held;
        if let Some(peer) = answered {
            if holds && harness.target().may_answer_late {
                answers = serves_what_it_holds(&harness, &peer).await == Ok(true);
            }
        } else if can.contains(&Capability::Put) {
            let with_have = manner.with(Quirks {
                barrier_kind: BarrierKind::Have,
                ..manner.quirks
            });
            if let Ok(other) = set_up_for_quirks(source, plan, &with_have, "held").await {
                if answers_a_barrier(&other).await.is_some() {
                    manner = with_have;
                }
                tear_down(&other).await;
            }
        }
        tear_down(&harness).await;
    }
    if can.contains(&Capability::Request) {
        let mut is_read = false;
        for (answer_on, name) in [
            (AnswerOn::OwnStream, "own"),
            (AnswerOn::TargetsStream, "targets"),
        ] {
            let tried = manner.with(Quirks {
                answer_on,
                ..manner.quirks
            });
            if let Ok(harness) = set_up_for_quirks(source, plan, &tried, name).await {
                is_read = is_answer_read(&harness).await == Ok(true);
                tear_down(&harness).await;
            }
            if is_read {
                manner = tried;
                break;
            }
        }
        answers &= is_read;
    }
    if answers {
        manner.pace.set_known();
    }
    manner
}

async fn set_up_for_quirks(
    source: &dyn TargetSource,
    plan: &Plan,
    manner: &Manner,
    name: &str,
) -> Result<Harness, Stop> {
    let exchange = Exchange::new();
    let options = TargetOptions::DEFAULT;
    // A target that serves all scenarios must not know the blocks already.
    let name = format!("quirks/{name}");
    set_up(source, plan, manner, &name, &options, &exchange).await
}

/// A peer whose barrier is answered, if it is.
async fn answers_a_barrier(harness: &Harness) -> Option<Peer> {
    let peer = harness.join().await.ok()?;
    peer.barrier().await.ok()?;
    Some(peer)
}

/// Whether a want for a held block is answered, with the block or its price.
async fn serves_what_it_holds(harness: &Harness, peer: &Peer) -> Result<bool, Stop> {
    let address = harness.held().await?.address;
    peer.send(list([want_block(&address)])).await?;
    let answered = |received: &Received| {
        received.has_delivery(&address) || !received.presences_of(&address).is_empty()
    };
    Ok(answered(&peer.receive_until(answered).await?))
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
    let completes = async {
        let outcome = harness.outcome(request).await;
        matches!(outcome, Ok(Outcome::Completed(_)))
    };
    let divides = |control: &Arc<dyn Control>| control.block_size().is_some();
    if !harness.target().control.as_ref().is_some_and(divides) {
        return Ok(completes.await);
    }
    // Such a target may go on with the dataset of the manifest; its request does not end then.
    let Ok(manifest) = Manifest::decode(&block.data) else {
        return Ok(completes.await);
    };
    let leaf = Address::Leaf {
        tree: manifest.tree,
        index: 0,
    };
    let asks_for_it = |received: &Received| !received.entries_for(&leaf).is_empty();
    let goes_on = async {
        let received = peer.receive_until(asks_for_it).await;
        received.is_ok_and(|received| asks_for_it(&received))
    };
    let either = [completes.boxed(), goes_on.boxed()];
    let either = either.map(|seen| seen.map(|seen| seen.then_some(()).ok_or(())).boxed());
    Ok(select_ok(either).await.is_ok())
}
