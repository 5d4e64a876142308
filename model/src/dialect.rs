//! Dialects: real implementations as named sets of deviations, as far as they are known.

use crate::deviation::{Deviation::*, Deviations};

/// A real implementation, or the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The name used on the command line and in reports.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// How it is known.
    pub evidence: Evidence,
    /// How it deviates from the specification.
    pub deviations: Deviations,
}

/// How a dialect is known, the better the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// From its sources: each line of it is a prediction.
    Read,
    /// From running nodes that were watched.
    Run,
    /// From recorded transcripts of running nodes, against which the model is held.
    Recorded,
    /// It is this specification.
    Defined,
}

impl Evidence {
    /// As it stands wherever a dialect is shown.
    pub const fn words(self) -> &'static str {
        match self {
            Evidence::Read => "read, not run",
            Evidence::Run => "run and watched",
            Evidence::Recorded => "held against recordings",
            Evidence::Defined => "by definition",
        }
    }
}

impl Dialect {
    /// The dialect of this name.
    pub fn find(name: &str) -> Option<&'static Dialect> {
        DIALECTS.iter().find(|dialect| dialect.name == name)
    }
}

/// What the two living nodes of 2026 have in common.
const LIVING_2026: Deviations = Deviations::of(&[
    RejoinResends,
    KeepPresenceOnCancel,
    NoAnnounceAgain,
    SilentWantBlock,
    IgnoreFull,
    WakeByAddress,
    UnorderedServing,
    AnswerMissingAddress,
    RefuseWholeMessage,
    RefuseMessageOnBadDelivery,
    AcceptUnprovenLeaf,
    EndNamedWantOnly,
    AbortOnMissingData,
    LatePresence,
    ServeLater,
    LeafUploadUnnoticed,
    StuckOnDontHave,
    AnnounceInFull,
    ListsOf1024,
    AskInSlices,
    ManifestsOnly,
    PoisonedServing,
    NoAccounts,
    StallOnMutePeer,
    UnknownWantAsHave,
    HoldEmptyBlock,
]);

/// Every dialect there is, the reference first.
pub const DIALECTS: &[Dialect] = &[
    Dialect {
        name: "reference",
        about: "this specification",
        evidence: Evidence::Defined,
        deviations: Deviations::none(),
    },
    Dialect {
        name: "codex-2025-01",
        about: "nim-codex after PR 1019 (2025-01-09) until PR 1119 (2025-02-24)",
        evidence: Evidence::Read,
        deviations: Deviations::of(&[
            RejoinResends,
            StuckOnLeft,
            DontHaveRecorded,
            KeepPresenceOnResolve,
            KeepPresenceOnCancel,
            AskEveryHolder,
            RecordWantHave,
            CancelAsWant,
            OverwriteWant,
            IgnoreFull,
            SilentWantBlock,
            WakeByCid,
            AcceptUnprovenLeaf,
            CancelSilently,
            StuckOnInvalid,
            RefuseMessageOnBadDelivery,
            AnswerMissingAddress,
            AbortOnUnknownEnum,
            AbortOnMissingData,
            RefuseWholeMessage,
            LatePresence,
            ServeLater,
            CancelSwapsLast,
            EndNamedWantOnly,
            LeafUploadUnnoticed,
            FirstCancelEnds,
            HoldEmptyBlock,
        ]),
    },
    Dialect {
        name: "codex-2025-06",
        about: "nim-codex from PR 1119 until PR 1325 (2025-11-13); the generation of the seed document; Archivist's node of 2025-08 is the same under its own protocol id",
        evidence: Evidence::Recorded,
        deviations: Deviations::of(&[
            RejoinResends,
            StuckOnLeft,
            DontHaveRecorded,
            KeepPresenceOnCancel,
            OverwriteWant,
            IgnoreFull,
            SilentWantBlock,
            WakeByCid,
            AcceptUnprovenLeaf,
            CancelSilently,
            StuckOnInvalid,
            RefuseMessageOnBadDelivery,
            AnswerMissingAddress,
            AbortOnUnknownEnum,
            AbortOnMissingData,
            RefuseWholeMessage,
            LatePresence,
            ServeLater,
            CancelSwapsLast,
            EndNamedWantOnly,
            LeafUploadUnnoticed,
            CancelToDeliverer,
            CancelToHolders,
            AskAgainOnRetry,
            TakeTwice,
            FirstCancelEnds,
            HoldEmptyBlock,
        ]),
    },
    Dialect {
        name: "logos-2025-12",
        about: "logos-storage-nim from PR 1325 on: delta want lists in batches of 1024 with `full` on the first of a refresh, wants as a set, per-peer request accounting",
        evidence: Evidence::Recorded,
        deviations: Deviations::of(&[
            DontHaveRecorded,
            KeepPresenceUnasked,
            KeepPresenceOnCancel,
            MuteRecordedWantHave,
            IgnoreFull,
            SilentWantBlock,
            AcceptUnprovenLeaf,
            CancelSilently,
            StuckOnInvalid,
            RefuseMessageOnBadDelivery,
            UnorderedServing,
            AnswerMissingAddress,
            AbortOnUnknownEnum,
            AbortOnMissingData,
            RefuseWholeMessage,
            OnlyAsked,
            ServeLater,
            DropSlowPeer,
            AskOutlivesCancel,
            NoAnnounceAgain,
            LatePresence,
            AbortOnStaleAsk,
            WaitOnLeft,
            WakeByAddress,
            EndNamedWantOnly,
            LeafUploadUnnoticed,
            FirstCancelEnds,
            HoldEmptyBlock,
        ]),
    },
    Dialect {
        name: "neverust-2026-03",
        about: "a Rust node for Archivist's network: answers each list on the stream it came on, keeps no context state at all",
        evidence: Evidence::Run,
        deviations: Deviations::of(&[
            ForgetWantBlock,
            SilentWantBlock,
            AskUnannounced,
            FullOnEveryList,
            NoCancelSent,
            OwnStreamOnly,
            KeepStreamOnGarbage,
            UnknownWantAsHave,
            AcceptMislabelled,
            AcceptUnprovenLeaf,
            UnboundedMessage,
        ]),
    },
    Dialect {
        name: "archivist-2026",
        about: "Archivist's node of 2026, a release build, which checks no ranges: a build that does has abort-on-unknown-enum too, and no unknown-want-as-have",
        evidence: Evidence::Read,
        deviations: LIVING_2026.union(Deviations::of(&[
            KeepPresenceUnasked,
            CancelSilently,
            OnlyAsked,
            DropSlowPeer,
            ServeOnce,
        ])),
    },
    Dialect {
        name: "promethei-2026",
        about: "Promethei's node of 2026, a release build, which checks no ranges: a build that does has abort-on-unknown-enum too, and no unknown-want-as-have",
        evidence: Evidence::Read,
        deviations: LIVING_2026.union(Deviations::of(&[
            KeepPresenceOnResolve,
            AskAgainOnRetry,
            UploadUnannounced,
            UploadKeepsWant,
            RetriesCountWhenAsked,
            AbortOnOddIndex,
            AcceptFromStranger,
            AnnounceToBest,
            ResendCooldown,
            NoCancelOnDelivery,
            ManyBlocksAMessage,
            FailOnUnstorable,
            PoisonedTree,
        ])),
    },
];
