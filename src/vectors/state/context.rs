//! JOIN, LEFT and PRES: contexts, and the presence records in them.

use crate::vectors::written::Aspect::Priority;
use crate::vectors::written::{Written, case};

/// How a context comes to be.
pub const JOIN: &[Written] = &[
    case("JOIN-1/joined", "A peer joins.", "join A"),
    case(
        "JOIN-1/beside-another",
        "A peer joins, and another has a context.",
        "join A; A: want=a; join B",
    ),
    case(
        "JOIN-1/message",
        "A want list comes from a peer that has never joined.",
        "A: want=a",
    ),
    case(
        "JOIN-1/question",
        "A question comes from a peer that has never joined, about a block that is held.",
        "store a; A: ask=a!",
    ),
    case(
        "JOIN-2/known-once",
        "A peer joins that had wants and an account when it left.",
        "join A; A: want=a account=1; leave A; join A",
    ),
    case(
        "JOIN-2/own-want",
        "A peer joins, of which another says that it has what is wanted.",
        "join B; request a; B: have=a; join A",
    ),
    case(
        "JOIN-3/recorded",
        "Joined comes again for a peer with a recorded want.",
        "join A; A: want=a; join A",
    ),
    case(
        "JOIN-3/known",
        "Joined comes again for a peer with a presence record.",
        "join A; request a; A: have=a; join A",
    ),
    case(
        "JOIN-3/own-want",
        "Joined comes again, and there is an own want.",
        "request a; join A; join A",
    ),
    case(
        "JOIN-4/one",
        "A peer joins, and there is one own want.",
        "request a; join A",
    )
    .judging(&[Priority]),
    case(
        "JOIN-4/several",
        "A peer joins, and there are several own wants, leaves among them.",
        "request a; request t0; request b; join A",
    )
    .judging(&[Priority]),
    case(
        "JOIN-4/asked-elsewhere",
        "A peer joins, and the own want is asked of another.",
        "join A; request a; A: have=a; join B",
    )
    .judging(&[Priority]),
    case(
        "JOIN-4/held-and-wanted",
        "A peer joins, and the node wants one block and holds another.",
        "store b; request a; join A",
    )
    .judging(&[Priority]),
    case(
        "JOIN-4/split",
        "A peer joins, and there are more own wants than one list may have.",
        "request t0..1000; join A",
    ),
    case(
        "JOIN-5/nothing",
        "A peer joins, and nothing was ever wanted.",
        "store a; join A",
    ),
    case(
        "JOIN-5/over",
        "A peer joins, and the only own want was cancelled.",
        "request a; cancel a; join A",
    ),
    case(
        "JOIN-6/account",
        "A peer joins a node that wants to be paid.",
        "set account 9; set price 3; join A",
    ),
    case(
        "JOIN-6/and-a-list",
        "A peer joins a node that wants to be paid, and wants a block.",
        "set account 9; request a; join A",
    ),
    case(
        "JOIN-6/free",
        "A peer joins a node that asks for no payment.",
        "join A",
    ),
    case(
        "JOIN-7/want",
        "A want for a held block comes from a peer without a context.",
        "store a; A: want=a",
    ),
    case(
        "JOIN-7/presence",
        "A Have for an own want comes from a peer without a context.",
        "request a; A: have=a",
    ),
    case(
        "JOIN-7/delivery",
        "A block that is wanted comes from a peer without a context.",
        "request a; A: block=a",
    ),
    case(
        "JOIN-7/account",
        "An account comes from a peer without a context.",
        "A: account=1",
    ),
    case(
        "JOIN-7/left",
        "A want comes from a peer that has left.",
        "join A; leave A; A: want=a",
    ),
    case(
        "JOIN-8/sent",
        "A peer joins, and there are 1,001 own wants.",
        "request t0..1000; join A",
    ),
    case(
        "JOIN-8/accepted",
        "A list of 1,024 entries comes, the last of which asks for word of a block.",
        "join A; A: want=t0..1022 ask=a!",
    ),
];

/// How it ends.
pub const LEFT: &[Written] = &[
    case(
        "LEFT-1/wants",
        "A peer leaves that has a recorded want and an account.",
        "join A; A: want=a account=1; leave A",
    ),
    case(
        "LEFT-1/known",
        "A peer leaves that has a presence record.",
        "join A; request a; A: have=a; leave A",
    ),
    case(
        "LEFT-1/others-stay",
        "One of two peers with the same recorded want leaves.",
        "join A; join B; A: want=a; B: want=a; leave A",
    ),
    case(
        "LEFT-2/other-holder",
        "The asked peer leaves, and another has the block.",
        "join A; join B; request a; A: have=a; B: have=a; leave A",
    ),
    case(
        "LEFT-2/two-holders",
        "The asked peer leaves, and two others have the block.",
        "join A; join B; join C; request a; A: have=a; B: have=a; C: have=a; leave A",
    ),
    case(
        "LEFT-2/no-holder",
        "The asked peer leaves, and no other is known to have the block.",
        "join A; join B; request a; A: have=a; leave A",
    ),
    case(
        "LEFT-2/not-asked",
        "A holder leaves that was not asked.",
        "join A; join B; request a; A: have=a; B: have=a; leave B",
    ),
    case(
        "LEFT-2/two-wants",
        "A peer leaves that was asked for two blocks, of which another has one.",
        "join A; join B; request a; request b; A: have=a have=b; B: have=b; leave A",
    ),
    case(
        "LEFT-3/own-want",
        "A peer joins that has left, and there is an own want.",
        "request a; join A; leave A; join A",
    ),
    case(
        "LEFT-3/asked-before",
        "A peer joins that was asked before it left.",
        "join A; request a; A: have=a; leave A; join A",
    ),
    case(
        "LEFT-3/wants",
        "A peer joins that had a recorded want when it left, and the block is held now.",
        "join A; A: want=a; leave A; store a; join A",
    ),
];

