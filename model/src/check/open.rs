//! The open network: one node among peers that may join, leave and send any message of an
//! alphabet, at any time and in any order, while the node's user does as it likes.
//!
//! Nothing is bounded but the alphabet: a node's states are finite in number, since it keeps
//! nothing that only grows. So whatever holds here holds among the worst of peers, polite ones
//! included.

use std::fmt;

use crate::address::Address;
use crate::message::{
    Account, Delivery, Evidence, Message, Presence, PresenceType, ProofEvidence, WantEntry,
    WantList, WantType,
};
use crate::node::{Config, Effect, Event, Node};
use crate::price::Price;

use super::chart::Chart;
use super::choice::{self, Script};
use super::names::{Blocks, Cid, Peer, Small};
use super::network::forget_how_often;
use super::rules::{PredicateSet, Step, StepChecker};
use super::words::{self, indented};

/// Which messages the peers know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alphabet {
    /// What it is called.
    pub name: &'static str,
    /// The messages.
    pub messages: Vec<Message<Small>>,
}

impl Alphabet {
    /// Lists of one entry or none: each want type, cancels of either type, full or not, priority
    /// low or high, with and without word of absence.
    pub fn lists(blocks: Blocks) -> Self {
        let mut messages = vec![Message::want_list(Vec::new(), true)];
        for address in blocks.addresses() {
            let block = WantEntry::want_block(address.clone());
            let have = WantEntry::want_have(address.clone());
            let entries = [
                (block.clone(), false),
                (block.clone(), true),
                (
                    WantEntry {
                        priority: 1,
                        send_dont_have: true,
                        ..block.clone()
                    },
                    false,
                ),
                (have.clone(), false),
                (
                    WantEntry {
                        send_dont_have: true,
                        ..have.clone()
                    },
                    false,
                ),
                (have, true),
                (WantEntry::cancel(address), false),
                (
                    WantEntry {
                        cancel: true,
                        send_dont_have: true,
                        ..block
                    },
                    false,
                ),
            ];
            messages.extend(
                entries
                    .into_iter()
                    .map(|(entry, full)| Message::want_list(vec![entry], full)),
            );
        }
        Alphabet {
            name: "want lists",
            messages,
        }
    }

    /// Lists of two entries: of two addresses or of the same one twice.
    pub fn long_lists(blocks: Blocks) -> Self {
        let mut messages = Vec::new();
        for first in blocks.addresses() {
            for second in blocks.addresses() {
                let block = WantEntry::want_block(first.clone());
                let urgent = WantEntry {
                    priority: 1,
                    ..WantEntry::want_block(second.clone())
                };
                let have = |address: &Address<_>| WantEntry {
                    send_dont_have: true,
                    ..WantEntry::want_have(address.clone())
                };
                let pairs = [
                    [block.clone(), urgent],
                    [have(&first), have(&second)],
                    [block.clone(), have(&second)],
                    [block, WantEntry::cancel(second.clone())],
                ];
                messages.extend(
                    pairs
                        .into_iter()
                        .map(|pair| Message::want_list(pair.to_vec(), false)),
                );
            }
        }
        Alphabet {
            name: "long want lists",
            messages,
        }
    }

    /// WantBlock and cancel entries.
    pub fn waits(blocks: Blocks) -> Self {
        let entries = blocks.addresses().flat_map(|address| {
            [
                WantEntry::want_block(address.clone()),
                WantEntry::cancel(address),
            ]
        });
        Alphabet {
            name: "waits",
            messages: entries
                .map(|entry| Message::want_list(vec![entry], false))
                .collect(),
        }
    }

