//! `blockexc node`: a node that runs until it is told to end.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use blockexc_model::message::Account;
use blockexc_model::price::Price;
use blockexc_model::{Deviation, Deviations, Dialect};
use bytes::Bytes;
use clap::Args;
use libp2p::Multiaddr;
use libp2p::identity::Keypair;

use super::put::CIDS;
use super::{Exit, deviation, dialect, runtime};
use crate::node::recording::Recording;
use crate::node::store::{BlockStore, DiskStore, MemoryStore};
use crate::node::{
    self, CODEX_PROTOCOL, KeyType, Muxers, NodeHandle, NodeOptions, WAITING_PER_PEER,
    WANTS_PER_PEER,
};
use crate::trace::header::Header;
use crate::wire::DEFAULT_LIMIT;
use crate::wire::tree::DEFAULT_BLOCK_SIZE;

/// Run a node: the reference, or an emulation of a deployed one
///
/// Prints the node's addresses, one on each line, and the CIDs of the files that it holds. Runs
/// until it is interrupted. Reports on the standard error what it refuses, with the requirement;
/// RUST_LOG sets the level.
#[derive(Args, Clone, Debug)]
pub struct NodeArgs {
    /// Where to listen
    #[arg(long, value_name = "MULTIADDR", default_value = "/ip4/127.0.0.1/tcp/0")]
    listen: Vec<Multiaddr>,
    /// A peer to connect to at the start
    #[arg(long, value_name = "MULTIADDR")]
    connect: Vec<Multiaddr>,
    /// The file of the node's key. It is created when it does not exist [default: a new key]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The type of a new key
    #[arg(long, default_value = "secp256k1")]
    key_type: KeyType,
    /// The file of the block store. It is created when it does not exist [default: in memory]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// A file to hold as one plain block
    #[arg(long, value_name = "FILE")]
    put: Vec<PathBuf>,
    /// A file to hold as a dataset of 64 KiB blocks
    #[arg(long, value_name = "FILE")]
    put_dataset: Vec<PathBuf>,
    /// The protocol's ID
    #[arg(long, value_name = "ID", default_value = CODEX_PROTOCOL)]
    protocol: String,
    /// The dialect to emulate
    #[arg(long, value_name = "DIALECT", value_parser = dialect)]
    dialect: Option<&'static Dialect>,
    /// One more deviation from the specification
    #[arg(long, value_name = "DEVIATION", value_parser = deviation)]
    deviation: Vec<Deviation>,
    /// A deviation of the dialect that this node does not have
    #[arg(long, value_name = "DEVIATION", value_parser = deviation, requires = "dialect")]
    without: Vec<Deviation>,
    /// The muxers to offer
    #[arg(long, default_value = "both")]
    muxer: Muxers,
    /// The price of a block
    #[arg(long, default_value = "0")]
    price: u64,
    /// The account to be paid: the 20 bytes of an Ethereum address, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = account)]
    account: Option<Account>,
    /// The longest frame, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_LIMIT)]
    frame_limit: u64,
    /// After how many milliseconds an unmet want is retried; 0 means never
    #[arg(long, value_name = "MS", default_value = "2000")]
    retry_interval: u64,
    /// After how many retries a request fails
    #[arg(long, default_value = "100")]
    retries: u32,
    /// How many wants of one peer are recorded at most. Further ones are answered, but not recorded
    #[arg(long, value_name = "N", default_value_t = WANTS_PER_PEER)]
    wants_per_peer: u32,
    /// How many want list entries, presence items and blocks may wait to be sent to one peer. A
    /// peer for whom more wait is disconnected
    #[arg(long, value_name = "N", default_value_t = WAITING_PER_PEER)]
    waiting_per_peer: usize,
    /// Write a log of all events and effects to this file, for `blockexc trace`
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// The seed of the node's random choices
    #[arg(long, value_name = "N", default_value = "0")]
    seed: u64,
}

fn account(text: &str) -> Result<Account, String> {
    let mut address = [0; 20];
    hex::decode_to_slice(text.trim_start_matches("0x"), &mut address)
        .map_err(|error| format!("40 hexadecimal digits are expected: {error}"))?;
    Ok(Account(address))
}

impl NodeArgs {
    /// Those of the dialect and the further ones, without those that are taken away.
    fn deviations(&self) -> Deviations {
        let mut deviations = self
            .dialect
            .map_or_else(Deviations::none, |dialect| dialect.deviations);
        for deviation in &self.deviation {
            deviations.insert(*deviation);
        }
        for deviation in &self.without {
            deviations = deviations.without(*deviation);
        }
        deviations
    }

