//! Scenarios of section JOIN: how a context comes to be.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::suite::compose::{account, deliveries, have, list, presences, want_block, want_have};
use crate::suite::control::Capability::{Dump, JoinedAgain, LeftNow, Request, RequestLeaf};
use crate::suite::control::Outcome;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::peer::Peer;
use crate::suite::received::Received;
use crate::suite::scenario::Scenario;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;
use crate::wire::Address;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "JOIN-1",
        summary: "A peer without a context sends a want list, wants and an account.",
        expects: "No context comes to be.",
        needs: Needs::control(&[Dump, LeftNow]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(no_context_by_message(harness)),
    },
    Scenario {
        id: "JOIN-2",
        summary: "A peer connects, and says nothing.",
        expects: "Its context holds no presence, no wants and no account.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(new_context_is_empty(harness)),
    },
    Scenario {
        id: "JOIN-2/rejoin",
        summary: "A peer with recorded wants and an account leaves and connects again.",
        expects: "Its new context holds no presence, no wants and no account.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(context_after_rejoin_is_empty(harness)),
    },
    Scenario {
        id: "JOIN-3",
        summary: "A second Joined event for a peer whose context holds a presence and a want.",
        expects: "The context is as it was, and the peer is sent nothing.",
        needs: Needs::control(&[Dump, Request, JoinedAgain]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(joined_again_changes_nothing(harness)),
    },
    Scenario {
        id: "JOIN-4",
        summary: "The target wants two plain blocks and a leaf; then a peer connects.",
        expects: "The peer is sent a list with full = true: a WantHave entry of priority 0 for each \
                  of them and for nothing else.",
        needs: Needs::control(&[Request, RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(own_wants_on_joining(harness)),
    },
    Scenario {
        id: "JOIN-4/split",
        summary: "The target wants 1001 blocks; then a peer connects.",
        expects: "Only the first of the lists that the peer is sent has full = true.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(only_the_first_list_is_full(harness)),
    },
    Scenario {
        id: "JOIN-5",
        summary: "A peer connects to a target that wants nothing.",
        expects: "It is sent no want list; from a target that may want something, no empty one.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(no_list_without_wants(harness)),
    },
    Scenario {
        id: "JOIN-6",
        summary: "A peer connects to a target that asks for payment.",
        expects: "It is sent the target's account.",
        needs: Needs::WIRE,
        options: TargetOptions {
            price: 5,
            account: Some(ACCOUNT),
            ..TargetOptions::DEFAULT
        },
        run: |harness| Box::pin(account_on_joining(harness)),
    },
    Scenario {
        id: "JOIN-7",
        summary: "A peer without a context asks with sendDontHave; later it gets a context.",
        expects: "What it asked without one is never answered.",
        needs: Needs::control(&[LeftNow, JoinedAgain]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(no_answer_without_context(harness)),
    },
    Scenario {
        id: "JOIN-7/delivery",
        summary: "A peer without a context delivers a block that the target wants.",
        expects: "It does not count: the request stays pending.",
        needs: Needs::control(&[LeftNow, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(no_delivery_without_context(harness)),
    },
    Scenario {
        id: "JOIN-8/sends",
        summary: "The target wants 1001 blocks; then a peer connects.",
        expects: "All are announced, in lists of at most 1000 entries.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(long_list_is_split(harness)),
    },
    Scenario {
        id: "JOIN-8/accepts",
        summary: "A list of 1024 WantHave entries with sendDontHave.",
        expects: "Every entry is answered.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(long_list_is_accepted(harness)),
    },
];

/// Where the targets of these scenarios want to be paid.
const ACCOUNT: [u8; 20] = [0xac; 20];
/// One more than fits into a list.
const MANY: usize = 1001;

/// Bytes that are no message: a field longer than the frame.
const GARBAGE: &[u8] = &[0x0a, 0xff, 0x01, 0x02];

/// Makes the target drop the peer's context, sends these messages, and waits until they are handled.
/// A barrier would have no answer, so a frame follows that makes the target close the stream
/// (WIRE-3).
async fn send_without_context(
    harness: &Harness,
    peer: &Peer,
    messages: &[crate::wire::protobuf::Message],
) -> Result<(), Stop> {
    peer.barrier().await?;
    harness.left_now(peer).await?;
    harness.assume(
        !harness.can(Dump) || harness.dump().await?.has_context(&peer.id()) != Ok(true),
        "a context stays when its peer has left",
    )?;
    let stream = peer.open_stream().await?;
    for message in messages {
        stream.send(message).await?;
    }
    stream.send_frame(&Bytes::from_static(GARBAGE)).await?;
    let end = stream.end().await;
    harness.assume(
        end.is_some(),
        "the target does not close the stream on a frame that is no message",
    )
}

async fn no_context_by_message(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let said = [
        list([want_block(&harness.address()).with_dont_have()]),
        account(ACCOUNT.to_vec()),
    ];
    send_without_context(harness, &peer, &said).await?;
    let dump = harness.dump().await?;
    harness.require(
        !dump.has_context(&peer.id())?,
        "no context for the peer",
        "a context",
    )
}

async fn new_context_is_empty(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let context = harness.context(&peer).await?;
    harness.require(
        context.is_empty()?,
        "an empty context",
        format!("{context:?}"),
    )
}

async fn context_after_rejoin_is_empty(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    peer.send(account(ACCOUNT.to_vec())).await?;
    peer.send_confirmed(list([want_block(&harness.address())]))
        .await?;
    harness.leave(&peer).await?;
    let dump = harness.dump().await?;
    harness.assume(
        !dump.has_context(&peer.id())?,
        "the context outlives the connection",
    )?;
    peer.connect().await?;
    harness.joined(&peer).await?;
    let context = harness.context(&peer).await?;
    harness.require(
        context.is_empty()?,
        "an empty context",
        format!("{context:?}"),
    )
}

async fn joined_again_changes_nothing(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let (wanted, asked_for) = (harness.address(), harness.address());
    steps::want(harness, &peer, &wanted).await?;
    peer.send(presences([have(&wanted)])).await?;
    peer.send_confirmed(list([want_block(&asked_for)])).await?;
    let before = harness
        .context_when(&peer, |context| {
            Ok(context.has_want(&asked_for)? && context.has_record(&wanted)?)
        })
        .await?;
    harness.assume(!before.is_empty()?, "nothing was recorded to begin with")?;
    peer.take_received();
    harness.joined_again(&peer).await?;
    let after = harness.context(&peer).await?;
    harness.require(
        before == after,
        format!("the context as it was: {before:?}"),
        format!("{after:?}"),
    )?;
    let received = peer.barrier().await?;
    harness.require(
        received.want_lists().next().is_none(),
        "nothing sent to the peer",
        &received,
    )
}

async fn own_wants_on_joining(harness: &Harness) -> Result<(), Stop> {
    let dataset = harness.dataset(3);
    let wants = [harness.address(), dataset.address(1), harness.address()];
    for address in &wants {
        harness.request(address).await?;
    }
    let peer = harness.join().await?;
    let all = |received: &Received| wants.iter().all(|address| received.has_want_have(address));
    let received = peer.receive_until(all).await?;
    harness.require(
        all(&received),
        "a WantHave entry for each own want",
        &received,
    )?;
    harness.require(
        received.want_lists().next().is_some_and(|list| list.full),
        "full = true in the first list",
        &received,
    )?;
    harness.require(
        received
            .want_entries()
            .all(|entry| wants.contains(&entry.address) && entry.priority == 0 && !entry.cancel),
        "no other entry, no cancel, and priority 0",
        &received,
    )
}

/// What a peer is sent that joins a target with so many wants.
async fn join_after_many_requests(
    harness: &Harness,
) -> Result<(Received, BTreeSet<Address>), Stop> {
    let wants: BTreeSet<Address> = (0..MANY).map(|_| harness.address()).collect();
    for address in &wants {
        harness.request(address).await?;
    }
    let peer = harness.join().await?;
    // So many wants may take a target longer than any answer did.
    let received = peer
        .receive_within(harness.deadline(), |received| {
            received.want_entries().count() >= wants.len()
                && announced(received, &wants).len() == wants.len()
        })
        .await;
    let announced = announced(&received, &wants);
    harness.assume(
        announced.len() == wants.len(),
        format!("{} of {MANY} wants were announced", announced.len()),
    )?;
    Ok((received, wants))
}

/// Those of the wants that were announced.
fn announced<'a>(received: &'a Received, wants: &BTreeSet<Address>) -> BTreeSet<&'a Address> {
    let addresses = received.want_entries().map(|entry| &entry.address);
    addresses.filter(|it| wants.contains(it)).collect()
}

/// Whether a list that goes on with another has full = true. A full list that names again what was
/// named before begins anew, as a refresh does; and what comes after every want was named is no
/// part of the first announcement.
fn goes_on_with_a_full_list<'a>(
    lists: impl IntoIterator<Item = &'a crate::wire::WantList>,
    wants: &BTreeSet<Address>,
) -> bool {
    let mut named: BTreeSet<&Address> = BTreeSet::new();
    for list in lists {
        if named.len() == wants.len() {
            break;
        }
        let names = list.entries.iter().map(|entry| &entry.address);
        let names: BTreeSet<&Address> = names.filter(|it| wants.contains(it)).collect();
        if list.full && !named.is_empty() {
            if names.is_disjoint(&named) {
                return true;
            }
            named.clear();
        }
        named.extend(names);
    }
    false
}

async fn only_the_first_list_is_full(harness: &Harness) -> Result<(), Stop> {
    let (received, wants) = join_after_many_requests(harness).await?;
    let with_list = received.0.iter();
    let with_list = with_list.filter(|it| it.message().want_list.is_some());
    let streams: BTreeSet<_> = with_list.map(|it| it.stream).collect();
    let mut lists: Vec<_> = received.want_lists().collect();
    // What was sent on another stream may have been sent before, and arrive later.
    if streams.len() > 1 {
        lists.sort_by_key(|list| !list.full);
    }
    harness.require(
        !goes_on_with_a_full_list(lists, &wants),
        "full = false in every list but the first",
        &received,
    )
}

async fn no_list_without_wants(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let received = peer.barrier().await?;
    harness.require(
        received.want_lists().all(|list| !list.entries.is_empty()),
        "no want list",
        &received,
    )
}

async fn account_on_joining(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let received = peer
        .receive_until(|received| received.accounts().next().is_some())
        .await?;
    if received.accounts().next().is_none() {
        harness.needs_prices(&peer).await?;
    }
    harness.require(
        received.accounts().any(|account| account.0 == ACCOUNT),
        format!("the account 0x{}", hex::encode(ACCOUNT)),
        &received,
    )
}

async fn no_answer_without_context(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    let said = [list([want_have(&address).with_dont_have()])];
    send_without_context(harness, &peer, &said).await?;
    // With a context again, what was answered before comes before a barrier's answer.
    harness.joined_again(&peer).await?;
    let received = peer.barrier().await?;
    harness.require(
        received.presences_of(&address).is_empty(),
        "no answer",
        &received,
    )
}

async fn no_delivery_without_context(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let block = harness.manifest();
    let request = harness.request(&block.address()).await?;
    let said = [deliveries([block.delivery()])];
    send_without_context(harness, &peer, &said).await?;
    let outcome = harness.outcome(request).await?;
    harness.require(
        outcome == Outcome::Pending,
        "the request stays pending",
        &outcome,
    )
}

async fn long_list_is_split(harness: &Harness) -> Result<(), Stop> {
    let (received, _) = join_after_many_requests(harness).await?;
    let longest = received.want_lists().map(|list| list.entries.len()).max();
    harness.require(
        longest.is_some_and(|longest| longest < MANY),
        "at most 1000 entries in a list",
        format!("{} in one list", longest.unwrap_or_default()),
    )
}

async fn long_list_is_accepted(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let single = harness.address();
    let received = peer
        .exchange(list([want_have(&single).with_dont_have()]))
        .await?;
    harness.assume(
        received.has_dont_have(&single),
        "a single entry is not answered either",
    )?;
    let addresses: Vec<Address> = (0..1024).map(|_| harness.address()).collect();
    let entries = addresses.iter().map(|it| want_have(it).with_dont_have());
    let received = peer.exchange(list(entries)).await?;
    let answered: BTreeSet<&Address> = received.presences().map(|item| &item.address).collect();
    let count = addresses.iter().filter(|it| answered.contains(it)).count();
    harness.require(
        count == addresses.len(),
        "1024 answers",
        format!("{count} answers"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{BlockCid, WantEntry, WantList};

    /// Lists of these wants, each with its `full`.
    fn is_split_wrongly(lists: &[(bool, &[u8])]) -> bool {
        let address = |byte: &u8| Address::Plain(BlockCid::of_block(&[*byte]));
        let wants: BTreeSet<Address> = [1, 2, 3].iter().map(address).collect();
        let lists: Vec<WantList> = lists
            .iter()
            .map(|(full, names)| WantList {
                full: *full,
                entries: names
                    .iter()
                    .map(|name| WantEntry::want_have(address(name)))
                    .collect(),
            })
            .collect();
        goes_on_with_a_full_list(&lists, &wants)
    }

    #[test]
    fn a_refresh_is_not_the_rest_of_a_split_list() {
        assert!(!is_split_wrongly(&[(true, &[1, 2]), (false, &[3])]));
        assert!(is_split_wrongly(&[(true, &[1, 2]), (true, &[3])]));
        // After all were named, and in between.
        assert!(!is_split_wrongly(&[(true, &[1, 2, 3]), (true, &[1, 2, 3])]));
        let in_between = [(true, &[1, 2][..]), (true, &[1, 2]), (false, &[3])];
        assert!(!is_split_wrongly(&in_between));
        let wrong_later = [(true, &[1, 2][..]), (true, &[1, 2]), (true, &[3])];
        assert!(is_split_wrongly(&wrong_later));
    }
}
