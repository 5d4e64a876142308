//! The closed network: nodes that all run [`Node::step`], and what is under way between them.
//!
//! Each pair of nodes has at most one connection. It opens and closes a bounded number of times;
//! each direction keeps the order of messages; closing loses what is under way. An opening is told
//! to both nodes as Joined and a closing as Left. A node may handle a message of a new connection
//! before its Joined, but handles the Left of the connection before it first. What a node sends to
//! a peer without a connection is discarded (LEFT-4).
//!
//! What users do (requests, cancels, stores, deletions) and what the network suffers is bounded by
//! [`Limits`], so that the states are finite in number. Actions come in a fixed order, and only
//! those that are possible.

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::deviation::Deviation;
use crate::message::Message;
use crate::node::{Config, Effect, Event, Node};

use super::chart::Chart;
use super::choice::{self, Script};
use super::liveness::{FREE, Fairness, Obligations};
use super::names::{Blocks, Cid, Peer, Small, show_address};
use super::rules::{PredicateSet, Step, StepChecker};
use super::words::{self, indented};

/// The number in a [`PredicateSet`] of WIRE-7: a part of a message was not read, for the stream it
/// came on.
pub const UNREAD: usize = 119;

/// The number in a [`PredicateSet`] of LEFT-1: a node has a context without a connection, and no
/// Left is to come.
pub const UNCONNECTED: usize = 118;

/// One node of a network, before anything has happened.
#[derive(Clone, Debug)]
pub struct Role {
    /// How it behaves.
    pub config: Config,
    /// The blocks that it holds from the start.
    pub holds: Vec<Cid>,
    /// What its user may request, and then cancel.
    pub requests: Vec<Address<Cid>>,
    /// The blocks that its user may store.
    pub stores: Vec<Cid>,
    /// The blocks that it may delete.
    pub deletes: Vec<Cid>,
    /// Which stream it answers on.
    pub answers: Answers,
}

/// The stream on which a node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// One that it has opened itself.
    OnOwnStream,
    /// The one on which it was asked, which the asker opened.
    OnAskersStream,
}

impl Role {
    /// A node that holds nothing and whose user does nothing.
    pub fn new(config: Config) -> Self {
        let answers = if config.deviations.contains(Deviation::OwnStreamOnly) {
            Answers::OnAskersStream
        } else {
            Answers::OnOwnStream
        };
        Role {
            config,
            holds: Vec::new(),
            requests: Vec::new(),
            stores: Vec::new(),
            deletes: Vec::new(),
            answers,
        }
    }

    /// The node holds this block from the start.
    pub fn holding(mut self, cid: Cid) -> Self {
        self.holds.push(cid);
        self
    }

    /// Its user may request these.
    pub fn requesting(mut self, addresses: impl IntoIterator<Item = Address<Cid>>) -> Self {
        self.requests.extend(addresses);
        self
    }

    /// Its user may store these.
    pub fn storing(mut self, cids: impl IntoIterator<Item = Cid>) -> Self {
        self.stores.extend(cids);
        self
    }

    /// It may delete these.
    pub fn deleting(mut self, cids: impl IntoIterator<Item = Cid>) -> Self {
        self.deletes.extend(cids);
        self
    }
}

/// How often things may happen in all of the network.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// How often connections may open.
    pub connects: u8,
    /// How often connections may close.
    pub disconnects: u8,
    /// How often users may request something that is neither held nor wanted.
    pub requests: u8,
    /// How often users may cancel a request.
    pub cancels: u8,
    /// How often users may store a block that is not held.
    pub stores: u8,
    /// How often a block may be deleted.
    pub deletions: u8,
    /// How often a want may be pursued anew: unless [`Network::retries`] sets no limit.
    pub retries: u8,
}

/// When a want is pursued anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retries {
    /// At any time, as often as [`Limits::retries`] says.
    Limited,
    /// Any number of times, but only while fewer messages than this are under way in each direction
    /// of each of the node's connections: a timer is slower than the network.
    Unlimited {
        /// So many messages are too many.
        room: usize,
    },
}

/// A network before anything has happened, and what may happen in it.
pub struct Network {
    /// What it is called.
    pub name: String,
    /// The nodes.
    pub roles: Vec<Role>,
    /// The blocks.
    pub blocks: Blocks,
    /// Which nodes may connect to each other.
    pub pairs: Vec<[Peer; 2]>,
    /// How often things may happen.
    pub limits: Limits,
    /// When wants are pursued anew.
    pub retries: Retries,
    /// A node learns of a connection before it handles the first message that comes by it.
    pub joined_first: bool,
    judge: StepChecker<Small>,
}

