//! What nodes keep, do and say, in the words that charts, files and the Explorer share.

use std::fmt::Write;

use crate::message::{Delivery, Evidence, Message, PresenceType, WantEntry, WantType};
use crate::node::{Effect, Event, Node};

use super::names::{Cid, Peer, Small, show_address};

/// What a node keeps, a line for each context.
pub fn show_node(node: &Node<Small>) -> Vec<String> {
    let join = |items: Vec<String>| {
        if items.is_empty() {
            "nothing".to_owned()
        } else {
            items.join(", ")
        }
    };
    let wants = node.own_wants().map(|(address, want)| {
        let asked: Vec<_> = want.asked.iter().map(Peer::to_string).collect();
        let address = show_address(address);
        if asked.is_empty() {
            address
        } else {
            format!("{address} (asked of {})", asked.join(", "))
        }
    });
    let held = node.held().keys().map(show_address);
    let mut lines = vec![format!(
        "own wants: {}; holds: {}",
        join(wants.collect()),
        join(held.collect())
    )];
    for (peer, context) in node.contexts() {
        let presence = context.peer_have().map(show_address).collect();
        let waits = context.wants().map(show_entry).collect();
        lines.push(format!(
            "context of {peer}: has {}; wants {}",
            join(presence),
            join(waits)
        ));
    }
    lines
}

/// What a step asks the node's surroundings to do, a line for each thing: one at least.
pub fn show_effects(effects: &[Effect<Small>]) -> Vec<String> {
    if effects.is_empty() {
        return vec!["nothing".to_owned()];
    }
    effects.iter().map(show_effect).collect()
}

/// What a step asks the node's surroundings to do.
pub fn show_effect(effect: &Effect<Small>) -> String {
    match effect {
        Effect::Send { to, message } => format!("say to {to}: {}", show_message(message)),
        Effect::Keep { addresses, .. } => {
            let addresses: Vec<_> = addresses.iter().map(show_address).collect();
            format!("store the block as {}", addresses.join(", "))
        }
        Effect::Obtained(address) => format!("the request of {} is met", show_address(address)),
        Effect::Failed(address) => format!("the request of {} fails", show_address(address)),
        Effect::Cancelled {
            address,
            was_wanted,
        } => format!("cancel {}: {was_wanted}", show_address(address)),
        Effect::Discover(cid) => format!("ask discovery for {cid}"),
        Effect::RefuseStream => "close the stream".to_owned(),
        Effect::ServeLater(peer) => format!("serve {peer} later"),
        Effect::Disconnect(peer) => format!("disconnect {peer}"),
        Effect::Abort(why) => format!("the process ends: {why}"),
    }
}

/// What happens to a node.
pub fn show_event(event: &Event<Small>) -> String {
    match event {
        Event::Joined(peer) => format!("{peer} joined"),
        Event::Left(peer) => format!("{peer} left"),
        Event::Received { from, message } => format!("{from} said: {}", show_message(message)),
        Event::Request(address) => format!("the user requests {}", show_address(address)),
        Event::Cancel(address) => format!("the user cancels {}", show_address(address)),
        Event::Retry(address) => format!("{} is not met in time", show_address(address)),
        Event::Stored { cid, .. } => format!("the user stores {cid}"),
        Event::Deleted(cid) => format!("{cid} is deleted"),
        Event::Serve(peer) => format!("{peer} is served"),
    }
}

/// What a message says, part by part.
pub fn show_message(message: &Message<Small>) -> String {
    let mut parts = Vec::new();
    if let Some(list) = &message.want_list {
        let entries: Vec<_> = list.entries.iter().map(show_entry).collect();
        let full = if list.full { "full list: " } else { "" };
        let entries = if entries.is_empty() {
            "nothing".to_owned()
        } else {
            entries.join(", ")
        };
        parts.push(format!("{full}{entries}"));
    }
    parts.extend(message.deliveries.iter().map(show_delivery));
    parts.extend(message.presences.iter().map(|item| {
        let address = show_address(&item.address);
        match item.presence_type {
            PresenceType::Have => format!("Have {address}"),
            PresenceType::DontHave => format!("DontHave {address}"),
        }
    }));
    if message.account.is_some() {
        parts.push("account".to_owned());
    }
    if message.payment.is_some() {
        parts.push("payment".to_owned());
    }
    if parts.is_empty() {
        parts.push("nothing".to_owned());
    }
    parts.join(" + ")
}

/// What a delivery brings.
pub fn show_delivery(delivery: &Delivery<Cid>) -> String {
    let address = show_address(&delivery.address);
    if delivery.evidence == Evidence::valid_for(&delivery.address) {
        format!("the block {address}")
    } else {
        format!("a wrong block for {address}")
    }
}

/// What an entry of a want list says.
pub fn show_entry(entry: &WantEntry<Cid>) -> String {
    let mut text = match (entry.cancel, entry.want_type) {
        (true, _) => "cancel ".to_owned(),
        (false, WantType::WantBlock) => "WantBlock ".to_owned(),
        (false, WantType::WantHave) => "WantHave ".to_owned(),
    };
    text.push_str(&show_address(&entry.address));
    if entry.priority != 0 {
        let _ = write!(text, " priority {}", entry.priority);
    }
    if entry.send_dont_have {
        text.push_str(" (or DontHave)");
    }
    text
}
