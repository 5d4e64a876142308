//! `blockexc get` and `blockexc node` on a network: with what deployed nodes accept, by names, and what
//! is said when nothing comes.

use std::time::Duration;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use blockexc::node::{self, ARCHIVIST_PROTOCOL, Muxers, NodeHandle, NodeOptions};
use blockexc::wire::BlockCid;
use blockexc_model::dialect::DIALECTS;
use blockexc_model::{Deviation, Deviations};
use bytes::Bytes;
use libp2p::Multiaddr;
use predicates::str::contains;

fn options() -> NodeOptions {
    NodeOptions {
        listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
        ..NodeOptions::default()
    }
}

/// Gets a block from this address, and waits for it as long.
async fn get(cid: &BlockCid, from: Multiaddr, seconds: &str) -> Assert {
    let (cid, from, seconds) = (cid.to_string(), from.to_string(), seconds.to_owned());
    let got = tokio::task::spawn_blocking(move || {
        let mut command = Command::cargo_bin("blockexc").unwrap();
        command.args(["get", &cid, "--from", &from, "--timeout", &seconds]);
        command.timeout(Duration::from_secs(60)).assert()
    });
    got.await.unwrap()
}

/// What `get` says when the block does not come from this node.
async fn reason(cid: &BlockCid, holder: &NodeHandle) -> Assert {
    get(cid, holder.addresses()[0].clone(), "2").await.code(1)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_dialect_serves_who_gives_nothing_but_the_address() {
    for dialect in DIALECTS {
        let holder = NodeOptions {
            deviations: dialect.deviations,
            muxers: Muxers::Mplex,
            ..options()
        };
        let holder = node::start(holder).await.unwrap();
        let cid = holder.put(Bytes::from_static(b"deployed")).await.unwrap();
        get(&cid, holder.addresses()[0].clone(), "20")
            .await
            .success()
            .stdout("deployed");
        holder.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_may_be_named() {
    let holder = node::start(options()).await.unwrap();
    let cid = holder.put(Bytes::from_static(b"named")).await.unwrap();
    let address = holder.addresses()[0].to_string();
    let named = address.replace("/ip4/127.0.0.1/", "/dns4/localhost/");
    get(&cid, named.parse().unwrap(), "20")
        .await
        .success()
        .stdout("named");
    let unknown = address.replace("/ip4/127.0.0.1/", "/dns4/nobody.invalid/");
    let failed = get(&cid, unknown.parse().unwrap(), "20").await.code(2);
    failed.stderr(contains("nobody.invalid is not resolved"));
}

#[tokio::test(flavor = "multi_thread")]
async fn that_nobody_has_it_is_said() {
    let holder = node::start(options()).await.unwrap();
    let cid = BlockCid::of_block(b"nobody has this");
    let says = "of 1 connected, nobody says that it has it";
    reason(&cid, &holder).await.stderr(contains(says));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_delivery_is_named_with_what_is_wrong() {
    let holder = NodeOptions {
        deviations: Deviations::of(&[Deviation::DeliverWithoutProof]),
        ..options()
    };
    let holder = node::start(holder).await.unwrap();
    let block = Bytes::from_static(b"whole");
    let tree = holder.put_dataset(vec![block]).await.unwrap();
    let refused = reason(&tree, &holder).await;
    refused.stderr(contains("was refused: it has no proof (XFER-4)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_another_protocol_is_named_with_it() {
    let holder = NodeOptions {
        protocol: ARCHIVIST_PROTOCOL.to_owned(),
        ..options()
    };
    let holder = node::start(holder).await.unwrap();
    let cid = holder.put(Bytes::from_static(b"other")).await.unwrap();
    let both = contains("speaks /archivist/blockexc/1.0.0, not /codex/blockexc/1.0.0");
    reason(&cid, &holder).await.stderr(both);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_goes_is_missed() {
    let holder = node::start(options()).await.unwrap();
    let cid = BlockCid::of_block(b"nobody has this");
    let address = holder.addresses()[0].clone();
    let getting = tokio::spawn(async move { get(&cid, address, "4").await });
    while holder.dump().await.unwrap().contexts.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    holder.shutdown().await;
    let missed = getting.await.unwrap().code(1);
    missed.stderr(contains("nobody is connected"));
}

#[tokio::test(flavor = "multi_thread")]
async fn dialling_takes_no_longer_than_is_said() {
    // Accepts, and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let address = format!("/ip4/127.0.0.1/tcp/{port}").parse().unwrap();
    let cid = BlockCid::of_block(b"anything");
    let failed = get(&cid, address, "1").await.code(2);
    failed.stderr(contains("does not connect within 1 s"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_refused() {
    let first = node::start(options()).await.unwrap();
    let taken = first.addresses()[0].clone();
    let listen: Multiaddr = taken.iter().take(2).collect();
    let second = NodeOptions {
        listen: vec![listen],
        ..options()
    };
    let error = node::start(second).await.err().unwrap().to_string();
    assert!(
        error.contains("in use") && error.contains("127.0.0.1"),
        "{error}"
    );
}
