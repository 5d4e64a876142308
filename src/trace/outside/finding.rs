//! [`Finding`]: what a node did that nothing explains.

use super::addressed::Happened;
use crate::trace::unexplained::Unexplained;

/// What a node did that nothing explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is, and what it breaks.
    pub unexplained: Unexplained,
    /// What was said of the address before, as far as it is remembered, with the line of each.
    pub exchange: Vec<(u64, Happened)>,
}
