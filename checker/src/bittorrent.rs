//! A small model of BitTorrent's peer wire, as far as presence and interest go: what the contexts
//! of this protocol are compared with.
//!
//! There a peer says which pieces it has (`bitfield` first, then `have`) to everybody who is
//! connected, wanted or not, and never which pieces it wants: only whether it wants *any* of what
//! the other has (`interested`, `not interested`). Whoever is not choked requests a piece and gets
//! it. The rule is that interest is kept up to date at all times: a downloader that would ask a
//! peer for nothing has told it so, choked or not.
//!
//! Here: two peers, each a downloader and an uploader, with a connection that is up from the start
//! and keeps the order of messages each way. `have` may complete pieces that come from elsewhere,
//! outside of the model.

use std::collections::VecDeque;

/// A set of pieces, one bit each: at most eight.
pub type Pieces = u8;

/// What one peer says to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    /// The pieces that the sender has at the start; left out when it has none.
    Bitfield(Pieces),
    /// The sender has this piece from now on.
    Have(u8),
    /// The receiver has pieces that the sender would request.
    Interested,
    /// It has none.
    NotInterested,
    /// The sender answers no requests.
    Choke,
    /// The sender answers requests.
    Unchoke,
    /// The sender asks for this piece.
    Request(u8),
    /// This piece.
    Piece(u8),
}

/// What a peer may get wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lapses {
    /// Interest is not taken back when the last piece worth requesting has been got elsewhere.
    pub stays_interested: bool,
    /// Interest is only looked at when the other unchokes.
    pub interest_when_unchoked: bool,
}

/// One of the two peers, with what it keeps about the other: there is no more to a context.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Peer {
    /// The pieces it has.
    pub has: Pieces,
    /// The pieces that the other is known to have, wanted or not.
    pub other_has: Pieces,
    /// It has told the other that it is interested.
    pub interested: bool,
    /// The other has said that it is interested.
    pub other_interested: bool,
    /// It answers no requests of the other.
    pub chokes: bool,
    /// The other has said that it answers no requests.
    pub choked: bool,
    /// The pieces requested of the other and not yet got.
    pub requested: Pieces,
    /// What it gets wrong.
    pub lapses: Lapses,
}

impl Peer {
    /// A peer that has these pieces, and knows nothing of the other yet. Both sides start choked
    /// and not interested.
    pub fn new(has: Pieces, lapses: Lapses) -> Self {
        Peer {
            has,
            other_has: 0,
            interested: false,
            other_interested: false,
            chokes: true,
            choked: true,
            requested: 0,
            lapses,
        }
    }

    /// What it would ask the other for, were it not choked.
    pub fn would_request(&self) -> Pieces {
        self.other_has & !self.has
    }

    /// The rule: whoever would ask for nothing has said so, and whoever would ask has said that.
    pub fn interest_is_up_to_date(&self) -> bool {
        self.interested == (self.would_request() != 0)
    }

    /// What it says first.
    pub fn greeting(&self) -> Option<Message> {
        (self.has != 0).then_some(Message::Bitfield(self.has))
    }

    /// It has got this piece.
    pub fn complete(&mut self, piece: u8) -> Vec<Message> {
        self.has |= bit(piece);
        self.requested &= !bit(piece);
        let mut said = vec![Message::Have(piece)];
        if !self.lapses.stays_interested {
            said.extend(self.interest());
        }
        said
    }

    /// It begins to answer requests, or no longer does.
    pub fn toggle_choke(&mut self) -> Message {
        self.chokes = !self.chokes;
        if self.chokes {
            Message::Choke
        } else {
            Message::Unchoke
        }
    }

    /// It asks for a piece, if there is one to ask for and it is not choked.
    pub fn request(&mut self) -> Option<Message> {
        let pieces = self.would_request() & !self.requested;
        if self.choked || !self.interested || pieces == 0 {
            return None;
        }
        // The lowest of eight bits: its number fits.
        let piece = pieces.trailing_zeros() as u8;
        self.requested |= bit(piece);
        Some(Message::Request(piece))
    }

    /// It handles a message, and says this.
    pub fn handle(&mut self, message: Message) -> Vec<Message> {
        match message {
            Message::Bitfield(pieces) => self.learn(pieces),
            Message::Have(piece) => self.learn(bit(piece)),
            Message::Interested => {
                self.other_interested = true;
                Vec::new()
            }
            Message::NotInterested => {
                self.other_interested = false;
                Vec::new()
            }
            Message::Choke => {
                self.choked = true;
                self.requested = 0;
                Vec::new()
            }
            Message::Unchoke => {
                self.choked = false;
                self.interest().into_iter().collect()
            }
            Message::Request(piece) if !self.chokes && self.has & bit(piece) != 0 => {
                vec![Message::Piece(piece)]
            }
            Message::Request(_) => Vec::new(),
            Message::Piece(piece) if self.has & bit(piece) != 0 => Vec::new(),
            Message::Piece(piece) => self.complete(piece),
        }
    }

    fn learn(&mut self, pieces: Pieces) -> Vec<Message> {
        self.other_has |= pieces;
        if self.lapses.interest_when_unchoked && self.choked {
            return Vec::new();
        }
        self.interest().into_iter().collect()
    }

