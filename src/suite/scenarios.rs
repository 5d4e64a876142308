//! The scenarios, a file or directory for each section of the specification, readable as data.
//!
//! # How to write one
//!
//! A [`Scenario`] is a value in the list of its file: an ID, what is done, what is expected, what
//! it needs, and an async function over the [`Harness`](super::harness::Harness). [`pay`] and
//! [`held`] are short examples. The ID is the requirement's. If a requirement has several
//! scenarios, the further ones add a word (`WANT-10/held`), never a number.
//!
//! **It accuses the target of missing its own requirement only.** What the requirement demands is
//! checked by [`require`](super::harness::Harness::require), with what was expected and what was
//! found. What the scenario merely builds upon is checked by
//! [`assume`](super::harness::Harness::assume). When that does not hold, the verdict is
//! inconclusive, because another scenario tests it. A [`PeerError`](super::peer_error::PeerError)
//! passed on with `?` is inconclusive, too. Where going on *is* the requirement, use
//! [`survives`](super::harness::Harness::survives). A scenario does not consider the requirement's
//! level: a missed SHOULD becomes a warning, and a MAY never fails.
//!
//! **Fixtures** come from the harness: `harness.block()`, `harness.manifest()` (a plain block that
//! is delivered to the target: some nodes take no other), `harness.address()` (of a block that does
//! not exist), `harness.dataset(n)`, `harness.bytes(n)`. They are new at each call and the same in
//! each run of one seed. Use no other randomness.
//!
//! **Sending.** `let peer = harness.join().await?` is a peer whose context the target has created.
//! [`compose`](super::compose) makes messages: `peer.send(list([want_have(&a).with_dont_have()]))`.
//! They are plain protobuf structs, in which any field may be changed. `peer.own_stream()`,
//! `peer.open_stream()` and `peer.targets_stream()` give a [`Stream`](super::stream::Stream), for
//! raw bytes (`send_raw`), frames that are no message (`send_frame`), half-closing (`finish`),
//! resetting (`reset`), and waiting for the target to end it (`end`). `peer.connect()` opens one
//! more connection. After `peer.never_read()`, new streams stay unread. `connection.freeze()` makes
//! the peer do nothing at all any more.
//!
//! **Receiving.** Messages are seen as [`Received`](super::received::Received), flattened:
//! `received.presences_of(&a)`, `received.has_delivery(&a)`, `received.has_want_have(&a)`, and so
//! on. Each of these calls takes what it returns; the next one begins where it ended:
//! - `peer.exchange(message)` sends it, sets a barrier, and returns what was received before the
//!   barrier's answer. If that is nothing, it is proven that nothing was sent.
//! - `peer.receive_until(|received| …)` returns what was received as soon as it is as described. If
//!   it does not come, a barrier is set. So what is missing from the result was not sent, and may
//!   be `require`d. After steering the target (`harness.request(&a)`), use this.
//! - `peer.barrier()` returns what was received, once the target has handled all that was sent. It
//!   covers every stream on which `send` or `send_frame` was used since the last barrier.
//! - `peer.send_confirmed(list)` sends a want list and waits until it is handled. The barrier's
//!   question is an entry of the same list, so nothing is sent after it: for recording wants.
//! - `peer.take_received()` returns what was received, without waiting.
//!
//! Barriers leave no trace in what a scenario sees, nor in its dumps. A barrier of one peer orders
//! that peer's messages only: if peer A's message makes the target write to peer B, wait for A's
//! barrier, then for B's.
//!
//! **Steering and looking.** `harness.put`, `put_dataset`, `delete`, `request`, `outcome`, `cancel`,
//! `connect_target_to`, `joined_again`, `left_now`, `retry_now`; `harness.held()` for any block that
//! the target holds, `harness.held_leaves(n)` for leaves of a dataset. List in `needs` what the
//! control must be able to do, so that the skip is known before the run. `harness.context(&peer)` is the peer's context as it is now: a barrier must come
//! before it. `harness.context_when(&peer, |context| …)` waits for what should be there, with a
//! barrier only if it does not come. A barrier is a want list, too. A target that takes every list
//! for a full one drops what was recorded, so prefer `send_confirmed` and `context_when` where wants
//! are recorded. `harness.asked_of(&a)` returns the peers that the target asks.
//!
//! **Never** sleep, never judge by time, and look into the target through the harness only. A
//! scenario that takes longer than a few milliseconds against the embedded node waits for
//! something it should not.

pub mod ask;
pub mod held;
pub mod join;
pub mod left;
pub mod pay;
pub mod presence;
pub mod transfer;
pub mod want;
pub mod wire;

use super::scenario::Scenario;

/// Every scenario, file by file, in the order of the specification.
const FILES: &[&[Scenario]] = &[
    join::SCENARIOS,
    left::SCENARIOS,
    presence::record::SCENARIOS,
    presence::record_end::SCENARIOS,
    presence::item::SCENARIOS,
    ask::announce::SCENARIOS,
    ask::asked::SCENARIOS,
    ask::cancel::SCENARIOS,
    ask::retry::SCENARIOS,
    want::want_block::SCENARIOS,
    want::want_have::SCENARIOS,
    want::cancel::SCENARIOS,
    want::repeated::SCENARIOS,
    want::full_list::SCENARIOS,
    want::served::SCENARIOS,
    want::list::SCENARIOS,
    transfer::SCENARIOS,
    held::SCENARIOS,
    wire::frame::SCENARIOS,
    wire::encoding::SCENARIOS,
    wire::stream::SCENARIOS,
    wire::hostile::SCENARIOS,
    pay::SCENARIOS,
];

/// Every scenario there is, in the order of the specification.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    FILES.iter().copied().flatten()
}
