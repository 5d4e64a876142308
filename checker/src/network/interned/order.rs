//! [`Skipped`]: steps that need not be taken, since the same comes about in another order.
//!
//! Steps of different nodes commute: whichever comes first, both can be taken, and the state after
//! both is the same. A search that takes them in every order finds each state many times over. In
//! one order it finds the same states, each after as few steps, by a part of the transitions.
//!
//! # Which steps commute
//!
//! A step of a node reads the node, its own ends of its links (whether they are open, the news and
//! messages that await it there) and what may still happen. It changes the node and its own ends,
//! takes at most one from what may still happen, and puts messages behind those at the far ends.
//! Let `t` be a step of node `j` from state `w` to state `x`, and `u` a step of another node `i` that
//! can be taken from both. Then `u` does the same in both: the node, its links, its news and the
//! first message that awaits it are the same, since `t` has only put messages behind. After `u`,
//! `t` can be taken for the same reason; and if both take from the same limit there were two left in
//! `w`, for `u` can be taken after `t`. Each puts its messages where the other takes none or takes
//! the first, and they put them at different ends. So the state after both is the same.
//!
//! That a link opens or closes commutes in the same way with a step of a node that does not have
//! the link.
//!
//! A step does not count as one that commutes when it does more than that: when it closes a link,
//! refuses a stream or ends its node's process, which only deviating nodes do; when it breaks a
//! rule, for the state after it says so; and where a retry depends on how many messages are under
//! way at the far ends ([`Retries::Unlimited`]).
//!
//! # Why every state is found, after as few steps
//!
//! Order what can happen by a *rank*: openings and closings of links are lowest, and each step of a
//! node has the rank of the node, as below. From a state `x` that was found one step after `w` by `t`,
//! a `u` of *lower* rank is skipped when the two commute as above and `u` can be taken from `w` too. By
//! "found by" is meant every transition that leads to `x` from a state that is one step nearer to the
//! start, not only the first.
//!
//! *Every state `z` that is `d` steps away from the start is found after `d` steps.* By induction: all
//! nearer ones are found so. `z` comes from some `x` that is `d - 1` steps away, by some `u`. If `u` is
//! not skipped there, `z` is found. If it is, then because of some `w` that is `d - 2` steps away, and
//! some `t` of higher rank. Let `y` be the state after `u` from `w`. It is at most `d - 1` steps away,
//! and not less, since `t` leads from it to `z`, which is `d` steps away. So `z` comes from `y`, `d - 1`
//! steps away, by `t`, whose rank is higher than that of `u`. Is `t` skipped there? Then the same is
//! said again, and the rank rises again. It cannot rise for ever: at last there is one that is not
//! skipped.
//!
//! The argument needs that the rank of `t` in `y` is its rank in `w`. It is: `u` does not change node
//! `j`, and the rank is made of nothing else. Where names count, the rank of a node is its place.
//! Where states that differ in names alone count as one, places mean nothing; the rank is then a
//! number of the node's state that is the same under all names (the least of the numbers that it
//! has under the renamings). Nodes of the same rank skip nothing of each other.
//!
//! # What follows
//!
//! All states are found, each after as many steps as before: whatever is said of single states or
//! of single steps has the same verdict, by a counterexample of the same length, for a step that
//! breaks a rule leads to a state that says so. How many states there are and how deep is the same. What
//! is *not* the same are the transitions: what is said of ways that go on for ever
//! ([`fair_cycles`](crate::search::fair_cycles)) cannot be asked of such a search, and it keeps no graph.
//!
//! [`Retries::Unlimited`]: crate::network::limits::Retries::Unlimited

use crate::search::space::Skip;

use super::components::{MOST_LINKS, MOST_NODES, Step};

/// Which steps need not be taken from a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Of each node: [`NONE`] of its steps, [`ALL`], or all but that by which it handles a message,
    /// which has this label.
    pub(super) nodes: [u8; MOST_NODES],
    /// A bit for each link that need not open or close.
    pub(super) links: u16,
}

// Every link has two nodes.
const _: () = assert!(MOST_NODES * MOST_LINKS / 2 <= u16::BITS as usize);

/// None of a node's steps: the label of what meets no obligation.
pub(super) const NONE: u8 = crate::search::graph::FREE;
/// All of a node's steps.
pub(super) const ALL: u8 = u8::MAX;

/// The label of the step by which a node handles what awaits it at this end of a link.
/// [`Network::obligation`](crate::network::closed::Network::obligation) says so.
pub(super) fn handles(end: usize) -> u8 {
    // There are few links.
    end as u8 + 1
}

/// The end of which this is the label.
pub(super) fn handled(label: u8) -> usize {
    usize::from(label) - 1
}

impl Skipped {
    /// Whether this link need not open or close.
    #[inline]
    pub(super) fn link(&self, link: usize) -> bool {
        self.links & 1 << link != 0
    }

    /// Whether none of this node's steps need be taken.
    #[inline]
    pub(super) fn all_of(&self, place: usize) -> bool {
        self.nodes[place] == ALL
    }

    /// Whether this step of this node need not be taken.
    #[inline]
    pub(super) fn step(&self, place: usize, step: &Step) -> bool {
        let skipped = self.nodes[place];
        skipped != NONE && step.label != skipped
    }
}

impl Skip for Skipped {
    #[inline]
    fn add(&mut self, other: Skipped) {
        for (known, more) in self.nodes.iter_mut().zip(other.nodes) {
            *known = match (*known, more) {
                (NONE, one) | (one, NONE) => one,
                (one, same) if one == same => one,
                // What one does not skip, the other does.
                _ => ALL,
            };
        }
        self.links |= other.links;
    }
}

/// Whether steps that commute are taken in every order, `()`, or in one, [`Skipped`].
pub trait Order: Skip {
    /// Whether it is one order.
    const IS_ONE: bool;

    /// What is skipped.
    fn skipped(self) -> Skipped;

    /// This is skipped, if anything is.
    fn of(skipped: Skipped) -> Self;
}

impl Order for () {
    const IS_ONE: bool = false;

    fn skipped(self) -> Skipped {
        Skipped::default()
    }

    fn of(_: Skipped) {}
}

impl Order for Skipped {
    const IS_ONE: bool = true;

    fn skipped(self) -> Skipped {
        self
    }

    fn of(skipped: Skipped) -> Self {
        skipped
    }
}
