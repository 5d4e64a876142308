//! The engine's state as plain data, in the model's form: what the two are compared by.

use blockexc_model::address::Names;
use blockexc_model::dump::{ContextDump, Dump};
use blockexc_model::message::{WantEntry, WantType};

use super::Engine;
use super::contexts::Context;

impl<N: Names> Engine<N> {
    /// The node's state as plain data.
    pub fn dump(&self) -> Dump<N::Peer, N::Cid> {
        Dump {
            contexts: self
                .contexts
                .iter()
                .map(|(_, context)| (context.peer.clone(), self.dump_context(context)))
                .collect(),
            own_wants: self
                .own_wants
                .values()
                .map(|number| {
                    let known = self.addresses.get(*number);
                    let asked = known.own_want.iter().filter_map(|want| want.asked);
                    (
                        (*known.address).clone(),
                        asked
                            .map(|peer| self.contexts.get(peer).peer.clone())
                            .collect(),
                    )
                })
                .collect(),
            held: self
                .addresses
                .iter()
                .filter(|known| known.held_as.is_some())
                .map(|known| (*known.address).clone())
                .collect(),
        }
    }

    /// PRES-10: what a context tells by address and by CID.
    fn dump_context(&self, context: &Context<N>) -> ContextDump<N::Cid> {
        let address = |number| (*self.addresses.get(number).address).clone();
        let mut presence: Vec<_> = context
            .presence
            .iter()
            .map(|(number, price)| (address(*number), *price))
            .collect();
        presence.sort_unstable();
        let mut wants: Vec<_> = context.wants.iter().collect();
        wants.sort_unstable_by_key(|(_, want)| want.place);
        let wants: Vec<_> = wants
            .into_iter()
            .map(|(number, want)| WantEntry {
                address: address(*number),
                priority: want.priority,
                cancel: false,
                want_type: WantType::WantBlock,
                send_dont_have: want.send_dont_have,
            })
            .collect();
        ContextDump {
            peer_have: presence
                .iter()
                .map(|(address, _)| address.clone())
                .collect(),
            peer_have_cids: presence
                .iter()
                .map(|(address, _)| address.cid_or_tree_cid().clone())
                .collect(),
            presence,
            peer_wants_cids: wants
                .iter()
                .map(|entry| entry.address.cid_or_tree_cid().clone())
                .collect(),
            wants,
            account: context.account,
        }
    }
}
