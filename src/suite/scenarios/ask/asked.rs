//! ASK-4 to ASK-6: who is asked for a block, and when.

use blockexc_model::message::WantType;

use super::steps::{asked_peer, hears_of, holder};
use crate::suite::compose::{have, presences};
use crate::suite::control::Capability::{Dump, Request, RequestLeaf};
use crate::suite::describe::short;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::peer::Peer;
use crate::suite::received::Received;
use crate::suite::scenario::Scenario;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::{Address, WantList};

/// How often ASK-5 tries: a foreign node's own retry may fall between two answers of the suite, but
/// not each time.
const ATTEMPTS: usize = 3;

/// The scenarios of this file.
pub const SCENARIOS: &[Scenario] = &[
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
        id: "ASK-6/many",
        summary: "The target is told to request 130 blocks; a peer says Have for all of them in one \
                  message.",
        expects: "It is asked for all of them, in one list.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(all_are_asked_for_in_one_list(harness)),
    },
];

async fn all_are_asked_for_in_one_list(harness: &Harness) -> Result<(), Stop> {
    let addresses: Vec<Address> = (0..130).map(|_| harness.address()).collect();
    for address in &addresses {
        harness.request(address).await?;
    }
    let peer = harness.join().await?;
    hears_of(&peer, &addresses).await?;
    peer.send(presences(addresses.iter().map(have))).await?;
    let all = |received: &Received| addresses.iter().all(|it| received.has_want_block(it));
    let received = peer.receive_until(all).await?;
    let asks = |list: &&WantList| {
        let mut entries = list.entries.iter();
        entries.any(|entry| entry.want_type == WantType::WantBlock && !entry.cancel)
    };
    let lists = received.want_lists().filter(asks).count();
    harness.require(
        all(&received) && lists == 1,
        "one list with a WantBlock for each of the 130 blocks",
        format!("{lists} lists, in {received}"),
    )
}

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
