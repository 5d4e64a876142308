//! The successors of a state, by what stands in the tables.

use crate::search::graph::FREE;
use crate::search::interner::UNKNOWN;

use super::components::{Step, Steps};
use super::order::{ALL, NONE, Order, Skipped, handled, handles};
use super::tables::{CLOSES, CommonFacts, ONE_CONNECT, ONE_DISCONNECT, OPENS, Tables, UNCHANGED};
use super::{FIRST_NODE, InternedNetwork, Row};

impl<const WORDS: usize, O: Order> InternedNetwork<'_, WORDS, O> {
    /// On what this node's next steps depend, put into one number: the node, which one it is, what
    /// awaits it, what may still happen, and whether a retry has room.
    pub(super) fn situation(&self, tables: &Tables, row: &Row<WORDS>, place: usize) -> u128 {
        let node = row.0[FIRST_NODE + place];
        let may = tables.common_facts[usize::from(row.0[0])].may;
        let mut has_room = true;
        let mut situation = u128::from(node);
        for own_and_far in &self.links_of[place] {
            for end in own_and_far {
                has_room &= !tables.end_facts[usize::from(row.0[*end])].crowded;
            }
            situation = situation << 16 | u128::from(row.0[own_and_far[0]]);
        }
        // Eight nodes at most, and seven limits.
        situation << 16 | u128::from(place as u8) << 8 | u128::from(may) << 1 | u128::from(has_room)
    }

    /// The canonical form of a state, which is the least of its renamings, and by which of them it
    /// comes about.
    #[inline]
    pub(super) fn canonical(
        &self,
        tables: &Tables,
        row: Row<WORDS>,
    ) -> (Row<WORDS>, Option<usize>) {
        match self.symmetry.renamings.is_empty() {
            true => (row, None),
            false => self.least(tables, row),
        }
    }

    fn least(&self, tables: &Tables, row: Row<WORDS>) -> (Row<WORDS>, Option<usize>) {
        let mut least = (row, None);
        for (which, renaming) in self.symmetry.renamings.iter().enumerate() {
            let mut image = Row([0; WORDS]);
            image.0[0] = tables.commons.image(which, row.0[0]);
            for (from, to) in renaming.peers.iter().enumerate() {
                let node = row.0[FIRST_NODE + from];
                image.0[FIRST_NODE + usize::from(*to)] = tables.nodes.image(which, node);
            }
            for (from, to) in renaming.ends.iter().enumerate() {
                let end = row.0[self.first_link + from];
                image.0[self.first_link + to] = tables.ends.image(which, end);
            }
            if image < least.0 {
                least = (image, Some(which));
            }
        }
        least
    }

    /// How this link may open or close: the change of the common part, and of both ends.
    pub(super) fn opening(
        &self,
        tables: &Tables,
        row: &Row<WORDS>,
        link: usize,
    ) -> Option<(u16, u16)> {
        let CommonFacts { may, ended, .. } = tables.common_facts[usize::from(row.0[0])];
        let [a, b] = self.network.pairs[link];
        if ended & (1 << a.0 | 1 << b.0) != 0 {
            return None;
        }
        let end = row.0[self.first_link + 2 * link];
        match tables.end_facts[usize::from(end)].open {
            true if may & 2 != 0 => Some((ONE_DISCONNECT, CLOSES)),
            false if may & 1 != 0 => Some((ONE_CONNECT, OPENS)),
            _ => None,
        }
    }

    /// Where this node's next steps stand.
    pub(super) fn steps_at(
        &self,
        tables: &Tables,
        row: &Row<WORDS>,
        place: usize,
    ) -> Option<Steps> {
        if tables.common_facts[usize::from(row.0[0])].ended & 1 << place != 0 {
            return Some(Steps::NONE);
        }
        let situation = self.situation(tables, row, place);
        tables.situations.get(&situation).copied()
    }

    /// Gives the transitions of a state that are not skipped, whose nodes' next steps stand here,
    /// with what may be skipped after them. Says no when the tables lack something.
    pub(super) fn give(
        &self,
        tables: &Tables,
        row: &Row<WORDS>,
        skipped: Skipped,
        steps_at: &[Option<Steps>],
        mut found: impl FnMut(u8, Row<WORDS>, O),
    ) -> bool {
        for link in (0..self.network.pairs.len()).filter(|link| !skipped.link(*link)) {
            let Some((change, far_change)) = self.opening(tables, row, link) else {
                continue;
            };
            let mut next = *row;
            next.0[0] = tables.commons_after.get(row.0[0], change);
            let mut known = next.0[0] != UNKNOWN;
            for end in &mut next.0[self.first_link + 2 * link..][..2] {
                *end = tables.ends_after.get(*end, far_change);
                known &= *end != UNKNOWN;
            }
            if !known {
                return false;
            }
            let (next, _) = self.canonical(tables, next);
            // Nothing has a lower rank.
            found(FREE, next, O::default());
        }
        for (place, (links, steps)) in self.links_of.iter().zip(steps_at).enumerate() {
            let Some(steps) = *steps else {
                return false;
            };
            let lower = match O::IS_ONE && steps.count > 0 {
                true => self.lower(tables, row, place, steps_at),
                false => Skipped::default(),
            };
            for step in &tables.steps[steps.range()] {
                if skipped.step(place, step) {
                    continue;
                }
                let mut next = *row;
                next.0[0] = tables.commons_after.get(row.0[0], step.change);
                next.0[FIRST_NODE + place] = step.node;
                let mut known = next.0[0] != UNKNOWN;
                for (i, [own, far]) in links.iter().enumerate() {
                    next.0[*own] = step.ends[i];
                    if step.far[i] != UNCHANGED {
                        let after = tables.ends_after.get(row.0[*far], step.far[i]);
                        next.0[*far] = after;
                        known &= after != UNKNOWN;
                    }
                }
                if !known {
                    return false;
                }
                let (next, renaming) = self.canonical(tables, next);
                let skip = match O::IS_ONE && step.commutes {
                    true => self.skipped_after(tables, row, place, step, lower, renaming),
                    false => Skipped::default(),
                };
                found(step.label, next, O::of(skip));
            }
        }
        true
    }

    /// The rank of a node's steps: see [`order`](super::order).
    fn rank(&self, tables: &Tables, row: &Row<WORDS>, place: usize) -> u16 {
        match self.symmetry.renamings.is_empty() {
            // There are few nodes.
            true => place as u16,
            false => tables.node_classes[usize::from(row.0[FIRST_NODE + place])],
        }
    }

    /// What can happen in this state, has a lower rank than the steps of this node, and commutes with
    /// those of them that commute.
    fn lower(
        &self,
        tables: &Tables,
        row: &Row<WORDS>,
        place: usize,
        steps_at: &[Option<Steps>],
    ) -> Skipped {
        let rank = self.rank(tables, row, place);
        let mut lower = Skipped {
            links: self.links_without[place],
            ..Skipped::default()
        };
        for (other, steps) in steps_at.iter().enumerate().take(self.links_of.len()) {
            // Steps that are skipped here commute: they were skipped for that.
            if steps.is_some_and(|steps| steps.commute) && self.rank(tables, row, other) < rank {
                lower.nodes[other] = ALL;
            }
        }
        lower
    }

    /// What may be skipped after this step: what could happen before it, has a lower rank and
    /// commutes with it. The state after the step was renamed so.
    fn skipped_after(
        &self,
        tables: &Tables,
        row: &Row<WORDS>,
        place: usize,
        step: &Step,
        mut lower: Skipped,
        renaming: Option<usize>,
    ) -> Skipped {
        for (i, [_, far]) in self.links_of[place].iter().enumerate() {
            let had_mail = tables.end_facts[usize::from(row.0[*far])].has_mail;
            let skipped = &mut lower.nodes[self.node_at[far - self.first_link]];
            if step.far[i] != UNCHANGED && !had_mail && *skipped != NONE {
                // Before the step there was nothing to be handled.
                *skipped = handles(far - self.first_link);
            }
        }
        match renaming {
            None => lower,
            Some(which) => self.renamed(lower, which),
        }
    }

    /// What is skipped, by the new names.
    fn renamed(&self, skipped: Skipped, which: usize) -> Skipped {
        let renaming = &self.symmetry.renamings[which];
        let mut renamed = Skipped::default();
        for (from, to) in renaming.peers.iter().enumerate() {
            renamed.nodes[usize::from(*to)] = match skipped.nodes[from] {
                all_or_none @ (NONE | ALL) => all_or_none,
                label => handles(renaming.ends[handled(label)]),
            };
        }
        for link in (0..self.network.pairs.len()).filter(|link| skipped.link(*link)) {
            renamed.links |= 1 << (renaming.ends[2 * link] / 2);
        }
        renamed
    }
}
