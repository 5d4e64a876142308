//! [`StandIn`]: the REST interface of deployed nodes, in front of this project's node.

use std::num::NonZeroUsize;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use blockexc::node::dataset::Manifest;
use blockexc::node::{self, NodeHandle, NodeOptions};
use blockexc::suite::rest::BLOCK_SIZE;
use blockexc::wire::{Address, BlockCid};
use blockexc_model::Deviations;
use libp2p::Multiaddr;
use serde::Deserialize;
use serde_json::{Value, json};

/// What a call is answered with when it fails.
type Refusal = (StatusCode, String);

/// The node, and the interface in front of it.
pub struct StandIn {
    node: Arc<NodeHandle>,
    address: std::net::SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl StandIn {
    /// A node with these deviations, whose interface has this prefix.
    pub async fn start(deviations: Deviations, prefix: &str) -> StandIn {
        let options = NodeOptions {
            keypair: node::KeyType::Ed25519.generate(),
            listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
            deviations,
            ..NodeOptions::default()
        };
        let node = Arc::new(node::start(options).await.unwrap());
        let interface = Router::new()
            .route("/data", post(upload))
            .route("/data/{cid}", delete(remove))
            .route("/data/{cid}/network/manifest", get(manifest))
            .route("/data/{cid}/network/stream", get(stream))
            .route("/connect/{peer}", get(connect))
            .route("/debug/info", get(info))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&node));
        let router = Router::new().nest(prefix, interface);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        StandIn {
            node,
            address,
            server,
        }
    }

    /// Where the interface is, without its prefix.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends both.
    pub async fn stop(self) {
        self.server.abort();
        self.node.shutdown().await;
    }
}

fn cid(text: &str) -> Result<BlockCid, Refusal> {
    let parsed = text.parse();
    parsed.map_err(|error| (StatusCode::BAD_REQUEST, format!("{text}: {error}")))
}

fn internal(error: impl std::fmt::Display) -> Refusal {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

async fn fetch(node: &NodeHandle, cid: BlockCid) -> Result<Bytes, Refusal> {
    let block = node.request(Address::Plain(cid)).await;
    block.map_err(|error| (StatusCode::NOT_FOUND, error.to_string()))
}

async fn upload(State(node): State<Arc<NodeHandle>>, data: Bytes) -> Result<String, Refusal> {
    let mut padded = data.to_vec();
    padded.resize(data.len().next_multiple_of(BLOCK_SIZE), 0);
    let size = NonZeroUsize::new(BLOCK_SIZE).unwrap();
    let (_, manifest) = node
        .put_bytes(padded.into(), size, None)
        .await
        .map_err(internal)?;
    Ok(manifest.to_string())
}

async fn remove(
    State(node): State<Arc<NodeHandle>>,
    Path(name): Path<String>,
) -> Result<StatusCode, Refusal> {
    let name = cid(&name)?;
    // What is absent is deleted already.
    let held = node.dump().await.map_err(internal)?.held;
    if !held.contains(&Address::Plain(name.clone())) {
        return Ok(StatusCode::NO_CONTENT);
    }
    let bytes = fetch(&node, name.clone()).await?;
    if let Ok(manifest) = Manifest::decode(&bytes) {
        for index in 0..manifest.leaf_count() {
            let tree = manifest.tree.clone();
            let address = Address::Leaf { tree, index };
            if !held.contains(&address) {
                continue;
            }
            let leaf = node.request(address).await;
            let leaf = BlockCid::of_block(&leaf.map_err(internal)?);
            node.delete(leaf).await.map_err(internal)?;
        }
    }
    node.delete(name).await.map_err(internal)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn manifest(
    State(node): State<Arc<NodeHandle>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let bytes = fetch(&node, cid(&name)?).await?;
    let manifest = Manifest::decode(&bytes).map_err(internal)?;
    Ok(Json(json!({
        "cid": name,
        "manifest": {
            "treeCid": manifest.tree.to_string(),
            "datasetSize": manifest.dataset_size,
            "blockSize": manifest.block_size,
            "protected": false,
        },
    })))
}

/// A block by its CID: a request that ends with the answer.
async fn stream(
    State(node): State<Arc<NodeHandle>>,
    Path(name): Path<String>,
) -> Result<Bytes, Refusal> {
    fetch(&node, cid(&name)?).await
}

#[derive(Deserialize)]
struct At {
    addrs: Multiaddr,
}

async fn connect(
    State(node): State<Arc<NodeHandle>>,
    Path(peer): Path<String>,
    Query(At { addrs }): Query<At>,
) -> Result<&'static str, Refusal> {
    let bad = |error: &dyn std::fmt::Display| (StatusCode::BAD_REQUEST, error.to_string());
    let peer = peer
        .parse::<libp2p::PeerId>()
        .map_err(|error| bad(&error))?;
    let address = addrs.with(libp2p::multiaddr::Protocol::P2p(peer));
    let connected = node.connect(address).await;
    connected.map_err(|error| bad(&error))?;
    Ok("Successfully connected to peer")
}

async fn info(State(node): State<Arc<NodeHandle>>) -> Json<Value> {
    let addresses = node.addresses().iter().map(|address| {
        let mut bare = address.clone();
        bare.pop();
        bare.to_string()
    });
    Json(json!({
        "id": node.peer_id().to_string(),
        "addrs": addresses.collect::<Vec<_>>(),
        "codex": { "version": "stand-in" },
    }))
}
