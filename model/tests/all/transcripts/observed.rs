//! What can be observed of a node in one step, in one form for what was recorded and for what the
//! model does, so that the two can be compared line by line.

use std::collections::BTreeMap;

use blockexc_model::Address;
use blockexc_model::deviating::Node;
use blockexc_model::message::{Message, PresenceType, WantType};

use super::recording::{RecordedEvent, RecordedMessage, Recording, Step};
use super::replay::{Symbols, text_of};

/// Which of what a node shows is compared.
#[derive(Clone, Copy)]
pub struct Scope {
    /// What a peer wants is a set, and nothing that is sent is in any order but presences; and
    /// when a want is announced is the node's own affair, so that lists of WantHave are left out.
    pub announces_at_leisure: bool,
}

/// What was observed: under each heading some lines.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Observed(BTreeMap<String, Vec<String>>);

impl Observed {
    fn add(&mut self, heading: String, line: Option<String>) {
        self.0.entry(heading).or_default().extend(line);
    }

    /// Whether what was sent here may go on to be what was sent there.
    pub fn begins(&self, whole: &Observed) -> bool {
        self.0
            .iter()
            .filter(|(heading, _)| heading.starts_with("sent"))
            .all(|(heading, lines)| {
                whole
                    .0
                    .get(heading)
                    .is_some_and(|whole| whole.starts_with(lines))
            })
    }

    /// How many messages were sent.
    pub fn sent(&self) -> usize {
        let sent = self.0.iter();
        sent.filter(|(heading, _)| heading.starts_with("sent"))
            .map(|(_, lines)| lines.len())
            .sum()
    }

    /// What one has and the other has not, heading by heading.
    pub fn difference(&self, model: &Observed) -> Option<String> {
        let headings = self.0.keys().chain(model.0.keys());
        let mut different: Vec<_> = headings
            .filter(|heading| self.0.get(*heading) != model.0.get(*heading))
            .collect();
        different.sort();
        different.dedup();
        if different.is_empty() {
            return None;
        }
        let show = |observed: &Observed, heading| match observed.0.get(heading) {
            None => "-".to_owned(),
            Some(lines) => format!("{lines:?}"),
        };
        let lines: Vec<_> = different
            .into_iter()
            .map(|heading| {
                let (recorded, replayed) = (show(self, heading), show(model, heading));
                format!("    {heading}\n      recorded {recorded}\n      model    {replayed}")
            })
            .collect();
        Some(lines.join("\n"))
    }
}

/// One entry, delivery or presence item.
fn entry_line(
    address: &str, want_type: &str, priority: i32, cancel: bool, dont_have: bool,
) -> String {
    format!("{address} {want_type} priority={priority} cancel={cancel} sendDontHave={dont_have}")
}

/// A want list, or nothing when it is out of scope. Only cancel lists are in order.
fn list_line(scope: Scope, full: bool, mut entries: Vec<(bool, String)>) -> Option<String> {
    let is_cancel = entries.iter().any(|(cancel, _)| *cancel);
    let is_announcement = entries.iter().all(|(_, line)| line.contains("WantHave"));
    if scope.announces_at_leisure && is_announcement && !is_cancel {
        return None;
    }
    if scope.announces_at_leisure || !is_cancel {
        entries.sort();
    }
    let lines: Vec<_> = entries.into_iter().map(|(_, line)| line).collect();
    Some(format!("want list full={full}: {}", lines.join(", ")))
}

fn deliveries_line(scope: Scope, mut lines: Vec<String>) -> Option<String> {
    if scope.announces_at_leisure {
        lines.sort();
    }
    (!lines.is_empty()).then(|| format!("deliveries: {}", lines.join(", ")))
}

fn presences_line(lines: Vec<String>) -> Option<String> {
    (!lines.is_empty()).then(|| format!("presences: {}", lines.join(", ")))
}

fn hex_without_zeros(hex: &str) -> &str {
    hex.trim_start_matches('0')
}

