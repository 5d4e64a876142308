//! What a deviation keeps from being told: [`hindered`].

use blockexc_model::{Deviation, Deviations};

/// Scenarios that a node with this deviation does not let come to their question: they are
/// inconclusive.
const HINDERED: &[(Deviation, &[&str])] = &[
    // Two holders are asked where the scenario begins with one.
    (
        Deviation::AskEveryHolder,
        &[
            "LEFT-2",
            "PRES-3/elsewhere",
            "ASK-7/retried",
            "ASK-8",
            "XFER-6",
            "XFER-7/cancels",
        ],
    ),
    // The wrong leaf completes the request.
    (Deviation::AcceptUnprovenLeaf, &["XFER-6/leaf"]),
    (Deviation::AcceptMislabelled, &["XFER-6", "XFER-6/leaf"]),
    (Deviation::PoisonedTree, &["XFER-6/leaf"]),
    // The DontHave makes it ask, too.
    (Deviation::DontHaveRecorded, &["PRES-11"]),
    // A delivery that comes before its question does not count.
    (
        Deviation::OnlyAsked,
        &[
            "PRES-1/delivered",
            "WIRE-6",
            "WIRE-6/list-first",
            "WIRE-7/delivery",
        ],
    ),
    // It disconnects the peer that the scenario lets wait.
    (
        Deviation::DropSlowPeer,
        &["ASK-7/retried", "XFER-7/cancels"],
    ),
    // It does not say when a message was refused.
    (
        Deviation::KeepStreamOnGarbage,
        &["JOIN-1", "JOIN-7", "JOIN-7/delivery"],
    ),
    // It asks at once where the scenario waits for an announcement.
    (Deviation::AskUnannounced, &["PRES-5", "WIRE-7"]),
    // Nothing is recorded, so nothing can be removed, kept or served later.
    (
        Deviation::ForgetWantBlock,
        &[
            "LEFT-4",
            "WANT-3/unserved",
            "WANT-8/removed",
            "WANT-8/unserved",
            "WANT-9",
            "WANT-10/kept",
            "WANT-10/served",
            "WANT-11",
            "WANT-11/empty",
            "WANT-11/unserved",
            "WANT-12",
            "WANT-12/served",
            "WANT-13/once",
            "WANT-13/forgotten",
            "WANT-14/woken",
            "WANT-14/cancelled",
            "WANT-15/cancel",
            "WANT-17",
            "WANT-17/served",
            "WANT-19",
            "HELD-1",
            "HELD-2",
        ],
    ),
    // The want that the upload was to end goes on.
    (Deviation::UploadKeepsWant, &["PRES-6/stored"]),
    // Nobody is served by an upload, so that not being served says nothing.
    (
        Deviation::UploadUnannounced,
        &[
            "WANT-3/unserved",
            "WANT-8/unserved",
            "WANT-10/served",
            "WANT-11/unserved",
            "WANT-12/served",
            "WANT-13/once",
            "WANT-13/forgotten",
            "WANT-17/served",
            "WANT-19",
        ],
    ),
    // The proof is not what it fails on.
    (Deviation::FailOnUnstorable, &["XFER-4/unproven"]),
];

/// The scenarios that a node with these deviations does not let come to their question, each with the
/// deviation that keeps it from that. Some may be told all the same, by another of the deviations.
pub fn hindered(deviations: Deviations) -> impl Iterator<Item = (&'static str, Deviation)> {
    HINDERED
        .iter()
        .filter(move |(deviation, _)| deviations.contains(*deviation))
        .flat_map(|(deviation, ids)| ids.iter().map(|id| (*id, *deviation)))
}
