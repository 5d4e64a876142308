//! Every deviation of the model is seen deviating: for each, a few events to which a node that
//! deviates so answers otherwise than the reference, or after which it is in another state.

use std::collections::BTreeSet;

use blockexc_model::Deviation;
use blockexc_model::Deviation::*;
use blockexc_model::deviation::{Deviations, Layer};
use blockexc_model::node::{MAX_BLOCKS_SENT, MAX_ENTRIES_SENT};

use super::script::{tell, tell_reference};

/// What makes each deviation show.
const SEEN: &[(Deviation, &str)] = &[
    // JOIN and LEFT.
    (ContextOnMessage, "1: ask=a!"),
    (RejoinResets, "join 1; 1: want=a; join 1"),
    (RejoinResends, "request a; join 1; join 1"),
    (NoListOnJoin, "request a; join 1"),
    (KeepContextOnLeft, "join 1; leave 1"),
    (ReviveOnRejoin, "join 1; 1: want=a; leave 1; join 1"),
    (
        StuckOnLeft,
        "join 1; join 2; request a; 1: have=a; 2: have=a; leave 1",
    ),
    (ListWhenEmpty, "join 1"),
    (AccountWithheld, "join 1"),
    (RefuseLongLists, LONG_LIST),
    (OversizedLists, LONG_REQUEST),
    (
        WaitOnLeft,
        "join 1; join 2; request a; 1: have=a; 2: have=a; leave 1",
    ),
    (
        AbortOnStaleAsk,
        "join 1; request a; 1: have=a; cancel a; request a; leave 1",
    ),
    (ListsOf1024, LONG_REQUEST),
    (AcceptFromStranger, "request a; 1: block=a"),
    (FirstListNotFull, "request a; join 1"),
    // PRES.
    (
        StuckOnDontHave,
        "join 1; join 2; request a; 1: have=a; 2: have=a; 1: lack=a",
    ),
    (PresenceUnbounded, "join 1; 1: have=a"),
    (PresenceFromWant, "join 1; request a; 1: ask=a"),
    (DontHaveRecorded, "join 1; request a; 1: lack=a"),
    (
        KeepPresenceOnResolve,
        "join 1; join 2; request a; 1: have=a; 2: have=a; 1: block=a",
    ),
    (
        KeepPresenceUnasked,
        "join 1; join 2; request a; 1: have=a; 2: have=a; 1: block=a",
    ),
    (
        KeepPresenceOnCancel,
        "join 1; request a; 1: have=a; cancel a",
    ),
    (
        FirstPriceStays,
        "join 1; request a; 1: have=a@1; 1: have=a@2",
    ),
    (
        PresenceReplaces,
        "join 1; request a; request b; 1: have=a; 1: have=b",
    ),
    (ItemsInReverse, "join 1; request a; 1: have=a lack=a"),
    (HelpersForgetLeaves, "join 1; request t0; 1: have=t0"),
    // ASK.
    (AskUnannounced, "join 1; request a"),
    (
        AskEveryHolder,
        "join 1; join 2; request a; 1: have=a; 2: have=a",
    ),
    (AskOnRetryOnly, "join 1; request a; 1: have=a"),
    (RequestAgainAnnounces, "join 1; request a; request a"),
    (RequestHeldAsks, "join 1; store a; request a"),
    (NoCancelSent, "join 1; request a; 1: have=a; store a"),
    (CancelSilently, "join 1; request a; 1: have=a; cancel a"),
    (NeverRetry, "join 1; request a; 1: have=a; retry a"),
    (RetryForever, "request a; retry a; retry a; retry a"),
    (DropSlowPeer, "join 1; request a; 1: have=a; retry a"),
    (AskAgainOnRetry, "join 1; request a; 1: have=a; retry a"),
    (RefreshInFull, "join 1; request a; retry a"),
    (NoAnnounceAgain, "join 1; request a; cancel a; request a"),
    (FullOnEveryList, "join 1; request a"),
    (AnnounceInFull, "join 1; request a"),
    (AnnounceToBest, "join 1; join 2; join 3; join 4; request a"),
    (AskInSlices, MANY_HOLDINGS),
    (RetriesCountWhenAsked, "request a; retry a; retry a"),
    (FirstCancelEnds, "request a; request a; cancel a"),
    // WANT.
    (ServeOnce, "join 1; store a; 1: want=a; 1: want=a"),
    (ResendCooldown, "join 1; store a; 1: want=a; 1: want=a"),
    (DeliverTwice, "join 1; store a; 1: want=a"),
    (
        CrowdedWantReplaces,
        "join 1; 1: <wants>; 1: want=t0; 1: want=t1",
    ),
    (RecordWantHave, "join 1; 1: ask=a"),
    (ServeWantHave, "join 1; 1: ask=a; store a"),
    (PriceWithheld, "join 1; store a; 1: ask=a"),
    (SilentHave, "join 1; store a; 1: ask=a"),
    (SilentDontHave, "join 1; 1: ask=a!"),
    (AlwaysDontHave, "join 1; 1: ask=a"),
    (SilentWantBlock, "join 1; 1: want=a!"),
    (ForgetWantBlock, "join 1; 1: want=a"),
    (KeepServedWant, "join 1; store a; 1: want=a"),
    (CancelAsWant, "join 1; 1: cancel=a!"),
    (AnswerCancel, "join 1; 1: cancel=a"),
    (IgnoreCancel, "join 1; 1: want=a; 1: cancel=a"),
    (FirstWantStays, "join 1; 1: want=a; 1: want=a^2"),
    (CancelForAll, "join 1; join 2; 1: want=a; 2: cancel=a"),
    (WantAgainMovesLast, "join 1; 1: want=a want=b; 1: want=a"),
    (OverwriteWant, "join 1; 1: want=a; 1: ask=a!; store a"),
    (MuteRecordedWantHave, "join 1; 1: want=a; 1: ask=a!"),
    (IgnoreFull, "join 1; 1: want=a; 1: full want=b"),
    (FullAlways, "join 1; 1: want=a; 1: want=b"),
    (EntriesInReverse, "join 1; 1: want=a cancel=a"),
    (AnswerEachEntry, "join 1; 1: ask=a! ask=b!"),
    (KeepWokenWant, "join 1; 1: want=a; store a"),
    (WakeByCid, "join 1; 1: want=t0; store a t0"),
    (
        WakeByAddress,
        "join 1; request t0; 1: want=a; 1: block=t0/a",
    ),
    (
        CancelSwapsLast,
        "join 1; 1: want=a want=b want=c; 1: cancel=a",
    ),
    (UploadUnannounced, "join 1; 1: want=a; store a"),
    (
        UnorderedServing,
        "join 1; store a; store b; 1: want=a want=b^1",
    ),
    (ServeLater, "join 1; store a; 1: want=a; serve 1"),
    // XFER.
    (DeliverUnderOwnCid, "join 1; store a t0; 1: want=t0"),
    (UnboundedMessage, MANY_BLOCKS),
    (AcceptUnwanted, "join 1; 1: block=a"),
    (AcceptMislabelled, "join 1; request a; 1: block=a/b"),
    (
        AcceptUnprovenLeaf,
        "join 1; request t0; 1: block=t0/a~unproven",
    ),
    (AbortOnMissingData, "join 1; request a; 1: block=a~no-data"),
    (
        RefuseMessageOnBadDelivery,
        "join 1; request a; 1: block=a~corrupt have=a",
    ),
    (
        StuckOnInvalid,
        "join 1; join 2; request a; 1: have=a; 2: have=a; 1: block=a~corrupt",
    ),
    (UnsharedLeaf, "join 1; request t0; 1: block=t0/a"),
    (
        EndNamedWantOnly,
        "join 1; request t0; request a; 1: block=t0/a",
    ),
    (
        CancelToDeliverer,
        "join 1; request a; 1: have=a; 1: block=a",
    ),
    (
        CancelToHolders,
        "join 1; join 2; request a; 1: have=a; 2: have=a; 1: block=a",
    ),
    (
        TakeTwice,
        "join 1; join 2; request a; 1: have=a; 2: block=a block=a",
    ),
    (OnlyAsked, "join 1; request a; 1: block=a"),
    (LatePresence, "join 1; request a; 1: have=a block=a"),
    (ManifestsOnly, "join 1; request a; 1: block=a"),
    (
        NoCancelOnDelivery,
        "join 1; join 2; request a; 1: have=a; 2: block=a",
    ),
    (ManyBlocksAMessage, MANY_BLOCKS),
    (
        FailOnUnstorable,
        "join 1; request t0; request t1; 1: block=t0/a~unproven block=t1/b",
    ),
    (
        PoisonedTree,
        "join 1; request t0; request t1; 1: block=t0/a~unproven; 1: block=t1/b",
    ),
    // HELD and PAY.
    (CancelUnwantedUpload, "join 1; store a"),
    (UploadKeepsWant, "request a; store a"),
    (LeafUploadUnnoticed, "request t0; store a t0"),
    (AnnounceDeletion, "join 1; store a; delete a"),
    (FirstAccountStays, "join 1; 1: account=1; 1: account=2"),
];

