//! `blockexc get`: a block or a dataset from a peer.

use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::Args;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use libp2p::Multiaddr;

use super::interruption::Interruption;
use super::output::Output;
use super::results::PendingFile;
use super::{Exit, runtime_of_one_thread};
use crate::causes::with_causes;
use crate::node::dataset::Manifest;
use crate::node::store::{BlockStore, MemoryStore};
use crate::node::{self, CODEX_PROTOCOL, KeyType, Muxers, NodeHandle, NodeOptions, RequestError};
use crate::wire::cid::{DATASET_ROOT, MANIFEST};
use crate::wire::{Address, BlockCid, Proof, address};

/// Get a block or a dataset from a peer
///
/// Every block is verified against the CID, and each block of a dataset by its proof. The CID of a
/// manifest or of a tree gets the whole dataset. A tree does not tell the length without padding:
/// give it with --size.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Exit code: 0 obtained, 1 not obtained, 2 the peer cannot be \
    dialled, or the output not written, 130 interrupted. The file gets its name when it is whole."
)]
pub struct GetArgs {
    /// The CID of a block, of a manifest or of a dataset's tree; or TREE/INDEX, one leaf of it
    #[arg(value_name = "CID", value_parser = address::parse)]
    what: Address,
    /// The peer to get it from
    #[arg(long, value_name = "MULTIADDR", required = true)]
    from: Vec<Multiaddr>,
    /// The file to write [default: the standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The length in bytes of a dataset that is named by its tree [default: with the padding]
    #[arg(long, value_name = "BYTES")]
    size: Option<u64>,
    /// How many seconds to wait for a connection, and for one block
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    timeout: u64,
    /// The protocol's ID
    #[arg(long, value_name = "ID", default_value = CODEX_PROTOCOL)]
    protocol: String,
    /// The muxers to offer
    #[arg(long, default_value = "both")]
    muxer: Muxers,
    /// The type of this node's key
    #[arg(long, default_value = "secp256k1")]
    key_type: KeyType,
}

/// Where it is written to.
enum Destination {
    Standard(io::Stdout),
    File(PendingFile),
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Destination::Standard(out) => out.write(bytes),
            Destination::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Destination::Standard(out) => out.flush(),
            Destination::File(file) => file.flush(),
        }
    }
}

/// How many blocks of a dataset are requested at a time.
const REQUESTED_AT_ONCE: usize = 256;

/// A block that was not obtained.
#[derive(Debug, thiserror::Error)]
#[error("{} was not obtained: {cause}", address::show(.address))]
struct Missing {
    address: Address,
    cause: String,
}

struct Getter<'a> {
    node: NodeHandle,
    store: Arc<dyn BlockStore>,
    args: &'a GetArgs,
}

/// Gets it.
///
/// # Errors
///
/// When the peer cannot be dialled, or the output cannot be written.
pub fn run(args: &GetArgs) -> anyhow::Result<Exit> {
    runtime_of_one_thread()?.block_on(async {
        let store = Arc::new(MemoryStore::default());
        let node = node::start(NodeOptions {
            keypair: args.key_type.generate(),
            protocol: args.protocol.clone(),
            muxers: args.muxer,
            store: store.clone(),
            ..NodeOptions::default()
        })
        .await?;
        for peer in &args.from {
            connect(&node, peer, Duration::from_secs(args.timeout)).await?;
        }
        let file = args
            .output
            .as_deref()
            .map(PendingFile::create)
            .transpose()?;
        let mut output = match file {
            Some(file) => Output::to(Destination::File(file))?,
            // Not the output for text, which would take the escape sequences out of a block.
            None => Output::to(Destination::Standard(io::stdout()))?,
        };
        let getter = Getter { node, store, args };
        let interruption = Interruption::listen()?;
        let ended = tokio::select! {
            ended = getter.get(&mut output) => Some(ended),
            () = interruption.requested() => None,
        };
        let written = output.finish().await;
        getter.node.shutdown().await;
        let written = written.with_context(|| match &args.output {
            Some(path) => format!("{} cannot be written", path.display()),
            None => "the standard output".to_owned(),
        })?;
        let Some(ended) = ended else {
            return Ok(Exit::Interrupted);
        };
        // A part of it does not get the name.
        if let (Ok(()), Destination::File(file)) = (&ended, written) {
            file.commit()?;
        }
        match ended {
            Ok(()) => Ok(Exit::Good),
            Err(error) if error.is::<Missing>() => {
                anstream::eprintln!("error: {}", with_causes(error.as_ref()));
                Ok(Exit::Bad)
            }
            Err(error) => Err(error),
        }
    })
}

