//! WANT: when the peer's want list is updated. WANT-16 is of the wire.

use crate::vectors::written::Aspect::{DeliveryOrder, PresencesFirst};
use crate::vectors::written::{Written, case};

/// When the peer's want list is updated.
pub const WANT: &[Written] = &[
    case(
        "WANT-1/block",
        "A WantBlock comes for a block that is not held.",
        "join A; A: want=a",
    ),
    case(
        "WANT-1/leaf",
        "A WantBlock comes for a leaf that is not held.",
        "join A; A: want=t0",
    ),
    case(
        "WANT-1/appended",
        "A WantBlock comes, and another is recorded.",
        "join A; A: want=b; A: want=a",
    ),
    case(
        "WANT-1/priority",
        "A WantBlock comes with a priority below zero.",
        "join A; A: want=a^-3",
    ),
    case(
        "WANT-1/own-want",
        "A WantBlock comes for a block that the node wants itself.",
        "join A; request a; A: want=a",
    ),
    case(
        "WANT-2/block",
        "A WantBlock comes for a held block.",
        "join A; store a; A: want=a",
    ),
    case(
        "WANT-2/leaf",
        "A WantBlock comes for a held leaf.",
        "join A; store a t0; A: want=t0",
    ),
    case(
        "WANT-2/two",
        "WantBlocks come for a held block and for one that is not held.",
        "join A; store a; A: want=a want=b",
    ),
    case(
        "WANT-2/plain-of-a-leaf",
        "A WantBlock comes for the block of a held leaf, by its own CID.",
        "join A; store a t0; A: want=a",
    ),
    case(
        "WANT-3/not-held",
        "A WantHave comes for a block that is not held.",
        "join A; A: ask=a",
    ),
    case(
        "WANT-3/not-held-asks",
        "A WantHave that asks for a DontHave comes for a block that is not held.",
        "join A; A: ask=a!",
    ),
    case(
        "WANT-3/held",
        "A WantHave comes for a held block.",
        "join A; store a; A: ask=a",
    ),
    case(
        "WANT-4/free",
        "A WantHave comes for a held block, which is free.",
        "join A; store a; A: ask=a",
    ),
    case(
        "WANT-4/priced",
        "A WantHave comes for a held block, which has a price.",
        "set price 5; join A; store a; A: ask=a",
    ),
    case(
        "WANT-4/leaf",
        "A WantHave comes for a held leaf.",
        "join A; store a t0; A: ask=t0",
    ),
    case(
        "WANT-4/asks-dont-have",
        "A WantHave that asks for a DontHave comes for a held block.",
        "join A; store a; A: ask=a!",
    ),
    case(
        "WANT-5/block",
        "A WantHave that asks for a DontHave comes for a block that is not held.",
        "join A; A: ask=a!",
    ),
    case(
        "WANT-5/leaf",
        "A WantHave that asks for a DontHave comes for a leaf whose block is held without a proof.",
        "join A; store a; A: ask=t0!",
    ),
    case(
        "WANT-6/block",
        "A WantHave that asks for no DontHave comes for a block that is not held.",
        "join A; A: ask=a",
    ),
    case(
        "WANT-6/leaf",
        "A WantHave that asks for no DontHave comes for a leaf of whose dataset another is held.",
        "join A; store a t0; A: ask=t1",
    ),
    case(
        "WANT-7/block",
        "A WantBlock that asks for a DontHave comes for a block that is not held.",
        "join A; A: want=a!",
    ),
    case(
        "WANT-7/leaf",
        "A WantBlock that asks for a DontHave comes for a leaf that is not held.",
        "join A; A: want=t0!",
    ),
    case(
        "WANT-7/recorded",
        "A WantBlock that asks for a DontHave comes for a block that is recorded already.",
        "join A; A: want=a; A: want=a!",
    ),
    case(
        "WANT-8/recorded",
        "A cancel comes for the recorded want.",
        "join A; A: want=a; A: cancel=a",
    ),
    case(
        "WANT-8/typed-want-block",
        "A cancel that is typed WantBlock comes for the recorded want.",
        "join A; A: want=a; A: cancel-want=a",
    ),
    case(
        "WANT-8/none",
        "A cancel comes, and nothing is recorded.",
        "join A; A: cancel=a",
    ),
    case(
        "WANT-8/asks-dont-have",
        "A cancel that asks for a DontHave comes, and nothing is recorded.",
        "join A; A: cancel-want=a!",
    ),
    case(
        "WANT-8/held",
        "A cancel that is typed WantBlock comes for a held block.",
        "join A; store a; A: cancel-want=a!",
    ),
    case(
        "WANT-8/other-want",
        "A cancel comes for another block than the one that is recorded.",
        "join A; A: want=a; A: cancel=b",
    ),
    case(
        "WANT-9/priority",
        "A WantBlock comes again, with another priority.",
        "join A; A: want=a want=b; A: want=a^5",
    ),
    case(
        "WANT-9/same",
        "A WantBlock comes again as it was.",
        "join A; A: want=a want=b; A: want=a",
    ),
    case(
        "WANT-9/beside-another",
        "A WantBlock comes again with another priority, and one for another block.",
        "join A; A: want=a want=b; A: want=a^5 want=c",
    ),
    case(
        "WANT-10/asks-dont-have",
        "A WantHave that asks for a DontHave comes for a recorded want.",
        "join A; A: want=a; A: ask=a!",
    ),
    case(
        "WANT-10/silent",
        "A WantHave that asks for no DontHave comes for a recorded want.",
        "join A; A: want=a^2; A: ask=a",
    ),
    case(
        "WANT-10/leaf",
        "A WantHave that asks for a DontHave comes for a recorded leaf.",
        "join A; A: want=t0 want=a; A: ask=t0!^4",
    ),
    case(
        "WANT-10/beside-another",
        "WantHaves that ask for a DontHave come for a recorded want and for another block.",
        "join A; A: want=a; A: ask=a! ask=b!",
    ),
    case(
        "WANT-11/replaces",
        "A full list names another block than the one that is recorded.",
        "join A; A: want=a; A: full want=b",
    ),
    case(
        "WANT-11/keeps-what-it-names",
        "A full list names one of two recorded wants.",
        "join A; A: want=a want=b; A: full want=b",
    ),
    case(
        "WANT-11/empty",
        "A full list without entries comes.",
        "join A; A: want=a want=b; A: full",
    ),
    case(
        "WANT-11/named-by-a-question",
        "A full list names the recorded want by a WantHave.",
        "join A; A: want=a want=b; A: full ask=a",
    ),
    case(
        "WANT-12/want",
        "A list that is not full names another block than the one that is recorded.",
        "join A; A: want=a; A: want=b",
    ),
    case(
        "WANT-12/question",
        "A list that is not full asks for word of another block.",
        "join A; A: want=a; A: ask=b",
    ),
    case(
        "WANT-13/delivered",
        "A block is delivered that another peer waits for.",
        "join A; join B; request a; A: want=a; B: have=a; B: block=a",
    ),
    case(
        "WANT-13/stored",
        "A block is stored that two peers wait for.",
        "join A; join B; A: want=a; B: want=a; store a",
    ),
    case(
        "WANT-13/leaf",
        "A leaf is stored that a peer waits for.",
        "join A; A: want=t0; store a t0",
    ),
    case(
        "WANT-13/both-names",
        "A block is stored that a peer waits for under both of its addresses.",
        "join A; A: want=a want=t0; store a t0",
    ),
    case(
        "WANT-13/plain-by-a-leaf",
        "A leaf is delivered whose block another peer waits for by its own CID.",
        "join A; join B; request t0; A: want=a; B: have=t0; B: block=t0/a",
    ),
    case(
        "WANT-13/leaf-without-proof",
        "A block is stored without the proof for the leaf that a peer waits for.",
        "join A; A: want=t0; store a",
    ),
    case(
        "WANT-14/priority",
        "Two held blocks are wanted, the second more urgently.",
        "join A; store a; store b; A: want=a want=b^1",
    )
    .judging(&[DeliveryOrder]),
    case(
        "WANT-14/equal",
        "Three held blocks are wanted with one priority.",
        "join A; store a; store b; store c; A: want=b want=c want=a",
    )
    .judging(&[DeliveryOrder]),
    case(
        "WANT-14/recorded",
        "A block is stored that is wanted under two addresses, the second more urgently.",
        "join A; A: want=t0 want=a^2; store a t0",
    )
    .judging(&[DeliveryOrder]),
    case(
        "WANT-14/after-a-cancel",
        "A cancel comes for the first of three recorded wants.",
        "join A; A: want=a want=b want=c; A: cancel=a",
    ),
    case(
        "WANT-15/want-then-cancel",
        "A list holds a want and its cancel.",
        "join A; A: want=a cancel=a",
    ),
    case(
        "WANT-15/cancel-then-want",
        "A list holds a cancel, and then a want for the same block.",
        "join A; A: want=a; A: cancel=a want=a^1",
    ),
    case(
        "WANT-15/twice",
        "A list holds two wants for one block.",
        "join A; A: want=a want=b want=a^2",
    ),
    case(
        "WANT-15/mixed",
        "A list holds a want and its cancel, and two wants for another block.",
        "join A; A: want=a cancel=a want=b^1 want=b^2",
    ),
    case(
        "WANT-15/held",
        "A list holds a want for a held block and its cancel.",
        "join A; store a; A: want=a cancel-want=a",
    ),
    case(
        "WANT-17/cancel",
        "One of two peers that want a block cancels.",
        "join A; join B; A: want=a; B: want=a; B: cancel=a",
    ),
    case(
        "WANT-17/full",
        "A full list comes, and another peer has a recorded want.",
        "join A; join B; A: want=a; B: full want=b",
    ),
    case(
        "WANT-17/want",
        "A want comes for what another peer has recorded, with another priority.",
        "join A; join B; A: want=a; B: want=a^3",
    ),
    case(
        "WANT-18/one-message",
        "A list asks for word of two blocks.",
        "join A; A: ask=a! ask=b!",
    )
    .judging(&[PresencesFirst]),
    case(
        "WANT-18/before-the-blocks",
        "A list asks for a held block, and for word of another.",
        "join A; store a; A: want=a ask=b! ask=a",
    )
    .judging(&[PresencesFirst]),
    case(
        "WANT-19/beyond",
        "A WantBlock comes beyond the bound.",
        "set wants 2; join A; A: want=a want=b; A: want=c",
    ),
    case(
        "WANT-19/update",
        "A recorded want is updated, and the bound is reached.",
        "set wants 2; join A; A: want=a want=b; A: want=a^3",
    ),
    case(
        "WANT-19/held",
        "A WantBlock for a held block comes, and the bound is reached.",
        "set wants 1; join A; store b; A: want=a; A: want=b",
    ),
];
