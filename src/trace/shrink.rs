//! [`shrink`]: a short log that fails like a long one.
//!
//! It removes everything about a peer, everything about a block, or an input with its outputs, as
//! long as the rest fails in the same way. That means: the deviation that explained the failure
//! explains the rest. If there is no such deviation, the rest violates the same requirements.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};

use blockexc_model::Deviation;
use blockexc_model::deviating::{Event, OtherEvent};
use blockexc_model::deviation::Deviations;
use blockexc_model::message::Message;
use libp2p::PeerId;

use super::frame::Refused;
use super::header::Header;
use super::judge::NodeVerdict;
use super::line::{Entry, Line, Output};
use super::piece::{Piece, gather};
use super::read::{LogReader, ReadError};
use super::record::Recorder;
use super::run::Run;
use super::step::LoggedStep;
use super::unexplained::{Stop, Unexplained};
use crate::wire::{Address, Network};

/// A short log of one node.
pub struct Shrunk {
    header: Header,
    entries: Vec<Entry>,
    before: usize,
}

impl Shrunk {
    /// The number of lines up to the failure before and after.
    pub fn lines(&self) -> (usize, usize) {
        (self.before, self.entries.len())
    }

    /// Writes the log.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn write(&self, out: impl Write) -> io::Result<()> {
        let mut recorder = Recorder::new(out, &self.header)?;
        for entry in &self.entries {
            recorder.entry(entry)?;
        }
        recorder.flush()
    }
}

/// Shortens the log of a node that the model does not explain. `log` has to be at its beginning.
///
/// # Errors
///
/// When the log cannot be read.
pub fn shrink<R: BufRead>(
    mut log: LogReader<R>,
    verdict: &NodeVerdict,
    failure: &Unexplained,
) -> Result<Shrunk, ReadError> {
    let mut entries = Vec::new();
    let mut headers = 0;
    while let Some((number, line)) = log.next_line()? {
        if number > failure.line {
            break;
        }
        match line {
            Line::Header(_) => headers += 1,
            Line::Entry { node, entry } => {
                if node == verdict.header.node || node.is_empty() && headers == 1 {
                    entries.push(entry);
                }
            }
        }
    }
    let before = entries.len();
    let mut shrinking = Shrinking {
        header: &verdict.header,
        assumed: verdict.deviations,
        deviation: failure.deviations.first().copied(),
        requirements: BTreeSet::new(),
    };
    if let Some(failed) = shrinking.failure(&entries, verdict.deviations) {
        shrinking.requirements = failed.requirements.iter().copied().collect();
        loop {
            let length = size(&entries);
            entries = shrinking.without_peers(entries);
            entries = shrinking.without_blocks(entries);
            entries = shrinking.without_steps(entries);
            if size(&entries) == length {
                break;
            }
        }
    }
    Ok(Shrunk {
        header: verdict.header.clone(),
        entries,
        before,
    })
}

/// The size of a log: its lines and the parts of its messages.
fn size(entries: &[Entry]) -> usize {
    let parts = |message: &Message<Network>| {
        let list = message.want_list.as_ref();
        list.map_or(0, |list| list.entries.len())
            + message.deliveries.len()
            + message.presences.len()
    };
    let size = |entry: &Entry| match entry {
        Entry::Input(Event::Received { message, .. })
        | Entry::Output(Output::Sent { message, .. }) => 1 + parts(message),
        _ => 1,
    };
    entries.iter().map(size).sum()
}

struct Shrinking<'a> {
    header: &'a Header,
    assumed: Deviations,
    /// The deviation that explains the failure, and has to explain the rest.
    deviation: Option<Deviation>,
    /// The requirements that the failure violates.
    requirements: BTreeSet<&'static str>,
}

impl Shrinking<'_> {
    /// How a model with these deviations fails to explain these entries.
    fn failure(&self, entries: &[Entry], deviations: Deviations) -> Option<Unexplained> {
        let mut run = Run::new(self.header, deviations);
        let mut open = LoggedStep::default();
        for (place, entry) in entries.iter().enumerate() {
            let number = place as u64 + 2; // The header is the first line.
            for piece in gather(self.header, &mut open, number, entry.clone())
                .iter()
                .flatten()
            {
                if let Err(stop) = run.explain(piece) {
                    return unexplained(stop);
                }
            }
        }
        open.is_last = true;
        let last = Piece::Step(Box::new(open));
        run.explain(&last).err().and_then(unexplained)
    }

    /// Whether these entries fail in the same way as the whole log.
    fn fails_alike(&self, entries: &[Entry]) -> bool {
        let Some(failure) = self.failure(entries, self.assumed) else {
            return false;
        };
        match self.deviation {
            Some(deviation) => {
                let mut deviations = self.assumed;
                deviations.insert(deviation);
                self.failure(entries, deviations).is_none()
            }
            None => {
                failure
                    .requirements
                    .iter()
                    .copied()
                    .collect::<BTreeSet<_>>()
                    == self.requirements
            }
        }
    }

    /// The smaller log, if it fails in the same way.
    fn better(&self, entries: Vec<Entry>, smaller: Vec<Entry>) -> Vec<Entry> {
        if size(&smaller) < size(&entries) && self.fails_alike(&smaller) {
            smaller
        } else {
            entries
        }
    }

    fn without_peers(&self, mut entries: Vec<Entry>) -> Vec<Entry> {
        let peers: BTreeSet<PeerId> = entries.iter().filter_map(peer_of).collect();
        for peer in peers {
            let smaller = entries.iter().filter(|entry| peer_of(entry) != Some(peer));
            let smaller = smaller
                .cloned()
                .map(|entry| forget_peer(entry, &peer))
                .collect();
            entries = self.better(entries, smaller);
        }
        entries
    }

    fn without_blocks(&self, mut entries: Vec<Entry>) -> Vec<Entry> {
        let mut addresses = BTreeSet::new();
        for entry in &entries {
            addresses.extend(addresses_of(entry));
        }
        for address in addresses {
            let smaller = entries.iter().cloned();
            let smaller = smaller
                .filter_map(|entry| forget_block(entry, &address))
                .collect();
            entries = self.better(entries, smaller);
        }
        entries
    }

    /// Removes runs of steps, long runs first.
    fn without_steps(&self, mut entries: Vec<Entry>) -> Vec<Entry> {
        let mut length = entries.len().max(1).next_power_of_two();
        while length > 0 {
            let mut first = 0;
            loop {
                let starts: Vec<usize> = (0..entries.len())
                    .filter(|place| !matches!(entries[*place], Entry::Output(_)))
                    .chain([entries.len()])
                    .collect();
                if first + 1 >= starts.len() {
                    break;
                }
                let end = starts[(first + length).min(starts.len() - 1)];
                let mut smaller = entries[..starts[first]].to_vec();
                smaller.extend_from_slice(&entries[end..]);
                let shorter = self.better(entries.clone(), smaller);
                if shorter.len() == entries.len() {
                    first += length;
                }
                entries = shorter;
            }
            length /= 2;
        }
        entries
    }
}

