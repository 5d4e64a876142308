//! The components that the states of a closed network are made of, and what a step does to them.

use blockexc_model::message::Message;

use crate::network::limits::Limits;
use crate::network::names::{Peer, Small};
use crate::network::state::{End, State};
use crate::step::rules::PredicateSet;

/// A node has at most so many links.
pub(super) const MOST_LINKS: usize = 4;
/// There are at most so many nodes.
pub(super) const MOST_NODES: usize = 8;

/// The part of a state that belongs to the network as a whole, rather than to a node or a link.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Common {
    /// What may still happen.
    pub left: Limits,
    /// A bit for each node whose process has ended.
    pub ended: u8,
    /// What the last step broke.
    pub broken: PredicateSet,
}

/// What a step changes of the common part.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct CommonChange {
    /// What it takes of what may still happen.
    pub spent: Limits,
    /// Whose process ends.
    pub ended: u8,
    /// What it breaks.
    pub broken: PredicateSet,
}

/// What awaits a node on a link, and whether the link is open.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct LinkEnd {
    pub open: bool,
    pub end: End,
}

/// What a step does to the end of a link that is not the acting node's.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum FarChange {
    /// Nothing.
    None,
    /// The link closes.
    Closes,
    /// It opens.
    Opens,
    /// These messages are put behind those that are there.
    Receives(Vec<Message<Small>>),
}

/// One of a node's next steps, in numbers.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// The node after it.
    pub node: u16,
    /// What awaits the node then, on each of its links.
    pub ends: [u16; MOST_LINKS],
    /// What happens to the far end of each of its links.
    pub far: [u16; MOST_LINKS],
    /// What changes of the common part.
    pub change: u16,
    pub label: u8,
    /// Whether it [commutes](super::order) with the steps of other nodes.
    pub commutes: bool,
}

/// Where a node's next steps stand.
#[derive(Clone, Copy)]
pub(super) struct Steps {
    pub first: u32,
    pub count: u16,
    /// Whether all of them commute with the steps of other nodes.
    pub commute: bool,
}

impl Steps {
    /// There are none.
    pub const NONE: Steps = Steps {
        first: 0,
        count: 0,
        commute: true,
    };

    /// Their places.
    #[inline]
    pub fn range(self) -> std::ops::Range<usize> {
        let first = self.first as usize;
        first..first + usize::from(self.count)
    }
}

impl Common {
    /// The common part of this state.
    pub fn of(state: &State) -> Self {
        Common {
            left: state.left,
            ended: state.ended.iter().fold(0, |bits, node| bits | 1 << node.0),
            broken: state.broken,
        }
    }

    /// Which nodes' processes have ended.
    pub fn ended(&self) -> Vec<Peer> {
        let nodes = (0..8).filter(|node| self.ended & 1 << node != 0);
        nodes.map(Peer).collect()
    }

    /// The common part after this change.
    pub fn after(&self, change: &CommonChange) -> Self {
        Common {
            left: self.left.minus(change.spent),
            ended: self.ended | change.ended,
            broken: change.broken,
        }
    }
}

impl CommonChange {
    /// What the step from one state to the next changes.
    pub fn between(before: &State, after: &State) -> Self {
        let [had, has] = [before, after].map(Common::of);
        CommonChange {
            spent: had.left.minus(has.left),
            ended: has.ended & !had.ended,
            broken: has.broken,
        }
    }
}

impl LinkEnd {
    /// The ends of this state's links, two for each link.
    pub fn all_of(state: &State) -> impl Iterator<Item = LinkEnd> {
        state.links.iter().flat_map(|link| {
            link.ends.iter().map(|end| LinkEnd {
                open: link.open,
                end: end.clone(),
            })
        })
    }

    /// The end after this change.
    pub fn after(&self, change: &FarChange) -> Self {
        let mut after = self.clone();
        match change {
            FarChange::None => {}
            FarChange::Closes => {
                after.open = false;
                after.end.close();
            }
            FarChange::Opens => {
                after.open = true;
                after.end.open();
            }
            FarChange::Receives(messages) => after.end.inbox.extend(messages.iter().cloned()),
        }
        after
    }
}
