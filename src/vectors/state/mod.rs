//! The state vectors as they are written, a file for some sections, in the order of the
//! specification.

mod ask;
mod context;
mod transfer;
mod want;

use super::written::Written;

/// Every state vector.
pub fn all() -> impl Iterator<Item = &'static Written> {
    [
        context::JOIN,
        context::LEFT,
        context::PRES,
        ask::ASK,
        want::WANT,
        transfer::XFER,
        transfer::HELD,
        transfer::WIRE,
        transfer::PAY,
    ]
    .into_iter()
    .flatten()
}
