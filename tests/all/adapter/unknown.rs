//! What a control does not tell is not judged.

use blockexc::suite::verdict::Verdict;

use super::super::program::shown;
use super::{by_adapter, named};

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_without_order_priorities_and_whom_is_asked() {
    let ids = [
        "WANT-1",
        "WANT-9",
        "WANT-8",
        "LEFT-2",
        "PRES-3/elsewhere",
        "PRES-9",
    ];
    let arguments = "--dump-without order --dump-without priorities --dump-without asked \
                     --dump-without prices";
    let run = by_adapter(arguments, named(&ids)).await;
    for result in &run.results {
        let unknown = match result.scenario.as_str() {
            "LEFT-2" | "PRES-3/elsewhere" => "of whom an own want is asked",
            "PRES-9" => "the prices in presence records",
            _ => {
                assert_eq!(result.verdict, Verdict::Pass, "{}", shown(result));
                continue;
            }
        };
        assert_eq!(result.verdict, Verdict::Skipped, "{}", shown(result));
        assert!(shown(result).contains(unknown), "{}", shown(result));
    }
    // What is known is judged all the same.
    let arguments = format!("{arguments} --deviation first-want-stays");
    let run = by_adapter(&arguments, named(&["WANT-9"])).await;
    assert_eq!(
        run.results[0].verdict,
        Verdict::Fail,
        "{}",
        shown(&run.results[0])
    );
}

/// A retry asks another peer, too: what may have been one proves nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_is_not_taken_for_what_leaving_causes() {
    for (interval, verdict) in [(1, Verdict::Inconclusive), (600_000, Verdict::Pass)] {
        let arguments = format!("--without retry_interval --retry-interval {interval}");
        let run = by_adapter(&arguments, named(&["LEFT-2/waits"])).await;
        let result = &run.results[0];
        assert_eq!(result.verdict, verdict, "{}", shown(result));
        if verdict == Verdict::Inconclusive {
            assert!(shown(result).contains("every 0.001 s"), "{}", shown(result));
        }
    }
}
