//! An adapter that cannot do one thing: no verdict changes but to skipped, with that as the reason.
//!
//! Each thing is left out of a run of the scenarios that need it, and of some of the others.
//! `BLOCKEXC_LEFT_OUT=all` runs all scenarios each time.

use blockexc::suite::control::Capability;
use blockexc::suite::needs::Offers;
use blockexc::suite::scenario::Scenario;
use blockexc::suite::scenarios;
use blockexc::suite::target::StartOption;
use blockexc::suite::verdict::Verdict;
use futures::{StreamExt as _, stream};

use super::super::program::shown;
use super::by_adapter;

/// Every so many scenarios are run beside those that need what is left out.
const OTHERS: usize = 15;
const RUNS: usize = 2;

/// What every adapter with all but this offers.
fn without(name: &str) -> Offers {
    let mut offers = Offers {
        control: Capability::ALL.iter().copied().collect(),
        options: StartOption::ALL.iter().copied().collect(),
        ..Offers::default()
    };
    offers.options.retain(|option| option.name() != name);
    if let Some(capability) = Capability::find(name) {
        offers.control.remove(&capability);
    }
    offers
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_it_is_skipped_and_nothing_else_changes() {
    let capabilities = Capability::ALL.iter().map(|capability| {
        let name = serde_json::to_value(capability).unwrap();
        name.as_str().unwrap().to_owned()
    });
    let options = StartOption::ALL.iter().map(|it| it.name().to_owned());
    let others = ["ended".to_owned()];
    let wrong: Vec<String> = stream::iter(capabilities.chain(options).chain(others).enumerate())
        .map(|(i, name)| changed(name, i))
        .buffered(RUNS)
        .flat_map(stream::iter)
        .collect()
        .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The results that are not as they should be without this.
async fn changed(name: String, number: usize) -> Vec<String> {
    let all = std::env::var("BLOCKEXC_LEFT_OUT").is_ok_and(|value| value == "all");
    let offers = without(&name);
    let lacks = |scenario: &Scenario| offers.lacks(&scenario.needs, &scenario.options);
    let scenarios: Vec<&'static Scenario> = scenarios::all()
        .enumerate()
        .filter(|(i, scenario)| all || lacks(scenario).is_some() || i % OTHERS == number % OTHERS)
        .map(|(_, scenario)| scenario)
        .collect();
    let run = by_adapter(&format!("--without {name}"), scenarios.clone()).await;
    let pairs = scenarios.iter().zip(&run.results);
    let wrong = pairs.filter(|(scenario, result)| match lacks(scenario) {
        Some(reason) => {
            result.verdict != Verdict::Skipped || result.reason.as_ref() != Some(&reason)
        }
        None => result.verdict != Verdict::Pass,
    });
    wrong
        .map(|(_, result)| format!("without {name}: {}", shown(result)))
        .collect()
}
