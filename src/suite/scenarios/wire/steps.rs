//! Steps that several files of this section share.

use bytes::Bytes;
use prost::Message as _;

use crate::suite::compose::{list, want_have};
use crate::suite::harness::Harness;
use crate::suite::peer::Peer;
use crate::suite::stop::Stop;
use crate::wire::Address;
use crate::wire::protobuf::Message;

/// A length-delimited field that is longer than the frame.
pub(super) const GARBAGE: &[u8] = &[0x0a, 0xff, 0x01, 0x02];

pub(super) fn question(address: &Address) -> Message {
    list([want_have(address).with_dont_have()])
}

pub(super) fn bytes_of(message: &Message) -> Bytes {
    message.encode_to_vec().into()
}

/// That the target answers such questions at all is not what the scenario is about.
pub(super) async fn answers_usually(harness: &Harness, peer: &Peer) -> Result<(), Stop> {
    let address = harness.address();
    let received = peer.exchange(question(&address)).await?;
    harness.assume(
        received.has_dont_have(&address),
        format!("a plain question is not answered either: {received}"),
    )
}

pub(super) async fn serves_another(harness: &Harness) -> Result<(), Stop> {
    let other = match (harness.join().await, harness.target_ended().await) {
        (Err(_), Some(end)) => return harness.require(false, "the target goes on", end),
        (joined, _) => joined?,
    };
    harness.survives(other.barrier().await, "the target answers another peer")?;
    Ok(())
}
