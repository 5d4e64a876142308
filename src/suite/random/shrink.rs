//! [`shrink`]: makes a trace small against the target itself: each smaller trace is played, and taken if
//! it fails in the same way.

use super::play::Played;
use super::stimulus::{Trace, smaller};

/// A trace that fails like another.
pub struct Shrunk {
    /// The trace.
    pub trace: Trace,
    /// How many were played.
    pub tries: usize,
}

/// Shortens a trace whose failure came after so many of its steps, by `most` plays at most. `play` gives
/// what came of a trace if it fails in the same way.
pub async fn shrink(
    trace: &Trace,
    steps: usize,
    most: usize,
    mut play: impl AsyncFnMut(&Trace) -> Option<Played>,
) -> Shrunk {
    let mut trace = trace.clone();
    trace.steps.truncate(steps);
    let mut tries = 0;
    // What takes most away is the last.
    let mut untried = smaller(&trace);
    while let Some(mut next) = untried.pop() {
        if tries == most {
            break;
        }
        tries += 1;
        if let Some(played) = play(&next).await {
            // The failure may come earlier now.
            next.steps.truncate(played.steps);
            trace = next;
            untried = smaller(&trace);
        }
    }
    Shrunk { trace, tries }
}
