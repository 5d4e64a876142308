//! Deviations: the named ways of not meeting a requirement.
//!
//! A deviation replaces rules of the model ([`crate::deviating`]), or is a switch of the shell around
//! it when it is about streams, frames or encoding. A *permitted* one is a choice that
//! the specification leaves open, and breaks nothing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a deviation shows itself, and who implements its switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Layer {
    /// In the state machine: it replaces rules, in [`crate::deviating`].
    Model,
    /// In streams, frames or encoding: a switch of the node's network shell. (Of `unbounded-message`
    /// both have a part: the model packs blocks into messages, the shell splits what is too big.)
    Shell,
}

// A deviation's summary is its documentation too.
macro_rules! deviations {
    ($($variant:ident = $name:literal, $layer:ident, $kind:ident [$($id:literal),*], $summary:literal;)*) => {
        /// One named way of not meeting one or more requirements.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Deviation {
            $(#[doc = $summary] $variant,)*
        }

        impl Deviation {
            /// Every deviation there is.
            pub const ALL: &[Deviation] = &[$(Deviation::$variant),*];

            /// The name used on the command line and in reports.
            pub const fn name(self) -> &'static str {
                match self { $(Deviation::$variant => $name,)* }
            }

            /// What a node that deviates so does.
            pub const fn summary(self) -> &'static str {
                match self { $(Deviation::$variant => $summary,)* }
            }

            /// The IDs of the requirements that it breaks; none when it is permitted.
            pub const fn breaks(self) -> &'static [&'static str] {
                match self { $(Deviation::$variant => &[$($id),*],)* }
            }

            /// Who implements it.
            pub const fn layer(self) -> Layer {
                match self { $(Deviation::$variant => Layer::$layer,)* }
            }
        }
    };
}

