//! `blockexc observe`: a relay between two nodes, which judges both.

mod live;

use std::io::Write;
use std::path::PathBuf;
use std::thread;

use anyhow::{Context as _, anyhow, bail};
use blockexc_model::{Deviation, Dialect};
use clap::Args;
use libp2p::Multiaddr;
use tokio::sync::{mpsc, oneshot};

use self::live::Live;
use super::interruption::Interruption;
use super::reporting::{ReportArgs, exit_of};
use super::results::{PendingFile, look_ahead};
use super::{Exit, deviation, dialect, runtime};
use crate::node::Muxers;
use crate::observe::observation::{Observation, Supposed};
use crate::observe::relay::{Relay, RelayOptions};
use crate::observe::side::Side;
use crate::observe::verdicts::{Circumstances, result};
use crate::suite::circumstances::now;
use crate::suite::fixture::Fixtures;
use crate::suite::protocol_id::{ARCHIVIST, CODEX, PROMETHEI};
use crate::suite::transport::KeyType;

/// So many pieces of what passes may wait to be judged. Then the nodes wait.
const MOST_WAITING: usize = 16;

/// Stand between two nodes, hand on what they say to each other, and judge it
///
/// One node dials this program, which dials the other. Both have to be told nothing but an address. Frames go
/// through as they are. What cannot be seen on the way is never held against a node: what its user requests
/// and stores, what it says to others, and what it does not say. Prints the address to dial first.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "It ends when it is interrupted, or with --once when the first connection has closed, and \
    then reports.\n\
    Exit code: 0 nothing wrong was seen, 1 a node missed a MUST, 2 nothing was said, or it could not be told, \
    or the program could not run. A missed SHOULD is a warning, and does not change the exit code. \
    docs/observe.md says what can be seen."
)]
pub struct ObserveArgs {
    /// Where the one node dials
    #[arg(long, value_name = "MULTIADDR", default_value = "/ip4/127.0.0.1/tcp/0")]
    listen: Multiaddr,
    /// Where the other node is
    #[arg(long, value_name = "MULTIADDR")]
    to: Multiaddr,
    /// The dialect of the node that dials: what it is allowed [default: the reference]
    #[arg(long, value_name = "DIALECT", value_parser = dialect)]
    dialling_dialect: Option<&'static Dialect>,
    /// The dialect of the node that is dialled
    #[arg(long, value_name = "DIALECT", value_parser = dialect)]
    dialled_dialect: Option<&'static Dialect>,
    /// One more deviation of the node that dials
    #[arg(long, value_name = "DEVIATION", value_parser = deviation)]
    dialling_deviation: Vec<Deviation>,
    /// One more deviation of the node that is dialled
    #[arg(long, value_name = "DEVIATION", value_parser = deviation)]
    dialled_deviation: Vec<Deviation>,
    /// The muxers to offer to the node that dials
    #[arg(long, default_value = "both")]
    listen_muxer: Muxers,
    /// The muxers to offer to the node that is dialled
    #[arg(long, default_value = "both")]
    to_muxer: Muxers,
    /// A name of the protocol to agree to, on either side, the first one first [default: those of Codex,
    /// Archivist and Promethei]
    #[arg(long, value_name = "ID")]
    protocol: Vec<String>,
    /// The type of the relay's keys
    #[arg(long, default_value = "secp256k1")]
    key_type: KeyType,
    /// What the relay's keys are made of: with the same seed it has the same identities [default: new ones]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Write a log of both nodes to this file, for `blockexc trace`
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// End when a node has been connected and both have left
    #[arg(long)]
    once: bool,
    /// Show every message; otherwise a few each second
    #[arg(long)]
    messages: bool,
    #[command(flatten)]
    reports: ReportArgs,
}

