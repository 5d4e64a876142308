//! Whether open requests could be met, and why not.

use blockexc_checker::analysis::interop::Obtained;
use blockexc_model::deviating::ask::BEST;
use blockexc_model::{Deviation, Dialect};

use super::Simulation;
use crate::simulate::properties::MET;
use crate::simulate::requests::{LossReason, Request};
use crate::wire::cid::MANIFEST;
use crate::wire::{Address, BlockCid};

impl Simulation<'_> {
    /// Examines every open request.
    pub(super) fn examine_requests(&mut self) {
        let open: Vec<u64> = self.requests.open().map(|(number, _)| number).collect();
        for number in open {
            self.examine_request(number);
        }
    }

    /// Updates the loss reason of an open request. A request that nothing prevents from being met
    /// is a violation.
    pub(super) fn examine_request(&mut self, number: u64) {
        let Some(request) = self.requests.get(number) else {
            return;
        };
        let previous = request.loss_reason;
        let node = request.node;
        let greatest = (0..self.nodes.len())
            .filter(|&holder| holder != node)
            .map(|holder| self.loss_reason(request, holder))
            .max();
        let Some(reason) = greatest else {
            return;
        };
        self.requests.raise_loss_reason(number, reason);
        if reason == LossReason::Missed && previous < LossReason::Missed {
            self.violated(node, MET);
        }
    }

    /// Why this holder does not meet the request.
    fn loss_reason(&self, request: &Request, holder: usize) -> LossReason {
        let [asker, other] = [request.node, holder].map(|node| &self.nodes[node]);
        let Some(held) = other.valid_block(&request.address) else {
            return LossReason::NobodyHeldIt;
        };
        let Some(opened) = self.links.open_since(request.node, holder) else {
            return LossReason::NeverConnected;
        };
        if !asker.is_healthy() || !other.is_healthy() {
            return LossReason::Misbehaved;
        }
        let before = held.since < opened;
        let predicted = self
            .predictions
            .from_holder(asker.dialect, other.dialect, before);
        if predicted != Obtained::Always {
            return LossReason::Dialects;
        }
        let since = [
            opened,
            held.since,
            other.healthy_since,
            asker.healthy_since,
            request.since,
        ];
        let since = since.into_iter().max().unwrap_or_default();
        if self.now.saturating_sub(since) < self.time_to_meet() {
            LossReason::Briefly
        } else if self.predictions.despite_broken_promise(asker.dialect) != Obtained::Always
            && self.may_have_broken_promise(request)
        {
            LossReason::LetDown
        } else if self.tells_few(request.node)
            || serves_once(other.dialect)
            || takes_none(asker.dialect, &request.address)
        {
            LossReason::BeyondPairs
        } else {
            LossReason::Missed
        }
    }

    /// Whether the node tells some of its peers only, and has more.
    fn tells_few(&self, node: usize) -> bool {
        let deviations = self.nodes[node].dialect.deviations;
        deviations.contains(Deviation::AnnounceToBest) && self.links.neighbours(node).len() > BEST
    }

    /// Whether a peer may have announced the block to the asker and not delivered it.
    fn may_have_broken_promise(&self, request: &Request) -> bool {
        self.links.neighbours(request.node).iter().any(|&peer| {
            let node = &self.nodes[peer];
            let deleted = node.deleted.get(&request.address);
            deleted.is_some_and(|time| *time >= request.since)
                || !node.is_healthy()
                || node.healthy_since > request.since
        })
    }
}

/// Whether a node of this dialect may serve a block to a peer once, and not again.
fn serves_once(dialect: &Dialect) -> bool {
    let once = [Deviation::ServeOnce, Deviation::ResendCooldown];
    once.iter().any(|it| dialect.deviations.contains(*it))
}

/// Whether a node of this dialect takes no block of this address from anybody.
fn takes_none(dialect: &Dialect, address: &Address) -> bool {
    let is_manifest = |cid: &BlockCid| cid.codec() == Some(MANIFEST);
    dialect.deviations.contains(Deviation::ManifestsOnly)
        && matches!(address, Address::Plain(cid) if !is_manifest(cid))
}
