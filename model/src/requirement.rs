//! The catalogue of requirements: the single source of truth for what the protocol asks.
//!
//! Each requirement names its sources, highest authority first; where they disagree, the higher
//! one counts:
//!
//! - *seed*: the design note on the peer contexts of the Codex block exchange.
//! - *notes*: the note on when presence records are added and removed, to which the seed refers.
//! - *LIP-111*: the public text CODEX-BLOCK-EXCHANGE, number 111 of the Logos RFC index.
//! - *deployed*: what deployed nodes do, read from their public sources and seen on running ones
//!   (PR numbers are those of nim-codex).
//! - *decision*: ours, where the others are silent or contradict each other. The rationale says
//!   which way we went, and why.
//!
//! A requirement that *follows from* others is named for what can be seen of it.

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
    /// Framing and encoding.
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
            Section::Wire => "framing and encoding",
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
    /// Where it comes from: see the module's documentation.
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
        rationale: "A context stands for a connection: if messages could create one as well, contexts would come to be that no Left event ever removes. The seed names the one place where it is created.",
        observable: &[Dump, Wire],
    },
    Requirement {
        id: "JOIN-2",
        section: Section::Join,
        level: Must,
        text: "A new context is empty: no presence, no wants, no account.",
        source: "seed",
        rationale: "Nothing is known of a peer before it has spoken. Whatever an earlier connection left behind may be untrue by now.",
        observable: &[Dump],
    },
    Requirement {
        id: "JOIN-3",
        section: Section::Join,
        level: Must,
        text: "A peer has at most one context. A Joined event for a peer that has one changes nothing in it and sends nothing.",
        source: "decision",
        rationale: "A peer may hold several connections, and events of them may come twice; a context that starts anew each time would lose wants that the peer believes recorded. A decision of ours: some deployed nodes send their list again.",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "JOIN-4",
        section: Section::Join,
        level: Must,
        text: "On creating a context the node sends that peer its own want list, when it is not empty: one WantHave entry for each own want and for nothing else, `cancel = false`, `priority = 0`; the first message has `full = true`, the following ones, when the list is split, `full = false`.",
        source: "deployed, notes",
        rationale: "This is how a peer learns of wants that are older than the connection; without it a want is only met by peers that were there when it was made. It says `full` since nothing came before it, and only its first part does, or each part would wipe out the one before.",
        observable: &[Control],
    },
    Requirement {
        id: "JOIN-5",
        section: Section::Join,
        level: Must,
        text: "With no own wants, no want list is sent on Joined.",
        source: "deployed",
        rationale: "An empty list says nothing that a new context does not say already.",
        observable: &[Wire],
    },
    Requirement {
        id: "JOIN-6",
        section: Section::Join,
        level: Should,
        text: "A node that asks for payment sends its account on creating a context.",
        source: "deployed",
        rationale: "A peer that is to pay must know whom, before the first block is delivered. SHOULD, since a node that asks for no payment never does it, and payment is no part of this specification.",
        observable: &[Wire],
    },
    Requirement {
        id: "JOIN-7",
        section: Section::Join,
        level: Must,
        text: "A message from a peer without a context is dropped: no state change, no reply, no error to anyone.",
        source: "deployed, follows from JOIN-1",
        rationale: "There is no place to record what such a message says. It is dropped without an error because it is no offence: a message can overtake the event that its connection has opened.",
        observable: &[Dump, Wire],
    },
    Requirement {
        id: "JOIN-8",
        section: Section::Join,
        level: Must,
        text: "A node puts at most 1000 entries into one want-list message, and accepts at least 1024.",
        source: "LIP-111 (a limit of 1000), deployed (a limit of 1024)",
        rationale: "The public text and the deployed nodes disagree on the limit, so one sends no more than the smaller allows and accepts as many as the larger. Without a limit, one list decides how much memory its receiver takes.",
        observable: &[Control],
    },
    Requirement {
        id: "LEFT-1",
        section: Section::Left,
        level: Must,
        text: "When a peer's last connection closes (Left), its context and everything in it is gone.",
        source: "deployed, LIP-111",
        rationale: "What a peer has and wants is worth knowing only as long as blocks can be exchanged with it. Contexts that stay grow without end, and take a peer for a holder that is not there.",
        observable: &[Dump],
    },
    Requirement {
        id: "LEFT-2",
        section: Section::Left,
        level: Must,
        text: "Own wants asked of a peer that left are no longer asked. Each that another context has a presence record for is asked of one such peer in the same step; the others wait for a presence or a retry.",
        source: "LIP-111",
        rationale: "An answer that was waited for will not come. A want that stays asked of a peer that is gone is asked of nobody else (ASK-5) and hangs until a retry, though another holder is at hand.",
        observable: &[Control],
    },
    Requirement {
        id: "LEFT-3",
        section: Section::Left,
        level: Must,
        text: "A peer that joins again starts from an empty context and is sent the full own want list again.",
        source: "follows from LEFT-1, JOIN-2",
        rationale: "The peer has forgotten us too: both sides start from nothing, and the full list brings the peer up to date. What it wanted before, it asks for again.",
        observable: &[Control],
    },
    Requirement {
        id: "LEFT-4",
        section: Section::Left,
        level: Must,
        text: "What was queued for a peer that left is discarded; no other peer is affected.",
        source: "decision",
        rationale: "What was queued answers questions that the peer no longer remembers, and waiting for its return would hold memory for a peer that may never come.",
        observable: &[Wire],
    },
    Requirement {
        id: "LEFT-5",
        section: Section::Left,
        level: Should,
        text: "A peer whose connection closes while another one stands has not left. What is owed to it and was not written to the closing connection is sent on another, in its order.",
        source: "decision",
        rationale: "A want is gone from the context once its delivery is under way (WANT-2), and the peer sees no end of its context that would tell it to ask again: a delivery that is lost with one of two connections would be waited for until a retry. SHOULD, since of what was handed to a connection a node cannot always tell how much was written.",
        observable: &[Control],
    },
    Requirement {
        id: "PRES-1",
        section: Section::Pres,
        level: Must,
        text: "After every step, in every context, every address in `presence` is an own want.",
        source: "seed",
        rationale: "The central invariant: `blocks` is what the peer has and we want, never more. It bounds what peers can make us keep by what we ourselves asked for, and it makes a record a reason to ask.",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-2",
        section: Section::Pres,
        level: Must,
        text: "A presence record is created only by a presence message's item of type Have for an own want.",
        source: "notes",
        rationale: "A record is the peer's own word that it has a block. A guess from anything else (that it wants the block, that it once delivered it) would send WantBlock to peers that cannot answer.",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-3",
        section: Section::Pres,
        level: Must,
        text: "A DontHave item creates no record, and removes the record of that address if there is one. When that address was asked of this very peer, it is no longer asked, and is asked in the same step of another holder, if one is known.",
        source: "seed (the list is of blocks the peer *has*)",
        rationale: "A DontHave that is kept as a record counts as having, and the want is asked of the one peer that said it cannot help. Asking elsewhere in the same step spares waiting for the retry.",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "PRES-4",
        section: Section::Pres,
        level: Must,
        text: "A Have for an address with a record replaces its price.",
        source: "deployed",
        rationale: "A price is an offer that may change; the last one is what will be charged.",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-5",
        section: Section::Pres,
        level: Must,
        text: "An item for an address that is no own want leaves no trace: later requesting that address sends a WantHave like any first request (ASK-1), not a WantBlock.",
        source: "seed",
        rationale: "A record made before its want would break PRES-1 at once, and be out of date by the time of the request: asking with WantHave gets a fresh answer.",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "PRES-6",
        section: Section::Pres,
        level: Must,
        text: "When an own want ends, in whichever way (delivered, stored locally, cancelled, given up), its presence records go from every context in that same step.",
        source: "seed (\"at any given time\")",
        rationale: "PRES-1 holds of every moment, so the records end when the want does, in whichever way. Where deployed nodes clean on some ways only, a later request for the same block goes as WantBlock to peers that may have it no longer.",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-7",
        section: Section::Pres,
        level: Must,
        text: "Nothing else removes a record but PRES-3, PRES-6, LEFT-1, XFER-6 and ASK-8.",
        source: "decision",
        rationale: "A peer says once that it has a block. If something else took the record away (silence, another message, another peer's word), the node would forget a holder that it was told of, and nobody would tell it again.",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-8",
        section: Section::Pres,
        level: Must,
        text: "A price is an unsigned big-endian integer of 0 to 32 bytes, empty meaning zero. An item whose price is longer is skipped, the other items count.",
        source: "deployed",
        rationale: "The size of a 256-bit token amount. Reading longer numbers would mean cutting them, to a price that nobody asked; the item is skipped and not the message, so that one bad item takes no others with it.",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "PRES-9",
        section: Section::Pres,
        level: Must,
        text: "Items are handled in order; of two for one address the later wins.",
        source: "decision",
        rationale: "Two items for one address contradict each other or repeat; either way the later one is what the sender said last. Any order would do for a receiver, but both sides must agree on one.",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-10",
        section: Section::Pres,
        level: Must,
        text: "The helpers agree with the records: `peer_have` is exactly the addresses with a record, `peer_have_cids` the set of their `cid_or_tree_cid`, `contains(a)` whether `a` has one, `price(addresses)` the sum of their prices; `set_presence` and `clean_presence` change exactly the addresses named.",
        source: "seed",
        rationale: "The helpers are what the rest of a node decides by. When they disagree with the records, the node asks the wrong peers or none, although its records are right.",
        observable: &[Dump],
    },
    Requirement {
        id: "PRES-11",
        section: Section::Pres,
        level: Must,
        text: "An unknown presence type counts as DontHave.",
        source: "LIP-111",
        rationale: "A type that is not known says anything but that the block is there. To take it for Have invents a holder; to end the process or the stream for it makes every extension of the protocol a breach.",
        observable: &[Wire],
    },
    Requirement {
        id: "ASK-1",
        section: Section::Ask,
        level: Must,
        text: "Requesting an address that is neither held nor wanted makes it an own want and sends every peer with a context a WantHave entry for it, `full = false`; the reference sends exactly that entry, a foreign node may batch it with other own wants and later, but names nothing that it does not want. (By PRES-1 no context can know of it yet: a fresh want is never already known.) Discovery is asked for `cid_or_tree_cid`.",
        source: "deployed",
        rationale: "WantHave costs its receiver a look into its store, and us no block that arrives several times: it finds the holders before one is asked. Foreign nodes batch such entries and send them a little later; what they may not do is name a block that they do not want, for that draws records that nobody cleans.",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-2",
        section: Section::Ask,
        level: Must,
        text: "Requesting an own want again adds no want and sends nothing; both requesters get the block.",
        source: "deployed",
        rationale: "The question is out already, and each of its answers serves everyone who waits. Asking again doubles the traffic for nothing.",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-3",
        section: Section::Ask,
        level: Must,
        text: "Requesting a held address completes at once and sends nothing.",
        source: "decision",
        rationale: "There is nothing to find out. A want for a held block would never end, since no peer is bound to deliver it.",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-4",
        section: Section::Ask,
        level: Must,
        text: "WantBlock for an address is sent only to a peer with a presence record for it.",
        source: "deployed (since PR 1019)",
        rationale: "A WantBlock to a peer without the block is recorded there as a want and may be answered much later, when the block has long come from elsewhere. Nodes before PR 1019 asked without having been told.",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-5",
        section: Section::Ask,
        level: Must,
        text: "An address is asked of at most one peer at a time.",
        source: "deployed (since PR 1119)",
        rationale: "Every peer that is asked delivers: asking two means paying and carrying the block twice.",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-6",
        section: Section::Ask,
        level: Must,
        text: "A presence message that leaves own wants known at that peer and asked of nobody makes the node ask this peer for all of them, in one want list (split by JOIN-8): WantBlock, `full = false` (the reference: in the order they were requested; a foreign node may order them freely).",
        source: "deployed",
        rationale: "A known holder is no use until it is asked. It is asked for everything at once, also for what an earlier message of it made known, so that a want that lost its asked peer is picked up by the next word of any holder.",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-7",
        section: Section::Ask,
        level: Must,
        text: "Cancelling an own want ends it (when others have requested it too, ASK-10 applies), sends a cancel entry to each peer it was asked of and not yet answered by, and reports true; cancelling anything else reports false and sends nothing.",
        source: "LIP-111 (`cancelRequest`)",
        rationale: "A peer that was asked keeps the want until it is told otherwise, and would send a block that nobody waits for. A DontHave is not counted as an answer that ends the duty to cancel: the peer may have recorded the want all the same (WANT-7), so a cancel is still owed; a suite tolerates that it is left out. A delivery that does not count is an answer: the peer has served the want as it understood it, and keeps none.",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-8",
        section: Section::Ask,
        level: Should,
        text: "When an asked peer has not answered in time (retry), its record for that address goes, and the address is asked of another holder, or, with none, WantHave is sent again to every context and discovery asked again.",
        source: "deployed",
        rationale: "A peer may be slow, or may have lost the block since it said Have: its record is withdrawn so that others get their turn, and with nobody left the search begins again. SHOULD, since when to give up waiting is a matter of policy.",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-9",
        section: Section::Ask,
        level: Should,
        text: "After the configured number of retries the request fails with an error and the want ends (PRES-6).",
        source: "deployed",
        rationale: "A request that can neither succeed nor fail holds its requester for good. SHOULD, since a node may leave it to its users to give up (ASK-7).",
        observable: &[Control],
    },
    Requirement {
        id: "ASK-10",
        section: Section::Ask,
        level: Must,
        text: "An own want that was requested several times ends by cancelling only when each of the requests has been cancelled: before that a cancel reports true, sends nothing, and the want goes on for the others.",
        source: "decision, follows from ASK-2",
        rationale: "ASK-2 says that both requesters get the block. If the first cancel ended the want, whoever requests a block could be deprived of it by somebody else who gives up. Deployed nodes of 2025 do that, and it was reported as a mistake; those of 2026 count who waits.",
        observable: &[Control],
    },
    Requirement {
        id: "WANT-1",
        section: Section::Want,
        level: Must,
        text: "A WantBlock entry for an address that is not held is appended to the peer's wants.",
        source: "seed",
        rationale: "This is what the want list is: what the peer has explicitly asked for and not been given. Forgetting it means that the block is not sent when it comes, although the asker waits for just that.",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "WANT-2",
        section: Section::Want,
        level: Must,
        text: "A WantBlock entry for a held address is answered with its delivery, and leaves no entry. (So after every step no context wants an address that the node holds.)",
        source: "deployed",
        rationale: "A want that is met is over. An entry that stayed would have the block sent again the next time that something makes the node look through its lists.",
        observable: &[Wire, Dump],
    },
    Requirement {
        id: "WANT-3",
        section: Section::Want,
        level: Must,
        text: "A WantHave entry is never recorded.",
        source: "seed",
        rationale: "WantHave is handled on the fly: the peer asked for word, not for the block. Recorded, it would either be served with a block that was not asked for, or stand in the list for ever.",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "WANT-4",
        section: Section::Want,
        level: Must,
        text: "A WantHave entry for a held address is answered with a presence item: Have, this address, the node's price.",
        source: "seed",
        rationale: "This answer is the only way in which a peer learns that it may ask for the block, and at what price.",
        observable: &[Wire],
    },
    Requirement {
        id: "WANT-5",
        section: Section::Want,
        level: Must,
        text: "A WantHave entry for an address that is not held is answered with DontHave when sendDontHave is set.",
        source: "deployed, LIP-111",
        rationale: "Who sets sendDontHave wants to know without waiting that this peer is no help.",
        observable: &[Wire],
    },
    Requirement {
        id: "WANT-6",
        section: Section::Want,
        level: Must,
        text: "A WantHave entry for an address that is not held is not answered when sendDontHave is not set.",
        source: "deployed",
        rationale: "Most peers lack most blocks: unasked denials would be most of the traffic, and say nothing that silence does not.",
        observable: &[Wire],
    },
    Requirement {
        id: "WANT-7",
        section: Section::Want,
        level: Should,
        text: "A WantBlock entry for an address that is not held, with sendDontHave, is answered with DontHave as well as recorded (WANT-1).",
        source: "LIP-111 (example 4)",
        rationale: "The asker learns that the block is not there now, and may look elsewhere, while its want stays recorded for when the block comes. SHOULD, since no deployed node of the Nim family does it.",
        observable: &[Wire],
    },
    Requirement {
        id: "WANT-8",
        section: Section::Want,
        level: Must,
        text: "A cancel entry removes the peer's entry for that address; with none it does nothing. It is never answered and never recorded, whatever its other fields say.",
        source: "deployed (since PR 1119)",
        rationale: "A cancel takes back, and asks for nothing. Deployed nodes type it WantHave, and nodes before PR 1119 took one without a record for a fresh entry, and answered or recorded what the sender had just given up.",
        observable: &[Wire, Dump],
    },
    Requirement {
        id: "WANT-9",
        section: Section::Want,
        level: Must,
        text: "A WantBlock entry for a recorded address updates that entry's fields in place: one entry per address, the position is kept.",
        source: "deployed",
        rationale: "One address, one entry: a list that grows by repetition would have the block sent as often as it was asked for. The position stays, so that nobody loses its turn by a change of priority, and nobody gains one.",
        observable: &[Dump],
    },
    Requirement {
        id: "WANT-10",
        section: Section::Want,
        level: Must,
        text: "A WantHave entry for a recorded address is answered as any WantHave is, and leaves the record as it was.",
        source: "seed (WantHave is handled on the fly)",
        rationale: "The two types are different questions about one block, and the second does not take back the first. In a deployed generation a WantHave overwrites the recorded WantBlock, and the peer is then left with neither word nor block, even once the block is there.",
        observable: &[Wire, Dump],
    },
    Requirement {
        id: "WANT-11",
        section: Section::Want,
        level: Should,
        text: "A list with `full = true` replaces the peer's list: entries recorded before and not named by it are dropped before its own entries are handled.",
        source: "LIP-111",
        rationale: "A full list is how a sender repairs what went wrong before: cancels lost with a stream, wants forgotten. SHOULD, since deployed nodes do not look at `full`; and some send full lists that leave out what they ask for explicitly, whose waiting WantBlock a receiver that honours this drops.",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "WANT-12",
        section: Section::Want,
        level: Must,
        text: "A list with `full = false` leaves what it does not name as it was.",
        source: "LIP-111",
        rationale: "Most lists name one new want. If each replaced what came before, only the last want of each peer would ever be served.",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "WANT-13",
        section: Section::Want,
        level: Must,
        text: "When a block becomes held (a delivery accepted, or stored locally), every context that wants it, under any of its addresses, is sent it in that same step, and those entries go.",
        source: "deployed (intended)",
        rationale: "This is what a recorded want is for: the peer asked once and will not ask again. Under any of its addresses, because the asker knows a block by the name that it asked with, and cannot tell that it came by another; where a deployed generation compares CIDs only, a leaf that was asked for is never sent.",
        observable: &[Control],
    },
    Requirement {
        id: "WANT-14",
        section: Section::Want,
        level: Should,
        text: "What one step owes one peer is sent highest priority first, then in the order recorded.",
        source: "deployed",
        rationale: "The asker knows best what it needs first, and says so by priority. SHOULD, since order is a matter of speed and not of meaning.",
        observable: &[Control],
    },
    Requirement {
        id: "WANT-15",
        section: Section::Want,
        level: Must,
        text: "Entries of a list are handled in order, as if each came in a list of its own.",
        source: "decision",
        rationale: "A list that holds a want and its cancel, or a block twice, must mean one thing. Handling entries one by one makes a list worth exactly the lists of one entry that it could have been sent as.",
        observable: &[Wire, Dump],
    },
    Requirement {
        id: "WANT-16",
        section: Section::Want,
        level: Must,
        text: "An entry without a usable address (absent, or a CID that does not parse) is skipped; the others count.",
        source: "LIP-111",
        rationale: "What the entry is about cannot be known, so it can be neither recorded nor answered. The others are as good as ever: one entry that another version of the protocol wrote must not cost the peer all its wants.",
        observable: &[Wire],
    },
    Requirement {
        id: "WANT-17",
        section: Section::Want,
        level: Must,
        text: "One peer's lists change no other peer's context.",
        source: "decision",
        rationale: "Contexts are per peer so that no peer can speak for another: a cancel that reached beyond its sender would let anyone silence anyone.",
        observable: &[Dump, Control],
    },
    Requirement {
        id: "WANT-18",
        section: Section::Want,
        level: Should,
        text: "What one list is answered with comes as one presence message (split at 1024 items) before the deliveries.",
        source: "deployed",
        rationale: "One message costs less than many, and with presence first the peer can ask for the rest while blocks are still on their way. SHOULD, since several messages say the same.",
        observable: &[Wire],
    },
    Requirement {
        id: "WANT-19",
        section: Section::Want,
        level: Should,
        text: "A node may bound how many wants of a peer it records (WIRE-10). A WantBlock entry beyond the bound is answered as any for a block that is not held (WANT-7), and is not recorded; those that are recorded stay, are updated (WANT-9), and are served.",
        source: "decision",
        rationale: "What was recorded was promised first: if a further want could push it out, a peer that asks for too much would lose what it asked for first, and would not learn of it. The DontHave, where it is asked for, says that the block is not there now, which is all that can be said. SHOULD, since a node is free to have no bound.",
        observable: &[Control],
    },
    Requirement {
        id: "WANT-20",
        section: Section::Want,
        level: Must,
        text: "Every list is handled: one that comes while another of the same peer is being handled, or while its blocks are being sent, is handled after it.",
        source: "decision",
        rationale: "A list is sent once, and its sender takes what it asked for as recorded: of a list that is dropped it learns nothing, and waits for blocks that nobody owes it. A node that is busy reads later; what it does not want to keep it bounds (WIRE-10).",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-1",
        section: Section::Xfer,
        level: Must,
        text: "A delivery carries the address as it was asked for, the block's CID, its data, and for a leaf address the Merkle proof.",
        source: "deployed, LIP-111",
        rationale: "The asker matches a delivery to its want by the address, hashes the data against the CID, and needs the proof to connect the two. With any of them missing a block that is right cannot be recognised.",
        observable: &[Wire],
    },
    Requirement {
        id: "XFER-2",
        section: Section::Xfer,
        level: Must,
        text: "A delivery for an address that is no own want is ignored.",
        source: "deployed",
        rationale: "Otherwise any peer could fill the store with blocks of its choosing.",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-3",
        section: Section::Xfer,
        level: Must,
        text: "A delivery counts only if its data hashes to its CID, by a hash function that the node knows (SHA-256 at least), and, for a plain address, that CID is the address.",
        source: "LIP-111",
        rationale: "The CID is all that tells the block from any other bytes. The check of CID against address is its own: data that matches a CID is still the wrong block, if another was asked for. Of a CID of an unknown hash function nothing can be told, so that any bytes would do.",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-4",
        section: Section::Xfer,
        level: Must,
        text: "For a leaf address it counts only with a proof whose index is the address's, that verifies the block's hash against the tree CID's root.",
        source: "LIP-111",
        rationale: "A leaf is named by its place in the dataset and not by its hash, so the proof alone says that this block belongs there. Where a deployed node takes a proof that decodes for one that verifies, any peer can put any block into any dataset.",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-5",
        section: Section::Xfer,
        level: Must,
        text: "A delivery that does not count stores nothing, ends no want and completes no request; other deliveries of the message still count.",
        source: "LIP-111",
        rationale: "A wrong block is no progress: the want goes on. The rest of the message is judged on its own, or one bad block would cost all those that came with it.",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-6",
        section: Section::Xfer,
        level: Must,
        text: "When it came from the peer that the address is asked of, that peer's presence record for it goes and the address is asked elsewhere (as PRES-3).",
        source: "decision",
        rationale: "The peer has answered, with something else: it will not answer again, so waiting for it is waiting for the retry. A deployed node that leaves the address asked of that peer is stuck with it, though others have the block.",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-7",
        section: Section::Xfer,
        level: Must,
        text: "A delivery that counts: the block is held under all its addresses (a leaf's block under its own CID too; a plain block under no leaf, for want of a proof); every own want for one of them ends (PRES-6) and its requesters complete; each other peer such a want was asked of and not answered by is sent a cancel entry; and WANT-13 applies. (So no own want is ever held. A cancel sent to the deliverer too, as some deployed nodes do, is tolerated.)",
        source: "deployed",
        rationale: "A block is the same under each of its names, so that every want for it is over and every waiter served; a plain block is not held as a leaf, since without a proof it cannot be delivered as one. Whoever else was asked would still send the block if it were not told. Whoever delivered the block has served the want and keeps none; some deployed nodes send it a cancel all the same, which does no harm. As under ASK-7, a DontHave does not end the duty to cancel.",
        observable: &[Control, Dump],
    },
    Requirement {
        id: "XFER-8",
        section: Section::Xfer,
        level: May,
        text: "A wanted delivery from a peer it was not asked of may be accepted or ignored.",
        source: "decision",
        rationale: "The block is as good from anyone, and a late answer of a peer asked earlier should not be wasted. A node that accounts for its requests may wish to ignore what it did not ask for: we leave it open.",
        observable: &[Control],
    },
    Requirement {
        id: "XFER-9",
        section: Section::Xfer,
        level: Must,
        text: "No message exceeds the size limit; what does not fit is split. A block that fits into no message by itself is not stored, and so is never announced.",
        source: "deployed, LIP-111, decision (the second sentence)",
        rationale: "A message beyond the limit is not read (WIRE-2), so all of it would be lost, and the stream with it. A block that is announced and can never be delivered would be asked for again and again, and its asker would wait for it in vain.",
        observable: &[Wire],
    },
    Requirement {
        id: "XFER-10",
        section: Section::Xfer,
        level: Should,
        text: "A message holds at most 20 blocks.",
        source: "deployed",
        rationale: "Smaller messages let other answers pass between them. SHOULD, since what is too long for a message is the matter of XFER-9: nodes of 2026 put 48 blocks and more into one, and every known node reads them. (It was the second sentence of XFER-9, where missing it looked like missing a MUST.)",
        observable: &[Wire],
    },
    Requirement {
        id: "XFER-11",
        section: Section::Xfer,
        level: Should,
        text: "The empty block is no block of this protocol. Nobody announces or delivers it, and an entry for it is answered as any for a block that is not held; who requests it has it, since its CID says all that is in it.",
        source: "decision",
        rationale: "A delivery of it carries no data, and so is a delivery without data, which counts for nobody (WIRE-9, XFER-3): a Have for it leads its asker to ask for what cannot be sent. Nobody needs to be sent it. Deployed nodes always hold it, which is why they never ask for it, and say Have when they are asked. SHOULD, since that misleads only nodes that do not hold it.",
        observable: &[Wire],
    },
    Requirement {
        id: "HELD-1",
        section: Section::Held,
        level: Must,
        text: "Storing a block locally (an upload) makes it held, ends an own want for any of its addresses as a delivery would (requesters complete, PRES-6, cancels to the peers asked), and WANT-13 applies.",
        source: "decision",
        rationale: "For who waits it makes no difference by which way a block came. A want left standing for a block that is held would be asked for, and paid, in vain. A decision of ours: deployed nodes notice some uploads and not others.",
        observable: &[Control, Dump],
    },
    Requirement {
        id: "HELD-2",
        section: Section::Held,
        level: Must,
        text: "Deleting a held block sends nothing and changes no context; from then on it is not held. So a peer that was told Have may ask for it and find it gone: its WantBlock is recorded (WANT-1), not refused.",
        source: "deployed (nodes expire and delete blocks)",
        rationale: "Word of every deletion would go to peers of which nearly none care. So Have is a statement about the past: a WantBlock for a block gone since is recorded like any other, and served should the block come back.",
        observable: &[Control],
    },
    Requirement {
        id: "WIRE-1",
        section: Section::Wire,
        level: Must,
        text: "A message is a protobuf `Message` behind an unsigned-varint length.",
        source: "deployed",
        rationale: "The length tells where a message ends on a stream that carries many. A node that frames otherwise speaks another protocol.",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-2",
        section: Section::Wire,
        level: Must,
        text: "A frame longer than the limit (100 MiB; configurable, lower in tests) closes the stream without that much memory being taken; other streams and peers go on.",
        source: "deployed",
        rationale: "A length is a promise of the sender's: memory taken on the strength of it is memory that any peer can take. What follows such a length cannot be trusted to begin where it says, so the stream ends; nobody else has done anything wrong.",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-3",
        section: Section::Wire,
        level: Must,
        text: "A frame that is not a `Message` closes that stream, and only it; the context stays until Left.",
        source: "deployed",
        rationale: "After bytes that are no message there is no telling where the next one begins. The peer itself is still there, and its other streams are sound, so that the context, which stands for the connection, stays.",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-4",
        section: Section::Wire,
        level: Must,
        text: "Unknown fields are skipped, fields may come in any order, default values may be present or left out.",
        source: "deployed, LIP-111",
        rationale: "This is what lets the format grow: protobuf's rules, which every encoder relies on in its own way. Nim nodes write every default value, others write none; both mean the same.",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-5",
        section: Section::Wire,
        level: Must,
        text: "An unknown want type makes that entry skipped; nothing crashes.",
        source: "deployed, decision",
        rationale: "A later version may ask in ways that we do not know. The entry asks for nothing that we could give, and the others are as good as ever; in deployed nodes such an entry ends the process (see WIRE-9).",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-6",
        section: Section::Wire,
        level: Must,
        text: "Parts of one message are handled in the order: want list, deliveries, presences, account, payment; an empty message does nothing.",
        source: "deployed, decision",
        rationale: "Nim nodes send all parts of a message, most of them empty, so that empty ones must say nothing. One order makes a Have beside the delivery of the same block harmless: the delivery ends the want first, and the Have is then about nothing; where the parts are handled concurrently, a record stays and a block just obtained is asked for.",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-7",
        section: Section::Wire,
        level: Must,
        text: "A message may arrive on any stream of the protocol between the two peers, whoever opened it, several at a time; replies may come on the same or another.",
        source: "deployed",
        rationale: "Each side opens streams as it needs them, and two sends at once may open two. A node that reads answers only where it asked never sees those of a peer that answers on a stream of its own, as Nim nodes do.",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-8",
        section: Section::Wire,
        level: Must,
        text: "A truncated varint or frame at the end of a stream is dropped quietly. Overlong varints are refused.",
        source: "deployed",
        rationale: "A peer that goes away in the middle of a message is the ordinary case and no offence. An overlong varint is a second spelling of a length, of use only to those who look for differences between decoders.",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-9",
        section: Section::Wire,
        level: Must,
        text: "Nothing that a peer can send ends or blocks the node's process, and a field that is missing (a delivery without data, an entry without an address, an empty CID) is handled as unusable, not as a value.",
        source: "decision",
        rationale: "Otherwise one peer can take a node away from all its others with a single message, and deployed nodes can be. A missing field that is read as a value is how it begins: an absent address becomes an empty CID, and absent data a null.",
        observable: &[Wire],
    },
    Requirement {
        id: "WIRE-10",
        section: Section::Wire,
        level: Should,
        text: "The number of streams and the amount of unprocessed input per peer are bounded (deployed nodes: 100 concurrent incoming streams, the next one is closed); what is refused is refused without harm to the rest.",
        source: "deployed",
        rationale: "Each stream and each unread message takes memory, and a peer can open and send as many as it likes. SHOULD, since where the bound lies is for each node to say.",
        observable: &[Wire],
    },
    Requirement {
        id: "PAY-1",
        section: Section::Pay,
        level: Must,
        text: "An account message of a peer with a context is recorded there, the later replacing the earlier; one whose address is not 20 bytes is ignored.",
        source: "deployed",
        rationale: "A payment goes to where the peer wants to be paid, and the peer may change its mind; an address of another length is none, and paying it would lose the money.",
        observable: &[Dump],
    },
    Requirement {
        id: "PAY-2",
        section: Section::Pay,
        level: May,
        text: "Payment messages are carried and recorded opaquely; no wallet is part of this specification.",
        source: "decision",
        rationale: "What a state channel's update says is between wallets. We keep it, so that a trace is complete, and look into nothing.",
        observable: &[],
    },
];
