//! Scenarios of section ASK: how the node pursues its own wants.

use crate::suite::control::Capability::Request;
use crate::suite::scenario::{Needs, Scenario, Stop, TargetOptions};
use crate::suite::stage::Stage;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    id: "ASK-1",
    summary: "Two peers join, then the target is told to request a block that it does not hold.",
    expects: "Each peer is sent a WantHave entry for it, in a list with full = false, and no entry \
              for anything that the target does not want.",
    needs: Needs::control(&[Request]),
    options: TargetOptions::DEFAULT,
    run: |stage| Box::pin(request_is_announced(stage)),
}];

async fn request_is_announced(stage: &Stage) -> Result<(), Stop> {
    let peers = [stage.join().await?, stage.join().await?];
    let address = stage.address();
    stage.request(&address).await?;
    for peer in &peers {
        let came = peer.until(|came| came.has_want_have(&address)).await?;
        stage.require(
            came.has_want_have(&address),
            format!("a WantHave entry to {}", peer.name()),
            &came,
        )?;
        stage.require(
            came.want_lists().all(|list| !list.full),
            "full = false",
            &came,
        )?;
        stage.require(
            came.want_entries().all(|entry| entry.address == address),
            "no entry for anything that is not wanted",
            &came,
        )?;
    }
    Ok(())
}
