//! The successors of a state, by what stands in the tables.

use crate::search::graph::FREE;
use crate::search::interner::UNKNOWN;

use super::tables::{CLOSES, CommonFacts, ONE_CONNECT, ONE_DISCONNECT, OPENS, Tables, UNCHANGED};
use super::{FIRST_NODE, InternedNetwork, Row};

impl<const WORDS: usize> InternedNetwork<'_, WORDS> {
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

    /// The canonical form of a state: the least of its renamings.
    pub(super) fn canonical(&self, tables: &Tables, row: Row<WORDS>) -> Row<WORDS> {
        if self.symmetry.renamings.is_empty() {
            return row;
        }
        let mut least = row;
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
            least = least.min(image);
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
    ) -> Option<(u32, u32)> {
        if tables.common_facts[usize::from(row.0[0])].ended & 1 << place != 0 {
            return Some((0, 0));
        }
        let situation = self.situation(tables, row, place);
        tables.situations.get(&situation).copied()
    }

    /// Gives the transitions of a state, whose nodes' next steps stand here. Says no when the
    /// tables lack something.
    pub(super) fn give(
        &self,
        tables: &Tables,
        row: &Row<WORDS>,
        steps_at: &[Option<(u32, u32)>],
        mut found: impl FnMut(u8, Row<WORDS>),
    ) -> bool {
        for link in 0..self.network.pairs.len() {
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
            found(FREE, self.canonical(tables, next));
        }
        for (place, (links, steps)) in self.links_of.iter().zip(steps_at).enumerate() {
            let Some((first, count)) = *steps else {
                return false;
            };
            for step in &tables.steps[first as usize..][..count as usize] {
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
                found(step.label, self.canonical(tables, next));
            }
        }
        true
    }
}
