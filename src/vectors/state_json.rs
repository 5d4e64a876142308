//! States, events and effects as they stand in a vector. `vectors/README.md` describes the form.
//!
//! Events and messages are those of logs ([`trace`](crate::trace)). What is as usual is left out.

use blockexc_model::context::PeerContext;
use blockexc_model::deviating::{Effect, Event, Node, OtherEffect};
use blockexc_model::message::{Account, Payment};
use blockexc_model::node::Config;
use blockexc_model::node::OwnWant;
use libp2p::PeerId;
use serde_json::{Map, Value, json};

use crate::trace::message::{entry_value, message_value, price_text};
use crate::trace::record::event_value;
use crate::wire::{Address, Network, address};

fn name(it: &Address) -> String {
    address::show(it).to_string()
}

/// The configuration; `null` when it is the usual one.
pub fn config(config: &Config) -> Value {
    let mut value = Map::new();
    let price = price_text(config.price);
    if !price.is_empty() {
        value.insert("price".into(), json!(price));
    }
    if let Some(Account(bytes)) = config.account {
        value.insert("account".into(), json!(hex::encode(bytes)));
    }
    if config.retries != u32::MAX {
        value.insert("retries".into(), json!(config.retries));
    }
    if config.wants_per_peer != u32::MAX {
        value.insert("wants_per_peer".into(), json!(config.wants_per_peer));
    }
    match value.is_empty() {
        true => Value::Null,
        false => Value::Object(value),
    }
}

/// The state of a node.
pub fn state(node: &Node<Network>) -> Value {
    let contexts = node.contexts().iter();
    let contexts: Map<_, _> = contexts
        .map(|(peer, known)| (peer.to_string(), context(node, peer, known)))
        .collect();
    let own_wants: Vec<_> = node
        .own_wants()
        .map(|(address, want)| own_want(address, want))
        .collect();
    let held = node.held().iter();
    let held: Map<_, _> = held.map(|(it, cid)| (name(it), json!(cid))).collect();
    json!({ "contexts": contexts, "own_wants": own_wants, "held": held })
}

fn context(node: &Node<Network>, peer: &PeerId, context: &PeerContext<Network>) -> Value {
    let presence = context.presence().iter();
    let presence: Map<_, _> = presence
        .map(|(it, price)| (name(it), json!(price_text(*price))))
        .collect();
    let have_cids = node.dump().contexts.remove(peer);
    let have_cids = have_cids.map(|context| context.peer_have_cids);
    let wants = context.wants().map(entry_value).map(brief_entry);
    let mut value = json!({
        "presence": presence,
        "peer_have_cids": have_cids,
        "wants": wants.collect::<Vec<_>>(),
    });
    if let Some(Account(bytes)) = context.account() {
        value["account"] = json!(hex::encode(bytes));
    }
    if let Some(Payment(bytes)) = context.payment() {
        value["payment"] = json!(hex::encode(bytes));
    }
    value
}

fn own_want(address: &Address, want: &OwnWant<Network>) -> Value {
    let mut value = json!({ "address": name(address) });
    let peers = |peers: &std::collections::BTreeSet<PeerId>| -> Vec<String> {
        peers.iter().map(PeerId::to_string).collect()
    };
    for (field, set) in [("asked", &want.asked), ("unanswered", &want.unanswered)] {
        if !set.is_empty() {
            value[field] = json!(peers(set));
        }
    }
    for (field, count) in [("retries", want.retries), ("others", want.others)] {
        if count > 0 {
            value[field] = json!(count);
        }
    }
    value
}

/// An event.
pub fn event(event: &Event<Network>) -> Value {
    let mut value = event_value(event);
    if let Some(message) = value.get_mut("message") {
        brief_message(message);
    }
    value
}

/// The effects of a step, in order. What is kept in the store shows in the state.
pub fn effects(effects: &[Effect<Network>]) -> Vec<Value> {
    effects.iter().filter_map(effect).collect()
}

fn effect(effect: &Effect<Network>) -> Option<Value> {
    Some(match effect {
        Effect::Send { to, message } => {
            let mut message = message_value(message);
            brief_message(&mut message);
            json!({ "effect": "sent", "to": to.to_string(), "message": message })
        }
        Effect::Keep { .. } => return None,
        Effect::Obtained(it) => json!({ "effect": "obtained", "address": name(it) }),
        Effect::Failed(it) => json!({ "effect": "failed", "address": name(it) }),
        Effect::Cancelled {
            address,
            was_wanted,
        } => json!({ "effect": "cancelled", "address": name(address), "was_wanted": was_wanted }),
        Effect::Discover(cid) => json!({ "effect": "discover", "cid": cid }),
        Effect::Other(OtherEffect::Disconnect(peer)) => {
            json!({ "effect": "disconnect", "peer": peer.to_string() })
        }
        Effect::Other(OtherEffect::RefuseStream) => json!({ "effect": "refuse_stream" }),
        Effect::Other(OtherEffect::Abort(_)) => json!({ "effect": "abort" }),
        // It has had its turn.
        Effect::Other(OtherEffect::ServeLater(_)) => return None,
    })
}

/// Leaves out of a message what is as usual.
fn brief_message(message: &mut Value) {
    if let Some(list) = message.get_mut("want_list") {
        if let Some(entries) = list["entries"].as_array_mut() {
            for entry in entries {
                *entry = brief_entry(entry.take());
            }
        }
        leave_out(list, "full", &json!(false));
    }
    if let Some(deliveries) = message.get_mut("deliveries").and_then(Value::as_array_mut) {
        for delivery in deliveries {
            let is_leaf = delivery["address"]
                .as_str()
                .is_some_and(|it| it.contains('/'));
            let usual = json!({
                "has_data": true,
                "data_matches_cid": true,
                "cid_matches_address": true,
                "proof": if is_leaf { "Verified" } else { "Missing" },
            });
            leave_out(delivery, "evidence", &usual);
        }
    }
    if let Some(presences) = message.get_mut("presences").and_then(Value::as_array_mut) {
        for presence in presences {
            leave_out(presence, "price", &json!(""));
        }
    }
}

fn brief_entry(mut entry: Value) -> Value {
    leave_out(&mut entry, "priority", &json!(0));
    leave_out(&mut entry, "cancel", &json!(false));
    leave_out(&mut entry, "send_dont_have", &json!(false));
    entry
}

fn leave_out(object: &mut Value, field: &str, usual: &Value) {
    if let Some(object) = object.as_object_mut()
        && object.get(field) == Some(usual)
    {
        object.remove(field);
    }
}
