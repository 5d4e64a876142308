//! Scenarios of section LEFT: how a context ends.

use crate::suite::control::Capability::{Dump, Put, Request};
use crate::suite::say::{have, list, presences, want_block};
use crate::suite::scenario::{Needs, Scenario, Stop, TargetOptions};
use crate::suite::stage::Stage;
use crate::suite::steps;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "LEFT-1",
        summary: "A peer with a recorded want closes its connection.",
        expects: "Its context is gone.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(context_goes_with_the_connection(stage)),
    },
    Scenario {
        id: "LEFT-1/last",
        summary: "A peer with two connections closes one, then the other.",
        expects: "Its context stays until the second is closed.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(context_stays_until_the_last_connection(stage)),
    },
    Scenario {
        id: "LEFT-2",
        summary: "Of two peers that have a wanted block, the one that is asked for it leaves.",
        expects: "The other is asked for it.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(asked_elsewhere_when_a_peer_leaves(stage)),
    },
    Scenario {
        id: "LEFT-2/waits",
        summary: "The only peer known to have a wanted block leaves; then another says Have.",
        expects: "The other is asked for it.",
        needs: Needs::control(&[Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(asked_of_the_next_to_have_it(stage)),
    },
    Scenario {
        id: "LEFT-3",
        summary: "A peer that was sent the own want list leaves and joins again.",
        expects: "It is sent the own want list again, with full = true.",
        needs: Needs::control(&[Request]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(list_is_sent_again(stage)),
    },
    Scenario {
        id: "LEFT-3/empty",
        summary: "A peer with a recorded want leaves and joins again.",
        expects: "Its context is empty.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(context_starts_empty(stage)),
    },
    Scenario {
        id: "LEFT-4",
        summary: "A peer that does not read asks for 64 deliveries of 1 MiB, leaves and joins again.",
        expects: "What was queued for it does not come then, and another peer is served meanwhile.",
        needs: Needs::control(&[Dump, Put]),
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(queue_is_discarded(stage)),
    },
];

async fn context_goes_with_the_connection(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    peer.tell(list([want_block(&stage.address())])).await?;
    stage.leave(&peer).await?;
    let dump = stage.dump().await?;
    stage.require(
        !dump.contexts.contains_key(&peer.id()),
        "no context for the peer",
        "a context, at the deadline after the connection closed",
    )
}

async fn context_stays_until_the_last_connection(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let second = peer.connect().await?;
    // A stream on each shows that the target has handled both.
    let stream = peer.open_stream_on(&second).await?;
    peer.barrier_on(&stream).await?;
    second.close().await;
    let came = peer.barrier().await;
    stage.survives(came, "answers on the connection that is left")?;
    let dump = stage.dump().await?;
    stage.require(
        dump.contexts.contains_key(&peer.id()),
        "the context stays while a connection stands",
        "no context",
    )?;
    context_is_gone_after_leaving(stage, &peer).await
}

async fn context_is_gone_after_leaving(
    stage: &Stage,
    peer: &crate::suite::peer::Peer,
) -> Result<(), Stop> {
    stage.leave(peer).await?;
    let dump = stage.dump().await?;
    stage.require(
        !dump.contexts.contains_key(&peer.id()),
        "no context after the last connection",
        "a context",
    )
}

async fn asked_elsewhere_when_a_peer_leaves(stage: &Stage) -> Result<(), Stop> {
    let address = stage.address();
    let (first, second, _) = steps::two_holders(stage, &address).await?;
    steps::only_asked(stage, &first, &address).await?;
    stage.leave(&first).await?;
    let came = second.until(|came| came.has_want_block(&address)).await?;
    stage.require(
        came.has_want_block(&address),
        "a WantBlock to the other holder",
        &came,
    )
}

async fn asked_of_the_next_to_have_it(stage: &Stage) -> Result<(), Stop> {
    let address = stage.address();
    let (first, second) = (stage.join().await?, stage.join().await?);
    steps::want(stage, &first, &address).await?;
    steps::be_asked(stage, &first, &address).await?;
    stage.leave(&first).await?;
    second.barrier().await?;
    let asked = stage.asked_of(&address).await?.unwrap_or_default();
    stage.require(
        !asked.contains(&first.id()),
        "the block is no longer asked of the peer that left",
        "it is still",
    )?;
    second.send(presences([have(&address)])).await?;
    let came = second.until(|came| came.has_want_block(&address)).await?;
    stage.require(
        came.has_want_block(&address),
        "a WantBlock to the peer that says Have",
        &came,
    )
}

async fn list_is_sent_again(stage: &Stage) -> Result<(), Stop> {
    let address = stage.address();
    stage.request(&address).await?;
    let peer = stage.join().await?;
    let came = peer.until(|came| came.has_want_have(&address)).await?;
    stage.given(
        came.has_want_have(&address),
        format!("no own want list came on joining: {came}"),
    )?;
    // Without a dump the target may learn of the new connection before the end of the old one.
    stage.given(
        stage.can(Dump),
        "that it noticed the departure cannot be seen",
    )?;
    stage.leave(&peer).await?;
    peer.connect().await?;
    stage.joined(&peer).await?;
    let came = peer.until(|came| came.has_want_have(&address)).await?;
    stage.require(
        came.want_lists()
            .any(|list| list.full && list.entries.iter().any(|it| it.address == address)),
        "the own want list again, with full = true",
        &came,
    )
}

async fn context_starts_empty(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let address = stage.address();
    peer.tell(list([want_block(&address)])).await?;
    stage.leave(&peer).await?;
    peer.connect().await?;
    stage.joined(&peer).await?;
    let context = stage.context(&peer).await?;
    stage.require(
        context.is_empty(),
        "an empty context",
        format!("{context:?}"),
    )
}

async fn queue_is_discarded(stage: &Stage) -> Result<(), Stop> {
    const MIB: usize = 1024 * 1024;
    let block = stage.block_of(MIB);
    stage.put(&block).await?;
    let peer = stage.peer();
    peer.never_read();
    peer.connect().await?;
    stage.joined(&peer).await?;
    let marker = stage.address();
    let mut entries = vec![want_block(&block.address()); 64];
    entries.push(want_block(&marker));
    peer.send(list(entries)).await?;
    // The marker is recorded when all before it is under way.
    let handled = stage
        .dump_when(|dump| {
            let context = dump.contexts.get(&peer.id());
            context.is_some_and(|context| context.want(&marker).is_some())
        })
        .await?;
    stage.given(
        handled
            .contexts
            .get(&peer.id())
            .is_some_and(|it| it.want(&marker).is_some()),
        "the want list was not recorded",
    )?;
    let other = stage.join().await?;
    stage.survives(other.barrier().await, "another peer is answered meanwhile")?;
    peer.abort();
    let id = peer.id();
    let dump = stage
        .dump_when(|dump| !dump.contexts.contains_key(&id))
        .await?;
    stage.given(
        !dump.contexts.contains_key(&id),
        "the context outlives the connection",
    )?;
    peer.read_again();
    peer.connect().await?;
    stage.joined(&peer).await?;
    let came = peer.barrier().await?;
    stage.require(
        !came.has_delivery(&block.address()),
        "none of the deliveries that were queued before",
        &came,
    )
}