fn want_type_name(want_type: WantType) -> &'static str {
    match want_type {
        WantType::WantBlock => "WantBlock",
        WantType::WantHave => "WantHave",
    }
}

impl Observed {
    /// Adds what was recorded of a message that the node sent. Payments are not the model's.
    fn add_recorded_message(&mut self, scope: Scope, to: &str, message: &RecordedMessage) {
        let heading = || format!("sent to {to}");
        if let Some(list) = &message.want_list {
            let entries = list.entries.iter().map(|entry| {
                let line = entry_line(
                    &entry.address,
                    &entry.want_type,
                    entry.priority,
                    entry.cancel,
                    entry.send_dont_have,
                );
                (entry.cancel, line)
            });
            if let Some(line) = list_line(scope, list.full, entries.collect()) {
                self.add(heading(), Some(line));
            }
        }
        let deliveries = message.deliveries.iter().map(|delivery| {
            let proof = delivery.proof.as_ref().and_then(|proof| proof.index);
            format!("{} is {} proof {proof:?}", delivery.address, delivery.block)
        });
        let presences = message.presences.iter().map(|item| {
            let price = hex_without_zeros(&item.price);
            format!("{} {} 0x{price}", item.presence_type, item.address)
        });
        let lines = [
            deliveries_line(scope, deliveries.collect()),
            presences_line(presences.collect()),
            message.account.as_ref().map(|hex| format!("account {hex}")),
        ];
        for line in lines.into_iter().flatten() {
            self.add(heading(), Some(line));
        }
    }

    /// Adds a message of the model.
    pub fn add_message(&mut self, scope: Scope, to: &str, message: &Message<Symbols>) {
        let heading = || format!("sent to {to}");
        if let Some(list) = &message.want_list {
            let entries = list.entries.iter().map(|entry| {
                let line = entry_line(
                    &text_of(&entry.address),
                    want_type_name(entry.want_type),
                    entry.priority,
                    entry.cancel,
                    entry.send_dont_have,
                );
                (entry.cancel, line)
            });
            if let Some(line) = list_line(scope, list.full, entries.collect()) {
                self.add(heading(), Some(line));
            }
        }
        let deliveries = message.deliveries.iter().map(|delivery| {
            let proof = match delivery.address {
                Address::Plain(_) => None,
                Address::Leaf { index, .. } => Some(index),
            };
            let address = text_of(&delivery.address);
            format!("{address} is {} proof {proof:?}", delivery.cid)
        });
        let presences = message.presences.iter().map(|item| {
            let presence_type = match item.presence_type {
                PresenceType::Have => "Have",
                PresenceType::DontHave => "DontHave",
            };
            let price = hex_of(&item.price.to_big_endian());
            let price = hex_without_zeros(&price);
            format!("{presence_type} {} 0x{price}", text_of(&item.address))
        });
        let account = message.account.map(|account| hex_of(&account.0));
        let lines = [
            deliveries_line(scope, deliveries.collect()),
            presences_line(presences.collect()),
            account.map(|hex| format!("account {hex}")),
        ];
        for line in lines.into_iter().flatten() {
            self.add(heading(), Some(line));
        }
    }

    /// A request has ended: with this block, or without.
    pub fn add_request_end(&mut self, req: &str, address: Option<&str>, block: Option<&str>) {
        let outcome = block.unwrap_or("nothing");
        let line = format!("{req} {} got {outcome}", address.unwrap_or("some address"));
        self.add("requests ended".to_owned(), Some(line));
    }

    /// The process has ended.
    pub fn add_death(&mut self) {
        self.add("the process ended".to_owned(), None);
    }

    /// Whether the process has ended; nothing else is known of such a step.
    pub fn is_dead(&self) -> bool {
        self.0.contains_key("the process ended")
    }

