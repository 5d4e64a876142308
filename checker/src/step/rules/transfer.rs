//! XFER: deliveries, where a want ends.

use blockexc_model::address::{Address, Names};
use blockexc_model::deviation::Deviation;
use blockexc_model::message::{Delivery, Message};

use super::message::is_valid;
use super::rule::{Rule, every};
use super::state::{is_asked, is_recorded, knows};
use super::step::Step;

pub(super) fn rules<N: Names>() -> Vec<Rule<N>> {
    vec![
        a_delivery_carries_what_was_asked_for(),
        an_unwanted_delivery_is_ignored(),
        a_plain_delivery_counts_only_if_all_agree(),
        a_leaf_delivery_counts_only_with_a_proof(),
        each_delivery_is_judged_by_itself(),
        whoever_delivers_badly_is_no_longer_asked(),
        a_delivery_that_counts_makes_the_block_held(),
    ]
}

/// XFER-1
fn a_delivery_carries_what_was_asked_for<N: Names>() -> Rule<N> {
    Rule::new(
        "XFER-1: a delivery carries the address as asked for, the CID, the data and the proof",
        &["XFER-1"],
        |step| {
            let sent = step.sends().flat_map(|(peer, message)| {
                let deliveries = message.deliveries.iter();
                deliveries.map(move |delivery| (peer, delivery))
            });
            every(sent, |(peer, delivery)| {
                was_asked_for(step, peer, &delivery.address)
                    && has_the_right_cid(step, delivery)
                    && is_valid(delivery)
            })
        },
    )
}

/// Whether the peer has asked for this block, by now or by the list that it sends in this step.
fn was_asked_for<N: Names>(step: &Step<'_, N>, peer: &N::Peer, address: &Address<N::Cid>) -> bool {
    is_recorded(step.before, peer, address)
        || step.received_list().is_some_and(|(from, list)| {
            from == peer && list.entries.iter().any(|entry| entry.address == *address)
        })
}

fn has_the_right_cid<N: Names>(step: &Step<'_, N>, delivery: &Delivery<N::Cid>) -> bool {
    let held = step.after.held().get(&delivery.address);
    let held = held.or_else(|| step.before.held().get(&delivery.address));
    held == Some(&delivery.cid)
}

/// XFER-2
fn an_unwanted_delivery_is_ignored<N: Names>() -> Rule<N> {
    Rule::new(
        "XFER-2: a delivery of what is not wanted is ignored",
        &["XFER-2"],
        |step| {
            let (_, delivery) = step.delivery()?;
            if step.before.wants(&delivery.address) {
                return None;
            }
            Some(step.does_nothing())
        },
    )
}

/// XFER-3, XFER-5
fn a_plain_delivery_counts_only_if_all_agree<N: Names>() -> Rule<N> {
    Rule::new(
        "XFER-3: a plain delivery counts only if data, CID and address agree",
        &["XFER-3", "XFER-5"],
        |step| {
            let (_, delivery) = step.invalid_delivery()?;
            if delivery.address.is_leaf() {
                return None;
            }
            Some(does_not_count(step, delivery))
        },
    )
}

/// XFER-4, XFER-5
fn a_leaf_delivery_counts_only_with_a_proof<N: Names>() -> Rule<N> {
    Rule::new(
        "XFER-4: a leaf delivery counts only with a proof that verifies",
        &["XFER-4", "XFER-5"],
        |step| {
            let (_, delivery) = step.invalid_delivery()?;
            if !delivery.address.is_leaf() {
                return None;
            }
            Some(does_not_count(step, delivery))
        },
    )
}

fn does_not_count<N: Names>(step: &Step<'_, N>, delivery: &Delivery<N::Cid>) -> bool {
    step.before.held() == step.after.held() && step.after.wants(&delivery.address)
}

/// XFER-5
fn each_delivery_is_judged_by_itself<N: Names>() -> Rule<N> {
    Rule::new(
        "XFER-5: each delivery is judged by itself",
        &["XFER-5"],
        |step| {
            let (from, message) = step.received_part()?;
            if message.deliveries.len() < 2 {
                return None;
            }
            let deliveries = message.deliveries.iter().cloned();
            let messages = deliveries.map(|delivery| Message::deliveries(vec![delivery]));
            Some(step.one_by_one(from, messages.collect(), |node, _| {
                node.held() == step.after.held()
            }))
        },
    )
}

/// XFER-6
fn whoever_delivers_badly_is_no_longer_asked<N: Names>() -> Rule<N> {
    Rule::new(
        "XFER-6: whoever was asked and delivers badly is no longer asked",
        &["XFER-6"],
        |step| {
            let (from, delivery) = step.invalid_delivery()?;
            if !is_asked(step.before, from, &delivery.address) {
                return None;
            }
            Some(
                !knows(step.after, from, &delivery.address)
                    && step.asks_elsewhere(from, &delivery.address),
            )
        },
    )
}

/// XFER-7
fn a_delivery_that_counts_makes_the_block_held<N: Names>() -> Rule<N> {
    Rule::new(
        "XFER-7: a delivery that counts makes the block held",
        &["XFER-7"],
        |step| {
            let (from, delivery) = step.delivery()?;
            if !step.before.wants(&delivery.address) || !is_valid::<N::Cid>(delivery) {
                return None;
            }
            let held = [
                delivery.address.clone(),
                Address::Plain(delivery.cid.clone()),
            ];
            let mut newly_held = step.newly_held();
            Some(
                held.iter().all(|address| step.obtains(address, Some(from)))
                    && newly_held.all(|address| held.contains(address)),
            )
        },
    )
    .unless(Deviation::OnlyAsked)
}
