//! [`Scheduled`]: what can be put into the event queue of a simulation.

use crate::simulate::faults::Fault;
use crate::simulate::links::Stream;
use crate::wire::{BlockCid, Message};

/// A scheduled event. Events with a `life` are for a node that has not been restarted since.
pub(super) enum Scheduled {
    /// A node is notified that a connection has opened.
    Joined { node: usize, peer: usize, life: u32 },
    /// A node is notified that a connection has closed.
    Left { node: usize, peer: usize, life: u32 },
    /// A message arrives.
    Arrival {
        from: usize,
        to: usize,
        stream: Stream,
        message: Box<Message>,
    },
    /// A node that answers want lists later answers this peer's.
    Serve { node: usize, peer: usize, life: u32 },
    /// The retry timer of a request fires.
    Retry { node: usize, request: u64 },
    /// Discovery answers a node's query.
    Discovered {
        node: usize,
        life: u32,
        cid: BlockCid,
    },
    /// The user of a node requests a block.
    Request { node: usize },
    /// The user of a node cancels a request.
    Cancel { node: usize, request: u64 },
    /// A node deletes a block, to free space.
    Delete { node: usize },
    /// Some user uploads a block.
    Upload,
    /// Some node connects to another, if it has few peers.
    Connect,
    /// This connection closes, unless it has closed before.
    Disconnect { a: usize, b: usize, generation: u32 },
    /// A node becomes slow, silent or lying.
    FaultBegins { node: usize, fault: Fault },
    /// A node becomes healthy again.
    FaultEnds { node: usize },
    /// A node stops, and starts again later.
    Restart { node: usize },
    /// A node that has stopped starts again.
    Start { node: usize },
    /// The chances of all open requests are examined.
    ExamineRequests,
}
