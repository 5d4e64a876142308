//! [`check`]: whether a block can be sent: it fits into a message by itself (XFER-9), and is not empty
//! (XFER-11).

use blockexc_model::message::Delivery;
use bytes::Bytes;

use super::store::{LeafProof, StoredBlock};
use crate::wire::{Address, BlockCid, EncodeOptions, Message, OutgoingBlock, encode};

/// What the lengths before a block's data and before its delivery take at most, in bytes.
const LENGTHS: u64 = 12;

/// A block that can never be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// It fits into no message.
    #[error(
        "{cid} has {length} bytes: no message of at most {limit} bytes, which is what a peer reads, has \
         room for it (XFER-9)"
    )]
    TooLong {
        /// The block.
        cid: BlockCid,
        /// Its bytes.
        length: usize,
        /// The longest message, in bytes.
        limit: u64,
    },
    /// It has no bytes, and a delivery without data counts for nobody.
    #[error("the empty block cannot be sent: a delivery without data counts for nobody (XFER-11)")]
    Empty,
}

/// Checks that a block is not empty, and fits into a message of so many bytes under each of its addresses.
/// XFER-11: the empty block is stored by nobody.
///
/// # Errors
///
/// When it is, or does not.
pub fn check(block: &StoredBlock, leaves: &[LeafProof], limit: u64) -> Result<(), Unsendable> {
    if block.data.is_empty() {
        return Err(Unsendable::Empty);
    }
    let plain = (Address::Plain(block.cid.clone()), None);
    let leaves = leaves
        .iter()
        .map(|leaf| (leaf.address.clone(), Some(leaf.proof.clone())));
    let beside = std::iter::once(plain)
        .chain(leaves)
        .map(|(address, proof)| beside_the_data(block, address, proof))
        .max();
    let length = block.data.len();
    match beside.unwrap_or_default() + length as u64 + LENGTHS <= limit {
        true => Ok(()),
        false => Err(Unsendable::TooLong {
            cid: block.cid.clone(),
            length,
            limit,
        }),
    }
}

/// Checks each of these blocks.
///
/// # Errors
///
/// When one of them cannot be sent: the first of these.
pub fn check_all(blocks: &[(StoredBlock, Vec<LeafProof>)], limit: u64) -> Result<(), Unsendable> {
    blocks
        .iter()
        .try_for_each(|(block, leaves)| check(block, leaves, limit))
}

/// The bytes of a message with this block alone, but for its data.
fn beside_the_data(block: &StoredBlock, address: Address, proof: Option<Bytes>) -> u64 {
    let delivery = Delivery::valid(address, block.cid.clone());
    let empty = OutgoingBlock {
        data: Bytes::new(),
        proof,
    };
    let message = Message::deliveries(vec![delivery]);
    let bytes = encode(
        &message,
        &mut |_| Some(empty.clone()),
        &EncodeOptions::default(),
    );
    bytes.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::dataset::Dataset;
    use crate::wire::encode_split;

    #[test]
    fn the_empty_block_is_refused() {
        let block = StoredBlock {
            cid: BlockCid::of_block(b""),
            data: Bytes::new(),
        };
        assert_eq!(check(&block, &[], 1000), Err(Unsendable::Empty));
    }

    /// What is refused is not more than a few bytes shorter than what fits.
    #[test]
    fn what_passes_is_sent_and_little_of_what_fits_is_refused() {
        let limit = 20_000;
        let options = EncodeOptions::default().with_limit(limit);
        let mut refused = 0;
        for length in 19_700..20_000 {
            let blocks = [vec![1; length], vec![2; length], vec![3; length]];
            let dataset = Dataset::of_blocks(blocks.map(Bytes::from).to_vec());
            let dataset = dataset.expect("three blocks are enough");
            for (block, leaves) in dataset.into_stored() {
                let address = leaves[0].address.clone();
                let delivery = Delivery::valid(address, block.cid.clone());
                let outgoing = OutgoingBlock {
                    data: block.data.clone(),
                    proof: Some(leaves[0].proof.clone()),
                };
                let message = Message::deliveries(vec![delivery]);
                let encoded = encode_split(&message, &mut |_| Some(outgoing.clone()), &options);
                let fits = encoded.unsendable.is_empty();
                let passes = check(&block, &leaves, limit).is_ok();
                assert!(fits || !passes, "{length} bytes pass and do not fit");
                refused += usize::from(fits && !passes);
            }
        }
        assert!(refused <= 3 * LENGTHS as usize, "{refused} are refused");
    }
}
