//! [`Reach`]: of how large a node it is known that it meets a requirement, and by what.
//!
//! `docs/any-size.md` has the argument, and this as a table.

use blockexc_model::Requirement;
use blockexc_model::requirement::REQUIREMENTS;

/// Of how large a node, and in how large a network, it is known that a requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// By every step of a node of any size: the rules and invariants that stand for it hold of every
    /// step from every state of small nodes, and steps are local.
    Induction,
    /// By every step of a node of any size: it is about where messages are cut, which is a property of
    /// its own.
    Cut,
    /// In the networks that are searched to the end: up to four nodes and two blocks.
    Searched,
    /// By the scenarios of the suite, and by the tests of what reads and writes bytes.
    Tested,
    /// In what nodes were seen to do; nothing tests it.
    Observed,
}

impl Reach {
    /// It, in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Reach::Induction => "any size",
            Reach::Cut => "any size, by the cut",
            Reach::Searched => "searched up to four nodes and two blocks",
            Reach::Tested => "tested",
            Reach::Observed => "observed only",
        }
    }

    /// Of a requirement, by its ID, with what of it when that does not go without saying. A test holds
    /// it to the rules and the properties.
    pub fn of(id: &str) -> Option<(Reach, &'static str)> {
        let known = OTHERWISE.iter().find(|(ids, ..)| ids.contains(&id));
        match known {
            Some((_, reach, why)) => Some((*reach, why)),
            None => Requirement::find(id).map(|_| (Reach::Induction, "")),
        }
    }
}

/// What is known otherwise than by induction, or not wholly by it, and why.
const OTHERWISE: &[(&[&str], Reach, &str)] = &[
    (
        &["JOIN-8"],
        Reach::Cut,
        "where lists are cut does not show in a small node",
    ),
    (
        &["XFER-10"],
        Reach::Cut,
        "how many blocks are in a message does not show in a small node",
    ),
    (
        &["XFER-1"],
        Reach::Induction,
        "address and CID; that data and proof are in the message is tested",
    ),
    (
        &["XFER-3", "XFER-4"],
        Reach::Induction,
        "given what examining the bytes has shown, which is tested",
    ),
    (
        &["PAY-1"],
        Reach::Induction,
        "that an account of another length is ignored is tested",
    ),
    (
        &["WIRE-7"],
        Reach::Searched,
        "streams are between two nodes; the shell's are tested",
    ),
    (
        &["LEFT-4", "LEFT-5"],
        Reach::Tested,
        "the queue of messages is outside of the model",
    ),
    (
        &["WANT-20"],
        Reach::Tested,
        "the model handles every list; that each comes to it is the shell's",
    ),
    (
        &["XFER-11"],
        Reach::Tested,
        "that a block is empty is outside of the model",
    ),
    (
        &[
            "PRES-8", "PRES-11", "WANT-16", "XFER-9", "WIRE-1", "WIRE-2", "WIRE-3", "WIRE-4",
            "WIRE-5", "WIRE-8",
        ],
        Reach::Tested,
        "about bytes, of which the model knows nothing",
    ),
    (
        &["WIRE-9", "WIRE-10"],
        Reach::Tested,
        "about bytes and streams; what is about events and recorded wants holds at any size",
    ),
    (
        &["XFER-8"],
        Reach::Tested,
        "it leaves a choice open, and breaks nothing either way",
    ),
    (
        &["PAY-2"],
        Reach::Observed,
        "what is in a payment is between wallets",
    ),
];

/// All requirements as the table of the documentation: Markdown.
pub fn table() -> String {
    let mut lines = vec![
        "| requirement | how far | what of it |".to_owned(),
        "| --- | --- | --- |".to_owned(),
    ];
    for Requirement { id, .. } in REQUIREMENTS {
        if let Some((reach, why)) = Reach::of(id) {
            lines.push(format!("| {id} | {} | {why} |", reach.words()));
        }
    }
    lines.join("\n")
}
