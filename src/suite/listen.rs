//! [`Listen`]: the suite's peers listen, and the target connects to them.

use std::time::Duration;

use libp2p::Multiaddr;
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;

use super::fixture::Fixtures;
use super::transport::KeyType;

/// How the target comes to the suite's peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Where the first peer of a scenario listens: `/ip4/…/tcp/PORT`. The next one has the next port.
    /// Port 0 is any free one.
    pub address: Multiaddr,
    /// How long the target may take to dial a peer, where nobody tells it to. Without it the control
    /// tells it to.
    pub wait: Option<Duration>,
}

impl Listen {
    /// Where the peer of this number listens, counted from 1.
    pub fn address_of(&self, number: u32) -> Multiaddr {
        let moved = |part: Protocol<'_>| match part {
            Protocol::Tcp(port) if port != 0 => {
                let offset = u16::try_from(number.saturating_sub(1)).unwrap_or(u16::MAX);
                Protocol::Tcp(port.saturating_add(offset))
            }
            other => other.acquire(),
        };
        self.address.iter().map(moved).collect()
    }

    /// The key of the peer of this number: the same in every scenario, so that a target can be told of
    /// it before the run.
    pub fn keypair_of(number: u32, key_type: KeyType, seed: u64) -> Keypair {
        let mut fixtures = Fixtures::new(seed, &format!("listening peer {number}"));
        key_type.keypair(fixtures.key_seed())
    }

    /// What the target has to be told of the peer of this number.
    pub fn dialled_at(&self, number: u32, key_type: KeyType, seed: u64) -> Multiaddr {
        let key = Self::keypair_of(number, key_type, seed);
        let id = key.public().to_peer_id();
        self.address_of(number).with(Protocol::P2p(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_peer_has_its_port_and_its_identity() -> Result<(), libp2p::multiaddr::Error> {
        let listen = Listen {
            address: "/ip4/127.0.0.1/tcp/40001".parse()?,
            wait: None,
        };
        assert_eq!(listen.address_of(3), "/ip4/127.0.0.1/tcp/40003".parse()?);
        let told = |number, seed| listen.dialled_at(number, KeyType::Ed25519, seed);
        assert_eq!(told(1, 7), told(1, 7));
        assert_ne!(told(1, 7), told(1, 8));
        assert_ne!(told(1, 7).iter().last(), told(2, 7).iter().last());
        Ok(())
    }
}
