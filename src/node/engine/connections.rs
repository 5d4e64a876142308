//! JOIN and LEFT: contexts come and go with connections.

use blockexc_model::address::Names;
use blockexc_model::message::WantEntry;
use blockexc_model::node::Choose;

use super::Engine;
use super::output::Output;

impl<N: Names> Engine<N> {
    /// A peer's first connection has opened. JOIN-3: of a peer that has a context, it is no news.
    pub(super) fn joined(&mut self, peer: N::Peer, out: &mut Output<N>) {
        if self.contexts.find(&peer).is_some() {
            return;
        }
        let number = self.contexts.create(peer);
        // JOIN-6
        if let Some(account) = self.config.account {
            out.to(number).account = Some(account);
        }
        // JOIN-4, JOIN-5
        if !self.own_wants.is_empty() {
            out.to(number).own_want_list = self
                .own_wants
                .values()
                .map(|want| WantEntry::want_have((*self.addresses.get(*want).address).clone()))
                .collect();
        }
    }

    /// A peer's last connection has closed. LEFT-1: with it goes its context and all that other
    /// places say of it. LEFT-3: nothing is kept for when the peer comes back.
    pub(super) fn left(
        &mut self,
        peer: &N::Peer,
        choose: &mut impl Choose<N>,
        out: &mut Output<N>,
    ) {
        let Some((number, context)) = self.contexts.remove(peer) else {
            return;
        };
        for address in context.wants.keys() {
            self.addresses.get_mut(*address).wanting.remove(number);
            self.addresses.drop_if_idle(*address);
        }
        // Neither of these is idle: own wants are in use by being wanted.
        for address in context.presence.keys() {
            self.addresses.get_mut(*address).holders.remove(number);
        }
        let mut stranded = Vec::new();
        for address in context.unanswered {
            if let Some(want) = &mut self.addresses.get_mut(address).own_want {
                want.unanswered.remove(number);
                if want.asked.take_if(|asked| *asked == number).is_some() {
                    stranded.push((want.request, address));
                }
            }
        }
        // LEFT-2: in the order requested.
        stranded.sort_unstable();
        for (_, address) in stranded {
            self.ask_any_holder(address, choose, out);
        }
    }
}
