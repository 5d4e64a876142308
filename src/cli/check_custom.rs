//! A network of the user's own for `blockexc check`.

use blockexc_checker::analysis::configuration::Configuration;
use blockexc_checker::analysis::networks::custom;
use blockexc_checker::network::limits::Limits;
use blockexc_checker::network::names::{Blocks, Naming};
use blockexc_model::deviating::Setup;
use clap::Args;

/// A closed network instead of the standard set: all its nodes but the last one request, the last
/// one holds every block.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "A network of your own")]
pub struct CustomArgs {
    /// How many nodes, all of which may connect
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(2..=5))]
    nodes: Option<u8>,
    /// How many blocks
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=4))]
    blocks: Option<u8>,
    /// Blocks are requested by leaf address as well as by CID
    #[arg(long)]
    leaves: bool,
    /// How often connections may close, and open again
    #[arg(long, value_name = "NUMBER")]
    disconnects: Option<u8>,
    /// How often users may cancel
    #[arg(long, value_name = "NUMBER")]
    cancels: Option<u8>,
    /// How often the last node's user may store a block that was deleted
    #[arg(long, value_name = "NUMBER")]
    stores: Option<u8>,
    /// How often a block may be deleted
    #[arg(long, value_name = "NUMBER")]
    deletions: Option<u8>,
    /// How often a want may be retried
    #[arg(long, value_name = "NUMBER")]
    retries: Option<u8>,
}

impl CustomArgs {
    /// The network that these describe; nothing when none of them was given.
    pub fn configuration(&self, setup: &Setup) -> Option<Configuration> {
        let numbers = [
            self.nodes,
            self.blocks,
            self.disconnects,
            self.cancels,
            self.stores,
            self.deletions,
            self.retries,
        ];
        if numbers.iter().all(Option::is_none) && !self.leaves {
            return None;
        }
        let naming = if self.leaves {
            Naming::LeafAndPlain
        } else {
            Naming::Plain
        };
        let nodes = self.nodes.unwrap_or(2);
        let blocks = Blocks::named(self.blocks.unwrap_or(1), naming);
        let disconnects = self.disconnects.unwrap_or(0);
        let limits = Limits {
            connects: (nodes * (nodes - 1) / 2).saturating_add(disconnects),
            disconnects,
            requests: (nodes - 1) * blocks.count,
            cancels: self.cancels.unwrap_or(0),
            stores: self.stores.unwrap_or(0),
            deletions: self.deletions.unwrap_or(0),
            retries: self.retries.unwrap_or(0),
        };
        Some(Configuration::Closed(custom(setup, nodes, blocks, limits)))
    }
}
