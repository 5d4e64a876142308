//! A discrete-event simulation of a network of nodes, in virtual time.
//!
//! Every node runs a real state machine: the engine or the model, of the specification or of a
//! dialect. The simulation supplies what surrounds the nodes: users who request, cancel, upload and
//! delete blocks; connections with delays; discovery; timers; and [`faults`](mod@faults). All
//! random choices come from one seed, so the same options give the same bytes.
//!
//! A [`monitor`] checks the nodes that claim to follow the specification while they run. The
//! simulation follows each request to its end ([`requests`]). A request that a peer could have met
//! and did not is a violation, like a broken rule. To record the log of the node that broke a rule
//! first, the same seed is run again.
//!
//! Read in this order: [`event_queue`] (virtual time), [`random`], [`world`] (nodes' names and
//! blocks), [`links`], [`simulated_node`], [`requests`], [`simulation`] (what happens when),
//! [`monitor`] and [`summary`].

pub mod event_queue;
pub mod faults;
pub mod links;
pub mod monitor;
pub mod options;
pub mod predictions;
pub mod properties;
pub mod random;
pub mod requests;
pub mod simulated_node;
pub mod simulation;
pub mod summary;
pub mod world;

use std::ops::ControlFlow;
use std::time::Duration;

use blockexc_checker::network::interned::Unfit;

pub use options::Options;

use simulation::{Recorded, Simulation};
use summary::{Log, Summary};

/// Runs a simulation. Calls `progress` with the virtual time now and then; it says whether to go on.
///
/// # Errors
///
/// When the model checker cannot compute which dialects obtain blocks from which.
pub fn simulate(
    options: &Options,
    progress: &mut dyn FnMut(Duration) -> ControlFlow<()>,
) -> Result<Summary, Unfit> {
    let mut simulation = Simulation::new(options, None)?;
    simulation.run(progress);
    let mut summary = simulation.summary();
    if let Some(violation) = &mut summary.first_violation {
        let mut again = Simulation::new(
            options,
            Some(Recorded {
                node: violation.node,
                life: violation.life,
                steps: violation.step,
            }),
        )?;
        again.run(&mut |_| ControlFlow::Continue(()));
        violation.log = Log(again.into_log());
    }
    Ok(summary)
}
