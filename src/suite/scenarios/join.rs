//! Scenarios of section JOIN: how a context comes to be.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::suite::control::Capability::{Dump, JoinedAgain, LeftNow, Request, RequestLeaf};
use crate::suite::peer::Peer;
use crate::suite::received::Came;
use crate::suite::say::{account, have, list, presences, want_block, want_have};
use crate::suite::scenario::{Needs, Scenario, Stop, TargetOptions};
use crate::suite::stage::Stage;
use crate::suite::steps;
use crate::wire::Address;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "JOIN-1",
        summary: "A peer without a context sends a want list, wants and an account.",
        expects: "No context comes to be.",
        needs: Needs::control(&[Dump, LeftNow]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(no_context_by_message(stage)),
    },
    Scenario {
        id: "JOIN-2",
        summary: "A peer connects, and says nothing.",
        expects: "Its context holds no presence, no wants and no account.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(new_context_is_empty(stage)),
    },
    Scenario {
        id: "JOIN-2/rejoin",
        summary: "A peer with recorded wants and an account leaves and connects again.",
        expects: "Its new context holds no presence, no wants and no account.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(context_after_rejoin_is_empty(stage)),
    },
    Scenario {
        id: "JOIN-3",
        summary: "A second Joined event for a peer whose context holds a presence and a want.",
        expects: "The context is as it was, and the peer is sent nothing.",
        needs: Needs::control(&[Dump, Request, JoinedAgain]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(joined_again_changes_nothing(stage)),
    },
    Scenario {
        id: "JOIN-4",
        summary: "The target wants two plain blocks and a leaf; then a peer connects.",
        expects: "The peer is sent a list with full = true: a WantHave entry of priority 0 for each \
                  of them and for nothing else.",
        needs: Needs::control(&[Request, RequestLeaf]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(own_wants_on_joining(stage)),
    },
    Scenario {
        id: "JOIN-4/split",
        summary: "The target wants 1001 blocks; then a peer connects.",
        expects: "Only the first of the lists that the peer is sent has full = true.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(only_the_first_list_is_full(stage)),
    },
    Scenario {
        id: "JOIN-5",
        summary: "A peer connects to a target that wants nothing.",
        expects: "It is sent no want list; from a target that may want something, no empty one.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(no_list_without_wants(stage)),
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
        run: |stage| Box::pin(account_on_joining(stage)),
    },
    Scenario {
        id: "JOIN-7",
        summary: "A peer without a context asks with sendDontHave; later it gets a context.",
        expects: "What it asked without one is never answered.",
        needs: Needs::control(&[LeftNow, JoinedAgain]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(no_answer_without_context(stage)),
    },
    Scenario {
        id: "JOIN-8/sends",
        summary: "The target wants 1001 blocks; then a peer connects.",
        expects: "All are announced, in lists of at most 1000 entries.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(long_list_is_split(stage)),
    },
    Scenario {
        id: "JOIN-8/accepts",
        summary: "A list of 1024 WantHave entries with sendDontHave.",
        expects: "Every entry is answered.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(long_list_is_accepted(stage)),
    },
];

/// Where the targets of these scenarios want to be paid.
const ACCOUNT: [u8; 20] = [0xac; 20];
/// One more than fits into a list.
const MANY: usize = 1001;

/// Bytes that are no message: a field longer than the frame.
const GARBAGE: &[u8] = &[0x0a, 0xff, 0x01, 0x02];

/// Makes the target forget the peer's context, says this, and waits until it is handled: behind it
/// comes a frame that makes the target close the stream (WIRE-3), for a barrier has no answer.
async fn say_without_context(
    stage: &Stage,
    peer: &Peer,
    messages: &[crate::wire::protobuf::Message],
) -> Result<(), Stop> {
    peer.barrier().await?;
    stage.left_now(peer).await?;
    stage.given(
        !stage.can(Dump) || !stage.dump().await?.contexts.contains_key(&peer.id()),
        "a context stays when its peer has left",
    )?;
    let stream = peer.open_stream().await?;
    for message in messages {
        stream.send(message).await?;
    }
    stream.send_frame(&Bytes::from_static(GARBAGE)).await?;
    let end = stream.end().await;
    stage.given(
        end.is_some(),
        "the target does not close the stream on a frame that is no message",
    )
}

async fn no_context_by_message(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let said = [
        list([want_block(&stage.address()).with_dont_have()]),
        account(ACCOUNT.to_vec()),
    ];
    say_without_context(stage, &peer, &said).await?;
    let dump = stage.dump().await?;
    stage.require(
        !dump.contexts.contains_key(&peer.id()),
        "no context for the peer",
        "a context",
    )
}

async fn new_context_is_empty(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let context = stage.context(&peer).await?;
    stage.require(
        context.is_empty(),
        "an empty context",
        format!("{context:?}"),
    )
}

async fn context_after_rejoin_is_empty(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    peer.send(account(ACCOUNT.to_vec())).await?;
    peer.tell(list([want_block(&stage.address())])).await?;
    stage.leave(&peer).await?;
    let dump = stage.dump().await?;
    stage.given(
        !dump.contexts.contains_key(&peer.id()),
        "the context outlives the connection",
    )?;
    peer.connect().await?;
    stage.joined(&peer).await?;
    let context = stage.context(&peer).await?;
    stage.require(
        context.is_empty(),
        "an empty context",
        format!("{context:?}"),
    )
}

async fn joined_again_changes_nothing(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let (wanted, asked_for) = (stage.address(), stage.address());
    steps::want(stage, &peer, &wanted).await?;
    peer.send(presences([have(&wanted)])).await?;
    peer.tell(list([want_block(&asked_for)])).await?;
    let before = stage
        .context_when(&peer, |context| {
            context.want(&asked_for).is_some() && context.price_of(&wanted).is_some()
        })
        .await?;
    stage.given(!before.is_empty(), "nothing was recorded to begin with")?;
    peer.take();
    stage.joined_again(&peer).await?;
    let after = stage.context(&peer).await?;
    stage.require(
        before == after,
        format!("the context as it was: {before:?}"),
        format!("{after:?}"),
    )?;
    let came = peer.barrier().await?;
    stage.require(
        came.want_lists().next().is_none(),
        "nothing sent to the peer",
        &came,
    )
}

async fn own_wants_on_joining(stage: &Stage) -> Result<(), Stop> {
    let dataset = stage.dataset(3);
    let wants = [stage.address(), dataset.address(1), stage.address()];
    for address in &wants {
        stage.request(address).await?;
    }
    let peer = stage.join().await?;
    let all = |came: &Came| wants.iter().all(|address| came.has_want_have(address));
    let came = peer.until(all).await?;
    stage.require(all(&came), "a WantHave entry for each own want", &came)?;
    stage.require(
        came.want_lists().next().is_some_and(|list| list.full),
        "full = true in the first list",
        &came,
    )?;
    stage.require(
        came.want_entries()
            .all(|entry| wants.contains(&entry.address) && entry.priority == 0 && !entry.cancel),
        "no other entry, no cancel, and priority 0",
        &came,
    )
}

/// What a peer is sent that joins a target with so many wants.
async fn join_after_many_requests(stage: &Stage) -> Result<Came, Stop> {
    let wants: BTreeSet<Address> = (0..MANY).map(|_| stage.address()).collect();
    for address in &wants {
        stage.request(address).await?;
    }
    let peer = stage.join().await?;
    let came = peer
        .until(|came| came.want_entries().count() >= wants.len())
        .await?;
    let announced: BTreeSet<&Address> = came.want_entries().map(|entry| &entry.address).collect();
    stage.given(
        announced.len() == wants.len(),
        format!("{} of {MANY} wants were announced", announced.len()),
    )?;
    Ok(came)
}

async fn only_the_first_list_is_full(stage: &Stage) -> Result<(), Stop> {
    let came = join_after_many_requests(stage).await?;
    stage.require(
        came.want_lists().skip(1).all(|list| !list.full),
        "full = false in every list but the first",
        &came,
    )
}

async fn no_list_without_wants(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let came = peer.barrier().await?;
    stage.require(
        came.want_lists().all(|list| !list.entries.is_empty()),
        "no want list",
        &came,
    )
}

async fn account_on_joining(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let came = peer.until(|came| came.accounts().next().is_some()).await?;
    stage.require(
        came.accounts().any(|account| account.0 == ACCOUNT),
        format!("the account 0x{}", hex::encode(ACCOUNT)),
        &came,
    )
}

async fn no_answer_without_context(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let address = stage.address();
    let said = [list([want_have(&address).with_dont_have()])];
    say_without_context(stage, &peer, &said).await?;
    // With a context again, what was answered before comes before a barrier's answer.
    stage.joined_again(&peer).await?;
    let came = peer.barrier().await?;
    stage.require(came.presences_of(&address).is_empty(), "no answer", &came)
}

async fn long_list_is_split(stage: &Stage) -> Result<(), Stop> {
    let came = join_after_many_requests(stage).await?;
    let longest = came.want_lists().map(|list| list.entries.len()).max();
    stage.require(
        longest.is_some_and(|longest| longest < MANY),
        "at most 1000 entries in a list",
        format!("{} in one list", longest.unwrap_or_default()),
    )
}

async fn long_list_is_accepted(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let single = stage.address();
    let came = peer
        .exchange(list([want_have(&single).with_dont_have()]))
        .await?;
    stage.given(
        came.has_dont_have(&single),
        "a single entry is not answered either",
    )?;
    let addresses: Vec<Address> = (0..1024).map(|_| stage.address()).collect();
    let entries = addresses.iter().map(|it| want_have(it).with_dont_have());
    let came = peer.exchange(list(entries)).await?;
    let answered: BTreeSet<&Address> = came.presences().map(|item| &item.address).collect();
    let count = addresses.iter().filter(|it| answered.contains(it)).count();
    stage.require(
        count == addresses.len(),
        "1024 answers",
        format!("{count} answers"),
    )
}