    /// Presence items: Have at two prices, DontHave; and two items at once.
    pub fn presences(blocks: Blocks) -> Self {
        let item = |address: &Address<_>, presence_type, price: u64| Presence {
            address: address.clone(),
            presence_type,
            price: Price::from(price),
        };
        let addresses: Vec<_> = blocks.addresses().collect();
        let mut messages = Vec::new();
        for address in &addresses {
            let have = item(address, PresenceType::Have, 0);
            let dear = item(address, PresenceType::Have, 1);
            let dont_have = item(address, PresenceType::DontHave, 0);
            messages.push(Message::presences(vec![have.clone()]));
            messages.push(Message::presences(vec![dear.clone()]));
            messages.push(Message::presences(vec![dont_have.clone()]));
            messages.push(Message::presences(vec![have.clone(), dear]));
            messages.push(Message::presences(vec![have.clone(), dont_have.clone()]));
            messages.push(Message::presences(vec![dont_have, have]));
        }
        if let [first, second, ..] = addresses.as_slice() {
            messages.push(Message::presences(vec![
                item(first, PresenceType::Have, 0),
                item(second, PresenceType::Have, 0),
            ]));
        }
        Alphabet {
            name: "presences",
            messages,
        }
    }

    /// Deliveries: right ones, and each way of being wrong; and two at once.
    pub fn deliveries(blocks: Blocks) -> Self {
        let mut messages = Vec::new();
        for address in blocks.addresses() {
            let right = Delivery {
                address: address.clone(),
                cid: blocks.cid_of(&address),
                evidence: Evidence::valid_for(&address),
            };
            let valid = right.evidence;
            let mut wrong = vec![
                Evidence {
                    has_data: false,
                    data_matches_cid: false,
                    ..valid
                },
                Evidence {
                    data_matches_cid: false,
                    ..valid
                },
            ];
            if address.is_leaf() {
                wrong.extend(
                    [
                        ProofEvidence::Missing,
                        ProofEvidence::OtherIndex,
                        ProofEvidence::Unverified,
                    ]
                    .map(|proof| Evidence { proof, ..valid }),
                );
            } else {
                wrong.push(Evidence {
                    cid_matches_address: false,
                    ..valid
                });
            }
            let wrong = wrong.into_iter().map(|evidence| Delivery {
                evidence,
                ..right.clone()
            });
            for wrong in wrong {
                messages.push(Message::deliveries(vec![wrong.clone(), right.clone()]));
                messages.push(Message::deliveries(vec![wrong]));
            }
            messages.push(Message::deliveries(vec![right]));
        }
        Alphabet {
            name: "deliveries",
            messages,
        }
    }

    /// What is needed to do business, once each: WantBlock, WantHave, cancel, full list, Have,
    /// DontHave, a right and a wrong delivery.
    pub fn essential(blocks: Blocks) -> Self {
        let mut messages = vec![Message::want_list(Vec::new(), true)];
        for address in blocks.addresses() {
            let item = |presence_type| {
                Message::presences(vec![Presence {
                    address: address.clone(),
                    presence_type,
                    price: Price::ZERO,
                }])
            };
            let delivery = |evidence| Delivery {
                address: address.clone(),
                cid: blocks.cid_of(&address),
                evidence,
            };
            let right = Evidence::valid_for(&address);
            let wrong = Evidence {
                data_matches_cid: false,
                ..right
            };
            let want_have = WantEntry {
                send_dont_have: true,
                ..WantEntry::want_have(address.clone())
            };
            let list = |entry: WantEntry<_>, full| Message::want_list(vec![entry], full);
            messages.extend([
                list(WantEntry::want_block(address.clone()), false),
                list(want_have, false),
                list(WantEntry::cancel(address.clone()), false),
                item(PresenceType::Have),
                item(PresenceType::DontHave),
                Message::deliveries(vec![delivery(right)]),
                Message::deliveries(vec![delivery(wrong), delivery(right)]),
                Message::deliveries(vec![delivery(wrong)]),
            ]);
        }
        Alphabet {
            name: "essential",
            messages,
        }
    }