impl ObserveArgs {
    fn supposed(&self) -> [Supposed; 2] {
        let of = |dialect: Option<&'static Dialect>, beside: &[Deviation]| Supposed {
            dialect,
            beside: beside.iter().copied().collect(),
        };
        [
            of(self.dialling_dialect, &self.dialling_deviation),
            of(self.dialled_dialect, &self.dialled_deviation),
        ]
    }

    fn protocols(&self) -> Vec<String> {
        match self.protocol.is_empty() {
            true => [CODEX, ARCHIVIST, PROMETHEI].map(str::to_owned).into(),
            false => self.protocol.clone(),
        }
    }

    fn relay(&self, seed: u64) -> RelayOptions {
        let key = |side: Side| {
            let mut fixtures = Fixtures::new(seed, &format!("relay of {side}"));
            self.key_type.keypair(fixtures.key_seed())
        };
        RelayOptions {
            listen: self.listen.clone(),
            to: self.to.clone(),
            keys: Side::BOTH.map(key),
            muxers: [self.listen_muxer, self.to_muxer],
            protocols: self.protocols(),
        }
    }

    /// The arguments, for whoever wants to do the same again.
    fn arguments(&self, seed: u64) -> Vec<String> {
        let mut arguments = vec![
            format!("--listen {}", self.listen),
            format!("--to {}", self.to),
            format!("--seed {seed}"),
        ];
        let dialects = [
            ("--dialling-dialect", self.dialling_dialect),
            ("--dialled-dialect", self.dialled_dialect),
        ];
        for (name, dialect) in dialects {
            arguments.extend(dialect.map(|it| format!("{name} {}", it.name)));
        }
        let deviations = [
            ("--dialling-deviation", &self.dialling_deviation),
            ("--dialled-deviation", &self.dialled_deviation),
        ];
        for (name, deviations) in deviations {
            arguments.extend(deviations.iter().map(|it| format!("{name} {it}")));
        }
        arguments.extend(self.protocol.iter().map(|it| format!("--protocol {it}")));
        arguments
    }
}

/// Relays and judges until it is interrupted, and reports.
///
/// # Errors
///
/// When it cannot listen, or a file cannot be written.
pub fn run(args: &ObserveArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    args.reports.look_ahead()?;
    look_ahead([&args.record])?;
    let record = args.record.as_deref().map(PendingFile::create);
    let mut observation = Observation::new(args.supposed(), record.transpose()?)?;
    let interruption = Interruption::listen()?;
    let seed = args.seed.unwrap_or_else(rand::random);
    let started = now();
    let runtime = runtime()?;
    let (sights, seen) = mpsc::channel(MOST_WAITING);
    let relay = runtime.block_on(Relay::start(args.relay(seed), sights));
    let relay = relay.map_err(|why| anyhow!("{} is not listened at: {why}", args.listen))?;
    match args.reports.is_json_shown() {
        true => anstream::eprintln!("{}", relay.address()),
        false => {
            writeln!(out, "{}", relay.address())?;
            out.flush()?;
        }
    }
    let mut live = Live::new(args.messages);
    let judged = thread::scope(|scope| {
        let (done, is_done) = oneshot::channel();
        let observation = &mut observation;
        let judge = scope.spawn(move || {
            let ended = observation.run(seen, |told| live.tell(&told));
            // The relay may have ended first.
            let _ = done.send(());
            ended
        });
        runtime.block_on(async {
            tokio::select! {
                () = interruption.requested() => {}
                () = relay.is_left(), if args.once => {}
                // The log cannot be written any more.
                _ = is_done => {}
            }
        });
        drop(relay);
        judge.join()
    });
    match judged {
        Ok(judged) => judged.context("the log cannot be written")?,
        Err(_) => bail!("the thread that judges has panicked"),
    }
    // What still runs belongs to nobody any more.
    runtime.shutdown_background();
    let circumstances = Circumstances {
        started,
        seed,
        protocols: args.protocols(),
        arguments: args.arguments(seed),
    };
    let run = result(&observation, circumstances);
    if let Some(record) = observation.into_record() {
        record.commit()?;
    }
    args.reports.write(&run, out)?;
    Ok(exit_of(&run))
}