async fn connect(node: &NodeHandle, peer: &Multiaddr, limit: Duration) -> anyhow::Result<()> {
    let connecting = tokio::time::timeout(limit, node.connect(peer.clone()));
    match connecting.await {
        Ok(connected) => connected?,
        Err(_) => bail!("{peer} does not connect within {} s", limit.as_secs()),
    };
    Ok(())
}

impl Getter<'_> {
    async fn get(&self, output: &mut Output<Destination>) -> anyhow::Result<()> {
        match &self.args.what {
            Address::Plain(cid) if cid.codec() == Some(MANIFEST) => {
                let bytes = self.block(self.args.what.clone()).await?;
                let manifest = Manifest::decode(&bytes)
                    .with_context(|| format!("{cid} does not name a dataset"))?;
                let (count, size) = (manifest.leaf_count(), Some(manifest.dataset_size));
                self.dataset(&manifest.tree, count, size, output).await
            }
            Address::Plain(cid) if cid.codec() == Some(DATASET_ROOT) => {
                if self.args.size.is_none() {
                    anstream::eprintln!(
                        "warning: a tree does not tell the dataset's length. The last block comes with \
                        its padding; its manifest's CID, or --size, avoids that."
                    );
                }
                let count = self.leaf_count(cid).await?;
                self.dataset(cid, count, self.args.size, output).await
            }
            _ => {
                let block = self.block(self.args.what.clone()).await?;
                Ok(output.write(block).await?)
            }
        }
    }

    async fn block(&self, address: Address) -> Result<Bytes, Missing> {
        let limit = Duration::from_secs(self.args.timeout);
        let outcome = tokio::time::timeout(limit, self.node.request(address.clone())).await;
        let cause = match outcome {
            Ok(Ok(block)) => return Ok(block),
            Ok(Err(RequestError::Ended(ended))) => ended.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => match self.node.why(address.clone()).await {
                Ok(why) => format!("it did not come within {} s: {why}", limit.as_secs()),
                Err(ended) => ended.to_string(),
            },
        };
        Err(Missing { address, cause })
    }

    /// How many leaves a tree has: the verified proof of the first one tells.
    async fn leaf_count(&self, tree: &BlockCid) -> anyhow::Result<u64> {
        let first = leaf(tree, 0);
        self.block(first.clone()).await?;
        match self.store.leaf(&first)? {
            Some((_, proof)) => Ok(Proof::decode(&proof)?.leaf_count),
            None => bail!("the first block of {tree} was kept without its proof"),
        }
    }

    async fn dataset(
        &self,
        tree: &BlockCid,
        count: u64,
        size: Option<u64>,
        output: &mut Output<Destination>,
    ) -> anyhow::Result<()> {
        let bar = if io::stderr().is_terminal() {
            ProgressBar::new(count).with_style(
                ProgressStyle::with_template("{bar:40} {pos}/{len} blocks, {eta} left")
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            )
        } else {
            ProgressBar::hidden()
        };
        let mut rest = size.unwrap_or(u64::MAX);
        let mut blocks = stream::iter(0..count)
            .map(|index| async move {
                let leaf = leaf(tree, index);
                let block = self.block(leaf.clone()).await?;
                anyhow::Ok((leaf, block))
            })
            .buffered(REQUESTED_AT_ONCE);
        while let Some((leaf, block)) = blocks.try_next().await? {
            let length = usize::try_from(rest).map_or(block.len(), |rest| rest.min(block.len()));
            output.write(block.slice(..length)).await?;
            rest -= length as u64;
            // What is written need not be kept: a dataset may be larger than the memory.
            if let Some((cid, _)) = self.store.leaf(&leaf)? {
                self.store.delete(&cid)?;
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        if size.is_some() && rest > 0 {
            bail!("the dataset is {rest} bytes shorter than its given size");
        }
        Ok(())
    }
}

fn leaf(tree: &BlockCid, index: u64) -> Address {
    Address::Leaf {
        tree: tree.clone(),
        index,
    }
}
