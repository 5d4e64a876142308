//! An adapter in front of this project's own node, with every capability: for `blockexc conform
//! --control exec:'cargo run --release --example adapter'`. `docs/adapter.md` describes the protocol.
//!
//! The node runs in this process, and is reached through its sockets. `--dialect` and `--deviation`
//! make it deviate, so that what the suite says of it can be compared with what it says of the
//! embedded node. `--without` and `--dump-without` take capabilities and parts of the dump away,
//! `--one-node` serves all scenarios with one node.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use blockexc::node::{self, Muxers, NodeHandle, NodeOptions};
use blockexc::suite::adapter::message::{
    Answer, Body, Cancelled, Command, ContextAnswer, DumpAnswer, Ended, Event, Hello, Hex,
    OwnWantAnswer, PresenceAnswer, Requested, StartOptions, Started, Stored, VERSION, WantAnswer,
};
use blockexc::suite::control::Capability;
use blockexc::suite::target::StartOption;
use blockexc::suite::transport::KeyType;
use blockexc::wire::{Address, BlockCid, address};
use blockexc_model::message::{Account, WantType};
use blockexc_model::{Deviation, Deviations, Dialect};
use bytes::Bytes;
use clap::Parser;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// An adapter in front of this project's own node
#[derive(Parser)]
struct Arguments {
    /// The dialect that the node speaks
    #[arg(long)]
    dialect: Option<String>,
    /// One more deviation of the node
    #[arg(long)]
    deviation: Vec<Deviation>,
    /// A capability that is not announced, nor a start option of this name
    #[arg(long)]
    without: Vec<String>,
    /// A part of the dump that is left out: order, priorities, asked, prices, accounts, helpers
    #[arg(long)]
    dump_without: Vec<String>,
    /// One node serves all scenarios
    #[arg(long)]
    one_node: bool,
    /// How long a want waits before it is pursued anew, in milliseconds, where nothing else is asked for
    #[arg(long)]
    retry_interval: Option<u64>,
    /// How long serving is put off by a node that puts it off (serve-later), in milliseconds
    #[arg(long, default_value_t = 0)]
    serve_after: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut adapter = Adapter {
        deviations: deviations(&arguments)?,
        arguments,
        node: None,
        requests: Arc::default(),
        next_request: 1,
    };
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    // The end of the input is the end of the adapter.
    while let Some(line) = lines.next_line().await? {
        let command: Value = serde_json::from_str(&line)?;
        let id = command["id"].as_u64().context("a command has a number")?;
        let quits = command["command"] == "quit";
        let answer = match serde_json::from_value::<Command>(command.clone()) {
            Ok(Command { body, .. }) => match adapter.carry_out(body).await {
                Ok(ok) => Answer {
                    id,
                    ok: Some(ok),
                    ..Answer::default()
                },
                Err(error) => Answer {
                    id,
                    error: Some(format!("{error:#}")),
                    ..Answer::default()
                },
            },
            Err(_) => Answer {
                id,
                unsupported: true,
                ..Answer::default()
            },
        };
        write(&answer)?;
        if quits {
            break;
        }
    }
    adapter.stop().await;
    Ok(())
}

/// Writes one line.
fn write(message: &impl Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(message)?)?;
    Ok(out.flush()?)
}

fn deviations(arguments: &Arguments) -> anyhow::Result<Deviations> {
    let mut deviations = match &arguments.dialect {
        None => Deviations::none(),
        Some(name) => {
            let dialect = Dialect::find(name).with_context(|| format!("no dialect `{name}`"))?;
            dialect.deviations
        }
    };
    for deviation in &arguments.deviation {
        deviations.insert(*deviation);
    }
    Ok(deviations)
}

struct Adapter {
    arguments: Arguments,
    deviations: Deviations,
    node: Option<NodeHandle>,
    /// What each request is for.
    requests: Arc<Mutex<BTreeMap<u64, Address>>>,
    next_request: u64,
}

