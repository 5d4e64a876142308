//! What several files of this section begin with.

use crate::suite::control::RequestId;
use crate::suite::fixture::Dataset;
use crate::suite::harness::Harness;
use crate::suite::peer::Peer;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::wire::Address;

/// A peer that is asked for what the target wants.
pub(super) async fn asked_peer(
    harness: &Harness,
    address: &Address,
) -> Result<(Peer, RequestId), Stop> {
    let peer = harness.join().await?;
    let request = steps::want(harness, &peer, address).await?;
    steps::be_asked(harness, &peer, address).await?;
    Ok((peer, request))
}

/// A dataset, and the address of the leaf of it that is wanted.
pub(super) fn wanted_leaf(harness: &Harness) -> (Dataset, Address) {
    let dataset = harness.dataset(4);
    let address = dataset.address(1);
    (dataset, address)
}
