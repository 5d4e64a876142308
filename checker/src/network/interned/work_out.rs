//! Works out what the tables lack, by [`Network`](crate::network::closed::Network)'s own steps.

use blockexc_model::deviating::Node;

use crate::network::names::Small;
use crate::network::state::State;
use crate::search::interner::UNKNOWN;
use crate::search::space::TableFull;

use super::components::{Common, CommonChange, FarChange, LinkEnd, MOST_LINKS, Step, Steps};
use super::draft::{Draft, Drafted};
use super::order::{Order, Skipped};
use super::tables::{Tables, UNCHANGED};
use super::{FIRST_NODE, InternedNetwork, Row};

impl<const WORDS: usize, O: Order> InternedNetwork<'_, WORDS, O> {
    /// The row of this state, whose components are interned.
    pub(super) fn intern(
        &self,
        tables: &mut Tables,
        state: &State,
    ) -> Result<Row<WORDS>, TableFull> {
        let mut row = Row([0; WORDS]);
        row.0[0] = self.common(tables, Common::of(state))?;
        for (place, node) in state.nodes.iter().enumerate() {
            row.0[FIRST_NODE + place] = self.node(tables, node.clone())?;
        }
        for (place, end) in LinkEnd::all_of(state).enumerate() {
            row.0[self.first_link + place] = self.end(tables, end)?;
        }
        Ok(row)
    }

    fn node(&self, tables: &mut Tables, node: Node<Small>) -> Result<u16, TableFull> {
        tables.intern_node(node, &self.symmetry.renamings)
    }

    fn end(&self, tables: &mut Tables, end: LinkEnd) -> Result<u16, TableFull> {
        tables.intern_end(end, &self.symmetry.renamings, self.network.retries)
    }

    fn common(&self, tables: &mut Tables, common: Common) -> Result<u16, TableFull> {
        tables.intern_common(common, &self.symmetry.renamings)
    }

    /// Works out everything that the transitions of this state need, but for those to be skipped.
    pub(super) fn work_out_transitions(
        &self,
        tables: &mut Tables,
        row: &Row<WORDS>,
        skipped: Skipped,
    ) -> Result<(), TableFull> {
        for link in (0..self.network.pairs.len()).filter(|link| !skipped.link(*link)) {
            if let Some((change, far_change)) = self.opening(tables, row, link) {
                self.work_out_common(tables, row.0[0], change)?;
                for end in &row.0[self.first_link + 2 * link..][..2] {
                    self.work_out_end(tables, *end, far_change)?;
                }
            }
        }
        for (place, links) in self.links_of.iter().enumerate() {
            if skipped.all_of(place) {
                continue;
            }
            if self.steps_at(tables, row, place).is_none() {
                let draft = self.draft(tables, row, place);
                self.put_into_numbers(tables, draft)?;
            }
            let steps = self.steps_at(tables, row, place).unwrap_or(Steps::NONE);
            for step in steps.range() {
                let step = tables.steps[step];
                if skipped.step(place, &step) {
                    continue;
                }
                self.work_out_common(tables, row.0[0], step.change)?;
                for (i, [_, far]) in links.iter().enumerate() {
                    self.work_out_end(tables, row.0[*far], step.far[i])?;
                }
            }
        }
        Ok(())
    }

    /// Notes a node's next steps, in numbers.
    pub(super) fn put_into_numbers(
        &self,
        tables: &mut Tables,
        draft: Draft,
    ) -> Result<(), TableFull> {
        let first = tables.steps.len();
        for drafted in &draft.steps {
            let step = self.step(tables, &draft, drafted)?;
            tables.steps.push(step);
        }
        let count = u16::try_from(draft.steps.len());
        let (Ok(first), Ok(count)) = (u32::try_from(first), count) else {
            return Err(TableFull {
                what: "steps",
                most: u32::MAX as usize,
            });
        };
        let steps = Steps {
            first,
            count,
            commute: draft.steps.iter().all(|step| step.commutes),
        };
        tables.situations.insert(draft.situation, steps);
        Ok(())
    }

    /// This step of a node, in numbers.
    fn step(
        &self,
        tables: &mut Tables,
        draft: &Draft,
        drafted: &Drafted,
    ) -> Result<Step, TableFull> {
        let (state, place) = (&draft.state, draft.place);
        let Drafted {
            label,
            commutes,
            next,
        } = drafted;
        let mut step = Step {
            node: self.node(tables, next.nodes[place].clone())?,
            ends: [0; MOST_LINKS],
            far: [UNCHANGED; MOST_LINKS],
            change: tables.changes.intern(CommonChange::between(state, next))?,
            label: *label,
            commutes: *commutes,
        };
        for (i, own_and_far) in self.links_of[place].iter().enumerate() {
            let [own, far] = own_and_far.map(|end| end - self.first_link);
            let (link, own, far) = (own / 2, own % 2, far % 2);
            let [before, after] = [state, next].map(|state| &state.links[link]);
            let end = LinkEnd {
                open: after.open,
                end: after.ends[own].clone(),
            };
            step.ends[i] = self.end(tables, end)?;
            let under_way = before.ends[far].inbox.len();
            let sent = after.ends[far].inbox.iter().skip(under_way).cloned();
            step.far[i] = tables.far_changes.intern(if before.open && !after.open {
                FarChange::Closes
            } else {
                match sent.collect::<Vec<_>>() {
                    sent if sent.is_empty() => FarChange::None,
                    sent => FarChange::Receives(sent),
                }
            })?;
        }
        Ok(step)
    }

    fn work_out_end(&self, tables: &mut Tables, end: u16, change: u16) -> Result<(), TableFull> {
        if tables.ends_after.get(end, change) != UNKNOWN {
            return Ok(());
        }
        let after = tables.ends.get(end).after(tables.far_changes.get(change));
        let after = self.end(tables, after)?;
        tables.ends_after.set(end, change, after);
        Ok(())
    }

    fn work_out_common(
        &self,
        tables: &mut Tables,
        common: u16,
        change: u16,
    ) -> Result<(), TableFull> {
        if tables.commons_after.get(common, change) != UNKNOWN {
            return Ok(());
        }
        let after = tables.commons.get(common).after(tables.changes.get(change));
        let after = self.common(tables, after)?;
        tables.commons_after.set(common, change, after);
        Ok(())
    }
}