deviations! {
    ContextOnMessage = "context-on-message", Model, breaks ["JOIN-1", "JOIN-7"], "A message from a peer without a context creates one.";
    RejoinResets = "rejoin-resets", Model, breaks ["JOIN-3"], "A second Joined event replaces the context.";
    RejoinResends = "rejoin-resends", Model, breaks ["JOIN-3"], "A second Joined event sends the full own want list again.";
    NoListOnJoin = "no-list-on-join", Model, breaks ["JOIN-4"], "The own want list is not sent on Joined.";
    KeepContextOnLeft = "keep-context-on-left", Model, breaks ["LEFT-1", "LEFT-2", "LEFT-3"], "Contexts outlive their connection.";
    StuckOnLeft = "stuck-on-left", Model, breaks ["LEFT-2"], "What was asked of a peer that left stays asked until the retry timer.";
    PresenceUnbounded = "presence-unbounded", Model, breaks ["PRES-1", "PRES-5"], "Items for addresses that are not wanted are recorded.";
    DontHaveRecorded = "dont-have-recorded", Model, breaks ["PRES-3"], "A DontHave item is stored as a record, and counts as having.";
    KeepPresenceOnResolve = "keep-presence-on-resolve", Model, breaks ["PRES-6"], "On a delivery only the sender's records are cleaned.";
    KeepPresenceUnasked = "keep-presence-unasked", Model, breaks ["PRES-6"], "On a delivery only the records of peers that were asked and did not deliver are cleaned.";
    KeepPresenceOnCancel = "keep-presence-on-cancel", Model, breaks ["PRES-6"], "Cancelling or giving up a want leaves its records until the next presence message.";
    AskUnannounced = "ask-unannounced", Model, breaks ["ASK-1", "ASK-4"], "WantBlock goes to some peer even when none announced the block.";
    AskEveryHolder = "ask-every-holder", Model, breaks ["ASK-5"], "Every peer that announces the block is asked.";
    NoCancelSent = "no-cancel-sent", Model, breaks ["ASK-7", "XFER-7", "HELD-1"], "No cancel entries are sent.";
    RecordWantHave = "record-want-have", Model, breaks ["WANT-3"], "A WantHave for a block not held is recorded.";
    CancelAsWant = "cancel-as-want", Model, breaks ["WANT-8"], "A cancel entry for an address without a record is handled like a fresh entry.";
    OverwriteWant = "overwrite-want", Model, breaks ["WANT-10"], "Any entry for a recorded address overwrites the record, its type too: a WantHave silences the WantBlock, and is not answered.";
    MuteRecordedWantHave = "mute-recorded-want-have", Model, breaks ["WANT-10"], "A WantHave for a recorded address is not answered.";
    IgnoreFull = "ignore-full", Model, breaks ["WANT-11"], "`full` is not looked at on receipt.";
    FullAlways = "full-always", Model, breaks ["WANT-12"], "Every list replaces the recorded one.";
    SilentWantBlock = "silent-want-block", Model, breaks ["WANT-7"], "A WantBlock for a block not held is never answered.";
    ForgetWantBlock = "forget-want-block", Model, breaks ["WANT-1", "WANT-13"], "A WantBlock for a block not held is forgotten.";
    WakeByCid = "wake-by-cid", Model, breaks ["WANT-13"], "An arriving block is matched to recorded wants by its own CID against `cid_or_tree_cid`: leaf wants never wake.";
    AcceptUnprovenLeaf = "accept-unproven-leaf", Model, breaks ["XFER-4"], "A decodable proof with the right index is enough; that it does not verify goes unnoticed.";
    AcceptUnwanted = "accept-unwanted", Model, breaks ["XFER-2"], "Any valid delivery is stored.";
    CancelSilently = "cancel-silently", Model, breaks ["ASK-7"], "Cancelling an own want sends nothing.";
    LatePresence = "late-presence", Model, breaks ["PRES-1", "WIRE-6"], "The parts of one message are handled concurrently: a Have and the delivery of the same block in one message leave a record for an address no longer wanted, and a WantBlock for the block just obtained.";
    AskOutlivesCancel = "ask-outlives-cancel", Model, permitted [], "What was asked of a peer stays marked on that peer after the request is cancelled; a late delivery then counts for a new request asked of somebody else.";
    NoAnnounceAgain = "no-announce-again", Model, breaks ["ASK-1"], "A want made again after a cancel is not announced to a peer that was told of it before.";
    StuckOnInvalid = "stuck-on-invalid", Model, breaks ["XFER-6"], "An invalid delivery from the asked peer leaves the address asked of that peer.";
    RefuseMessageOnBadDelivery = "refuse-message-on-bad-delivery", Model, breaks ["XFER-5"], "One delivery whose data does not match its CID makes the whole message refused and its stream closed.";
    FullOnEveryList = "full-on-every-list", Model, breaks ["ASK-1", "ASK-6", "JOIN-4"], "Every list that is sent says `full = true`.";
    OwnStreamOnly = "own-stream-only", Shell, breaks ["WIRE-7"], "What arrives on a stream that the peer opened is not read as an answer.";
    KeepStreamOnGarbage = "keep-stream-on-garbage", Shell, breaks ["WIRE-3"], "A frame that does not decode is skipped and the stream goes on.";
    UnknownWantAsHave = "unknown-want-as-have", Shell, breaks ["WIRE-5"], "An unknown want type is handled as WantHave.";
    AcceptMislabelled = "accept-mislabelled", Model, breaks ["XFER-3", "XFER-4"], "Data that hashes right is stored whatever address, CID field or proof came with it.";
    LittleEndianPrice = "little-endian-price", Shell, breaks ["PRES-8"], "Prices are sent as 8 bytes, least significant first.";
    UnboundedMessage = "unbounded-message", Shell, breaks ["XFER-9", "XFER-10"], "All that one list asks for is sent as one message, whatever its size.";
    AnnounceUnsendable = "announce-unsendable", Shell, breaks ["XFER-9"], "A block that fits into no message is stored and announced, and never delivered.";
    UnorderedServing = "unordered-serving", Model, breaks ["WANT-14"], "What is owed is sent in no particular order.";
    AnswerMissingAddress = "answer-missing-address", Shell, breaks ["WANT-16", "WIRE-9"], "An entry without an address is answered, with an empty address.";
    AbortOnUnknownEnum = "abort-on-unknown-enum", Shell, breaks ["WIRE-5", "WIRE-9", "PRES-11"], "An unknown want type or presence type, or a number out of range, ends the process.";
    AbortOnMissingData = "abort-on-missing-data", Model, breaks ["WIRE-9"], "A delivery without data for a wanted address ends the process.";
    RefuseWholeMessage = "refuse-whole-message", Shell, breaks ["WANT-16"], "One entry whose CID does not parse makes the whole message refused and its stream closed.";
    OnlyAsked = "only-asked", Model, permitted [], "A wanted delivery from a peer it was not asked of is ignored.";
    ServeLater = "serve-later", Model, permitted [], "Serving is a separate step after the list is handled; cancels and departures may come between.";
    DropSlowPeer = "drop-slow-peer", Model, permitted [], "An asked peer that is silent for a minute is disconnected.";
    ReviveOnRejoin = "revive-on-rejoin", Model, breaks ["JOIN-2", "LEFT-3"], "A peer that joins again finds its old context's wants and records again.";
    ListWhenEmpty = "list-when-empty", Model, breaks ["JOIN-5"], "With no own wants, an empty full list is sent on Joined.";
    AccountWithheld = "account-withheld", Model, breaks ["JOIN-6"], "A node that asks for payment does not send its account on Joined.";
    OversizedLists = "oversized-lists", Model, breaks ["JOIN-8"], "A want list is sent in one message, however many entries it has.";
    RefuseLongLists = "refuse-long-lists", Model, breaks ["JOIN-8"], "A want list of more than 512 entries is ignored.";
    QueueSurvivesLeft = "queue-survives-left", Shell, breaks ["LEFT-4"], "What was queued for a peer that left is sent when it comes back.";
    PresenceFromWant = "presence-from-want", Model, breaks ["PRES-2"], "A peer's want entry for an own want is taken for word that it has the block.";
    FirstPriceStays = "first-price-stays", Model, breaks ["PRES-4", "PRES-9"], "A Have for an address with a record leaves the price as it was.";
    RejectLongPrices = "reject-long-prices", Shell, breaks ["PRES-8"], "One item with a price of more than 32 bytes makes the node ignore all items of the message.";
    PresenceReplaces = "presence-replaces", Model, breaks ["PRES-7"], "A presence message drops the sender's records that it does not name.";
    ItemsInReverse = "items-in-reverse", Model, breaks ["PRES-9"], "The items of a presence message are handled last to first.";
    HelpersForgetLeaves = "helpers-forget-leaves", Model, breaks ["PRES-10"], "`peer_have_cids` leaves out the trees of leaf addresses.";
    UnknownPresenceAsHave = "unknown-presence-as-have", Shell, breaks ["PRES-11"], "An unknown presence type is handled as Have.";
    RequestAgainAnnounces = "request-again-announces", Model, breaks ["ASK-2"], "Requesting an own want again announces it again.";
    RequestHeldAsks = "request-held-asks", Model, breaks ["ASK-3"], "Requesting a held block announces it like a block not held.";
    AskOnRetryOnly = "ask-on-retry-only", Model, breaks ["ASK-6"], "A Have is recorded, and asked for only at the next retry.";
    NeverRetry = "never-retry", Model, breaks ["ASK-8", "ASK-9"], "An asked peer that does not answer is waited for without end.";
    RetryForever = "retry-forever", Model, breaks ["ASK-9"], "A want is pursued anew without end.";
    KeepServedWant = "keep-served-want", Model, breaks ["WANT-2"], "A WantBlock for a held block is answered with its delivery, and recorded all the same.";
    SilentHave = "silent-have", Model, breaks ["WANT-4"], "A WantHave for a held block is not answered.";
    SilentDontHave = "silent-dont-have", Model, breaks ["WANT-5"], "SendDontHave of a WantHave is not looked at: nothing is answered for a block not held.";
    AlwaysDontHave = "always-dont-have", Model, breaks ["WANT-6"], "A WantHave for a block not held is answered with DontHave, asked for or not.";
    AnswerCancel = "answer-cancel", Model, breaks ["WANT-8"], "A cancel entry is answered with DontHave.";
    WantAgainMovesLast = "want-again-moves-last", Model, breaks ["WANT-9"], "A WantBlock entry for a recorded address moves the entry to the end of the list.";
    EntriesInReverse = "entries-in-reverse", Model, breaks ["WANT-15"], "The entries of a list are handled last to first.";
    CancelForAll = "cancel-for-all", Model, breaks ["WANT-17"], "A cancel entry removes every peer's entry for that address.";
    AnswerEachEntry = "answer-each-entry", Model, breaks ["WANT-18"], "Each entry of a list is answered with a presence message of its own.";
    DeliverWithoutProof = "deliver-without-proof", Shell, breaks ["XFER-1"], "A delivery for a leaf address carries no proof.";
    DeliverUnderOwnCid = "deliver-under-own-cid", Model, breaks ["XFER-1"], "A delivery for a leaf address names the block by its own CID.";
    UnsharedLeaf = "unshared-leaf", Model, breaks ["XFER-7"], "A leaf's block that was delivered is not held under its own CID.";
    UploadKeepsWant = "upload-keeps-want", Model, breaks ["HELD-1"], "Storing a block locally does not end an own want for it.";
    UploadUnannounced = "upload-unannounced", Model, breaks ["HELD-1", "WANT-13"], "Storing a block locally wakes no recorded want.";
    AnnounceDeletion = "announce-deletion", Model, breaks ["HELD-2"], "On deleting a block every peer is sent a DontHave for it.";
    KeepStreamOnLongFrame = "keep-stream-on-long-frame", Shell, breaks ["WIRE-2"], "A frame beyond the limit is skipped and the stream goes on.";
    GarbageDropsPeer = "garbage-drops-peer", Shell, breaks ["WIRE-3"], "A frame that does not decode closes every connection with the peer.";
    RefuseUnknownFields = "refuse-unknown-fields", Shell, breaks ["WIRE-4"], "A message with a field of an unknown number is refused and its stream closed.";
    AcceptOverlongVarints = "accept-overlong-varints", Shell, breaks ["WIRE-8"], "A length in an overlong varint is taken for what it says.";
    UnboundedStreams = "unbounded-streams", Shell, breaks ["WIRE-10"], "Any number of incoming streams is accepted.";
    FirstAccountStays = "first-account-stays", Model, breaks ["PAY-1"], "A second account message of a peer is ignored.";
    AnyLengthAccount = "any-length-account", Shell, breaks ["PAY-1"], "An account address of any length is recorded, cut or padded to 20 bytes.";
    ServeWantHave = "serve-want-have", Model, breaks ["WANT-3"], "A WantHave for a block not held and not recorded is recorded as a WantBlock.";
    PriceWithheld = "price-withheld", Model, breaks ["WANT-4"], "A Have names no price, whatever the node asks for a block.";
    IgnoreCancel = "ignore-cancel", Model, breaks ["WANT-8"], "A cancel entry removes nothing.";
    FirstWantStays = "first-want-stays", Model, breaks ["WANT-9"], "A WantBlock entry for a recorded address leaves the record as it was.";
    KeepWokenWant = "keep-woken-want", Model, breaks ["WANT-13"], "A recorded want that is served when its block arrives stays recorded.";
    WaitOnLeft = "wait-on-left", Model, breaks ["LEFT-2"], "When an asked peer leaves, what was asked of it is asked of nobody until the next presence or retry.";
    CancelSwapsLast = "cancel-swaps-last", Model, breaks ["WANT-14"], "A cancel entry puts the last entry of the list in the place of the one it removes.";
    WakeByAddress = "wake-by-address", Model, breaks ["WANT-13"], "An arriving block wakes wants for the address it came under only: a plain want does not wake when the block comes as a leaf.";
    EndNamedWantOnly = "end-named-want-only", Model, breaks ["XFER-7"], "A delivery ends the want for the address it names, and no other want for the same block.";
    LeafUploadUnnoticed = "leaf-upload-unnoticed", Model, breaks ["HELD-1", "WANT-13"], "An upload of a dataset ends and wakes no want for its leaves.";
    AbortOnStaleAsk = "abort-on-stale-ask", Model, breaks ["WIRE-9"], "When a peer leaves that was asked for a block, the request was cancelled, and the block has been requested again, the process ends.";
    AskAgainOnRetry = "ask-again-on-retry", Model, breaks ["ASK-8"], "When an asked peer does not answer in time, its record stays, and it may be the one that is asked again.";
    TakeTwice = "take-twice", Model, permitted [], "A delivery that comes twice in one message is taken twice, and the cancels name its address twice.";
    CancelToDeliverer = "cancel-to-deliverer", Model, permitted [], "Whoever delivers a block it was asked for is sent a cancel too.";
    CancelToHolders = "cancel-to-holders", Model, permitted [], "When a want ends by its block, every other peer with a record of it is sent a cancel, asked or not.";
    RefreshInFull = "refresh-in-full", Model, permitted [], "A want that is announced anew is announced by full lists that name only what each peer is not known to have, and so not what is asked of it.";
    StuckOnDontHave = "stuck-on-dont-have", Model, breaks ["PRES-3"], "A DontHave of the asked peer removes its record, and the address stays asked of that peer until the retry.";
    ServeOnce = "serve-once", Model, breaks ["WANT-2"], "A WantBlock for a block that was delivered to the same peer on the same connection is not answered and stays recorded, unless a cancel came between.";
    ResendCooldown = "resend-cooldown", Model, breaks ["WANT-1", "WANT-2"], "After a delivery, a WantBlock of the same address by the same peer is neither answered nor recorded, unless a cancel came between. A running node forgets the delivery after 90 seconds; this one has no clock.";
    AnnounceInFull = "announce-in-full", Model, breaks ["ASK-1"], "A fresh want is announced by full lists that name what each peer is not known to have.";
    AnnounceToBest = "announce-to-best", Model, breaks ["ASK-1"], "A want is announced to three peers at most: to peers that are known to have leaves of the same dataset, if there are any.";
    AskInSlices = "ask-in-slices", Model, breaks ["ASK-6"], "Own wants that are known are asked for in lists of at most 128, each of any of its holders and not always of the peer that spoke.";
    ListsOf1024 = "lists-of-1024", Model, breaks ["JOIN-8"], "A want list is split at 1024 entries.";
    AcceptFromStranger = "accept-from-stranger", Model, breaks ["JOIN-7"], "A delivery of a peer without a context counts like any other.";
    ManifestsOnly = "manifests-only", Model, breaks ["XFER-7"], "A plain delivery whose block is no manifest never counts.";
    NoCancelOnDelivery = "no-cancel-on-delivery", Model, breaks ["XFER-7", "HELD-1"], "When a want ends by its block, no cancels are sent; when its request is cancelled, they are.";
    FailOnUnstorable = "fail-on-unstorable", Model, breaks ["XFER-5", "XFER-6"], "A leaf delivery whose proof the store refuses fails its request, and those of all leaves of that dataset in the same message.";
    PoisonedTree = "poisoned-tree", Model, breaks ["XFER-4", "XFER-5"], "The proof of the first leaf of a dataset counts without being verified. Later deliveries whose proofs contradict it are refused, and fail their requests.";
    PoisonedServing = "poisoned-serving", Shell, breaks ["WANT-16"], "After a WantBlock entry without an address, no block is sent to that peer any more.";
    ManyBlocksAMessage = "many-blocks-a-message", Model, breaks ["XFER-10"], "Up to 48 blocks are put into one message.";
    AbortOnOddIndex = "abort-on-odd-index", Shell, breaks ["WIRE-9"], "A WantHave for a leaf index of 2^63 or more ends the process.";
    UnknownWantAsBlock = "unknown-want-as-block", Shell, breaks ["WIRE-5"], "An unknown want type is handled as WantBlock.";
    NoAccounts = "no-accounts", Shell, permitted [], "Accounts, payments and prices are skipped as unknown fields, and none is sent.";
    RetriesCountWhenAsked = "retries-count-when-asked", Model, breaks ["ASK-9"], "A retry counts only when the want was asked of somebody: a want that nobody can meet is pursued without end.";
    FirstCancelEnds = "first-cancel-ends", Model, breaks ["ASK-10"], "The first cancel ends a want for everybody who requested it.";
    CrowdedWantReplaces = "crowded-want-replaces", Model, breaks ["WANT-19"], "With the bound on recorded wants reached, a further one takes the place of the oldest.";
    DeliverTwice = "deliver-twice", Model, breaks ["WANT-2"], "A want is answered with its delivery twice.";
    CancelUnwantedUpload = "cancel-unwanted-upload", Model, breaks ["HELD-1"], "When a block is stored, every peer is sent a cancel for it, wanted or not.";
    FirstListNotFull = "first-list-not-full", Model, breaks ["JOIN-4"], "The own want list sent on Joined does not say `full`.";
    StallOnMutePeer = "stall-on-mute-peer", Shell, breaks ["ASK-1"], "Want lists go out to one peer after the other: a peer that never agrees on a stream keeps the others from being sent theirs.";
    HoldEmptyBlock = "hold-empty-block", Shell, breaks ["XFER-11"], "The empty block always counts as held, and is announced and delivered, without data.";
    LostWithConnection = "lost-with-connection", Shell, breaks ["LEFT-5"], "What was to be written to one of two connections with a peer is lost when that connection closes.";
    DropListWhileServing = "drop-list-while-serving", Shell, breaks ["WANT-20"], "A list that asks for blocks is dropped when it comes while blocks are being sent to the same peer.";
    TrustUnknownHash = "trust-unknown-hash", Shell, breaks ["XFER-3"], "A delivery whose CID is of a hash function that the node does not know counts, whatever its data.";
}

