//! [`Limits`]: how often things may happen in a network, so that its states are finite in number.

use blockexc_model::deviating::Node;
use serde::{Deserialize, Serialize};

use super::names::Small;

/// How often things may happen in all of the network.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How often connections may open.
    pub connects: u8,
    /// How often connections may close.
    pub disconnects: u8,
    /// How often users may request something that is neither held nor wanted.
    pub requests: u8,
    /// How often users may cancel a request.
    pub cancels: u8,
    /// How often users may store a block that is not held.
    pub stores: u8,
    /// How often a block may be deleted.
    pub deletions: u8,
    /// How often a want may be pursued anew: unless [`Network::retries`](super::closed::Network::retries) sets no limit.
    pub retries: u8,
}

impl Limits {
    /// The limits in order: those of connections come first.
    pub(super) fn counts(self) -> [u8; 7] {
        let Limits {
            connects,
            disconnects,
            requests,
            cancels,
            stores,
            deletions,
            retries,
        } = self;
        [
            connects,
            disconnects,
            requests,
            cancels,
            stores,
            deletions,
            retries,
        ]
    }

    /// What is left of these when so much is spent.
    pub(super) fn minus(self, spent: Limits) -> Limits {
        let mut left = self.counts();
        for (left, spent) in left.iter_mut().zip(spent.counts()) {
            *left = left.saturating_sub(spent);
        }
        let [
            connects,
            disconnects,
            requests,
            cancels,
            stores,
            deletions,
            retries,
        ] = left;
        Limits {
            connects,
            disconnects,
            requests,
            cancels,
            stores,
            deletions,
            retries,
        }
    }
}

/// When a want is pursued anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    /// At any time, as often as [`Limits::retries`] says.
    Limited,
    /// Any number of times, but only while fewer messages than this are under way in each direction
    /// of each of the node's connections: a timer is slower than the network.
    Unlimited {
        /// So many messages are too many.
        room: usize,
    },
}

/// How often a want was pursued anew makes no difference to a node that never gives up: it is not
/// kept, so that there are no more states than can be told apart.
pub(super) fn forget_how_often(node: &mut Node<Small>) {
    if node.config.retries == u32::MAX {
        let wanted: Vec<_> = node
            .own_wants()
            .filter(|(_, want)| want.retries > 0)
            .map(|(address, _)| address.clone())
            .collect();
        for address in wanted {
            if let Some(want) = node.wants.get_mut(&address) {
                want.retries = 0;
            }
        }
    }
}
