//! [`Rest`]: the HTTP interface that Codex, Archivist, Promethei and Logos Storage nodes have.
//!
//! The paths are those of nim-codex (2025-06), archivist-node (2025-08), logos-storage-nim (2025-12)
//! and neverust (2026-03), as their sources have them. docs/foreign-nodes.md has them in a table.

use std::time::Duration;

use bytes::Bytes;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde_json::Value;

use crate::causes::with_causes;
use crate::wire::BlockCid;

/// The prefixes of the paths. A node has one of them.
const PREFIXES: &[&str] = &["api/codex/v1/", "api/archivist/v1/", "api/storage/v1/"];

/// The size of the blocks into which a node divides an upload.
pub const BLOCK_SIZE: usize = 64 * 1024;

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;
/// How much of an unexpected answer is shown, in characters.
const SHOWN: usize = 200;

/// Why a call did not do what it should: a text for people.
pub type RestError = String;

/// The HTTP interface of one node. Clones are the same.
#[derive(Clone, Debug)]
pub struct Rest {
    client: Client,
    /// With the prefix that the node has.
    base: Url,
    timeout: Duration,
}

/// What a node says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInfo {
    /// Its identity.
    pub peer_id: PeerId,
    /// Where it listens, `/p2p/…` included.
    pub addresses: Vec<Multiaddr>,
    /// Its version, as it writes it.
    pub version: Option<String>,
}

impl Rest {
    /// Finds the interface at this address: the prefix is found by asking. Each call but a download
    /// may take as long as `timeout`.
    ///
    /// # Errors
    ///
    /// When the address is none, or nobody there answers as such a node does.
    pub async fn find(url: &str, timeout: Duration) -> Result<Rest, RestError> {
        let mut root: Url = url.parse().map_err(|error| {
            format!("`{url}` is no URL, such as http://127.0.0.1:8080: {error}")
        })?;
        if root.scheme() != "http" || root.cannot_be_a_base() {
            return Err(format!("`{url}`: a URL with http:// is expected"));
        }
        if !root.path().ends_with('/') {
            root.set_path(&format!("{}/", root.path()));
        }
        let client = Client::builder()
            .build()
            .map_err(|error| with_causes(&error))?;
        let mut said = Vec::new();
        for prefix in [""].iter().chain(PREFIXES) {
            let base = root.join(prefix).map_err(|error| error.to_string())?;
            let rest = Rest {
                client: client.clone(),
                base,
                timeout,
            };
            match rest.info().await {
                Ok(_) => return Ok(rest),
                Err(error) => said.push(error),
            }
        }
        Err(format!(
            "no node's REST interface at {url}: {}",
            said.join("; ")
        ))
    }

