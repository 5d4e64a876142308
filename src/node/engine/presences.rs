//! PRES: what peers say they have, kept as far as the node wants it.

use blockexc_model::address::Names;
use blockexc_model::message::{Presence, PresenceType};
use blockexc_model::node::Choose;

use super::Engine;
use super::numbers::PeerNumber;
use super::output::Output;

impl<N: Names> Engine<N> {
    /// The presence items of one message, in order (PRES-9).
    pub(super) fn presences(
        &mut self,
        from: PeerNumber,
        items: Vec<Presence<N::Cid>>,
        choose: &mut impl Choose<N>,
        out: &mut Output<N>,
    ) {
        // A want that is known anywhere is asked of somebody after every step. So what this
        // message leaves known and unasked is among what it names.
        let mut announced = Vec::new();
        for item in items {
            // PRES-1, PRES-5: of what is not wanted there is no record to make or remove.
            let Some(number) = self.addresses.find(&item.address) else {
                continue;
            };
            let Some(want) = &self.addresses.get(number).own_want else {
                continue;
            };
            match item.presence_type {
                PresenceType::Have => {
                    announced.push((want.request, number));
                    self.contexts
                        .record_presence(&mut self.addresses, from, number, item.price);
                }
                // PRES-3
                PresenceType::DontHave => self.lose_holder(number, from, choose, out),
            }
        }
        // ASK-6: in the order requested. Asking ends it, so a repeated item asks once.
        announced.sort_unstable();
        for (_, number) in announced {
            let is_known = self.contexts.get(from).presence.contains_key(&number);
            let is_unasked = self
                .addresses
                .get(number)
                .own_want
                .as_ref()
                .is_some_and(|want| want.asked.is_none());
            if is_known && is_unasked {
                self.ask(number, from, out);
            }
        }
    }
}
