//! What a deviating node may remember beside its state: everything there is to be remembered.

use std::collections::BTreeSet;

use blockexc_model::address::Address;
use blockexc_model::context::PeerContext;
use blockexc_model::deviating::{Node, Remembered};
use blockexc_model::deviation::Deviation::{self, *};
use blockexc_model::message::WantEntry;

use crate::network::names::{Cid, Small};

use super::world::World;

/// Whatever a node that deviates so may remember beside: everything there is to be remembered. Returns
/// whether there is anything.
pub(super) fn add_memories(node: &mut Node<Small>, world: &World) -> bool {
    let all = |deviations: &[Deviation]| -> BTreeSet<Address<Cid>> {
        let remembers = deviations.iter().any(|deviation| node.deviates(*deviation));
        let addresses = world.addresses.iter().filter(|_| remembers);
        addresses.cloned().collect()
    };
    let remembered = Remembered {
        denied: BTreeSet::new(),
        announced: all(&[NoAnnounceAgain]),
        asked: all(&[OnlyAsked, AskOutlivesCancel, AbortOnStaleAsk]),
        served: all(&[ServeOnce, ResendCooldown]),
    };
    let revives = node.deviates(ReviveOnRejoin);
    let keeps_trees = node.deviates(PoisonedTree);
    let is_anything = remembered != Remembered::default();
    for peer in &world.peers {
        if !node.contexts.contains_key(peer) {
            if revives {
                let departed = (departed_context(world), Remembered::default());
                node.behaviour.departed.insert(*peer, departed);
            }
        } else if is_anything {
            node.behaviour.peers.insert(*peer, remembered.clone());
        }
    }
    if keeps_trees {
        node.behaviour.trees.insert(Cid::TREE, true);
    }
    is_anything || revives || keeps_trees
}

/// The context of a peer that waited for everything when it left.
fn departed_context(world: &World) -> PeerContext<Small> {
    let mut context = PeerContext::default();
    for address in &world.addresses {
        let entry = WantEntry::want_block(address.clone());
        context.wants.insert(address.clone(), entry);
    }
    context
}
