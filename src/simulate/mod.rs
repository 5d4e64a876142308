//! A network of nodes in virtual time, made to run long.
//!
//! Every node runs a real core, the engine or the model, of the specification or of a dialect; what
//! is played is all that is around them: users who request, cancel, upload and delete; connections
//! with delays that open and close; discovery; timers; and [`faults`](mod@faults). One seed decides
//! everything, so that a run repeats to the byte.
//!
//! While it runs, nodes that are to follow the specification are judged ([`judged`]), and each
//! request is followed to its end ([`requests`]): one that a peer could have met, and did not, is a
//! finding as much as a broken rule. The log of the node that broke one first is recorded by
//! running the same seed again.
//!
//! The parts: [`agenda`] is virtual time, [`dice`] chance, [`world`] who and what there is,
//! [`links`] the connections, [`member`] a node, [`simulation`] what happens when, and [`summary`]
//! what came of it.

pub mod agenda;
pub mod dice;
pub mod faults;
pub mod judged;
pub mod links;
pub mod member;
pub mod requests;
pub mod simulation;
pub mod summary;
pub mod world;

use std::time::Duration;

use blockexc_checker::tabled::Unfit;
use blockexc_model::deviation::Deviations;
use blockexc_model::dialect::{DIALECTS, Dialect};

use faults::Fault;
use simulation::{Recorded, Simulation};
use summary::{Log, Summary};

/// What to simulate.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many nodes.
    pub nodes: usize,
    /// How many blocks there are; half of them are blocks of datasets.
    pub blocks: usize,
    /// How long users are active, in virtual time.
    pub length: Duration,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// Which dialects the nodes speak, in turn.
    pub dialects: Vec<&'static Dialect>,
    /// How the first node deviates beside its dialect.
    pub deviations: Deviations,
    /// How long a want waits until it is pursued anew (ASK-8).
    pub retry_interval: Duration,
    /// How often it is, until the request fails (ASK-9).
    pub retries: u32,
    /// A user requests a block so often, on average.
    pub request_interval: Duration,
    /// Every so many steps of a node it is looked at whether the node keeps the rules; a node that
    /// deviates on purpose is looked at in every step.
    pub judge_every: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            nodes: 10,
            blocks: 50,
            length: Duration::from_secs(3600),
            faults: Vec::new(),
            seed: 1,
            dialects: vec![&DIALECTS[0]],
            deviations: Deviations::none(),
            retry_interval: Duration::from_millis(500),
            retries: 3000,
            request_interval: Duration::from_secs(60),
            judge_every: 50,
        }
    }
}

/// Simulates, and tells how far it is now and then.
///
/// # Errors
///
/// When it cannot be worked out who can fetch from whom.
pub fn simulate(options: &Options, told: &mut dyn FnMut(Duration)) -> Result<Summary, Unfit> {
    let mut simulation = Simulation::new(options, None)?;
    simulation.run(told);
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
        again.run(&mut |_| {});
        violation.log = Log(again.into_log());
    }
    Ok(summary)
}
