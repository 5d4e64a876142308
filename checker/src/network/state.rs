//! [`State`]: the nodes of a network, and what is under way between them.

use std::collections::VecDeque;

use blockexc_model::deviating::Node;
use blockexc_model::message::Message;

use crate::step::rules::PredicateSet;

use super::limits::Limits;
use super::names::{Peer, Small};

/// The state of a network.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The nodes.
    pub nodes: Vec<Node<Small>>,
    /// The pairs that may connect, in the order of [`Network::pairs`](super::closed::Network::pairs).
    pub links: Vec<Link>,
    /// How often things may still happen.
    pub left: Limits,
    /// Which nodes' processes have ended: only deviating nodes' do.
    pub ended: Vec<Peer>,
    /// The rules and invariants that the last step broke.
    pub broken: PredicateSet,
}

/// What is between two nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Link {
    /// Whether they are connected.
    pub open: bool,
    /// What awaits each of the two.
    pub ends: [End; 2],
}

/// What awaits one node, of one peer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct End {
    /// News of the connection, in order.
    pub news: VecDeque<News>,
    /// Messages under way, in order.
    pub inbox: VecDeque<Message<Small>>,
    /// The node has yet to serve the peer ([`OtherEffect::ServeLater`](blockexc_model::deviating::OtherEffect::ServeLater)).
    pub serves: bool,
}

/// News of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum News {
    /// It has opened.
    Joined,
    /// It has closed.
    Left,
}

impl End {
    /// Whether nothing happens here any more by itself: no message is under way, no news is
    /// unheard, and nobody is to be served.
    pub fn is_quiet(&self) -> bool {
        self.news.is_empty() && self.inbox.is_empty() && !self.serves
    }

    /// The connection has opened.
    pub(super) fn open(&mut self) {
        self.news.push_back(News::Joined);
    }

    /// The connection has closed: what was under way is lost.
    pub(super) fn close(&mut self) {
        self.inbox.clear();
        self.news.push_back(News::Left);
    }
}

impl State {
    /// Whether nothing happens any more by itself.
    pub fn is_quiet(&self) -> bool {
        self.links
            .iter()
            .flat_map(|link| &link.ends)
            .all(End::is_quiet)
    }

    /// The messages under way.
    pub fn under_way(&self) -> impl Iterator<Item = &Message<Small>> {
        self.links
            .iter()
            .flat_map(|link| &link.ends)
            .flat_map(|end| &end.inbox)
    }
}
