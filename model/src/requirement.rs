//! The catalogue of requirements: the single source of truth for what the protocol asks.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::deviation::Deviation;

/// How binding a requirement is, as RFC 2119 says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// A target that misses it fails.
    Must,
    /// A target that misses it gets a warning.
    Should,
    /// A target is free.
    May,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Must => "MUST",
            Level::Should => "SHOULD",
            Level::May => "MAY",
        })
    }
}

/// A part of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Section {
    /// How a context comes to be.
    Join,
    /// How it ends.
    Left,
    /// Presence, limited to what we want.
    Pres,
    /// How the node pursues its own wants.
    Ask,
    /// When the peer's want list is updated.
    Want,
    /// Deliveries, where a want ends.
    Xfer,
    /// What the node holds.
    Held,
    /// Framing and encoding (`wire.md`).
    Wire,
    /// Accounts.
    Pay,
}

impl Section {
    /// Every section, in the order of the specification.
    pub const ALL: &[Section] = &[
        Section::Join,
        Section::Left,
        Section::Pres,
        Section::Ask,
        Section::Want,
        Section::Xfer,
        Section::Held,
        Section::Wire,
        Section::Pay,
    ];

    /// What the IDs of its requirements begin with.
    pub const fn name(self) -> &'static str {
        match self {
            Section::Join => "JOIN",
            Section::Left => "LEFT",
            Section::Pres => "PRES",
            Section::Ask => "ASK",
            Section::Want => "WANT",
            Section::Xfer => "XFER",
            Section::Held => "HELD",
            Section::Wire => "WIRE",
            Section::Pay => "PAY",
        }
    }

    /// What it is about.
    pub const fn title(self) -> &'static str {
        match self {
            Section::Join => "how a context comes to be",
            Section::Left => "how it ends",
            Section::Pres => "presence, limited to what we want",
            Section::Ask => "how the node pursues its own wants",
            Section::Want => "when the peer's want list is updated",
            Section::Xfer => "deliveries, where a want ends",
            Section::Held => "what the node holds",
            Section::Wire => "framing and encoding (`wire.md`)",
            Section::Pay => "accounts",
        }
    }
}

/// What it takes to see whether a requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Observable {
    /// The wire alone.
    Wire,
    /// The wire, when the target can also be steered (made to want, cancel, store, connect).
    Control,
    /// A dump of the target's contexts.
    Dump,
}

/// One requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its name for good, such as `WANT-10`.
    pub id: &'static str,
    /// The part of the specification that it belongs to.
    pub section: Section,
    /// How binding it is.
    pub level: Level,
    /// What it asks.
    pub text: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Why it is as it is.
    pub rationale: &'static str,
    /// Each way in which it can be seen; none when it can be seen in no single node.
    pub observable: &'static [Observable],
}

impl Requirement {
    /// The requirement of this ID.
    pub fn find(id: &str) -> Option<&'static Requirement> {
        REQUIREMENTS.iter().find(|requirement| requirement.id == id)
    }

    /// The deviations that break it.
    pub fn broken_by(&self) -> impl Iterator<Item = Deviation> + use<> {
        let id = self.id;
        Deviation::ALL
            .iter()
            .copied()
            .filter(move |deviation| deviation.breaks().contains(&id))
    }
}

use Level::{May, Must, Should};
use Observable::{Control, Dump, Wire};