impl Network {
    /// A network all of whose nodes may connect to each other, and in which nothing may happen
    /// but what `limits` allows.
    pub fn new(name: &str, blocks: Blocks, roles: Vec<Role>, limits: Limits) -> Self {
        let peers: Vec<_> = (0u8..).take(roles.len()).map(Peer).collect();
        let pairs = peers
            .iter()
            .flat_map(|a| peers.iter().filter(move |b| a < b).map(move |b| [*a, *b]))
            .collect();
        Network {
            name: name.to_owned(),
            roles,
            blocks,
            pairs,
            limits,
            retries: Retries::Limited,
            joined_first: false,
            judge: StepChecker::default(),
        }
    }

    /// Only these nodes may connect to each other.
    pub fn linked(mut self, pairs: Vec<[Peer; 2]>) -> Self {
        self.pairs = pairs;
        self
    }

    /// Wants are pursued anew any number of times.
    pub fn retrying(mut self, room: usize) -> Self {
        self.retries = Retries::Unlimited { room };
        self
    }

    /// By which rules and invariants every step is judged.
    pub fn judge(&self) -> &StepChecker<Small> {
        &self.judge
    }
}

/// The state of a network.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The nodes.
    pub nodes: Vec<Node<Small>>,
    /// The pairs that may connect, in the order of [`Network::pairs`].
    pub links: Vec<Link>,
    /// How often things may still happen.
    pub left: Limits,
    /// Which nodes' processes have ended: only deviating nodes' do.
    pub ended: Vec<Peer>,
    /// The rules and invariants that the last step broke.
    pub broken: PredicateSet,
}

/// What is between two nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Link {
    /// Whether they are connected.
    pub open: bool,
    /// What awaits each of the two.
    pub ends: [End; 2],
}

/// What awaits one node, of one peer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct End {
    /// News of the connection, in order.
    pub news: VecDeque<News>,
    /// Messages under way, in order.
    pub inbox: VecDeque<Message<Small>>,
    /// The node has yet to serve the peer ([`Effect::ServeLater`]).
    pub serves: bool,
}

/// News of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum News {
    /// It has opened.
    Joined,
    /// It has closed.
    Left,
}

/// Something that can happen in a network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Two nodes connect.
    Connect(Peer, Peer),
    /// Their connection closes.
    Disconnect(Peer, Peer),
    /// A node does something.
    Act {
        /// Which node.
        node: Peer,
        /// What it does.
        act: Act,
        /// How it chooses where it may.
        script: Script,
    },
}

/// Something that a node can do next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Learn that a peer has joined.
    Join(Peer),
    /// Learn that a peer has left.
    Leave(Peer),
    /// Handle the first message that is under way from this peer.
    Handle(Peer),
    /// Serve a peer, later ([`Event::Serve`]).
    Serve(Peer),
    /// The user requests the block of this place in [`Blocks::addresses`].
    Request(u8),
    /// The user cancels that.
    Cancel(u8),
    /// That has not been met in time.
    Retry(u8),
    /// The user stores this block.
    Store(Cid),
    /// This block is deleted.
    Delete(Cid),
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Connect(a, b) => write!(f, "{a} and {b} connect"),
            Action::Disconnect(a, b) => write!(f, "the connection of {a} and {b} closes"),
            Action::Act { node, act, script } => {
                match act {
                    Act::Join(peer) => write!(f, "{node} handles: {peer} joined"),
                    Act::Leave(peer) => write!(f, "{node} handles: {peer} left"),
                    Act::Handle(peer) => write!(f, "{node} handles a message from {peer}"),
                    Act::Serve(peer) => write!(f, "{node} serves {peer}"),
                    Act::Request(place) => write!(f, "{node}'s user requests address {place}"),
                    Act::Cancel(place) => write!(f, "{node}'s user cancels address {place}"),
                    Act::Retry(place) => write!(f, "{node} retries address {place}"),
                    Act::Store(cid) => write!(f, "{node}'s user stores {cid}"),
                    Act::Delete(cid) => write!(f, "{node} deletes {cid}"),
                }?;
                f.write_str(&script.words())
            }
        }
    }
}

