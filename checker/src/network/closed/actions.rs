//! What can happen in a closed network.

use blockexc_model::address::Address;

use crate::network::action::{Act, Action};
use crate::network::limits::Retries;
use crate::network::names::Peer;
use crate::network::state::{News, State};
use crate::step::choice::{self, Script};

use super::Network;

impl Network {
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
    pub(crate) fn actions_between(&self, state: &State, actions: &mut Vec<Action>) {
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
    pub(crate) fn actions_of(&self, state: &State, node: Peer, actions: &mut Vec<Action>) {
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
    pub(crate) fn possible(&self, state: &State) -> Vec<Action> {
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
}
