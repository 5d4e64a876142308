//! [`Remarks`]: what was seen of a block while somebody waits for it, to say in the end why it did not
//! come.

use std::collections::HashMap;

use blockexc_model::message::{Evidence, PresenceType, ProofEvidence};
use libp2p::PeerId;

use crate::wire::{Address, Message};

/// The last remark on each block that is waited for, and the peers that speak another protocol.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    of_blocks: HashMap<Address, String>,
    strangers: HashMap<PeerId, String>,
}

impl Remarks {
    /// Remarks what a message says of the blocks that are waited for.
    pub(super) fn received(
        &mut self,
        from: &PeerId,
        message: &Message,
        is_waited_for: impl Fn(&Address) -> bool,
    ) {
        for item in &message.presences {
            if item.presence_type == PresenceType::DontHave && is_waited_for(&item.address) {
                let remark = format!("{from} does not have it");
                self.of_blocks.insert(item.address.clone(), remark);
            }
        }
        for delivery in &message.deliveries {
            if let Some(flaw) = flaw(&delivery.evidence, &delivery.address)
                && is_waited_for(&delivery.address)
            {
                let remark = format!("a delivery of {from} was refused: {flaw}");
                self.of_blocks.insert(delivery.address.clone(), remark);
            }
        }
    }

    /// Nobody waits for this block any more.
    pub(super) fn end(&mut self, address: &Address) {
        self.of_blocks.remove(address);
    }

    /// What a peer says it speaks.
    pub(super) fn speaks(&mut self, peer: PeerId, ours: &str, theirs: Vec<String>) {
        let mut exchanges = theirs
            .into_iter()
            .filter(|name| name.contains("/blockexc/"));
        let other = exchanges.next();
        if other.as_deref() == Some(ours) || exchanges.any(|name| name == ours) {
            self.strangers.remove(&peer);
            return;
        }
        let remark = match other {
            Some(other) => format!("{peer} speaks {other}, not {ours}"),
            None => format!("{peer} does not speak {ours}"),
        };
        self.strangers.insert(peer, remark);
    }

    /// A peer is gone.
    pub(super) fn left(&mut self, peer: &PeerId) {
        self.strangers.remove(peer);
    }

    /// Why a block has not come, as far as was seen.
    pub(super) fn why(&self, address: &Address, connected: usize) -> String {
        if let Some(remark) = self.of_blocks.get(address) {
            return remark.clone();
        }
        if connected == 0 {
            return "nobody is connected".to_owned();
        }
        if self.strangers.len() >= connected {
            let mut remarks: Vec<_> = self.strangers.values().cloned().collect();
            remarks.sort();
            return remarks.join("; ");
        }
        format!("of {connected} connected, nobody says that it has it")
    }
}

/// What makes a delivery one that never counts (XFER-3, XFER-4), if anything does.
fn flaw(evidence: &Evidence, address: &Address) -> Option<&'static str> {
    let Evidence {
        has_data,
        data_matches_cid,
        cid_matches_address,
        proof,
    } = evidence;
    if !has_data {
        return Some("it has no data (WIRE-9)");
    }
    if !data_matches_cid {
        return Some("the data does not match its CID (XFER-3)");
    }
    if !cid_matches_address {
        return Some("it is another block than was asked for (XFER-3)");
    }
    match proof {
        _ if !address.is_leaf() => None,
        ProofEvidence::Verified => None,
        ProofEvidence::Missing => Some("it has no proof (XFER-4)"),
        ProofEvidence::Undecodable => Some("its proof does not decode (XFER-4)"),
        ProofEvidence::OtherIndex => Some("its proof is of another leaf (XFER-4)"),
        ProofEvidence::Unverified => Some("its proof does not lead to the root (XFER-4)"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use blockexc_model::message::Presence;
    use blockexc_model::price::Price;

    use super::*;
    use crate::wire::BlockCid;

    #[test]
    fn who_says_that_it_does_not_have_a_block_is_named_while_it_is_waited_for() {
        let [address, other] =
            [&b"this"[..], b"that"].map(|it| Address::Plain(BlockCid::of_block(it)));
        let lacks = |address: &Address| Presence {
            address: address.clone(),
            presence_type: PresenceType::DontHave,
            price: Price::ZERO,
        };
        let message = Message::presences(vec![lacks(&address), lacks(&other)]);
        let peer = PeerId::random();
        let mut remarks = Remarks::default();
        remarks.received(&peer, &message, |it| *it == address);
        let nobody = "of 1 connected, nobody says that it has it";
        assert_eq!(remarks.why(&address, 1), format!("{peer} does not have it"));
        assert_eq!(remarks.why(&other, 1), nobody);
        remarks.end(&address);
        assert_eq!(remarks.why(&address, 1), nobody);
    }

    #[test]
    fn who_speaks_another_protocol_is_named_until_it_leaves() {
        let address = Address::Plain(BlockCid::of_block(b"this"));
        let peer = PeerId::random();
        let mut remarks = Remarks::default();
        remarks.speaks(peer, "/a/blockexc/1", vec!["/ping/1".to_owned()]);
        let stranger = format!("{peer} does not speak /a/blockexc/1");
        assert_eq!(remarks.why(&address, 1), stranger);
        let both = vec!["/b/blockexc/1".to_owned(), "/a/blockexc/1".to_owned()];
        remarks.speaks(peer, "/a/blockexc/1", both);
        assert_ne!(remarks.why(&address, 1), stranger);
        remarks.speaks(peer, "/a/blockexc/1", Vec::new());
        remarks.left(&peer);
        assert_eq!(remarks.why(&address, 0), "nobody is connected");
    }
}
