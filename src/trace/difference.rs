//! [`Difference`]: how the state that a log shows differs from the model's.
//!
//! A dump does not say which step went wrong. But what differs tells which requirements that step
//! may have broken: which list, which element of it, and whether it is added, missing, changed or in
//! another place. There is a function for each such case.
//!
//! What is held is compared first, then the own wants, then the contexts: a step that goes wrong about
//! one may change what follows from it as well, and only the first difference is named.

use std::collections::{BTreeMap, BTreeSet};

use blockexc_model::message::{WantEntry, WantType};
use blockexc_model::price::Price;
use libp2p::PeerId;
use serde_json::{Value, json};

use super::dumped::{Dumped, DumpedContext};
use super::message::entry_value;
use crate::wire::{Address, BlockCid, address};

/// A difference between the state that a log shows and the model's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs, and how.
    pub text: String,
    /// The requirements that it may break, by what differs.
    pub requirements: &'static [&'static str],
}

/// Which addresses are compared.
type Judges<'a> = &'a dyn Fn(&Address) -> bool;

impl Dumped {
    /// The first way in which what the log shows differs from the model's state. Only what is about
    /// such peers and addresses counts.
    pub fn differs_from(
        &self,
        model: &Dumped,
        judges_peer: impl Fn(&PeerId) -> bool,
        judges: impl Fn(&Address) -> bool,
    ) -> Option<Difference> {
        held_differs(self, model, &judges)
            .or_else(|| own_wants_differ(self, model, &judges))
            .or_else(|| contexts_differ(self, model, &judges_peer, &judges))
    }

    fn shows_own_want(&self, address: &Address) -> bool {
        self.own_wants
            .as_ref()
            .is_some_and(|own_wants| own_wants.contains(address))
    }

    fn shows_held(&self, address: &Address) -> bool {
        self.held
            .as_ref()
            .is_some_and(|held| held.contains(address))
    }
}

fn contexts_differ(
    log: &Dumped,
    model: &Dumped,
    judges_peer: &dyn Fn(&PeerId) -> bool,
    judges: Judges<'_>,
) -> Option<Difference> {
    let (shown, expected) = (log.contexts.as_ref()?, model.contexts.as_ref()?);
    for (peer, context) in shown.iter().filter(|(peer, _)| judges_peer(peer)) {
        let Some(expected) = expected.get(peer) else {
            return Some(added_context(peer));
        };
        if let Some(mut difference) = context_differs(context, expected, model, judges) {
            difference.text = format!("the context of {peer}: {}", difference.text);
            return Some(difference);
        }
    }
    expected
        .keys()
        .find(|peer| !shown.contains_key(peer) && judges_peer(peer))
        .map(missing_context)
}

fn added_context(peer: &PeerId) -> Difference {
    Difference {
        text: format!("there is a context of {peer}, in the model there is none"),
        requirements: &["JOIN-1", "LEFT-1"],
    }
}

fn missing_context(peer: &PeerId) -> Difference {
    Difference {
        text: format!("there is no context of {peer}, in the model there is one"),
        requirements: &["JOIN-1"],
    }
}

fn context_differs(
    shown: &DumpedContext,
    expected: &DumpedContext,
    model: &Dumped,
    judges: Judges<'_>,
) -> Option<Difference> {
    presence_differs(shown, expected, model, judges)
        .or_else(|| peer_have_cids_differ(shown, expected))
        .or_else(|| wants_differ(shown, expected, model, judges))
        .or_else(|| account_differs(shown, expected))
}

fn presence_differs(
    shown: &DumpedContext,
    expected: &DumpedContext,
    model: &Dumped,
    judges: Judges<'_>,
) -> Option<Difference> {
    let (shown, expected) = (shown.presence.as_ref()?, expected.presence.as_ref()?);
    let lacks = |records: &BTreeMap<Address, Price>, address: &Address| {
        !records.contains_key(address) && judges(address)
    };
    if let Some(added) = shown.keys().find(|it| lacks(expected, it)) {
        return Some(added_record(added, model.shows_own_want(added)));
    }
    if let Some(missing) = expected.keys().find(|it| lacks(shown, it)) {
        return Some(missing_record(missing));
    }
    shown
        .iter()
        .filter(|(address, _)| judges(address))
        .find_map(|(address, price)| {
            let in_model = expected.get(address)?;
            (price != in_model).then(|| other_price(address, *price, *in_model))
        })
}

/// A record of an own want should not have been made, or should have gone. A record of anything
/// else should go with the want, or never come.
fn added_record(record: &Address, is_own_want: bool) -> Difference {
    Difference {
        text: format!(
            "a presence record of {}, in the model there is none",
            address::show(record)
        ),
        requirements: if is_own_want {
            &[
                "PRES-2", "PRES-3", "PRES-9", "XFER-6", "ASK-8", "JOIN-2", "LEFT-3",
            ]
        } else {
            &["PRES-1", "PRES-5", "PRES-6", "JOIN-2", "LEFT-3"]
        },
    }
}

