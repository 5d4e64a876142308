//! [`Addressed`]: one address in one role, with the states that the node may be in.

use std::fmt;

use blockexc_model::deviating::Event;
use serde_json::Value;

use super::hidden::hidden;
use super::state::{Role, State, World};
use crate::trace::choices::TooMany;
use crate::trace::message::message_value;
use crate::trace::parts::Part;
use crate::wire::{Address, BlockCid, Message, Network};

/// The most states that are pursued at a time.
const MOST_STATES: usize = 128;
/// So much of what the node was sent about an address may have been handled before what it says, at once.
const MOST_HANDLED: usize = 3;
/// The most kinds of what a node was sent about one address.
const MOST_KINDS: usize = 16;
/// So many things that were said of an address are remembered.
const MOST_REMEMBERED: usize = 64;

/// Something that was said of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The node was sent this, of what concerns the address.
    Received(Message),
    /// The node sent this, of what concerns the address.
    Sent(Message),
}

impl Happened {
    /// What was said, as JSON.
    pub fn value(&self) -> Value {
        match self {
            Happened::Received(message) | Happened::Sent(message) => message_value(message),
        }
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self {
            Happened::Received(_) => "received",
            Happened::Sent(_) => "sent",
        };
        write!(f, "{verb}: {}", self.value())
    }
}

/// Whether something that a node says can be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Explained {
    /// It can, by so many steps that do not show.
    Yes(u32),
    /// It cannot.
    No,
    /// There is too much that may have happened.
    CannotTell,
}

/// One address in one role.
#[derive(Clone)]
pub(super) struct Addressed {
    pub role: Role,
    pub address: Address,
    /// What the node was sent about it, each kind once.
    kinds: Vec<Event<Network>>,
    /// Of each kind, how often it was sent, until the first question what may follow of it. Then
    /// `states` has it.
    waiting: Vec<u32>,
    /// Empty before the first question: then the only one is that of the world.
    states: Vec<State>,
    history: Vec<(u64, Happened)>,
    /// Whether not all is in the history.
    pub history_is_cut: bool,
    /// Nothing more is judged of it.
    pub is_unjudged: bool,
    /// The block has been delivered to the node.
    pub is_delivered: bool,
}

impl Addressed {
    pub(super) fn new(role: Role, address: Address) -> Self {
        Addressed {
            role,
            address,
            kinds: Vec::new(),
            waiting: Vec::new(),
            states: Vec::new(),
            history: Vec::new(),
            history_is_cut: false,
            is_unjudged: false,
            is_delivered: false,
        }
    }

    /// What was said of it, as far as it is remembered.
    pub(super) fn history(&self) -> &[(u64, Happened)] {
        &self.history
    }

    /// Remembers that this was said.
    pub(super) fn remember(&mut self, line: u64, happened: Happened) {
        match self.history.len() < MOST_REMEMBERED {
            true => self.history.push((line, happened)),
            false => self.history_is_cut = true,
        }
    }

    /// The node was sent this. When it handles it is not known.
    pub(super) fn received(&mut self, world: &World, message: Message) {
        let event = Event::Received {
            from: world.peer,
            message,
        };
        let known = self.kinds.iter().position(|kind| *kind == event);
        let kind = known.unwrap_or_else(|| {
            self.kinds.push(event);
            self.waiting.push(0);
            for state in &mut self.states {
                state.waiting.push(0);
            }
            self.kinds.len() - 1
        });
        self.is_unjudged |= self.kinds.len() > MOST_KINDS;
        let count = |waiting: &mut Vec<u32>| waiting[kind] = waiting[kind].saturating_add(1);
        match self.states.is_empty() {
            true => count(&mut self.waiting),
            false => self.states.iter_mut().for_each(|it| count(&mut it.waiting)),
        }
    }

    /// The node has sent this part about it. `cid` is that of the block.
    pub(super) fn explain(&mut self, world: &World, part: &Part, cid: &BlockCid) -> Explained {
        if self.states.is_empty() {
            self.states.push(State {
                node: world.node.clone(),
                owed: Vec::new(),
                waiting: self.waiting.clone(),
                hidden: 0,
            });
        }
        match self.search(world, part, cid) {
            Ok(states) if states.is_empty() => Explained::No,
            Ok(states) => {
                let least = states.iter().map(|state| state.hidden).min();
                self.states = states;
                Explained::Yes(least.unwrap_or(0))
            }
            Err(TooMany) => Explained::CannotTell,
        }
    }

    /// The states in which the node has sent this part: those for which it has handled as little as can
    /// be of what it was sent. What it handles later leads from them to all others.
    fn search(&self, world: &World, part: &Part, cid: &BlockCid) -> Result<Vec<State>, TooMany> {
        let mut states = self.states.clone();
        for handled in 0..=MOST_HANDLED {
            let closed = self.close(states, world, cid)?;
            let mut explaining: Vec<State> = Vec::new();
            for state in &closed {
                let mut state = state.clone();
                if state.take(part) && !explaining.contains(&state) {
                    explaining.push(state);
                }
            }
            if !explaining.is_empty() || handled == MOST_HANDLED {
                return Ok(explaining);
            }
            states = self.handle_one(&closed, world)?;
            if states.is_empty() {
                return Ok(Vec::new());
            }
        }
        Ok(Vec::new())
    }

    /// All states that are reached from these by steps that do not show.
    fn close(
        &self,
        mut states: Vec<State>,
        world: &World,
        cid: &BlockCid,
    ) -> Result<Vec<State>, TooMany> {
        let mut place = 0;
        while place < states.len() {
            for event in hidden(&states[place], &self.address, self.role, world, cid) {
                let after = states[place].after(&event, &self.address, self.role, world, true)?;
                for state in after {
                    if !states.contains(&state) {
                        states.push(state);
                    }
                }
                if states.len() > MOST_STATES {
                    return Err(TooMany);
                }
            }
            place += 1;
        }
        Ok(states)
    }

    /// The states after one more of what the node was sent.
    fn handle_one(&self, states: &[State], world: &World) -> Result<Vec<State>, TooMany> {
        let mut handled: Vec<State> = Vec::new();
        for state in states {
            for (kind, event) in self.kinds.iter().enumerate() {
                if state.waiting[kind] == 0 {
                    continue;
                }
                let mut state = state.clone();
                state.waiting[kind] -= 1;
                for after in state.after(event, &self.address, self.role, world, false)? {
                    if !handled.contains(&after) {
                        handled.push(after);
                    }
                }
                if handled.len() > MOST_STATES {
                    return Err(TooMany);
                }
            }
        }
        Ok(handled)
    }

    /// Whether it may be forgotten without a difference.
    pub(super) fn is_idle(&self, world: &World) -> bool {
        let never_asked = self.states.is_empty() && self.kinds.is_empty();
        let states = self.states.iter().all(|state| state.is_idle(&world.peer));
        !self.is_unjudged && (self.is_delivered || never_asked || !self.states.is_empty() && states)
    }
}
