//! The scenarios, a file for each section of the specification, readable as data.
//!
//! # How to write one
//!
//! A [`Scenario`] is a value in its section's list: an ID, what is done, what is expected, what it
//! needs, and an async function over the [`Stage`](super::stage::Stage). [`want`] and [`ask`] begin
//! with samples. The ID is the requirement's; of several for one requirement, further ones add a
//! word (`WANT-10/held`), never a number.
//!
//! **It accuses its own requirement only.** What the requirement itself demands is checked by
//! [`require`](super::stage::Stage::require), with the expected and what came. What the scenario
//! merely builds upon is checked by [`given`](super::stage::Stage::given): when it does not hold,
//! the verdict is inconclusive, because another scenario accuses it. A peer's
//! [`Silence`](super::peer::Silence) passed on with `?` is inconclusive too; where going on *is*
//! the requirement, use [`survives`](super::stage::Stage::survives). The level needs no thought:
//! a missed SHOULD is turned into a warning, and a MAY never fails.
//!
//! **Material** comes from the stage: `stage.block()`, `stage.address()` (of a block that does not
//! exist), `stage.dataset(n)`, `stage.bytes(n)`. It is new at each call and the same in each run of
//! one seed; use no other randomness.
//!
//! **Speaking.** `let peer = stage.join().await?` is a peer whose context the target has created.
//! [`say`](super::say) composes messages: `peer.send(list([want_have(&a).with_dont_have()]))`. They
//! are plain protobuf structs, to be bent at will. `peer.own_stream()`, `peer.open_stream()` and
//! `peer.targets_stream()` give a [`Stream`](super::connection::Stream), for raw bytes
//! (`send_raw`), frames that are no message (`send_frame`), half-closing (`finish`), resetting
//! (`reset`), and waiting for the target to end it (`end`). `peer.connect()` opens one more
//! connection, `peer.never_read()` makes streams opened later stay unread,
//! and `connection.freeze()` makes the peer do nothing at all any more.
//!
//! **Listening.** What comes is seen as [`Came`](super::received::Came), flattened over messages:
//! `came.presences_of(&a)`, `came.has_delivery(&a)`, `came.has_want_have(&a)`, and so on.
//! - `peer.exchange(message)`: says it, sets a barrier, and gives what came before its answer. That
//!   nothing came is then proven.
//! - `peer.until(|came| …)`: gives what came as soon as it is as described. When it does not come, a
//!   barrier is set; so what is missing from the result was not sent, and may be `require`d.
//!   After steering the target (`stage.request(&a)`), this is how to see what it says.
//! - `peer.barrier()`: gives what came, once all that was said is handled. It covers every stream
//!   on which `send` or `send_frame` was used since the last one.
//! - `peer.tell(list)`: sends a want list and waits until it is handled. The barrier's question
//!   rides in the same list, so nothing is said after it: for setting up recorded wants.
//! - `peer.take()`: gives what has come, without waiting.
//!
//! Each of these takes what it gives: the next one begins where it ended. Barriers leave no trace
//! in what a scenario sees, nor in its dumps. A barrier of one peer orders that peer's messages
//! only: if peer A's message makes the target write to peer B, wait for A's barrier, then for B's.
//!
//! **Steering and looking.** `stage.put`, `put_dataset`, `delete`, `request`, `outcome`, `cancel`,
//! `connect_target_to`, `joined_again`, `left_now`, `retry_now`; `stage.held()` for any block that the target
//! holds. List in `needs` what the control must be able to do, so that the skip is known before.
//! `stage.context(&peer)` is the peer's context as it is now: a barrier must come before it.
//! `stage.context_when(&peer, |context| …)` waits for what should be there, with a barrier only if
//! it does not come. A barrier is a want list, too: for a target that takes every list for a full
//! one it clears what was recorded, so prefer `tell`, and `context_when`, where wants are recorded.
//! `stage.asked_of(&a)` says whom the target asks.
//!
//! **Never** sleep, never judge by time, never look into the target but through the stage. A
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

/// Every scenario, section by section.
pub const SECTIONS: &[&[Scenario]] = &[
    join::SCENARIOS,
    left::SCENARIOS,
    presence::SCENARIOS,
    ask::SCENARIOS,
    want::SCENARIOS,
    transfer::SCENARIOS,
    held::SCENARIOS,
    wire::SCENARIOS,
    pay::SCENARIOS,
];

/// Every scenario there is, in the order of the specification.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    SECTIONS.iter().copied().flatten()
}