    /// Says so when interest has changed.
    fn interest(&mut self) -> Option<Message> {
        let interested = self.would_request() != 0;
        if interested == self.interested {
            return None;
        }
        self.interested = interested;
        Some(if interested {
            Message::Interested
        } else {
            Message::NotInterested
        })
    }
}

fn bit(piece: u8) -> Pieces {
    1u8.checked_shl(u32::from(piece)).unwrap_or(0)
}

/// Two peers, and what is under way to each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Swarm {
    /// The peers.
    pub peers: [Peer; 2],
    /// The messages under way to each, in order.
    pub inboxes: [VecDeque<Message>; 2],
    /// How often either may still begin or cease to answer requests.
    pub toggles: u8,
    /// The pieces that may still come to a peer from elsewhere.
    pub elsewhere: [Pieces; 2],
}

/// Something that can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// This peer handles the first message under way to it.
    Handle(usize),
    /// This peer begins to answer requests, or no longer does.
    Toggle(usize),
    /// This peer requests a piece.
    Request(usize),
    /// This piece comes to this peer from elsewhere.
    Elsewhere(usize, u8),
}

impl Swarm {
    /// Two peers that have just connected and greeted each other.
    pub fn new(peers: [Peer; 2], toggles: u8, elsewhere: [Pieces; 2]) -> Self {
        let greetings = peers.clone().map(|peer| peer.greeting());
        let [first, second] = greetings.map(|greeting| greeting.into_iter().collect());
        Swarm {
            peers,
            inboxes: [second, first],
            toggles,
            elsewhere,
        }
    }

    /// What can happen next.
    pub fn actions(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        for at in [0, 1] {
            if !self.inboxes[at].is_empty() {
                actions.push(Action::Handle(at));
            }
            if self.toggles > 0 {
                actions.push(Action::Toggle(at));
            }
            if self.peers[at].clone().request().is_some() {
                actions.push(Action::Request(at));
            }
            let pieces = (0..8).filter(|piece| {
                self.elsewhere[at] & bit(*piece) != 0 && self.peers[at].has & bit(*piece) == 0
            });
            actions.extend(pieces.map(|piece| Action::Elsewhere(at, piece)));
        }
        actions
    }

    /// What comes of it; nothing when it cannot happen.
    pub fn after(&self, action: Action) -> Option<Swarm> {
        let mut next = self.clone();
        let (at, said) = match action {
            Action::Handle(at) => {
                let message = next.inboxes[at].pop_front()?;
                (at, next.peers[at].handle(message))
            }
            Action::Toggle(at) => {
                next.toggles = next.toggles.checked_sub(1)?;
                (at, vec![next.peers[at].toggle_choke()])
            }
            Action::Request(at) => (at, vec![next.peers[at].request()?]),
            Action::Elsewhere(at, piece) => {
                next.elsewhere[at] &= !bit(piece);
                (at, next.peers[at].complete(piece))
            }
        };
        next.inboxes[1 - at].extend(said);
        Some(next)
    }
}

/// The rule, at all times: each peer's interest is what it has last said.
pub fn interest_is_up_to_date(swarm: &Swarm) -> bool {
    swarm.peers.iter().all(Peer::interest_is_up_to_date)
}

/// The other side of the rule: once nothing is under way, each peer knows the other's interest.
pub fn interest_is_known(swarm: &Swarm) -> bool {
    let [first, second] = &swarm.peers;
    !swarm.inboxes.iter().all(VecDeque::is_empty)
        || first.interested == second.other_interested
            && second.interested == first.other_interested
}

/// Whether a peer knows of pieces that it does not want: what PRES-1 forbids here, and BitTorrent
/// does on purpose.
pub fn knows_of_unwanted_pieces(swarm: &Swarm) -> bool {
    swarm
        .peers
        .iter()
        .any(|peer| peer.other_has & peer.has != 0)
}

impl stateright::Model for Swarm {
    type State = Swarm;
    type Action = Action;

    fn init_states(&self) -> Vec<Swarm> {
        vec![self.clone()]
    }

    fn actions(&self, state: &Swarm, actions: &mut Vec<Action>) {
        actions.extend(state.actions());
    }

    fn next_state(&self, state: &Swarm, action: Action) -> Option<Swarm> {
        state.after(action)
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        use stateright::Property;
        vec![
            Property::always("interest is up to date", |_: &Swarm, state: &Swarm| {
                interest_is_up_to_date(state)
            }),
            Property::always("interest is known", |_: &Swarm, state: &Swarm| {
                interest_is_known(state)
            }),
            Property::sometimes("a piece is got", |_: &Swarm, state: &Swarm| {
                let under_way = |at: usize| state.inboxes[at].iter();
                [0, 1]
                    .iter()
                    .any(|at| under_way(*at).any(|message| matches!(message, Message::Piece(_))))
            }),
            Property::sometimes("interest is taken back", |_: &Swarm, state: &Swarm| {
                state
                    .inboxes
                    .iter()
                    .flatten()
                    .any(|message| *message == Message::NotInterested)
            }),
            Property::sometimes("an unwanted piece is known", |_: &Swarm, state: &Swarm| {
                knows_of_unwanted_pieces(state)
            }),
        ]
    }
}
