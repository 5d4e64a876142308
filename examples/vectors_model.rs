//! A driver for the vectors of the state machine that wraps this project's model.
//!
//! `blockexc vectors run --kind state -- target/debug/examples/vectors_model [DEVIATION…]`
//!
//! With names of deviations the model deviates, and the vectors say so.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, Write as _};

use blockexc::trace::line::{Entry, Line};
use blockexc::trace::names::Spelling;
use blockexc::vectors::play;
use blockexc::wire::{Address, Network};
use blockexc_model::Deviation;
use blockexc_model::deviating::{Event, Node, Setup};
use blockexc_model::deviation::Deviations;
use blockexc_model::message::{Account, Payment};
use blockexc_model::node::{Config, OwnWant};
use blockexc_model::price::Price;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut deviations = Deviations::none();
    for name in std::env::args().skip(1) {
        deviations.insert(name.parse::<Deviation>()?);
    }
    for line in io::stdin().lock().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        let name = command["command"].as_str().unwrap_or_default();
        let mut answer = match answer(name, &command["vector"], deviations) {
            Ok(Some(ok)) => json!({ "ok": ok }),
            Ok(None) => json!({ "unsupported": true }),
            Err(error) => json!({ "error": error }),
        };
        answer["id"] = command["id"].clone();
        let mut out = io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
        if name == "quit" {
            break;
        }
    }
    Ok(())
}

fn answer(name: &str, vector: &Value, deviations: Deviations) -> Result<Option<Value>, String> {
    let mut names = Spelling::default();
    Ok(Some(match name {
        "hello" => json!({
            "version": 1,
            "name": "the model of blockexc",
            "kinds": ["state", "sequence"],
        }),
        "state" => {
            let node = state(&vector["before"], empty(vector)?, &mut names)?;
            let node = play::deviating(node, deviations);
            step(&node, &vector["event"], &mut names)?.0
        }
        "sequence" => {
            let mut node = play::deviating(empty(vector)?, deviations);
            let mut steps = Vec::new();
            for event in vector["events"].as_array().into_iter().flatten() {
                let (outcome, after) = step(&node, event, &mut names)?;
                steps.push(outcome);
                node = after;
            }
            json!({ "steps": steps })
        }
        "quit" => json!({}),
        _ => return Ok(None),
    }))
}

/// A step of the model. Of several holders it asks the first.
fn step(
    node: &Node<Network>,
    event: &Value,
    names: &mut Spelling,
) -> Result<(Value, Node<Network>), String> {
    let line = event.to_string();
    let Line::Entry {
        entry: Entry::Input(event),
        ..
    } = Line::read(line.as_bytes(), names)?
    else {
        return Err(format!("{line} is no event"));
    };
    let event: Event<Network> = event;
    let outcomes = play::step(node, &event)?;
    let first = outcomes.into_iter().next();
    let outcome = first.ok_or("the model does nothing")?;
    Ok((outcome.value(), outcome.after))
}

/// The node without peers, wants or blocks that the vector is about.
fn empty(vector: &Value) -> Result<Node<Network>, String> {
    let given = &vector["config"];
    let number = |field: &str| given[field].as_u64().and_then(|it| u32::try_from(it).ok());
    let mut config = Config::default();
    if let Some(price) = given["price"].as_str() {
        config.price = price_of(price)?;
    }
    config.account = account(&given["account"])?;
    config.retries = number("retries").unwrap_or(config.retries);
    config.wants_per_peer = number("wants_per_peer").unwrap_or(config.wants_per_peer);
    let deviations = Deviations::none();
    Ok(Node::deviating(Setup { config, deviations }))
}

/// A node in this state. What a log can show of a state is read as a log is.
fn state(
    state: &Value,
    mut node: Node<Network>,
    names: &mut Spelling,
) -> Result<Node<Network>, String> {
    let mut shown = json!({ "event": "dump", "contexts": state["contexts"] });
    let contexts = shown["contexts"].as_object_mut().into_iter().flatten();
    for (_, context) in contexts {
        context.as_object_mut().map(|it| it.remove("payment"));
    }
    let line = shown.to_string();
    let Line::Entry {
        entry: Entry::Dumped(dumped),
        ..
    } = Line::read(line.as_bytes(), names)?
    else {
        return Err(format!("{line} is no state"));
    };
    for (peer, known) in dumped.contexts.unwrap_or_default() {
        let given = &state["contexts"][peer.to_string()];
        let context = node.contexts.entry(peer).or_default();
        context.presence = known.presence.unwrap_or_default();
        for entry in known.wants.unwrap_or_default() {
            context.wants.insert(entry.address.clone(), entry);
        }
        context.account = account(&given["account"])?;
        context.payment = match given["payment"].as_str() {
            Some(payment) => Some(Payment(hexadecimal(payment)?)),
            None => None,
        };
    }
    for want in state["own_wants"].as_array().into_iter().flatten() {
        let (address, want) = own_want(want, names)?;
        node.wants.insert(address, want);
    }
    for (address, cid) in state["held"].as_object().into_iter().flatten() {
        let cid = names.cid(cid.as_str().unwrap_or_default())?;
        node.held.insert(names.address(address)?, cid);
    }
    Ok(node)
}

fn own_want(want: &Value, names: &mut Spelling) -> Result<(Address, OwnWant<Network>), String> {
    let mut peers = |field: &str| -> Result<BTreeSet<_>, String> {
        let peers = want[field].as_array().into_iter().flatten();
        peers
            .map(|peer| names.peer(peer.as_str().unwrap_or_default()))
            .collect()
    };
    let (asked, unanswered) = (peers("asked")?, peers("unanswered")?);
    let count = |field: &str| want[field].as_u64().unwrap_or(0) as u32;
    let own = OwnWant {
        asked,
        unanswered,
        retries: count("retries"),
        others: count("others"),
    };
    let address = want["address"].as_str().unwrap_or_default();
    Ok((names.address(address)?, own))
}

fn account(account: &Value) -> Result<Option<Account>, String> {
    let Some(text) = account.as_str() else {
        return Ok(None);
    };
    let bytes = hexadecimal(text)?.try_into();
    bytes
        .map(|bytes| Some(Account(bytes)))
        .map_err(|_| "an account has 20 bytes".to_owned())
}

fn price_of(text: &str) -> Result<Price, String> {
    Price::from_big_endian(&hexadecimal(text)?).map_err(|error| error.to_string())
}

fn hexadecimal(text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text).map_err(|error| error.to_string())
}