    /// Messages of several parts, accounts, and the message that says nothing.
    pub fn mixed(blocks: Blocks) -> Self {
        let mut messages = vec![
            Message::default(),
            Message::account(Account([1; 20])),
            Message::account(Account([2; 20])),
        ];
        for address in blocks.addresses() {
            let have = Presence {
                address: address.clone(),
                presence_type: PresenceType::Have,
                price: Price::ZERO,
            };
            let block = Delivery {
                cid: blocks.cid_of(&address),
                evidence: Evidence::valid_for(&address),
                address: address.clone(),
            };
            messages.push(Message {
                deliveries: vec![block.clone()],
                presences: vec![have.clone()],
                ..Message::default()
            });
            messages.push(Message {
                want_list: Some(WantList {
                    entries: vec![WantEntry::want_block(address)],
                    full: false,
                }),
                deliveries: vec![block],
                ..Message::default()
            });
        }
        Alphabet {
            name: "mixed",
            messages,
        }
    }

    /// Both alphabets.
    pub fn and(mut self, other: Alphabet) -> Self {
        for message in other.messages {
            if !self.messages.contains(&message) {
                self.messages.push(message);
            }
        }
        self
    }
}

/// One node, A, among peers B, C and so on.
pub struct OpenNetwork {
    /// What it is called.
    pub name: String,
    /// How the node behaves.
    pub config: Config,
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
    pub fn new(name: &str, config: Config, blocks: Blocks, peers: u8, alphabet: Alphabet) -> Self {
        OpenNetwork {
            name: name.to_owned(),
            config,
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
    pub what: What,
    /// How the node chooses where it may.
    pub script: Script,
}

/// What happens to the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
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
        match self.what {
            What::Join(peer) => write!(f, "{peer} joins"),
            What::Leave(peer) => write!(f, "{peer} leaves"),
            What::Say(from, place) => write!(f, "{from} says message {place}"),
            What::Request(place) => write!(f, "the user requests address {place}"),
            What::Cancel(place) => write!(f, "the user cancels address {place}"),
            What::Retry(place) => write!(f, "address {place} is not met in time"),
            What::Store(number) => write!(f, "the user stores {}", Cid(number)),
            What::Delete(number) => write!(f, "{} is deleted", Cid(number)),
            What::Serve(peer) => write!(f, "{} serves {peer}", OpenNetwork::NODE),
        }?;
        f.write_str(&self.script.words())
    }
}

impl OpenNetwork {
    fn address(&self, place: u8) -> Option<Address<Cid>> {
        self.blocks.addresses().nth(usize::from(place))
    }

    /// The event that this is to the node; nothing when there is no such message or address.
    pub fn event(&self, what: What) -> Option<Event<Small>> {
        let cid = Cid;
        Some(match what {
            What::Join(peer) => Event::Joined(peer),
            What::Leave(peer) => Event::Left(peer),
            What::Say(from, place) => Event::Received {
                from,
                message: self.alphabet.messages.get(usize::from(place))?.clone(),
            },
            What::Request(place) => Event::Request(self.address(place)?),
            What::Cancel(place) => Event::Cancel(self.address(place)?),
            What::Retry(place) => Event::Retry(self.address(place)?),
            What::Store(number) => Event::Stored {
                cid: cid(number),
                leaves: self.blocks.leaf(cid(number)).into_iter().collect(),
            },
            What::Delete(number) => Event::Deleted(cid(number)),
            What::Serve(peer) => Event::Serve(peer),
        })
    }

    /// The state after this action, with what the node did.
    pub fn perform(
        &self,
        state: &OpenState,
        action: &OpenAction,
    ) -> Option<(OpenState, Vec<Effect<Small>>)> {
        let event = self.event(action.what)?;
        let mut next = state.clone();
        if let What::Serve(peer) = action.what {
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
                Effect::ServeLater(peer) if !next.serves.contains(peer) => {
                    next.serves.push(*peer);
                    next.serves.sort_unstable();
                }
                Effect::Abort(_) => next.ended = true,
                _ => {}
            }
        }
        Some((next, effects))
    }
}