impl Network {
    /// The address of this place.
    pub fn address(&self, place: u8) -> Address<Cid> {
        self.blocks
            .addresses()
            .nth(usize::from(place))
            .unwrap_or(Address::Plain(Cid(place)))
    }

    /// What an action says in words, with the addresses by name.
    pub fn describe(&self, action: &Action) -> String {
        if let Action::Act { node, act, script } = action {
            let about = |verb: &str, place: &u8| {
                let address = show_address(&self.address(*place));
                format!("{node}{verb} {address}{}", script.words())
            };
            match act {
                Act::Request(place) => return about("'s user requests", place),
                Act::Cancel(place) => return about("'s user cancels", place),
                Act::Retry(place) => return about(" retries", place),
                _ => {}
            }
        }
        format!("{action:?}")
    }

    fn initial(&self) -> State {
        let nodes = self
            .roles
            .iter()
            .map(|role| {
                let mut node = Node::new(role.config.clone());
                for cid in &role.holds {
                    let leaves = self.blocks.leaf(*cid).into_iter().collect();
                    let stored = Event::Stored { cid: *cid, leaves };
                    node.step(stored, &mut crate::node::First);
                }
                node
            })
            .collect();
        State {
            nodes,
            links: vec![Link::default(); self.pairs.len()],
            left: self.limits,
            ended: Vec::new(),
            broken: PredicateSet::default(),
        }
    }

    /// The end of the link between the two that is the first one's, and the link.
    fn end(&self, node: Peer, peer: Peer) -> Option<(usize, usize)> {
        self.pairs.iter().enumerate().find_map(|(link, pair)| {
            if *pair == [node, peer] {
                Some((link, 0))
            } else if *pair == [peer, node] {
                Some((link, 1))
            } else {
                None
            }
        })
    }

    fn may_retry(&self, state: &State, node: Peer) -> bool {
        match self.retries {
            Retries::Limited => state.left.retries > 0,
            Retries::Unlimited { room } => {
                let mut links = self.pairs.iter().zip(&state.links);
                links.all(|(pair, link)| {
                    !pair.contains(&node) || link.ends.iter().all(|end| end.inbox.len() < room)
                })
            }
        }
    }

    /// Everything that this node can do next, but for how it chooses.
    fn acts(&self, state: &State, node: Peer, acts: &mut Vec<Act>) {
        let role = &self.roles[node.index()];
        let it = &state.nodes[node.index()];
        for (pair, link) in self.pairs.iter().zip(&state.links) {
            let (peer, end) = match *pair {
                [first, peer] if first == node => (peer, &link.ends[0]),
                [peer, second] if second == node => (peer, &link.ends[1]),
                _ => continue,
            };
            match end.news.front() {
                Some(News::Joined) => acts.push(Act::Join(peer)),
                Some(News::Left) => acts.push(Act::Leave(peer)),
                None => {}
            }
            let waits = self.joined_first && end.news.contains(&News::Joined);
            if !end.inbox.is_empty() && !end.news.contains(&News::Left) && !waits {
                acts.push(Act::Handle(peer));
            }
            if end.serves {
                acts.push(Act::Serve(peer));
            }
        }
        for (place, address) in (0u8..).zip(self.blocks.addresses()) {
            if it.wants(&address) {
                if state.left.cancels > 0 {
                    acts.push(Act::Cancel(place));
                }
                if self.may_retry(state, node) {
                    acts.push(Act::Retry(place));
                }
            } else if state.left.requests > 0
                && role.requests.contains(&address)
                && !it.holds(&address)
            {
                acts.push(Act::Request(place));
            }
        }
        for cid in self.blocks.cids() {
            let held = it.holds(&Address::Plain(cid));
            if !held && state.left.stores > 0 && role.stores.contains(&cid) {
                acts.push(Act::Store(cid));
            }
            if held && state.left.deletions > 0 && role.deletes.contains(&cid) {
                acts.push(Act::Delete(cid));
            }
        }
    }

    /// How connections may open and close.
    pub(super) fn actions_between(&self, state: &State, actions: &mut Vec<Action>) {
        for (pair, link) in self.pairs.iter().zip(&state.links) {
            let [a, b] = *pair;
            if state.ended.iter().any(|ended| pair.contains(ended)) {
                continue;
            }
            if link.open && state.left.disconnects > 0 {
                actions.push(Action::Disconnect(a, b));
            } else if !link.open && state.left.connects > 0 {
                actions.push(Action::Connect(a, b));
            }
        }
    }

