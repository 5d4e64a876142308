//! [`rules`]: every rule of every section.

use blockexc_model::address::Names;

use super::rule::Rule;
use super::{ask, held, join, left, pay, presence, transfer, want, wire};

/// Every rule, in the order of the specification.
pub fn rules<N: Names>() -> Vec<Rule<N>> {
    [
        join::rules(),
        left::rules(),
        presence::rules(),
        ask::rules(),
        want::rules(),
        transfer::rules(),
        held::rules(),
        wire::rules(),
        pay::rules(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
