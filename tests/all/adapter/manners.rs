//! What running nodes do that is no fault, and was once taken for one: late deliveries, lists in full again
//! and again.

use blockexc::suite::verdict::Verdict;

use super::super::program::shown;
use super::{by_adapter, named};

/// A node that behaves so passes these scenarios.
async fn passes(arguments: &str, ids: &[&str]) {
    let run = by_adapter(arguments, named(ids)).await;
    for result in &run.results {
        assert_eq!(
            result.verdict,
            Verdict::Pass,
            "{arguments}: {}",
            shown(result)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_comes_behind_the_barriers_answer_is_waited_for() {
    let ids = [
        "XFER-1",
        "XFER-1/leaf",
        "XFER-9",
        "WANT-2",
        "WANT-8/held",
        "WANT-13",
    ];
    for late in [2, 60] {
        let arguments = format!("--deviation serve-later --serve-after {late}");
        passes(&arguments, &ids).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_is_not_taken_for_the_rest_of_a_list() {
    let arguments = "--deviation refresh-in-full --without retry_interval --retry-interval 500";
    passes(arguments, &["JOIN-4"]).await;
    // So many lists of 1001 wants may be more than the suite reads in time: then the node disconnects it.
    let run = by_adapter(arguments, named(&["JOIN-4/split"])).await;
    let result = &run.results[0];
    assert_ne!(result.verdict, Verdict::Fail, "{}", shown(result));
}
