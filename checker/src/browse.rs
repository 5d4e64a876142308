//! Walking through a network by hand, in a web browser: stateright's Explorer, which shows actions,
//! steps and states in our words, and the way so far as a sequence chart.

use std::convert::Infallible;
use std::fmt::Debug;
use std::hash::Hash;
use std::io;
use std::net::{SocketAddr, TcpListener};

use super::properties::Judging;

/// Serves the Explorer for a network, closed or open, at this address until the process ends.
///
/// Nothing is checked until the visitor asks for it ("Run to completion"): until then the Explorer
/// shows properties as holding of which nobody knows.
///
/// The Explorer is plain HTTP for whoever reaches the address, so let it be a local one. With port
/// 0 nobody would learn which port was taken. When the working directory holds a directory `ui`,
/// the Explorer's pages are taken from there instead of stateright's own.
///
/// # Errors
///
/// When nobody can listen at this address, or the server ended.
pub fn browse<M>(network: M, address: SocketAddr) -> io::Result<Infallible>
where
    M: Judging + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync,
{
    // Stateright panics where it cannot listen.
    drop(TcpListener::bind(address)?);
    network.checker().serve(address);
    Err(io::Error::other("the Explorer's server has ended"))
}
