//! [`Coverage`]: which requirements a log touches.
//!
//! A log touches a requirement when something happens in it to which the requirement applies. What
//! it does not touch it cannot show, whatever the verdict.

use blockexc_model::deviating::{Event, Node};
use blockexc_model::message::{PresenceType, WantType};
use blockexc_model::requirement::{REQUIREMENTS, Requirement};
use libp2p::PeerId;

use super::broken::counts;
use super::dumped::Dumped;
use super::line::Output;
use crate::wire::{Address, Delivery, Message, Network, WantEntry};

const _: () = assert!(REQUIREMENTS.len() <= 128);

/// The requirements that a log touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage(u128);

/// The bit of a requirement. An ID that there is not does not compile.
const fn bit(id: &str) -> u128 {
    let mut place = 0;
    while place < REQUIREMENTS.len() {
        if same(REQUIREMENTS[place].id, id) {
            return 1 << place;
        }
        place += 1;
    }
    panic!("no such requirement");
}

const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut place = 0;
    while place < one.len() {
        if one[place] != other[place] {
            return false;
        }
        place += 1;
    }
    true
}

/// Adds requirements to a coverage. Their places are known when this is compiled.
macro_rules! touch {
    ($coverage:expr, $($id:literal),+) => {
        $coverage.0 |= const { 0 $(| bit($id))+ }
    };
}

