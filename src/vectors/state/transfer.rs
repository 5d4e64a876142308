//! XFER, HELD, WIRE and PAY: what comes with deliveries, and the parts of a message.

use crate::vectors::written::{Written, case};

/// Deliveries, where a want ends.
pub const XFER: &[Written] = &[
    case(
        "XFER-1/plain",
        "A held block is wanted.",
        "join A; store a; A: want=a",
    ),
    case(
        "XFER-1/leaf",
        "A held leaf is wanted.",
        "join A; store a t0; A: want=t0",
    ),
    case(
        "XFER-1/woken",
        "A leaf is stored that a peer waits for.",
        "join A; A: want=t0; store a t0",
    ),
    case(
        "XFER-2/unwanted",
        "A block comes that is not wanted.",
        "join A; request b; A: block=a",
    ),
    case(
        "XFER-2/held",
        "A block comes that is held.",
        "join A; store a; A: block=a",
    ),
    case(
        "XFER-2/other-leaf",
        "A leaf comes, and another leaf of its dataset is wanted.",
        "join A; request t0; A: have=t0; A: block=t1/b",
    ),
    case(
        "XFER-3/corrupt",
        "The asked peer delivers data that does not hash to its CID.",
        "join A; request a; A: have=a; A: block=a~corrupt",
    ),
    case(
        "XFER-3/asked-other-block",
        "The asked peer delivers another block than the one that was asked for.",
        "join A; request a; A: have=a; A: block=a/b",
    ),
    case(
        "XFER-3/unasked",
        "A peer that was not asked delivers data that does not hash to its CID.",
        "join A; join B; request a; A: have=a; B: block=a~corrupt",
    ),
    case(
        "XFER-4/unproven",
        "The asked peer delivers a leaf whose proof does not verify.",
        "join A; request t0; A: have=t0; A: block=t0/a~unproven",
    ),
    case(
        "XFER-4/other-index",
        "The asked peer delivers a leaf with the proof for another one.",
        "join A; request t0; A: have=t0; A: block=t0/a~other-index",
    ),
    case(
        "XFER-4/asked-no-proof",
        "The asked peer delivers a leaf without a proof.",
        "join A; request t0; A: have=t0; A: block=t0/a~no-proof",
    ),
    case(
        "XFER-4/undecodable",
        "The asked peer delivers a leaf with a proof that does not decode.",
        "join A; request t0; A: have=t0; A: block=t0/a~undecodable",
    ),
    case(
        "XFER-5/other-delivery",
        "A bad delivery and a good one come in one message.",
        "join A; request a; request b; A: have=a have=b; A: block=a~corrupt block=b",
    ),
    case(
        "XFER-5/presence",
        "A bad delivery and a Have come in one message.",
        "join A; request a; request b; A: have=a; A: block=a~corrupt have=b",
    ),
    case(
        "XFER-5/want-list",
        "A bad delivery and a want come in one message.",
        "join A; request a; A: have=a; A: want=b block=a~corrupt",
    ),
    case(
        "XFER-5/two-leaves",
        "A leaf with a proof that does not verify and a good one come in one message.",
        "join A; request t0; request t1; A: have=t0 have=t1; A: block=t0/a~unproven block=t1/b",
    ),
    case(
        "XFER-6/other-holder",
        "The asked peer delivers badly, and another has the block.",
        "join A; join B; request a; A: have=a; B: have=a; A: block=a~corrupt",
    ),
    case(
        "XFER-6/two-holders",
        "The asked peer delivers badly, and two others have the block.",
        "join A; join B; join C; request a; A: have=a; B: have=a; C: have=a; A: block=a~corrupt",
    ),
    case(
        "XFER-6/no-holder",
        "The asked peer delivers badly, the only holder.",
        "join A; request a; A: have=a; A: block=a/b",
    ),
    case(
        "XFER-6/leaf",
        "The asked peer delivers a leaf without proof, and another has it.",
        "join A; join B; request t0; A: have=t0; B: have=t0; A: block=t0/a~no-proof",
    ),
    case(
        "XFER-6/unproven-leaf",
        "The asked peer delivers a leaf whose proof does not verify, and another has it.",
        "join A; join B; request t0; A: have=t0; B: have=t0; A: block=t0/a~unproven",
    ),
    case(
        "XFER-6/not-asked",
        "A holder that is not asked delivers badly.",
        "join A; join B; request a; A: have=a; B: have=a; B: block=a~corrupt",
    ),
    case(
        "XFER-7/plain",
        "The asked peer delivers the block.",
        "join A; request a; A: have=a; A: block=a",
    ),
    case(
        "XFER-7/leaf",
        "The asked peer delivers a leaf.",
        "join A; request t0; A: have=t0; A: block=t0/a",
    ),
    case(
        "XFER-7/both-wants",
        "A leaf is delivered, and its block is wanted by its own CID as well.",
        "join A; request t0; request a; A: have=t0; A: block=t0/a",
    ),
    case(
        "XFER-7/plain-is-no-leaf",
        "A block is delivered by its own CID, and wanted as a leaf as well.",
        "join A; request a; request t0; A: have=a; A: block=a",
    ),
    case(
        "XFER-7/others-cancelled",
        "The block comes from the second of two peers that were asked for it.",
        "join A; join B; request a; A: have=a; B: have=a; retry a; B: block=a",
    ),
    case(
        "XFER-7/unasked",
        "The block comes from another peer than the asked one.",
        "join A; join B; request a; A: have=a; B: block=a",
    ),
    case(
        "XFER-7/twice",
        "The block comes twice in one message, from another peer than the asked one.",
        "join A; join B; request a; A: have=a; B: block=a block=a",
    ),
    case(
        "XFER-7/two-requesters",
        "A block comes that was requested twice.",
        "join A; request a; request a; A: have=a; A: block=a",
    ),
    case(
        "XFER-8/unasked",
        "The block comes from a peer that was not asked.",
        "join A; request a; A: block=a",
    ),
    case(
        "XFER-8/late",
        "The block comes from a peer that was asked before another.",
        "join A; join B; request a; A: have=a; B: have=a; retry a; A: block=a",
    ),
    case(
        "XFER-10/just-enough",
        "A list asks for 20 held blocks.",
        "join A; store a..s; store u; A: want=a..s want=u",
    ),
    case(
        "XFER-10/many",
        "A list asks for 21 held blocks.",
        "join A; store a..s; store u..v; A: want=a..s want=u..v",
    ),
];