fn missing_record(record: &Address) -> Difference {
    Difference {
        text: format!(
            "no presence record of {}, in the model there is one",
            address::show(record)
        ),
        requirements: &["PRES-2", "PRES-7", "PRES-9", "JOIN-3"],
    }
}

fn other_price(record: &Address, shown: Price, model: Price) -> Difference {
    Difference {
        text: format!(
            "the record of {} has the price {shown:?}, in the model {model:?}",
            address::show(record)
        ),
        requirements: &["PRES-2", "PRES-4", "PRES-8", "PRES-9"],
    }
}

/// Only where the records are the same: the CIDs follow from them.
fn peer_have_cids_differ(shown: &DumpedContext, expected: &DumpedContext) -> Option<Difference> {
    let same_records = shown.presence == expected.presence;
    let (shown, expected) = (
        shown.peer_have_cids.as_ref()?,
        expected.peer_have_cids.as_ref()?,
    );
    (same_records && shown != expected).then(|| Difference {
        text: format!("peer_have_cids is {shown:?}, in the model {expected:?}"),
        requirements: &["PRES-10"],
    })
}

fn wants_differ(
    shown: &DumpedContext,
    expected: &DumpedContext,
    model: &Dumped,
    judges: Judges<'_>,
) -> Option<Difference> {
    let judged = |wants: &Vec<WantEntry<BlockCid>>| -> Vec<WantEntry<BlockCid>> {
        let wants = wants.iter().filter(|entry| judges(&entry.address));
        wants.cloned().collect()
    };
    let shown = judged(shown.wants.as_ref()?);
    let expected = judged(expected.wants.as_ref()?);
    if shown == expected {
        return None;
    }
    want_recorded_twice(&shown)
        .or_else(|| {
            let added = shown
                .iter()
                .find(|it| same_block(&expected, it).is_none())?;
            Some(added_want(added, model.shows_held(&added.address)))
        })
        .or_else(|| {
            let missing = expected
                .iter()
                .find(|it| same_block(&shown, it).is_none())?;
            Some(missing_want(missing))
        })
        .or_else(|| {
            shown.iter().find_map(|entry| {
                let in_model = same_block(&expected, entry)?;
                (entry != in_model).then(|| changed_want(entry, in_model))
            })
        })
        .or_else(|| Some(wants_in_another_order(&shown, &expected)))
}

/// The entry of the same block.
fn same_block<'a>(
    entries: &'a [WantEntry<BlockCid>],
    entry: &WantEntry<BlockCid>,
) -> Option<&'a WantEntry<BlockCid>> {
    entries.iter().find(|it| it.address == entry.address)
}

fn want_recorded_twice(shown: &[WantEntry<BlockCid>]) -> Option<Difference> {
    let mut seen = BTreeSet::new();
    let twice = shown.iter().find(|entry| !seen.insert(&entry.address))?;
    Some(Difference {
        text: format!(
            "the want of {} is recorded twice",
            address::show(&twice.address)
        ),
        requirements: &["WANT-9"],
    })
}

/// An entry of a kind that is never recorded should not have come. One of a held block should have
/// gone when it was sent. Another should have gone for another reason, or was a WantHave, or had no
/// room.
fn added_want(added: &WantEntry<BlockCid>, is_held: bool) -> Difference {
    Difference {
        text: format!("a want {}, in the model there is none", entry_value(added)),
        requirements: match (added.cancel, added.want_type) {
            (true, _) => &["WANT-8"],
            (false, WantType::WantHave) => &["WANT-3", "WANT-10"],
            (false, WantType::WantBlock) if is_held => &["WANT-2", "WANT-13"],
            (false, WantType::WantBlock) => &[
                "WANT-3", "WANT-8", "WANT-11", "WANT-15", "WANT-19", "WIRE-10", "JOIN-2", "LEFT-3",
            ],
        },
    }
}

fn missing_want(missing: &WantEntry<BlockCid>) -> Difference {
    Difference {
        text: format!(
            "no want {}, in the model there is one",
            entry_value(missing)
        ),
        requirements: &[
            "WANT-1", "WANT-8", "WANT-10", "WANT-12", "WANT-15", "WANT-17", "WANT-19", "JOIN-3",
        ],
    }
}

