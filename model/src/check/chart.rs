//! A way through a network as a sequence chart: who joined, who said what to whom, what the node
//! that broke a rule kept before and after the step, and which requirement the step breaks.
//!
//! A message stands where it is handled, since that is where it does something.

use std::fmt::Write;

use crate::message::{Delivery, Evidence, Message, PresenceType, WantEntry, WantType};
use crate::node::{Effect, Event, Node};
use crate::requirement::Requirement;

use super::explorer::Trail;
use super::names::{Cid, Peer, Small, show_address};
use super::network::{Act, Action, Network};
use super::open::{OpenNetwork, What};
use super::rules::{Judge, Marks};

/// A sequence chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// Who takes part, from left to right.
    pub lanes: Vec<String>,
    /// What happens, from top to bottom.
    pub rows: Vec<Row>,
    /// What is wrong with the last step, when it breaks a rule.
    pub offence: Option<Offence>,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Something that concerns one lane.
    Note {
        /// Which.
        lane: usize,
        /// What happens.
        text: String,
    },
    /// Something that concerns two lanes alike.
    Between {
        /// Which.
        lanes: [usize; 2],
        /// What happens.
        text: String,
    },
    /// A message that one lane sent and another now handles.
    Message {
        /// Who sent it.
        from: usize,
        /// Who handles it.
        to: usize,
        /// What it says.
        text: String,
    },
}