/// Presence, limited to what we want.
pub const PRES: &[Written] = &[
    case(
        "PRES-1/unwanted",
        "A Have comes for a block that is not wanted.",
        "join A; A: have=a",
    ),
    case(
        "PRES-1/mixed",
        "Haves come for an own want and for other blocks.",
        "join A; request a; A: have=a have=b have=t0",
    ),
    case(
        "PRES-1/other-leaf",
        "A Have comes for another leaf of the dataset than the one that is wanted.",
        "join A; request t0; A: have=t1",
    ),
    case(
        "PRES-1/delivered-beside",
        "A Have comes in one message with the block.",
        "join A; request a; A: have=a block=a",
    ),
    case(
        "PRES-2/question",
        "A peer asks for word of what the node wants itself.",
        "join A; request a; A: ask=a",
    ),
    case(
        "PRES-2/want",
        "A peer asks for the block that the node wants itself.",
        "join A; request a; A: want=a",
    ),
    case(
        "PRES-2/other-block",
        "A peer delivers a block, and the node wants two.",
        "join A; request t0; request t1; A: have=t0; A: block=t0/a",
    ),
    case(
        "PRES-3/unknown",
        "A DontHave comes for an own want without a record.",
        "join A; request a; A: lack=a",
    ),
    case(
        "PRES-3/not-asked",
        "A DontHave comes from a holder that is not asked.",
        "join A; join B; request a; B: have=a; A: have=a; A: lack=a",
    ),
    case(
        "PRES-3/other-holder",
        "A DontHave comes from the asked peer, and another has the block.",
        "join A; join B; request a; A: have=a; B: have=a; A: lack=a",
    ),
    case(
        "PRES-3/two-holders",
        "A DontHave comes from the asked peer, and two others have the block.",
        "join A; join B; join C; request a; A: have=a; B: have=a; C: have=a; A: lack=a",
    ),
    case(
        "PRES-3/no-holder",
        "A DontHave comes from the asked peer, the only holder.",
        "join A; request a; A: have=a; A: lack=a",
    ),
    case(
        "PRES-4/higher",
        "A second Have names a higher price.",
        "join A; request a; A: have=a@1; A: have=a@2",
    ),
    case(
        "PRES-4/nothing",
        "A second Have names no price.",
        "join A; request a; A: have=a@5; A: have=a",
    ),
    case(
        "PRES-5/item",
        "A Have comes for a block that is not wanted, and another block is.",
        "join A; request b; A: have=a",
    ),
    case(
        "PRES-5/held",
        "A Have comes for a block that is held.",
        "join A; store a; A: have=a",
    ),
    case(
        "PRES-6/delivered",
        "The asked peer delivers, and another has a record.",
        "join A; join B; request a; A: have=a; B: have=a; A: block=a",
    ),
    case(
        "PRES-6/stored",
        "The user stores what two peers are known to have.",
        "join A; join B; request a; A: have=a; B: have=a; store a",
    ),
    case(
        "PRES-6/cancelled",
        "The user cancels what two peers are known to have.",
        "join A; join B; request a; A: have=a; B: have=a; cancel a",
    ),
    case(
        "PRES-6/given-up",
        "A want is given up that two peers are known to have.",
        "set retries 0; join A; join B; request a; A: have=a; B: have=a; retry a",
    ),
    case(
        "PRES-7/unnamed",
        "A presence message does not name what an earlier one named.",
        "join A; request a; request b; A: have=a; A: have=b",
    ),
    case(
        "PRES-7/want-list",
        "A want list comes from a peer with a record.",
        "join A; request a; A: have=a; A: want=b cancel=a full",
    ),
    case(
        "PRES-7/other-peer",
        "Another peer says that it has not what this one has.",
        "join A; join B; request a; A: have=a; B: have=a; B: lack=a",
    ),
    case(
        "PRES-7/other-delivery",
        "Another block of the peer is delivered.",
        "join A; request a; request b; A: have=a have=b; A: block=b",
    ),
    case(
        "PRES-8/record-of-nothing",
        "A Have without a price.",
        "join A; request a; A: have=a",
    ),
    case(
        "PRES-8/record-of-two-bytes",
        "A Have whose price takes two bytes.",
        "join A; request a; A: have=a@258",
    ),
    case(
        "PRES-8/record-of-the-highest",
        "A Have at the highest price.",
        "join A; request a; A: have=a@max",
    ),
    case(
        "PRES-9/have-then-lack",
        "Have and then DontHave for one block, in one message.",
        "join A; request a; A: have=a lack=a",
    ),
    case(
        "PRES-9/lack-then-have",
        "DontHave and then Have for one block, in one message.",
        "join A; request a; A: lack=a have=a",
    ),
    case(
        "PRES-9/two-prices",
        "Two prices for one block, in one message.",
        "join A; request a; A: have=a@1 have=a@2",
    ),
    case(
        "PRES-10/leaves",
        "Haves come for a block and for two leaves of one dataset.",
        "join A; request t0; request t1; request a; A: have=t0 have=t1 have=a",
    ),
    case(
        "PRES-10/one-of-two",
        "One of two leaves that are known goes.",
        "join A; request t0; request t1; A: have=t0 have=t1; A: lack=t0",
    ),
];
