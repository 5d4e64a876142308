//! What a closed network owes a run that goes on for ever.

use crate::network::action::{Act, Action};
use crate::search::fair_cycles::{Fairness, Obligations};
use crate::search::graph::FREE;

use super::Network;

impl Network {
    /// What the network owes a run that goes on for ever: that messages arrive, that nodes learn
    /// who joined and left and serve as they promised, and that wants are retried. Users owe
    /// nothing, and connections may open and close or not.
    pub fn obligations(&self, retries: Fairness) -> Obligations {
        let ends = 2 * self.pairs.len();
        let wants = self.roles.len() * self.blocks.addresses().count();
        Obligations::new(
            std::iter::repeat_n(Fairness::Weak, 3 * ends)
                .chain(std::iter::repeat_n(retries, wants)),
        )
    }

    /// Which of the obligations this action meets.
    pub fn obligation(&self, action: &Action) -> u8 {
        let Action::Act { node, act, .. } = *action else {
            return FREE;
        };
        let ends = 2 * self.pairs.len();
        let of_end = |kind: usize, peer| {
            self.end(node, peer)
                .map(|(link, end)| kind * ends + 2 * link + end)
        };
        let place = match act {
            Act::Handle(peer) => of_end(0, peer),
            Act::Join(peer) | Act::Leave(peer) => of_end(1, peer),
            Act::Serve(peer) => of_end(2, peer),
            Act::Retry(place) => {
                let addresses = self.blocks.addresses().count();
                Some(3 * ends + node.index() * addresses + usize::from(place))
            }
            _ => None,
        };
        place
            .and_then(|place| u8::try_from(place + 1).ok())
            .unwrap_or(FREE)
    }
}
