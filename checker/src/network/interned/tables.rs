//! [`Tables`]: the components that were met, and the steps that were worked out.

use blockexc_model::deviating::Node;
use rustc_hash::FxHashMap;

use crate::network::limits::{Limits, Retries};
use crate::network::names::Small;
use crate::network::symmetry::Renaming;
use crate::search::interner::{Interner, Memo};
use crate::search::space::TableFull;

use super::components::{Common, CommonChange, FarChange, LinkEnd, Step, Steps};

/// The numbers of the first far changes.
pub(super) const UNCHANGED: u16 = 0;
pub(super) const CLOSES: u16 = 1;
pub(super) const OPENS: u16 = 2;

/// The numbers of the changes of the common part that opening and closing a link are.
pub(super) const ONE_CONNECT: u16 = 0;
pub(super) const ONE_DISCONNECT: u16 = 1;

/// What was interned and worked out of a network.
pub struct Tables {
    pub(super) nodes: Interner<Node<Small>>,
    pub(super) ends: Interner<LinkEnd>,
    pub(super) commons: Interner<Common>,
    pub(super) changes: Interner<CommonChange>,
    pub(super) far_changes: Interner<FarChange>,
    /// The least number of each node under all renamings.
    pub(super) node_classes: Vec<u16>,
    /// What is needed of each end and of each common part, without looking at it.
    pub(super) end_facts: Vec<EndFacts>,
    pub(super) common_facts: Vec<CommonFacts>,
    /// Where a node's next steps stand, by its situation.
    pub(super) situations: FxHashMap<u128, Steps>,
    pub(super) steps: Vec<Step>,
    /// What becomes of an end by a far change, and of a common part by a change.
    pub(super) ends_after: Memo,
    pub(super) commons_after: Memo,
}

#[derive(Clone, Copy)]
pub(super) struct EndFacts {
    pub open: bool,
    pub quiet: bool,
    pub has_mail: bool,
    /// So much is under way that no want is pursued anew.
    pub crowded: bool,
}

#[derive(Clone, Copy)]
pub(super) struct CommonFacts {
    /// Which of the limits are not yet reached, a bit each: the first two are those of
    /// connections.
    pub may: u8,
    pub ended: u8,
    pub keeps_all: bool,
}

impl Default for Tables {
    fn default() -> Self {
        let change = |connects, disconnects| CommonChange {
            spent: Limits {
                connects,
                disconnects,
                ..Limits::default()
            },
            ..CommonChange::default()
        };
        Tables {
            nodes: Interner::new("nodes", []),
            ends: Interner::new("ends of links", []),
            commons: Interner::new("ways of what may still happen", []),
            // In the order of ONE_CONNECT and ONE_DISCONNECT.
            changes: Interner::new(
                "changes of what may still happen",
                [change(1, 0), change(0, 1)],
            ),
            // In the order of UNCHANGED, CLOSES and OPENS.
            far_changes: Interner::new(
                "things said in one step",
                [FarChange::None, FarChange::Closes, FarChange::Opens],
            ),
            node_classes: Vec::new(),
            end_facts: Vec::new(),
            common_facts: Vec::new(),
            situations: FxHashMap::default(),
            steps: Vec::new(),
            ends_after: Memo::default(),
            commons_after: Memo::default(),
        }
    }
}

/// How many different components a network's states are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Components {
    /// Different nodes.
    pub nodes: usize,
    /// Different ends of links.
    pub ends: usize,
    /// Different situations of a node.
    pub situations: usize,
}

impl Tables {
    /// How many different components were met.
    pub fn components(&self) -> Components {
        Components {
            nodes: self.nodes.len(),
            ends: self.ends.len(),
            situations: self.situations.len(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.ends_after.bytes()
            + self.commons_after.bytes()
            + self.steps.capacity() * size_of::<Step>()
            + self.situations.capacity() * size_of::<(u128, Steps)>()
    }

    /// The number of this node, which is interned with its images.
    pub(super) fn intern_node(
        &mut self,
        node: Node<Small>,
        renamings: &[Renaming],
    ) -> Result<u16, TableFull> {
        let number = self.nodes.intern(node)?;
        self.nodes.intern_images(renamings, Renaming::node)?;
        for number in self.node_classes.len()..self.nodes.len() {
            // There are no more than that.
            let number = number as u16;
            let images = (0..renamings.len()).map(|which| self.nodes.image(which, number));
            self.node_classes.push(images.fold(number, u16::min));
        }
        Ok(number)
    }

    /// The number of this end, which is interned with its images.
    pub(super) fn intern_end(
        &mut self,
        end: LinkEnd,
        renamings: &[Renaming],
        retries: Retries,
    ) -> Result<u16, TableFull> {
        let number = self.ends.intern(end)?;
        self.ends
            .intern_images(renamings, |renaming, end| LinkEnd {
                open: end.open,
                end: renaming.end(&end.end),
            })?;
        for end in self.ends.from(self.end_facts.len()) {
            self.end_facts.push(EndFacts {
                open: end.open,
                quiet: end.end.is_quiet(),
                has_mail: !end.end.inbox.is_empty(),
                crowded: match retries {
                    Retries::Unlimited { room } => end.end.inbox.len() >= room,
                    Retries::Limited => true,
                },
            });
        }
        Ok(number)
    }

    /// The number of this common part, which is interned with its images.
    pub(super) fn intern_common(
        &mut self,
        common: Common,
        renamings: &[Renaming],
    ) -> Result<u16, TableFull> {
        let number = self.commons.intern(common)?;
        self.commons
            .intern_images(renamings, |renaming, common| Common {
                ended: renaming.set_of_peers(common.ended),
                ..*common
            })?;
        for common in self.commons.from(self.common_facts.len()) {
            self.common_facts.push(CommonFacts {
                may: common
                    .left
                    .counts()
                    .into_iter()
                    .enumerate()
                    .fold(0, |may, (i, left)| may | u8::from(left > 0) << i),
                ended: common.ended,
                keeps_all: common.broken.is_empty(),
            });
        }
        Ok(number)
    }
}
