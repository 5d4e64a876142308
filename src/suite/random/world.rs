//! [`World`]: the real blocks, datasets and messages that the small numbers of a trace stand for.

use blockexc_model::address::Address as SmallAddress;
use blockexc_model::message::{
    Delivery as SmallDelivery, Evidence, Message as SmallMessage, Presence as SmallPresence,
    ProofEvidence, WantEntry as SmallEntry,
};
use bytes::Bytes;
use prost::Message as _;

use super::stimulus::{Few, TREES, WORLD};
use crate::suite::fixture::{Block, Dataset};
use crate::suite::harness::Harness;
use crate::wire::{
    Address, BlockCid, Delivery, EncodeOptions, Message, OutgoingBlock, Presence, WantEntry,
    WantList, encode, protobuf,
};

/// What no block is and no proof.
const GARBAGE: &[u8] = &[1, 2, 3];
/// The small number of the block in whose place a held one stands.
const HELD: u8 = 3;

/// The blocks and datasets of one trace, which nobody else has.
pub struct World {
    /// The blocks 1, 2 and 3.
    blocks: Vec<Block>,
    /// The datasets, in the order of their small numbers.
    datasets: Vec<Dataset>,
    /// A block that the target holds and that the user has named: it is the plain block 3. Its bytes
    /// may be unknown.
    held: Option<BlockCid>,
}

impl World {
    /// A new world; the plain block 3 is one that the target holds, if the user has named one by its
    /// CID.
    pub fn new(harness: &Harness) -> Self {
        let number = WORLD.iter().map(|(_, block)| *block).max().unwrap_or(0);
        let blocks: Vec<Block> = (0..number).map(|_| harness.block()).collect();
        let datasets = TREES.iter().map(|tree| {
            let leaves = WORLD.iter().filter(
                |(address, _)| matches!(address, SmallAddress::Leaf { tree: of, .. } if of == tree),
            );
            let leaves = leaves.map(|(_, block)| blocks[usize::from(*block) - 1].clone());
            harness.dataset_of(leaves.collect())
        });
        let held = harness.target().held.blocks.iter();
        let mut held = held.filter_map(|block| match &block.address {
            Address::Plain(cid) => Some(cid.clone()),
            Address::Leaf { .. } => None,
        });
        World {
            datasets: datasets.collect(),
            held: held.next(),
            blocks,
        }
    }

    /// The block that the target holds from the beginning, if the user has named one.
    pub fn held(&self) -> Option<&BlockCid> {
        self.held.as_ref()
    }

    /// The block of this small number.
    pub fn block(&self, number: u8) -> &Block {
        let place = usize::from(number.max(1)) - 1;
        &self.blocks[place.min(self.blocks.len() - 1)]
    }

    /// The dataset of this tree.
    pub fn dataset(&self, tree: u8) -> &Dataset {
        let place = TREES.iter().position(|known| *known == tree);
        &self.datasets[place.unwrap_or(0)]
    }

    /// The address that this stands for.
    pub fn address(&self, address: &SmallAddress<u8>) -> Address {
        match (address, &self.held) {
            (SmallAddress::Plain(HELD), Some(held)) => Address::Plain(held.clone()),
            (SmallAddress::Plain(number), _) => self.block(*number).address(),
            (SmallAddress::Leaf { tree, index }, _) => Address::Leaf {
                tree: self.dataset(*tree).cid(),
                index: *index,
            },
        }
    }

    /// The message, as it is sent.
    pub fn message(&self, message: SmallMessage<Few>) -> protobuf::Message {
        let entry = |entry: SmallEntry<u8>| WantEntry {
            address: self.address(&entry.address),
            priority: entry.priority,
            cancel: entry.cancel,
            want_type: entry.want_type,
            send_dont_have: entry.send_dont_have,
        };
        let presence = |item: SmallPresence<u8>| Presence {
            address: self.address(&item.address),
            presence_type: item.presence_type,
            price: item.price,
        };
        let delivery = |it: &SmallDelivery<u8>| Delivery {
            address: self.address(&it.address),
            cid: self.cid(it),
            evidence: it.evidence,
        };
        let real = Message {
            want_list: message.want_list.map(|list| WantList {
                entries: list.entries.into_iter().map(entry).collect(),
                full: list.full,
            }),
            deliveries: message.deliveries.iter().map(delivery).collect(),
            presences: message.presences.into_iter().map(presence).collect(),
            account: message.account,
            payment: message.payment,
        };
        // Blocks are asked for in the order of the deliveries.
        let mut deliveries = message.deliveries.iter();
        let mut block = |_: &Delivery| deliveries.next().map(|it| self.outgoing(it));
        let bytes = encode(&real, &mut block, &EncodeOptions::default());
        protobuf::Message::decode(bytes).unwrap_or_default()
    }

    fn cid(&self, delivery: &SmallDelivery<u8>) -> BlockCid {
        match (&delivery.address, &self.held) {
            (SmallAddress::Plain(HELD), Some(held)) if delivery.cid == HELD => held.clone(),
            _ => self.block(delivery.cid).cid.clone(),
        }
    }

    /// The bytes and the proof that show this evidence.
    fn outgoing(&self, delivery: &SmallDelivery<u8>) -> OutgoingBlock {
        let Evidence {
            has_data,
            data_matches_cid,
            proof,
            ..
        } = delivery.evidence;
        let data = match (has_data, data_matches_cid) {
            (false, _) => Bytes::new(),
            (true, false) => Bytes::from_static(GARBAGE),
            (true, true) => self.block(delivery.cid).data.clone(),
        };
        let SmallAddress::Leaf { tree, index } = delivery.address else {
            return OutgoingBlock { data, proof: None };
        };
        let dataset = self.dataset(tree);
        let other = |index: u64| (index as usize + 1) % dataset.blocks.len();
        let proof = match proof {
            ProofEvidence::Missing => None,
            ProofEvidence::Undecodable => Some(Bytes::from_static(GARBAGE)),
            ProofEvidence::OtherIndex => Some(dataset.proof(other(index))),
            ProofEvidence::Unverified => {
                let mut others = self.datasets.iter().filter(|it| it.cid() != dataset.cid());
                others.next().map(|other| other.proof(index as usize))
            }
            ProofEvidence::Verified => Some(dataset.proof(index as usize)),
        };
        OutgoingBlock { data, proof }
    }
}
