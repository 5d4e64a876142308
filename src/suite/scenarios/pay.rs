//! Scenarios of section PAY: accounts.

use blockexc_model::message::Account;

use crate::suite::say::account;
use crate::suite::scenario::{Needs, Scenario, Stop, TargetOptions};
use crate::suite::stage::Stage;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "PAY-1",
        summary: "Two account messages of 20 bytes, one after the other.",
        expects: "The account is recorded, and the later one replaces the earlier.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(later_account_replaces(stage)),
    },
    Scenario {
        id: "PAY-1/length",
        summary: "An account of 20 bytes, then one of 19 and one of 21.",
        expects: "The first stays.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |stage| Box::pin(other_lengths_are_ignored(stage)),
    },
];

async fn later_account_replaces(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    for byte in [1u8, 2] {
        peer.exchange(account(vec![byte; 20])).await?;
        let recorded = stage.context(&peer).await?.account;
        stage.require(
            recorded == Some(Account([byte; 20])),
            format!("the account 0x{}", hex::encode([byte; 20])),
            format!("{recorded:?}"),
        )?;
    }
    Ok(())
}

async fn other_lengths_are_ignored(stage: &Stage) -> Result<(), Stop> {
    let peer = stage.join().await?;
    for (byte, length) in [(1u8, 20), (2, 19), (3, 21)] {
        peer.exchange(account(vec![byte; length])).await?;
        let recorded = stage.context(&peer).await?.account;
        if length == 20 {
            let is_recorded = recorded == Some(Account([byte; 20]));
            stage.given(is_recorded, "an account of 20 bytes is not recorded")?;
        } else {
            stage.require(
                recorded == Some(Account([1; 20])),
                format!("an account of {length} bytes ignored"),
                format!("{recorded:?}"),
            )?;
        }
    }
    Ok(())
}