impl Adapter {
    async fn carry_out(&mut self, body: Body) -> anyhow::Result<Value> {
        let done = Ok(json!({}));
        match body {
            Body::Hello { .. } => return self.hello().await,
            Body::Start(options) => return Ok(json!(self.start(options).await?)),
            Body::Stop => {
                self.stop().await;
                return done;
            }
            Body::Quit => return done,
            _ => {}
        }
        let node = self.node.clone().context("no node runs")?;
        match body {
            Body::Hello { .. } | Body::Start(_) | Body::Stop | Body::Quit => {}
            Body::Put { data } => {
                let cid = node.put(data.0).await?.to_string();
                return Ok(json!(Stored { cid }));
            }
            Body::PutDataset { blocks, kept } => {
                let blocks: Vec<Bytes> = blocks.into_iter().map(|block| block.0).collect();
                let tree = match kept {
                    None => node.put_dataset(blocks).await?,
                    Some(kept) => node.put_leaves(blocks, &kept).await?,
                };
                let cid = tree.to_string();
                return Ok(json!(Stored { cid }));
            }
            Body::Delete { cid } => node.delete(cid.parse()?).await?,
            Body::Request { cid } => {
                let requested = Address::Plain(cid.parse()?);
                return self.request(&node, requested).await;
            }
            Body::RequestLeaf { tree, index } => {
                let tree: BlockCid = tree.parse()?;
                return self.request(&node, Address::Leaf { tree, index }).await;
            }
            Body::Cancel { request } => {
                let requested = {
                    let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
                    requests.get(&request).cloned()
                };
                let requested = requested.with_context(|| format!("no request {request}"))?;
                let pending = node.cancel(requested).await?;
                return Ok(json!(Cancelled { pending }));
            }
            Body::Connect { address } => {
                node.connect(address.parse()?).await?;
            }
            Body::Disconnect { peer } => node.disconnect(peer.parse()?).await?,
            Body::Dump => return Ok(json!(self.dump(&node).await?)),
            Body::JoinedAgain { peer } => node.joined_again(peer.parse()?).await?,
            Body::LeftNow { peer } => node.left_now(peer.parse()?).await?,
            Body::RetryNow { address: wanted } => node.retry_now(address::parse(&wanted)?).await?,
            Body::SetPrice { price } => node.set_price(price.into()).await?,
            Body::Ended => {
                return Ok(json!(Ended {
                    ended: node.died().is_some(),
                    exit_code: None,
                    log: node.died().map(str::to_owned).into_iter().collect(),
                }));
            }
        }
        done
    }

    async fn hello(&mut self) -> anyhow::Result<Value> {
        let one_node = self.arguments.one_node;
        let others = match one_node {
            true => vec!["ended"],
            false => vec!["start", "stop", "ended"],
        };
        let commands = Capability::ALL.iter().map(|capability| json!(capability));
        let commands = commands.filter_map(|name| name.as_str().map(str::to_owned));
        let commands = others.into_iter().map(str::to_owned).chain(commands);
        let options = StartOption::ALL
            .iter()
            .map(|option| option.name().to_owned());
        let announced = |name: &String| !self.arguments.without.contains(name);
        let mut hello = Hello {
            version: VERSION,
            adapter: "blockexc's example".to_owned(),
            node: "blockexc".to_owned(),
            node_version: env!("CARGO_PKG_VERSION").to_owned(),
            capabilities: commands.filter(announced).collect(),
            start_options: options.filter(announced).collect(),
            jobs: Some(4),
            running: None,
        };
        if one_node {
            hello.running = Some(self.start(StartOptions::default()).await?);
        }
        Ok(json!(hello))
    }

