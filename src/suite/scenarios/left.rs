//! Scenarios of section LEFT: how a context ends.

use std::time::Instant;

use crate::suite::compose::{have, list, presences, want_block};
use crate::suite::control::Capability::{self, Put, Request};
use crate::suite::dump::Dump;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::received::Received;
use crate::suite::scenario::Scenario;
use crate::suite::steps;
use crate::suite::stop::Stop;
use crate::suite::target::{RetryTimer, TargetOptions};

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "LEFT-1",
        summary: "A peer with a recorded want closes its connection.",
        expects: "Its context is gone.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(context_goes_with_the_connection(harness)),
    },
    Scenario {
        id: "LEFT-1/last",
        summary: "A peer with two connections closes one, then the other.",
        expects: "Its context stays until the second is closed.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(context_stays_until_the_last_connection(harness)),
    },
    Scenario {
        id: "LEFT-2",
        summary: "Of two peers that have a wanted block, the one that is asked for it leaves.",
        expects: "The other is asked for it.",
        needs: Needs::control(&[Capability::Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(asked_elsewhere_when_a_peer_leaves(harness)),
    },
    Scenario {
        id: "LEFT-2/waits",
        summary: "The only peer known to have a wanted block leaves; then another says Have.",
        expects: "The other is asked for it. A target that may have asked because of a retry is \
                  inconclusive.",
        needs: Needs::control(&[Capability::Dump, Request]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(asked_of_the_next_to_have_it(harness)),
    },
    Scenario {
        id: "LEFT-3",
        summary: "A peer that was sent the own want list leaves and joins again.",
        expects: "It is sent the own want list again, full or not (JOIN-4).",
        // Without a dump the target may learn of the new connection before the end of the old one.
        needs: Needs::control(&[Request, Capability::Dump]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(list_is_sent_again(harness)),
    },
    Scenario {
        id: "LEFT-3/empty",
        summary: "A peer with a recorded want leaves and joins again.",
        expects: "Its context is empty.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(context_starts_empty(harness)),
    },
    Scenario {
        id: "LEFT-4",
        summary: "A peer that does not read asks for 64 deliveries of 1 MiB, leaves and joins again.",
        expects: "What was queued for it does not come then, and another peer is served meanwhile.",
        needs: Needs::control(&[Capability::Dump, Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(queue_is_discarded(harness)),
    },
    Scenario {
        id: "LEFT-5",
        summary: "A peer with two connections asks for a block of 2 MiB, over mplex 24, reads nothing, and breaks off the \
                  connection on which the block begins to come.",
        expects: "The block comes on the other connection.",
        needs: Needs::control(&[Capability::Dump, Put]),
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(what_was_not_written_is_owed(harness)),
    },
];

async fn context_goes_with_the_connection(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    peer.send_confirmed(list([want_block(&harness.address())]))
        .await?;
    harness.leave(&peer).await?;
    let dump = harness.dump().await?;
    harness.require(
        !dump.has_context(&peer.id())?,
        "no context for the peer",
        "a context, at the deadline after the connection closed",
    )
}

async fn context_stays_until_the_last_connection(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let second = peer.connect().await?;
    // A stream on each shows that the target has handled both.
    let stream = peer.open_stream_on(&second).await?;
    peer.barrier_on(&stream).await?;
    second.close().await;
    let received = peer.barrier().await;
    harness.survives(received, "answers on the connection that is left")?;
    let dump = harness.dump().await?;
    harness.require(
        dump.has_context(&peer.id())?,
        "the context stays while a connection stands",
        "no context",
    )?;
    context_is_gone_after_leaving(harness, &peer).await
}

async fn context_is_gone_after_leaving(
    harness: &Harness,
    peer: &crate::suite::peer::Peer,
) -> Result<(), Stop> {
    harness.leave(peer).await?;
    let dump = harness.dump().await?;
    harness.require(
        !dump.has_context(&peer.id())?,
        "no context after the last connection",
        "a context",
    )
}

async fn asked_elsewhere_when_a_peer_leaves(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    let (first, second, _) = steps::two_holders(harness, &address).await?;
    steps::only_asked(harness, &first, &address).await?;
    harness.leave(&first).await?;
    let received = second
        .receive_until(|received| received.has_want_block(&address))
        .await?;
    harness.require(
        received.has_want_block(&address),
        "a WantBlock to the other holder",
        &received,
    )
}

async fn asked_of_the_next_to_have_it(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    let first = harness.join().await?;
    let requested = Instant::now();
    steps::want(harness, &first, &address).await?;
    steps::be_asked(harness, &first, &address).await?;
    let second = harness.join().await?;
    harness.leave(&first).await?;
    second.barrier().await?;
    let asked = harness.asked_of(&address).await?.unwrap_or_default();
    harness.require(
        !asked.contains(&first.id()),
        "the block is no longer asked of the peer that left",
        "it is still",
    )?;
    second.send(presences([have(&address)])).await?;
    let received = second
        .receive_until(|received| received.has_want_block(&address))
        .await?;
    harness.require(
        received.has_want_block(&address),
        "a WantBlock to the peer that says Have",
        &received,
    )?;
    // A retry would have asked it, too.
    let waited = requested.elapsed();
    match harness.target().retries {
        RetryTimer::Never => Ok(()),
        RetryTimer::Every(interval) => harness.assume(
            waited < interval,
            format!(
                "the target pursues its wants anew every {} s, and this took {} s: it may have asked \
                 because of that",
                interval.as_secs_f32(),
                waited.as_secs_f32()
            ),
        ),
        RetryTimer::Unknown => harness.assume(
            false,
            "the control does not tell when the target pursues its wants anew: it may have asked \
             because of that",
        ),
    }
}

async fn list_is_sent_again(harness: &Harness) -> Result<(), Stop> {
    let address = harness.address();
    harness.request(&address).await?;
    let peer = harness.join().await?;
    let received = peer
        .receive_until(|received| received.has_want_have(&address))
        .await?;
    harness.assume(
        received.has_want_have(&address),
        format!("no own want list came on joining: {received}"),
    )?;
    harness.leave(&peer).await?;
    peer.connect().await?;
    harness.joined(&peer).await?;
    let received = peer
        .receive_until(|received| received.has_want_have(&address))
        .await?;
    harness.require(
        received
            .want_lists()
            .any(|list| list.entries.iter().any(|it| it.address == address)),
        "the own want list again",
        &received,
    )
}

async fn context_starts_empty(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    let address = harness.address();
    peer.send_confirmed(list([want_block(&address)])).await?;
    harness.leave(&peer).await?;
    peer.connect().await?;
    harness.joined(&peer).await?;
    let context = harness.context(&peer).await?;
    harness.require(
        context.is_empty()?,
        "an empty context",
        format!("{context:?}"),
    )
}

async fn queue_is_discarded(harness: &Harness) -> Result<(), Stop> {
    const MIB: usize = 1024 * 1024;
    let block = harness.block_of(MIB);
    harness.put(&block).await?;
    let peer = harness.peer();
    peer.never_read();
    peer.connect().await?;
    harness.joined(&peer).await?;
    let marker = harness.address();
    let mut entries = vec![want_block(&block.address()); 64];
    entries.push(want_block(&marker));
    peer.send(list(entries)).await?;
    let recorded = |dump: &Dump| match dump.context(&peer.id())? {
        Some(context) => context.has_want(&marker),
        None => Ok(false),
    };
    // The marker is recorded when all before it is under way.
    let handled = harness.dump_when(recorded).await?;
    harness.assume(recorded(&handled)?, "the want list was not recorded")?;
    let other = harness.join().await?;
    harness.survives(other.barrier().await, "another peer is answered meanwhile")?;
    peer.abort();
    let id = peer.id();
    let dump = harness
        .dump_when(|dump| Ok(!dump.has_context(&id)?))
        .await?;
    harness.assume(
        !dump.has_context(&id)?,
        "the context outlives the connection",
    )?;
    peer.read_again();
    peer.connect().await?;
    // Its first question is answered behind the queue, if there is one.
    let joined = harness.joined(&peer).await;
    // One delivery shows that the queue is there. To wait until all of it has come takes a slow
    // target longer than an answer may.
    let came = |received: &Received| received.has_delivery(&block.address());
    let received = match joined {
        Ok(_) => peer.receive_until(came).await?,
        Err(_) => peer.take_received(),
    };
    harness.require(
        !came(&received),
        "none of the deliveries that were queued before",
        &received,
    )?;
    joined?;
    Ok(())
}

async fn what_was_not_written_is_owed(harness: &Harness) -> Result<(), Stop> {
    // More than is on its way when the peer does not read: a window of yamux, or over mplex, which has
    // none, what the system keeps for a connection.
    const MIB: usize = 1024 * 1024;
    let size = if harness.may_speak_mplex() { 24 } else { 2 };
    let block = harness.block_of(size * MIB);
    harness.put(&block).await?;
    let peer = harness.peer();
    peer.never_read();
    let first = peer.connect().await?;
    harness.joined(&peer).await?;
    let second = peer.connect().await?;
    let asking = peer.open_stream_on(&second).await?;
    asking.send(&list([want_block(&block.address())])).await?;
    let Some(stream) = peer.next_targets_stream().await else {
        return Err(Stop::Inconclusive(
            "the target opens no stream to the peer that asks it for a block".to_owned(),
        ));
    };
    let closing = match stream.connection().number == first.number {
        true => first,
        false => second,
    };
    // Until then the target may still be opening the stream, and has written nothing.
    tokio::time::sleep(harness.deadline() / 20).await;
    peer.read_again();
    closing.abort();
    let came = |received: &Received| received.has_delivery(&block.address());
    let received = peer.receive_until(came).await?;
    harness.require(
        came(&received),
        "the block, on the connection that is left",
        &received,
    )
}