    /// What this node can do next. It depends on the node, its links, and what may still happen;
    /// and it changes nothing else.
    pub(super) fn actions_of(&self, state: &State, node: Peer, actions: &mut Vec<Action>) {
        if state.ended.contains(&node) {
            return;
        }
        let it = &state.nodes[node.index()];
        let mut acts = Vec::new();
        self.acts(state, node, &mut acts);
        let may_choose = choice::may_choose(it);
        for act in acts {
            let scripts = may_choose
                .then(|| self.event(state, node, act))
                .flatten()
                .map_or_else(
                    || vec![Script::default()],
                    |event| choice::scripts(it, &event),
                );
            actions.extend(
                scripts
                    .into_iter()
                    .map(|script| Action::Act { node, act, script }),
            );
        }
    }

    /// What can happen in this state, wherever a node may choose in the first of the ways.
    pub(super) fn possible(&self, state: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        self.actions_between(state, &mut actions);
        for node in (0u8..).map(Peer).take(state.nodes.len()) {
            let mut acts = Vec::new();
            if !state.ended.contains(&node) {
                self.acts(state, node, &mut acts);
            }
            actions.extend(acts.into_iter().map(|act| Action::Act {
                node,
                act,
                script: Script::default(),
            }));
        }
        actions
    }

    /// Whether this is one of the actions that are possible in this state.
    pub fn can(&self, state: &State, action: &Action) -> bool {
        match *action {
            Action::Act { node, act, script } => {
                let mut acts = Vec::new();
                if node.index() < state.nodes.len() && !state.ended.contains(&node) {
                    self.acts(state, node, &mut acts);
                }
                acts.contains(&act)
                    && self.event(state, node, act).is_some_and(|event| {
                        choice::fits(&state.nodes[node.index()], &event, script)
                    })
            }
            Action::Connect(..) | Action::Disconnect(..) => {
                let mut actions = Vec::new();
                self.actions_between(state, &mut actions);
                actions.contains(action)
            }
        }
    }

    /// The event that an act is to its node; nothing when it cannot happen.
    pub fn event(&self, state: &State, node: Peer, act: Act) -> Option<Event<Small>> {
        Some(match act {
            Act::Join(peer) => Event::Joined(peer),
            Act::Leave(peer) => Event::Left(peer),
            Act::Serve(peer) => Event::Serve(peer),
            Act::Request(place) => Event::Request(self.address(place)),
            Act::Cancel(place) => Event::Cancel(self.address(place)),
            Act::Retry(place) => Event::Retry(self.address(place)),
            Act::Delete(cid) => Event::Deleted(cid),
            Act::Store(cid) => Event::Stored {
                cid,
                leaves: self.blocks.leaf(cid).into_iter().collect(),
            },
            Act::Handle(from) => {
                let sent = self.first_under_way(state, node, from)?;
                let message = self.as_read(node, from, sent);
                Event::Received { from, message }
            }
        })
    }