    /// Where the interface is, prefix included.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// What the node says about itself.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn info(&self) -> Result<NodeInfo, RestError> {
        let answer = self.answered(self.call(Method::GET, "debug/info")?).await?;
        let info: Value = serde_json::from_slice(&answer)
            .map_err(|error| format!("debug/info is no JSON: {error}"))?;
        let id = info.get("id").and_then(Value::as_str);
        let id = id.ok_or_else(|| format!("debug/info names no `id`: {}", start_of(&answer)))?;
        let peer_id: PeerId = id
            .parse()
            .map_err(|error| format!("debug/info: `{id}` is no peer ID: {error}"))?;
        let addresses = info.get("addrs").and_then(Value::as_array);
        let addresses = addresses.into_iter().flatten().filter_map(Value::as_str);
        let version = info
            .pointer("/codex/version")
            .or(info.pointer("/storage/version"));
        let version = version
            .or(info.pointer("/archivist/version"))
            .or(info.get("version"));
        Ok(NodeInfo {
            peer_id,
            addresses: addresses
                .filter_map(|address| address.parse().ok())
                .map(|address| self.dialable(&address, peer_id))
                .collect(),
            version: version.and_then(Value::as_str).map(str::to_owned),
        })
    }

    /// Where the node's peers reach it over TCP.
    ///
    /// # Errors
    ///
    /// When it does not say.
    pub async fn address(&self) -> Result<Multiaddr, RestError> {
        let info = self.info().await?;
        let is_tcp =
            |address: &Multiaddr| address.iter().any(|part| matches!(part, Protocol::Tcp(_)));
        let address = info.addresses.into_iter().find(is_tcp);
        address.ok_or_else(|| {
            format!(
                "{} names no TCP address of the node: give --target",
                self.base
            )
        })
    }

    /// The address with the peer's identity; where it names all interfaces, with the host of this
    /// interface.
    fn dialable(&self, address: &Multiaddr, peer_id: PeerId) -> Multiaddr {
        let host = match self
            .base
            .host_str()
            .map(|host| host.trim_matches(['[', ']']))
        {
            None | Some("localhost") => Protocol::Ip4([127, 0, 0, 1].into()),
            Some(host) => match host.parse() {
                Ok(std::net::IpAddr::V4(ip)) => Protocol::Ip4(ip),
                Ok(std::net::IpAddr::V6(ip)) => Protocol::Ip6(ip),
                Err(_) => Protocol::Dns(host.to_owned().into()),
            },
        };
        let parts = address
            .iter()
            .filter(|part| !matches!(part, Protocol::P2p(_)));
        let bare: Multiaddr = parts
            .map(|part| match part {
                Protocol::Ip4(ip) if ip.is_unspecified() => host.clone(),
                Protocol::Ip6(ip) if ip.is_unspecified() => host.clone(),
                other => other,
            })
            .collect();
        bare.with(Protocol::P2p(peer_id))
    }

    /// Stores bytes as a dataset of blocks of [`BLOCK_SIZE`]; gives the CID of its manifest.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn upload(&self, data: Bytes) -> Result<BlockCid, RestError> {
        let call = self.call(Method::POST, "data")?;
        let call = call
            .header("Content-Type", "application/octet-stream")
            .body(data);
        let answer = self.answered(call).await?;
        let text = String::from_utf8_lossy(&answer);
        let text = text.trim().trim_matches('"');
        text.parse().map_err(|error| {
            format!(
                "an upload is answered with `{}`: {error}",
                start_of(&answer)
            )
        })
    }

    /// The CID of the tree of a dataset, by the CID of its manifest. The node fetches the manifest if
    /// it does not hold it.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn tree_of(&self, manifest: &BlockCid) -> Result<BlockCid, RestError> {
        let path = format!("data/{manifest}/network/manifest");
        let answer = self.answered(self.call(Method::GET, &path)?).await?;
        let value: Value = serde_json::from_slice(&answer)
            .map_err(|error| format!("{path} is no JSON: {error}"))?;
        let tree = value.pointer("/manifest/treeCid").and_then(Value::as_str);
        let tree =
            tree.ok_or_else(|| format!("{path} names no `treeCid`: {}", start_of(&answer)))?;
        tree.parse()
            .map_err(|error| format!("{path}: `{tree}` is no block's CID: {error}"))
    }

    /// Deletes a dataset by the CID of its manifest, or a block that is part of none.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn delete(&self, cid: &BlockCid) -> Result<(), RestError> {
        let call = self.call(Method::DELETE, &format!("data/{cid}"))?;
        self.answered(call).await.map(|_| ())
    }

    /// Makes the node request a block, and gives it. It ends when the request does.
    ///
    /// # Errors
    ///
    /// When the request fails.
    pub async fn download(&self, cid: &BlockCid) -> Result<Bytes, RestError> {
        let path = format!("data/{cid}/network/stream");
        let answer = self.url(Method::GET, &path)?.send().await;
        body(answer.map_err(|error| with_causes(&error))?).await
    }

    /// Makes the node connect to a peer, whose address ends in `/p2p/…`.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn connect(&self, peer: &Multiaddr) -> Result<(), RestError> {
        let mut bare = peer.clone();
        let Some(Protocol::P2p(id)) = bare.pop() else {
            return Err(format!("{peer} does not end in /p2p/…"));
        };
        let mut url = self.path(&format!("connect/{id}"))?;
        url.query_pairs_mut()
            .append_pair("addrs", &bare.to_string());
        let call = self.client.get(url).timeout(self.timeout);
        self.answered(call).await.map(|_| ())
    }

    fn path(&self, path: &str) -> Result<Url, RestError> {
        self.base.join(path).map_err(|error| error.to_string())
    }

    fn url(&self, method: Method, path: &str) -> Result<RequestBuilder, RestError> {
        Ok(self.client.request(method, self.path(path)?))
    }

    fn call(&self, method: Method, path: &str) -> Result<RequestBuilder, RestError> {
        Ok(self.url(method, path)?.timeout(self.timeout))
    }

    async fn answered(&self, call: RequestBuilder) -> Result<Bytes, RestError> {
        body(call.send().await.map_err(|error| with_causes(&error))?).await
    }
}

/// The body of an answer that says that all went well.
async fn body(mut answer: Response) -> Result<Bytes, RestError> {
    let (status, url) = (answer.status(), answer.url().clone());
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| with_causes(&error))? {
        if bytes.len() + chunk.len() > LONGEST_ANSWER {
            return Err(format!(
                "{url} answers with more than {LONGEST_ANSWER} bytes"
            ));
        }
        bytes.extend_from_slice(&chunk);
    }
    if !status.is_success() {
        return Err(format!(
            "{url} answers {}: {}",
            short(status),
            start_of(&bytes)
        ));
    }
    Ok(bytes.into())
}

fn short(status: StatusCode) -> String {
    status.to_string()
}

fn start_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().take(SHOWN).collect()
}
