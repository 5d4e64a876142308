//! When exactly the want lists are updated: what of a node's lists changes at which event, in every
//! step that a node can take among peers that may send it anything.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use stateright::Model;

use crate::network::names::{Peer, Small};
use crate::network::open::{OpenAct, OpenNetwork};
use blockexc_model::address::Address;
use blockexc_model::deviating::{Event, Node};
use blockexc_model::message::Message;

/// What happens to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// A peer joins.
    Joined,
    /// A peer leaves.
    Left,
    /// A peer's want list comes.
    WantList,
    /// Deliveries come.
    Deliveries,
    /// Presence items come.
    Presences,
    /// A message of several of these, or of none, comes.
    OtherMessage,
    /// The user requests.
    Request,
    /// The user cancels.
    Cancel,
    /// A want is pursued anew.
    Retry,
    /// A block is stored.
    Stored,
    /// A block is deleted.
    Deleted,
    /// A peer is served later.
    Serve,
}

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// An own want begins.
    OwnWantBegins,
    /// An own want ends.
    OwnWantEnds,
    /// The peer's own recorded list gains an entry.
    Recorded,
    /// An entry of it changes in place.
    Updated,
    /// An entry of it goes.
    Removed,
    /// Another peer's recorded list loses an entry.
    RemovedOfOthers,
    /// Another peer's list changes in any other way.
    OthersOtherwise,
}

impl Occasion {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Occasion::Joined => "a peer joins",
            Occasion::Left => "a peer leaves",
            Occasion::WantList => "its want list comes",
            Occasion::Deliveries => "its deliveries come",
            Occasion::Presences => "its presence items come",
            Occasion::OtherMessage => "a message of several parts comes",
            Occasion::Request => "the user requests",
            Occasion::Cancel => "the user cancels",
            Occasion::Retry => "a want is pursued anew",
            Occasion::Stored => "a block is stored",
            Occasion::Deleted => "a block is deleted",
            Occasion::Serve => "a peer is served later",
        }
    }

    fn of(act: OpenAct, event: &Event<Small>) -> Self {
        match (act, event) {
            (OpenAct::Join(_), _) => Occasion::Joined,
            (OpenAct::Leave(_), _) => Occasion::Left,
            (OpenAct::Request(_), _) => Occasion::Request,
            (OpenAct::Cancel(_), _) => Occasion::Cancel,
            (OpenAct::Retry(_), _) => Occasion::Retry,
            (OpenAct::Store(_), _) => Occasion::Stored,
            (OpenAct::Delete(_), _) => Occasion::Deleted,
            (OpenAct::Serve(_), _) => Occasion::Serve,
            (OpenAct::Say(..), Event::Received { message, .. }) => Occasion::of_message(message),
            (OpenAct::Say(..), _) => Occasion::OtherMessage,
        }
    }

    fn of_message(message: &Message<Small>) -> Self {
        let parts = [
            message.want_list.is_some(),
            !message.deliveries.is_empty(),
            !message.presences.is_empty(),
        ];
        match parts {
            [true, false, false] => Occasion::WantList,
            [false, true, false] => Occasion::Deliveries,
            [false, false, true] => Occasion::Presences,
            _ => Occasion::OtherMessage,
        }
    }
}

impl Change {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Change::OwnWantBegins => "an own want begins",
            Change::OwnWantEnds => "own wants end",
            Change::Recorded => "entries are recorded in its list",
            Change::Updated => "entries of its list change in place",
            Change::Removed => "entries of its list go",
            Change::RemovedOfOthers => "entries of other peers' lists go",
            Change::OthersOtherwise => "other peers' lists change",
        }
    }
}

/// How often each change was seen at each occasion, over every step of these networks. What is not
/// in it never happens there.
pub fn changes(networks: &[OpenNetwork]) -> BTreeMap<(Occasion, Change), u64> {
    let mut all = BTreeMap::new();
    for network in networks {
        let mut seen: HashSet<_> = network.init_states().into_iter().collect();
        let mut waiting: Vec<_> = seen.iter().cloned().collect();
        let mut actions = Vec::new();
        while let Some(state) = waiting.pop() {
            network.actions(&state, &mut actions);
            for action in actions.drain(..) {
                let Some(event) = network.event(action.act) else {
                    continue;
                };
                let Some((next, _)) = network.perform(&state, &action) else {
                    continue;
                };
                let occasion = Occasion::of(action.act, &event);
                for change in changes_of(&state.node, &next.node, peer_of(action.act)) {
                    *all.entry((occasion, change)).or_insert(0) += 1;
                }
                if seen.insert(next.clone()) {
                    waiting.push(next);
                }
            }
        }
    }
    all
}

fn peer_of(act: OpenAct) -> Option<Peer> {
    match act {
        OpenAct::Join(peer)
        | OpenAct::Leave(peer)
        | OpenAct::Say(peer, _)
        | OpenAct::Serve(peer) => Some(peer),
        _ => None,
    }
}

fn changes_of(before: &Node<Small>, after: &Node<Small>, peer: Option<Peer>) -> Vec<Change> {
    let mut found = HashSet::new();
    let wants = |node: &Node<Small>| -> HashSet<Address<_>> {
        node.own_wants()
            .map(|(address, _)| address.clone())
            .collect()
    };
    let [had, has] = [before, after].map(wants);
    if !has.is_subset(&had) {
        found.insert(Change::OwnWantBegins);
    }
    if !had.is_subset(&has) {
        found.insert(Change::OwnWantEnds);
    }
    let peers: HashSet<Peer> = [before, after]
        .iter()
        .flat_map(|node| node.contexts().keys().copied())
        .collect();
    for other in peers {
        let list = |node: &Node<Small>| -> BTreeMap<Address<_>, _> {
            let context = node.contexts().get(&other);
            context
                .into_iter()
                .flat_map(|context| context.wants())
                .map(|entry| (entry.address.clone(), entry.clone()))
                .collect()
        };
        let [had, has] = [before, after].map(list);
        let gained = has.keys().any(|address| !had.contains_key(address));
        let lost = had.keys().any(|address| !has.contains_key(address));
        let updated = had
            .iter()
            .any(|(address, entry)| has.get(address).is_some_and(|now| now != entry));
        if Some(other) == peer {
            found.extend(gained.then_some(Change::Recorded));
            found.extend(lost.then_some(Change::Removed));
            found.extend(updated.then_some(Change::Updated));
        } else {
            found.extend(lost.then_some(Change::RemovedOfOthers));
            found.extend((gained || updated).then_some(Change::OthersOtherwise));
        }
    }
    found.into_iter().collect()
}
