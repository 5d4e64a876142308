//! [`Draft`]: a node's next steps in one situation, before they are put into numbers.
//!
//! To take the steps and to judge them is most of the work of what the tables lack, and needs the tables
//! only to be read: several threads can do it at once. Only the numbers are given by one after the
//! other.

use blockexc_model::deviating::{Effect, OtherEffect};
use rustc_hash::FxHashSet;

use crate::network::limits::Retries;
use crate::network::names::{Peer, Small};
use crate::network::state::State;
use crate::search::checkable::Checkable;
use crate::search::parallel::in_parallel;
use crate::search::space::TableFull;

use super::components::LinkEnd;
use super::order::Order;
use super::tables::Tables;
use super::{FIRST_NODE, InternedNetwork, Row};

/// So many drafts are made before they are put into numbers: they take memory.
const TOGETHER: usize = 1 << 9;
/// A thread makes so many before it takes others.
const SHARE: usize = 1 << 5;

/// The next steps of a node.
pub(super) struct Draft {
    pub situation: u128,
    /// Which node.
    pub place: usize,
    /// As much of a state as they depend on.
    pub state: State,
    pub steps: Vec<Drafted>,
}

/// One of a node's next steps.
pub(super) struct Drafted {
    pub label: u8,
    /// Whether it [commutes](super::order) with the steps of other nodes.
    pub commutes: bool,
    pub next: State,
}

impl<const WORDS: usize, O: Order> InternedNetwork<'_, WORDS, O> {
    /// Works out the next steps of all nodes in these states, as far as the tables lack them and
    /// they are not to be skipped.
    pub(super) fn work_out_situations(
        &self,
        tables: &mut Tables,
        states: &[(&Row<WORDS>, O)],
        threads: usize,
    ) -> Result<(), TableFull> {
        let mut seen = FxHashSet::default();
        let mut lacking = Vec::new();
        for (row, skip) in states {
            let skipped = skip.skipped();
            for place in (0..self.links_of.len()).filter(|place| !skipped.all_of(*place)) {
                if self.steps_at(tables, row, place).is_none()
                    && seen.insert(self.situation(tables, row, place))
                {
                    lacking.push((*row, place));
                }
            }
        }
        for lacking in lacking.chunks(TOGETHER) {
            let shares = lacking.chunks(SHARE);
            let mut drafts: Vec<Vec<Draft>> = shares.clone().map(|_| Vec::new()).collect();
            let known = &*tables;
            in_parallel(
                threads,
                shares.zip(&mut drafts).collect(),
                |(share, drafts)| {
                    drafts.extend(
                        share
                            .iter()
                            .map(|(row, place)| self.draft(known, row, *place)),
                    );
                },
            );
            for draft in drafts.into_iter().flatten() {
                self.put_into_numbers(tables, draft)?;
            }
        }
        Ok(())
    }

    /// A node's next steps.
    pub(super) fn draft(&self, tables: &Tables, row: &Row<WORDS>, place: usize) -> Draft {
        let state = self.around(tables, row, place);
        let mut actions = Vec::new();
        self.network
            .actions_of(&state, Peer(place as u8), &mut actions);
        let steps = actions.into_iter().filter_map(|action| {
            let (next, effects) = self.network.perform(&state, &action)?;
            Some(Drafted {
                label: self.network.label(&action),
                commutes: self.commutes(&next, &effects),
                next,
            })
        });
        Draft {
            situation: self.situation(tables, row, place),
            place,
            steps: steps.collect(),
            state,
        }
    }

    /// As much of a state as a node's next steps depend on: what may still happen, the node, and its
    /// links. To fill in the rest would only be work.
    fn around(&self, tables: &Tables, row: &Row<WORDS>, place: usize) -> State {
        let common = tables.commons.get(row.0[0]);
        let mut state = self.blank.clone();
        state.left = common.left;
        state.ended = common.ended();
        state.nodes[place] = tables.nodes.get(row.0[FIRST_NODE + place]).clone();
        for end in self.links_of[place].iter().flatten() {
            let LinkEnd { open, end: awaits } = tables.ends.get(row.0[*end]);
            let end = end - self.first_link;
            let link = &mut state.links[end / 2];
            link.open = *open;
            link.ends[end % 2] = awaits.clone();
        }
        state
    }

    /// Whether a step that leads to this state, with these effects, [commutes](super::order) with
    /// the steps of other nodes.
    fn commutes(&self, next: &State, effects: &[Effect<Small>]) -> bool {
        let only_sends = effects.iter().all(|effect| match effect {
            Effect::Other(effect) => match effect {
                OtherEffect::ServeLater(_) => true,
                OtherEffect::Disconnect(_) | OtherEffect::RefuseStream | OtherEffect::Abort(_) => {
                    false
                }
            },
            Effect::Send { .. }
            | Effect::Keep { .. }
            | Effect::Obtained(_)
            | Effect::Failed(_)
            | Effect::Cancelled { .. }
            | Effect::Discover(_) => true,
        });
        only_sends && next.broken.is_empty() && self.network.retries == Retries::Limited
    }
}
