//! Steps with which many scenarios begin. They are not tested: when one does not work, the scenario
//! is inconclusive.

use std::pin::pin;

use futures::future::{Either, select};

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
        match asks.as_deref() {
            None | Some([]) => format!("{} is not asked", asked.name()),
            Some([other]) => format!("not {} is asked, but {other}", asked.name()),
            Some(several) => format!("{} peers are asked at once (ASK-5)", several.len()),
        },
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

/// A node that is free in whom it asks on a retry asks this one and that one within so many.
pub const RETRIES: usize = 16;

/// The want is pursued anew. Gives which of the two holders is asked then, `None` for neither, and
/// what came to it; for neither, what came to the first.
///
/// # Errors
///
/// When the want cannot be pursued, or the first of the two can no longer be heard.
pub async fn retried(
    harness: &Harness,
    holders: [&Peer; 2],
    address: &Address,
) -> Result<(Option<usize>, Received), Stop> {
    harness.retry_now(address).await?;
    let asked = |received: &Received| received.has_want_block(address);
    let mut first = pin!(holders[0].receive_until(asked));
    let mut second = pin!(holders[1].receive_until(asked));
    let received = match select(&mut first, &mut second).await {
        Either::Left((received, _)) => received?,
        Either::Right((Ok(received), _)) if asked(&received) => return Ok((Some(1), received)),
        // The second may have been disconnected: it has not answered.
        Either::Right(_) => first.await?,
    };
    let is_asked = asked(&received);
    Ok((is_asked.then_some(0), received))
}

/// The want is pursued anew until this peer is asked in place of that one.
///
/// # Errors
///
/// When it is not, within [`RETRIES`] retries.
pub async fn be_asked_instead(
    harness: &Harness,
    peer: &Peer,
    asked: &Peer,
    address: &Address,
) -> Result<(), Stop> {
    let mut who = None;
    for _ in 0..RETRIES {
        (who, _) = retried(harness, [peer, asked], address).await?;
        // That the first is asked again is ASK-8's.
        if who != Some(1) {
            break;
        }
    }
    harness.assume(
        who == Some(0),
        format!("{} is not asked after a retry (ASK-8)", peer.name()),
    )
}