    /// What was recorded of a step.
    pub fn recorded(scope: Scope, recording: &Recording, step: &Step) -> Observed {
        let mut observed = Observed::default();
        for (peer, messages) in &step.sent {
            for message in messages {
                observed.add_recorded_message(scope, recording.name_of(peer), message);
            }
        }
        for event in &step.events {
            match event {
                RecordedEvent::RequestDone {
                    req,
                    address,
                    block,
                    ..
                } => observed.add_request_end(req, Some(address), block.as_deref()),
                RecordedEvent::BlockGot { req, block, .. } => {
                    observed.add_request_end(req, None, block.as_deref());
                }
                _ => {}
            }
        }
        if step.node_died.is_some() {
            observed.add_death();
        }
        let Some(state) = &step.state else {
            return observed.sorted();
        };
        for (peer, context) in &state.contexts {
            let heading = |what: &str| format!("{what} of {peer}");
            observed.add(heading("context"), None);
            for (address, record) in &context.blocks {
                let line = format!(
                    "{address} have={} 0x{}",
                    record.have,
                    hex_without_zeros(&record.price)
                );
                observed.add(heading("presence"), Some(line));
            }
            for entry in context.peer_wants.iter().flatten() {
                let line = entry_line(
                    &entry.address,
                    &entry.want_type,
                    entry.priority,
                    entry.cancel,
                    entry.send_dont_have,
                );
                observed.add(heading("wants"), Some(line));
            }
            for address in context.wanted_blocks.iter().flatten() {
                observed.add(heading("wants"), Some(address.clone()));
            }
            for address in context.blocks_requested.iter().flatten() {
                observed.add(heading("asked marks"), Some(address.clone()));
            }
            if let Some(hex) = &context.account {
                observed.add(heading("account"), Some(hex.clone()));
            }
        }
        for (address, pending) in &state.pending {
            let asked = match (pending.in_flight, &pending.requested) {
                (Some(true), _) => "somebody",
                (_, Some(peer)) => peer,
                (_, None) => "nobody",
            };
            let line = format!("{address} asked of {asked}");
            observed.add("own wants".to_owned(), Some(line));
        }
        observed.sorted()
    }

    /// Adds what the model keeps.
    pub fn add_state(&mut self, scope: Scope, node: &Node<Symbols>) {
        for (peer, context) in node.contexts() {
            let heading = |what: &str| format!("{what} of {peer}");
            self.add(heading("context"), None);
            for (address, price) in context.presence() {
                let have = !node.is_denied(peer, address);
                let price = hex_of(&price.to_big_endian());
                let price = hex_without_zeros(&price);
                let line = format!("{} have={have} 0x{price}", text_of(address));
                self.add(heading("presence"), Some(line));
            }
            for entry in context.wants() {
                let address = text_of(&entry.address);
                let line = if scope.announces_at_leisure {
                    address
                } else {
                    entry_line(
                        &address,
                        want_type_name(entry.want_type),
                        entry.priority,
                        entry.cancel,
                        entry.send_dont_have,
                    )
                };
                self.add(heading("wants"), Some(line));
            }
            for address in node.asked_marks(peer) {
                self.add(heading("asked marks"), Some(text_of(address)));
            }
            if let Some(account) = context.account() {
                self.add(heading("account"), Some(hex_of(&account.0)));
            }
        }
        for (address, want) in node.own_wants() {
            let asked = match want.asked.iter().next() {
                None => "nobody",
                Some(_) if !scope.announces_at_leisure => "somebody",
                Some(peer) => peer,
            };
            let line = format!("{} asked of {asked}", text_of(address));
            self.add("own wants".to_owned(), Some(line));
        }
    }

    /// With the lines that come in no particular order sorted.
    pub fn sorted(mut self) -> Observed {
        for (heading, lines) in &mut self.0 {
            let by_set = heading.starts_with("wants of") && lines.iter().all(|l| !l.contains(' '));
            if by_set
                || heading.starts_with("presence")
                || heading.starts_with("asked marks")
                || heading == "own wants"
                || heading == "requests ended"
            {
                lines.sort();
            }
        }
        self
    }
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