    fn first_under_way<'a>(
        &self,
        state: &'a State,
        node: Peer,
        from: Peer,
    ) -> Option<&'a Message<Small>> {
        let (link, end) = self.end(node, from)?;
        state.links[link].ends[end].inbox.front()
    }

    /// What of a message the receiver reads: a node that looks for answers on its own streams only
    /// does not see those that the sender puts on a stream of the sender's (WIRE-7).
    fn as_read(&self, node: Peer, from: Peer, sent: &Message<Small>) -> Message<Small> {
        let [role, sender] = [node, from].map(|peer| &self.roles[peer.index()]);
        if role.config.deviations.contains(Deviation::OwnStreamOnly)
            && sender.answers == Answers::OnOwnStream
        {
            Message {
                want_list: sent.want_list.clone(),
                ..Message::default()
            }
        } else {
            sent.clone()
        }
    }

    /// The state after this action, with what the acting node did.
    pub fn perform(&self, state: &State, action: &Action) -> Option<(State, Vec<Effect<Small>>)> {
        let mut next = state.clone();
        next.broken = PredicateSet::default();
        let effects = match *action {
            Action::Connect(a, b) => {
                let (link, _) = self.end(a, b)?;
                next.left.connects = next.left.connects.checked_sub(1)?;
                let link = &mut next.links[link];
                link.open = true;
                link.ends.iter_mut().for_each(End::open);
                Vec::new()
            }
            Action::Disconnect(a, b) => {
                next.left.disconnects = next.left.disconnects.checked_sub(1)?;
                self.close(&mut next, a, b);
                Vec::new()
            }
            Action::Act { node, act, script } => self.act(state, &mut next, node, act, script)?,
        };
        Some((next, effects))
    }

    fn act(
        &self,
        state: &State,
        next: &mut State,
        node: Peer,
        act: Act,
        script: Script,
    ) -> Option<Vec<Effect<Small>>> {
        let event = self.event(state, node, act)?;
        let left = &mut next.left;
        match act {
            Act::Join(peer) | Act::Leave(peer) => {
                let (link, end) = self.end(node, peer)?;
                next.links[link].ends[end].news.pop_front();
            }
            Act::Handle(peer) => {
                let (link, end) = self.end(node, peer)?;
                next.links[link].ends[end].inbox.pop_front();
            }
            Act::Serve(peer) => {
                let (link, end) = self.end(node, peer)?;
                next.links[link].ends[end].serves = false;
            }
            Act::Request(_) => left.requests = left.requests.checked_sub(1)?,
            Act::Cancel(_) => left.cancels = left.cancels.checked_sub(1)?,
            Act::Store(_) => left.stores = left.stores.checked_sub(1)?,
            Act::Delete(_) => left.deletions = left.deletions.checked_sub(1)?,
            Act::Retry(_) if self.retries == Retries::Limited => {
                left.retries = left.retries.checked_sub(1)?;
            }
            Act::Retry(_) => {}
        }
        let it = &mut next.nodes[node.index()];
        let effects = it.step(event.clone(), &mut script.player());
        forget_how_often(it);
        let step = Step {
            before: &state.nodes[node.index()],
            event: &event,
            effects: &effects,
            after: it,
        };
        next.broken = self.judge.broken(&step);
        if let Event::Received { from, message } = &event
            && self.first_under_way(state, node, *from) != Some(message)
        {
            next.broken = next.broken.union(PredicateSet::of(UNREAD));
        }
        let from = match act {
            Act::Handle(from) => Some(from),
            _ => None,
        };
        for effect in &effects {
            self.carry_out(next, node, from, effect);
        }
        if self.has_unconnected_context(next, node) {
            next.broken = next.broken.union(PredicateSet::of(UNCONNECTED));
        }
        Some(effects)
    }

    fn has_unconnected_context(&self, state: &State, node: Peer) -> bool {
        let mut peers = state.nodes[node.index()].contexts().keys();
        peers.any(|peer| {
            self.end(node, *peer).is_none_or(|(link, end)| {
                let link = &state.links[link];
                !link.open && !link.ends[end].news.contains(&News::Left)
            })
        })
    }

    fn carry_out(&self, next: &mut State, node: Peer, from: Option<Peer>, effect: &Effect<Small>) {
        match effect {
            Effect::Send { to, message } => {
                if let Some((link, end)) = self.end(*to, node)
                    && next.links[link].open
                {
                    next.links[link].ends[end].inbox.push_back(message.clone());
                }
            }
            Effect::ServeLater(peer) => {
                if let Some((link, end)) = self.end(node, *peer) {
                    next.links[link].ends[end].serves = true;
                }
            }
            Effect::Disconnect(peer) => self.close(next, node, *peer),
            // With the stream goes what is under way on it, and a node uses one stream for all.
            Effect::RefuseStream => {
                if let Some((link, end)) = from.and_then(|from| self.end(node, from)) {
                    next.links[link].ends[end].inbox.clear();
                }
            }
            Effect::Abort(_) => {
                next.ended.push(node);
                next.ended.sort_unstable();
                for pair in self.pairs.iter().filter(|pair| pair.contains(&node)) {
                    self.close(next, pair[0], pair[1]);
                }
            }
            Effect::Keep { .. }
            | Effect::Obtained(_)
            | Effect::Failed(_)
            | Effect::Cancelled { .. }
            | Effect::Discover(_) => {}
        }
    }

    /// The connection closes, if there is one.
    fn close(&self, next: &mut State, a: Peer, b: Peer) {
        let Some((link, _)) = self.end(a, b) else {
            return;
        };
        let link = &mut next.links[link];
        if !link.open {
            return;
        }
        link.open = false;
        link.ends.iter_mut().for_each(End::close);
    }
}

