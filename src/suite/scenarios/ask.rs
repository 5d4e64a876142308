//! Scenarios of section ASK: how the node pursues its own wants.
//!
//! Where a scenario builds upon a peer's being asked, the target is told to request the block
//! before that peer joins: so the peer hears of it by the own want list (JOIN-4) or not at all, and
//! nothing depends on how requests are announced (ASK-1).
//!
//! A foreign node may repeat at any time that it wants what it wants. So silence is asked for only
//! about what the target does not want, or does not want of that peer.

use crate::suite::compose::{deliveries, have, presences};
use crate::suite::control::Capability::{
    Cancel, Dump, Put, PutDataset, Request, RequestLeaf, RetryNow,
};
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

/// How often a want is pursued anew in the scenarios that wait for the end.
const RETRIES: u32 = 2;

/// How often ASK-5 tries: a foreign node's own retry may fall between two answers of the suite, but
/// not each time.
const ATTEMPTS: usize = 3;

/// The scenarios of this section.
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
    Scenario {
        id: "ASK-4",
        summary: "Two peers join, the target is told to request two blocks, and the first peer says \
                  Have for one of them.",
        expects: "No WantBlock but to the first peer, for that block, after its Have.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(only_announced_blocks_are_asked_for(harness)),
    },
    Scenario {
        id: "ASK-4/leaf",
        summary: "Two peers join, the target is told to request two leaves of one dataset, and the \
                  first peer says Have for one of them.",
        expects: "No WantBlock but to the first peer, for that leaf, after its Have.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(only_announced_leaves_are_asked_for(harness)),
    },
    Scenario {
        id: "ASK-5",
        summary: "Two peers say Have for a requested block, one after the other.",
        expects: "The second is not asked while the first is. A target may pursue its want anew in \
                  between; only who asks both in each of three attempts fails.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(one_peer_is_asked(harness)),
    },
    Scenario {
        id: "ASK-5/asked",
        summary: "Three peers say Have for a requested block, one after the other; then a look at \
                  whom the target asks.",
        expects: "One peer at most.",
        needs: Needs::control(&[Request, Dump]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(one_peer_is_marked_as_asked(harness)),
    },
    Scenario {
        id: "ASK-6",
        summary: "Of three requested blocks, a peer says Have for two in one message.",
        expects: "One want list with a WantBlock entry for each of the two, full = false.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(all_known_blocks_are_asked_for_at_once(harness)),
    },
    Scenario {
        id: "ASK-6/leaf",
        summary: "Of three requested leaves of a dataset, a peer says Have for two in one message.",
        expects: "One want list with a WantBlock entry for each of the two, full = false.",
        needs: Needs::control(&[RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(all_known_leaves_are_asked_for_at_once(harness)),
    },
    Scenario {
        id: "ASK-7",
        summary: "A peer is asked for a requested block, then the target is told to cancel.",
        expects: "It reports true, the peer is sent a cancel entry, and the want is over: who joins \
                  is not told of it, and who says Have is not asked.",
        needs: Needs::control(&[Request, Cancel]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancelling_is_announced_to_the_asked(harness)),
    },
    Scenario {
        id: "ASK-7/leaf",
        summary: "The same with a leaf of a dataset.",
        expects: "It reports true, the peer is sent a cancel entry, and the want is over.",
        needs: Needs::control(&[RequestLeaf, Cancel]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancelling_a_leaf_is_announced_to_the_asked(harness)),
    },
    Scenario {
        id: "ASK-7/retried",
        summary: "A peer is asked for a requested block and does not answer, another is asked in its \
                  place; then the target is told to cancel.",
        expects: "Each of the two is sent a cancel entry.",
        needs: Needs::control(&[Request, Cancel, RetryNow]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancelling_is_announced_to_all_who_were_asked(harness)),
    },
    Scenario {
        id: "ASK-7/nothing",
        summary: "The target is told to cancel a block that was never requested, one that it holds, \
                  and one that it has cancelled before.",
        expects: "It reports false each time, and the peer is sent nothing about the first two.",
        needs: Needs::control(&[Request, Cancel, Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(cancelling_nothing_is_silent(harness)),
    },
    Scenario {
        id: "ASK-8",
        summary: "Two peers say Have for a requested block, and the first is asked; the target is \
                  told to pursue the want anew.",
        expects: "The second is asked. The first may be disconnected.",
        needs: Needs::control(&[Request, RetryNow]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(retry_asks_another_holder(harness)),
    },
    Scenario {
        id: "ASK-8/record",
        summary: "A peer is asked for a requested block; the target is told to pursue the want anew.",
        expects: "No presence record for the block is left for that peer. It may be disconnected.",
        needs: Needs::control(&[Request, RetryNow, Dump]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(retry_drops_the_record(harness)),
    },
    Scenario {
        id: "ASK-8/announced",
        summary: "Of three peers, one says Have for a requested block and is asked; the target is \
                  told to pursue the want anew.",
        expects: "Each is sent a WantHave entry again, the asked one unless it is disconnected.",
        needs: Needs::control(&[Request, RetryNow]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(retry_without_a_holder_announces(harness)),
    },
    Scenario {
        id: "ASK-9",
        summary: "A peer joins and says nothing; a request is pursued anew once more than the \
                  configured number of retries.",
        expects: "The request fails, and the want is over: who joins is not told of it.",
        needs: Needs::control(&[Request, RetryNow]),
        options: TargetOptions {
            retries: Some(RETRIES),
            ..TargetOptions::DEFAULT
        },
        run: |harness| Box::pin(request_fails_in_the_end(harness)),
    },
];

// ---- words of this section

/// Waits until the peer has heard of these own wants, if it does: what it says about them on the
/// target's own stream has then a stream to go on.
async fn hears_of(peer: &Peer, addresses: &[Address]) -> Result<(), Stop> {
    let heard = |received: &Received| {
        addresses
            .iter()
            .all(|address| !received.entries_for(address).is_empty())
    };
    peer.receive_until(heard).await?;
    Ok(())
}

/// A peer that joins, says Have for this own want, and is asked for it: a precondition.
async fn asked_peer(harness: &Harness, address: &Address) -> Result<Peer, Stop> {
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
async fn holder(harness: &Harness, address: &Address) -> Result<(Peer, Received), Stop> {
    let peer = harness.join().await?;
    hears_of(&peer, std::slice::from_ref(address)).await?;
    let received = peer.exchange(presences([have(address)])).await?;
    Ok((peer, received))
}

/// A peer that joins now is not told of this address, which is no own want any longer.
async fn is_over(harness: &Harness, address: &Address) -> Result<(), Stop> {
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

// ---- ASK-1

async fn request_is_announced(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    is_announced(harness, &address).await
}

async fn leaf_request_is_announced(harness: &Harness) -> Result<(), Stop> {
    let leaf = harness.dataset(2).address(1);
    is_announced(harness, &leaf).await
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
    let own: Vec<String> = dump.own_wants.iter().map(|(want, _)| short(want)).collect();
    harness.require(
        dump.own_wants.iter().any(|(want, _)| *want == address),
        format!("{} among the own wants", short(&address)),
        format!("own wants: [{}]", own.join(", ")),
    )
}

async fn request_after_a_cancel_is_announced(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    harness.request(&address).await?;
    peer.receive_until(|received| received.has_want_have(&address))
        .await?;
    harness.assume(
        harness.cancel(&address).await?,
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

// ---- ASK-2

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
        silent || !harness.target().may_answer_late,
        format!("the target may repeat itself at any time: {received}"),
    )?;
    harness.require(
        silent,
        format!("no entry for {}, an own want already", short(&address)),
        &received,
    )
}

async fn both_requesters_get_the_block(harness: &Harness) -> Result<(), Stop> {
    let block = harness.block();
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

// ---- ASK-3

async fn held_block_is_not_asked_for(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.block();
    harness.put(&block).await?;
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

// ---- ASK-4

async fn only_announced_blocks_are_asked_for(harness: &Harness) -> Result<(), Stop> {
    let addresses = [harness.address(), harness.address()];
    only_announced_are_asked_for(harness, &addresses).await
}

async fn only_announced_leaves_are_asked_for(harness: &Harness) -> Result<(), Stop> {
    let dataset = harness.dataset(3);
    let addresses = [dataset.address(0), dataset.address(2)];
    only_announced_are_asked_for(harness, &addresses).await
}

async fn only_announced_are_asked_for(
    harness: &Harness,
    addresses: &[Address; 2],
) -> Result<(), Stop> {
    let peers = [harness.join().await?, harness.join().await?];
    for address in addresses {
        harness.request(address).await?;
    }
    let [announced, unannounced] = addresses;
    for peer in &peers {
        let received = peer.barrier().await?;
        harness.require(
            !received.has_want_block(announced) && !received.has_want_block(unannounced),
            format!(
                "no WantBlock to {}, which has announced nothing",
                peer.name()
            ),
            &received,
        )?;
    }
    peers[0].send(presences([have(announced)])).await?;
    for peer in &peers {
        let received = peer.barrier().await?;
        harness.require(
            !received.has_want_block(unannounced),
            format!(
                "no WantBlock for {}, which nobody has announced",
                short(unannounced)
            ),
            &received,
        )?;
        harness.require(
            peer.id() == peers[0].id() || !received.has_want_block(announced),
            format!(
                "no WantBlock for {} to {}, which has not announced it",
                short(announced),
                peer.name()
            ),
            &received,
        )?;
    }
    Ok(())
}

// ---- ASK-5

async fn one_peer_is_asked(harness: &Harness) -> Result<(), Stop> {
    let mut last = Ok(());
    for _ in 0..ATTEMPTS {
        let address = harness.address();
        harness.request(&address).await?;
        let asked = asked_peer(harness, &address).await?;
        let (other, received) = holder(harness, &address).await?;
        last = harness.require(
            !received.has_want_block(&address),
            format!(
                "no WantBlock for {} to {}, while it is asked of {}",
                short(&address),
                other.name(),
                asked.name()
            ),
            &received,
        );
        if last.is_ok() {
            break;
        }
    }
    last
}

async fn one_peer_is_marked_as_asked(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    harness.request(&address).await?;
    let mut holders = vec![asked_peer(harness, &address).await?];
    for _ in 0..2 {
        holders.push(holder(harness, &address).await?.0);
    }
    let asked = harness.asked_of(&address).await?.unwrap_or_default();
    let names: Vec<&str> = holders
        .iter()
        .filter(|holder| asked.contains(&holder.id()))
        .map(Peer::name)
        .collect();
    harness.require(
        asked.len() <= 1,
        format!("{} asked of one peer at most", short(&address)),
        format!("it is asked of {}: {}", asked.len(), names.join(", ")),
    )
}

// ---- ASK-6

async fn all_known_blocks_are_asked_for_at_once(harness: &Harness) -> Result<(), Stop> {
    let addresses = [harness.address(), harness.address(), harness.address()];
    all_known_are_asked_for_at_once(harness, &addresses).await
}

async fn all_known_leaves_are_asked_for_at_once(harness: &Harness) -> Result<(), Stop> {
    let dataset = harness.dataset(3);
    let addresses = [dataset.address(0), dataset.address(1), dataset.address(2)];
    all_known_are_asked_for_at_once(harness, &addresses).await
}

async fn all_known_are_asked_for_at_once(
    harness: &Harness,
    addresses: &[Address; 3],
) -> Result<(), Stop> {
    for address in addresses {
        harness.request(address).await?;
    }
    let peer = harness.join().await?;
    hears_of(&peer, addresses).await?;
    let known = [&addresses[0], &addresses[2]];
    peer.send(presences(known.map(have))).await?;
    let asks = |list: &crate::wire::WantList| {
        !list.full
            && known.iter().all(|address| {
                let entry = crate::wire::WantEntry::want_block((*address).clone());
                list.entries.iter().any(|asked| {
                    // How urgent it is, and whether a DontHave is welcome, is the node's affair.
                    asked.address == entry.address
                        && asked.want_type == entry.want_type
                        && !asked.cancel
                })
            })
    };
    let received = peer
        .receive_until(|received| received.want_lists().any(asks))
        .await?;
    harness.require(
        received.want_lists().any(asks),
        format!(
            "one want list with WantBlock entries for {} and {}, full = false",
            short(known[0]),
            short(known[1])
        ),
        &received,
    )
}

// ---- ASK-7

async fn cancelling_is_announced_to_the_asked(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    cancelling_ends(harness, &address).await
}

async fn cancelling_a_leaf_is_announced_to_the_asked(harness: &Harness) -> Result<(), Stop> {
    let leaf = harness.dataset(2).address(1);
    cancelling_ends(harness, &leaf).await
}

/// The target is told to cancel an own want, and must report true.
async fn reports_true(harness: &Harness, address: &Address) -> Result<(), Stop> {
    harness.require(
        harness.cancel(address).await?,
        format!("true, for {} is an own want", short(address)),
        "the target reports false",
    )
}

/// This peer, which was asked, must be sent a cancel entry.
async fn is_sent_a_cancel(harness: &Harness, peer: &Peer, address: &Address) -> Result<(), Stop> {
    let received = peer
        .receive_until(|received| received.has_cancel(address))
        .await?;
    harness.require(
        received.has_cancel(address),
        format!(
            "a cancel entry for {} to {}, which was asked for it",
            short(address),
            peer.name()
        ),
        &received,
    )
}

async fn cancelling_ends(harness: &Harness, address: &Address) -> Result<(), Stop> {
    harness.request(address).await?;
    let asked = asked_peer(harness, address).await?;
    let unasked = harness.join().await?;
    hears_of(&unasked, std::slice::from_ref(address)).await?;
    reports_true(harness, address).await?;
    is_sent_a_cancel(harness, &asked, address).await?;
    is_over(harness, address).await?;
    let received = unasked.exchange(presences([have(address)])).await?;
    harness.require(
        !received.has_want_block(address),
        format!("no WantBlock for {}, which is cancelled", short(address)),
        &received,
    )
}

async fn cancelling_is_announced_to_all_who_were_asked(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    harness.request(&address).await?;
    let (first, second) = retried(harness, &address, |harness, received, second| {
        harness.assume(
            received.has_want_block(&address),
            format!(
                "{} is not asked after a retry (ASK-8): {received}",
                second.name()
            ),
        )
    })
    .await?;
    reports_true(harness, &address).await?;
    is_sent_a_cancel(harness, &second, &address).await?;
    harness.assume(
        first.is_connected(),
        format!("{} is disconnected after the retry", first.name()),
    )?;
    is_sent_a_cancel(harness, &first, &address).await
}

async fn cancelling_nothing_is_silent(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let held = harness.block();
    harness.put(&held).await?;
    let never_requested = harness.address();
    for address in [never_requested, held.address()] {
        reports_false(harness, &address).await?;
        let received = peer.barrier().await?;
        harness.require(
            received.entries_for(&address).is_empty(),
            format!("no entry for {}, which is no own want", short(&address)),
            &received,
        )?;
    }
    let cancelled = harness.address();
    harness.request(&cancelled).await?;
    reports_true(harness, &cancelled).await?;
    reports_false(harness, &cancelled).await
}

async fn reports_false(harness: &Harness, address: &Address) -> Result<(), Stop> {
    harness.require(
        !harness.cancel(address).await?,
        format!("false, for {} is no own want", short(address)),
        "the target reports true",
    )
}

// ---- ASK-8, ASK-9

/// Two peers say Have for this own want, the first is asked, and the want is pursued anew. What
/// comes to the second is judged by `judge`. Gives both peers.
async fn retried(
    harness: &Harness,
    address: &Address,
    judge: impl Fn(&Harness, &Received, &Peer) -> Result<(), Stop>,
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
    harness.retry_now(address).await?;
    let received = second
        .receive_until(|received| received.has_want_block(address))
        .await?;
    judge(harness, &received, &second)?;
    Ok((first, second))
}

async fn retry_asks_another_holder(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    harness.request(&address).await?;
    retried(harness, &address, |harness, received, second| {
        harness.require(
            received.has_want_block(&address),
            format!(
                "a WantBlock for {} to {}, the other holder",
                short(&address),
                second.name()
            ),
            received,
        )
    })
    .await?;
    Ok(())
}

async fn retry_drops_the_record(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    harness.request(&address).await?;
    let peer = asked_peer(harness, &address).await?;
    harness.retry_now(&address).await?;
    let dump = harness.dump().await?;
    let record = dump
        .contexts
        .get(&peer.id())
        .and_then(|context| context.price_of(&address));
    harness.require(
        record.is_none(),
        format!(
            "no presence record for {} of {}, which has not answered",
            short(&address),
            peer.name()
        ),
        "the record is still there",
    )
}

async fn retry_without_a_holder_announces(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    harness.request(&address).await?;
    let asked = asked_peer(harness, &address).await?;
    let others = [harness.join().await?, harness.join().await?];
    for peer in &others {
        hears_of(peer, std::slice::from_ref(&address)).await?;
    }
    // Until now, whoever joined heard of it by the own want list.
    for peer in [&asked, &others[0], &others[1]] {
        peer.barrier().await?;
    }
    harness.retry_now(&address).await?;
    for peer in [&others[0], &others[1], &asked] {
        let received = match peer
            .receive_until(|received| received.has_want_have(&address))
            .await
        {
            // Whoever does not answer may be disconnected.
            Err(_) if peer.id() == asked.id() && !peer.is_connected() => continue,
            received => received?,
        };
        harness.require(
            received.has_want_have(&address),
            format!(
                "a WantHave entry for {} to {}, again",
                short(&address),
                peer.name()
            ),
            &received,
        )?;
    }
    Ok(())
}

async fn request_fails_in_the_end(harness: &Harness) -> Result<(), Stop> {
    let _peer = harness.join().await?;
    let address = harness.address();
    let request = harness.request(&address).await?;
    for _ in 0..=RETRIES {
        harness.retry_now(&address).await?;
    }
    let outcome = harness.outcome_in_the_end(request).await?;
    harness.require(
        matches!(outcome, Outcome::Failed(_)),
        format!("the request failed after {RETRIES} retries"),
        outcome,
    )?;
    is_over(harness, &address).await
}
