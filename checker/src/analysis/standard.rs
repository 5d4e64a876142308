//! The standard set: the configurations that together show that a node meets the specification; and
//! wider ones, which take longer.

use blockexc_model::deviating::Setup;

use crate::network::names::{Blocks, Naming};

use super::configuration::Configuration;
use super::{networks, wide};

/// The standard set for nodes of this kind, smaller networks first.
pub fn standard_set(setup: &Setup) -> Vec<Configuration> {
    let closed = [
        networks::pair(setup, setup, Blocks::plain(1), 1),
        networks::pair(setup, setup, Blocks::plain(2), 1),
        networks::pair(setup, setup, Blocks::named(1, Naming::LeafAndPlain), 1),
        networks::row(setup),
        networks::triangle(setup),
        networks::busy_triangle(setup),
        networks::two_block_triangle(setup),
    ];
    let progress = [
        networks::patient_pair(setup, setup),
        networks::patient_row(setup),
    ];
    let open = networks::open_networks(setup)
        .into_iter()
        .chain(networks::large_open_networks(setup));
    closed
        .into_iter()
        .map(Configuration::Closed)
        .chain(progress.into_iter().map(Configuration::Progress))
        .chain(open.map(Configuration::Open))
        .collect()
}

/// Wider networks for nodes of this kind: all of their states can be seen, in minutes.
pub fn wider_set(setup: &Setup) -> Vec<Configuration> {
    let wider = wide::to_be_searched(setup).into_iter();
    wider.map(Configuration::Closed).collect()
}
