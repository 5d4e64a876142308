//! BitTorrent's rule of interest holds of its model, in all states, and fails where it should.
#![cfg(feature = "check")]
#![allow(clippy::unwrap_used, missing_docs)]

use blockexc_model::bittorrent::{Lapses, Peer, Swarm};
use stateright::{Checker, Model};

fn swarm(lapses: Lapses) -> Swarm {
    let first = Peer::new(0b001, lapses);
    let second = Peer::new(0b110, Lapses::default());
    Swarm::new([first, second], 4, [0b010, 0b000])
}

#[test]
fn interest_is_up_to_date_at_all_times() {
    let checker = swarm(Lapses::default()).checker().spawn_bfs().join();
    assert!(checker.is_done());
    checker.assert_properties();
}

#[test]
fn interest_that_is_not_taken_back_breaks_the_rule() {
    let lapses = Lapses {
        stays_interested: true,
        ..Lapses::default()
    };
    let checker = swarm(lapses).checker().spawn_bfs().join();
    assert!(checker.discovery("interest is up to date").is_some());
}

#[test]
fn interest_is_to_be_told_while_choked_too() {
    let lapses = Lapses {
        interest_when_unchoked: true,
        ..Lapses::default()
    };
    let checker = swarm(lapses).checker().spawn_bfs().join();
    let path = checker.discovery("interest is up to date").unwrap();
    let peer = &path.last_state().peers[0];
    assert!(peer.choked && !peer.interest_is_up_to_date());
}
