//! All that a node keeps, in words: what two states may differ in.

use std::collections::BTreeSet;
use std::fmt::Write;

use blockexc_model::deviating::Node;

use crate::network::names::{Peer, Small, show_address};

use super::words::show_entry;

/// All that a node keeps: a line for each own want, for what it holds, and for each context.
pub fn show_whole(node: &Node<Small>) -> Vec<String> {
    let mut lines: Vec<String> = node
        .own_wants()
        .map(|(address, want)| {
            let mut line = format!(
                "wants {}: asked of {}, not answered by {}",
                show_address(address),
                peers(&want.asked),
                peers(&want.unanswered)
            );
            if want.retries > 0 {
                let _ = write!(line, ", retried {} times", want.retries);
            }
            if want.others > 0 {
                let _ = write!(line, ", requested by {} more", want.others);
            }
            line
        })
        .collect();
    if lines.is_empty() {
        lines.push("wants nothing".to_owned());
    }
    let held = node.held().iter();
    let held: Vec<_> = held
        .map(|(address, cid)| match show_address(address) {
            same if same == cid.to_string() => same,
            other => format!("{other} (which is {cid})"),
        })
        .collect();
    lines.push(format!("holds {}", list(held)));
    for (peer, context) in node.contexts() {
        let presence = context.presence().iter();
        let presence =
            presence.map(|(address, price)| format!("{} at {price}", show_address(address)));
        let mut line = format!(
            "context of {peer}: has {}; wants {}",
            list(presence.collect()),
            list(context.wants().map(show_entry).collect())
        );
        if context.account().is_some() {
            line.push_str("; account");
        }
        if context.payment().is_some() {
            line.push_str("; payment");
        }
        lines.push(line);
    }
    lines
}

fn peers(peers: &BTreeSet<Peer>) -> String {
    match peers.is_empty() {
        true => "nobody".to_owned(),
        false => list(peers.iter().map(Peer::to_string).collect()),
    }
}

fn list(items: Vec<String>) -> String {
    match items.is_empty() {
        true => "nothing".to_owned(),
        false => items.join(", "),
    }
}
