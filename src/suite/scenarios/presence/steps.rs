//! Steps that several files of this section share.

use crate::suite::harness::Harness;
use crate::suite::peer::Peer;
use crate::suite::stop::Stop;
use crate::wire::Address;

pub(super) async fn has_record(
    harness: &Harness,
    peer: &Peer,
    address: &Address,
) -> Result<bool, Stop> {
    Ok(harness.context(peer).await?.has_record(address)?)
}