/// What the node holds.
pub const HELD: &[Written] = &[
    case(
        "HELD-1/asked",
        "A block is stored that was asked of a peer.",
        "join A; join B; request a; A: have=a; store a",
    ),
    case(
        "HELD-1/leaf",
        "A block is stored that is wanted as a leaf.",
        "join A; request t0; A: have=t0; store a t0",
    ),
    case(
        "HELD-1/plain-and-leaf",
        "A leaf is stored that is wanted under both of its addresses.",
        "request a; request t0; store a t0",
    ),
    case(
        "HELD-1/wakes",
        "A block is stored that a peer waits for.",
        "join A; A: want=a; store a",
    ),
    case(
        "HELD-1/wakes-a-leaf",
        "A leaf is stored that a peer waits for.",
        "join A; A: want=t0; store a t0",
    ),
    case(
        "HELD-1/unwanted",
        "A block is stored that nobody wants.",
        "join A; store a",
    ),
    case(
        "HELD-2/block",
        "A held block is deleted.",
        "join A; store a; delete a",
    ),
    case(
        "HELD-2/leaves",
        "A block is deleted that is held as two leaves, and another is held.",
        "join A; store a t0 t5; store b; delete a",
    ),
    case(
        "HELD-2/wanted-then",
        "A WantBlock comes for a block that was deleted.",
        "join A; store a; A: ask=a; delete a; A: want=a",
    ),
    case(
        "HELD-2/not-held",
        "A block is deleted that is not held, and a peer waits for it.",
        "join A; A: want=a; delete a",
    ),
];

/// The parts of a message.
pub const WIRE: &[Written] = &[
    case(
        "WIRE-6/block-then-presence",
        "The block and a Have for it come in one message.",
        "join A; request a; A: have=a; A: have=a block=a",
    ),
    case(
        "WIRE-6/first-word",
        "The block comes in one message with the first Have for it.",
        "join A; request a; A: have=a block=a",
    ),
    case(
        "WIRE-6/want-then-block",
        "A want and the block that it asks for come in one message.",
        "join A; request a; A: have=a; A: want=a block=a",
    ),
    case(
        "WIRE-6/nothing-said",
        "An empty message comes.",
        "join A; A: want=a; request b; A:",
    ),
    case(
        "WIRE-6/all-parts",
        "A message of all parts comes.",
        "join A; request a; request b; A: have=a; A: want=c block=a have=b account=1 payment=2",
    ),
    case(
        "WIRE-9/no-data",
        "The asked peer delivers no data.",
        "join A; request a; A: have=a; A: block=a~no-data",
    ),
    case(
        "WIRE-9/no-data-of-a-leaf",
        "The asked peer delivers a leaf without data.",
        "join A; request t0; A: have=t0; A: block=t0/a~no-data",
    ),
];

/// Accounts.
pub const PAY: &[Written] = &[
    case("PAY-1/first", "An account comes.", "join A; A: account=1"),
    case(
        "PAY-1/later",
        "Another account comes.",
        "join A; A: account=1; A: account=2",
    ),
    case(
        "PAY-1/beside-others",
        "An account comes, and another peer has sent one.",
        "join A; join B; A: account=1; B: account=2",
    ),
    case("PAY-2/first", "A payment comes.", "join A; A: payment=1"),
    case(
        "PAY-2/later",
        "Another payment comes.",
        "join A; A: payment=1; A: payment=2",
    ),
];
