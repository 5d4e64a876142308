//! The steps of a node that do not show from outside.

use blockexc_model::Deviation;
use blockexc_model::deviating::{Event, OtherEvent};
use blockexc_model::message::Delivery;

use super::state::{Role, State, World};
use crate::wire::{Address, BlockCid, Message, Network};

/// What may have happened to the node beside what it was sent, as far as it makes a difference to what
/// it says of this address in this role. `cid` is that of the address's block.
pub(super) fn hidden(
    state: &State,
    address: &Address,
    role: Role,
    world: &World,
    cid: &BlockCid,
) -> Vec<Event<Network>> {
    let node = &state.node;
    let deviates = !node.deviations().is_empty();
    let mut events = Vec::new();
    if role == Role::Serving || deviates {
        if node.holds(address) {
            let held = node.held().get(address).unwrap_or(cid);
            events.push(Event::Deleted(held.clone()));
        } else {
            let leaves = address.is_leaf().then(|| address.clone());
            events.push(Event::Stored {
                cid: cid.clone(),
                leaves: leaves.into_iter().collect(),
            });
        }
        if node.deviates(Deviation::ServeLater) {
            events.push(Event::Other(OtherEvent::Serve(world.peer)));
        }
    }
    if role == Role::Asking {
        if !node.wants(address) {
            events.push(Event::Request(address.clone()));
            return events;
        }
        events.push(Event::Cancel(address.clone()));
        events.push(Event::Retry(address.clone()));
        if deviates {
            // Somebody else has the block, and delivers it.
            let delivery = Delivery::valid(address.clone(), cid.clone());
            events.push(Event::Received {
                from: world.other,
                message: Message::deliveries(vec![delivery]),
            });
        }
    }
    events
}
