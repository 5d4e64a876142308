//! HELD: what the node holds.

use crate::address::{Address, Names};

use super::arrived::{Arrived, Source};
use super::behaviour::Behaviour;
use super::state::Node;
use super::step::Step;

/// HELD-1: the user stored a block, with its proof for these leaves. Own wants for it end, and
/// whoever waits for it is sent it.
pub fn stored<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, cid: N::Cid, leaves: Vec<Address<N::Cid>>, step: &mut Step<'_, N, B>,
) {
    let mut addresses = vec![Address::Plain(cid.clone())];
    addresses.extend(leaves);
    let block = Arrived {
        cid,
        addresses,
        source: Source::Upload,
    };
    node.hold(&block, step);
    node.wake(&[block], step);
}

/// HELD-2: a block that was deleted or has expired is not held any longer, and that is all.
pub fn deleted<N: Names, B: Behaviour<N>>(
    node: &mut Node<N, B>, cid: &N::Cid, _: &mut Step<'_, N, B>,
) {
    node.held.retain(|_, held| held != cid);
}
