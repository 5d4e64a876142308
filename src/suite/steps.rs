//! Steps with which many scenarios begin. They are not tested: when one does not work, the scenario
//! is inconclusive.

use super::compose::{have, presences};
use super::control::{Capability, RequestId};
use super::harness::Harness;
use super::peer::Peer;
use super::received::Received;
use super::stop::Stop;
use crate::wire::Address;

/// The target requests a block, and tells this peer of it: by a WantHave, or by a WantBlock at once,
/// as a node does that misses ASK-4.
///
/// # Errors
///
/// When it does not.
pub async fn want(harness: &Harness, peer: &Peer, address: &Address) -> Result<RequestId, Stop> {
    let request = harness.request(address).await?;
    let told =
        |received: &Received| received.has_want_have(address) || received.has_want_block(address);
    let received = peer.receive_until(told).await?;
    harness.assume(
        told(&received),
        format!("the want was not announced to {}: {received}", peer.name()),
    )?;
    Ok(request)
}

/// This peer says Have for what the target wants, and the target asks it for the block.
///
/// # Errors
///
/// When it does not.
pub async fn be_asked(harness: &Harness, peer: &Peer, address: &Address) -> Result<(), Stop> {
    let asked_already = harness.can(Capability::Dump)
        && harness.dump().await?.asked_of(address) == Ok(Some(&[peer.id()].into()));
    peer.send(presences([have(address)])).await?;
    if asked_already {
        peer.wait_until_handled().await?;
        return Ok(());
    }
    let received = peer
        .receive_until(|received| received.has_want_block(address))
        .await?;
    harness.assume(
        received.has_want_block(address),
        format!("{} says Have and is not asked: {received}", peer.name()),
    )
}

/// This peer says Have for what the target wants and asks somebody else for: it is recorded.
async fn hold_too(harness: &Harness, peer: &Peer, address: &Address) -> Result<(), Stop> {
    // What was sent on joining comes first: a target may read answers on its own stream only.
    peer.wait_until_handled().await?;
    peer.exchange(presences([have(address)])).await?;
    let context = harness
        .context_when(peer, |context| context.has_record(address))
        .await?;
    harness.assume(
        context.has_record(address)?,
        format!("the Have of {} is not recorded", peer.name()),
    )
}

/// The target asks this peer for the block, and nobody else.
///
/// # Errors
///
/// When it does not.
pub async fn only_asked(harness: &Harness, asked: &Peer, address: &Address) -> Result<(), Stop> {
    let asks = harness.asked_of(address).await?;
    harness.assume(
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
    harness: &Harness,
    address: &Address,
) -> Result<(Peer, Peer, RequestId), Stop> {
    let first = harness.join().await?;
    let request = want(harness, &first, address).await?;
    be_asked(harness, &first, address).await?;
    let second = harness.join().await?;
    hold_too(harness, &second, address).await?;
    Ok((first, second, request))
}