    fn options(&self) -> anyhow::Result<NodeOptions> {
        let store: Arc<dyn BlockStore> = match &self.store {
            Some(file) => Arc::new(DiskStore::open(file)?),
            None => Arc::new(MemoryStore::default()),
        };
        Ok(NodeOptions {
            keypair: self.keypair()?,
            listen: self.listen.clone(),
            protocol: self.protocol.clone(),
            deviations: self.deviations(),
            price: Price::from(self.price),
            account: self.account,
            frame_limit: self.frame_limit,
            serve_after: Duration::ZERO,
            retry_interval: (self.retry_interval > 0)
                .then(|| Duration::from_millis(self.retry_interval)),
            retries: self.retries,
            wants_per_peer: self.wants_per_peer,
            waiting_per_peer: self.waiting_per_peer,
            muxers: self.muxer,
            store,
            seed: self.seed,
            record: self
                .record
                .as_deref()
                .map(|file| self.recording(file))
                .transpose()?,
        })
    }

    fn recording(&self, file: &Path) -> anyhow::Result<Recording> {
        let header = Header {
            complete: true,
            // A log cannot say what a dialect is without: it names the deviations.
            dialect: self.dialect.filter(|_| self.without.is_empty()),
            deviations: if self.without.is_empty() {
                self.deviation.iter().copied().collect()
            } else {
                self.deviations()
            },
            price: Price::from(self.price),
            account: self.account,
            retries: Some(self.retries),
            wants_per_peer: Some(self.wants_per_peer),
            ..Header::of("")
        };
        let out = fs::File::create(file).with_context(|| file.display().to_string())?;
        let recording = Recording::new(Box::new(BufWriter::new(out)), &header);
        recording.with_context(|| file.display().to_string())
    }

    fn keypair(&self) -> anyhow::Result<Keypair> {
        let Some(file) = &self.key else {
            return Ok(self.key_type.generate());
        };
        if file.exists() {
            let bytes = fs::read(file).with_context(|| file.display().to_string())?;
            return Keypair::from_protobuf_encoding(&bytes)
                .with_context(|| format!("{} holds no libp2p key", file.display()));
        }
        let keypair = self.key_type.generate();
        let bytes = keypair.to_protobuf_encoding()?;
        write_secret(file, &bytes).with_context(|| file.display().to_string())?;
        Ok(keypair)
    }

    async fn put(&self, node: &NodeHandle, out: &mut dyn Write) -> anyhow::Result<()> {
        for file in &self.put {
            let cid = node.put(read(file)?).await?;
            writeln!(out, "block {cid} {}", file.display())?;
        }
        if !self.put_dataset.is_empty() {
            anstream::eprintln!("{CIDS}");
        }
        for file in &self.put_dataset {
            let name = file.file_name().map(|name| name.to_string_lossy().into());
            let (tree, manifest) = node
                .put_bytes(read(file)?, DEFAULT_BLOCK_SIZE, name)
                .await
                .with_context(|| file.display().to_string())?;
            writeln!(out, "manifest {manifest} {}", file.display())?;
            writeln!(out, "tree {tree} {}", file.display())?;
        }
        Ok(())
    }
}

/// Writes a new file that only its owner can read: all of it, or nothing.
fn write_secret(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    // Only its owner may read a temporary file.
    let mut pending = tempfile::NamedTempFile::new_in(folder)?;
    pending.write_all(bytes)?;
    pending.as_file().sync_all()?;
    pending
        .persist_noclobber(file)
        .map_err(|error| error.error)?;
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<Bytes> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    Ok(bytes.into())
}

/// Runs a node until it is interrupted.
///
/// # Errors
///
/// When it cannot start.
pub fn run(args: &NodeArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    runtime()?.block_on(async {
        let node = node::start(args.options()?).await?;
        args.put(&node, out).await?;
        for address in node.addresses() {
            writeln!(out, "{address}")?;
        }
        out.flush()?;
        for peer in &args.connect {
            node.connect(peer.clone()).await?;
        }
        tokio::select! {
            interrupted = interrupted() => interrupted?,
            () = node.ended() => {}
        }
        if let Some(cause) = node.died() {
            bail!("the node has ended: {cause}");
        }
        node.shutdown().await;
        Ok(Exit::Good)
    })
}

/// Returns when the process is told to end.
async fn interrupted() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
