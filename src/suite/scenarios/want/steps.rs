//! Steps that several files of this section share.

use crate::suite::compose::{list, want_block, want_have};
use crate::suite::describe::short;
use crate::suite::dump::{ContextDump, Unknown};
use crate::suite::fixture::Block;
use crate::suite::harness::Harness;
use crate::suite::peer::Peer;
use crate::suite::received::Received;
use crate::suite::stop::Stop;
use crate::suite::target::HeldBlock;
use crate::wire::Address;
use crate::wire::protobuf::wantlist::Entry;

/// Sends a message, and waits until what is received is as described, or proven not to come.
pub(super) async fn send_until(
    peer: &Peer,
    message: crate::wire::protobuf::Message,
    done: impl Fn(&Received) -> bool,
) -> Result<Received, Stop> {
    peer.send(message).await?;
    Ok(peer.receive_until(done).await?)
}

/// Makes the peer send these wants. Returns its context, in which they must be recorded.
pub(super) async fn record(
    harness: &Harness,
    peer: &Peer,
    entries: Vec<Entry>,
) -> Result<ContextDump, Stop> {
    let message = list(entries);
    let addresses: Vec<Address> = message
        .wantlist
        .iter()
        .flat_map(|list| &list.entries)
        .filter_map(|entry| crate::wire::address::from_protobuf(entry.address.as_ref()).ok())
        .collect();
    peer.send_confirmed(message).await?;
    let all = |context: &ContextDump| has_wants(context, &addresses);
    let context = harness.context_when(peer, all).await?;
    harness.assume(
        all(&context)?,
        format!(
            "what {} asked for is not recorded (WANT-1): {}",
            peer.name(),
            wants(&context)
        ),
    )?;
    Ok(context)
}

/// Whether an entry is recorded for each of these addresses.
pub(super) fn has_wants<'a>(
    context: &ContextDump,
    addresses: impl IntoIterator<Item = &'a Address>,
) -> Result<bool, Unknown> {
    for address in addresses {
        if !context.has_want(address)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a context records of the peer's wants, in a line.
pub(super) fn wants(context: &ContextDump) -> String {
    let shown: Vec<String> = context
        .wants
        .iter()
        .flatten()
        .map(|entry| {
            let want_type = entry
                .want_type
                .map_or_else(|| "want".to_owned(), |it| format!("{it:?}"));
            let priority = entry.priority.map(|it| format!(" priority {it}"));
            format!(
                "{}{want_type} {}{}{}",
                if entry.cancel { "cancelled " } else { "" },
                short(&entry.address),
                priority.unwrap_or_default(),
                if entry.send_dont_have == Some(true) {
                    " sendDontHave"
                } else {
                    ""
                }
            )
        })
        .collect();
    if shown.is_empty() {
        "no wants recorded".to_owned()
    } else {
        format!("the wants recorded: {}", shown.join(", "))
    }
}

/// Whether this block came, under whatever address: what a delivery looks like is for XFER-1.
pub(super) fn brings(received: &Received, block: &Block) -> bool {
    received
        .deliveries()
        .any(|delivered| delivered.block.data == block.data)
}

/// The same of a block that may be known by its address only.
pub(super) fn brings_held(received: &Received, held: &HeldBlock) -> bool {
    received.has_delivery(&held.address)
        || received
            .deliveries()
            .any(|delivered| Some(&delivered.block.data) == held.data.as_ref())
}

/// Sends a WantBlock for a held block, and waits until it comes, or is proven not to.
pub(super) async fn ask_for(peer: &Peer, held: &HeldBlock) -> Result<Received, Stop> {
    let message = list([want_block(&held.address)]);
    send_until(peer, message, |received| brings_held(received, held)).await
}

/// All that one WantBlock for a held block draws.
pub(super) async fn drawn_by_one_want(peer: &Peer, held: &HeldBlock) -> Result<Received, Stop> {
    let mut received = ask_for(peer, held).await?;
    received.extend(peer.barrier().await?.0);
    Ok(received)
}

/// Waits for this block, which the baseline has asked for; inconclusive when it does not come.
pub(super) async fn assume_served(
    harness: &Harness,
    baseline: &Peer,
    block: &Block,
) -> Result<(), Stop> {
    let received = baseline
        .receive_until(|received| brings(received, block))
        .await?;
    harness.assume(
        brings(&received, block),
        format!(
            "{}, which asked for {} before it was stored, was not sent it either (WANT-13): {received}",
            baseline.name(),
            short(&block.address())
        ),
    )
}

/// Inconclusive unless an ordinary WantHave with sendDontHave is answered.
pub(super) async fn answers_want_have(harness: &Harness, peer: &Peer) -> Result<(), Stop> {
    let address = harness.address();
    let question = list([want_have(&address).with_dont_have()]);
    let received = send_until(peer, question, |received| received.has_dont_have(&address)).await?;
    harness.assume(
        received.has_dont_have(&address),
        format!("an ordinary WantHave with sendDontHave is not answered (WANT-5): {received}"),
    )
}

/// The block, which the peer was sent, is deleted and stored again.
pub(super) async fn no_second_delivery(
    harness: &Harness,
    peer: &Peer,
    block: &Block,
) -> Result<(), Stop> {
    harness.delete(&block.cid).await?;
    harness.put(block).await?;
    let received = peer.barrier().await?;
    harness.require(
        !brings(&received, block),
        format!("no second delivery of {}", short(&block.address())),
        &received,
    )
}