impl OpenNetwork {
    /// Everything that can happen to the node next, but for how it chooses.
    fn whats(&self, state: &OpenState) -> Vec<What> {
        if state.ended {
            return Vec::new();
        }
        let mut whats = Vec::new();
        for peer in self.peers() {
            whats.extend([What::Join(peer), What::Leave(peer)]);
            let says = (0u16..).take(self.alphabet.messages.len());
            whats.extend(says.map(|place| What::Say(peer, place)));
        }
        for (place, address) in (0u8..).zip(self.blocks.addresses()) {
            whats.extend([What::Request(place), What::Cancel(place)]);
            if state.node.wants(&address) {
                whats.push(What::Retry(place));
            }
        }
        for cid in self.blocks.cids() {
            whats.extend([What::Store(cid.0), What::Delete(cid.0)]);
        }
        whats.extend(state.serves.iter().map(|peer| What::Serve(*peer)));
        whats
    }

    /// What can happen in this state, wherever the node may choose in the first of the ways.
    pub(super) fn possible(&self, state: &OpenState) -> Vec<OpenAction> {
        let whats = self.whats(state).into_iter();
        whats
            .map(|what| OpenAction {
                what,
                script: Script::default(),
            })
            .collect()
    }

    /// Whether this is one of the actions that are possible in this state.
    pub fn can(&self, state: &OpenState, action: &OpenAction) -> bool {
        self.whats(state).contains(&action.what)
            && self
                .event(action.what)
                .is_some_and(|event| choice::fits(&state.node, &event, action.script))
    }

    /// What an action says in words.
    pub fn describe(&self, action: &OpenAction) -> String {
        match (action.what, self.event(action.what)) {
            // What is said is named by the message, and what is done by the address.
            (What::Say(..) | What::Request(_) | What::Cancel(_) | What::Retry(_), Some(event)) => {
                words::show_event(&event) + &action.script.words()
            }
            _ => format!("{action:?}"),
        }
    }
}

impl stateright::Model for OpenNetwork {
    type State = OpenState;
    type Action = OpenAction;

    fn init_states(&self) -> Vec<OpenState> {
        vec![OpenState {
            node: Node::new(self.config.clone()),
            serves: Vec::new(),
            ended: false,
            broken: PredicateSet::default(),
        }]
    }

    fn actions(&self, state: &OpenState, actions: &mut Vec<OpenAction>) {
        let whats = self.whats(state);
        let may_choose = choice::may_choose(&state.node);
        for what in whats {
            let scripts = may_choose.then(|| self.event(what)).flatten().map_or_else(
                || vec![Script::default()],
                |event| choice::scripts(&state.node, &event),
            );
            actions.extend(
                scripts
                    .into_iter()
                    .map(|script| OpenAction { what, script }),
            );
        }
    }

    fn next_state(&self, state: &OpenState, action: OpenAction) -> Option<OpenState> {
        self.perform(state, &action).map(|(next, _)| next)
    }

    fn format_action(&self, action: &OpenAction) -> String {
        self.describe(action)
    }

    /// What the node does, and what it keeps afterwards.
    fn format_step(&self, state: &OpenState, action: OpenAction) -> Option<String> {
        let (next, effects) = self.perform(state, &action)?;
        let mut lines = vec![format!("{} does", OpenNetwork::NODE)];
        lines.extend(indented(words::show_effects(&effects)));
        lines.extend(indented(words::show_broken(&self.judge, next.broken)));
        lines.push(String::new());
        lines.extend(words::show_open_state(&next));
        Some(lines.join("\n"))
    }

    fn as_svg(&self, path: stateright::Path<OpenState, OpenAction>) -> Option<String> {
        let mut chart = Chart::of_lanes(usize::from(self.peers) + 1);
        for pair in path.into_vec().windows(2) {
            if let [(state, Some(action)), (next, _)] = pair {
                chart.add_open_step(self, state, action, next);
            }
        }
        Some(chart.svg())
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        super::properties::for_stateright(super::properties::open(self))
    }
}

/// Whether an entry asks for a block.
pub(super) fn is_want_block(entry: &WantEntry<Cid>) -> bool {
    !entry.cancel && entry.want_type == WantType::WantBlock
}
