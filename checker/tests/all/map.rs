//! The map of a network is the network: it has every state, and says of each what the network says.

use blockexc_checker::analysis::networks::{open_networks, pair};
use blockexc_checker::network::names::Blocks;
use blockexc_checker::search::explorer::Explorer;
use blockexc_checker::search::numbers::Numbers;
use blockexc_checker::show::map::{ASKED, Map, Texts};
use blockexc_checker::show::shown::Shown;
use blockexc_model::deviating::Setup;
use blockexc_model::deviation::Deviations;

/// So many walks, of so many steps each.
const WALKS: usize = 10;
const STEPS: usize = 100;

fn is_the_network<M: Shown>(network: &M) {
    let mut texts = Texts::default();
    let map = Map::of(network, &mut texts, usize::MAX).unwrap();
    let texts = texts.in_order();
    let lines = |numbers: &[usize]| -> Vec<&str> {
        let numbers = numbers.iter();
        numbers.map(|number| texts[*number]).collect()
    };
    let mut numbers = Numbers(1);
    for _ in 0..WALKS {
        let mut state = network.init_states().remove(0);
        let mut place = 0;
        for _ in 0..STEPS {
            assert_eq!(lines(&map.states[place]), network.show_state(&state));
            let possible = network.possible(&state).into_iter();
            let possible: Vec<_> = possible
                .filter_map(|it| Some((it, network.next_state(&state, it)?)))
                .collect();
            assert_eq!(map.steps[place].len(), possible.len());
            if possible.is_empty() {
                break;
            }
            let chosen = numbers.below(possible.len());
            let (action, next) = possible[chosen].clone();
            let (text, done, to) = &map.steps[place][chosen];
            assert_eq!(texts[*text], network.describe(&action));
            let shown = network.show_step(&state, &action).unwrap();
            let asking = network.asking(&state, &action);
            let asked: Vec<_> = lines(done)
                .into_iter()
                .filter_map(|line| line.strip_prefix(ASKED))
                .collect();
            match asking.is_empty() {
                true => assert!(asked.is_empty()),
                false => assert_eq!(asked, [asking.join(", ")]),
            }
            for line in lines(done) {
                let is_of_the_step = shown.contains(&line.to_owned());
                assert!(is_of_the_step || line.starts_with(ASKED), "{line}");
            }
            (state, place) = (next, *to);
        }
    }
}

#[test]
fn a_map_is_the_network() {
    let reference = Setup::deviating(Deviations::none());
    is_the_network(&open_networks(&reference)[0]);
    is_the_network(&pair(&reference, &reference, Blocks::plain(1), 0));
}

#[test]
fn a_map_has_every_state_and_no_more_than_is_allowed() {
    let network = &open_networks(&Setup::deviating(Deviations::none()))[0];
    let map = Map::of(network, &mut Texts::default(), usize::MAX).unwrap();
    let states = map.states.len();
    let searched = Explorer::new(network, Vec::new()).explore();
    assert_eq!(states, searched.states);
    assert!(Map::of(network, &mut Texts::default(), states).is_some());
    assert!(Map::of(network, &mut Texts::default(), states - 1).is_none());
}
