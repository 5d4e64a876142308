//! The open network: one node among peers that may join, leave and send any message of an
//! alphabet, at any time and in any order, while the node's user does as it likes.
//!
//! Nothing is bounded but the alphabet: a node's states are finite in number, since it keeps
//! nothing that only grows. So whatever holds here holds among the worst of peers, polite ones
//! included.

use std::fmt;

use blockexc_model::address::Address;
use blockexc_model::deviating::{Effect, Event, Node, OtherEffect, OtherEvent, Setup};
use stateright::Model;

use crate::search::checkable::Checkable;
use crate::step::choice::{self, Script};
use crate::step::rules::{PredicateSet, Step, StepChecker};

use super::alphabet::Alphabet;
use super::limits::forget_how_often;
use super::names::{Blocks, Cid, Peer, Small};

/// One node, A, among peers B, C and so on.
pub struct OpenNetwork {
    /// What it is called.
    pub name: String,
    /// How the node behaves.
    pub setup: Setup,
    /// The blocks.
    pub blocks: Blocks,
    /// How many peers there are.
    pub peers: u8,
    /// What the peers may say.
    pub alphabet: Alphabet,
    judge: StepChecker<Small>,
}

impl OpenNetwork {
    /// The node among the peers.
    pub const NODE: Peer = Peer(0);

    /// A node that holds and wants nothing yet, and has no peers yet.
    pub fn new(name: &str, setup: Setup, blocks: Blocks, peers: u8, alphabet: Alphabet) -> Self {
        OpenNetwork {
            name: name.to_owned(),
            setup,
            blocks,
            peers,
            alphabet,
            judge: StepChecker::default(),
        }
    }

    /// By which rules and invariants every step is judged.
    pub fn judge(&self) -> &StepChecker<Small> {
        &self.judge
    }

    fn peers(&self) -> impl Iterator<Item = Peer> + use<> {
        (1..=self.peers).map(Peer)
    }
}

/// The state of an open network: that of its node.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OpenState {
    /// The node.
    pub node: Node<Small>,
    /// The node has promised to serve these peers later.
    pub serves: Vec<Peer>,
    /// The node's process has ended: only a deviating node's does.
    pub ended: bool,
    /// The rules and invariants that the last step broke.
    pub broken: PredicateSet,
}

/// Something that can happen to the node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpenAction {
    /// What happens.
    pub act: OpenAct,
    /// How the node chooses where it may.
    pub script: Script,
}

/// What happens to the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpenAct {
    /// A peer joins, once more or for the first time.
    Join(Peer),
    /// A peer leaves, there or not.
    Leave(Peer),
    /// A peer sends the message of this place in the alphabet, joined or not.
    Say(Peer, u16),
    /// The user requests the address of this place in [`Blocks::addresses`].
    Request(u8),
    /// The user cancels it.
    Cancel(u8),
    /// It has not been met in time.
    Retry(u8),
    /// The user stores this block.
    Store(u8),
    /// This block is deleted.
    Delete(u8),
    /// The node serves this peer, as it promised.
    Serve(Peer),
}

impl fmt::Debug for OpenAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.act {
            OpenAct::Join(peer) => write!(f, "{peer} joins"),
            OpenAct::Leave(peer) => write!(f, "{peer} leaves"),
            OpenAct::Say(from, place) => write!(f, "{from} says message {place}"),
            OpenAct::Request(place) => write!(f, "the user requests address {place}"),
            OpenAct::Cancel(place) => write!(f, "the user cancels address {place}"),
            OpenAct::Retry(place) => write!(f, "address {place} is not met in time"),
            OpenAct::Store(number) => write!(f, "the user stores {}", Cid(number)),
            OpenAct::Delete(number) => write!(f, "{} is deleted", Cid(number)),
            OpenAct::Serve(peer) => write!(f, "{} serves {peer}", OpenNetwork::NODE),
        }?;
        f.write_str(&self.script.words())
    }
}

impl OpenNetwork {
    fn address(&self, place: u8) -> Option<Address<Cid>> {
        self.blocks.addresses().nth(usize::from(place))
    }