/// Every requirement, in the order of the specification.
pub const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        id: "JOIN-1",
        section: Section::Join,
        level: Must,
        text: "A context for a peer is created when the node handles that peer's Joined event, and by nothing else. No message creates one.",
        source: "seed",
        rationale: "",
        observable: &[Dump, Wire],
    },
    Requirement {
        id: "JOIN-2",
        section: Section::Join,
        level: Must,
        text: "A new context is empty: no presence, no wants, no account.",
        source: "seed",
        rationale: "",
        observable: &[Dump],
    },
    Requirement {
        id: "JOIN-3",
        section: Section::Join,
        level: Must,
        text: "A peer has at most one context. A Joined event for a peer that has one changes nothing in it and sends nothing.",
        source: "decision",
        rationale: "",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "JOIN-4",
        section: Section::Join,
        level: Must,
        text: "On creating a context the node sends that peer its own want list, when it is not empty: one WantHave entry for each own want and for nothing else, `cancel = false`, `priority = 0`; the first message has `full = true`, the following ones, when the list is split, `full = false`.",
        source: "deployed, notes",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "JOIN-5",
        section: Section::Join,
        level: Must,
        text: "With no own wants, no want list is sent on Joined.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "JOIN-6",
        section: Section::Join,
        level: Should,
        text: "A node that asks for payment sends its account on creating a context.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "JOIN-7",
        section: Section::Join,
        level: Must,
        text: "A message from a peer without a context is dropped: no state change, no reply, no error to anyone.",
        source: "deployed, follows from JOIN-1",
        rationale: "",
        observable: &[Dump, Wire],
    },
    Requirement {
        id: "JOIN-8",
        section: Section::Join,
        level: Must,
        text: "A node puts at most 1000 entries into one want-list message, and accepts at least 1024.",
        source: "LIP-111's limit of 1000, deployed limit 1024",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "LEFT-1",
        section: Section::Left,
        level: Must,
        text: "When a peer's last connection closes (Left), its context and everything in it is gone.",
        source: "deployed, LIP-111",
        rationale: "",
        observable: &[Dump],
    },
    Requirement {
        id: "LEFT-2",
        section: Section::Left,
        level: Must,
        text: "Own wants asked of a peer that left are no longer asked. Each that another context has a presence record for is asked of one such peer in the same step; the others wait for a presence or a retry.",
        source: "LIP-111",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "LEFT-3",
        section: Section::Left,
        level: Must,
        text: "A peer that joins again starts from an empty context and is sent the full own want list again.",
        source: "follows from LEFT-1, JOIN-2",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "LEFT-4",
        section: Section::Left,
        level: Must,
        text: "What was queued for a peer that left is discarded; no other peer is affected.",
        source: "decision",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "PRES-1",
        section: Section::Pres,
        level: Must,
        text: "After every step, in every context, every address in `presence` is an own want.",
        source: "seed",
        rationale: "",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-2",
        section: Section::Pres,
        level: Must,
        text: "A presence record is created only by a presence message's item of type Have for an own want.",
        source: "notes",
        rationale: "",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-3",
        section: Section::Pres,
        level: Must,
        text: "A DontHave item creates no record, and removes the record of that address if there is one. When that address was asked of this very peer, it is no longer asked, and is asked in the same step of another holder, if one is known.",
        source: "seed: the list is of blocks the peer *has*",
        rationale: "",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "PRES-4",
        section: Section::Pres,
        level: Must,
        text: "A Have for an address with a record replaces its price.",
        source: "deployed",
        rationale: "",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-5",
        section: Section::Pres,
        level: Must,
        text: "An item for an address that is no own want leaves no trace: later requesting that address sends a WantHave like any first request (ASK-1), not a WantBlock.",
        source: "seed",
        rationale: "",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "PRES-6",
        section: Section::Pres,
        level: Must,
        text: "When an own want ends, in whichever way (delivered, stored locally, cancelled, given up), its presence records go from every context in that same step.",
        source: "seed's \"at any given time\"",
        rationale: "",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-7",
        section: Section::Pres,
        level: Must,
        text: "Nothing else removes a record but PRES-3, PRES-6, LEFT-1, XFER-6 and ASK-8.",
        source: "decision",
        rationale: "",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-8",
        section: Section::Pres,
        level: Must,
        text: "A price is an unsigned big-endian integer of 0 to 32 bytes, empty meaning zero. An item whose price is longer is skipped, the other items count.",
        source: "deployed",
        rationale: "",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "PRES-9",
        section: Section::Pres,
        level: Must,
        text: "Items are handled in order; of two for one address the later wins.",
        source: "decision",
        rationale: "",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-10",
        section: Section::Pres,
        level: Must,
        text: "The helpers agree with the records: `peer_have` is exactly the addresses with a record, `peer_have_cids` the set of their `cid_or_tree_cid`, `contains(a)` whether `a` has one, `price(addresses)` the sum of their prices; `set_presence` and `clean_presence` change exactly the addresses named.",
        source: "seed",
        rationale: "",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-11",
        section: Section::Pres,
        level: Must,
        text: "An unknown presence type counts as DontHave.",
        source: "LIP-111",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "ASK-1",
        section: Section::Ask,
        level: Must,
        text: "Requesting an address that is neither held nor wanted makes it an own want and sends every peer with a context a WantHave entry for it, `full = false`; the reference sends exactly that entry, a foreign node may batch it with other own wants and later, but names nothing that it does not want. (By PRES-1 no context can know of it yet: a fresh want is never already known.) Discovery is asked for `cid_or_tree_cid`.",
        source: "deployed",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-2",
        section: Section::Ask,
        level: Must,
        text: "Requesting an own want again adds nothing and sends nothing; both requesters get the block.",
        source: "deployed",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-3",
        section: Section::Ask,
        level: Must,
        text: "Requesting a held address completes at once and sends nothing.",
        source: "decision",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-4",
        section: Section::Ask,
        level: Must,
        text: "WantBlock for an address is sent only to a peer with a presence record for it.",
        source: "deployed since PR 1019",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-5",
        section: Section::Ask,
        level: Must,
        text: "An address is asked of at most one peer at a time.",
        source: "deployed since PR 1119",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-6",
        section: Section::Ask,
        level: Must,
        text: "A presence message that leaves own wants known at that peer and asked of nobody makes the node ask this peer for all of them, in one want list (split by JOIN-8): WantBlock, `full = false` (the reference: in the order they were requested; a foreign node may order them freely).",
        source: "deployed",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-7",
        section: Section::Ask,
        level: Must,
        text: "Cancelling an own want ends it, sends a cancel entry to each peer it was asked of and not yet answered by, and reports true; cancelling anything else reports false and sends nothing.",
        source: "LIP-111 `cancelRequest`",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-8",
        section: Section::Ask,
        level: Should,
        text: "When an asked peer has not answered in time (retry), its record for that address goes, and the address is asked of another holder, or, with none, WantHave is sent again to every context and discovery asked again.",
        source: "deployed",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-9",
        section: Section::Ask,
        level: Should,
        text: "After the configured number of retries the request fails with an error and the want ends (PRES-6).",
        source: "deployed",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "WANT-1",
        section: Section::Want,
        level: Must,
        text: "A WantBlock entry for an address that is not held is appended to the peer's wants.",
        source: "seed",
        rationale: "",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "WANT-2",
        section: Section::Want,
        level: Must,
        text: "A WantBlock entry for a held address is answered with its delivery, and leaves no entry. (So after every step no context wants an address that the node holds.)",
        source: "deployed",
        rationale: "",
        observable: &[Wire, Dump],
    },
    Requirement {
        id: "WANT-3",
        section: Section::Want,
        level: Must,
        text: "A WantHave entry is never recorded.",
        source: "seed",
        rationale: "",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "WANT-4",
        section: Section::Want,
        level: Must,
        text: "A WantHave entry for a held address is answered with a presence item: Have, this address, the node's price.",
        source: "seed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WANT-5",
        section: Section::Want,
        level: Must,
        text: "A WantHave entry for an address that is not held is answered with DontHave when sendDontHave is set.",
        source: "deployed, LIP-111",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WANT-6",
        section: Section::Want,
        level: Must,
        text: "A WantHave entry for an address that is not held is not answered when sendDontHave is not set.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WANT-7",
        section: Section::Want,
        level: Should,
        text: "A WantBlock entry for an address that is not held, with sendDontHave, is answered with DontHave as well as recorded (WANT-1).",
        source: "LIP-111, example 4",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WANT-8",
        section: Section::Want,
        level: Must,
        text: "A cancel entry removes the peer's entry for that address; with none it does nothing. It is never answered and never recorded, whatever its other fields say.",
        source: "deployed since PR 1119",
        rationale: "",
        observable: &[Wire, Dump],
    },
    Requirement {
        id: "WANT-9",
        section: Section::Want,
        level: Must,
        text: "A WantBlock entry for a recorded address updates that entry's fields in place: one entry per address, the position is kept.",
        source: "deployed",
        rationale: "",
        observable: &[Dump],
    },
    Requirement {
        id: "WANT-10",
        section: Section::Want,
        level: Must,
        text: "A WantHave entry for a recorded address is answered as any WantHave is, and leaves the record as it was.",
        source: "seed: WantHave is handled on the fly",
        rationale: "",
        observable: &[Wire, Dump],
    },
    Requirement {
        id: "WANT-11",
        section: Section::Want,
        level: Should,
        text: "A list with `full = true` replaces the peer's list: entries recorded before and not named by it are dropped before its own entries are handled.",
        source: "LIP-111",
        rationale: "",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "WANT-12",
        section: Section::Want,
        level: Must,
        text: "A list with `full = false` leaves what it does not name as it was.",
        source: "LIP-111",
        rationale: "",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "WANT-13",
        section: Section::Want,
        level: Must,
        text: "When a block becomes held (a delivery accepted, or stored locally), every context that wants it, under any of its addresses, is sent it in that same step, and those entries go.",
        source: "deployed intent",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "WANT-14",
        section: Section::Want,
        level: Should,
        text: "What one step owes one peer is sent highest priority first, then in the order recorded.",
        source: "deployed",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "WANT-15",
        section: Section::Want,
        level: Must,
        text: "Entries of a list are handled in order, as if each came in a list of its own.",
        source: "decision",
        rationale: "",
        observable: &[Wire, Dump],
    },
    Requirement {
        id: "WANT-16",
        section: Section::Want,
        level: Must,
        text: "An entry without a usable address (absent, or a CID that does not parse) is skipped; the others count.",
        source: "LIP-111",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WANT-17",
        section: Section::Want,
        level: Must,
        text: "One peer's lists change no other peer's context.",
        source: "decision",
        rationale: "",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "WANT-18",
        section: Section::Want,
        level: Should,
        text: "What one list is answered with comes as one presence message (split at 1024 items) before the deliveries.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "XFER-1",
        section: Section::Xfer,
        level: Must,
        text: "A delivery carries the address as it was asked for, the block's CID, its data, and for a leaf address the Merkle proof.",
        source: "deployed, LIP-111",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "XFER-2",
        section: Section::Xfer,
        level: Must,
        text: "A delivery for an address that is no own want is ignored.",
        source: "deployed",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-3",
        section: Section::Xfer,
        level: Must,
        text: "A delivery counts only if its data hashes to its CID and, for a plain address, that CID is the address.",
        source: "LIP-111",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-4",
        section: Section::Xfer,
        level: Must,
        text: "For a leaf address it counts only with a proof whose index is the address's, that verifies the block's hash against the tree CID's root.",
        source: "LIP-111",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-5",
        section: Section::Xfer,
        level: Must,
        text: "A delivery that does not count stores nothing, ends no want and completes no request; other deliveries of the message still count.",
        source: "LIP-111",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-6",
        section: Section::Xfer,
        level: Must,
        text: "When it came from the peer that the address is asked of, that peer's presence record for it goes and the address is asked elsewhere (as PRES-3).",
        source: "decision",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-7",
        section: Section::Xfer,
        level: Must,
        text: "A delivery that counts: the block is held under all its addresses (a leaf's block under its own CID too; a plain block under no leaf, for want of a proof); every own want for one of them ends (PRES-6) and its requesters complete; each other peer such a want was asked of and not answered by is sent a cancel entry; and WANT-13 applies. (So no own want is ever held. A cancel sent to the deliverer too, as some deployed nodes do, is tolerated.)",
        source: "deployed",
        rationale: "",
        observable: &[Control, Dump],
    },
    Requirement {
        id: "XFER-8",
        section: Section::Xfer,
        level: May,
        text: "A wanted delivery from a peer it was not asked of may be accepted or ignored.",
        source: "decision",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-9",
        section: Section::Xfer,
        level: Must,
        text: "No message exceeds the size limit; what does not fit is split. At most 20 blocks a message SHOULD hold.",
        source: "deployed, LIP-111",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "HELD-1",
        section: Section::Held,
        level: Must,
        text: "Storing a block locally (an upload) makes it held, ends an own want for any of its addresses as a delivery would (requesters complete, PRES-6, cancels to the peers asked), and WANT-13 applies.",
        source: "decision",
        rationale: "",
        observable: &[Control, Dump],
    },
    Requirement {
        id: "HELD-2",
        section: Section::Held,
        level: Must,
        text: "Deleting a held block sends nothing and changes no context; from then on it is not held. So a peer that was told Have may ask for it and find it gone: its WantBlock is recorded (WANT-1), not refused.",
        source: "deployed nodes expire and delete blocks",
        rationale: "",
        observable: &[Control],
    },
    Requirement {
        id: "WIRE-1",
        section: Section::Wire,
        level: Must,
        text: "A message is a protobuf `Message` behind an unsigned-varint length.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-2",
        section: Section::Wire,
        level: Must,
        text: "A frame longer than the limit (100 MiB; configurable, lower in tests) closes the stream without that much memory being taken; other streams and peers go on.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-3",
        section: Section::Wire,
        level: Must,
        text: "A frame that is not a `Message` closes that stream, and only it; the context stays until Left.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-4",
        section: Section::Wire,
        level: Must,
        text: "Unknown fields are skipped, fields may come in any order, default values may be present or left out.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-5",
        section: Section::Wire,
        level: Must,
        text: "An unknown want type makes that entry skipped; nothing crashes.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-6",
        section: Section::Wire,
        level: Must,
        text: "Parts of one message are handled in the order: want list, deliveries, presences, account, payment; an empty message does nothing.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-7",
        section: Section::Wire,
        level: Must,
        text: "A message may arrive on any stream of the protocol between the two peers, whoever opened it, several at a time; replies may come on the same or another.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-8",
        section: Section::Wire,
        level: Must,
        text: "A truncated varint or frame at the end of a stream is dropped quietly. Overlong varints are refused.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-9",
        section: Section::Wire,
        level: Must,
        text: "Nothing that a peer can send ends or blocks the node's process, and a field that is missing (a delivery without data, an entry without an address, an empty CID) is handled as unusable, not as a value.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-10",
        section: Section::Wire,
        level: Should,
        text: "The number of streams and the amount of unprocessed input per peer are bounded (deployed nodes: 100 concurrent incoming streams, the next one is closed); what is refused is refused without harm to the rest.",
        source: "deployed",
        rationale: "",
        observable: &[Wire],
    },
    Requirement {
        id: "PAY-1",
        section: Section::Pay,
        level: Must,
        text: "An account message of a peer with a context is recorded there, the later replacing the earlier; one whose address is not 20 bytes is ignored.",
        source: "deployed",
        rationale: "",
        observable: &[Dump],
    },
    Requirement {
        id: "PAY-2",
        section: Section::Pay,
        level: May,
        text: "Payment messages are carried and recorded opaquely; no wallet is part of this specification.",
        source: "decision",
        rationale: "",
        observable: &[],
    },
];
