//! [`Launcher`]: starts the target's process, learns its address, and starts it again when it has
//! ended.

use std::sync::Arc;
use std::time::Duration;

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use regex::Regex;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use super::process::Process;
use super::rest::Rest;

/// Between two looks whether the target accepts connections.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// A node that ends closes its connections first. How long its end is waited for then.
const ENDING: Duration = Duration::from_millis(500);
/// How long it is waited for when the node does not accept connections any more either.
const CLOSED: Duration = Duration::from_secs(3);

/// How a target's process is started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The command, for a shell.
    pub command: String,
    /// How its address is learnt.
    pub place: Place,
    /// How long the target may take until it can be reached.
    pub within: Duration,
}

/// How the address of a started target is learnt.
#[derive(Clone, Debug)]
pub enum Place {
    /// It is known.
    Known(Multiaddr),
    /// Its output says it: the first group of the pattern is the address, or all of it. Without a
    /// pattern it is the first multiaddress with `/p2p/…`.
    InOutput(Option<Regex>),
    /// Its REST interface at this URL says it, unless it is known. A call may take so long.
    Rest(String, Option<Multiaddr>, Duration),
}

/// Starts a target's process whenever there is none.
pub struct Launcher {
    launch: Launch,
    running: Mutex<Option<Running>>,
}

/// A process, and where it is reached.
#[derive(Clone)]
pub struct Running {
    /// The process.
    pub process: Arc<Process>,
    /// Where it is reached.
    pub address: Multiaddr,
    /// Its REST interface, if it is steered through one.
    pub rest: Option<Rest>,
}

impl Running {
    /// Why the process has ended by itself, if it has. One that closes its connections is given a
    /// moment to end.
    pub async fn ended(&self) -> Option<String> {
        match self.process.ended_within(ENDING).await {
            Some(end) => Some(end),
            None if is_open(&self.address).await => None,
            None => self.process.ended_within(CLOSED).await,
        }
    }
}

impl Launcher {
    /// A launcher that has started nothing yet.
    pub fn new(launch: Launch) -> Self {
        Launcher {
            launch,
            running: Mutex::default(),
        }
    }

    /// How its address is learnt.
    pub fn place(&self) -> &Place {
        &self.launch.place
    }

    /// The running target; started now if there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be started, ends, or is not to be reached in time.
    pub async fn running(&self) -> Result<Running, String> {
        let mut running = self.running.lock().await;
        if let Some(running) = running.as_ref()
            && running.process.ended().is_none()
        {
            return Ok(running.clone());
        }
        // What is left of the old one holds its port.
        *running = None;
        let started = self.start().await?;
        *running = Some(started.clone());
        Ok(started)
    }

    /// Ends the process, for the end of a run.
    pub async fn stop(&self) {
        if let Some(running) = self.running.lock().await.take() {
            running.process.stop().await;
        }
    }

    async fn start(&self) -> Result<Running, String> {
        let command = &self.launch.command;
        let (known, pattern) = match &self.launch.place {
            Place::Known(address) => (Some(address.clone()), None),
            Place::InOutput(pattern) => (None, Some(pattern.clone())),
            Place::Rest(_, known, _) => (known.clone(), None),
        };
        let (says, mut said) = watch::channel(known);
        let process = Process::start(command, move |line| {
            let Some(pattern) = &pattern else { return };
            says.send_if_modified(|address| {
                // The first one is meant: later lines may name other peers.
                if address.is_none() {
                    *address = address_in(line, pattern.as_ref());
                    return address.is_some();
                }
                false
            });
        })
        .map_err(|error| format!("`{command}` does not start: {error}"))?;
        let process = Arc::new(process);
        let within = self.launch.within;
        let deadline = Instant::now() + within;
        let failed = |what: &str| {
            format!(
                "`{command}` {what} within {} s; {}",
                within.as_secs_f32(),
                process.log().in_words()
            )
        };
        let ended_at_once = |end: &str| format!("`{command}` ended at once: {end}");
        // Between two attempts: what has failed may come yet.
        let again = async |why: &(dyn Fn() -> String + Sync)| {
            if let Some(end) = process.ended() {
                return Err(ended_at_once(&end));
            }
            if Instant::now() > deadline {
                return Err(why());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
            Ok(())
        };
        let rest = match &self.launch.place {
            Place::Rest(url, _, timeout) => loop {
                match Rest::find(url, *timeout).await {
                    Ok(rest) => break Some(rest),
                    Err(why) => {
                        again(&|| format!("{}; {why}", failed("has no REST interface"))).await?;
                    }
                }
            },
            _ => None,
        };
        if let Some(rest) = &rest
            && said.borrow().is_none()
        {
            let address = rest.address().await?;
            return Ok(Running {
                process,
                address,
                rest: Some(rest.clone()),
            });
        }
        let address = tokio::select! {
            address = said.wait_for(Option::is_some) => address.ok().and_then(|it| it.clone()),
            () = tokio::time::sleep_until(deadline) => None,
            end = process.ended_within(within) => match end {
                Some(end) => return Err(ended_at_once(&end)),
                None => None,
            },
        };
        let Some(address) = address else {
            if let Some(end) = process.ended() {
                return Err(ended_at_once(&end));
            }
            return Err(failed("named no address that the suite understands"));
        };
        while !is_open(&address).await {
            again(&|| failed(&format!("does not accept connections at {address}"))).await?;
        }
        Ok(Running {
            process,
            address,
            rest,
        })
    }
}

/// Whether somebody accepts TCP connections there. What is not known to be TCP is for the dialling
/// to find out.
pub async fn is_open(address: &Multiaddr) -> bool {
    let mut parts = address.iter();
    let host = match parts.next() {
        Some(Protocol::Ip4(ip)) => ip.to_string(),
        Some(Protocol::Ip6(ip)) => ip.to_string(),
        Some(Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name)) => name.to_string(),
        _ => return true,
    };
    match parts.next() {
        Some(Protocol::Tcp(port)) => TcpStream::connect((host.as_str(), port)).await.is_ok(),
        _ => true,
    }
}

