//! ASK: how the node pursues its own wants.

use crate::vectors::written::Aspect::OneList;
use crate::vectors::written::{Written, case};

/// How the node pursues its own wants.
pub const ASK: &[Written] = &[
    case(
        "ASK-1/alone",
        "A block is requested, and there is no peer.",
        "request a",
    ),
    case(
        "ASK-1/peers",
        "A block is requested, and there are four peers.",
        "join A; join B; join C; join D; request a",
    ),
    case("ASK-1/leaf", "A leaf is requested.", "join A; request t0"),
    case(
        "ASK-1/beside-another",
        "A block is requested, and another is wanted already.",
        "join A; request a; request b",
    ),
    case(
        "ASK-1/wanted-by-the-peer",
        "A block is requested that the peer wants as well.",
        "join A; A: want=a; request a",
    ),
    case(
        "ASK-2/again",
        "An own want is requested again.",
        "join A; request a; request a",
    ),
    case(
        "ASK-2/asked",
        "An own want is requested again that is asked of a peer.",
        "join A; request a; A: have=a; request a",
    ),
    case(
        "ASK-3/held",
        "A held block is requested.",
        "join A; store a; request a",
    ),
    case(
        "ASK-3/leaf",
        "A held leaf is requested.",
        "join A; store a t0; request t0",
    ),
    case(
        "ASK-4/nobody-known",
        "A block is requested that nobody is known to have.",
        "join A; join B; request a",
    ),
    case(
        "ASK-4/who-has-it",
        "One of two peers says that it has the block.",
        "join A; join B; request a; B: have=a",
    ),
    case(
        "ASK-4/who-wants-it",
        "A block is requested that one of two peers wants.",
        "join A; join B; B: want=a; request a",
    ),
    case(
        "ASK-5/second-holder",
        "A second peer says that it has the block.",
        "join A; join B; request a; A: have=a; B: have=a",
    ),
    case(
        "ASK-5/said-again",
        "The asked peer says again that it has the block.",
        "join A; request a; A: have=a; A: have=a",
    ),
    case(
        "ASK-6/one",
        "A peer says that it has an own want.",
        "join A; request a; A: have=a",
    )
    .judging(&[OneList]),
    case(
        "ASK-6/several",
        "A peer says that it has three own wants.",
        "join A; request a; request b; request t0; A: have=b have=t0 have=a",
    )
    .judging(&[OneList]),
    case(
        "ASK-6/unasked-only",
        "A peer says that it has two own wants, one of which is asked of another.",
        "join A; join B; request a; request b; A: have=a; B: have=a have=b",
    )
    .judging(&[OneList]),
    case(
        "ASK-6/many",
        "A peer says that it has 200 own wants.",
        "join A; request t0..199; A: have=t0..199",
    )
    .judging(&[OneList]),
    case(
        "ASK-7/asked",
        "A want is cancelled that was asked of a peer.",
        "join A; join B; request a; A: have=a; cancel a",
    ),
    case(
        "ASK-7/asked-twice",
        "A want is cancelled that was asked of one peer, and then of another.",
        "join A; join B; request a; A: have=a; B: have=a; retry a; cancel a",
    ),
    case(
        "ASK-7/unasked",
        "A want is cancelled that was asked of nobody.",
        "join A; request a; cancel a",
    ),
    case(
        "ASK-7/bad-answer",
        "A want is cancelled that a peer has answered badly.",
        "join A; request a; A: have=a; A: block=a~corrupt; cancel a",
    ),
    case(
        "ASK-7/not-wanted",
        "What is no own want is cancelled.",
        "join A; request b; cancel a",
    ),
    case(
        "ASK-7/held",
        "What is held is cancelled.",
        "join A; store a; cancel a",
    ),
    case(
        "ASK-8/other-holder",
        "The asked peer is silent, and another has the block.",
        "join A; join B; request a; A: have=a; B: have=a; retry a",
    ),
    case(
        "ASK-8/two-holders",
        "The asked peer is silent, and two others have the block.",
        "join A; join B; join C; request a; A: have=a; B: have=a; C: have=a; retry a",
    ),
    case(
        "ASK-8/no-holder",
        "The asked peer is silent, the only holder.",
        "join A; join B; request a; A: have=a; retry a",
    ),
    case(
        "ASK-8/unasked",
        "Nobody has said anything of an own want in time.",
        "join A; request a; retry a",
    ),
    case(
        "ASK-8/not-wanted",
        "A retry comes for what is no own want any more.",
        "join A; request a; cancel a; retry a",
    ),
    case(
        "ASK-9/asked",
        "A want is late for the last time, and was asked of a peer.",
        "set retries 1; join A; join B; request a; A: have=a; B: have=a; retry a; retry a",
    ),
    case(
        "ASK-9/unasked",
        "A want is late for the last time, and was asked of nobody.",
        "set retries 1; join A; request a; retry a; retry a",
    ),
    case(
        "ASK-9/not-yet",
        "A want is late, and not for the last time.",
        "set retries 2; join A; request a; retry a; retry a",
    ),
    case(
        "ASK-10/first",
        "One of two who have requested a block cancels.",
        "join A; request a; request a; cancel a",
    ),
    case(
        "ASK-10/asked",
        "One of two who have requested a block cancels, and it is asked of a peer.",
        "join A; request a; request a; A: have=a; cancel a",
    ),
    case(
        "ASK-10/last",
        "The second of two who have requested a block cancels.",
        "join A; request a; request a; A: have=a; cancel a; cancel a",
    ),
];
