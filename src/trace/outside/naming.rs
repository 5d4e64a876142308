//! What a node breaks that says something unexplained, and how it deviates.

use blockexc_model::Deviation;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::{Deviations, Layer};
use blockexc_model::message::{PresenceType, WantType};
use libp2p::PeerId;

use super::addressed::{Addressed, Explained, Happened};
use super::state::{Role, World};
use crate::trace::broken::{in_each, once_each};
use crate::trace::parts::{Part, parts};
use crate::trace::unexplained::Unexplained;
use crate::wire::{Address, BlockCid, Message};

/// What was said of an address, in the order of the lines.
pub(super) type History = Vec<(u64, Happened)>;

/// What the histories of an address have together.
pub(super) fn merged(histories: &[&[(u64, Happened)]]) -> History {
    let mut all: History = histories.concat();
    all.sort_by_key(|(line, _)| *line);
    all.dedup();
    all
}

/// Names what this part breaks, which nothing explains after `before`.
pub(super) fn name(
    unexplained: &mut Unexplained,
    peer: &PeerId,
    setup: &Setup,
    (role, address): (Role, &Address),
    before: &History,
    part: &Part,
) {
    let mut explaining: Vec<(u32, Deviation)> = Vec::new();
    let assumed = setup.deviations;
    let of_the_model = Deviation::ALL.iter().copied();
    for deviation in of_the_model.filter(|it| it.layer() == Layer::Model) {
        if assumed.contains(deviation) {
            continue;
        }
        let deviations = assumed.union(Deviations::of(&[deviation]));
        let setup = Setup {
            config: setup.config.clone(),
            deviations,
        };
        let world = World::new(*peer, setup);
        if let Some(hidden) = explains(&world, (role, address), before, part) {
            explaining.push((hidden, deviation));
        }
    }
    // The simplest explanation comes first.
    explaining.sort_by_key(|(hidden, _)| *hidden);
    unexplained.deviations = explaining.iter().map(|(_, it)| *it).collect();
    let broken: Vec<_> = explaining.iter().map(|(_, it)| it.breaks()).collect();
    let is_permitted = broken.iter().any(|ids| ids.is_empty());
    // What the line shows comes first.
    let shown = shown(before, part);
    let in_order = |mut ids: Vec<&'static str>| {
        ids.sort_by_key(|id| Some(*id) != shown);
        ids
    };
    unexplained.requirements = match explaining.is_empty() {
        false => in_order(in_each(&broken)),
        true => shown.into_iter().collect(),
    };
    if unexplained.requirements.is_empty() && !is_permitted {
        unexplained.may_break = in_order(once_each(broken.concat()));
    }
}

/// By how many steps that do not show this world explains all that was said, if it does.
fn explains(
    world: &World,
    (role, address): (Role, &Address),
    before: &History,
    part: &Part,
) -> Option<u32> {
    let mut addressed = Addressed::new(role, address.clone());
    let mut hidden = 0;
    for (_, happened) in before {
        match happened {
            Happened::Received(message) => addressed.received(world, message.clone()),
            Happened::Sent(message) => {
                for said in parts(message) {
                    // Of a cancel it is not asked why it came.
                    let is_cancel = matches!(&said, Part::Entry(entry) if entry.cancel);
                    if role.judges(&said) && !is_cancel {
                        hidden = explain(&mut addressed, world, &said)?;
                    }
                }
            }
        }
    }
    let last = explain(&mut addressed, world, part)?;
    Some(last.max(hidden))
}

fn explain(addressed: &mut Addressed, world: &World, part: &Part) -> Option<u32> {
    let cid = match part {
        Part::Delivery(delivery) => delivery.cid.clone(),
        _ => stand_in(&addressed.address),
    };
    match addressed.explain(world, part, &cid) {
        Explained::Yes(hidden) => Some(hidden),
        Explained::No | Explained::CannotTell => None,
    }
}

/// A CID for a block of which none is known yet.
pub(super) fn stand_in(address: &Address) -> BlockCid {
    address.cid_or_tree_cid().clone()
}

/// What the part breaks by what it shows itself.
fn shown(before: &History, part: &Part) -> Option<&'static str> {
    let received = || {
        before.iter().filter_map(|(_, happened)| match happened {
            Happened::Received(message) => Some(message),
            Happened::Sent(_) => None,
        })
    };
    match part {
        Part::Entry(entry) if !entry.cancel && entry.want_type == WantType::WantBlock => {
            let has = |message: &Message| {
                let mut items = message.presences.iter();
                items.any(|item| item.presence_type == PresenceType::Have)
            };
            (!received().any(has)).then_some("ASK-4")
        }
        Part::Item(item) if item.presence_type == PresenceType::DontHave => {
            let entries = || received().filter_map(|it| it.want_list.as_ref());
            let entries = || entries().flat_map(|list| &list.entries);
            if entries().any(|it| !it.cancel && it.send_dont_have) {
                return None;
            }
            let asked = entries().any(|it| !it.cancel);
            match (asked, entries().any(|it| it.cancel)) {
                (true, false) => Some("WANT-6"),
                (false, true) => Some("WANT-8"),
                _ => None,
            }
        }
        _ => None,
    }
}