/// A want that is no WantBlock any more was overwritten by an entry that is never recorded.
fn changed_want(shown: &WantEntry<BlockCid>, model: &WantEntry<BlockCid>) -> Difference {
    Difference {
        text: format!(
            "the want {}, in the model {}",
            entry_value(shown),
            entry_value(model)
        ),
        requirements: match (shown.cancel, shown.want_type) {
            (true, _) => &["WANT-8"],
            (false, WantType::WantHave) => &["WANT-3", "WANT-10"],
            (false, WantType::WantBlock) => &["WANT-9", "WANT-10", "WANT-15"],
        },
    }
}

fn wants_in_another_order(
    shown: &[WantEntry<BlockCid>],
    model: &[WantEntry<BlockCid>],
) -> Difference {
    let addresses = |wants: &[WantEntry<BlockCid>]| -> Value {
        let addresses = wants.iter().map(|entry| address::show(&entry.address));
        addresses.map(|it| json!(it.to_string())).collect()
    };
    Difference {
        text: format!(
            "its wants are in the order {}, in the model {}",
            addresses(shown),
            addresses(model)
        ),
        requirements: &["WANT-1", "WANT-9", "WANT-14", "WANT-15"],
    }
}

/// An account where the model has none may be older than the context. Where only the model has one,
/// the context may have been made anew.
fn account_differs(shown: &DumpedContext, expected: &DumpedContext) -> Option<Difference> {
    let (shown, expected) = (shown.account?, expected.account?);
    (shown != expected).then(|| Difference {
        text: "the account differs from the model's".to_owned(),
        requirements: match (shown, expected) {
            (Some(_), None) => &["PAY-1", "JOIN-2", "LEFT-3"],
            (None, Some(_)) => &["PAY-1", "JOIN-3"],
            _ => &["PAY-1"],
        },
    })
}

fn own_wants_differ(log: &Dumped, model: &Dumped, judges: Judges<'_>) -> Option<Difference> {
    let (shown, expected) = (log.own_wants.as_ref()?, model.own_wants.as_ref()?);
    let odd = shown.symmetric_difference(expected).find(|it| judges(it))?;
    Some(if shown.contains(odd) {
        added_own_want(odd, model.shows_held(odd))
    } else {
        missing_own_want(odd, log.held.is_some())
    })
}

/// A want for a held block should have ended with its delivery, or never begun. Another should have
/// ended without the block.
fn added_own_want(added: &Address, is_held: bool) -> Difference {
    Difference {
        text: shown_but_not_in_model(added, "an own want"),
        requirements: if is_held {
            &["XFER-7", "HELD-1", "ASK-3"]
        } else {
            &["ASK-7", "ASK-9"]
        },
    }
}

/// The want was never made, or given up early: for retries, for a delivery that does not count, or
/// for the cancel of one of several requesters. Or, unless what is held is known to be the same, it has
/// ended with a delivery that should not count.
fn missing_own_want(missing: &Address, same_held: bool) -> Difference {
    Difference {
        text: in_model_but_not_shown(missing, "an own want"),
        requirements: if same_held {
            &["ASK-1", "ASK-9", "ASK-10", "XFER-5", "XFER-6"]
        } else {
            &[
                "ASK-1", "ASK-9", "ASK-10", "XFER-3", "XFER-4", "XFER-5", "XFER-6",
            ]
        },
    }
}

fn held_differs(log: &Dumped, model: &Dumped, judges: Judges<'_>) -> Option<Difference> {
    let (shown, expected) = (log.held.as_ref()?, model.held.as_ref()?);
    // Whoever always holds the empty block need not show it, nor when it came.
    let is_of_nothing = |it: &Address| !it.is_leaf() && it.cid_or_tree_cid().is_of_nothing();
    let mut odd = shown.symmetric_difference(expected);
    let odd = odd.find(|it| judges(it) && !is_of_nothing(it))?;
    Some(if shown.contains(odd) {
        added_held(odd)
    } else {
        missing_held(odd)
    })
}

/// A delivery that should not count made it held, or the block should have been deleted. Whether the
/// address is wanted says nothing: the delivery may have come under another address of the block.
fn added_held(added: &Address) -> Difference {
    Difference {
        text: shown_but_not_in_model(added, "held"),
        requirements: &["XFER-2", "XFER-3", "XFER-4", "XFER-7", "HELD-2", "JOIN-7"],
    }
}

fn missing_held(missing: &Address) -> Difference {
    Difference {
        text: in_model_but_not_shown(missing, "held"),
        requirements: &["XFER-5", "XFER-7", "HELD-1"],
    }
}

fn shown_but_not_in_model(it: &Address, what: &str) -> String {
    let it = address::show(it);
    format!("{it} is shown as {what}, in the model it is not so")
}

fn in_model_but_not_shown(it: &Address, what: &str) -> String {
    let it = address::show(it);
    format!("{it} is not shown as {what}, in the model it is so")
}
