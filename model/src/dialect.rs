//! Dialects: real implementations as named sets of deviations, as far as they are known.

use crate::deviation::{Deviation::*, Deviations};

/// A real implementation, or the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The name used on the command line and in reports.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// How it deviates from the specification.
    pub deviations: Deviations,
}

impl Dialect {
    /// The dialect of this name.
    pub fn find(name: &str) -> Option<&'static Dialect> {
        DIALECTS.iter().find(|dialect| dialect.name == name)
    }
}

/// Every dialect there is, the reference first.
pub const DIALECTS: &[Dialect] = &[
    Dialect {
        name: "reference",
        about: "this specification",
        deviations: Deviations::none(),
    },
    Dialect {
        name: "codex-2025-01",
        about: "nim-codex after PR 1019 (2025-01-09) until PR 1119 (2025-02-24)",
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
        ]),
    },
    Dialect {
        name: "codex-2025-06",
        about: "nim-codex from PR 1119 until PR 1325 (2025-11-13); the generation of the seed document; Archivist's node of 2025-08 is the same under its own protocol id",
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
        ]),
    },
    Dialect {
        name: "logos-2025-12",
        about: "logos-storage-nim from PR 1325 on: delta want lists in batches of 1024 with `full` on the first of a refresh, wants as a set, per-peer request accounting",
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
        ]),
    },
    Dialect {
        name: "neverust-2026-03",
        about: "a Rust node for Archivist's network: answers each list on the stream it came on, keeps no context state at all",
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
];
