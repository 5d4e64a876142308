//! What nodes keep, do and say, in the words that charts, files and the Explorer share.

use std::fmt::{self, Write};

use blockexc_model::deviating::{Effect, Event, Node, OtherEffect, OtherEvent};
use blockexc_model::message::{Delivery, Evidence, Message, PresenceType, WantEntry, WantType};

use crate::network::closed::Network;
use crate::network::limits::Limits;
use crate::network::names::{Cid, Peer, Small, show_address};
use crate::network::open::{OpenNetwork, OpenState};
use crate::network::state::{Link, News, State};
use crate::properties::safety;
use crate::search::property::Condition;
use crate::step::rules::{PredicateSet, StepChecker};

/// What is broken, by name, with the requirements that it stands for.
pub type Broken = (&'static str, &'static [&'static str]);

/// A state of a closed network: what each node keeps, and what awaits it.
pub fn show_state(network: &Network, state: &State) -> Vec<String> {
    let mut lines = Vec::new();
    for (peer, node) in (0u8..).map(Peer).zip(&state.nodes) {
        lines.extend(show_member(peer, node, state.ended.contains(&peer)));
    }
    for ([a, b], link) in network.pairs.iter().zip(&state.links) {
        lines.extend(show_link(link, &a.to_string(), &b.to_string()));
    }
    lines
}

/// A state of an open network: what its node keeps, and whom it is to serve.
pub fn show_open_state(state: &OpenState) -> Vec<String> {
    let mut lines = show_member(OpenNetwork::NODE, &state.node, state.ended);
    for peer in &state.serves {
        lines.push(format!("    is to serve {peer}"));
    }
    lines
}

/// The rules, invariants and properties of steps that are broken.
pub fn broken_rules(judge: &StepChecker<Small>, broken: PredicateSet) -> Vec<Broken> {
    let of_nodes = judge.predicates().enumerate();
    let of_nodes = of_nodes.map(|(place, it)| (place, it.name, it.requirements));
    let of_networks = safety().into_iter();
    let of_networks = of_networks.filter_map(|it| match it.condition {
        Condition::OfStep(place) => Some((place, it.name, it.requirements)),
        _ => None,
    });
    of_nodes
        .chain(of_networks)
        .filter(|(place, ..)| broken.contains(*place))
        .map(|(_, name, requirements)| (name, requirements))
        .collect()
}

/// What is broken, a line for each.
pub fn show_broken(judge: &StepChecker<Small>, broken: PredicateSet) -> Vec<String> {
    broken_rules(judge, broken)
        .into_iter()
        .map(|(name, requirements)| format!("breaks \"{name}\" ({})", requirements.join(", ")))
        .collect()
}

/// Lines that stand below a title.
pub(super) fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("    {line}"))
}

fn show_member(peer: Peer, node: &Node<Small>, ended: bool) -> Vec<String> {
    let ended = if ended {
        ", whose process has ended"
    } else {
        ""
    };
    let mut lines = vec![format!("{peer}{ended}")];
    lines.extend(indented(show_node(node)));
    lines
}

/// What is between two nodes that are called so.
fn show_link(link: &Link, a: &str, b: &str) -> Vec<String> {
    let connected = if link.open {
        "connected"
    } else {
        "not connected"
    };
    let mut lines = vec![format!("{a} and {b}: {connected}")];
    for (end, me, peer) in [(&link.ends[0], a, b), (&link.ends[1], b, a)] {
        let mut awaits = Vec::new();
        for news in &end.news {
            awaits.push(match news {
                News::Joined => format!("{me} is to hear that {peer} joined"),
                News::Left => format!("{me} is to hear that {peer} left"),
            });
        }
        for message in &end.inbox {
            awaits.push(format!(
                "under way from {peer} to {me}: {}",
                show_message(message)
            ));
        }
        if end.serves {
            awaits.push(format!("{me} is to serve {peer}"));
        }
        lines.extend(indented(awaits));
    }
    lines
}

/// In words, as far as the state itself knows them: which nodes a connection is between, only the
/// network knows ([`show_state`]).
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (peer, node) in (0u8..).map(Peer).zip(&self.nodes) {
            for line in show_member(peer, node, self.ended.contains(&peer)) {
                writeln!(f, "{line}")?;
            }
        }
        for (link, number) in self.links.iter().zip(1..) {
            let [first, second] =
                ["first", "second"].map(|it| format!("the {it} of pair {number}"));
            for line in show_link(link, &first, &second) {
                writeln!(f, "{line}")?;
            }
        }
        if !self.broken.is_empty() {
            writeln!(f, "broken rules: {:?}", self.broken)?;
        }
        write!(f, "may still happen: {}", show_limits(&self.left))
    }
}

/// In words.
impl fmt::Debug for OpenState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show_open_state(self).join("\n"))?;
        if !self.broken.is_empty() {
            write!(f, "\nbroken rules: {:?}", self.broken)?;
        }
        Ok(())
    }
}

/// How often what may still happen.
pub fn show_limits(left: &Limits) -> String {
    let Limits {
        connects,
        disconnects,
        requests,
        cancels,
        stores,
        deletions,
        retries,
    } = left;
    format!(
        "connects: {connects}, disconnects: {disconnects}, requests: {requests}, \
         cancels: {cancels}, stores: {stores}, deletions: {deletions}, retries: {retries}"
    )
}

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
        Effect::Other(other) => match other {
            OtherEffect::RefuseStream => "close the stream".to_owned(),
            OtherEffect::ServeLater(peer) => format!("serve {peer} later"),
            OtherEffect::Disconnect(peer) => format!("disconnect {peer}"),
            OtherEffect::Abort(why) => format!("the process ends: {why}"),
        },
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
        Event::Other(OtherEvent::Serve(peer)) => format!("{peer} is served"),
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
