//! BitTorrent's rule of interest holds of its model, in all states, and fails where it should.

use blockexc_checker::bittorrent::{Lapses, Message, Peer, Swarm};
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
    // A count that changes means that the model has changed.
    assert_eq!(checker.unique_state_count(), 26_242);
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

/// Every property that the page names is one that is checked, here or there.
#[test]
fn the_page_names_properties_that_exist() {
    use blockexc_checker::analysis::networks::{open_networks, pair};
    use blockexc_checker::network::names::Blocks;
    use blockexc_checker::properties;
    use blockexc_model::deviating::Setup;

    let setup = Setup::default();
    let mut network = pair(&setup, &setup, Blocks::plain(1), 0);
    // Of whoever deletes blocks and asks twice, less is asked.
    network.limits.deletions = 0;
    let mut names: Vec<&str> = properties::properties_of(&network)
        .iter()
        .map(|property| property.name)
        .collect();
    let open = open_networks(&setup).swap_remove(0);
    names.extend(properties::open(&open).iter().map(|property| property.name));
    let swarm = swarm(Lapses::default());
    names.extend(
        Model::properties(&swarm)
            .iter()
            .map(|property| property.name),
    );

    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/bittorrent.md");
    // Emphasis is for names alone.
    // A line break is as good as a space.
    let page = std::fs::read_to_string(page).unwrap().replace('\n', " ");
    let named: Vec<&str> = page.split('*').skip(1).step_by(2).collect();
    assert!(named.len() >= 8, "{named:?}");
    for name in named {
        assert!(names.contains(&name), "no property is called {name:?}");
    }
}

#[test]
fn a_peer_that_chokes_answers_no_request_nor_one_for_what_it_lacks() {
    let mut peer = Peer::new(0b01, Lapses::default());
    assert_eq!(peer.handle(Message::Request(0)), []);
    peer.chokes = false;
    assert_eq!(peer.handle(Message::Request(0)), [Message::Piece(0)]);
    assert_eq!(peer.handle(Message::Request(1)), []);
}