impl Deviation {
    /// Whether the specification leaves this open: a choice that breaks nothing.
    pub const fn is_permitted(self) -> bool {
        self.breaks().is_empty()
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// There is no deviation of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no deviation is named `{0}`")]
pub struct UnknownDeviation(pub String);

impl FromStr for Deviation {
    type Err = UnknownDeviation;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Deviation::ALL
            .iter()
            .copied()
            .find(|deviation| deviation.name() == name)
            .ok_or_else(|| UnknownDeviation(name.to_owned()))
    }
}

/// A set of deviations.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deviations([u128; WORDS]);

/// A set is kept as the bits of so many numbers.
const WORDS: usize = 2;
const _: () = assert!(Deviation::ALL.len() <= WORDS * 128);

/// Which number a deviation has its bit in, and the bit.
const fn place(deviation: Deviation) -> (usize, u128) {
    (deviation as usize / 128, 1 << (deviation as usize % 128))
}

impl Deviations {
    /// The empty set: the reference.
    pub const fn none() -> Self {
        Deviations([0; WORDS])
    }

    /// The set of these.
    pub const fn of(deviations: &[Deviation]) -> Self {
        let mut words = [0; WORDS];
        let mut i = 0;
        while i < deviations.len() {
            let (word, bit) = place(deviations[i]);
            words[word] |= bit;
            i += 1;
        }
        Deviations(words)
    }

