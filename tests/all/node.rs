//! Nodes over real sockets on loopback.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use blockexc::node::store::DiskStore;
use blockexc::node::{self, KeyType, Muxers, NodeHandle, NodeOptions};
use blockexc::wire::{Address, BlockCid};
use blockexc_model::{Deviation, Deviations};
use bytes::Bytes;

/// Long enough for a loaded machine; nothing here waits for it to pass.
const DEADLINE: Duration = Duration::from_secs(30);

fn options() -> NodeOptions {
    NodeOptions {
        listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
        ..NodeOptions::default()
    }
}

async fn connected(one: NodeOptions, other: NodeOptions) -> (NodeHandle, NodeHandle) {
    let one = node::start(one).await.unwrap();
    let other = node::start(other).await.unwrap();
    let peer = one.connect(other.addresses()[0].clone()).await.unwrap();
    assert_eq!(peer, other.peer_id());
    (one, other)
}

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future)
        .await
        .expect("it takes longer than the deadline")
}

#[tokio::test]
async fn a_plain_block_comes_with_each_muxer_and_key_type() {
    for muxers in [Muxers::Yamux, Muxers::Mplex] {
        for key_type in [KeyType::Ed25519, KeyType::Secp256k1] {
            let (asks, serves) = connected(
                options(),
                NodeOptions {
                    muxers,
                    keypair: key_type.generate(),
                    ..options()
                },
            )
            .await;
            let cid = serves
                .put(Bytes::from_static(b"hello world"))
                .await
                .unwrap();
            let data = in_time(asks.request(Address::Plain(cid))).await.unwrap();
            assert_eq!(data, "hello world");
            asks.shutdown().await;
            serves.shutdown().await;
        }
    }
}

#[tokio::test]
async fn a_want_is_met_when_its_holder_connects_later() {
    let serves = node::start(options()).await.unwrap();
    let cid = serves.put(Bytes::from_static(b"later")).await.unwrap();
    let asks = node::start(options()).await.unwrap();
    let mut request = asks.start_request(Address::Plain(cid)).await.unwrap();
    asks.connect(serves.addresses()[0].clone()).await.unwrap();
    assert_eq!(in_time(request.wait()).await.unwrap(), "later");
}

#[tokio::test]
async fn the_leaves_of_a_dataset_come_with_proofs_and_are_kept() {
    let (asks, serves) = connected(options(), options()).await;
    let blocks: Vec<_> = (0..5u8).map(|i| Bytes::from(vec![i; 100])).collect();
    let tree = serves.put_dataset(blocks.clone()).await.unwrap();
    for (index, block) in (0u64..).zip(&blocks) {
        let address = Address::Leaf {
            tree: tree.clone(),
            index,
        };
        assert_eq!(
            &in_time(asks.request(address.clone())).await.unwrap(),
            block
        );
        let dump = asks.dump().await.unwrap();
        assert!(dump.held.contains(&address));
        assert!(
            dump.held
                .contains(&Address::Plain(BlockCid::of_block(block)))
        );
    }
}

#[tokio::test]
async fn two_connections_of_a_peer_are_one_context_until_the_last_closes() {
    let (one, other) = connected(options(), options()).await;
    other.connect(one.addresses()[0].clone()).await.unwrap();
    let has_context = |handle: &NodeHandle, of: &NodeHandle| {
        let (handle, of) = (handle.clone(), of.peer_id());
        async move { handle.dump().await.unwrap().contexts.contains_key(&of) }
    };
    // A block that comes shows that both have handled the connections.
    let cid = other.put(Bytes::from_static(b"both ways")).await.unwrap();
    in_time(one.request(Address::Plain(cid))).await.unwrap();
    assert_eq!(one.dump().await.unwrap().contexts.len(), 1);
    assert!(has_context(&one, &other).await);
    one.disconnect(other.peer_id()).await.unwrap();
    assert!(!has_context(&one, &other).await);
}

#[tokio::test]
async fn a_store_on_disk_serves_again_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("blocks");
    let on_disk = |file| NodeOptions {
        store: Arc::new(DiskStore::open(file).unwrap()),
        ..options()
    };
    let serves = node::start(on_disk(&file)).await.unwrap();
    let data = Bytes::from((0..=255u8).cycle().take(1000).collect::<Vec<_>>());
    let size = NonZeroUsize::new(300).unwrap();
    let (tree, manifest) = serves.put_bytes(data, size, None).await.unwrap();
    serves.shutdown().await;
    drop(serves);
    let (asks, serves) = connected(options(), on_disk(&file)).await;
    let last = Address::Leaf { tree, index: 3 };
    assert_eq!(in_time(asks.request(last)).await.unwrap().len(), 300);
    in_time(asks.request(Address::Plain(manifest)))
        .await
        .unwrap();
    assert_eq!(serves.dump().await.unwrap().held.len(), 9);
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("notes.txt");
    std::fs::write(&file, "this is no store, but somebody's notes").unwrap();
    let error = DiskStore::open(&file).unwrap_err().to_string();
    assert!(error.contains("notes.txt"), "{error}");
    let content = std::fs::read_to_string(&file).unwrap();
    assert!(
        content.starts_with("this is no store"),
        "it was overwritten"
    );
}