impl Network {
    /// What the network owes a run that goes on for ever: that messages arrive, that nodes learn
    /// who joined and left and serve as they promised, and that wants are retried. Users owe
    /// nothing, and connections may open and close or not.
    pub fn obligations(&self, retries: Fairness) -> Obligations {
        let ends = 2 * self.pairs.len();
        let wants = self.roles.len() * self.blocks.addresses().count();
        Obligations::new(
            std::iter::repeat_n(Fairness::Weak, 3 * ends)
                .chain(std::iter::repeat_n(retries, wants)),
        )
    }

    /// Which of the obligations this action meets.
    pub fn obligation(&self, action: &Action) -> u8 {
        let Action::Act { node, act, .. } = *action else {
            return FREE;
        };
        let ends = 2 * self.pairs.len();
        let of_end = |kind: usize, peer| {
            self.end(node, peer)
                .map(|(link, end)| kind * ends + 2 * link + end)
        };
        let place = match act {
            Act::Handle(peer) => of_end(0, peer),
            Act::Join(peer) | Act::Leave(peer) => of_end(1, peer),
            Act::Serve(peer) => of_end(2, peer),
            Act::Retry(place) => {
                let addresses = self.blocks.addresses().count();
                Some(3 * ends + node.index() * addresses + usize::from(place))
            }
            _ => None,
        };
        place
            .and_then(|place| u8::try_from(place + 1).ok())
            .unwrap_or(FREE)
    }
}

/// How often a want was pursued anew makes no difference to a node that never gives up: it is not
/// kept, so that there are no more states than can be told apart.
pub(super) fn forget_how_often(node: &mut Node<Small>) {
    if node.config.retries == u32::MAX {
        let wanted: Vec<_> = node
            .own_wants()
            .filter(|(_, want)| want.retries > 0)
            .map(|(address, _)| address.clone())
            .collect();
        for address in wanted {
            if let Some(want) = node.wants.get_mut(&address) {
                want.retries = 0;
            }
        }
    }
}

impl End {
    /// Whether nothing happens here any more by itself: no message is under way, no news is
    /// unheard, and nobody is to be served.
    pub fn is_quiet(&self) -> bool {
        self.news.is_empty() && self.inbox.is_empty() && !self.serves
    }

    /// The connection has opened.
    pub(super) fn open(&mut self) {
        self.news.push_back(News::Joined);
    }

    /// The connection has closed: what was under way is lost.
    pub(super) fn close(&mut self) {
        self.inbox.clear();
        self.news.push_back(News::Left);
    }
}

impl State {
    /// Whether nothing happens any more by itself.
    pub fn is_quiet(&self) -> bool {
        self.links
            .iter()
            .flat_map(|link| &link.ends)
            .all(End::is_quiet)
    }

    /// The messages under way.
    pub fn under_way(&self) -> impl Iterator<Item = &Message<Small>> {
        self.links
            .iter()
            .flat_map(|link| &link.ends)
            .flat_map(|end| &end.inbox)
    }
}

impl stateright::Model for Network {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![self.initial()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.actions_between(state, actions);
        for node in (0u8..).map(Peer).take(state.nodes.len()) {
            self.actions_of(state, node, actions);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.perform(state, &action).map(|(next, _)| next)
    }

    fn format_action(&self, action: &Action) -> String {
        self.describe(action)
    }

    /// What the acting node does, and what all keep afterwards.
    fn format_step(&self, state: &State, action: Action) -> Option<String> {
        let (next, effects) = self.perform(state, &action)?;
        let mut lines = Vec::new();
        if let Action::Act { node, .. } = action {
            lines.push(format!("{node} does"));
            lines.extend(indented(words::show_effects(&effects)));
            lines.extend(indented(words::show_broken(&self.judge, next.broken)));
            lines.push(String::new());
        }
        lines.extend(words::show_state(self, &next));
        lines.push(format!(
            "may still happen: {}",
            words::show_limits(&next.left)
        ));
        Some(lines.join("\n"))
    }

    fn as_svg(&self, path: stateright::Path<State, Action>) -> Option<String> {
        let mut chart = Chart::of_lanes(self.roles.len());
        for pair in path.into_vec().windows(2) {
            if let [(state, Some(action)), (next, _)] = pair {
                chart.add_step(self, state, action, next);
            }
        }
        Some(chart.svg())
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        super::properties::for_stateright(super::properties::network(self))
    }
}
