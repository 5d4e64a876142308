//! The transport: TCP, secured with Noise, shared by streams with yamux or mplex.

use std::time::Duration;

use futures::io::BufReader;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::upgrade::{SelectUpgrade, Version};
use libp2p::identity::Keypair;
use libp2p::{PeerId, Transport as _, noise, tcp, yamux};

use super::closing::ClosesInTime;
use super::corked::Corking;
use super::options::Muxers;

/// How long it may take to secure a connection.
const CONNECTING: Duration = Duration::from_secs(20);

/// How many streams a muxer lets a connection have, of every protocol and both ways: enough for
/// the streams of the exchange that are accepted (WIRE-10) and for those that are turned away.
const MOST_STREAMS: usize = 512;

/// How much is read from the system at once, in bytes: as much as a message of Noise can have. Noise
/// by itself would read 8 KiB.
const READ_AT_ONCE: usize = 64 * 1024;

/// A transport for this identity.
///
/// # Errors
///
/// When the key cannot sign.
pub fn build(
    keypair: &Keypair,
    muxers: Muxers,
) -> Result<Boxed<(PeerId, StreamMuxerBox)>, noise::Error> {
    let secured = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
        .map(|stream, _| BufReader::with_capacity(READ_AT_ONCE, stream))
        .upgrade(Version::V1)
        .authenticate(Corking(noise::Config::new(keypair)?));
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(MOST_STREAMS);
    let mut mplex = libp2p_mplex::Config::new();
    mplex.set_max_num_streams(MOST_STREAMS);
    let transport = match muxers {
        Muxers::Both => secured
            .multiplex(SelectUpgrade::new(yamux, mplex))
            .timeout(CONNECTING)
            .boxed(),
        Muxers::Yamux => secured.multiplex(yamux).timeout(CONNECTING).boxed(),
        Muxers::Mplex => secured.multiplex(mplex).timeout(CONNECTING).boxed(),
    };
    Ok(transport
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(ClosesInTime::new(muxer))))
        .boxed())
}