    async fn start(&mut self, options: StartOptions) -> anyhow::Result<Started> {
        self.stop().await;
        let usual = NodeOptions::default();
        let interval = options.retry_interval_ms.or(self.arguments.retry_interval);
        let interval = interval.unwrap_or(0);
        let account = match options.account {
            None => None,
            Some(account) => {
                let bytes = <[u8; 20]>::try_from(&account.0[..]);
                Some(Account(bytes.context("an account has 20 bytes")?))
            }
        };
        let mut seed = 0;
        let keypair = match options.key {
            None => usual.keypair,
            Some(key) => {
                let secret = <[u8; 32]>::try_from(&key.secret.0[..]);
                let secret = secret.context("a key has 32 bytes")?;
                seed = u64::from_be_bytes(secret[..8].try_into()?);
                let key_type = match key.key_type.as_str() {
                    "secp256k1" => KeyType::Secp256k1,
                    "ed25519" => KeyType::Ed25519,
                    other => return Err(anyhow!("no key type `{other}`")),
                };
                key_type.keypair(secret)
            }
        };
        let muxers = options.muxers.unwrap_or_default();
        let offers = |name: &str| muxers.is_empty() || muxers.iter().any(|it| it == name);
        let node = node::start(NodeOptions {
            keypair,
            listen: vec!["/ip4/127.0.0.1/tcp/0".parse()?],
            protocol: options.protocol.unwrap_or(usual.protocol),
            deviations: self.deviations,
            price: options.price.unwrap_or(0).into(),
            account,
            frame_limit: options.frame_limit.unwrap_or(usual.frame_limit),
            serve_after: Duration::from_millis(self.arguments.serve_after),
            retry_interval: (interval > 0).then(|| Duration::from_millis(interval)),
            retries: options.retries.unwrap_or(u32::MAX),
            wants_per_peer: options.wants_per_peer.unwrap_or(usual.wants_per_peer),
            muxers: match (offers("yamux"), offers("mplex")) {
                (true, false) => Muxers::Yamux,
                (false, true) => Muxers::Mplex,
                _ => Muxers::Both,
            },
            seed,
            ..NodeOptions::default()
        })
        .await?;
        let started = Started {
            addresses: node.addresses().iter().map(ToString::to_string).collect(),
            peer: node.peer_id().to_string(),
            retry_interval_ms: Some(interval),
        };
        self.node = Some(node);
        Ok(started)
    }

    async fn stop(&mut self) {
        if let Some(node) = self.node.take() {
            node.shutdown().await;
        }
    }

    async fn request(&mut self, node: &NodeHandle, requested: Address) -> anyhow::Result<Value> {
        let mut pending = node.start_request(requested.clone()).await?;
        let request = self.next_request;
        self.next_request += 1;
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.insert(request, requested);
        drop(requests);
        tokio::spawn(async move {
            let (data, failed) = match pending.wait().await {
                Ok(data) => (Some(Hex(data)), None),
                Err(error) => (None, Some(error.to_string())),
            };
            write(&Event::RequestDone {
                request,
                data,
                failed,
            })
        });
        Ok(json!(Requested { request }))
    }

    async fn dump(&self, node: &NodeHandle) -> anyhow::Result<DumpAnswer> {
        let tells = |part: &str| !self.arguments.dump_without.iter().any(|it| it == part);
        let dump = node.dump().await?;
        let show = |shown: &Address| address::show(shown).to_string();
        let contexts = dump.contexts.into_iter().map(|(peer, context)| {
            let presence = context.presence.iter().map(|(recorded, price)| {
                let price = Bytes::copy_from_slice(&price.to_big_endian());
                PresenceAnswer {
                    address: show(recorded),
                    price: tells("prices").then_some(Hex(price)),
                }
            });
            let wants = context.wants.iter().map(|want| WantAnswer {
                address: show(&want.address),
                cancel: want.cancel,
                want_type: Some(match want.want_type {
                    WantType::WantBlock => "block".to_owned(),
                    WantType::WantHave => "have".to_owned(),
                }),
                priority: tells("priorities").then_some(want.priority),
                send_dont_have: Some(want.send_dont_have),
            });
            let mut wants: Vec<_> = wants.collect();
            if !tells("order") {
                wants.reverse();
            }
            let account = context
                .account
                .map_or_else(Bytes::new, |account| Bytes::copy_from_slice(&account.0));
            let helpers = tells("helpers");
            let cids = |cids: &std::collections::BTreeSet<BlockCid>| {
                cids.iter().map(ToString::to_string).collect()
            };
            let context = ContextAnswer {
                presence: Some(presence.collect()),
                wants: Some(wants),
                wants_are_ordered: tells("order"),
                account: tells("accounts").then_some(Hex(account)),
                peer_have: helpers.then(|| context.peer_have.iter().map(show).collect()),
                peer_have_cids: helpers.then(|| cids(&context.peer_have_cids)),
                peer_wants_cids: helpers.then(|| cids(&context.peer_wants_cids)),
            };
            (peer.to_string(), context)
        });
        let own_wants = dump.own_wants.iter().map(|(wanted, asked)| {
            let asked = asked.iter().map(ToString::to_string).collect();
            OwnWantAnswer {
                address: show(wanted),
                asked: tells("asked").then_some(asked),
            }
        });
        Ok(DumpAnswer {
            contexts: Some(contexts.collect()),
            own_wants: Some(own_wants.collect()),
            held: Some(dump.held.iter().map(show).collect()),
        })
    }
}