    /// The event that this is to the node; nothing when there is no such message or address.
    pub fn event(&self, act: OpenAct) -> Option<Event<Small>> {
        let cid = Cid;
        Some(match act {
            OpenAct::Join(peer) => Event::Joined(peer),
            OpenAct::Leave(peer) => Event::Left(peer),
            OpenAct::Say(from, place) => Event::Received {
                from,
                message: self.alphabet.messages.get(usize::from(place))?.clone(),
            },
            OpenAct::Request(place) => Event::Request(self.address(place)?),
            OpenAct::Cancel(place) => Event::Cancel(self.address(place)?),
            OpenAct::Retry(place) => Event::Retry(self.address(place)?),
            OpenAct::Store(number) => Event::Stored {
                cid: cid(number),
                leaves: self.blocks.leaf(cid(number)).into_iter().collect(),
            },
            OpenAct::Delete(number) => Event::Deleted(cid(number)),
            OpenAct::Serve(peer) => Event::Other(OtherEvent::Serve(peer)),
        })
    }

    /// The state after this action, with what the node did.
    pub fn perform(
        &self,
        state: &OpenState,
        action: &OpenAction,
    ) -> Option<(OpenState, Vec<Effect<Small>>)> {
        let event = self.event(action.act)?;
        let mut next = state.clone();
        if let OpenAct::Serve(peer) = action.act {
            next.serves.retain(|promised| *promised != peer);
        }
        let effects = next.node.step(event.clone(), &mut action.script.player());
        forget_how_often(&mut next.node);
        next.broken = self.judge.broken(&Step {
            before: &state.node,
            event: &event,
            effects: &effects,
            after: &next.node,
        });
        for effect in &effects {
            match effect {
                Effect::Other(OtherEffect::ServeLater(peer)) if !next.serves.contains(peer) => {
                    next.serves.push(*peer);
                    next.serves.sort_unstable();
                }
                Effect::Other(OtherEffect::Abort(_)) => next.ended = true,
                _ => {}
            }
        }
        Some((next, effects))
    }
}

impl OpenNetwork {
    /// Everything that can happen to the node next, but for how it chooses.
    fn acts(&self, state: &OpenState) -> Vec<OpenAct> {
        if state.ended {
            return Vec::new();
        }
        let mut acts = Vec::new();
        for peer in self.peers() {
            acts.extend([OpenAct::Join(peer), OpenAct::Leave(peer)]);
            let says = (0u16..).take(self.alphabet.messages.len());
            acts.extend(says.map(|place| OpenAct::Say(peer, place)));
        }
        for (place, address) in (0u8..).zip(self.blocks.addresses()) {
            // ASK-10: two requesters show all that any number of them does.
            let mut wants = state.node.own_wants();
            if wants.all(|(wanted, want)| *wanted != address || want.others == 0) {
                acts.push(OpenAct::Request(place));
            }
            acts.push(OpenAct::Cancel(place));
            if state.node.wants(&address) {
                acts.push(OpenAct::Retry(place));
            }
        }
        for cid in self.blocks.cids() {
            acts.extend([OpenAct::Store(cid.0), OpenAct::Delete(cid.0)]);
        }
        acts.extend(state.serves.iter().map(|peer| OpenAct::Serve(*peer)));
        acts
    }

    /// What can happen in this state, wherever the node may choose in the first of the ways.
    pub(crate) fn possible(&self, state: &OpenState) -> Vec<OpenAction> {
        let acts = self.acts(state).into_iter();
        acts.map(|act| OpenAction {
            act,
            script: Script::default(),
        })
        .collect()
    }

    /// Whether this is one of the actions that are possible in this state.
    pub fn can(&self, state: &OpenState, action: &OpenAction) -> bool {
        self.acts(state).contains(&action.act)
            && self
                .event(action.act)
                .is_some_and(|event| choice::fits(&state.node, &event, action.script))
    }
}

impl Model for OpenNetwork {
    type State = OpenState;
    type Action = OpenAction;

    fn init_states(&self) -> Vec<OpenState> {
        vec![OpenState {
            node: Node::deviating(self.setup.clone()),
            serves: Vec::new(),
            ended: false,
            broken: PredicateSet::default(),
        }]
    }

    fn actions(&self, state: &OpenState, actions: &mut Vec<OpenAction>) {
        let acts = self.acts(state);
        let may_choose = choice::may_choose(&state.node);
        for act in acts {
            let scripts = may_choose.then(|| self.event(act)).flatten().map_or_else(
                || vec![Script::default()],
                |event| choice::scripts(&state.node, &event),
            );
            actions.extend(scripts.into_iter().map(|script| OpenAction { act, script }));
        }
    }

    fn next_state(&self, state: &OpenState, action: OpenAction) -> Option<OpenState> {
        self.perform(state, &action).map(|(next, _)| next)
    }
}

impl Checkable for OpenNetwork {
    fn keeps(&self, state: &OpenState, rule: usize) -> bool {
        !state.broken.contains(rule)
    }

    fn keeps_all(&self, state: &OpenState) -> bool {
        state.broken.is_empty()
    }
}
