//! The right node is accused of the right requirement, and nobody else of anything.

use std::fmt::Write as _;
use std::io::Cursor;
use std::time::Duration;

use blockexc::node::{self, Muxers, NodeHandle};
use blockexc::observe::side::Side;
use blockexc::suite::verdict::Verdict;
use blockexc::trace::judge::Suppose;
use blockexc::trace::unexplained::Stop;
use blockexc::trace::validate::validate;
use blockexc::wire::{Address, BlockCid};
use blockexc_model::dialect::DIALECTS;
use blockexc_model::{Deviation, Deviations};
use bytes::Bytes;

use super::stand::{Stand, options, side, supposed, troubles};

/// How long it is waited for what must not come.
const SETTLING: Duration = Duration::from_millis(300);

/// What the two nodes do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    /// The one gets a plain block and two leaves of the other.
    Transfer,
    /// The one asks for what the other has not.
    Missing,
    /// The one asks for what the other has not, which then stores it.
    StoredLater,
    /// The one asks for many small blocks at once.
    Many,
    /// The one asks for more blocks than a list may have.
    TooMany,
    /// The other stores a block that nobody asked for, and deletes it.
    Unasked,
    /// The other gives a block, deletes it, and stores it again.
    StoredAgain,
    /// Both want the same block, and nobody has it.
    BothWant,
}

const STORIES: [Story; 8] = [
    Story::Transfer,
    Story::Missing,
    Story::StoredLater,
    Story::Many,
    Story::TooMany,
    Story::Unasked,
    Story::StoredAgain,
    Story::BothWant,
];

/// Which node deviates, how, and in which story it shows.
const PLANTED: &[(Side, Deviation, Story)] = &[
    (Side::Dialling, Deviation::ListWhenEmpty, Story::Unasked),
    (Side::Dialling, Deviation::AskUnannounced, Story::Missing),
    (Side::Dialling, Deviation::PresenceFromWant, Story::BothWant),
    (Side::Dialling, Deviation::FullOnEveryList, Story::Transfer),
    (Side::Dialling, Deviation::AnnounceInFull, Story::Transfer),
    (Side::Dialling, Deviation::OversizedLists, Story::TooMany),
    (Side::Dialling, Deviation::ListsOf1024, Story::TooMany),
    (Side::Dialled, Deviation::ListWhenEmpty, Story::Unasked),
    (Side::Dialled, Deviation::AlwaysDontHave, Story::Missing),
    (Side::Dialled, Deviation::ServeWantHave, Story::StoredLater),
    (Side::Dialled, Deviation::DeliverTwice, Story::Transfer),
    (Side::Dialled, Deviation::KeepServedWant, Story::StoredAgain),
    (
        Side::Dialled,
        Deviation::DeliverWithoutProof,
        Story::Transfer,
    ),
    (
        Side::Dialled,
        Deviation::DeliverUnderOwnCid,
        Story::Transfer,
    ),
    (Side::Dialled, Deviation::UnboundedMessage, Story::Many),
    (Side::Dialled, Deviation::ManyBlocksAMessage, Story::Many),
    (Side::Dialled, Deviation::AnnounceDeletion, Story::Unasked),
    (
        Side::Dialled,
        Deviation::CancelUnwantedUpload,
        Story::Unasked,
    ),
];

/// From outside it looks as if another requirement were broken, which is said as well.
const AMBIGUOUS: &[Deviation] = &[Deviation::PresenceFromWant];

fn block(number: u64) -> Bytes {
    Bytes::from(format!("block {number}"))
}

fn plain(number: u64) -> Address {
    Address::Plain(BlockCid::of_block(&block(number)))
}