/// Stands for as many want entries as a list should hold; see [`spelt_out`].
const LONG_LIST: &str = "join 1; 1: <list>";
/// Stands for more blocks than one message should hold; see [`spelt_out`].
const MANY_BLOCKS: &str = "join 1; <blocks>; 1: <wants>";
/// Stands for more requests than one list should hold; see [`spelt_out`].
const LONG_REQUEST: &str = "<requests>; join 1";

/// Stands for more blocks of a peer than a slice of asks holds; see [`spelt_out`].
const MANY_HOLDINGS: &str = "join 1; <requests>; 1: <haves>";

fn spelt_out(script: &str) -> String {
    let leaves = |before: &str, after: &str| -> String {
        (0..=MAX_ENTRIES_SENT)
            .map(|index| format!("{before}t{index}{after}"))
            .collect()
    };
    let blocks = |before: &str, after: &str| -> String {
        ('a'..='z')
            .take(MAX_BLOCKS_SENT + 1)
            .map(|cid| format!("{before}{cid}{after}"))
            .collect()
    };
    script
        .replace("<list>", &leaves("want=", " "))
        .replace("<requests>", &leaves("request ", ";"))
        .replace("<haves>", &leaves("have=", " "))
        .replace("<blocks>", &blocks("store ", ";"))
        .replace("<wants>", &blocks("want=", " "))
}

