//! What goes through goes through as it is, and what is noted of it.

use blockexc::node::{self, ARCHIVIST_PROTOCOL, Muxers, NodeOptions};
use blockexc::suite::peer::Peer;
use blockexc::suite::transport::Muxer;
use blockexc::suite::verdict::{Conclusion, Verdict};
use blockexc_model::Deviations;
use bytes::Bytes;
use libp2p::Multiaddr;

use crate::hostile_memory::setting;

use super::stand::{Stand, options, side, troubles};

/// A peer of the suite that is to dial this address.
pub fn peer(target: Multiaddr, muxer: Muxer) -> Peer {
    Peer::new(&setting(target, muxer))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_side_agrees_on_its_own_protocol_and_muxer() {
    let holder = NodeOptions {
        protocol: ARCHIVIST_PROTOCOL.to_owned(),
        ..options(Deviations::none(), Muxers::Mplex)
    };
    let holder = node::start(holder).await.unwrap();
    let asker = node::start(options(Deviations::none(), Muxers::Yamux));
    let asker = asker.await.unwrap();
    let stand = Stand::of(&holder).await;
    let large = Bytes::from(vec![7; 1 << 20]);
    let cid = holder.put(large.clone()).await.unwrap();
    asker.connect(stand.address()).await.unwrap();
    let address = blockexc::wire::Address::Plain(cid);
    assert_eq!(asker.request(address).await.unwrap(), large);
    let (run, _) = stand.end().await;
    assert!(troubles(&run).is_empty(), "{:#?}", troubles(&run));
    assert_eq!(run.conclusion, Conclusion::NothingWrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_comes_again_is_judged_anew() {
    let holder = node::start(options(Deviations::none(), Muxers::Mplex));
    let holder = holder.await.unwrap();
    let asker = node::start(options(Deviations::none(), Muxers::Yamux));
    let asker = asker.await.unwrap();
    let stand = Stand::of(&holder).await;
    for number in 0..3_u8 {
        let peer = asker.connect(stand.address()).await.unwrap();
        let cid = holder.put(Bytes::from(vec![number; 10])).await.unwrap();
        asker
            .request(blockexc::wire::Address::Plain(cid))
            .await
            .unwrap();
        asker.disconnect(peer).await.unwrap();
        let left = |notes: &[String]| {
            let left = notes.iter().filter(|it| it.contains("connected no longer"));
            left.count()
        };
        let is_left =
            |heard: &super::stand::Heard| left(&heard.notes) == 2 * (usize::from(number) + 1);
        assert!(stand.waits_for(is_left).await);
    }
    let (run, log) = stand.end().await;
    assert!(troubles(&run).is_empty(), "{:#?}", troubles(&run));
    assert_eq!(log.matches("\"joined\"").count(), 6, "{log}");
    assert_eq!(log.matches("\"left\"").count(), 6, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_is_passed_on_and_its_sender_named() {
    let holder = node::start(options(Deviations::none(), Muxers::Yamux));
    let holder = holder.await.unwrap();
    let stand = Stand::of(&holder).await;
    let peer = peer(stand.address(), Muxer::Mplex);
    peer.connect().await.unwrap();
    let stream = peer.open_stream().await.unwrap();
    stream
        .send_frame(&Bytes::from_static(b"\xff\xff"))
        .await
        .unwrap();
    // WIRE-3: the node closes the stream, so the frame has come through.
    assert!(stream.end().await.is_some());
    let (run, _) = stand.end().await;
    let troubles = troubles(&run);
    let [only] = troubles.as_slice() else {
        panic!("{troubles:#?}");
    };
    assert_eq!(
        (only.requirement.as_str(), only.verdict),
        ("WIRE-1", Verdict::Fail)
    );
    assert_eq!(side(only), blockexc::observe::side::Side::Dialling);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_said_nothing_is_shown() {
    let holder = node::start(options(Deviations::none(), Muxers::Yamux));
    let holder = holder.await.unwrap();
    let (run, _) = Stand::of(&holder).await.end().await;
    assert_eq!(run.conclusion, Conclusion::CouldNotTell);
    assert!(run.results.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_to_dial_is_noted() {
    let nobody: Multiaddr = "/ip4/127.0.0.1/tcp/1".parse().unwrap();
    let stand = Stand::to(nobody, Default::default()).await;
    let peer = peer(stand.address(), Muxer::Yamux);
    peer.connect().await.unwrap();
    let is_noted = |it: &super::stand::Heard| {
        let mut notes = it.notes.iter();
        notes.any(|note| note.contains("the dialled node is not reached"))
    };
    assert!(stand.waits_for(is_noted).await);
}
