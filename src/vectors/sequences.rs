//! The sequences as they are written: what one event leaves behind, and a later one shows.

use super::written::{Written, case};

/// Every sequence.
pub const SEQUENCES: &[Written] = &[
    case(
        "JOIN-1/twice",
        "Messages come before a peer joins, while it is there, and after it has left.",
        "A: want=a; join A; A: want=b; leave A; A: want=c; join A",
    ),
    case(
        "JOIN-2/comes-again",
        "A peer leaves with wants and an account, and joins again.",
        "join A; A: want=a account=1; leave A; join A",
    ),
    case(
        "JOIN-3/joined-twice",
        "Joined comes twice, and then the block that the peer waits for.",
        "request b; join A; A: want=a; join A; store a",
    ),
    case(
        "LEFT-1/forgotten",
        "The block comes when the peer that waited for it has left.",
        "join A; A: want=a; leave A; store a; join A",
    ),
    case(
        "LEFT-2/lost-and-found",
        "The asked peer leaves, and the next one that has the block is asked.",
        "join A; join B; request a; A: have=a; leave A; B: have=a; B: block=a",
    ),
    case(
        "LEFT-3/list-again",
        "A peer that was asked leaves and joins again.",
        "request a; join A; A: have=a; leave A; join A; A: have=a",
    ),
    case(
        "LEFT-3/wants-are-gone",
        "A peer with a recorded want leaves and joins again, and then the block comes.",
        "join A; A: want=a; leave A; join A; store a",
    ),
    case(
        "PRES-5/asked-anew",
        "A Have comes before its block is requested.",
        "join A; A: have=a; request a; A: have=a",
    ),
    case(
        "PRES-6/cancelled-then-asked-anew",
        "A want that was known is cancelled, and requested again.",
        "join A; join B; request a; A: have=a; B: have=a; cancel a; request a",
    ),
    case(
        "PRES-6/delivered-then-asked-anew",
        "A block is delivered, deleted, and requested again.",
        "join A; join B; request a; A: have=a; B: have=a; A: block=a; delete a; request a",
    ),
    case(
        "PRES-3/round",
        "Two holders take back what they said, one after the other.",
        "join A; join B; request a; A: have=a; B: have=a; A: lack=a; B: lack=a; A: have=a",
    ),
    case(
        "ASK-1/requested-again",
        "A request is cancelled, and made again.",
        "join A; request a; cancel a; request a",
    ),
    case(
        "ASK-2/both-get-it",
        "A block is requested twice, and comes.",
        "join A; request a; request a; A: have=a; A: block=a",
    ),
    case(
        "ASK-8/one-after-the-other",
        "Two holders are silent, one after the other.",
        "join A; join B; request a; A: have=a; B: have=a; retry a; retry a",
    ),
    case(
        "ASK-9/alone",
        "Nobody says anything until the request fails.",
        "set retries 1; request a; retry a; retry a",
    ),
    case(
        "ASK-9/until-it-fails",
        "The asked peer is silent until the request fails.",
        "set retries 1; join A; request a; A: have=a; retry a; retry a",
    ),
    case(
        "ASK-10/both-cancel",
        "Both who have requested a block cancel.",
        "join A; request a; request a; A: have=a; cancel a; cancel a; cancel a",
    ),
    case(
        "WANT-1/forgotten-and-wanted",
        "A block is delivered and deleted, and wanted again.",
        "join A; store a; A: want=a; delete a; A: want=a; store a",
    ),
    case(
        "WANT-2/again",
        "A held block is wanted twice.",
        "join A; store a; A: want=a; A: want=a",
    ),
    case(
        "WANT-3/question-then-block",
        "A question for a block comes, and then the block.",
        "join A; A: ask=a; store a",
    ),
    case(
        "WANT-8/cancelled-then-block",
        "A want is recorded and cancelled, and then the block comes.",
        "join A; A: want=a; A: cancel=a; store a",
    ),
    case(
        "WANT-9/twice-then-block",
        "A want is recorded twice, and then the block comes.",
        "join A; A: want=a; A: want=a; store a; delete a; store a",
    ),
    case(
        "WANT-10/question-then-block",
        "A recorded want is asked about, and then the block comes.",
        "join A; A: want=a; A: ask=a!; store a",
    ),
    case(
        "WANT-11/full-then-block",
        "A full list drops a want, and then its block comes.",
        "join A; A: want=a; A: full want=b; store a; store b",
    ),
    case(
        "WANT-12/second-then-block",
        "Two lists of one want come, and then the first block.",
        "join A; A: want=a; A: want=b; store a",
    ),
    case(
        "WANT-13/once",
        "A recorded want is served once.",
        "join A; A: want=a; store a; delete a; store a",
    ),
    case(
        "WANT-17/cancel-then-block",
        "One of two peers that wait for a block cancels, and then it comes.",
        "join A; join B; A: want=a; B: want=a; B: cancel=a; store a",
    ),
    case(
        "WANT-19/crowded-then-block",
        "A want comes beyond the bound, and then the first block.",
        "set wants 1; join A; A: want=a; A: want=b; store a; store b",
    ),
    case(
        "XFER-4/forged-first",
        "A forged leaf comes, and then good ones.",
        "join A; request t0; request t1; A: have=t0 have=t1; A: block=t0/a~unproven; A: block=t1/b; A: have=t0; A: block=t0/a",
    ),
    case(
        "XFER-5/bad-then-good",
        "A bad delivery comes, and then a good one of another holder.",
        "join A; join B; request a; A: have=a; B: have=a; A: block=a~corrupt; B: block=a",
    ),
    case(
        "XFER-7/life-of-a-want",
        "A block is requested, found, asked for, delivered, and passed on.",
        "join A; join B; B: want=a; request a; A: have=a; A: block=a; B: want=a",
    ),
    case(
        "XFER-8/late-answer",
        "A request is cancelled and made again, and the peer that was asked first delivers.",
        "join A; join B; request a; A: have=a; cancel a; request a; B: have=a; A: block=a",
    ),
    case(
        "HELD-1/stored-and-served",
        "A block is stored that is wanted here and there.",
        "join A; join B; request a; A: want=a; B: have=a; store a; B: want=a",
    ),
    case(
        "HELD-2/have-then-gone",
        "A peer is told Have, and the block is deleted before the peer asks for it.",
        "join A; store a; A: ask=a; delete a; A: want=a; store a",
    ),
    case(
        "WIRE-9/stale-ask",
        "A request is cancelled and made again, and the peer that was asked leaves.",
        "join A; request a; A: have=a; cancel a; request a; leave A",
    ),
    case(
        "PAY-1/changed",
        "A peer changes its account, leaves, and joins again.",
        "join A; A: account=1; A: account=2; leave A; join A",
    ),
];
