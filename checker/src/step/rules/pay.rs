//! PAY: accounts.

use blockexc_model::address::Names;

use super::rule::Rule;
use super::state::context_of;

pub(super) fn rules<N: Names>() -> Vec<Rule<N>> {
    vec![the_later_account_replaces_the_earlier()]
}

/// PAY-1
fn the_later_account_replaces_the_earlier<N: Names>() -> Rule<N> {
    Rule::new(
        "PAY-1: the later account replaces the earlier",
        &["PAY-1"],
        |step| {
            let (from, message) = step.received()?;
            let account = Some(message.account.as_ref()?);
            let context = context_of(step.after, from);
            Some(context.is_some_and(|context| context.account() == account))
        },
    )
}
