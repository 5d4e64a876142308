//! Steps that several files of this section share.

use crate::suite::compose::{have, presences};
use crate::suite::describe::short;
use crate::suite::harness::Harness;
use crate::suite::peer::Peer;
use crate::suite::received::Received;
use crate::suite::stop::Stop;
use crate::wire::Address;

/// Waits until the peer has received these own wants, if it does. Then the target has opened a
/// stream, on which the peer can answer.
pub(super) async fn hears_of(peer: &Peer, addresses: &[Address]) -> Result<(), Stop> {
    let heard = |received: &Received| {
        addresses
            .iter()
            .all(|address| !received.entries_for(address).is_empty())
    };
    peer.receive_until(heard).await?;
    Ok(())
}

/// A peer that joins, says Have for this own want, and is asked for it: a precondition.
pub(super) async fn asked_peer(harness: &Harness, address: &Address) -> Result<Peer, Stop> {
    let peer = harness.join().await?;
    hears_of(&peer, std::slice::from_ref(address)).await?;
    peer.send(presences([have(address)])).await?;
    let received = peer
        .receive_until(|received| received.has_want_block(address))
        .await?;
    harness.assume(
        received.has_want_block(address),
        format!(
            "{} has said Have for {} and is not asked for it (ASK-6): {received}",
            peer.name(),
            short(address)
        ),
    )?;
    Ok(peer)
}

/// A peer that joins and says Have for this own want; and what it is sent because of that.
pub(super) async fn holder(harness: &Harness, address: &Address) -> Result<(Peer, Received), Stop> {
    let peer = harness.join().await?;
    hears_of(&peer, std::slice::from_ref(address)).await?;
    let received = peer.exchange(presences([have(address)])).await?;
    Ok((peer, received))
}

/// A peer that joins now is not told of this address, which is no own want any longer.
pub(super) async fn is_over(harness: &Harness, address: &Address) -> Result<(), Stop> {
    let newcomer = harness.join().await?;
    let received = newcomer.barrier().await?;
    harness.require(
        received.entries_for(address).is_empty(),
        format!(
            "no entry for {} to {}, which joins after the want's end",
            short(address),
            newcomer.name()
        ),
        &received,
    )
}

/// Two peers say Have for this own want, and the first is asked.
pub(super) async fn two_holders(
    harness: &Harness,
    address: &Address,
) -> Result<(Peer, Peer), Stop> {
    let first = asked_peer(harness, address).await?;
    let (second, received) = holder(harness, address).await?;
    harness.assume(
        !received.has_want_block(address),
        format!(
            "{} is asked while {} is (ASK-5)",
            second.name(),
            first.name()
        ),
    )?;
    Ok((first, second))
}
