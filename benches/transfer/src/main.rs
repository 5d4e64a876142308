//! The two ends of the transfers that blockexc is compared with: plain TCP with SHA-256 of every
//! block, and bitswap by the crate beetswap. Every block is 64 KiB of a file that the holder has in
//! memory; the asker knows the digests and drops each block when it has verified it.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use beetswap::{Event, QueryId};
use blockstore::{Blockstore, InMemoryBlockstore};
use cid::Cid;
use clap::{Parser, Subcommand};
use libp2p::futures::StreamExt as _;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, SwarmBuilder, noise, tcp, yamux};
use multihash::Multihash;
use sha2::{Digest as _, Sha256};

const BLOCK: usize = 64 * 1024;
const RAW: u64 = 0x55;
const SHA2_256: u64 = 0x12;
/// How many blocks are asked of beetswap at a time. It puts all that it owes into one message, and
/// reads none of more than 4 MiB, so that 64 would stall it.
const AT_ONCE: usize = 48;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    end: End,
}

#[derive(Subcommand)]
enum End {
    /// Writes the digests of a file's blocks to another
    Digests { file: PathBuf, digests: PathBuf },
    /// Sends a file to whoever connects
    TcpHold { file: PathBuf },
    /// Receives a file and verifies its blocks
    TcpAsk { digests: PathBuf, address: String },
    /// Holds a file's blocks
    BeetswapHold { file: PathBuf },
    /// Asks for a file's blocks and verifies them
    BeetswapAsk {
        digests: PathBuf,
        address: Multiaddr,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().end {
        End::Digests { file, digests } => write_digests(&file, &digests),
        End::TcpHold { file } => tcp_hold(&file),
        End::TcpAsk { digests, address } => tcp_ask(&digests, &address),
        End::BeetswapHold { file } => run(beetswap_hold(&file)),
        End::BeetswapAsk { digests, address } => run(beetswap_ask(&digests, address)),
    }
}

fn run(end: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(end)
}

/// Tells whoever started this where to connect to.
fn say(address: impl std::fmt::Display) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{address}")?;
    out.flush()
}

fn write_digests(file: &Path, digests: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(file)?;
    let all: Vec<u8> = bytes.chunks(BLOCK).flat_map(Sha256::digest).collect();
    Ok(std::fs::write(digests, all)?)
}

fn read_digests(file: &Path) -> anyhow::Result<Vec<[u8; 32]>> {
    let bytes = std::fs::read(file)?;
    let (digests, rest) = bytes.as_chunks::<32>();
    ensure!(rest.is_empty(), "{} holds no whole digests", file.display());
    Ok(digests.to_vec())
}

fn tcp_hold(file: &Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(file)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    say(listener.local_addr()?)?;
    for stream in listener.incoming() {
        // Whoever has enough may go.
        let _ = stream?.write_all(&bytes);
    }
    Ok(())
}

fn tcp_ask(digests: &Path, address: &str) -> anyhow::Result<()> {
    let digests = read_digests(digests)?;
    let mut stream = TcpStream::connect(address)?;
    let mut block = vec![0; BLOCK];
    for digest in digests {
        stream.read_exact(&mut block)?;
        ensure!(
            Sha256::digest(&block)[..] == digest,
            "a block is not what it should be"
        );
    }
    Ok(())
}

type Blocks = InMemoryBlockstore<64>;

fn cid(digest: &[u8]) -> anyhow::Result<Cid> {
    Ok(Cid::new_v1(RAW, Multihash::wrap(SHA2_256, digest)?))
}

fn swarm(blocks: Arc<Blocks>) -> anyhow::Result<libp2p::Swarm<beetswap::Behaviour<64, Blocks>>> {
    Ok(SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::default().nodelay(true),
            noise::Config::new,
            yamux::Config::default,
        )?
        .with_behaviour(|_| beetswap::Behaviour::new(blocks))?
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60)))
        .build())
}

async fn beetswap_hold(file: &Path) -> anyhow::Result<()> {
    let blocks = Arc::new(Blocks::new());
    for block in std::fs::read(file)?.chunks(BLOCK) {
        blocks
            .put_keyed(&cid(&Sha256::digest(block))?, block)
            .await?;
    }
    let mut swarm = swarm(blocks)?;
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse()?)?;
    loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
            say(address)?;
        }
    }
}

async fn beetswap_ask(digests: &Path, address: Multiaddr) -> anyhow::Result<()> {
    let digests = read_digests(digests)?;
    let mut waiting = digests.iter();
    let mut asked: HashMap<QueryId, [u8; 32]> = HashMap::new();
    let mut swarm = swarm(Arc::new(Blocks::new()))?;
    swarm.dial(address)?;
    let mut left = digests.len();
    while left > 0 {
        match swarm.select_next_some().await {
            SwarmEvent::ConnectionClosed { cause, .. } => bail!("the connection closed: {cause:?}"),
            SwarmEvent::Behaviour(Event::GetQueryResponse { query_id, data }) => {
                let digest = asked
                    .remove(&query_id)
                    .context("an answer to no question")?;
                // The crate has verified it already; who uses it trusts it.
                ensure!(
                    data.len() == BLOCK && digest != [0; 32],
                    "a block of another length"
                );
                left -= 1;
            }
            SwarmEvent::Behaviour(Event::GetQueryError { error, .. }) => bail!("{error}"),
            _ => {}
        }
        if swarm.connected_peers().next().is_some() {
            while asked.len() < AT_ONCE
                && let Some(digest) = waiting.next()
            {
                let query = swarm.behaviour_mut().get(&cid(digest)?);
                asked.insert(query, *digest);
            }
        }
    }
    Ok(())
}
