//! [`new_node`]: a node at the beginning of its log.

use blockexc_model::Deviation;
use blockexc_model::deviating::{Node, Setup};

use crate::wire::{Address, BlockCid, Network};

/// A node of which no line has told yet. By `hold-empty-block` it holds the empty block, which no line
/// tells of (XFER-11).
pub(super) fn new_node(setup: Setup) -> Node<Network> {
    let holds_empty_block = setup.deviations.contains(Deviation::HoldEmptyBlock);
    let mut node = Node::deviating(setup);
    if holds_empty_block {
        let cid = BlockCid::of_block(b"");
        node.set_held(Address::Plain(cid.clone()), Some(cid));
    }
    node
}
