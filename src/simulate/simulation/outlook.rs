//! Whether open requests could be met, and why not.

use blockexc_checker::analysis::interop::Obtained;

use super::Simulation;
use crate::simulate::properties::MET;
use crate::simulate::requests::{LossReason, Request};

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
        } else {
            LossReason::Missed
        }
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
