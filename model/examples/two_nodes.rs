//! The model as a library: two nodes join, and one requests a block that the other holds.
//!
//!     cargo run -p blockexc-model --example two_nodes

use std::collections::VecDeque;

use blockexc_model::address::{Address, Names};
use blockexc_model::node::{Config, Effect, Event, First, Node};

/// Peers and blocks are told apart by names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct ByName;

impl Names for ByName {
    type Peer = &'static str;
    type Cid = &'static str;
}

fn main() {
    let new = || Node::<ByName>::new(Config::default());
    let mut nodes = [("anna", new()), ("ben", new())];
    let mut events = VecDeque::from([
        (
            "ben",
            Event::Stored {
                cid: "block",
                leaves: vec![],
            },
        ),
        ("anna", Event::Joined("ben")),
        ("ben", Event::Joined("anna")),
        ("anna", Event::Request(Address::Plain("block"))),
    ]);
    while let Some((name, event)) = events.pop_front() {
        println!("{name}: {event:?}");
        let Some((_, node)) = nodes.iter_mut().find(|(known, _)| *known == name) else {
            continue;
        };
        for effect in node.step(event, &mut First) {
            match effect {
                Effect::Send { to, message } => {
                    events.push_back((
                        to,
                        Event::Received {
                            from: name,
                            message,
                        },
                    ));
                }
                other => println!("  effect: {other:?}"),
            }
        }
        for (peer, context) in node.contexts() {
            let has: Vec<_> = context.peer_have().collect();
            let wants: Vec<_> = context.wants().collect();
            println!("  context of {peer}: has {has:?}, wants {wants:?}");
        }
    }
}
