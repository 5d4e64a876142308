//! What many scenarios begin with. Each step is built upon, not judged: when it does not work, the
//! scenario is inconclusive.

use super::control::{Capability, RequestId};
use super::peer::Peer;
use super::received::Came;
use super::say::{have, presences};
use super::scenario::Stop;
use super::stage::Stage;
use crate::wire::Address;

/// The target requests a block, and tells this peer of it: by a WantHave, or by a WantBlock at once,
/// as a node does that misses ASK-4.
///
/// # Errors
///
/// When it does not.
pub async fn want(stage: &Stage, peer: &Peer, address: &Address) -> Result<RequestId, Stop> {
    let request = stage.request(address).await?;
    let told = |came: &Came| came.has_want_have(address) || came.has_want_block(address);
    let came = peer.until(told).await?;
    stage.given(
        told(&came),
        format!("the want was not announced to {}: {came}", peer.name()),
    )?;
    Ok(request)
}

/// This peer says Have for what the target wants, and the target asks it for the block.
///
/// # Errors
///
/// When it does not.
pub async fn be_asked(stage: &Stage, peer: &Peer, address: &Address) -> Result<(), Stop> {
    let asked_already =
        stage.can(Capability::Dump) && stage.asked_of(address).await? == Some(vec![peer.id()]);
    peer.send(presences([have(address)])).await?;
    if asked_already {
        peer.settle().await?;
        return Ok(());
    }
    let came = peer.until(|came| came.has_want_block(address)).await?;
    stage.given(
        came.has_want_block(address),
        format!("{} says Have and is not asked: {came}", peer.name()),
    )
}

/// This peer says Have for what the target wants and asks somebody else for: it is recorded.
async fn hold_too(stage: &Stage, peer: &Peer, address: &Address) -> Result<(), Stop> {
    // What was sent on joining comes first: a target may read answers on its own stream only.
    peer.settle().await?;
    peer.exchange(presences([have(address)])).await?;
    let context = stage
        .context_when(peer, |context| context.price_of(address).is_some())
        .await?;
    stage.given(
        context.price_of(address).is_some(),
        format!("the Have of {} is not recorded", peer.name()),
    )
}

/// The target asks this peer for the block, and nobody else.
///
/// # Errors
///
/// When it does not.
pub async fn only_asked(stage: &Stage, asked: &Peer, address: &Address) -> Result<(), Stop> {
    let asks = stage.asked_of(address).await?;
    stage.given(
        asks == Some(vec![asked.id()]),
        format!("not {} alone is asked, but {asks:?}", asked.name()),
    )
}

/// Two peers have what the target wants, and the first is asked for it.
///
/// # Errors
///
/// When it does not come to that.
pub async fn two_holders(
    stage: &Stage,
    address: &Address,
) -> Result<(Peer, Peer, RequestId), Stop> {
    let first = stage.join().await?;
    let request = want(stage, &first, address).await?;
    be_asked(stage, &first, address).await?;
    let second = stage.join().await?;
    hold_too(stage, &second, address).await?;
    Ok((first, second, request))
}
