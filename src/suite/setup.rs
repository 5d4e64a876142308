//! Sets up what one scenario is run with, and tears it down.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::exchange::Exchange;
use super::fixture::Fixtures;
use super::harness::Harness;
use super::peer_config::PeerConfig;
use super::plan::Plan;
use super::quirks::{BarrierKind, Manner};
use super::source::TargetSource;
use super::stop::Stop;
use super::target::{StartOption, TargetOptions};

/// How long to wait for something before a barrier is set behind it.
const GRACE: Duration = Duration::from_millis(100);

/// Starts a target and sets up the harness of one scenario.
///
/// # Errors
///
/// When there is no target, or it cannot be set up.
pub async fn set_up(
    source: &dyn TargetSource,
    plan: &Plan,
    manner: &Manner,
    scenario: &str,
    options: &TargetOptions,
    exchange: &Exchange,
) -> Result<Harness, Stop> {
    let mut fixtures = Fixtures::new(plan.seed, scenario);
    let target = source
        .start(options, fixtures.key_seed())
        .await
        .map_err(|error| Stop::Inconclusive(error.to_string()))?;
    let control = target.control.as_ref();
    if let Some(size) = control.and_then(|control| control.block_size()) {
        fixtures.set_block_size(size);
    }
    if !target.configured {
        // Others may use it: what it wants because of them is not its answer to the scenario.
        fixtures.set_shared();
    }
    let config = PeerConfig {
        target: target.address.clone(),
        exchange: exchange.clone(),
        protocol: plan.protocol.clone(),
        muxers: plan.muxers.clone(),
        key_type: plan.key_type,
        pace: manner.pace.clone(),
        grace: GRACE.min(plan.timeout / 4),
        may_answer_late: target.may_answer_late,
        answer_on: manner.quirks.answer_on,
        barrier_block: None,
        fixtures: Arc::new(Mutex::new(fixtures)),
        counters: Arc::default(),
    };
    let mut options = *options;
    if !source.offers().options.contains(&StartOption::FrameLimit) {
        options.frame_limit = None;
    }
    let mut harness = Harness::new(target, options, config);
    if let Some(listen) = &plan.listen {
        harness.set_listen(listen.clone(), plan.seed);
    }
    if options.price != 0 && !source.offers().options.contains(&StartOption::Price) {
        harness.set_price(options.price).await?;
    }
    if manner.quirks.barrier_kind == BarrierKind::Have {
        let barrier_block = harness.block();
        harness.put(&barrier_block).await?;
        harness.set_barrier_block(barrier_block.address());
    }
    Ok(harness)
}

/// Ends the peers and the target of a scenario.
pub async fn tear_down(harness: &Harness) {
    if harness.target().configured {
        harness.close_all();
    } else {
        harness.clean_up().await;
    }
    if let Some(control) = &harness.target().control {
        control.shutdown().await;
    }
}