/// What the nodes do. `asker` dials `at`. Requests that are not met are no failure of the story.
async fn tell(story: Story, asker: &NodeHandle, holder: &NodeHandle, stand: &Stand) {
    let at = stand.address();
    let connect = async || {
        asker.connect(at.clone()).await.unwrap();
        // The other one is reached only then.
        let connected = |notes: &[String]| {
            let mut notes = notes.iter();
            notes.any(|it| it.starts_with("the dialled node is connected:"))
        };
        assert!(stand.waits_for(|it| connected(&it.notes)).await);
        for node in [asker, holder] {
            while node.dump().await.unwrap().contexts.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    };
    let get = async |address: Address| {
        let getting = asker.request(address);
        // A node that deviates may not be able to.
        let _ = tokio::time::timeout(SETTLING, getting).await;
    };
    match story {
        Story::Transfer => {
            connect().await;
            holder.put(block(1)).await.unwrap();
            let tree = holder.put_dataset(vec![block(2), block(3)]).await.unwrap();
            get(plain(1)).await;
            for index in 0..2 {
                let tree = tree.clone();
                get(Address::Leaf { tree, index }).await;
            }
        }
        Story::Missing => {
            connect().await;
            get(plain(1)).await;
        }
        Story::StoredLater => {
            connect().await;
            let mut pending = asker.start_request(plain(1)).await.unwrap();
            tokio::time::sleep(SETTLING).await;
            holder.put(block(1)).await.unwrap();
            let _ = tokio::time::timeout(SETTLING, pending.wait()).await;
        }
        Story::Many | Story::TooMany => {
            let count = if story == Story::Many { 30 } else { 1010 };
            let mut pending = Vec::new();
            for number in 0..count {
                if story == Story::Many {
                    holder.put(block(number)).await.unwrap();
                }
                pending.push(asker.start_request(plain(number)).await.unwrap());
            }
            connect().await;
            for one in pending.iter_mut().take(30) {
                let _ = tokio::time::timeout(SETTLING, one.wait()).await;
                if story == Story::TooMany {
                    break;
                }
            }
        }
        Story::Unasked => {
            connect().await;
            let cid = holder.put(block(1)).await.unwrap();
            holder.delete(cid).await.unwrap();
        }
        Story::StoredAgain => {
            connect().await;
            let cid = holder.put(block(1)).await.unwrap();
            get(plain(1)).await;
            holder.delete(cid).await.unwrap();
            holder.put(block(1)).await.unwrap();
        }
        Story::BothWant => {
            connect().await;
            let _other = holder.start_request(plain(1)).await.unwrap();
            get(plain(1)).await;
        }
    }
}

/// The story told by two nodes, the asker over yamux and the other over mplex.
async fn told(
    story: Story,
    deviations: [Deviations; 2],
    taken_for: [Deviations; 2],
    is_found: bool,
) -> (blockexc::suite::verdict::RunResult, String) {
    let [asker, holder] = deviations;
    let asker = node::start(options(asker, Muxers::Yamux)).await.unwrap();
    let holder = node::start(options(holder, Muxers::Mplex)).await.unwrap();
    let stand = Stand::to(holder.addresses()[0].clone(), taken_for.map(supposed)).await;
    tell(story, &asker, &holder, &stand).await;
    if is_found {
        stand.waits_for(|heard| heard.found > 0).await;
    }
    tokio::time::sleep(SETTLING).await;
    asker.shutdown().await;
    holder.shutdown().await;
    stand.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_is_accused_of_nothing() {
    for story in STORIES {
        let (run, log) = told(story, Default::default(), Default::default(), false).await;
        assert!(
            troubles(&run).is_empty(),
            "{story:?}: {:#?}",
            troubles(&run)
        );
        assert!(!run.results.is_empty(), "{story:?}");
        let verdicts = validate(|| Ok(Cursor::new(&log)), Suppose::as_logged()).unwrap();
        for verdict in verdicts {
            let stop = &verdict.stop;
            let is_well = matches!(stop, None | Some(Stop::Vacuous { .. }));
            assert!(is_well, "{story:?}: {stop:?}\n{log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialect_is_accused_of_nothing_by_itself() {
    for dialect in DIALECTS {
        let deviations = dialect.deviations;
        for story in STORIES {
            // Each side for itself: the other one is the reference.
            for place in 0..2 {
                let mut both = [Deviations::none(); 2];
                both[place] = deviations;
                let (run, log) = told(story, both, both, false).await;
                let troubles = troubles(&run);
                let name = dialect.name;
                assert!(
                    troubles.is_empty(),
                    "{name}, {story:?}: {troubles:#?}\n{log}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_deviation_is_found_where_it_is() {
    let mut table = String::new();
    for (at, deviation, story) in PLANTED {
        let mut both = [Deviations::none(); 2];
        both[at.place()] = Deviations::of(&[*deviation]);
        let (run, log) = told(*story, both, Default::default(), true).await;
        let troubles = troubles(&run);
        assert!(!troubles.is_empty(), "{deviation} is not found\n{log}");
        let breaks = deviation.breaks();
        for trouble in &troubles {
            assert_eq!(side(trouble), *at, "{deviation}: {trouble:#?}");
            let is_named = trouble.broken_by.iter().any(|it| it == deviation.name());
            assert!(is_named, "{deviation}: {trouble:#?}\n{log}");
            let id = trouble.requirement.as_str();
            let is_right = breaks.contains(&id) || AMBIGUOUS.contains(deviation);
            assert!(is_right, "{deviation}: {trouble:#?}\n{log}");
            assert_ne!(trouble.verdict, Verdict::Inconclusive, "{trouble:#?}");
            assert!(!trouble.exchange.is_empty(), "{trouble:#?}");
        }
        let ids: Vec<_> = troubles.iter().map(|it| it.scenario.as_str()).collect();
        writeln!(table, "{:<26} {}", deviation.name(), ids.join(" ")).unwrap();
        // The log says the same.
        let verdicts = validate(|| Ok(Cursor::new(&log)), Suppose::as_logged()).unwrap();
        for (verdict, side) in verdicts.iter().zip(Side::BOTH) {
            let fails = matches!(verdict.stop, Some(Stop::Unexplained(_)));
            assert_eq!(fails, side == *at, "{deviation}: {:?}\n{log}", verdict.stop);
        }
        // A node of which it is known is accused of nothing.
        let (run, log) = told(*story, both, both, false).await;
        let troubles = super::stand::troubles(&run);
        assert!(troubles.is_empty(), "{deviation}: {troubles:#?}\n{log}");
    }
    insta::assert_snapshot!("found", table);
}