/// That nobody accepts connections there any more, if so.
pub async fn is_closed(address: &Multiaddr) -> Option<String> {
    let closed = !is_open(address).await;
    closed.then(|| format!("{address} does not accept connections any more"))
}

/// The address that a line of an output names.
fn address_in(line: &str, pattern: Option<&Regex>) -> Option<Multiaddr> {
    let found = match pattern {
        Some(pattern) => {
            let captures = pattern.captures(line)?;
            let found = captures.get(1).or_else(|| captures.get(0))?;
            found.as_str().parse().ok()?
        }
        None => line
            .split(|c: char| c.is_whitespace() || "\"'`,;()[]{}<>=@".contains(c))
            .filter_map(|word| word.trim_end_matches(['.', ':']).parse::<Multiaddr>().ok())
            .find(|address| {
                address.iter().count() > 1
                    && matches!(address.iter().last(), Some(Protocol::P2p(_)))
            })?,
    };
    Some(reachable(&found))
}

/// An address that is listened on at all interfaces, as one that can be dialled.
fn reachable(address: &Multiaddr) -> Multiaddr {
    address
        .iter()
        .map(|part| match part {
            Protocol::Ip4(ip) if ip.is_unspecified() => Protocol::Ip4([127, 0, 0, 1].into()),
            Protocol::Ip6(ip) if ip.is_unspecified() => {
                Protocol::Ip6(std::net::Ipv6Addr::LOCALHOST)
            }
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const PEER: &str = "12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X";

    fn launcher(command: &str, pattern: Option<&str>, within: Duration) -> Launcher {
        Launcher::new(Launch {
            command: command.to_owned(),
            place: Place::InOutput(pattern.map(|pattern| Regex::new(pattern).unwrap())),
            within,
        })
    }

    #[test]
    fn an_address_is_found_in_what_a_node_writes() {
        let expected = format!("/ip4/127.0.0.1/tcp/8070/p2p/{PEER}");
        for line in [
            expected.clone(),
            format!("INF Listening addrs=@[\"/ip4/0.0.0.0/tcp/8070/p2p/{PEER}\"] tid=1"),
            format!("peer /p2p/{PEER} at /ip4/127.0.0.1/tcp/1, listening on {expected}."),
        ] {
            let found = address_in(&line, None).map(|found| found.to_string());
            assert_eq!(found.as_ref(), Some(&expected), "{line}");
        }
        assert_eq!(address_in("/ip4/127.0.0.1/tcp/8070 and /ip4/", None), None);
        let pattern = Regex::new("^listens on (.*)$").unwrap();
        let bare = address_in("listens on /ip4/0.0.0.0/tcp/9", Some(&pattern));
        assert_eq!(bare.unwrap().to_string(), "/ip4/127.0.0.1/tcp/9");
    }

    #[tokio::test]
    async fn what_does_not_come_up_says_why() {
        let long = Duration::from_secs(20);
        let ended = launcher("echo no such option >&2; exit 3", None, long);
        let error = ended.running().await.err().unwrap();
        assert!(
            error.contains("no such option") && error.contains('3'),
            "{error}"
        );

        let mute = launcher("echo ready; sleep 1000", None, Duration::from_millis(300));
        let error = mute.running().await.err().unwrap();
        assert!(
            error.contains("no address") && error.contains("ready"),
            "{error}"
        );

        let closed = format!("echo /ip4/127.0.0.1/tcp/1/p2p/{PEER}; sleep 1000");
        let closed = launcher(&closed, None, Duration::from_millis(300));
        let error = closed.running().await.err().unwrap();
        assert!(error.contains("does not accept connections"), "{error}");
    }
}