impl Coverage {
    /// The requirements touched, in the order of the specification.
    pub fn touched(self) -> impl Iterator<Item = &'static Requirement> {
        let places = REQUIREMENTS.iter().enumerate();
        places
            .filter(move |(place, _)| self.0 & (1 << place) != 0)
            .map(|(_, requirement)| requirement)
    }

    /// The requirements not touched, in the order of the specification.
    pub fn untouched(self) -> impl Iterator<Item = &'static Requirement> {
        Coverage(!self.0).touched()
    }

    /// The requirements that either touches.
    pub fn union(self, other: Coverage) -> Coverage {
        Coverage(self.0 | other.0)
    }

    /// An event comes to a node in this state.
    pub fn event(&mut self, node: &Node<Network>, event: &Event<Network>) {
        match event {
            Event::Joined(peer) => self.joined(node, peer),
            Event::Left(peer) => {
                touch!(self, "LEFT-1");
                let mut wants = node.own_wants();
                if wants.any(|(_, want)| want.asked.contains(peer)) {
                    touch!(self, "LEFT-2");
                }
            }
            Event::Received { from, message } => self.received(node, from, message),
            Event::Request(address) if node.holds(address) => touch!(self, "ASK-3"),
            Event::Request(address) if node.wants(address) => touch!(self, "ASK-2"),
            Event::Request(_) => touch!(self, "ASK-1"),
            Event::Cancel(address) => {
                let others = |address| node.wants.get(address).is_some_and(|it| it.others > 0);
                match others(address) {
                    true => touch!(self, "ASK-10"),
                    false => touch!(self, "ASK-7", "PRES-6"),
                }
            }
            Event::Retry(address) => {
                let enough = |want: &blockexc_model::node::OwnWant<Network>| {
                    want.retries >= node.config().retries
                };
                match node.wants.get(address).is_some_and(enough) {
                    true => touch!(self, "ASK-9", "PRES-6"),
                    false => touch!(self, "ASK-8"),
                }
            }
            Event::Stored { cid, leaves } => {
                touch!(self, "HELD-1");
                let plain = Address::Plain(cid.clone());
                self.arrived(node, leaves.iter().chain([&plain]));
            }
            Event::Deleted(_) => touch!(self, "HELD-2"),
            Event::Other(_) => {}
        }
    }

    /// A node refused a frame.
    pub fn refused(&mut self) {
        touch!(self, "WIRE-3");
    }

    /// It is seen from outside that a peer joins a node.
    pub fn seen_to_join(&mut self) {
        touch!(self, "JOIN-5");
    }

    /// It is seen from outside what a node is sent. Touched is only what can be seen to be broken.
    pub fn seen_to_receive(&mut self, message: &Message) {
        for entry in message.want_list.iter().flat_map(|list| &list.entries) {
            match (entry.cancel, entry.want_type) {
                (true, _) => touch!(self, "WANT-8"),
                (false, WantType::WantBlock) => touch!(self, "WANT-2"),
                (false, WantType::WantHave) => {
                    touch!(self, "WANT-3");
                    if !entry.send_dont_have {
                        touch!(self, "WANT-6");
                    }
                }
            }
        }
    }

    /// It is seen from outside what a node sends. Touched is only what can be seen to be broken.
    pub fn seen_to_send(&mut self, message: &Message) {
        touch!(self, "WIRE-1");
        if let Some(list) = &message.want_list {
            touch!(self, "JOIN-8", "ASK-1");
            let asks = |it: &WantEntry| !it.cancel && it.want_type == WantType::WantBlock;
            if list.entries.iter().any(asks) {
                touch!(self, "ASK-4", "ASK-6");
            }
        }
        if !message.deliveries.is_empty() {
            touch!(self, "XFER-1", "XFER-10");
        }
    }

    /// A node did something that is judged.
    pub fn output(&mut self, output: &Output) {
        let Output::Sent { message, .. } = output else {
            return;
        };
        if let Some(list) = &message.want_list {
            touch!(self, "JOIN-8");
            let asks = |it: &WantEntry| !it.cancel && it.want_type == WantType::WantBlock;
            if list.entries.iter().any(asks) {
                touch!(self, "ASK-4", "ASK-5");
            }
        }
        if !message.deliveries.is_empty() {
            touch!(self, "XFER-1", "XFER-10");
        }
    }

    /// A dump is compared.
    pub fn dumped(&mut self, dumped: &Dumped) {
        for context in dumped.contexts.iter().flat_map(|it| it.values()) {
            touch!(self, "JOIN-2");
            if context.presence.is_some() {
                touch!(self, "PRES-1", "PRES-7");
            }
            if context.peer_have_cids.is_some() {
                touch!(self, "PRES-10");
            }
        }
    }

    fn joined(&mut self, node: &Node<Network>, peer: &PeerId) {
        if node.contexts().contains_key(peer) {
            touch!(self, "JOIN-3");
            return;
        }
        touch!(self, "JOIN-1");
        match node.own_wants().len() {
            0 => touch!(self, "JOIN-5"),
            _ => touch!(self, "JOIN-4"),
        }
        if node.config().account.is_some() {
            touch!(self, "JOIN-6");
        }
    }

    fn received(&mut self, node: &Node<Network>, from: &PeerId, message: &Message) {
        let Some(context) = node.contexts().get(from) else {
            touch!(self, "JOIN-7");
            return;
        };
        let parts = usize::from(message.want_list.is_some())
            + usize::from(!message.deliveries.is_empty())
            + usize::from(!message.presences.is_empty());
        if parts != 1 {
            touch!(self, "WIRE-6");
        }
        if let Some(list) = &message.want_list {
            if context.wants().len() > 0 {
                match list.full {
                    true => touch!(self, "WANT-11"),
                    false => touch!(self, "WANT-12"),
                }
            }
            if node.contexts().len() > 1 {
                touch!(self, "WANT-17");
            }
            if list.entries.len() > 1 {
                touch!(self, "WANT-15", "WANT-18");
            }
            for entry in &list.entries {
                self.entry(node, from, entry);
            }
        }
        for delivery in &message.deliveries {
            self.delivery(node, from, delivery);
        }
        if message.presences.len() > 1 {
            touch!(self, "PRES-9");
        }
        for item in &message.presences {
            let is_recorded = context.contains(&item.address);
            match (node.wants(&item.address), item.presence_type) {
                (false, _) => touch!(self, "PRES-5"),
                (true, PresenceType::DontHave) => touch!(self, "PRES-3"),
                (true, PresenceType::Have) => {
                    touch!(self, "PRES-2");
                    if is_recorded {
                        touch!(self, "PRES-4");
                    }
                    if node.asked(&item.address).is_empty() {
                        touch!(self, "ASK-6");
                    }
                }
            }
        }
        if message.account.is_some() {
            touch!(self, "PAY-1");
        }
        if message.payment.is_some() {
            touch!(self, "PAY-2");
        }
    }

    fn entry(&mut self, node: &Node<Network>, from: &PeerId, entry: &WantEntry) {
        let context = node.contexts().get(from);
        let is_recorded = context.is_some_and(|context| context.wants.contains(&entry.address));
        let is_held = node.holds(&entry.address);
        if entry.cancel {
            touch!(self, "WANT-8");
            return;
        }
        match (entry.want_type, is_held) {
            (WantType::WantBlock, true) => touch!(self, "WANT-2"),
            (WantType::WantBlock, false) => {
                let most = node.config().wants_per_peer as usize;
                let is_full = context.is_some_and(|context| context.wants().len() >= most);
                match (is_recorded, is_full) {
                    (true, _) => touch!(self, "WANT-9"),
                    (false, true) => touch!(self, "WANT-19"),
                    (false, false) => touch!(self, "WANT-1"),
                }
                if entry.send_dont_have {
                    touch!(self, "WANT-7");
                }
            }
            (WantType::WantHave, true) => touch!(self, "WANT-4"),
            (WantType::WantHave, false) => match entry.send_dont_have {
                true => touch!(self, "WANT-3", "WANT-5"),
                false => touch!(self, "WANT-3", "WANT-6"),
            },
        }
        if entry.want_type == WantType::WantHave && is_recorded {
            touch!(self, "WANT-10");
        }
    }

    fn delivery(&mut self, node: &Node<Network>, from: &PeerId, delivery: &Delivery) {
        let address = &delivery.address;
        if !node.wants(address) {
            touch!(self, "XFER-2");
            return;
        }
        match address.is_leaf() {
            true => touch!(self, "XFER-3", "XFER-4"),
            false => touch!(self, "XFER-3"),
        }
        if !node.is_asked(from, address) {
            touch!(self, "XFER-8");
        }
        if counts(delivery) {
            touch!(self, "XFER-7");
            let own = Address::Plain(delivery.cid.clone());
            self.arrived(node, [address, &own]);
        } else {
            touch!(self, "XFER-5");
            if node.is_asked(from, address) {
                touch!(self, "XFER-6");
            }
        }
    }

    /// A block becomes held under these addresses.
    fn arrived<'a>(
        &mut self,
        node: &Node<Network>,
        addresses: impl IntoIterator<Item = &'a Address>,
    ) {
        for address in addresses {
            if node.wants(address) {
                touch!(self, "PRES-6");
            }
            let mut contexts = node.contexts().values();
            if contexts.any(|context| context.wants.contains(address)) {
                touch!(self, "WANT-13");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_touched_and_what_is_not_is_everything() {
        let mut coverage = Coverage::default();
        assert_eq!(coverage.touched().count(), 0);
        touch!(coverage, "JOIN-1", "PAY-2");
        let touched: Vec<_> = coverage.touched().map(|it| it.id).collect();
        assert_eq!(touched, ["JOIN-1", "PAY-2"]);
        assert_eq!(coverage.untouched().count() + 2, REQUIREMENTS.len());
    }
}