fn unexplained(stop: Stop) -> Option<Unexplained> {
    match stop {
        Stop::Unexplained(unexplained) => Some(*unexplained),
        Stop::Inconclusive { .. } | Stop::Vacuous { .. } => None,
    }
}

/// The peer that a line is about.
fn peer_of(entry: &Entry) -> Option<PeerId> {
    match entry {
        Entry::Input(
            Event::Joined(peer)
            | Event::Left(peer)
            | Event::Other(OtherEvent::Serve(peer))
            | Event::Received { from: peer, .. },
        )
        | Entry::Refused(Refused { from: peer, .. })
        | Entry::Output(Output::Sent { to: peer, .. } | Output::SentGarbage { to: peer, .. }) => {
            Some(*peer)
        }
        Entry::Ambiguous(it) => match &it.merged {
            Event::Received { from, .. } => Some(*from),
            _ => None,
        },
        _ => None,
    }
}

fn forget_peer(mut entry: Entry, peer: &PeerId) -> Entry {
    if let Entry::Dumped(dumped) = &mut entry
        && let Some(contexts) = &mut dumped.contexts
    {
        contexts.remove(peer);
    }
    entry
}

fn addresses_of(entry: &Entry) -> Vec<Address> {
    match entry {
        Entry::Input(Event::Received { message, .. })
        | Entry::Output(Output::Sent { message, .. }) => {
            let entries = message.want_list.iter().flat_map(|list| &list.entries);
            let wants = entries.map(|entry| &entry.address);
            let deliveries = message.deliveries.iter().map(|it| &it.address);
            let presences = message.presences.iter().map(|it| &it.address);
            wants.chain(deliveries).chain(presences).cloned().collect()
        }
        Entry::Input(Event::Request(it) | Event::Cancel(it) | Event::Retry(it))
        | Entry::Output(Output::Obtained(it) | Output::Failed(it)) => vec![it.clone()],
        Entry::Input(Event::Stored { leaves, .. }) => leaves.clone(),
        _ => Vec::new(),
    }
}

/// The line without the parts about this address. `None` if nothing is left.
fn forget_block(mut entry: Entry, address: &Address) -> Option<Entry> {
    match &mut entry {
        Entry::Input(Event::Received { message, .. })
        | Entry::Output(Output::Sent { message, .. }) => {
            let was_empty = message.is_empty();
            if let Some(list) = &mut message.want_list {
                list.entries.retain(|entry| entry.address != *address);
                if list.entries.is_empty() && !list.full {
                    message.want_list = None;
                }
            }
            message.deliveries.retain(|it| it.address != *address);
            message.presences.retain(|it| it.address != *address);
            if message.is_empty() && !was_empty {
                return None;
            }
        }
        Entry::Input(Event::Request(it) | Event::Cancel(it) | Event::Retry(it))
        | Entry::Output(Output::Obtained(it) | Output::Failed(it))
            if it == address =>
        {
            return None;
        }
        Entry::Input(Event::Stored { cid, leaves }) => {
            leaves.retain(|leaf| leaf != address);
            if *address == Address::Plain(cid.clone()) {
                return None;
            }
        }
        Entry::Input(Event::Deleted(cid)) if *address == Address::Plain(cid.clone()) => {
            return None;
        }
        Entry::Dumped(dumped) => {
            for context in dumped.contexts.iter_mut().flat_map(|it| it.values_mut()) {
                if let Some(presence) = &mut context.presence {
                    presence.remove(address);
                }
                if let Some(wants) = &mut context.wants {
                    wants.retain(|entry| entry.address != *address);
                }
                // It may be the CID of this address only.
                context.peer_have_cids = None;
            }
            for addresses in [&mut dumped.own_wants, &mut dumped.held]
                .into_iter()
                .flatten()
            {
                addresses.remove(address);
            }
        }
        _ => {}
    }
    Some(entry)
}
