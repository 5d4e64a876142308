//! What shows of a whole message that a node has sent, whatever it was sent before.

use blockexc_model::Deviation;
use blockexc_model::deviation::Deviations;
use blockexc_model::message::{Evidence, ProofEvidence};

use crate::trace::full_list::wrongly_full;
use crate::wire::Message;

/// JOIN-8
const MOST_ENTRIES: usize = 1000;
/// XFER-10
const MOST_BLOCKS: usize = 20;

/// What is wrong, in words, the requirement that it breaks, and the deviations that do it.
pub(super) type Wrong = (String, &'static str, Vec<Deviation>);

/// What is wrong with a message of a node that deviates so. `is_first_list`: its want list is the first
/// since the peer has joined. `was_named` says of which addresses the node has spoken before.
pub(super) fn wrong(
    message: &Message,
    deviations: Deviations,
    is_first_list: bool,
    was_named: impl Fn(&crate::wire::Address) -> bool,
) -> Vec<Wrong> {
    let mut found = Vec::new();
    let mut add = |text: String, id, by: &[Deviation]| {
        if !by.iter().any(|deviation| deviations.contains(*deviation)) {
            found.push((text, id, by.to_vec()));
        }
    };
    if let Some(list) = &message.want_list {
        let entries = list.entries.len();
        if entries > MOST_ENTRIES {
            let text =
                format!("a want list of {entries} entries: at most {MOST_ENTRIES} are allowed");
            let by = match entries {
                ..=1024 => &[Deviation::OversizedLists, Deviation::ListsOf1024][..],
                _ => &[Deviation::OversizedLists][..],
            };
            add(text, "JOIN-8", by);
        }
        if list.full && list.entries.is_empty() && is_first_list {
            let text = "an empty full want list to a peer that has joined".to_owned();
            add(text, "JOIN-5", &[Deviation::ListWhenEmpty]);
        }
        if list.full
            && !is_first_list
            && let Some((text, id, by)) = wrongly_full(list, |entry| !was_named(&entry.address))
        {
            add(text.to_owned(), id, by);
        }
    }
    let blocks = message.deliveries.len();
    if blocks > MOST_BLOCKS {
        let text = format!("a message of {blocks} blocks: at most {MOST_BLOCKS} are allowed");
        let by = match blocks {
            ..=48 => &[Deviation::UnboundedMessage, Deviation::ManyBlocksAMessage][..],
            _ => &[Deviation::UnboundedMessage][..],
        };
        add(text, "XFER-10", by);
    }
    for delivery in &message.deliveries {
        let evidence = delivery.evidence;
        if evidence == Evidence::valid_for(&delivery.address) {
            continue;
        }
        let proof = evidence.proof;
        let (what, by) = if !evidence.has_data {
            ("no data", None)
        } else if !evidence.data_matches_cid {
            ("data that does not hash to its CID", None)
        } else if !evidence.cid_matches_address {
            ("the CID of another block than its address names", None)
        } else if delivery.address.is_leaf() && proof == ProofEvidence::Missing {
            ("no proof", Some(Deviation::DeliverWithoutProof))
        } else if delivery.address.is_leaf() && proof != ProofEvidence::Verified {
            ("a proof that does not verify", None)
        } else {
            continue;
        };
        let address = crate::wire::address::show(&delivery.address);
        add(
            format!("a delivery of {address} with {what}"),
            "XFER-1",
            by.as_slice(),
        );
    }
    found
}