#[tokio::test]
async fn a_request_fails_when_its_retries_are_used_up() {
    let asks = node::start(NodeOptions {
        retry_interval: Some(Duration::from_millis(1)),
        retries: 3,
        ..options()
    })
    .await
    .unwrap();
    let address = Address::Plain(BlockCid::of_block(b"nobody has this"));
    let outcome = in_time(asks.request(address)).await;
    let nobody = "nobody is connected".to_owned();
    assert_eq!(outcome, Err(node::RequestError::NotFound(nobody)));
    assert!(asks.dump().await.unwrap().own_wants.is_empty());
}

#[tokio::test]
async fn every_requester_learns_of_a_cancel() {
    let asks = node::start(options()).await.unwrap();
    let address = Address::Plain(BlockCid::of_block(b"not wanted for long"));
    let mut first = asks.start_request(address.clone()).await.unwrap();
    let mut second = asks.start_request(address.clone()).await.unwrap();
    // ASK-10: the second cancel ends the want, the third finds none.
    assert!(asks.cancel(address.clone()).await.unwrap());
    assert!(asks.cancel(address.clone()).await.unwrap());
    assert!(!asks.cancel(address).await.unwrap());
    assert_eq!(
        in_time(first.wait()).await,
        Err(node::RequestError::Cancelled)
    );
    assert_eq!(
        in_time(second.wait()).await,
        Err(node::RequestError::Cancelled)
    );
}

#[tokio::test]
async fn what_cannot_be_met_is_refused_at_the_start() {
    let storage = NodeOptions {
        protocol: node::STORAGE_PROTOCOL.to_owned(),
        ..options()
    };
    let error = node::start(storage).await.err().unwrap().to_string();
    assert!(error.contains("another protocol"), "{error}");
    // Reserved for documentation (RFC 5737): no machine has it.
    let foreign: libp2p::Multiaddr = "/ip4/192.0.2.1/tcp/0".parse().unwrap();
    let error = node::start(NodeOptions {
        listen: vec![foreign.clone()],
        ..options()
    })
    .await
    .err()
    .unwrap()
    .to_string();
    assert!(error.contains(&foreign.to_string()), "{error}");
}

#[tokio::test]
async fn a_node_that_was_shut_down_says_so() {
    let handle = node::start(options()).await.unwrap();
    handle.shutdown().await;
    assert!(handle.dump().await.is_err());
    assert_eq!(handle.died(), None);
}

#[tokio::test]
async fn a_block_comes_out_of_the_command_as_it_went_in() {
    // What looks like a terminal's escape sequences stays.
    let data = Bytes::from_static(b"\x1b[31mred\x1b[0m \x9b\x00\xff\x1b]0;title\x07 end");
    let holder = node::start(options()).await.unwrap();
    let cid = holder.put(data.clone()).await.unwrap();
    let from = holder.addresses()[0].to_string();
    let got = got(&[&cid.to_string(), "--from", &from]).await;
    assert!(got.status.success(), "{got:?}");
    assert_eq!(got.stdout, data);
}

/// What `blockexc get` does.
async fn got(arguments: &[&str]) -> std::process::Output {
    let mut command = assert_cmd::Command::cargo_bin("blockexc").unwrap();
    command.arg("get").args(arguments);
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap());
    in_time(ran).await.unwrap()
}

/// A dataset larger than what waits to be written and what is asked for at a time.
async fn large_dataset() -> (NodeHandle, BlockCid, Vec<u8>) {
    let data: Vec<u8> = (0..5 << 20).map(|at: u32| (at >> 8) as u8).collect();
    let holder = node::start(options()).await.unwrap();
    let blocks = data.chunks(1 << 14).map(Bytes::copy_from_slice).collect();
    let tree = holder.put_dataset(blocks).await.unwrap();
    (holder, tree, data)
}

#[tokio::test]
async fn a_dataset_comes_out_of_the_command_as_it_went_in() {
    let (holder, tree, data) = large_dataset().await;
    let from = holder.addresses()[0].to_string();
    let got = got(&[&tree.to_string(), "--from", &from]).await;
    assert!(
        got.status.success(),
        "{}",
        String::from_utf8_lossy(&got.stderr)
    );
    assert!(got.stdout == data);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn an_output_without_room_is_an_error_that_names_it() {
    let (holder, tree, _) = large_dataset().await;
    let from = holder.addresses()[0].to_string();
    let got = got(&[&tree.to_string(), "--from", &from, "--output", "/dev/full"]).await;
    assert_eq!(got.status.code(), Some(2));
    let said = String::from_utf8_lossy(&got.stderr);
    assert!(said.contains("/dev/full"), "{said}");
}

/// XFER-11: between two nodes nothing is said of it, and from a node that holds it, it comes no sooner.
#[tokio::test]
async fn the_empty_block_is_had_by_whoever_requests_it() {
    let holds = NodeOptions {
        deviations: Deviations::of(&[Deviation::HoldEmptyBlock]),
        ..options()
    };
    for serves in [options(), holds] {
        let (asks, serves) = connected(options(), serves).await;
        let refused = serves.put(Bytes::new()).await.unwrap_err();
        assert!(refused.to_string().contains("XFER-11"), "{refused}");
        let address = Address::Plain(BlockCid::of_block(b""));
        let data = in_time(asks.request(address)).await.unwrap();
        assert_eq!(data, "");
        let dump = asks.dump().await.unwrap();
        assert!(dump.own_wants.is_empty(), "{dump:?}");
    }
}