/// What is wrong with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offence {
    /// Whose step it is.
    pub node: String,
    /// What the node kept before.
    pub before: Vec<String>,
    /// What it did.
    pub did: Vec<String>,
    /// What it keeps now.
    pub after: Vec<String>,
    /// The rules and invariants that are broken, each with the requirements it stands for.
    pub broken: Vec<(&'static str, &'static [&'static str])>,
}

impl Chart {
    /// The chart of a way through a closed network.
    pub fn of_network(network: &Network, trail: &Trail<Network>) -> Chart {
        let mut rows = Vec::new();
        let mut offence = None;
        let mut state = &trail.start;
        for (action, next) in &trail.steps {
            rows.push(match *action {
                Action::Connect(a, b) => between(a, b, "connect"),
                Action::Disconnect(a, b) => between(a, b, "their connection closes"),
                Action::Act { node, act, .. } => match (act, network.event(state, node, act)) {
                    (Act::Handle(from), Some(Event::Received { message, .. })) => Row::Message {
                        from: from.index(),
                        to: node.index(),
                        text: show_message(&message),
                    },
                    (_, event) => Row::Note {
                        lane: node.index(),
                        text: event.map_or_else(String::new, |event| show_event(&event)),
                    },
                },
            });
            if let Action::Act { node, .. } = *action
                && !next.broken.is_empty()
            {
                let effects = network.perform(state, action).map(|(_, effects)| effects);
                offence = Some(offence_of(
                    node,
                    &state.nodes[node.index()],
                    &effects.unwrap_or_default(),
                    &next.nodes[node.index()],
                    network.judge(),
                    next.broken,
                ));
            }
            state = next;
        }
        Chart {
            lanes: lanes(network.roles.len()),
            rows,
            offence,
        }
    }

    /// The chart of a way through an open network.
    pub fn of_open_network(network: &OpenNetwork, trail: &Trail<OpenNetwork>) -> Chart {
        const NODE: Peer = Peer(0);
        let mut rows = Vec::new();
        let mut offence = None;
        let mut state = &trail.start;
        for (action, next) in &trail.steps {
            let text = network
                .event(action.what)
                .map_or_else(String::new, |event| show_event(&event));
            rows.push(match (action.what, network.event(action.what)) {
                (What::Say(from, _), Some(Event::Received { message, .. })) => Row::Message {
                    from: from.index(),
                    to: NODE.index(),
                    text: show_message(&message),
                },
                _ => Row::Note {
                    lane: NODE.index(),
                    text,
                },
            });
            if !next.broken.is_empty() {
                let effects = network.perform(state, action).map(|(_, effects)| effects);
                offence = Some(offence_of(
                    NODE,
                    &state.node,
                    &effects.unwrap_or_default(),
                    &next.node,
                    network.judge(),
                    next.broken,
                ));
            }
            state = next;
        }
        Chart {
            lanes: lanes(usize::from(network.peers) + 1),
            rows,
            offence,
        }
    }

    /// The chart for a terminal: lanes on the left, words on the right.
    pub fn text(&self) -> String {
        const WIDTH: usize = 12;
        let mut text = String::from("    ");
        for lane in &self.lanes {
            let _ = write!(text, "{lane:<WIDTH$}");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        for (number, row) in self.rows.iter().enumerate() {
            let mut line: Vec<char> = vec![' '; WIDTH * self.lanes.len()];
            for lane in 0..self.lanes.len() {
                line[lane * WIDTH] = '|';
            }
            let mut stroke = |from: usize, to: usize, with: char| {
                let (low, high) = (from.min(to) * WIDTH, from.max(to) * WIDTH);
                line[low + 1..high].fill(with);
            };
            let words = match row {
                Row::Note { lane, text } => {
                    line[lane * WIDTH] = 'o';
                    text
                }
                Row::Between { lanes, text } => {
                    stroke(lanes[0], lanes[1], '=');
                    text
                }
                Row::Message { from, to, text } => {
                    stroke(*from, *to, '-');
                    if from < to {
                        line[to * WIDTH - 1] = '>';
                    } else {
                        line[to * WIDTH + 1] = '<';
                    }
                    text
                }
            };
            let line: String = line.into_iter().collect();
            let _ = writeln!(text, "{:>2}  {line}{words}", number + 1);
        }
        if let Some(offence) = &self.offence {
            offence.write(self.rows.len(), &mut text);
        }
        text
    }

    /// The chart as a Mermaid sequence diagram.
    pub fn mermaid(&self) -> String {
        // A semicolon or a hash sign would end or garble the text.
        let plain = |text: &str| text.replace([';', '#'], ",");
        let mut text = String::from("sequenceDiagram\n");
        for lane in &self.lanes {
            let _ = writeln!(text, "    participant {lane}");
        }
        for row in &self.rows {
            let _ = match row {
                Row::Note { lane, text: words } => {
                    writeln!(
                        text,
                        "    Note over {}: {}",
                        self.lanes[*lane],
                        plain(words)
                    )
                }
                Row::Between {
                    lanes: [a, b],
                    text: words,
                } => writeln!(
                    text,
                    "    Note over {},{}: {}",
                    self.lanes[*a],
                    self.lanes[*b],
                    plain(words)
                ),
                Row::Message {
                    from,
                    to,
                    text: words,
                } => writeln!(
                    text,
                    "    {}->>{}: {}",
                    self.lanes[*from],
                    self.lanes[*to],
                    plain(words)
                ),
            };
        }
        if let Some(offence) = &self.offence {
            for (name, _) in &offence.broken {
                let _ = writeln!(
                    text,
                    "    Note over {}: breaks {}",
                    offence.node,
                    plain(name)
                );
            }
        }
        text
    }
}

impl Offence {
    fn write(&self, step: usize, text: &mut String) {
        let node = &self.node;
        let mut list = |title: &str, lines: &[String]| {
            let _ = writeln!(text, "\n{title}");
            for line in lines {
                let _ = writeln!(text, "    {line}");
            }
        };
        list(&format!("Before step {step}, {node} keeps"), &self.before);
        list(&format!("In step {step}, {node} does"), &self.did);
        list(&format!("After step {step}, {node} keeps"), &self.after);
        let mut shown: Vec<&str> = Vec::new();
        for (name, ids) in &self.broken {
            let _ = writeln!(text, "\nThis breaks \"{name}\"");
            for id in *ids {
                if shown.contains(id) {
                    continue;
                }
                shown.push(id);
                if let Some(requirement) = Requirement::find(id) {
                    let _ = writeln!(text, "    {id} {}: {}", requirement.level, requirement.text);
                }
            }
        }
    }
}

fn lanes(count: usize) -> Vec<String> {
    (0u8..).take(count).map(|i| Peer(i).to_string()).collect()
}

fn between(a: Peer, b: Peer, what: &str) -> Row {
    Row::Between {
        lanes: [a.index(), b.index()],
        text: format!("{a} and {b}: {what}"),
    }
}

fn offence_of(
    node: Peer,
    before: &Node<Small>,
    effects: &[Effect<Small>],
    after: &Node<Small>,
    judge: &Judge<Small>,
    broken: Marks,
) -> Offence {
    let predicates = judge.predicates().enumerate();
    let mut did: Vec<_> = effects.iter().map(show_effect).collect();
    if did.is_empty() {
        did.push("nothing".to_owned());
    }
    Offence {
        node: node.to_string(),
        before: show_node(before),
        did,
        after: show_node(after),
        broken: predicates
            .filter(|(place, _)| broken.contains(*place))
            .map(|(_, predicate)| (predicate.name, predicate.requirements))
            .collect(),
    }
}

/// What a node keeps, a line for each context.
fn show_node(node: &Node<Small>) -> Vec<String> {
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

fn show_effect(effect: &Effect<Small>) -> String {
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

fn show_event(event: &Event<Small>) -> String {
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

fn show_message(message: &Message<Small>) -> String {
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

fn show_delivery(delivery: &Delivery<Cid>) -> String {
    let address = show_address(&delivery.address);
    if delivery.evidence == Evidence::valid_for(&delivery.address) {
        format!("the block {address}")
    } else {
        format!("a wrong block for {address}")
    }
}

fn show_entry(entry: &WantEntry<Cid>) -> String {
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
