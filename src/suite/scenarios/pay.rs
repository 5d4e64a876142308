//! Scenarios of section PAY: accounts.

use blockexc_model::message::Account;

use crate::suite::compose::account;
use crate::suite::harness::Harness;
use crate::suite::needs::Needs;
use crate::suite::scenario::Scenario;
use crate::suite::stop::Stop;
use crate::suite::target::TargetOptions;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "PAY-1",
        summary: "Two account messages of 20 bytes, one after the other.",
        expects: "The account is recorded, and the later one replaces the earlier.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(later_account_replaces(harness)),
    },
    Scenario {
        id: "PAY-1/length",
        summary: "An account of 20 bytes, then one of 19 and one of 21.",
        expects: "The first stays.",
        needs: Needs::DUMP,
        options: TargetOptions::DEFAULT,
        run: |harness| Box::pin(other_lengths_are_ignored(harness)),
    },
];

async fn later_account_replaces(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    harness.needs_prices(&peer).await?;
    for byte in [1u8, 2] {
        peer.exchange(account(vec![byte; 20])).await?;
        let recorded = harness.context(&peer).await?.account()?;
        harness.require(
            recorded == Some(Account([byte; 20])),
            format!("the account 0x{}", hex::encode([byte; 20])),
            format!("{recorded:?}"),
        )?;
    }
    Ok(())
}

async fn other_lengths_are_ignored(harness: &Harness) -> Result<(), Stop> {
    let peer = harness.join().await?;
    harness.needs_prices(&peer).await?;
    for (byte, length) in [(1u8, 20), (2, 19), (3, 21)] {
        peer.exchange(account(vec![byte; length])).await?;
        let recorded = harness.context(&peer).await?.account()?;
        if length == 20 {
            let is_recorded = recorded == Some(Account([byte; 20]));
            harness.assume(is_recorded, "an account of 20 bytes is not recorded")?;
        } else {
            harness.require(
                recorded == Some(Account([1; 20])),
                format!("an account of {length} bytes ignored"),
                format!("{recorded:?}"),
            )?;
        }
    }
    Ok(())
}
