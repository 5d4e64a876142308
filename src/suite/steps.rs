//! What many scenarios begin with. Each step is built upon, not judged: when it does not work, the
//! scenario is inconclusive.

use super::control::RequestId;
use super::peer::Peer;
use super::say::{have, presences};
use super::scenario::Stop;
use super::stage::Stage;
use crate::wire::Address;

/// The target requests a block, and announces it to this peer.
///
/// # Errors
///
/// When it does not.
pub async fn want(stage: &Stage, peer: &Peer, address: &Address) -> Result<RequestId, Stop> {
    let request = stage.request(address).await?;
    let came = peer.until(|came| came.has_want_have(address)).await?;
    stage.given(
        came.has_want_have(address),
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
    peer.send(presences([have(address)])).await?;
    let came = peer.until(|came| came.has_want_block(address)).await?;
    stage.given(
        came.has_want_block(address),
        format!("{} says Have and is not asked: {came}", peer.name()),
    )
}

/// This peer says Have for what the target wants and asks somebody else for: it is recorded, and
/// nobody else than `asked` is asked.
///
/// # Errors
///
/// When it is not so.
pub async fn hold_too(
    stage: &Stage,
    peer: &Peer,
    address: &Address,
    asked: &Peer,
) -> Result<(), Stop> {
    peer.exchange(presences([have(address)])).await?;
    let context = stage
        .context_when(peer, |context| context.price_of(address).is_some())
        .await?;
    stage.given(
        context.price_of(address).is_some(),
        format!("the Have of {} is not recorded", peer.name()),
    )?;
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
    let (first, second) = (stage.join().await?, stage.join().await?);
    let request = want(stage, &first, address).await?;
    be_asked(stage, &first, address).await?;
    hold_too(stage, &second, address, &first).await?;
    Ok((first, second, request))
}
