//! WANT: the want lists that peers send.

use std::collections::HashSet;

use blockexc_model::address::{Address, Names};
use blockexc_model::message::{Presence, PresenceType, WantList, WantType};

use super::Engine;
use super::numbers::{AddressNumber, PeerNumber};
use super::output::Output;

impl<N: Names> Engine<N> {
    /// The want list of one message.
    pub(super) fn want_list(
        &mut self,
        from: PeerNumber,
        list: WantList<N::Cid>,
        out: &mut Output<N>,
    ) {
        // WANT-11, WANT-12
        if list.full {
            self.drop_unnamed(from, &list);
        }
        // WANT-15: in order.
        for entry in list.entries {
            let number = self.addresses.find(&entry.address);
            if entry.cancel {
                // WANT-8, WANT-17
                if let Some(number) = number {
                    self.contexts.remove_want(&mut self.addresses, from, number);
                }
                continue;
            }
            let held_as = number.and_then(|number| self.addresses.get(number).held_as.clone());
            match (entry.want_type, held_as) {
                // WANT-2
                (WantType::WantBlock, Some(cid)) => {
                    out.delivery(from, entry.priority, entry.address, cid);
                }
                (WantType::WantBlock, None) => {
                    // WANT-1, WANT-9, WANT-19, WIRE-10
                    if self.has_room(from, number) {
                        let number =
                            number.unwrap_or_else(|| self.addresses.find_or_add(&entry.address));
                        self.contexts.record_want(
                            &mut self.addresses,
                            from,
                            number,
                            entry.priority,
                            entry.send_dont_have,
                        );
                    }
                    // WANT-7
                    if entry.send_dont_have {
                        self.answer(from, entry.address, PresenceType::DontHave, out);
                    }
                }
                // WANT-4; WANT-3 and WANT-10: nothing is recorded, and no record touched.
                (WantType::WantHave, Some(_)) => {
                    self.answer(from, entry.address, PresenceType::Have, out);
                }
                // WANT-5, WANT-6
                (WantType::WantHave, None) => {
                    if entry.send_dont_have {
                        self.answer(from, entry.address, PresenceType::DontHave, out);
                    }
                }
            }
        }
    }

    /// Whether this peer's want for this address may be recorded (WANT-19, WIRE-10).
    fn has_room(&self, from: PeerNumber, address: Option<AddressNumber>) -> bool {
        let wants = &self.contexts.get(from).wants;
        wants.len() < self.config.wants_per_peer as usize
            || address.is_some_and(|number| wants.contains_key(&number))
    }

    /// WANT-11: what a full list does not name is no longer wanted.
    fn drop_unnamed(&mut self, from: PeerNumber, list: &WantList<N::Cid>) {
        let named: HashSet<_> = list
            .entries
            .iter()
            .filter_map(|entry| self.addresses.find(&entry.address))
            .collect();
        let unnamed: Vec<_> = self
            .contexts
            .get(from)
            .wants
            .keys()
            .filter(|number| !named.contains(number))
            .copied()
            .collect();
        for number in unnamed {
            self.contexts.remove_want(&mut self.addresses, from, number);
        }
    }

    fn answer(
        &self,
        to: PeerNumber,
        address: Address<N::Cid>,
        presence_type: PresenceType,
        out: &mut Output<N>,
    ) {
        out.to(to).presences.push(Presence {
            address,
            presence_type,
            price: self.config.price,
        });
    }
}
