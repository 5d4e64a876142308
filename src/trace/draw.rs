//! [`draw`]: the sequence chart of a log, up to the unexplained line.

use std::collections::VecDeque;
use std::io::BufRead;

use blockexc_checker::show::chart::{Chart, Row};
use blockexc_model::deviating::{Event, OtherEvent};
use blockexc_model::message::{Message, PresenceType, WantType};
use libp2p::PeerId;

use super::judge::NodeVerdict;
use super::line::{Entry, Line, Output};
use super::read::{LogReader, ReadError};
use super::unexplained::Stop;
use crate::wire::{Address, Network};

/// The number of characters shown of a name. The last ones distinguish the names of one log.
const NAME_LENGTH: usize = 6;

/// Draws the last lines of one node, `most` at most, before the unexplained line or before the end
/// of the log.
///
/// # Errors
///
/// When the log cannot be read.
pub fn draw<R: BufRead>(
    mut log: LogReader<R>,
    verdict: &NodeVerdict,
    most: usize,
) -> Result<Chart, ReadError> {
    let failure = match &verdict.stop {
        Some(Stop::Unexplained(unexplained)) => Some(unexplained.as_ref()),
        _ => None,
    };
    let name = verdict.header.node.as_str();
    let mut last: VecDeque<Entry> = VecDeque::new();
    let mut headers = 0;
    while let Some((number, line)) = log.next_line()? {
        if failure.is_some_and(|failure| number > failure.line) {
            break;
        }
        match line {
            Line::Header(_) => headers += 1,
            Line::Entry { node, entry } if node == name || node.is_empty() && headers == 1 => {
                if last.len() == most.max(1) {
                    last.pop_front();
                }
                last.push_back(entry);
            }
            Line::Entry { .. } => {}
        }
    }
    let mut drawing = Drawing {
        lanes: Vec::new(),
        rows: Vec::new(),
    };
    for entry in &last {
        drawing.entry(entry);
    }
    if let Some(failure) = failure {
        let broken = match failure.requirements.as_slice() {
            [] => String::new(),
            broken => format!(": breaks {}", broken.join(", ")),
        };
        drawing.note(format!("line {} is not explained{broken}", failure.line));
    }
    let name = if name.is_empty() { "the node" } else { name };
    let peers = drawing.lanes.iter().map(|peer| short(&peer.to_string()));
    Ok(Chart {
        lanes: std::iter::once(name.to_owned()).chain(peers).collect(),
        // The chart only shows where model and node differ. The verdict says how.
        offence: None,
        rows: drawing.rows,
        ending: None,
    })
}

struct Drawing {
    lanes: Vec<PeerId>,
    rows: Vec<Row>,
}

impl Drawing {
    /// The lane of a peer. The node has the first lane.
    fn lane(&mut self, peer: &PeerId) -> usize {
        let known = self.lanes.iter().position(|other| other == peer);
        1 + known.unwrap_or_else(|| {
            self.lanes.push(*peer);
            self.lanes.len() - 1
        })
    }

    fn note(&mut self, text: String) {
        self.rows.push(Row::Note { lane: 0, text });
    }

    fn entry(&mut self, entry: &Entry) {
        match entry {
            Entry::Input(event) => self.event(event),
            Entry::Output(Output::Sent { to, message }) => {
                let to = self.lane(to);
                self.rows.push(Row::Message {
                    from: 0,
                    to,
                    text: words(message),
                });
            }
            Entry::Ambiguous(it) => self.event(&it.merged),
            Entry::Refused(refused) => {
                let from = self.lane(&refused.from);
                self.rows.push(Row::Message {
                    from,
                    to: 0,
                    text: "a frame that is refused".to_owned(),
                });
            }
            Entry::Output(Output::SentGarbage { to, .. }) => {
                let to = self.lane(to);
                self.rows.push(Row::Message {
                    from: 0,
                    to,
                    text: "what is no message".to_owned(),
                });
            }
            Entry::Output(Output::Obtained(it)) => self.note(format!("obtained {}", block(it))),
            Entry::Output(Output::Failed(it)) => self.note(format!("failed {}", block(it))),
            Entry::Dumped(_) => self.note("dump".to_owned()),
            Entry::Quiet => self.note("quiet".to_owned()),
        }
    }

    fn event(&mut self, event: &Event<Network>) {
        match event {
            Event::Joined(peer) | Event::Left(peer) => {
                let lane = self.lane(peer);
                let verb = if matches!(event, Event::Joined(_)) {
                    "joined"
                } else {
                    "left"
                };
                self.rows.push(Row::Between {
                    lanes: [0, lane],
                    text: verb.to_owned(),
                });
            }
            Event::Received { from, message } => {
                let from = self.lane(from);
                self.rows.push(Row::Message {
                    from,
                    to: 0,
                    text: words(message),
                });
            }
            Event::Request(it) => self.note(format!("requested {}", block(it))),
            Event::Cancel(it) => self.note(format!("cancelled {}", block(it))),
            Event::Retry(it) => self.note(format!("retried {}", block(it))),
            Event::Stored { cid, leaves } => {
                let leaves: String = leaves
                    .iter()
                    .map(|leaf| format!(" {}", block(leaf)))
                    .collect();
                self.note(format!("stored {}{leaves}", short(&cid.to_string())));
            }
            Event::Deleted(cid) => self.note(format!("deleted {}", short(&cid.to_string()))),
            Event::Other(OtherEvent::Serve(peer)) => {
                self.note(format!("served {}", short(&peer.to_string())))
            }
        }
    }
}

fn short(name: &str) -> String {
    let skipped = name.chars().count().saturating_sub(NAME_LENGTH);
    name.chars().skip(skipped).collect()
}

fn block(address: &Address) -> String {
    match address {
        Address::Plain(cid) => short(&cid.to_string()),
        Address::Leaf { tree, index } => format!("{}/{index}", short(&tree.to_string())),
    }
}

/// A message in a few words.
fn words(message: &Message<Network>) -> String {
    let mut words = Vec::new();
    if let Some(list) = &message.want_list {
        if list.full {
            words.push("full:".to_owned());
        }
        for entry in &list.entries {
            let verb = match (entry.cancel, entry.want_type) {
                (true, _) => "cancel",
                (_, WantType::WantBlock) => "WantBlock",
                (_, WantType::WantHave) => "WantHave",
            };
            let asks = if entry.send_dont_have { "!" } else { "" };
            words.push(format!("{verb} {}{asks}", block(&entry.address)));
        }
    }
    for delivery in &message.deliveries {
        words.push(format!("block {}", block(&delivery.address)));
    }
    for item in &message.presences {
        let verb = match item.presence_type {
            PresenceType::Have => "Have",
            PresenceType::DontHave => "DontHave",
        };
        words.push(format!("{verb} {}", block(&item.address)));
    }
    if message.account.is_some() {
        words.push("account".to_owned());
    }
    if message.payment.is_some() {
        words.push("payment".to_owned());
    }
    if words.is_empty() {
        words.push("an empty message".to_owned());
    }
    words.join(", ")
}
