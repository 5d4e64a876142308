//! Each dialect, played by the embedded node, is what it says it is, and not another.
//! `BLOCKEXC_RANDOM_DIALECT_TRACES=1000` plays more traces of each.

use blockexc_model::dialect::DIALECTS;

use super::{embedded, number, play, shown};

const TRACES: u64 = 20;
/// Within so many traces a dialect is seen not to be another.
const TRACES_OF_ANOTHER: u64 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn each_dialect_is_explained_by_itself() {
    let traces = number("BLOCKEXC_RANDOM_DIALECT_TRACES", TRACES);
    for dialect in DIALECTS {
        let campaign = play(embedded(dialect.deviations), traces, 4, Some(dialect)).await;
        if let Some(failure) = campaign.failures.first() {
            panic!("{}: {}", dialect.name, shown(failure));
        }
        assert_eq!(campaign.broken_off, [], "{}", dialect.name);
    }
}

/// What is found is true of it: it deviates so, or does not deviate as the expected dialect does.
#[tokio::test(flavor = "multi_thread")]
async fn no_dialect_is_explained_by_the_next() {
    for (place, dialect) in DIALECTS.iter().enumerate() {
        let other = &DIALECTS[(place + 1) % DIALECTS.len()];
        let campaign = play(
            embedded(dialect.deviations),
            TRACES_OF_ANOTHER,
            5,
            Some(other),
        )
        .await;
        let failure = campaign.failures.into_iter().next();
        let failure = failure.unwrap_or_else(|| panic!("{} as {}", dialect.name, other.name));
        let finding = failure.finding.as_ref();
        let finding = finding.unwrap_or_else(|why| panic!("{}: {why}", dialect.name));
        let says = shown(&failure);
        for id in finding.requirements() {
            let breaks = dialect.deviations.iter().any(|it| it.breaks().contains(id));
            assert!(breaks, "{} does not break {id}: {says}", dialect.name);
        }
        for without in finding.without() {
            assert!(!dialect.deviations.contains(*without), "{without}: {says}");
        }
    }
}
