//! A message as JSON, for people: all that is in it, what is unusable, and by which requirement.

use blockexc_model::message::{Evidence, ProofEvidence};
use bytes::Bytes;
use prost::Message as _;
use serde_json::{Value, json};

use super::cid::{BlockCid, sha256};
use super::decode::{DecodeError, DecodeOptions, ReceivedBlock, decode, examine};
use super::network::Address;
use super::tree::Proof;
use super::{address, protobuf, unknown_fields};

/// Describes the bytes of a message, without a length prefix.
///
/// Parts are listed as they came, the unusable ones too, so that an index in `unusable` is a
/// place in the list of its part. A delivery that never counts, whoever wants it, says why in
/// `never_counts` (XFER-3, XFER-4). Fields that nobody knows stand in `unknown_fields` (WIRE-4).
///
/// # Errors
///
/// As [`decode`] for bytes that are no message.
pub fn describe(bytes: &Bytes) -> Result<Value, DecodeError> {
    let decoded = decode(bytes.clone(), &DecodeOptions::default())?;
    let raw = protobuf::Message::decode(bytes.clone())?;
    let (unknown, unknown_count) = unknown_fields::find(bytes);
    Ok(json!({
        "length": bytes.len(),
        "want_list": raw.wantlist.as_ref().map(want_list),
        "deliveries": raw.payload.iter().map(delivery).collect::<Vec<_>>(),
        "presences": raw.block_presences.iter().map(presence).collect::<Vec<_>>(),
        "pending_bytes": raw.pending_bytes,
        "account": raw.account.as_ref().map(|account| hex::encode(&account.address)),
        "payment": raw.payment.as_ref().map(|payment| hex::encode(&payment.update)),
        "unusable": decoded.unusable,
        "unusable_count": decoded.unusable_count,
        "unknown_fields": unknown,
        "unknown_field_count": unknown_count,
    }))
}

/// Describes a proof.
pub fn describe_proof(proof: &Proof) -> Value {
    json!({
        "index": proof.index,
        "leaf_count": proof.leaf_count,
        "path": proof.path.iter().map(hex::encode).collect::<Vec<_>>(),
    })
}

fn want_list(list: &protobuf::Wantlist) -> Value {
    json!({
        "full": list.full,
        "entries": list.entries.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn entry(entry: &protobuf::wantlist::Entry) -> Value {
    json!({
        "address": address_value(entry.address.as_ref()),
        "want_type": match entry.want_type {
            0 => json!("WantBlock"),
            1 => json!("WantHave"),
            other => json!(other),
        },
        "priority": entry.priority,
        "cancel": entry.cancel,
        "send_dont_have": entry.send_dont_have,
    })
}

fn delivery(delivery: &protobuf::BlockDelivery) -> Value {
    let block = ReceivedBlock {
        data: delivery.data.clone(),
        proof: delivery.proof.clone(),
    };
    let address = address::from_protobuf(delivery.address.as_ref());
    let cid = BlockCid::parse(&delivery.cid);
    let examined = match (&address, &cid) {
        (Ok(address), Ok(cid)) => Some((address, cid, examine(address, cid, &block))),
        _ => None,
    };
    let never_counts = examined.and_then(|(address, cid, evidence)| {
        let (requirement, reason) = never_counts(address, cid, evidence)?;
        Some(json!({ "requirement": requirement, "reason": reason }))
    });
    let proof = block
        .proof
        .as_deref()
        .map(|encoded| match Proof::decode(encoded) {
            Ok(proof) => {
                let mut value = describe_proof(&proof);
                if let Ok(Address::Leaf { tree, .. }) = &address
                    && let Some(root) = tree.digest()
                    && let Err(error) = proof.verify(&root, &sha256(&block.data))
                {
                    value["error"] = json!(error.to_string());
                }
                value
            }
            Err(error) => json!({ "hex": hex::encode(encoded), "error": error.to_string() }),
        });
    json!({
        "address": address_value(delivery.address.as_ref()),
        "cid": cid_value(&delivery.cid),
        "data_length": delivery.data.len(),
        "evidence": examined.map(|(_, _, evidence)| evidence),
        "proof": proof,
        "never_counts": never_counts,
    })
}

/// Why a delivery counts for nobody, and by which requirement, if it does not.
fn never_counts(
    address: &Address,
    cid: &BlockCid,
    evidence: Evidence,
) -> Option<(&'static str, String)> {
    if !evidence.has_data {
        return Some(("XFER-3", "it has no data".to_owned()));
    }
    if cid.digest().is_none() {
        let reason = "its CID's hash is not SHA-256: the data cannot be held against it";
        return Some(("XFER-3", reason.to_owned()));
    }
    if !evidence.data_matches_cid {
        return Some(("XFER-3", "its data does not hash to its CID".to_owned()));
    }
    if !evidence.cid_matches_address {
        return Some(("XFER-3", "its CID is not the address".to_owned()));
    }
    let proof = match evidence.proof {
        _ if !address.is_leaf() => return None,
        ProofEvidence::Verified => return None,
        ProofEvidence::Missing => "it has no proof",
        ProofEvidence::Undecodable => "its proof does not decode",
        ProofEvidence::OtherIndex => "its proof is for another leaf",
        ProofEvidence::Unverified => {
            "its proof does not lead from the block's hash to the tree's root"
        }
    };
    Some(("XFER-4", proof.to_owned()))
}

fn presence(presence: &protobuf::BlockPresence) -> Value {
    json!({
        "address": address_value(presence.address.as_ref()),
        "type": match presence.r#type {
            0 => json!("Have"),
            1 => json!("DontHave"),
            other => json!(other),
        },
        "price": hex::encode(&presence.price),
    })
}

/// An address as text when it is usable, else its fields as they came.
fn address_value(message: Option<&protobuf::BlockAddress>) -> Value {
    match (address::from_protobuf(message), message) {
        (Ok(address), _) => json!(address::show(&address).to_string()),
        (Err(_), None) => Value::Null,
        (Err(_), Some(message)) => json!({
            "leaf": message.leaf,
            "tree_cid": message.tree_cid.as_deref().map(cid_value),
            "index": message.index,
            "cid": message.cid.as_deref().map(cid_value),
        }),
    }
}

/// A CID as text when it is one, else its bytes.
fn cid_value(bytes: &[u8]) -> Value {
    match BlockCid::parse(bytes) {
        Ok(cid) => json!(cid),
        Err(_) => json!({ "hex": hex::encode(bytes) }),
    }
}
