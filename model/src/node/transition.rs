//! [`Node::step`]: the transition function.

use crate::address::Names;
use crate::message::Message;

use super::behaviour::Behaviour;
use super::state::{Choose, Effect, Event, Node};
use super::step::Step;

impl<N: Names, B: Behaviour<N>> Node<N, B> {
    /// Handles one event: changes the state and says what is to be done, in order.
    pub fn step(
        &mut self, event: Event<N, B::Event>, choices: &mut impl Choose<N>,
    ) -> Vec<Effect<N, B::Effect>> {
        self.take_step(choices, |node, step| match event {
            Event::Joined(peer) => node.joined(peer, step),
            Event::Left(peer) => node.left(&peer, step),
            Event::Received { from, message } => node.received(&from, message, step),
            Event::Request(address) => node.request(address, step),
            Event::Cancel(address) => node.cancel(&address, step),
            Event::Retry(address) => node.retry(&address, step),
            Event::Stored { cid, leaves } => node.stored(cid, leaves, step),
            Event::Deleted(cid) => node.deleted(&cid, step),
            Event::Other(event) => B::other(node, event, step),
        })
    }

    /// One atomic step. What is no message comes first; then come the messages, peer by peer.
    pub(crate) fn take_step(
        &mut self, choices: &mut dyn Choose<N>, handle: impl FnOnce(&mut Self, &mut Step<'_, N, B>),
    ) -> Vec<Effect<N, B::Effect>> {
        let mut step = Step::new(choices);
        handle(self, &mut step);
        let mut effects = step.effects;
        for (to, owed) in step.owed {
            let send = |message: Message<N>| Effect::Send {
                to: to.clone(),
                message,
            };
            effects.extend(self.messages(owed).into_iter().map(send));
        }
        effects
    }
}
