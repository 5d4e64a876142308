//! What an action does in a closed network.

use blockexc_model::deviating::{Effect, Event, OtherEffect, OtherEvent};
use blockexc_model::deviation::Deviation;
use blockexc_model::message::Message;

use crate::network::action::{Act, Action};
use crate::network::limits::{Retries, forget_how_often};
use crate::network::names::{Peer, Small};
use crate::network::role::Answers;
use crate::network::state::{End, News, State};
use crate::step::choice::Script;
use crate::step::rules::{PredicateSet, Step};

use super::{Network, UNCONNECTED, UNREAD};

impl Network {
    /// The event that an act is to its node; nothing when it cannot happen.
    pub fn event(&self, state: &State, node: Peer, act: Act) -> Option<Event<Small>> {
        Some(match act {
            Act::Join(peer) => Event::Joined(peer),
            Act::Leave(peer) => Event::Left(peer),
            Act::Serve(peer) => Event::Other(OtherEvent::Serve(peer)),
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
        if role.setup.deviations.contains(Deviation::OwnStreamOnly)
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
            Effect::Other(OtherEffect::ServeLater(peer)) => {
                if let Some((link, end)) = self.end(node, *peer) {
                    next.links[link].ends[end].serves = true;
                }
            }
            Effect::Other(OtherEffect::Disconnect(peer)) => self.close(next, node, *peer),
            // With the stream goes what is under way on it, and a node uses one stream for all.
            Effect::Other(OtherEffect::RefuseStream) => {
                if let Some((link, end)) = from.and_then(|from| self.end(node, from)) {
                    next.links[link].ends[end].inbox.clear();
                }
            }
            Effect::Other(OtherEffect::Abort(_)) => {
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
