//! ASK-1 to ASK-3: a request is announced to the peers once, unless the block is held.

use super::steps::asked_peer;
use crate::suite::compose::deliveries;
use crate::suite::control::Capability::{Cancel, Dump, Put, PutDataset, Request, RequestLeaf};
use crate::suite::control::{Outcome, RequestId};
use crate::suite::describe::short;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::peer::Peer;
use crate::suite::received::Received;
use crate::suite::scenario::Scenario;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::Address;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "ASK-1",
        summary: "Two peers join, then the target is told to request a block that it does not hold.",
        expects: "Each peer is sent a WantHave entry for it, in a list with full = false, and no \
                  entry for anything that the target does not want.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(request_is_announced(harness)),
    },
    Scenario {
        id: "ASK-1/leaf",
        summary: "Two peers join, then the target is told to request a leaf of a dataset.",
        expects: "Each peer is sent a WantHave entry for the leaf's address, in a list with full = \
                  false, and no entry for anything that the target does not want.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(leaf_request_is_announced(harness)),
    },
    Scenario {
        id: "ASK-1/wanted",
        summary: "The target is told to request a block that it does not hold; then a look at its \
                  own wants.",
        expects: "The block is one of them.",
        needs: Needs::control(&[Request, Dump]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(request_makes_an_own_want(harness)),
    },
    Scenario {
        id: "ASK-1/again",
        summary: "The target is told to request a block, to cancel, and to request it again.",
        expects: "The peer is sent a WantHave entry for the second request, too.",
        needs: Needs::control(&[Request, Cancel]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(request_after_a_cancel_is_announced(harness)),
    },
    Scenario {
        id: "ASK-1/five",
        summary: "Five peers join, then the target is told to request a block that it does not hold.",
        expects: "Each of them is told of the want.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(everybody_is_told(harness)),
    },
    Scenario {
        id: "ASK-1/mute",
        summary: "A peer joins that never agrees on a stream, then another one. The target is told to \
                  request twelve blocks.",
        expects: "The other one is told of each want.",
        needs: Needs::control(&[Request, Dump]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(mute_peer_holds_up_nobody(harness)),
    },
    Scenario {
        id: "ASK-2",
        summary: "The target is told to request the same block twice.",
        expects: "The peer is sent nothing for the second request. A target that pursues its wants \
                  by a clock of its own may repeat itself just then: inconclusive.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(second_request_is_silent(harness)),
    },
    Scenario {
        id: "ASK-2/both",
        summary: "The target is told to request the same block twice, and is sent it.",
        expects: "Both requests complete with the block.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(both_requesters_get_the_block(harness)),
    },
    Scenario {
        id: "ASK-3",
        summary: "The target is told to request a block that it holds.",
        expects: "The request completes with the block, and the peer is sent nothing about it.",
        needs: Needs::control(&[Put, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(held_block_is_not_asked_for(harness)),
    },
    Scenario {
        id: "ASK-3/leaf",
        summary: "The target is told to request a leaf of a dataset that it holds, and the same \
                  block by its own CID.",
        expects: "The requests complete with the block, and the peer is sent nothing about either.",
        needs: Needs::control(&[PutDataset, Request, RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(held_leaf_is_not_asked_for(harness)),
    },
];

async fn request_is_announced(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    is_announced(harness, &address).await
}

async fn leaf_request_is_announced(harness: &Harness) -> Result<(), Stop> {
    let leaf = harness.dataset(2).address(1);
    is_announced(harness, &leaf).await
}

async fn everybody_is_told(harness: &Harness) -> Result<(), Stop> {
    let mut peers = Vec::new();
    for _ in 0..5 {
        peers.push(harness.join().await?);
    }
    let address = harness.address();
    harness.request(&address).await?;
    for peer in &peers {
        is_told(harness, peer, &address).await?;
    }
    Ok(())
}

async fn mute_peer_holds_up_nobody(harness: &Harness) -> Result<(), Stop> {
    let mute = harness.peer();
    // It is asked nothing, or it would have agreed on a stream.
    mute.never_read();
    let connection = mute.connect().await?;
    harness.joined(&mute).await?;
    connection.freeze();
    let peer = harness.join().await?;
    // Whoever is told first, the mute peer comes before the other one's second turn. A node that tells
    // one of the two by chance does not choose the same one so often.
    for _ in 0..12 {
        let address = harness.address();
        harness.request(&address).await?;
        is_told(harness, &peer, &address).await?;
    }
    Ok(())
}

async fn is_told(harness: &Harness, peer: &Peer, address: &Address) -> Result<(), Stop> {
    let told =
        |received: &Received| received.has_want_have(address) || received.has_want_block(address);
    let received = peer.receive_until(told).await?;
    harness.require(
        told(&received),
        format!("a want entry for {} to {}", short(address), peer.name()),
        &received,
    )
}

/// Whether a WantHave for this address came in a list that adds to what was said before. A full
/// list that names it too may come beside it, as a refresh.
fn is_added(received: &Received, address: &Address) -> bool {
    received.want_lists().any(|list| {
        !list.full
            && list.entries.iter().any(|entry| {
                entry.address == *address
                    && *entry == crate::wire::WantEntry::want_have(address.clone())
            })
    })
}

async fn is_announced(harness: &Harness, address: &Address) -> Result<(), Stop> {
    let peers = [harness.join().await?, harness.join().await?];
    harness.request(address).await?;
    for peer in &peers {
        let received = peer
            .receive_until(|received| is_added(received, address))
            .await?;
        harness.require(
            is_added(&received, address),
            format!(
                "a WantHave entry for {} to {}, in a list with full = false",
                short(address),
                peer.name()
            ),
            &received,
        )?;
        // A target that was not started for this scenario may want more than the suite knows of.
        harness.require(
            !harness.target().configured
                || received
                    .want_entries()
                    .all(|entry| entry.address == *address),
            format!("no entry but for {}, the only own want", short(address)),
            &received,
        )?;
    }
    Ok(())
}

async fn request_makes_an_own_want(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    harness.request(&address).await?;
    let dump = harness.dump().await?;
    let own: Vec<String> = dump.own_wants()?.into_iter().map(short).collect();
    harness.require(
        dump.is_wanted(&address)?,
        format!("{} among the own wants", short(&address)),
        format!("own wants: [{}]", own.join(", ")),
    )
}

async fn request_after_a_cancel_is_announced(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    let request = harness.request(&address).await?;
    peer.receive_until(|received| received.has_want_have(&address))
        .await?;
    harness.assume(
        harness.cancel(request).await?,
        "the target does not know of the request that it is to cancel (ASK-7)",
    )?;
    peer.barrier().await?;
    harness.request(&address).await?;
    let received = peer
        .receive_until(|received| received.has_want_have(&address))
        .await?;
    harness.require(
        received.has_want_have(&address),
        format!(
            "a WantHave entry for {}, which is requested again after a cancel",
            short(&address)
        ),
        &received,
    )
}

async fn second_request_is_silent(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    harness.request(&address).await?;
    peer.receive_until(|received| received.has_want_have(&address))
        .await?;
    peer.barrier().await?;
    harness.request(&address).await?;
    let received = peer.barrier().await?;
    let silent = received.entries_for(&address).is_empty();
    harness.assume(
        silent || !harness.may_repeat(),
        format!("the target may repeat itself at any time: {received}"),
    )?;
    harness.require(
        silent,
        format!("no entry for {}, an own want already", short(&address)),
        &received,
    )
}

async fn both_requesters_get_the_block(harness: &Harness) -> Result<(), Stop> {
    let block = harness.manifest();
    let address = block.address();
    let requests = [
        harness.request(&address).await?,
        harness.request(&address).await?,
    ];
    let peer = asked_peer(harness, &address).await?;
    peer.send(deliveries([block.delivery()])).await?;
    peer.wait_until_handled().await?;
    let outcomes = [
        harness.outcome(requests[0]).await?,
        harness.outcome(requests[1]).await?,
    ];
    let completed = Outcome::Completed(block.data.clone());
    harness.assume(
        outcomes.contains(&completed),
        "a right delivery from the asked peer completes no request (XFER-7)",
    )?;
    harness.require(
        outcomes.iter().all(|outcome| *outcome == completed),
        "both requests completed with the block",
        format!(
            "of the first, {}; of the second, {}",
            outcomes[0], outcomes[1]
        ),
    )
}

async fn held_block_is_not_asked_for(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.block();
    harness.put(&block).await?;
    // What storing it draws is not about the request.
    peer.barrier().await?;
    let request = harness.request(&block.address()).await?;
    completes_silently(harness, &peer, request, &block.address(), &block.data).await
}

async fn held_leaf_is_not_asked_for(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let dataset = harness.dataset(3);
    let block = &dataset.blocks[1];
    harness.put_dataset(&dataset).await?;
    for address in [dataset.address(1), block.address()] {
        let request = harness.request(&address).await?;
        completes_silently(harness, &peer, request, &address, &block.data).await?;
    }
    Ok(())
}

async fn completes_silently(
    harness: &Harness,
    peer: &Peer,
    request: RequestId,
    address: &Address,
    data: &bytes::Bytes,
) -> Result<(), Stop> {
    let outcome = harness.outcome_in_the_end(request).await?;
    harness.require(
        outcome == Outcome::Completed(data.clone()),
        format!(
            "the request for {}, which is held, completed with its {} bytes",
            short(address),
            data.len()
        ),
        outcome,
    )?;
    let received = peer.barrier().await?;
    harness.require(
        received.entries_for(address).is_empty(),
        format!("no entry for {}, which is held", short(address)),
        &received,
    )
}