    /// Whether this deviation is one of them.
    pub const fn contains(self, deviation: Deviation) -> bool {
        let (word, bit) = place(deviation);
        self.0[word] & bit != 0
    }

    /// Whether any deviation of the other set is one of these.
    pub const fn intersects(self, other: Deviations) -> bool {
        let mut word = 0;
        while word < WORDS {
            if self.0[word] & other.0[word] != 0 {
                return true;
            }
            word += 1;
        }
        false
    }

    /// Adds a deviation.
    pub fn insert(&mut self, deviation: Deviation) {
        let (word, bit) = place(deviation);
        self.0[word] |= bit;
    }

    /// The deviations of either set.
    pub const fn union(self, other: Deviations) -> Self {
        let mut words = self.0;
        let mut word = 0;
        while word < WORDS {
            words[word] |= other.0[word];
            word += 1;
        }
        Deviations(words)
    }

    /// The same without this one.
    pub const fn without(self, deviation: Deviation) -> Self {
        let mut words = self.0;
        let (word, bit) = place(deviation);
        words[word] &= !bit;
        Deviations(words)
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        let mut word = 0;
        while word < WORDS {
            if self.0[word] != 0 {
                return false;
            }
            word += 1;
        }
        true
    }

    /// The deviations of the set.
    pub fn iter(self) -> impl Iterator<Item = Deviation> {
        Deviation::ALL
            .iter()
            .copied()
            .filter(move |deviation| self.contains(*deviation))
    }
}

impl FromIterator<Deviation> for Deviations {
    fn from_iter<I: IntoIterator<Item = Deviation>>(deviations: I) -> Self {
        let mut set = Deviations::none();
        for deviation in deviations {
            set.insert(deviation);
        }
        set
    }
}

impl fmt::Debug for Deviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(Deviation::name))
            .finish()
    }
}
