//! Scenarios of section WANT: when the peer's want list is updated.

use crate::suite::say::{list, want_have};
use crate::suite::scenario::{Needs, Scenario, Stop, TargetOptions};
use crate::suite::stage::Stage;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "WANT-5",
        summary: "A WantHave with sendDontHave for a block that the target does not hold.",
        expects: "One DontHave item for that address.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(dont_have_when_asked_for(stage)),
    },
    Scenario {
        id: "WANT-6",
        summary: "A WantHave without sendDontHave for a block that the target does not hold.",
        expects: "No answer.",
        needs: Needs::WIRE,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(silence_when_not_asked_for(stage)),
    },
];

async fn dont_have_when_asked_for(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let address = stage.address();
    let came = peer
        .exchange(list([want_have(&address).with_dont_have()]))
        .await?;
    stage.require(
        came.has_dont_have(&address) && came.presences_of(&address).len() == 1,
        "one DontHave item for the address",
        &came,
    )
}

async fn silence_when_not_asked_for(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    let address = stage.address();
    let came = peer.exchange(list([want_have(&address)])).await?;
    stage.require(
        came.presences_of(&address).is_empty() && !came.has_delivery(&address),
        "no answer",
        &came,
    )
}
