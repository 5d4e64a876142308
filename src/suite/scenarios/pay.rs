//! Scenarios of section PAY.

use crate::suite::scenario::Scenario;

/// The scenarios of this section.
pub const SCENARIOS: &[Scenario] = &[];