/// Deviations that show only together with another: what they leave behind is without effect on
/// a node that is otherwise the reference.
const SEEN_TOGETHER: &[(Deviation, Deviation, &str)] = &[(
    AskOutlivesCancel,
    OnlyAsked,
    "join 1; join 2; request a; 1: have=a; cancel a; request a; 2: have=a; 1: block=a",
)];

#[test]
fn every_deviation_of_the_model_is_seen_deviating() {
    for (deviation, script) in SEEN {
        let script = spelt_out(script);
        assert_ne!(
            tell(Deviations::of(&[*deviation]), &script),
            tell(Deviations::none(), &script),
            "{deviation} shows nothing in: {script}"
        );
    }
    for (deviation, with, script) in SEEN_TOGETHER {
        assert_ne!(
            tell(Deviations::of(&[*deviation, *with]), script),
            tell(Deviations::of(&[*with]), script),
            "{deviation} shows nothing with {with} in: {script}"
        );
    }
}

#[test]
fn every_deviation_of_the_model_has_a_place_where_it_is_seen() {
    let seen: BTreeSet<Deviation> = SEEN
        .iter()
        .map(|(deviation, _)| *deviation)
        .chain(SEEN_TOGETHER.iter().map(|(deviation, _, _)| *deviation))
        .collect();
    for deviation in Deviation::ALL {
        let is_ours = deviation.layer() == Layer::Model;
        assert!(seen.contains(deviation) || !is_ours, "{deviation}");
    }
}

#[test]
fn who_could_deviate_and_does_not_does_as_the_reference() {
    // The reference serves at once: it has no such step.
    let of_both = SEEN.iter().filter(|(_, script)| !script.contains("serve"));
    for (deviation, script) in of_both {
        let script = spelt_out(script);
        assert_eq!(
            tell(Deviations::none(), &script),
            tell_reference(&script),
            "{deviation}: {script}"
        );
    }
}

#[test]
fn deviations_of_the_shell_leave_the_model_alone() {
    let shell: Deviations = Deviation::ALL
        .iter()
        .copied()
        .filter(|deviation| deviation.layer() == Layer::Shell && *deviation != UnboundedMessage)
        .collect();
    for (_, script) in SEEN {
        let script = spelt_out(script);
        assert_eq!(
            tell(shell, &script),
            tell(Deviations::none(), &script),
            "{script}"
        );
    }
}
