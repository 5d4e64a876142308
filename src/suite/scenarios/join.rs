//! Scenarios of section JOIN: how a context comes to be.

use crate::suite::scenario::{Needs, Scenario, Stop, TargetOptions};
use crate::suite::stage::Stage;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    id: "JOIN-2",
    summary: "A peer connects, and says nothing.",
    expects: "Its context holds no presence, no wants and no account.",
    needs: Needs::DUMP,
    options: TargetOptions::DEFAULT,
    run: |stage| Box::pin(new_context_is_empty(stage)),
}];

async fn new_context_is_empty(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let context = stage.context(&peer).await?;
    stage.require(
        context.is_empty(),
        "an empty context",
        format!("{context:?}"),
    )
}
