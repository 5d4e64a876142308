//! [`Action`]: something that can happen in a network.

use std::fmt;

use crate::step::choice::Script;

use super::names::{Cid, Peer};

/// Something that can happen in a network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Two nodes connect.
    Connect(Peer, Peer),
    /// Their connection closes.
    Disconnect(Peer, Peer),
    /// A node does something.
    Act {
        /// Which node.
        node: Peer,
        /// What it does.
        act: Act,
        /// How it chooses where it may.
        script: Script,
    },
}

/// Something that a node can do next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Learn that a peer has joined.
    Join(Peer),
    /// Learn that a peer has left.
    Leave(Peer),
    /// Handle the first message that is under way from this peer.
    Handle(Peer),
    /// Serve a peer, later ([`OtherEvent::Serve`](blockexc_model::deviating::OtherEvent::Serve)).
    Serve(Peer),
    /// The user requests the block of this place in [`Blocks::addresses`](super::names::Blocks::addresses).
    Request(u8),
    /// The user cancels that.
    Cancel(u8),
    /// That has not been met in time.
    Retry(u8),
    /// The user stores this block.
    Store(Cid),
    /// This block is deleted.
    Delete(Cid),
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Connect(a, b) => write!(f, "{a} and {b} connect"),
            Action::Disconnect(a, b) => write!(f, "the connection of {a} and {b} closes"),
            Action::Act { node, act, script } => {
                match act {
                    Act::Join(peer) => write!(f, "{node} handles: {peer} joined"),
                    Act::Leave(peer) => write!(f, "{node} handles: {peer} left"),
                    Act::Handle(peer) => write!(f, "{node} handles a message from {peer}"),
                    Act::Serve(peer) => write!(f, "{node} serves {peer}"),
                    Act::Request(place) => write!(f, "{node}'s user requests address {place}"),
                    Act::Cancel(place) => write!(f, "{node}'s user cancels address {place}"),
                    Act::Retry(place) => write!(f, "{node} retries address {place}"),
                    Act::Store(cid) => write!(f, "{node}'s user stores {cid}"),
                    Act::Delete(cid) => write!(f, "{node} deletes {cid}"),
                }?;
                f.write_str(&script.words())
            }
        }
    }
}
